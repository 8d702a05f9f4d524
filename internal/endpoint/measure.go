package endpoint

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"

	"example.com/bedrock/internal/region"
)

const timeout = 10 * time.Second

// Measure connects once to a region's endpoint, as an SDK client of that configuration
// would, without a proxy, and returns how long TCP and TLS take, name look-up left out.
// It gives up after 10 s.
func Measure(ctx context.Context, cfg aws.Config, name string) (time.Duration, error) {
	if err := region.Check(name); err != nil {
		return 0, err
	}
	o := bedrockruntime.NewFromConfig(cfg, func(o *bedrockruntime.Options) { o.Region = name }).Options()
	endpoint, err := Resolve(ctx, o)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var once sync.Once
	start := time.Now()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		ConnectStart: func(_, _ string) { once.Do(func() { start = time.Now() }) },
	})
	if err := connect(ctx, transport(o.HTTPClient), endpoint); err != nil {
		return 0, fmt.Errorf("connecting to %s: %w", endpoint.Host, err)
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
