package bedrock

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/auth/bearer"
)

func TestNewWithoutARegionSaysWhereItLooked(t *testing.T) {
	_, err := New(context.Background())
	if err == nil {
		t.Fatal("got no error without a region")
	}
	wantContains(t, err.Error(), "WithRegion", "AWS_REGION", "AWS_DEFAULT_REGION", "profile")
}

func TestMalformedRegionsAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ region, says string }{
		{"", "no region"},
		{"evil.com", "not the name of an AWS region"},
		{"us-east-1.evil.com", "not the name of an AWS region"},
		{"us-east-1/", "not the name of an AWS region"},
		{"us-east-1/../..", "not the name of an AWS region"},
		{"us-east-1#", "not the name of an AWS region"},
		{"us-east-1:443", "not the name of an AWS region"},
		{"us-east-1@evil", "not the name of an AWS region"},
		{"US-EAST-1", "did you mean us-east-1?"},
		{"us east", "not the name of an AWS region"},
		{"us-east-1 ", "did you mean us-east-1?"},
		{"us-east-1\n", "did you mean us-east-1?"},
		{"\nus-east-1", "did you mean us-east-1?"},
		{"us-east-1\x00", "did you mean us-east-1?"},
		{"us-east-١", "not the name of an AWS region"},
		{"fips-us-east-1", "AWS_USE_FIPS_ENDPOINT=true"},
		{"us-east-1-fips", "AWS_USE_FIPS_ENDPOINT=true"},
		{"global", "inference profile"},
		{"us", "inference profile"},
		{"useast1", "did you mean us-east-1?"},
		{"us-east1", "did you mean us-east-1?"},
		{"eu-west1", "did you mean eu-west-1?"},
		{"us-east-1a", "did you mean us-east-1?"},
		{strings.Repeat("a", 300), "not the name of an AWS region"},
		{"us-" + strings.Repeat("east-", 60) + "1", "not the name of an AWS region"},
	}
	for _, tt := range tests {
		cfg := testConfig(always(200, okConverse))
		_, err := NewFromConfig(cfg, WithRegion(tt.region))
		if err == nil {
			t.Errorf("%.40q: got no error", tt.region)
			continue
		}
		wantContains(t, err.Error(), tt.says)
		if len(err.Error()) > 300 || strings.ContainsAny(err.Error(), "\n\x00") {
			t.Errorf("%.40q: got error %q, want a short line", tt.region, err)
		}
		cfg.Region = tt.region
		if _, err := NewFromConfig(cfg); err == nil {
			t.Errorf("%.40q in the configuration: got no error", tt.region)
		}
		setRegion := WithSDKOptions(func(o *bedrockruntime.Options) { o.Region = tt.region })
		if _, err := NewFromConfig(testConfig(nil), setRegion); err == nil {
			t.Errorf("%.40q by WithSDKOptions: got no error", tt.region)
		}
	}
}

func TestRegionsOfEveryPartitionAreTaken(t *testing.T) {
	t.Parallel()
	for region, host := range map[string]string{
		"us-east-1":       "bedrock-runtime.us-east-1.amazonaws.com",
		"ap-southeast-7":  "bedrock-runtime.ap-southeast-7.amazonaws.com",
		"xx-nowhere-99":   "bedrock-runtime.xx-nowhere-99.amazonaws.com", // not known yet
		"us-gov-west-1":   "bedrock-runtime.us-gov-west-1.amazonaws.com",
		"cn-north-1":      "bedrock-runtime.cn-north-1.amazonaws.com.cn",
		"us-isob-east-1":  "bedrock-runtime.us-isob-east-1.sc2s.sgov.gov",
		"eusc-de-east-1":  "bedrock-runtime.eusc-de-east-1.amazonaws.eu",
		"mx-central-1":    "bedrock-runtime.mx-central-1.amazonaws.com",
		"eu-isoe-west-1":  "bedrock-runtime.eu-isoe-west-1.cloud.adc-e.uk",
		"us-isof-south-1": "bedrock-runtime.us-isof-south-1.csp.hci.ic.gov",
	} {
		seen := &captured{}
		c := stubClient(t, seen.then(always(200, okConverse)), WithRegion(region))
		if _, err := ask(context.Background(), c); err != nil || c.Region() != region {
			t.Errorf("%s: got region %s, error %v", region, c.Region(), err)
			continue
		}
		r, _ := seen.last(t)
		if r.URL.Host != host || !strings.Contains(r.Header.Get("Authorization"), "/"+region+"/bedrock/") {
			t.Errorf("%s: got host %s, authorization %s, want %s signed for the region", region, r.URL.Host, r.Header.Get("Authorization"), host)
		}
	}
}

