package bedrock

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
)

func TestNearestRegion(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"us-east-1":               "us-east-1",
		"us-esat-1":               "us-east-1", // swapped
		"us-eas-1":                "us-east-1", // dropped
		"us-eeast-1":              "us-east-1", // doubled
		"us-eqst-1":               "us-east-1", // changed
		"useast1":                 "us-east-1",
		"us_east_1":               "us-east-1",
		"us-west2":                "us-west-2",
		"eu-wset-1":               "eu-west-1",
		"eu-centrel-1":            "eu-central-1",
		"ap-souteast-2":           "ap-southeast-2",
		"ap-northeast1":           "ap-northeast-1",
		"us-gov-east1":            "us-gov-east-1",
		"ca-central":              "ca-central-1",
		"":                        "",
		"evil.com":                "",
		"xx-nowhere-9":            "",
		"mars":                    "",
		strings.Repeat("us-", 99): "",
	} {
		if got := nearestRegion(name); got != want {
			t.Errorf("%.40q: got %q, want %q", name, got, want)
		}
	}
}

func TestSlipsCountsTypingErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "abd", 1}, {"abc", "ab", 1},
		{"ab", "ba", 1}, {"abcd", "badc", 2}, {"kitten", "sitting", 3},
	} {
		if got := slips(tt.a, tt.b); got != tt.want {
			t.Errorf("%q, %q: got %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestProfilePrefixesOfARegion(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"us-east-1": "us. global.", "us-east-2": "us. global.", "us-west-1": "us. global.", "us-west-2": "us. global.",
		"ca-central-1": "us. ca. global.", "ca-west-1": "us. ca. global.",
		"eu-central-1": "eu. global.", "eu-north-1": "eu. global.", "eu-south-2": "eu. global.", "eu-west-3": "eu. global.",
		"ap-northeast-1": "jp. apac. global.", "ap-northeast-3": "jp. apac. global.", "ap-northeast-2": "apac. global.",
		"ap-southeast-2": "au. apac. global.", "ap-southeast-4": "au. apac. global.", "ap-southeast-1": "apac. global.",
		"ap-south-1": "apac. global.", "me-central-1": "apac. global.",
		"us-gov-east-1": "us-gov.", "us-gov-west-1": "us-gov.",
		"sa-east-1": "global.", "me-south-1": "global.", "il-central-1": "global.", "af-south-1": "global.", "mx-central-1": "global.",
		"cn-north-1": "", "us-iso-east-1": "", "us-isob-east-1": "", "eusc-de-east-1": "",
	} {
		if got := strings.Join(profilePrefixes(region), " "); got != want {
			t.Errorf("%s: got %q, want %q", region, got, want)
		}
	}
}

func TestKnownRegionsHaveTheShapeOfRegions(t *testing.T) {
	t.Parallel()
	for _, region := range knownRegions {
		if err := checkRegion(region); err != nil {
			t.Error(err)
		}
	}
	if len(knownRegions) != 35 {
		t.Errorf("got %d regions, want 33 and two of GovCloud", len(knownRegions))
	}
}

// awsDomains end every endpoint of a partition.
var awsDomains = []string{
	".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".c2s.ic.gov", ".sc2s.sgov.gov", ".cloud.adc-e.uk", ".csp.hci.ic.gov",
}

// Whatever a user of an application types as region, requests stay at AWS.
func FuzzRegion(f *testing.F) {
	for _, seed := range append([]string{
		"", "evil.com", "us-east-1.evil.com", "us-east-1/", "us-east-1#", "us-east-1?", "us-east-1@evil.com", "us-east-1:80", "us-east-1\n", "\nus-east-1",
		"fips-us-east-1", "us-east-1-fips", "global", "US-EAST-1", "eusc-de-east-1", "us-isof-south-1", "us-isoe-west-1", "cn-north-1", "aws-global-1", "a-b-1", "evil-com-1", "xn--a-b-1",
	}, knownRegions...) {
		f.Add(seed)
	}
	resolver := bedrockruntime.NewDefaultEndpointResolverV2()
	f.Fuzz(func(t *testing.T, region string) {
		if checkRegion(region) != nil {
			return
		}
		endpoint, err := resolver.ResolveEndpoint(context.Background(), bedrockruntime.EndpointParameters{
			Region: &region, UseFIPS: aws.Bool(false), UseDualStack: aws.Bool(false),
		})
		if err != nil {
			t.Fatalf("%q passes, but: %v", region, err)
		}
		u := endpoint.URI
		rest, ok := strings.CutPrefix(u.Host, "bedrock-runtime."+region)
		if !ok || !slices.Contains(awsDomains, rest) || u.Scheme != "https" || u.Path != "" || u.RawQuery != "" || u.User != nil || strings.Contains(region, ".") {
			t.Errorf("%q: got endpoint %s, want bedrock-runtime, the region as one label, and a domain of AWS", region, u.String())
		}
		if again, err := url.Parse(u.String()); err != nil || again.Host != u.Host {
			t.Errorf("%q: got endpoint %s, which reads as %v, %v", region, u.String(), again, err)
		}
	})
}

// localEndpoint makes the AWS configuration point to a TLS server on loopback.
func localEndpoint(t *testing.T) (s *httptest.Server, requests *int) {
	requests = new(int)
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { *requests++ }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	setenv(t, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", s.URL, "AWS_CA_BUNDLE", bundle)
	return s, requests
}

func TestMeasureRegionsSortsAndPutsFailuresLast(t *testing.T) {
	_, requests := localEndpoint(t)
	found := MeasureRegions(context.Background(), "nonsense", "us-east-1", "eu-west-1", "us-east-1.evil.com", "ap-south-1")
	if len(found) != 5 {
		t.Fatalf("got %d results, want 5: %v", len(found), found)
	}
	for i, r := range found {
		if reached := i < 3; reached != (r.Err == nil) || reached != (r.Latency > 0) {
			t.Errorf("place %d: got %+v, want the regions reached first, with a latency", i, r)
		}
		if i > 0 && i < 3 && r.Latency < found[i-1].Latency {
			t.Errorf("place %d: got %v after %v, want them sorted", i, r.Latency, found[i-1].Latency)
		}
	}
	if found[3].Region != "nonsense" || found[4].Region != "us-east-1.evil.com" {
		t.Errorf("got %s and %s at the end, want the bad names, in the order given", found[3].Region, found[4].Region)
	}
	wantContains(t, found[3].Err.Error(), "bedrock: ", "not the name of an AWS region")
	if *requests != 0 {
		t.Errorf("got %d requests, want none", *requests)
	}
}

func TestMeasureRegionsReportsWhatItCannotReach(t *testing.T) {
	s, _ := localEndpoint(t)
	t.Run("a cancelled context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		for _, r := range MeasureRegions(ctx, "us-east-1", "eu-west-1") {
			if !errors.Is(r.Err, context.Canceled) || r.Latency != 0 {
				t.Errorf("got %+v, want context.Canceled", r)
			}
		}
	})
	t.Run("a certificate of nobody", func(t *testing.T) {
		t.Setenv("AWS_CA_BUNDLE", "")
		r := MeasureRegions(context.Background(), "us-east-1")[0]
		var untrusted *tls.CertificateVerificationError
		if !errors.As(r.Err, &untrusted) {
			t.Errorf("got %+v, want a CertificateVerificationError", r)
		}
	})
	t.Run("plain HTTP", func(t *testing.T) {
		t.Setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://"+s.Listener.Addr().String())
		if r := MeasureRegions(context.Background(), "us-east-1")[0]; r.Err != nil || r.Latency <= 0 {
			t.Errorf("got %+v, want a latency", r)
		}
	})
	t.Run("nobody listens", func(t *testing.T) {
		s.Close()
		r := MeasureRegions(context.Background(), "us-east-1")[0]
		if r.Err == nil || r.Latency != 0 {
			t.Fatalf("got %+v, want an error", r)
		}
		wantContains(t, r.Err.Error(), "bedrock: connecting to 127.0.0.1:")
	})
	t.Run("a configuration that does not load", func(t *testing.T) {
		t.Setenv("AWS_PROFILE", "nobody")
		for _, r := range MeasureRegions(context.Background(), "us-east-1", "eu-west-1") {
			if r.Err == nil || r.Region == "" {
				t.Errorf("got %+v, want an error", r)
			}
		}
	})
	if got := MeasureRegions(context.Background()); len(got) != 0 {
		t.Errorf("got %v of no regions, want nothing", got)
	}
}
