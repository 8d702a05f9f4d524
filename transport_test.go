package bedrock

import (
	"net/http"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

func TestTransportKeepsManyConnectionsAndPings(t *testing.T) {
	t.Parallel()
	for name, have := range map[string]*awshttp.BuildableClient{"none": nil, "the SDK's": awshttp.NewBuildableClient()} {
		cfg := testConfig(nil)
		if have != nil {
			cfg.HTTPClient = have
		}
		got, ok := clientOf(t, cfg).SDK().Options().HTTPClient.(httpClient).HTTPClient.(*awshttp.BuildableClient)
		if !ok {
			t.Fatalf("%s: got HTTP client %T, want the SDK's", name, clientOf(t, cfg).SDK().Options().HTTPClient)
		}
		tr := got.GetTransport()
		if tr.MaxIdleConnsPerHost != 256 || tr.MaxIdleConns != 0 {
			t.Errorf("%s: got %d idle connections per host, %d in all, want 256 and no limit", name, tr.MaxIdleConnsPerHost, tr.MaxIdleConns)
		}
		if tr.HTTP2 == nil || tr.HTTP2.SendPingTimeout != 30*time.Second || tr.HTTP2.PingTimeout != 15*time.Second || !tr.ForceAttemptHTTP2 {
			t.Errorf("%s: got HTTP/2 %+v, want pings after 30s that are answered in 15s", name, tr.HTTP2)
		}
		if got.GetTimeout() != 0 || tr.ResponseHeaderTimeout != 0 {
			t.Errorf("%s: got timeouts %v and %v, want none", name, got.GetTimeout(), tr.ResponseHeaderTimeout)
		}
	}
}

func TestACallersOwnHTTPClientIsLeftAlone(t *testing.T) {
	t.Parallel()
	own := &http.Client{Timeout: time.Minute}
	if got := clientOf(t, testConfig(own)).SDK().Options().HTTPClient; got != (httpClient{own}) {
		t.Errorf("got HTTP client %v, want the caller's", got)
	}
}
