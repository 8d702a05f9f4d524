package bedrock

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/auth/bearer"
)

// rotating gives other credentials each time that it is asked, from a list that ends.
type rotating struct {
	keys  []string
	asked atomic.Int32
	err   error // after the list
}

func (r *rotating) Retrieve(context.Context) (aws.Credentials, error) {
	n := int(r.asked.Add(1))
	if n > len(r.keys) && r.err != nil {
		return aws.Credentials{}, r.err
	}
	key := r.keys[min(n, len(r.keys))-1]
	return aws.Credentials{AccessKeyID: key, SecretAccessKey: "secret-of-" + key, SessionToken: "token-of-" + key}, nil
}

// acceptsOnly answers ExpiredTokenException to all keys but one.
func acceptsOnly(key string) stubFunc {
	return func(r *http.Request, body string) (*http.Response, error) {
		if strings.Contains(r.Header.Get("Authorization"), "Credential="+key+"/") {
			return always(200, okConverse)(r, body)
		}
		return failing(403, "ExpiredTokenException", "The security token included in the request is expired")(r, body)
	}
}

func TestExpiredCredentialsAreAskedForOnceMore(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		keys     []string
		err      error
		uncached bool
		attempts int
		asked    int32
		ok       bool
	}{
		"rotated":                   {keys: []string{"OLD", "NEW"}, attempts: 2, asked: 2, ok: true},
		"not rotated":               {keys: []string{"OLD"}, attempts: 1, asked: 2},
		"rotated to expired ones":   {keys: []string{"OLD", "OLD2", "NEW"}, attempts: 2, asked: 2},
		"the provider fails":        {keys: []string{"OLD"}, err: errors.New("the vault is sealed"), attempts: 2, asked: 3},
		"a provider without cache":  {keys: []string{"OLD", "NEW"}, uncached: true, attempts: 2, asked: 3, ok: true},
		"one that gives no other's": {keys: []string{"OLD"}, uncached: true, attempts: 1, asked: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := &rotating{keys: tt.keys, err: tt.err}
			cfg := testConfig(acceptsOnly("NEW"))
			cfg.Credentials = provider
			opts := []Option{WithMaxBackoff(0)}
			if !tt.uncached {
				opts = append(opts, WithCredentials(provider))
			}
			reply, err := ask(context.Background(), clientOf(t, cfg, opts...))
			if provider.asked.Load() != tt.asked || (err == nil) != tt.ok {
				t.Errorf("got %v after asking the provider %d times, want success %v after %d", err, provider.asked.Load(), tt.ok, tt.asked)
			}
			if err == nil && reply.Attempts != tt.attempts || err != nil && asError(t, err).Attempts != tt.attempts {
				t.Errorf("got %v, %v, want %d attempts", reply, err, tt.attempts)
			}
			if err != nil && !errors.Is(err, ErrCredentials) {
				t.Errorf("got %v, want ErrCredentials", err)
			}
			if tt.err != nil {
				wantContains(t, err.Error(), tt.err.Error())
			}
		})
	}
}

// docs/production.md has it as a readiness probe.
func TestCredentialsCanBeAskedForWithoutACall(t *testing.T) {
	t.Parallel()
	for _, want := range []error{nil, ErrCredentials} {
		provider := &rotating{keys: []string{"KEY"}}
		if want != nil {
			provider = &rotating{err: errors.New("the vault is sealed")}
		}
		c := stubClient(t, nil, WithCredentials(provider)) // any request would panic
		for range 2 {
			if _, err := c.SDK().Options().Credentials.Retrieve(context.Background()); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		}
		if want == nil && provider.asked.Load() != 1 {
			t.Errorf("the provider was asked %d times, want 1", provider.asked.Load())
		}
	}
}

