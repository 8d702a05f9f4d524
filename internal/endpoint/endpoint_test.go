package endpoint

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/auth/bearer"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

type failingResolver struct{}

var errNowhere = errors.New("nowhere")

func (failingResolver) ResolveEndpoint(context.Context, bedrockruntime.EndpointParameters) (smithyendpoints.Endpoint, error) {
	return smithyendpoints.Endpoint{}, errNowhere
}

func withKey(o *bedrockruntime.Options) {
	o.BearerAuthTokenProvider = bearer.StaticTokenProvider{Token: bearer.Token{Value: "key"}}
}

func withCredentials(o *bedrockruntime.Options) {
	o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, nil })
}

func TestResolve(t *testing.T) {
	t.Parallel()
	at := func(base string) func(*bedrockruntime.Options) {
		return func(o *bedrockruntime.Options) { o.BaseEndpoint = &base }
	}
	plain := func(o *bedrockruntime.Options) { o.EndpointOptions.DisableHTTPS = true }
	for name, tt := range map[string]struct {
		opts []func(*bedrockruntime.Options)
		want string
		err  string
	}{
		"the region's": {want: "https://bedrock-runtime.us-east-1.amazonaws.com"},
		"FIPS":         {opts: []func(*bedrockruntime.Options){func(o *bedrockruntime.Options) { o.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled }}, want: "https://bedrock-runtime-fips.us-east-1.amazonaws.com"},
		"dual stack": {opts: []func(*bedrockruntime.Options){func(o *bedrockruntime.Options) {
			o.EndpointOptions.UseDualStackEndpoint = aws.DualStackEndpointStateEnabled
		}}, want: "https://bedrock-runtime.us-east-1.api.aws"},
		"a custom one":     {opts: []func(*bedrockruntime.Options){at("http://localhost:1/x")}, want: "http://localhost:1/x"},
		"HTTPS off":        {opts: []func(*bedrockruntime.Options){plain}, want: "http://bedrock-runtime.us-east-1.amazonaws.com"},
		"a key over HTTPS": {opts: []func(*bedrockruntime.Options){withKey}, want: "https://bedrock-runtime.us-east-1.amazonaws.com"},
		"a key over HTTP":  {opts: []func(*bedrockruntime.Options){withKey, plain}, err: "is sent over https only"},
		"another scheme":   {opts: []func(*bedrockruntime.Options){at("ftp://host")}, err: "give scheme and host"},
		"no host":          {opts: []func(*bedrockruntime.Options){at("https://")}, err: "give scheme and host"},
		"a password":       {opts: []func(*bedrockruntime.Options){at("ftp://user:MARKER@host")}, err: `"ftp://user:xxxxx@host"`},
		"no resolution":    {opts: []func(*bedrockruntime.Options){func(o *bedrockruntime.Options) { o.EndpointResolverV2 = failingResolver{} }}, err: `endpoint for region "us-east-1": nowhere`},
	} {
		o := bedrockruntime.New(bedrockruntime.Options{Region: "us-east-1"}, tt.opts...).Options()
		got, err := Resolve(context.Background(), o)
		switch {
		case tt.err == "" && (err != nil || got.String() != tt.want):
			t.Errorf("%s: got %s, %v, want %s", name, got.String(), err, tt.want)
		case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("%s: got error %v, want %s", name, err, tt.err)
		}
	}
}

func TestUsesAPIKey(t *testing.T) {
	t.Parallel()
	prefer := func(scheme string) func(*bedrockruntime.Options) {
		return func(o *bedrockruntime.Options) { o.AuthSchemePreference = []string{scheme} }
	}
	for name, tt := range map[string]struct {
		opts []func(*bedrockruntime.Options)
		want bool
	}{
		"nothing":           {nil, false},
		"credentials":       {[]func(*bedrockruntime.Options){withCredentials}, false},
		"a key":             {[]func(*bedrockruntime.Options){withKey}, true},
		"both":              {[]func(*bedrockruntime.Options){withKey, withCredentials}, false},
		"both, key first":   {[]func(*bedrockruntime.Options){withKey, withCredentials, prefer("httpBearerAuth")}, true},
		"both, full name":   {[]func(*bedrockruntime.Options){withKey, withCredentials, prefer("smithy.api#httpBearerAuth")}, true},
		"both, signs first": {[]func(*bedrockruntime.Options){withKey, withCredentials, prefer("sigv4")}, false},
	} {
		var o bedrockruntime.Options
		for _, opt := range tt.opts {
			opt(&o)
		}
		if got := UsesAPIKey(o); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}
