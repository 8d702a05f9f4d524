// Package transport sets up the HTTP client for many calls at a time that take long.
package transport

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const (
	idleConnections = 256              // per host; the SDK's 10 make every wave of HTTP/1.1 calls dial anew
	pingAfter       = 30 * time.Second // of silence on an HTTP/2 connection
	pingAnswer      = 15 * time.Second // then the peer is taken for dead
)

// Of derives the client's HTTP client from the SDK's own, whose proxy,
// certificates (AWS_CA_BUNDLE) and dial timeouts stay. There is no timeout on an answer: a model may
// think for an hour, and the pings tell a dead peer from a slow one. A caller's own
// HTTP client is left as it is.
func Of(have aws.HTTPClient) aws.HTTPClient {
	buildable, ok := have.(*awshttp.BuildableClient)
	if !ok {
		return have
	}
	return buildable.WithTransportOptions(func(t *http.Transport) {
		t.DisableCompression = true // Bedrock doesn't compress; a hostile answer might
		t.MaxIdleConns = 0          // the SDK's limit of 100 in all would undo the next line
		t.MaxIdleConnsPerHost = idleConnections
		if t.HTTP2 == nil {
			t.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAnswer}
		}
	})
}