// docs/production.md says so of API keys that renew.
func TestAProviderOfAPIKeysIsAskedForEachAttempt(t *testing.T) {
	t.Setenv("AWS_BEARER_TOKEN_BEDROCK", "key-of-the-environment")
	asked := 0
	provider := bearer.TokenProviderFunc(func(context.Context) (bearer.Token, error) {
		asked++
		return bearer.Token{Value: fmt.Sprint("key-", asked)}, nil
	})
	var sent []string
	answers := inTurn(
		failing(429, "ThrottlingException", "slow down"), always(200, okConverse),
		failing(403, "AccessDeniedException", "Bearer Token has expired"), always(200, okConverse))
	c := stubClient(t, func(r *http.Request, body string) (*http.Response, error) {
		sent = append(sent, r.Header.Get("Authorization"))
		return answers(r, body)
	}, WithMaxBackoff(0), WithSDKOptions(func(o *bedrockruntime.Options) {
		o.BearerAuthTokenProvider = provider
		o.AuthSchemePreference = []string{"httpBearerAuth"}
	}))
	for _, want := range []error{nil, ErrCredentials, nil} {
		if _, err := ask(context.Background(), c); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	if got := strings.Join(sent, ", "); got != "Bearer key-1, Bearer key-2, Bearer key-3, Bearer key-4" {
		t.Errorf("sent %s, want a key of the provider for each attempt", got)
	}
}

// A call that finds its credentials replaced already doesn't throw the new ones away.
func TestRenewedCredentialsAreKept(t *testing.T) {
	t.Parallel()
	provider := &rotating{keys: []string{"OLD", "NEW", "NEWER"}}
	w := &watchedCredentials{CredentialsProvider: aws.NewCredentialsCache(provider)}
	signedWith := func(key string) http.Header {
		return http.Header{"Authorization": {"AWS4-HMAC-SHA256 Credential=" + key + "/2026/us-east-1/bedrock/aws4_request"}, "X-Amz-Security-Token": {"token-of-" + key}}
	}
	for range 3 {
		if _, err := w.Retrieve(context.Background()); err != nil || !w.renew(context.Background(), signedWith("OLD")) {
			t.Error("got no other credentials")
		}
	}
	if n := provider.asked.Load(); n != 2 {
		t.Errorf("asked the provider %d times, want twice: at first, and once for all", n)
	}
}

func TestKeysThatAreReadOnceGetAHintThatSaysSo(t *testing.T) {
	expired := WithSDKOptions(func(o *bedrockruntime.Options) {
		o.HTTPClient = failing(403, "ExpiredTokenException", "The security token included in the request is expired")
	})
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, []byte("[default]\naws_access_key_id=A\naws_secret_access_key=S\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, vars := range map[string][]string{
		"the environment": {"AWS_ACCESS_KEY_ID", "A", "AWS_SECRET_ACCESS_KEY", "S"}, "the credentials file": {"AWS_SHARED_CREDENTIALS_FILE", file},
	} {
		t.Run(name, func(t *testing.T) {
			setenv(t, append(vars, "AWS_REGION", testRegion)...)
			c, err := New(context.Background(), expired)
			if err != nil {
				t.Fatal(err)
			}
			if e := askFails(t, c); e.Attempts != 1 || !strings.Contains(e.Hint, "make a new client or restart") {
				t.Errorf("got %v, want one attempt and the advice to make a new client", e)
			}
		})
	}
}

// The provider decides what helps; its failure is no fault of Bedrock's.
func TestHintNamesTheProviderThatFailed(t *testing.T) {
	t.Parallel()
	for source, want := range map[aws.CredentialSource]string{
		aws.CredentialSourceProfileProcess: "credential_process", aws.CredentialSourceHTTP: "Pod Identity", aws.CredentialSourceProfileLogin: "aws login",
		aws.CredentialSourceSSO: "aws sso login", aws.CredentialSourceEnvVarsSTSWebIDToken: "AWS_WEB_IDENTITY_TOKEN_FILE",
		aws.CredentialSourceSTSAssumeRole: "trust policy", aws.CredentialSourceIMDS: "hop limit",
	} {
		e := askFails(t, stubClient(t, always(200, okConverse), WithCredentials(failingSource{source})))
		if !strings.Contains(e.Hint, want) || !errors.Is(e, ErrCredentials) || e.Attempts != 1 || source == aws.CredentialSourceProfileLogin && strings.Contains(e.Hint, "sso") {
			t.Errorf("source %d: got %v, want ErrCredentials at once and a hint at %q", source, e, want)
		}
	}
	key := WithSDKOptions(func(o *bedrockruntime.Options) {
		o.Credentials, o.BearerAuthTokenProvider = nil, bearer.TokenProviderFunc(func(context.Context) (bearer.Token, error) {
			return bearer.Token{}, errors.New("the token helper failed")
		})
	})
	e := askFails(t, stubClient(t, always(200, okConverse), key))
	if wantContains(t, e.Error(), "the token helper failed", "the API key could not be had"); !errors.Is(e, ErrCredentials) {
		t.Errorf("got %v, want ErrCredentials", e)
	}
}

type failingSource struct{ source aws.CredentialSource }

func (failingSource) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, errors.New("it failed")
}
func (f failingSource) ProviderSources() []aws.CredentialSource {
	return []aws.CredentialSource{aws.CredentialSourceProfile, f.source}
}