func TestMissingCredentialsAreAnErrorOfConstruction(t *testing.T) {
	t.Parallel()
	missing := map[string]aws.CredentialsProvider{
		"nil":                       nil,
		"anonymous":                 aws.AnonymousCredentials{},
		"pointer to anonymous":      &aws.AnonymousCredentials{},
		"cached anonymous":          aws.NewCredentialsCache(aws.AnonymousCredentials{}),
		"cached pointer":            aws.NewCredentialsCache(&aws.AnonymousCredentials{}),
		"typed nil cache":           (*aws.CredentialsCache)(nil),
		"nil function":              aws.CredentialsProviderFunc(nil),
		"pointer to nil, anonymous": (*aws.AnonymousCredentials)(nil),
	}
	for name, p := range missing {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := aws.Config{Region: testRegion, Credentials: p, HTTPClient: always(200, okConverse)}
			if _, err := NewFromConfig(cfg); err == nil || !strings.Contains(err.Error(), "no credentials") {
				t.Errorf("in the configuration: got error %v, want no credentials", err)
			}
			if _, err := NewFromConfig(testConfig(nil), WithCredentials(p)); err == nil || !strings.Contains(err.Error(), "WithCredentials") {
				t.Errorf("by WithCredentials: got error %v, want one that names the option", err)
			}
			setNone := WithSDKOptions(func(o *bedrockruntime.Options) { o.Credentials = p })
			if _, err := NewFromConfig(testConfig(nil), setNone); err == nil {
				t.Error("by WithSDKOptions: got no error")
			}
			// Good ones beside them are enough.
			for _, good := range []Option{WithAPIKey("key"), WithCredentials(testCredentials())} {
				if _, err := NewFromConfig(cfg, good); err != nil {
					t.Errorf("with other authentication: %v", err)
				}
			}
		})
	}
	cfg := aws.Config{Region: testRegion, HTTPClient: always(200, okConverse), BearerAuthTokenProvider: bearer.StaticTokenProvider{Token: bearer.Token{Value: "t"}}}
	if _, err := ask(context.Background(), clientOf(t, cfg)); err != nil {
		t.Errorf("with a bearer token in the configuration: %v", err)
	}
}

func TestEndpointsThatCannotServeAreRefused(t *testing.T) {
	base := func(url string) func(*aws.Config) { return func(cfg *aws.Config) { cfg.BaseEndpoint = &url } }
	tests := []struct {
		name string
		env  string // NAME=value
		cfg  func(*aws.Config)
		opts []Option
		says string // "": it is taken
	}{
		{"API key over HTTP", "", base("http://127.0.0.1:1"), []Option{WithAPIKey("key")}, "https only"},
		{"API key over HTTP by SDK option", "", nil, []Option{WithAPIKey("key"), WithSDKOptions(func(o *bedrockruntime.Options) { o.BaseEndpoint = aws.String("http://127.0.0.1:1") })}, "https only"},
		{"API key of the environment over HTTP", "AWS_BEARER_TOKEN_BEDROCK=key", base("http://127.0.0.1:1"), nil, "https only"},
		{"credentials win over that API key", "AWS_BEARER_TOKEN_BEDROCK=key", base("http://127.0.0.1:1"), []Option{WithCredentials(testCredentials())}, ""},
		{"credentials over HTTP", "", base("http://127.0.0.1:1"), nil, ""},
		{"API key over HTTPS", "", base("https://127.0.0.1:1"), []Option{WithAPIKey("key")}, ""},
		{"no scheme", "", base("localhost:7"), nil, "https://host"},
		{"host alone", "", base("vpce-1.example.com"), nil, "https://host"},
		{"another scheme", "", base("ftp://example.com"), nil, "https://host"},
		{"no host", "", base("https://"), nil, "https://host"},
		{"FIPS and a custom endpoint", "", base("https://vpce-1.example.com"), []Option{WithSDKOptions(func(o *bedrockruntime.Options) {
			o.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled
		})}, "FIPS"},
		{"FIPS", "", nil, []Option{WithSDKOptions(func(o *bedrockruntime.Options) {
			o.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled
		})}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if name, value, ok := strings.Cut(tt.env, "="); ok {
				t.Setenv(name, value)
			}
			cfg := testConfig(always(200, okConverse))
			if tt.cfg != nil {
				tt.cfg(&cfg)
			}
			c, err := NewFromConfig(cfg, tt.opts...)
			switch {
			case tt.says == "" && err != nil:
				t.Errorf("got error %v, want none", err)
			case tt.says == "":
				if _, err := ask(context.Background(), c); err != nil {
					t.Errorf("the call failed: %v", err)
				}
			case err == nil:
				t.Error("got no error")
			default:
				wantContains(t, err.Error(), tt.says)
			}
		})
	}
}

func TestOneConstructionErrorNamesAllThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := NewFromConfig(testConfig(nil), WithMaxAttempts(-1), WithMaxBackoff(-1), WithStallTimeout(-1), WithAPIKey(""))
	if err == nil {
		t.Fatal("got no error")
	}
	wantContains(t, err.Error(), "WithMaxAttempts(-1)", "WithMaxBackoff(-1ns)", "WithStallTimeout(-1ns)", "WithAPIKey")
}

func TestNewReportsAConfigurationThatDoesNotLoad(t *testing.T) {
	for _, variable := range []string{"AWS_PROFILE=nobody", "AWS_MAX_ATTEMPTS=many", "AWS_RETRY_MODE=never", "AWS_CA_BUNDLE=/nonexistent"} {
		t.Run(variable, func(t *testing.T) {
			name, value, _ := strings.Cut(variable, "=")
			t.Setenv("AWS_REGION", testRegion)
			t.Setenv(name, value)
			_, err := New(context.Background())
			if err == nil {
				t.Fatal("got no error")
			}
			wantContains(t, err.Error(), "bedrock: loading the AWS configuration: ")
			var profile config.SharedConfigProfileNotExistError
			if name == "AWS_PROFILE" && !errors.As(err, &profile) {
				t.Errorf("got %v, want a SharedConfigProfileNotExistError in it", err)
			}
		})
	}
}

// profiles writes the shared config file of a test.
func profiles(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", file)
}

func setenv(t *testing.T, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		t.Setenv(pairs[i], pairs[i+1])
	}
}

// viaStub makes New's client send to a stub.
func viaStub(h stubFunc) Option {
	return WithSDKOptions(func(o *bedrockruntime.Options) { o.HTTPClient = h })
}

func TestRegionPrecedence(t *testing.T) {
	setenv(t, "AWS_ACCESS_KEY_ID", "ENVKEY", "AWS_SECRET_ACCESS_KEY", "S")
	tests := []struct {
		name string
		env  []string
		opts []Option
		want string
	}{
		{"profile", nil, nil, "eu-north-1"},
		{"AWS_DEFAULT_REGION over the profile", []string{"AWS_DEFAULT_REGION", "sa-east-1"}, nil, "sa-east-1"},
		{"AWS_REGION over AWS_DEFAULT_REGION", []string{"AWS_DEFAULT_REGION", "sa-east-1", "AWS_REGION", "us-west-2"}, nil, "us-west-2"},
		{"WithRegion over all", []string{"AWS_REGION", "us-west-2"}, []Option{WithRegion("ap-south-1")}, "ap-south-1"},
		{"the last WithRegion", nil, []Option{WithRegion("nonsense"), WithRegion("ap-south-1")}, "ap-south-1"},
		{"WithRegion over WithSDKOptions", nil, []Option{WithRegion("ap-south-1"), WithSDKOptions(func(o *bedrockruntime.Options) { o.Region = "eu-west-3" })}, "ap-south-1"},
		{"WithSDKOptions", nil, []Option{WithSDKOptions(func(o *bedrockruntime.Options) { o.Region = "eu-west-3" })}, "eu-west-3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			profiles(t, "[default]\nregion=eu-north-1\n")
			setenv(t, tt.env...)
			seen := &captured{}
			c, err := New(context.Background(), append(tt.opts, viaStub(seen.then(always(200, okConverse))))...)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ask(context.Background(), c); err != nil {
				t.Fatal(err)
			}
			r, _ := seen.last(t)
			if c.Region() != tt.want || r.URL.Host != "bedrock-runtime."+tt.want+".amazonaws.com" || !strings.Contains(r.Header.Get("Authorization"), "/"+tt.want+"/bedrock/aws4_request") {
				t.Errorf("got region %s, host %s, authorization %s, want %s", c.Region(), r.URL.Host, r.Header.Get("Authorization"), tt.want)
			}
		})
	}
}

