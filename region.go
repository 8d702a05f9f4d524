package bedrock

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
)

// RegionLatency is how long it takes to connect to Bedrock Runtime in a region.
type RegionLatency struct {
	Region  string
	Latency time.Duration // TCP and TLS, name look-up left out; 0 with an error
	Err     error         // nil: the endpoint was reached
}

// MeasureRegions connects once to each region's endpoint, all at the same time,
// and returns the latencies, nearest first, failures last. It is for a person, or
// for a program as it starts, to choose the region for [WithRegion]; nothing in this
// package routes by it, and near says nothing of quota or of where a
// cross-region inference profile serves a request.
//
// Endpoints, certificates and FIPS are as the environment and the profile say, no
// credentials are needed and no request is sent. A custom endpoint
// (AWS_ENDPOINT_URL_BEDROCK_RUNTIME) is measured for every region. A proxy isn't used. A connection
// that takes over 10 s is a failure.
func MeasureRegions(ctx context.Context, regions ...string) []RegionLatency {
	found := make([]RegionLatency, len(regions))
	cfg, err := config.LoadDefaultConfig(ctx)
	var wg sync.WaitGroup
	for i, region := range regions {
		found[i] = RegionLatency{Region: region, Err: err}
		if err != nil {
			continue
		}
		wg.Go(func() { found[i].Latency, found[i].Err = measure(ctx, cfg, region) })
	}
	wg.Wait()
	slices.SortStableFunc(found, func(a, b RegionLatency) int {
		if (a.Err == nil) != (b.Err == nil) {
			if a.Err == nil {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Latency, b.Latency)
	})
	return found
}

func measure(ctx context.Context, cfg aws.Config, region string) (time.Duration, error) {
	latency, err := measureEndpoint(ctx, cfg, region)
	if err != nil {
		return 0, fmt.Errorf("bedrock: %w", err)
	}
	return latency, nil
}

// regionShape is what all AWS regions look like: us-east-1, us-gov-west-1,
// us-isob-east-1, eusc-de-east-1. A name of this regionShape stays one label of the
// endpoint's host.
var regionShape = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,16}){1,3}-[0-9]{1,2}$`)

const maxRegion = 32

// checkRegion refuses what is not the name of a region, and says how it is spelt or where
// else a region was looked for.
func checkRegion(region string) error {
	switch {
	case region == "":
		return errors.New("no region: looked in WithRegion, AWS_REGION, AWS_DEFAULT_REGION and the profile's region; " +
			"set AWS_REGION or pass WithRegion, as in us-east-1")
	case strings.HasPrefix(region, "fips-") || strings.HasSuffix(region, "-fips"):
		return fmt.Errorf("region %q: give the region itself and set AWS_USE_FIPS_ENDPOINT=true", region)
	case len(region) > maxRegion || !regionShape.MatchString(region):
		return fmt.Errorf("region %.40q is not the name of an AWS region, as in us-east-1%s", region, didYouMean(strings.ToLower(region)))
	}
	return nil
}

func didYouMean(region string) string {
	switch near := nearestRegion(region); {
	case slices.Contains(geographies, region):
		return fmt.Sprintf("; %s. begins the id of an inference profile, which is called from a region", region)
	case near != "":
		return "; did you mean " + near + "?"
	}
	return ""
}

// geographies are the first words of cross-region inference profile ids. Source:
// "Supported Regions and models for inference profiles".
var geographies = []string{"us", "eu", "apac", "jp", "au", "ca", "us-gov", "global"}

// modelOfProfile returns the model of a cross-region inference profile's id; false of other ids.
func modelOfProfile(id string) (model string, ok bool) {
	geography, model, ok := strings.Cut(id, ".")
	return model, ok && slices.Contains(geographies, geography)
}

// profilePrefixes names the geographies that can be called from a region, for a
// hint: which of them a model has is listed by ListInferenceProfiles.
func profilePrefixes(region string) []string {
	switch {
	case strings.HasPrefix(region, "us-gov-"):
		return []string{"us-gov."}
	case strings.HasPrefix(region, "cn-"), strings.HasPrefix(region, "us-iso"), strings.HasPrefix(region, "eusc-"):
		return nil
	case strings.HasPrefix(region, "us-"):
		return []string{"us.", "global."}
	case strings.HasPrefix(region, "ca-"):
		return []string{"us.", "ca.", "global."}
	case strings.HasPrefix(region, "eu-"):
		return []string{"eu.", "global."}
	case region == "ap-northeast-1" || region == "ap-northeast-3":
		return []string{"jp.", "apac.", "global."}
	case region == "ap-southeast-2" || region == "ap-southeast-4":
		return []string{"au.", "apac.", "global."}
	case strings.HasPrefix(region, "ap-"), region == "me-central-1":
		return []string{"apac.", "global."}
	}
	return []string{"global."}
}

// knownRegions serve to suggest a spelling; they bound nothing.
var knownRegions = strings.Fields(`us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 ca-west-1 mx-central-1 sa-east-1
	eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3
	ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
	ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
	il-central-1 me-central-1 me-south-1 af-south-1 us-gov-east-1 us-gov-west-1`)

// nearestRegion returns the known region that is at most three typing slips away,
// "" if none is.
func nearestRegion(name string) string {
	if len(name) > maxRegion {
		return ""
	}
	best, least := "", 4
	for _, r := range knownRegions {
		if d := slips(name, r); d < least {
			best, least = r, d
		}
	}
	return best
}

// slips counts the letters to insert, drop, change or swap with their neighbour to turn
// a into b (optimal string alignment).
func slips(a, b string) int {
	var before []int
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := prev[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, prev[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev = prev, row
	}
	return prev[len(b)]
}

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
