package bedrock

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

func TestManyConnectionsAndPings(t *testing.T) {
	t.Parallel()
	tr := derive(awshttp.NewBuildableClient()).(*awshttp.BuildableClient).GetTransport()
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
	tr := derive(have).(*awshttp.BuildableClient).GetTransport()
	if tr.HTTP2 == nil || tr.HTTP2.SendPingTimeout != time.Minute || tr.MaxConnsPerHost != 7 || tr.IdleConnTimeout != time.Hour || tr.Proxy == nil {
		t.Errorf("got %+v, want pings, connection limit, idle time and proxy as they were", tr)
	}
	if before := have.GetTransport(); before.MaxIdleConnsPerHost == idleConnections {
		t.Error("the configuration's own HTTP client was changed")
	}
}

func TestResponseHeadersAreBounded(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]bool{maxHeaderBytes / 2: true, 2 * maxHeaderBytes: false} {
		for _, http2 := range []bool{false, true} {
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Big", strings.Repeat("x", size))
			}))
			s.EnableHTTP2 = http2
			s.StartTLS()
			trust := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
				t.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
			})
			req, err := http.NewRequest("GET", s.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := derive(trust).Do(req)
			if err == nil {
				resp.Body.Close()
			}
			if (err == nil) != want || resp != nil && http2 != (resp.ProtoMajor == 2) {
				t.Errorf("header of %d bytes, HTTP/2 %t: got %v, want success %t", size, http2, err, want)
			}
			s.Close()
		}
	}
}

func TestKeepsTheCallersDialerAndBound(t *testing.T) {
	t.Parallel()
	own := errors.New("the caller's dialer")
	c := derive(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxResponseHeaderBytes = 7
		t.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, own }
	})).(*awshttp.BuildableClient)
	req, err := http.NewRequest("GET", "https://bedrock.test", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(req); !errors.Is(err, own) || c.GetTransport().MaxResponseHeaderBytes != 7 {
		t.Errorf("got error %v and a bound of %d, want the caller's", err, c.GetTransport().MaxResponseHeaderBytes)
	}
	c = derive(awshttp.NewBuildableClient().WithDialerOptions(func(d *net.Dialer) { d.Timeout = 3 * time.Second })).(*awshttp.BuildableClient)
	if got := c.GetDialer().Timeout; got != 3*time.Second {
		t.Errorf("got a dial timeout of %v, want the caller's 3s", got)
	}
}

func TestAProxysRefusalHasAStatus(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }))
	defer proxy.Close()
	address, err := url.Parse(strings.Replace(proxy.URL, "http://", "http://user:hunter2@", 1))
	if err != nil {
		t.Fatal(err)
	}
	own := errors.New("the caller's function")
	for _, want := range []error{nil, own} {
		c := derive(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.Proxy = http.ProxyURL(address)
			t.OnProxyConnectResponse = func(context.Context, *url.URL, *http.Request, *http.Response) error { return want }
		}))
		req, err := http.NewRequest("GET", "https://bedrock.test", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Do(req)
		if want != nil {
			if !errors.Is(err, want) {
				t.Errorf("got %v, want what the caller's function returned", err)
			}
		} else if f := failureOf(err); f == nil || f.verdict != final || !strings.Contains(f.message, address.Host) || !strings.Contains(f.message, "407") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want the refusal of %s with 407, without a password", err, address.Host)
		}
	}
}

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
