package bedrock

import (
	"context"
	"net/url"
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

func TestCheckSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"us-east-1": "", "us-gov-west-1": "", "us-isob-east-1": "", "eusc-de-east-1": "", "xx-nowhere-9": "", // may be new
		"":                        "no region: looked in WithRegion, AWS_REGION",
		"fips-us-east-1":          "set AWS_USE_FIPS_ENDPOINT=true",
		"us-east-1-fips":          "set AWS_USE_FIPS_ENDPOINT=true",
		"us-east1":                `region "us-east1" is not the name of an AWS region, as in us-east-1; did you mean us-east-1?`,
		"US-EAST-1":               "did you mean us-east-1?",
		"apac":                    "; apac. begins the id of an inference profile",
		"nonsense":                `region "nonsense" is not the name of an AWS region, as in us-east-1`,
		strings.Repeat("us-", 99): "is not the name of an AWS region",
	} {
		err := checkRegion(name)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %q", name, err, want)
		}
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