func TestContextThatEndsWhileCredentialsAreFetchedIsTheContextsError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		slow := aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			select {
			case <-ctx.Done():
			case <-time.After(time.Minute): // the SDK's cache hides the caller's context
			}
			return aws.Credentials{}, fmt.Errorf("fetching: %w", context.DeadlineExceeded)
		})
		uncached := testConfig(always(200, okConverse))
		uncached.Credentials = slow
		for name, c := range map[string]*Client{"cached": stubClient(t, always(200, okConverse), WithCredentials(slow)), "uncached": clientOf(t, uncached)} {
			_, err := ask(deadline(t, time.Second), c)
			if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrCredentials) || strings.Contains(err.Error(), "credentials") {
				t.Errorf("%s: got %v, want the deadline alone", name, err)
			}
		}
		time.Sleep(time.Minute) // until the cache has done
	})
}

func TestRefusedAPIKeyIsAMatterOfCredentials(t *testing.T) {
	t.Parallel()
	for _, message := range []string{"Bearer Token has expired", "Invalid API Key format: Must start with pre-defined prefix", "Authentication failed: Please make sure your API Key is valid."} {
		stub := failing(403, "AccessDeniedException", message)
		e := askFails(t, stubClient(t, stub, WithAPIKey("key-of-a-test")))
		if !errors.Is(e, ErrCredentials) || !errors.Is(e, ErrAccessDenied) || e.Attempts != 1 {
			t.Errorf("%s: got %v, want ErrCredentials, and ErrAccessDenied as its code says", message, e)
		}
		if e := askFails(t, stubClient(t, stub)); errors.Is(e, ErrCredentials) {
			t.Errorf("%s: got ErrCredentials of signed requests: %v", message, e)
		}
	}
}

func TestCredentialsThatCantBeSentAreRefusedAtConstruction(t *testing.T) {
	for name, tt := range map[string]struct {
		vars []string
		want string
	}{
		"an API key":         {[]string{"AWS_BEARER_TOKEN_BEDROCK", "key\n"}, "AWS_BEARER_TOKEN_BEDROCK"},
		"an access key":      {[]string{"AWS_ACCESS_KEY_ID", "A\r\n", "AWS_SECRET_ACCESS_KEY", "S"}, "AWS_ACCESS_KEY_ID"},
		"a secret key":       {[]string{"AWS_ACCESS_KEY_ID", "A", "AWS_SECRET_ACCESS_KEY", "S\n"}, "AWS_SECRET_ACCESS_KEY"},
		"a session's token":  {[]string{"AWS_ACCESS_KEY_ID", "A", "AWS_SECRET_ACCESS_KEY", "S", "AWS_SESSION_TOKEN", "T T"}, "AWS_SESSION_TOKEN"},
		"what a header can":  {[]string{"AWS_ACCESS_KEY_ID", "A", "AWS_SECRET_ACCESS_KEY", "S", "AWS_SESSION_TOKEN", "T"}, ""},
		"an API key as such": {[]string{"AWS_BEARER_TOKEN_BEDROCK", "key"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			setenv(t, append(tt.vars, "AWS_REGION", testRegion)...)
			_, err := New(context.Background())
			if tt.want == "" && err != nil || tt.want != "" && (!errors.Is(err, ErrCredentials) || !strings.Contains(err.Error(), tt.want) || strings.ContainsAny(err.Error(), "\r\n")) {
				t.Errorf("got %v, want ErrCredentials that names %s", err, tt.want)
			}
		})
	}
	_, err := NewFromConfig(testConfig(always(200, okConverse)), WithAPIKey("key\n"))
	if !errors.Is(err, ErrCredentials) || !errors.Is(err, ErrInvalid) {
		t.Errorf("got %v of WithAPIKey, want ErrCredentials and ErrInvalid", err)
	}
	// Of a provider that must be asked, at the first call; nothing is sent.
	seen := &captured{}
	c := stubClient(t, seen.then(always(200, okConverse)), WithCredentials(static("A\n", "S", "")))
	if e := askFails(t, c); !errors.Is(e, ErrCredentials) || seen.count() != 0 || e.Attempts != 1 {
		t.Errorf("got %v after %d requests, want ErrCredentials and none", e, seen.count())
	}
}

