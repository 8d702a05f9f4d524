package bedrock

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/eventstream"
)

const (
	onDemand = "Invocation of model ID anthropic.claude-sonnet-4-20250514-v1:0 with on-demand throughput isn’t supported. " +
		"Retry your request with the ID or ARN of an inference profile that contains this model."
	euProfile   = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0"
	deniedIn    = "User: arn:aws:sts::123456789012:assumed-role/app/1 is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:%s::foundation-model/anthropic.claude"
	fixMaxToken = "MaxTokens is unset"
)

func noSuchHost(r *http.Request, _ string) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: r.URL.Hostname(), IsNotFound: true}}
}

// hintCase is a failure and what its hint says; none: there is no hint.
type hintCase struct {
	name  string
	stub  stubFunc
	model string // testModel
	opts  []Option
	call  func(ctx context.Context, c *Client, model string) error // Converse with MaxTokens
	want  []string
	not   string
}

func uncappedConverse(ctx context.Context, c *Client, model string) error {
	_, err := c.Converse(ctx, model, Prompt("hello"))
	return err
}

func uncappedStream(ctx context.Context, c *Client, model string) error {
	_, err := c.ConverseStream(ctx, model, Prompt("hello"))
	return err
}

func countTokens(ctx context.Context, c *Client, model string) error {
	_, err := c.CountTokens(ctx, model, Prompt("hello"))
	return err
}

func invoke(ctx context.Context, c *Client, model string) error {
	_, err := Invoke[any](ctx, c, model, map[string]any{"x": 1})
	return err
}

func readStream(ctx context.Context, c *Client, model string) error {
	s, err := c.ConverseStream(ctx, model, Prompt("hello"))
	if err != nil {
		return err
	}
	_, err = s.Reply()
	return err
}

func readChunks(ctx context.Context, c *Client, model string) error {
	s, err := InvokeStream[any](ctx, c, model, map[string]any{"x": 1})
	if err != nil {
		return err
	}
	for _, err := range s.Chunks() {
		if err != nil {
			return err
		}
	}
	return nil
}

func in(region string) []Option { return []Option{WithRegion(region)} }

var customEndpoint = WithSDKOptions(func(o *bedrockruntime.Options) { o.BaseEndpoint = aws.String("https://vpce-1.example.com") })

// eventFrame encodes an event of a stream.
func eventFrame(event, payload string) string { return streamFrame("event", event, payload) }

// exceptionEvent encodes an exception in a stream.
func exceptionEvent(code, message string) string {
	return streamFrame("exception", code, fmt.Sprintf(`{"message":%q}`, message))
}

func streamFrame(kind, name, payload string) string {
	var b bytes.Buffer
	m := eventstream.Message{Payload: []byte(payload)}
	m.Headers.Set(":"+kind+"-type", eventstream.StringValue(name))
	m.Headers.Set(":content-type", eventstream.StringValue("application/json"))
	m.Headers.Set(":message-type", eventstream.StringValue(kind))
	if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
		panic(err)
	}
	return b.String()
}

func chunkFrame(body string) string {
	return eventFrame("chunk", fmt.Sprintf(`{"bytes":%q}`, base64.StdEncoding.EncodeToString([]byte(body))))
}

func streaming(frames ...string) stubFunc {
	return always(200, strings.Join(frames, ""), "Content-Type", "application/vnd.amazon.eventstream")
}

