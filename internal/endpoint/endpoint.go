// Package endpoint resolves and checks the endpoint that an SDK client calls, and
// measures how long it takes to connect to it.
package endpoint

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"

	"example.com/bedrock/internal/null"
)

// Resolve tells where an SDK client sends its requests.
func Resolve(ctx context.Context, o bedrockruntime.Options) (url.URL, error) {
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
	return endpoint.URI, check(endpoint.URI, UsesAPIKey(o))
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

func check(u url.URL, apiKey bool) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "":
		return fmt.Errorf("endpoint %q: give scheme and host, as in https://host", u.Redacted())
	case apiKey && u.Scheme == "http":
		return fmt.Errorf("endpoint %q: an API key (WithAPIKey, AWS_BEARER_TOKEN_BEDROCK) is sent over https only", u.Redacted())
	}
	return nil
}

// UsesAPIKey reports whether an SDK client sends an API key, not signatures.
func UsesAPIKey(o bedrockruntime.Options) bool {
	if null.Is(o.BearerAuthTokenProvider) {
		return false
	}
	prefer := o.AuthSchemePreference
	return null.Is(o.Credentials) || len(prefer) > 0 && strings.HasSuffix(prefer[0], "httpBearerAuth")
}