func TestFailureToLoadTheConfigurationNamesTheVariable(t *testing.T) {
	config := func(text string) string {
		file := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for name, tt := range map[string]struct {
		vars []string
		is   error
		want string
	}{
		"AWS_PROFILE":        {[]string{"AWS_PROFILE", "work"}, ErrInvalid, "AWS_PROFILE"},
		"AWS_MAX_ATTEMPTS":   {[]string{"AWS_MAX_ATTEMPTS", "three"}, ErrInvalid, "AWS_MAX_ATTEMPTS"},
		"AWS_RETRY_MODE":     {[]string{"AWS_RETRY_MODE", "legacy"}, ErrInvalid, "AWS_RETRY_MODE"},
		"AWS_CA_BUNDLE":      {[]string{"AWS_CA_BUNDLE", "/nope/ca.pem"}, ErrInvalid, "AWS_CA_BUNDLE"},
		"no PEM":             {[]string{"AWS_CA_BUNDLE", config("no certificate")}, ErrInvalid, "AWS_CA_BUNDLE"},
		"web identity":       {[]string{"AWS_WEB_IDENTITY_TOKEN_FILE", "/nope"}, ErrCredentials, "AWS_ROLE_ARN"},
		"partial keys":       {[]string{"AWS_CONFIG_FILE", config("[default]\naws_access_key_id=x\n")}, ErrCredentials, "default"},
		"a retry mode there": {[]string{"AWS_CONFIG_FILE", config("[default]\nretry_mode=x\n")}, ErrInvalid, "retry_mode"},
		"FIPS and endpoint":  {[]string{"AWS_USE_FIPS_ENDPOINT", "true", "AWS_ENDPOINT_URL", "https://host", "AWS_ACCESS_KEY_ID", "A", "AWS_SECRET_ACCESS_KEY", "S"}, ErrInvalid, "set by AWS_USE_FIPS_ENDPOINT, the endpoint by AWS_ENDPOINT_URL;"},
	} {
		t.Run(name, func(t *testing.T) {
			setenv(t, append(tt.vars, "AWS_REGION", testRegion)...)
			_, err := New(context.Background())
			if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %v in one line that names %s", err, tt.is, tt.want)
			}
		})
	}
}

// A front end may quote what it got.
func TestSecretsThatComeBackAreTakenOut(t *testing.T) {
	t.Parallel()
	const key, secret, token = "bedrock-api-key/MARKER+a==", "secret/MARKER+b", "token-MARKER/c+=="
	quoting := func(r *http.Request) string {
		return fmt.Sprintf("bad header %q, token %s, key %s, secret %s, escaped %s", r.Header.Get("Authorization"), r.Header.Get("X-Amz-Security-Token"), key, secret, url.QueryEscape(key+token))
	}
	for name, stub := range map[string]stubFunc{
		"a message": func(r *http.Request, b string) (*http.Response, error) {
			return failing(400, "ValidationException", quoting(r))(r, b)
		},
		"a retry": func(r *http.Request, b string) (*http.Response, error) {
			return failing(503, "ServiceUnavailableException", quoting(r))(r, b)
		},
		"a code": func(r *http.Request, b string) (*http.Response, error) { return failing(400, quoting(r), "no")(r, b) },
		"an id": func(r *http.Request, b string) (*http.Response, error) {
			return failing(400, "X", "no", "X-Amzn-Requestid", quoting(r))(r, b)
		},
		"sending":     func(r *http.Request, b string) (*http.Response, error) { return nil, errors.New(quoting(r)) },
		"a lost body": func(r *http.Request, b string) (*http.Response, error) { return cutBody(errors.New(quoting(r)))(r, b) },
		"a stream": func(r *http.Request, b string) (*http.Response, error) {
			return streaming(eventFrame("messageStart", `{"role":"assistant"}`), eventFrame("contentBlockStop", `{"contentBlockIndex":0}`), exceptionEvent("validationException", quoting(r)))(r, b)
		},
		"a stream's first frame": func(r *http.Request, b string) (*http.Response, error) {
			return streaming(exceptionEvent("throttlingException", quoting(r)))(r, b)
		},
	} {
		for how, auth := range map[string]Option{"API key": WithAPIKey(key), "signature": WithCredentials(static("AKIDOFTHETEST", secret, token))} {
			t.Run(name+"/"+how, func(t *testing.T) {
				t.Parallel()
				var log bytes.Buffer
				c := stubClient(t, stub, auth, WithLogger(slog.New(slog.NewTextHandler(&log, nil))), WithMaxAttempts(2), WithMaxBackoff(0))
				_, bySDK := c.SDK().Converse(context.Background(), &bedrockruntime.ConverseInput{ModelId: aws.String(testModel), Messages: Prompt("x")})
				_, unary := ask(context.Background(), c)
				ours := map[string]string{"API key": key, "signature": "MARKER+b"}[how]
				for _, err := range []error{unary, streamReply(context.Background(), c, Prompt("x")), bySDK} {
					if err == nil {
						t.Fatal("got no error")
					}
					text := err.Error() + log.String()
					if how == "API key" && (strings.Contains(text, key) || strings.Contains(text, url.QueryEscape(key))) || how == "signature" && (strings.Contains(text, secret) || strings.Contains(text, token)) {
						t.Errorf("the text tells %s: %s", ours, text)
					}
				}
			})
		}
	}
}
