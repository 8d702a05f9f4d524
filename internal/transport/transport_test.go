package transport

import (
	"net/http"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

func TestManyConnectionsAndPings(t *testing.T) {
	t.Parallel()
	tr := Of(awshttp.NewBuildableClient()).(*awshttp.BuildableClient).GetTransport()
	if tr.MaxIdleConnsPerHost != 256 || tr.MaxIdleConns != 0 || !tr.DisableCompression {
		t.Errorf("got %d idle connections per host, %d in all, want 256, no limit and no compression", tr.MaxIdleConnsPerHost, tr.MaxIdleConns)
	}
	if tr.HTTP2 == nil || tr.HTTP2.SendPingTimeout != 30*time.Second || tr.HTTP2.PingTimeout != 15*time.Second {
		t.Errorf("got HTTP/2 %+v, want pings after 30s that are answered in 15s", tr.HTTP2)
	}
}

func TestKeepsWhatTheConfigurationSays(t *testing.T) {
	t.Parallel()
	pings := &http.HTTP2Config{SendPingTimeout: time.Minute}
	have := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.HTTP2, t.MaxConnsPerHost, t.IdleConnTimeout = pings, 7, time.Hour
	})
	tr := Of(have).(*awshttp.BuildableClient).GetTransport()
	if tr.HTTP2 == nil || tr.HTTP2.SendPingTimeout != time.Minute || tr.MaxConnsPerHost != 7 || tr.IdleConnTimeout != time.Hour || tr.Proxy == nil {
		t.Errorf("got %+v, want pings, connection limit, idle time and proxy as they were", tr)
	}
	if before := have.GetTransport(); before.MaxIdleConnsPerHost == idleConnections {
		t.Error("the configuration's own HTTP client was changed")
	}
}

func TestACallersOwnHTTPClientIsLeftAlone(t *testing.T) {
	t.Parallel()
	own := &http.Client{Timeout: time.Minute}
	if got := Of(own); got != own {
		t.Errorf("got HTTP client %v, want the caller's", got)
	}
}
