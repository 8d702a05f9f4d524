package bedrock

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
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
		got, err := resolveEndpoint(context.Background(), o)
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
		if got := usesAPIKey(o); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

// configOf returns a server, TLS or not, and a configuration that calls and trusts it.
func configOf(t *testing.T, start func(*httptest.Server)) (*httptest.Server, aws.Config) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("got a request, want none") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	start(s)
	t.Cleanup(s.Close)
	return s, aws.Config{BaseEndpoint: &s.URL, HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
		if c := s.Certificate(); c != nil {
			pool := x509.NewCertPool()
			pool.AddCert(c)
			tr.TLSClientConfig = &tls.Config{RootCAs: pool}
		}
	})}
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*httptest.Server){"TLS": (*httptest.Server).StartTLS, "plain HTTP": (*httptest.Server).Start} {
		_, cfg := configOf(t, start)
		if latency, err := measureEndpoint(context.Background(), cfg, "us-east-1"); err != nil || latency <= 0 {
			t.Errorf("%s: got %v, %v, want a latency", name, latency, err)
		}
	}
}

func TestMeasureReportsWhatItCannotReach(t *testing.T) {
	t.Parallel()
	s, cfg := configOf(t, (*httptest.Server).StartTLS)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if latency, err := measureEndpoint(ctx, cfg, "us-east-1"); !errors.Is(err, context.Canceled) || latency != 0 {
		t.Errorf("cancelled: got %v, %v, want context.Canceled", latency, err)
	}
	var untrusted *tls.CertificateVerificationError
	for name, stranger := range map[string]aws.HTTPClient{"a client of the SDK's": awshttp.NewBuildableClient(), "a client of the caller's": http.DefaultClient} {
		cfg := cfg.Copy()
		cfg.HTTPClient = stranger
		if latency, err := measureEndpoint(context.Background(), cfg, "us-east-1"); !errors.As(err, &untrusted) || latency != 0 {
			t.Errorf("%s: got %v, %v, want a CertificateVerificationError", name, latency, err)
		}
	}
	s.Close()
	if latency, err := measureEndpoint(context.Background(), cfg, "us-east-1"); latency != 0 || err == nil || !strings.HasPrefix(err.Error(), "connecting to 127.0.0.1:") {
		t.Errorf("closed: got %v, %v, want an error that names the endpoint", latency, err)
	}
	if _, err := measureEndpoint(context.Background(), cfg, "nonsense"); err == nil || !strings.Contains(err.Error(), "not the name of an AWS region") {
		t.Errorf("bad name: got %v, want an error about it", err)
	}
	cfg.BaseEndpoint = aws.String("nowhere")
	if _, err := measureEndpoint(context.Background(), cfg, "us-east-1"); err == nil || !strings.Contains(err.Error(), "give scheme and host") {
		t.Errorf("bad endpoint: got %v, want an error about it", err)
	}
}