func TestAuthenticationPrecedence(t *testing.T) {
	setenv(t, "AWS_REGION", testRegion, "AWS_ACCESS_KEY_ID", "ENVKEY", "AWS_SECRET_ACCESS_KEY", "S")
	own := WithCredentials(static("OWNKEY", "S", ""))
	tests := []struct {
		name string
		env  []string
		opts []Option
		want string // what the Authorization header begins with, or has as key
	}{
		{"the chain", nil, nil, "Credential=ENVKEY/"},
		{"API key of the environment over the chain", []string{"AWS_BEARER_TOKEN_BEDROCK", "envtoken"}, nil, "Bearer envtoken"},
		{"WithCredentials", nil, []Option{own}, "Credential=OWNKEY/"},
		{"WithCredentials over AWS_BEARER_TOKEN_BEDROCK", []string{"AWS_BEARER_TOKEN_BEDROCK", "envtoken"}, []Option{own}, "Credential=OWNKEY/"},
		{"WithCredentials over AWS_AUTH_SCHEME_PREFERENCE", []string{"AWS_BEARER_TOKEN_BEDROCK", "envtoken", "AWS_AUTH_SCHEME_PREFERENCE", "httpBearerAuth"}, []Option{own}, "Credential=OWNKEY/"},
		{"WithAPIKey over the chain", nil, []Option{WithAPIKey("ownkey")}, "Bearer ownkey"},
		{"WithAPIKey over AWS_BEARER_TOKEN_BEDROCK", []string{"AWS_BEARER_TOKEN_BEDROCK", "envtoken"}, []Option{WithAPIKey("ownkey")}, "Bearer ownkey"},
		{"WithAPIKey over AWS_AUTH_SCHEME_PREFERENCE", []string{"AWS_AUTH_SCHEME_PREFERENCE", "sigv4"}, []Option{WithAPIKey("ownkey")}, "Bearer ownkey"},
		{"the later of both", nil, []Option{WithAPIKey("ownkey"), own}, "Credential=OWNKEY/"},
		{"the later of both, reversed", nil, []Option{own, WithAPIKey("ownkey")}, "Bearer ownkey"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			setenv(t, tt.env...)
			seen := &captured{}
			c, err := New(context.Background(), append(tt.opts, viaStub(seen.then(always(200, okConverse))))...)
			if err != nil {
				t.Fatal(err)
			}
			for name, client := range map[string]*Client{"client": c, "derived client": c.With(WithRegion("eu-west-1"))} {
				if _, err := ask(context.Background(), client); err != nil {
					t.Fatal(err)
				}
				r, _ := seen.last(t)
				if got := r.Header.Get("Authorization"); !strings.Contains(got, tt.want) {
					t.Errorf("%s: got Authorization %q, want %q", name, got, tt.want)
				}
			}
		})
	}
}

func TestSDKOptionsReachTheClient(t *testing.T) {
	t.Parallel()
	seen := &captured{}
	ours := seen.then(always(200, okConverse))
	c := stubClient(t, refusedBy(errors.New("the configuration's HTTP client was used")),
		WithSDKOptions(func(o *bedrockruntime.Options) {
			o.HTTPClient = ours
			o.BaseEndpoint = aws.String("https://wrong.example.com")
		}),
		WithSDKOptions(func(o *bedrockruntime.Options) { o.BaseEndpoint = aws.String("https://vpce-1.example.com") }))
	if _, err := ask(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	if r, _ := seen.last(t); r.URL.Host != "vpce-1.example.com" || r.Method != http.MethodPost {
		t.Errorf("got %s %s, want a POST to vpce-1.example.com", r.Method, r.URL)
	}
}
