package bedrocktest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/auth/bearer"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// tamper changes a request after it was signed.
func tamper(change func(*http.Request)) func(*bedrockruntime.Options) {
	return func(o *bedrockruntime.Options) {
		inner := o.HTTPClient
		o.HTTPClient = doFunc(func(r *http.Request) (*http.Response, error) {
			change(r)
			return inner.Do(r)
		})
	}
}

func credentials(c aws.Credentials) func(*bedrockruntime.Options) {
	return func(o *bedrockruntime.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
	}
}

func apiKey(key string) func(*bedrockruntime.Options) {
	return func(o *bedrockruntime.Options) {
		o.BearerAuthTokenProvider = bearer.StaticTokenProvider{Token: bearer.Token{Value: key}}
		o.AuthSchemePreference = []string{"httpBearerAuth"}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	set := func(name, value string) func(*bedrockruntime.Options) {
		return tamper(func(r *http.Request) { r.Header.Set(name, value) })
	}
	tests := map[string]struct {
		server  func(*Server)
		client  func(*bedrockruntime.Options)
		status  int
		code    string
		message string
	}{
		"no signature":   {nil, tamper(func(r *http.Request) { r.Header.Del("Authorization") }), 403, "MissingAuthenticationTokenException", "Missing Authentication Token"},
		"other scheme":   {nil, set("Authorization", "Basic Zm9vOmJhcg=="), 400, "IncompleteSignatureException", "Authorization header requires"},
		"half signature": {nil, set("Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c"), 400, "IncompleteSignatureException", "Authorization header requires"},
		"no date":        {nil, set("X-Amz-Date", "yesterday"), 400, "IncompleteSignatureException", "X-Amz-Date"},
		"other key":      {nil, credentials(aws.Credentials{AccessKeyID: "AKIDOTHER", SecretAccessKey: "x"}), 403, "UnrecognizedClientException", "The security token included in the request is invalid."},
		"other secret":   {nil, credentials(aws.Credentials{AccessKeyID: "AKIDBEDROCKTEST", SecretAccessKey: "x"}), 403, "InvalidSignatureException", "does not match the signature you provided"},
		"stray token":    {nil, credentials(aws.Credentials{AccessKeyID: "AKIDBEDROCKTEST", SecretAccessKey: "bedrocktest", SessionToken: "t"}), 403, "UnrecognizedClientException", "invalid."},
		"other region":   {nil, func(o *bedrockruntime.Options) { o.Region = "eu-west-1" }, 403, "InvalidSignatureException", "Credential should be scoped to a valid region."},
		"other service": {nil, tamper(func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "/bedrock/", "/s3/", 1))
		}), 403, "InvalidSignatureException", "Credential should be scoped to correct service: 'bedrock'."},
		"header added later":   {nil, set("Content-Type", "application/xml"), 403, "InvalidSignatureException", "does not match"},
		"query added later":    {nil, tamper(func(r *http.Request) { r.URL.RawQuery = "a=b" }), 403, "InvalidSignatureException", "does not match"},
		"server's clock ahead": {func(s *Server) { s.ClockOffset = 10 * time.Minute }, nil, 403, "InvalidSignatureException", "Signature expired: "},
		"server's clock late":  {func(s *Server) { s.ClockOffset = -10 * time.Minute }, nil, 403, "InvalidSignatureException", "Signature not yet current: "},
		"expired":              {(*Server).ExpireCredentials, nil, 403, "ExpiredTokenException", "The security token included in the request is expired"},
		"past Expires": {func(s *Server) {
			s.Credentials.CanExpire, s.Credentials.Expires = true, time.Now().Add(-time.Second)
		}, nil, 403, "ExpiredTokenException", "expired"},
		"other API key": {nil, apiKey("other"), 403, "AccessDeniedException", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			if tt.server != nil {
				tt.server(s)
			}
			s.Queue(Text("not for this one"))
			var opts []func(*bedrockruntime.Options)
			if tt.client != nil {
				opts = append(opts, tt.client)
			}
			_, err := converse(once(s, opts...), "hi")
			var api smithy.APIError
			var response *smithyhttp.ResponseError
			if !errors.As(err, &api) || !errors.As(err, &response) {
				t.Fatalf("got %v, want an error of the service", err)
			}
			if response.HTTPStatusCode() != tt.status || api.ErrorCode() != tt.code || !strings.Contains(api.ErrorMessage(), tt.message) {
				t.Errorf("got %d %s %q, want %d %s %q", response.HTTPStatusCode(), api.ErrorCode(), api.ErrorMessage(), tt.status, tt.code, tt.message)
			}
			if got := len(s.Requests()); got != 1 {
				t.Errorf("requests: got %d, want the refused one kept", got)
			}
			if got := len(s.queue); got != 1 {
				t.Errorf("queue: got %d responses, want 1 left", got)
			}
		})
	}
}

