package region

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// endpointOf returns the address of a server, TLS or not, and an HTTP client that trusts it.
func endpointOf(t *testing.T, start func(*httptest.Server)) (*httptest.Server, url.URL, aws.HTTPClient) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("got a request, want none") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	start(s)
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return s, *u, awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
		if c := s.Certificate(); c != nil {
			pool := x509.NewCertPool()
			pool.AddCert(c)
			tr.TLSClientConfig = &tls.Config{RootCAs: pool}
		}
	})
}

func TestConnectMeasures(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*httptest.Server){"TLS": (*httptest.Server).StartTLS, "plain HTTP": (*httptest.Server).Start} {
		_, endpoint, client := endpointOf(t, start)
		if latency, err := Connect(context.Background(), client, endpoint); err != nil || latency <= 0 {
			t.Errorf("%s: got %v, %v, want a latency", name, latency, err)
		}
	}
}

func TestConnectReportsWhatItCannotReach(t *testing.T) {
	t.Parallel()
	s, endpoint, client := endpointOf(t, (*httptest.Server).StartTLS)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if latency, err := Connect(ctx, client, endpoint); !errors.Is(err, context.Canceled) || latency != 0 {
		t.Errorf("cancelled: got %v, %v, want context.Canceled", latency, err)
	}
	var untrusted *tls.CertificateVerificationError
	for name, stranger := range map[string]aws.HTTPClient{"a client of the SDK's": awshttp.NewBuildableClient(), "a client of the caller's": http.DefaultClient} {
		if latency, err := Connect(context.Background(), stranger, endpoint); !errors.As(err, &untrusted) || latency != 0 {
			t.Errorf("%s: got %v, %v, want a CertificateVerificationError", name, latency, err)
		}
	}
	s.Close()
	if latency, err := Connect(context.Background(), client, endpoint); err == nil || latency != 0 {
		t.Errorf("closed: got %v, %v, want an error", latency, err)
	}
}