func TestHints(t *testing.T) {
	t.Parallel()
	key := []Option{WithAPIKey("k")}
	needsProfile := failing(400, "ValidationException", onDemand)
	tests := []hintCase{
		{name: "on-demand throughput in the US", stub: needsProfile, want: []string{"inference profile", "us., global.", "us-east-1"}},
		{name: "on-demand throughput in Europe", stub: needsProfile, opts: in("eu-central-1"), want: []string{"eu., global."}, not: "us."},
		{name: "on-demand throughput in Tokyo", stub: needsProfile, opts: in("ap-northeast-1"), want: []string{"jp., apac., global."}},
		{name: "on-demand throughput in GovCloud", stub: needsProfile, opts: in("us-gov-west-1"), want: []string{"one of us-gov."}, not: "global."},
		{name: "on-demand throughput where no profile is known", stub: needsProfile, opts: in("cn-north-1"), want: []string{"the id or ARN of an inference profile"}, not: "prefix"},
		{name: "on-demand throughput of an ARN", stub: needsProfile, model: "arn:aws:bedrock:us-east-1::foundation-model/x", want: []string{"the id or ARN of an inference profile"}, not: "prefix"},

		{name: "ARN of another region, 400", stub: failing(400, "ValidationException", "The provided model identifier is invalid."), model: euProfile, want: []string{"of region eu-west-1", "calls us-east-1", `WithRegion("eu-west-1")`}},
		{name: "ARN of another region, 404", stub: failing(404, "ResourceNotFoundException", "no"), model: euProfile, want: []string{`WithRegion("eu-west-1")`}},
		{name: "ARN of another region, 403", stub: failing(403, "AccessDeniedException", "no"), model: euProfile, want: []string{`WithRegion("eu-west-1")`}},
		{name: "ARN of another partition", stub: failing(400, "ValidationException", "no"), model: "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/x", want: []string{`WithRegion("us-gov-west-1")`}},
		{name: "ARN of another region, throttled", stub: throttling(), model: euProfile},
		{name: "ARN of this region", stub: failing(400, "ValidationException", "no"), model: euProfile, opts: in("eu-west-1")},

		{name: "misspelt region", stub: noSuchHost, opts: in("us-esat-1"), want: []string{"bedrock-runtime.us-esat-1.amazonaws.com", "did you mean us-east-1?"}},
		{name: "region unlike any", stub: noSuchHost, opts: in("xx-nowhere-9"), want: []string{"does Bedrock exist in region xx-nowhere-9"}, not: "did you mean"},
		{name: "region spelt right", stub: noSuchHost, opts: []Option{customEndpoint}, want: []string{"no host vpce-1.example.com", "is the endpoint right"}, not: "did you mean"},
		{name: "name resolution that is slow", stub: refusedBy(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "timeout", IsTimeout: true}}), want: []string{"name resolution fails"}, not: "did you mean"},

		{name: "API key expired", stub: failing(403, "AccessDeniedException", "Bearer Token has expired"), opts: key, want: []string{"the API key was refused", "12 hours"}},
		{name: "API key unknown", stub: failing(403, "UnrecognizedClientException", "The security token included in the request is invalid."), opts: key, want: []string{"the API key was refused"}},
		{name: "API key malformed", stub: failing(403, "AccessDeniedException", "Invalid API Key format: Must start with pre-defined prefix"), opts: key, want: []string{"the API key was refused"}},
		{name: "API key without access to the model", stub: failing(403, "AccessDeniedException", "You don't have access to the model with the specified model ID."), opts: key, want: []string{"isn't enabled"}, not: "API key"},
		{name: "API key and an invalid request", stub: failing(400, "ValidationException", "no"), opts: key},

		{name: "custom endpoint of another region", stub: failing(403, "InvalidSignatureException", "Credential should be scoped to a valid region."), opts: []Option{customEndpoint, WithRegion("eu-west-1")}, want: []string{"custom endpoint", "signed for eu-west-1"}},
		{name: "custom endpoint, another refusal", stub: failing(403, "InvalidSignatureException", "no"), opts: []Option{customEndpoint}, want: []string{"get-caller-identity"}, not: "custom endpoint"},
		{name: "scope without a custom endpoint", stub: failing(403, "InvalidSignatureException", "Credential should be scoped to a valid region."), want: []string{"get-caller-identity"}, not: "custom endpoint"},

		{name: "session expired", stub: failing(403, "ExpiredTokenException", "The security token included in the request is expired"), want: []string{"aws sso login"}},
		{name: "session expired, other code", stub: failing(403, "ExpiredToken", "expired"), want: []string{"aws sso login"}},
		{name: "clock behind", stub: failing(403, "InvalidSignatureException", "Signature expired: 20200101T000000Z is now earlier than 20200101T001000Z"), want: []string{"clock"}},
		{name: "clock ahead", stub: failing(403, "InvalidSignatureException", "Signature not yet current: 20200101T002000Z is still later than"), want: []string{"clock"}},
		{name: "credentials unknown", stub: failing(403, "UnrecognizedClientException", "The security token included in the request is invalid."), want: []string{"get-caller-identity"}},

		{name: "use case form, by code", stub: failing(404, "FTUFormNotFilled", "no"), want: []string{"use case form"}},
		{name: "use case form, by text", stub: failing(404, "ResourceNotFoundException", "Model use case details have not been submitted for this account."), want: []string{"use case form"}},
		{name: "model retired", stub: failing(404, "ResourceNotFoundException", "This model version has reached the end of its life."), want: []string{"has been retired"}},
		{name: "model not enabled", stub: failing(403, "AccessDeniedException", "You don't have access to the model with the specified model ID."), want: []string{"isn't enabled for the account"}},
		{name: "API not allowed", stub: failing(403, "AccessDeniedException", "Your account is not authorized to invoke this API operation."), want: []string{"isn't enabled"}},
		{name: "model not available", stub: failing(403, "AccessDeniedException", "Access to this model is not available for channel program accounts."), want: []string{"isn't enabled"}},
		{name: "model access denied", stub: failing(403, "AccessDeniedException", "Model access is denied due to IAM user or service role is not authorized"), want: []string{"isn't enabled"}},

		{name: "denied in another region", stub: failing(403, "AccessDeniedException", fmt.Sprintf(deniedIn, "us-west-2")), model: "us.anthropic.claude", want: []string{"cross-region inference profile in us-west-2", "IAM"}},
		{name: "denied in a region of two words", stub: failing(403, "AccessDeniedException", fmt.Sprintf(deniedIn, "ap-southeast-2")), model: "apac.anthropic.claude", want: []string{"in ap-southeast-2"}},
		{name: "denied in this region", stub: failing(403, "AccessDeniedException", fmt.Sprintf(deniedIn, "us-east-1"))},
		{name: "denied to a role whose name has a region", stub: failing(403, "AccessDeniedException", "User: arn:aws:sts::123456789012:assumed-role/app-eu-west-1/i is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1::foundation-model/x"), not: "eu-west-1"},
		{name: "denied for a global profile", stub: failing(403, "AccessDeniedException", fmt.Sprintf(deniedIn, "")), model: "global.anthropic.claude", want: []string{"without a region", "aws:RequestedRegion"}},

		{name: "model id unknown", stub: failing(400, "ValidationException", "The provided model identifier is invalid."), want: []string{"spelt right", "us-east-1"}},
		{name: "daily tokens", stub: failing(429, "ThrottlingException", "Too many tokens per day, please wait before trying again."), call: uncappedConverse, want: []string{"daily token quota", "Service Quotas"}},

		{name: "throttled without MaxTokens", stub: throttling(), call: uncappedConverse, want: []string{fixMaxToken}},
		{name: "stream throttled without MaxTokens", stub: throttling(), call: uncappedStream, want: []string{fixMaxToken}},
		{name: "throttled with MaxTokens", stub: throttling()},
		{name: "model not ready without MaxTokens", stub: failing(429, "ModelNotReadyException", "no"), call: uncappedConverse},
		{name: "token count throttled", stub: throttling(), call: countTokens},
		{name: "InvokeModel throttled", stub: throttling(), call: invoke},
		{name: "refused without MaxTokens", stub: failing(400, "ValidationException", "no"), call: uncappedConverse},

		{name: "chunks without an end mark", stub: streaming(chunkFrame(`{"a":1}`), chunkFrame(`{"a":2}`)), call: readChunks, want: []string{"WithUnmarkedStreamEnd"}},
		{name: "no chunk at all", stub: streaming(), call: readChunks},
		{name: "conversation without an end mark", stub: streaming(eventFrame("messageStart", `{"role":"assistant"}`), eventFrame("contentBlockStop", `{"contentBlockIndex":0}`)), call: readStream, want: []string{"part of the reply was delivered"}},

		{name: "HTML in place of a reply", stub: always(200, "<html>log in</html>", "Content-Type", "text/html"), want: []string{"proxy"}},
		{name: "HTML in place of a stream", stub: always(200, "<html>please log in to the network</html>", "Content-Type", "text/html"), call: readStream, want: []string{"proxy"}},
		{name: "an empty answer", stub: always(200, "{}"), want: []string{"proxy"}},

		{name: "a plain refusal", stub: failing(400, "ValidationException", "messages: at least one")},
		{name: "a fault", stub: failing(500, "InternalServerException", "oops")},
		{name: "a model that timed out", stub: failing(408, "ModelTimeoutException", "slow")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkHint(t, tt, stubClient(t, tt.stub, append([]Option{WithMaxAttempts(1)}, tt.opts...)...))
		})
	}
}