func TestSignaturesAccepted(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Region = "eu-central-1"
	s.Credentials.SessionToken = "token"
	c := once(s)
	s.Region = "" // any
	ctx := context.Background()

	const arn = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0"
	for _, id := range []string{model, arn, "..", "ä ö?#%"} {
		if _, err := c.Converse(ctx, &bedrockruntime.ConverseInput{ModelId: aws.String(id), Messages: user("hi")}); err != nil {
			t.Errorf("model %s: %v", id, err)
			continue
		}
		if got := s.Requests()[len(s.Requests())-1].Model; got != id {
			t.Errorf("model: got %q, want %q", got, id)
		}
	}

	s.Queue(JSON(map[string]any{"asyncInvokeSummaries": []any{}}), JSON(map[string]any{"action": "NONE", "outputs": []any{}, "assessments": []any{}}))
	if _, err := c.ListAsyncInvokes(ctx, &bedrockruntime.ListAsyncInvokesInput{MaxResults: aws.Int32(7), NextToken: aws.String("a b/c")}); err != nil {
		t.Errorf("query: %v", err)
	}
	if got := s.Requests()[len(s.Requests())-1]; got.Operation != "ListAsyncInvokes" || got.URL.Query().Get("maxResults") != "7" {
		t.Errorf("got %s %s", got.Operation, got.URL)
	}
	_, err := c.ApplyGuardrail(ctx, &bedrockruntime.ApplyGuardrailInput{
		GuardrailIdentifier: aws.String("arn:g/1"),
		GuardrailVersion:    aws.String("DRAFT"),
		Source:              types.GuardrailContentSourceInput,
		Content:             []types.GuardrailContentBlock{&types.GuardrailContentBlockMemberText{Value: types.GuardrailTextBlock{Text: aws.String("hi")}}},
	})
	if got := s.Requests()[len(s.Requests())-1].Operation; err != nil || got != "ApplyGuardrail" {
		t.Errorf("guardrail: got %s, %v", got, err)
	}
}

func TestRefreshedCredentials(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	old := s.Credentials
	s.ExpireCredentials()
	s.Credentials = aws.Credentials{AccessKeyID: "AKIDNEW", SecretAccessKey: "new", SessionToken: "fresh"}
	if _, err := converse(once(s), "hi"); err != nil {
		t.Errorf("new credentials: %v", err)
	}
	_, err := converse(once(s, credentials(old)), "hi")
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "ExpiredTokenException" {
		t.Errorf("old credentials: got %v", err)
	}
}

func TestAPIKeyIsAccepted(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	if _, err := converse(once(s, apiKey(s.APIKey)), "hi"); err != nil {
		t.Error(err)
	}
}

// The SDK learns the server's time from the Date header of a refusal.
func TestClockSkewIsCorrectedBySDK(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.ClockOffset = 10 * time.Minute
	if _, err := converse(attempts(s, 2), "hi"); err != nil {
		t.Error(err)
	}
	if got := len(s.Requests()); got != 2 {
		t.Errorf("requests: got %d, want 2", got)
	}
}

func TestBidirectionalStreamIsAnswered(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Queue(Error("ValidationException", "no such model"), Frames())
	for _, want := range []string{"no such model", ""} {
		ctx, cancel := context.WithTimeout(context.Background(), guard)
		defer cancel()
		out, err := once(s).InvokeModelWithBidirectionalStream(ctx, &bedrockruntime.InvokeModelWithBidirectionalStreamInput{ModelId: aws.String(model)})
		if err != nil {
			t.Fatal(err)
		}
		for range out.GetStream().Events() {
		}
		err = out.GetStream().Err()
		out.GetStream().Close()
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) || want == "" && err != nil {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
