package bedrock

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
)

// resolveEndpoint tells where an SDK client sends its requests.
func resolveEndpoint(ctx context.Context, o bedrockruntime.Options) (url.URL, error) {
	endpoint, err := o.EndpointResolverV2.ResolveEndpoint(ctx, bedrockruntime.EndpointParameters{
		Region:       &o.Region,
		Endpoint:     o.BaseEndpoint,
		UseDualStack: aws.Bool(o.EndpointOptions.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled),
		UseFIPS:      aws.Bool(o.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled),
	})
	if err != nil {
		return url.URL{}, fmt.Errorf("endpoint for region %q: %w%s", o.Region, err, fipsAndEndpoint(o))
	}
	if o.EndpointOptions.DisableHTTPS {
		endpoint.URI.Scheme = "http"
	}
	return endpoint.URI, checkAddress(endpoint.URI, usesAPIKey(o))
}

// fipsAndEndpoint says where FIPS and a custom endpoint were set, which exclude each other.
func fipsAndEndpoint(o bedrockruntime.Options) string {
	if o.BaseEndpoint == nil || o.EndpointOptions.UseFIPSEndpoint != aws.FIPSEndpointStateEnabled {
		return ""
	}
	fips, endpoint := "use_fips_endpoint of the profile, or the code", "endpoint_url of the profile, or the code"
	if os.Getenv("AWS_USE_FIPS_ENDPOINT") != "" {
		fips = "AWS_USE_FIPS_ENDPOINT"
	}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"} {
		if os.Getenv(name) != "" {
			endpoint = name
		}
	}
	return fmt.Sprintf(": FIPS was set by %s, the endpoint by %s; take one away", fips, endpoint)
}

func checkAddress(u url.URL, apiKey bool) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "":
		return fmt.Errorf("endpoint %q: give scheme and host, as in https://host", u.Redacted())
	case apiKey && u.Scheme == "http":
		return fmt.Errorf("endpoint %q: an API key (WithAPIKey, AWS_BEARER_TOKEN_BEDROCK) is sent over https only", u.Redacted())
	}
	return nil
}

// usesAPIKey reports whether an SDK client sends an API key, not signatures.
func usesAPIKey(o bedrockruntime.Options) bool {
	if isNil(o.BearerAuthTokenProvider) {
		return false
	}
	prefer := o.AuthSchemePreference
	return isNil(o.Credentials) || len(prefer) > 0 && strings.HasSuffix(prefer[0], "httpBearerAuth")
}

const measureTimeout = 10 * time.Second

// measureEndpoint connects once to a region's endpoint, as an SDK client of that configuration
// would, without a proxy, and returns how long TCP and TLS take, name look-up left out.
// It gives up after 10 s.
func measureEndpoint(ctx context.Context, cfg aws.Config, name string) (time.Duration, error) {
	if err := checkRegion(name); err != nil {
		return 0, err
	}
	o := bedrockruntime.NewFromConfig(cfg, func(o *bedrockruntime.Options) { o.Region = name }).Options()
	endpoint, err := resolveEndpoint(ctx, o)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, measureTimeout)
	defer cancel()
	var once sync.Once
	start := time.Now()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		ConnectStart: func(_, _ string) { once.Do(func() { start = time.Now() }) },
	})
	if err := connectTo(ctx, dialTransport(o.HTTPClient), endpoint); err != nil {
		return 0, fmt.Errorf("connecting to %s: %w", endpoint.Host, err)
	}
	return time.Since(start), nil
}

// dialTransport is what an SDK client dials with.
func dialTransport(c aws.HTTPClient) *http.Transport {
	if b, ok := c.(*awshttp.BuildableClient); ok {
		return b.GetTransport()
	}
	return awshttp.NewBuildableClient().GetTransport()
}

func connectTo(ctx context.Context, t *http.Transport, endpoint url.URL) error {
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