func checkHint(t *testing.T, tt hintCase, c *Client) {
	t.Helper()
	model := tt.model
	if model == "" {
		model = testModel
	}
	call := tt.call
	if call == nil {
		call = func(ctx context.Context, c *Client, model string) error {
			_, err := c.Converse(ctx, model, Prompt("hello"), MaxTokens(10))
			return err
		}
	}
	e := asError(t, call(context.Background(), c, model))
	if tt.want == nil && e.Hint != "" {
		t.Errorf("got hint %q, want none: %v", e.Hint, e)
	}
	wantContains(t, e.Hint, tt.want...)
	if tt.not != "" && strings.Contains(e.Hint, tt.not) {
		t.Errorf("got hint %q, want it not to say %q", e.Hint, tt.not)
	}
	if !strings.HasSuffix(e.Error(), e.Hint) {
		t.Errorf("got text %q, want it to end with the hint", e)
	}
}

func TestHintOnAnAPIKeyThatShadowsCredentials(t *testing.T) {
	t.Setenv("AWS_BEARER_TOKEN_BEDROCK", "stale")
	tests := []hintCase{
		{name: "credentials refused", stub: failing(403, "UnrecognizedClientException", "no"), want: []string{"AWS_BEARER_TOKEN_BEDROCK", "beats AWS credentials"}},
		{name: "access denied", stub: failing(403, "AccessDeniedException", "Authentication failed: Please make sure your API Key is valid."), want: []string{"AWS_BEARER_TOKEN_BEDROCK"}},
		{name: "throttled", stub: throttling()},
		{name: "invalid", stub: failing(400, "ValidationException", "no")},
		{name: "key of an option", stub: failing(403, "UnrecognizedClientException", "no"), opts: []Option{WithAPIKey("own")}, want: []string{"the API key was refused"}, not: "AWS_BEARER_TOKEN_BEDROCK"},
		{name: "credentials of an option", stub: failing(403, "UnrecognizedClientException", "no"), opts: []Option{WithCredentials(testCredentials())}, want: []string{"get-caller-identity"}, not: "AWS_BEARER_TOKEN_BEDROCK"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := stubClient(t, tt.stub, append([]Option{WithMaxAttempts(1)}, tt.opts...)...)
			checkHint(t, tt, c)
			checkHint(t, tt, c.With(WithRegion("eu-west-1")))
		})
	}
}

