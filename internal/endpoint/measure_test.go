package endpoint

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// configOf returns a server, TLS or not, and a configuration that calls and trusts it.
func configOf(t *testing.T, start func(*httptest.Server)) (*httptest.Server, aws.Config) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("got a request, want none") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	start(s)
	t.Cleanup(s.Close)
	return s, aws.Config{BaseEndpoint: &s.URL, HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
		if c := s.Certificate(); c != nil {
			pool := x509.NewCertPool()
			pool.AddCert(c)
			tr.TLSClientConfig = &tls.Config{RootCAs: pool}
		}
	})}
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*httptest.Server){"TLS": (*httptest.Server).StartTLS, "plain HTTP": (*httptest.Server).Start} {
		_, cfg := configOf(t, start)
		if latency, err := Measure(context.Background(), cfg, "us-east-1"); err != nil || latency <= 0 {
			t.Errorf("%s: got %v, %v, want a latency", name, latency, err)
		}
	}
}

func TestMeasureReportsWhatItCannotReach(t *testing.T) {
	t.Parallel()
	s, cfg := configOf(t, (*httptest.Server).StartTLS)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if latency, err := Measure(ctx, cfg, "us-east-1"); !errors.Is(err, context.Canceled) || latency != 0 {
		t.Errorf("cancelled: got %v, %v, want context.Canceled", latency, err)
	}
	var untrusted *tls.CertificateVerificationError
	for name, stranger := range map[string]aws.HTTPClient{"a client of the SDK's": awshttp.NewBuildableClient(), "a client of the caller's": http.DefaultClient} {
		cfg := cfg.Copy()
		cfg.HTTPClient = stranger
		if latency, err := Measure(context.Background(), cfg, "us-east-1"); !errors.As(err, &untrusted) || latency != 0 {
			t.Errorf("%s: got %v, %v, want a CertificateVerificationError", name, latency, err)
		}
	}
	s.Close()
	if latency, err := Measure(context.Background(), cfg, "us-east-1"); latency != 0 || err == nil || !strings.HasPrefix(err.Error(), "connecting to 127.0.0.1:") {
		t.Errorf("closed: got %v, %v, want an error that names the endpoint", latency, err)
	}
	if _, err := Measure(context.Background(), cfg, "nonsense"); err == nil || !strings.Contains(err.Error(), "not the name of an AWS region") {
		t.Errorf("bad name: got %v, want an error about it", err)
	}
	cfg.BaseEndpoint = aws.String("nowhere")
	if _, err := Measure(context.Background(), cfg, "us-east-1"); err == nil || !strings.Contains(err.Error(), "give scheme and host") {
		t.Errorf("bad endpoint: got %v, want an error about it", err)
	}
}
