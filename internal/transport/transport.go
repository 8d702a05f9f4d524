// Package transport sets up the HTTP client for many calls at a time that take long.
package transport

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const (
	idleConnections = 256              // per host; the SDK's 10 make every wave of HTTP/1.1 calls dial anew
	pingAfter       = 30 * time.Second // of silence on an HTTP/2 connection
	pingAnswer      = 15 * time.Second // then the peer is taken for dead
	maxHeaderBytes  = 1 << 20          // of a response; Bedrock sends about 500
)

// Of derives the client's HTTP client from the SDK's own, whose proxy,
// certificates (AWS_CA_BUNDLE) and dialer with its timeouts stay. There is no timeout on an answer: a model may
// think for an hour, and the pings tell a dead peer from a slow one. The headers of a
// response may take 1 MiB, where the HTTP client has no limit of its own. A proxy that
// refuses a connection is told by a [ProxyRefusal]. A caller's own HTTP client is left
// as it is.
func Of(have aws.HTTPClient) aws.HTTPClient {
	buildable, ok := have.(*awshttp.BuildableClient)
	if !ok {
		return have
	}
	return buildable.WithTransportOptions(func(t *http.Transport) {
		t.DisableCompression = true // Bedrock doesn't compress; a hostile answer might
		t.MaxIdleConns = 0          // the SDK's limit of 100 in all would undo the next line
		t.MaxIdleConnsPerHost = idleConnections
		if t.MaxResponseHeaderBytes == 0 {
			t.MaxResponseHeaderBytes = maxHeaderBytes // net/http's default is 10 MiB
		}
		if t.HTTP2 == nil {
			t.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAnswer}
		}
		t.OnProxyConnectResponse = refusal(t.OnProxyConnectResponse)
	})
}

// ProxyRefusal is a proxy's answer to CONNECT other than 200. net/http alone makes an
// error of the reason phrase, which a proxy may word as it likes.
type ProxyRefusal struct {
	Proxy  string // host and port, without the credentials
	Status int
	Reason string // status line after "HTTP/1.1 ", the proxy's words
}

func (e *ProxyRefusal) Error() string {
	return fmt.Sprintf("the proxy %s refused the connection: HTTP %s", e.Proxy, e.Reason)
}

type onProxyConnect = func(context.Context, *url.URL, *http.Request, *http.Response) error

// refusal asks the caller's own function first.
func refusal(own onProxyConnect) onProxyConnect {
	return func(ctx context.Context, proxy *url.URL, req *http.Request, resp *http.Response) error {
		if own != nil {
			if err := own(ctx, proxy, req, resp); err != nil {
				return err
			}
		}
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		return &ProxyRefusal{Proxy: proxy.Host, Status: resp.StatusCode, Reason: resp.Status}
	}
}