func TestHintWhereTheChainFindsNoCredentials(t *testing.T) {
	t.Setenv("AWS_REGION", testRegion)
	c, err := New(context.Background(), viaStub(always(200, okConverse)))
	if err != nil {
		t.Fatal(err)
	}
	checkHint(t, hintCase{want: []string{"no credentials could be fetched", "aws sso login", "AWS_PROFILE"}}, c)
}

func TestHintOnTheRetryQuota(t *testing.T) {
	t.Parallel()
	c := stubClient(t, failing(500, "InternalServerException", "oops"), WithMaxBackoff(0))
	for range 15 {
		askFails(t, c)
	}
	checkHint(t, hintCase{want: []string{"stopped retrying", "successful calls restore"}}, c)
}

func TestErrorsFoundBeforeSendingHaveNoHint(t *testing.T) {
	t.Parallel()
	c := stubClient(t, always(200, okConverse))
	checkHint(t, hintCase{call: func(ctx context.Context, c *Client, _ string) error { return invoke(ctx, c, "") }}, c)
	checkHint(t, hintCase{}, c.With(WithRegion("nonsense")))
}

func TestAnAPIKeyOfTheEnvironmentDoesNotHideWhatTheServiceSaid(t *testing.T) {
	t.Setenv("AWS_BEARER_TOKEN_BEDROCK", "good")
	tt := hintCase{want: []string{"isn't enabled"}, not: "unset or renew"}
	checkHint(t, tt, stubClient(t, failing(403, "AccessDeniedException", "You don't have access to the model with the specified model ID.")))
}
