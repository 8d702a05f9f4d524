package region

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const timeout = 10 * time.Second

// Connect connects to an endpoint once, as an SDK client with that HTTP client would,
// without a proxy, and returns how long TCP and TLS take, name look-up left out. It
// gives up after 10 s.
func Connect(ctx context.Context, client aws.HTTPClient, endpoint url.URL) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var once sync.Once
	start := time.Now()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		ConnectStart: func(_, _ string) { once.Do(func() { start = time.Now() }) },
	})
	if err := connect(ctx, transport(client), endpoint); err != nil {
		return 0, err
	}
	return time.Since(start), nil
}

// transport is what an SDK client dials with.
func transport(c aws.HTTPClient) *http.Transport {
	if b, ok := c.(*awshttp.BuildableClient); ok {
		return b.GetTransport()
	}
	return awshttp.NewBuildableClient().GetTransport()
}

func connect(ctx context.Context, t *http.Transport, endpoint url.URL) error {
	port := cmp.Or(endpoint.Port(), map[string]string{"https": "443", "http": "80"}[endpoint.Scheme])
	conn, err := t.DialContext(ctx, "tcp", net.JoinHostPort(endpoint.Hostname(), port))
	if err != nil {
		return err
	}
	defer conn.Close()
	if endpoint.Scheme == "http" {
		return nil
	}
	secure := t.TLSClientConfig.Clone()
	if secure == nil {
		secure = &tls.Config{}
	}
	secure.ServerName = endpoint.Hostname()
	return tls.Client(conn, secure).HandshakeContext(ctx)
}
