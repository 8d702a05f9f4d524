package bedrock

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// localEndpoint makes the AWS configuration point to a TLS server on loopback.
func localEndpoint(t *testing.T) (s *httptest.Server, requests *int) {
	requests = new(int)
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { *requests++ }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	setenv(t, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", s.URL, "AWS_CA_BUNDLE", bundle)
	return s, requests
}

func TestMeasureRegionsSortsAndPutsFailuresLast(t *testing.T) {
	_, requests := localEndpoint(t)
	found := MeasureRegions(context.Background(), "nonsense", "us-east-1", "eu-west-1", "us-east-1.evil.com", "ap-south-1")
	if len(found) != 5 {
		t.Fatalf("got %d results, want 5: %v", len(found), found)
	}
	for i, r := range found {
		if reached := i < 3; reached != (r.Err == nil) || reached != (r.Latency > 0) {
			t.Errorf("place %d: got %+v, want the regions reached first, with a latency", i, r)
		}
		if i > 0 && i < 3 && r.Latency < found[i-1].Latency {
			t.Errorf("place %d: got %v after %v, want them sorted", i, r.Latency, found[i-1].Latency)
		}
	}
	if found[3].Region != "nonsense" || found[4].Region != "us-east-1.evil.com" {
		t.Errorf("got %s and %s at the end, want the bad names, in the order given", found[3].Region, found[4].Region)
	}
	wantContains(t, found[3].Err.Error(), "bedrock: ", "not the name of an AWS region")
	if *requests != 0 {
		t.Errorf("got %d requests, want none", *requests)
	}
}

func TestMeasureRegionsReportsWhatItCannotReach(t *testing.T) {
	s, _ := localEndpoint(t)
	t.Run("a cancelled context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		for _, r := range MeasureRegions(ctx, "us-east-1", "eu-west-1") {
			if !errors.Is(r.Err, context.Canceled) || r.Latency != 0 {
				t.Errorf("got %+v, want context.Canceled", r)
			}
		}
	})
	t.Run("a certificate of nobody", func(t *testing.T) {
		t.Setenv("AWS_CA_BUNDLE", "")
		r := MeasureRegions(context.Background(), "us-east-1")[0]
		var untrusted *tls.CertificateVerificationError
		if !errors.As(r.Err, &untrusted) {
			t.Errorf("got %+v, want a CertificateVerificationError", r)
		}
	})
	t.Run("plain HTTP", func(t *testing.T) {
		t.Setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://"+s.Listener.Addr().String())
		if r := MeasureRegions(context.Background(), "us-east-1")[0]; r.Err != nil || r.Latency <= 0 {
			t.Errorf("got %+v, want a latency", r)
		}
	})
	t.Run("nobody listens", func(t *testing.T) {
		s.Close()
		r := MeasureRegions(context.Background(), "us-east-1")[0]
		if r.Err == nil || r.Latency != 0 {
			t.Fatalf("got %+v, want an error", r)
		}
		wantContains(t, r.Err.Error(), "bedrock: connecting to 127.0.0.1:")
	})
	t.Run("a configuration that does not load", func(t *testing.T) {
		t.Setenv("AWS_PROFILE", "nobody")
		for _, r := range MeasureRegions(context.Background(), "us-east-1", "eu-west-1") {
			if r.Err == nil || r.Region == "" {
				t.Errorf("got %+v, want an error", r)
			}
		}
	})
	if got := MeasureRegions(context.Background()); len(got) != 0 {
		t.Errorf("got %v of no regions, want nothing", got)
	}
}
