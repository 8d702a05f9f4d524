package bedrock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

var allSentinels = []error{
	ErrThrottled, ErrUnavailable, ErrModelTimeout, ErrModelError, ErrAccessDenied, ErrCredentials, ErrNotFound, ErrInvalid,
	ErrContextWindow, ErrNeedsProfile, ErrTruncated, ErrStalled, ErrEmptyReply,
}

func TestErrorIsWhatItsCodeSays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status  int
		code    string
		message string
		is      []error
	}{
		{429, "ThrottlingException", "slow", []error{ErrThrottled}},
		{429, "throttlingException", "slow", []error{ErrThrottled}},
		{429, "THROTTLINGEXCEPTION", "slow", []error{ErrThrottled}},
		{400, "Throttling", "slow", []error{ErrThrottled}},
		{400, "RequestLimitExceeded", "slow", []error{ErrThrottled}},
		{400, "SlowDown", "slow", []error{ErrThrottled}},
		{429, "TooManyRequestsException", "slow", []error{ErrThrottled}},
		{429, "ModelNotReadyException", "warming up", []error{ErrThrottled}},
		{503, "ServiceUnavailableException", "Model is getting throttled. Try your request again.", []error{ErrThrottled}},
		{429, "ThrottlingException", "Too many tokens, please wait before trying again.", []error{ErrThrottled}},
		{429, "ThrottlingException", "Too many input tokens, please wait.", []error{ErrThrottled}},
		{429, "", "", []error{ErrThrottled}},
		{503, "ServiceUnavailableException", "down", []error{ErrUnavailable}},
		{503, "serviceunavailableexception", "down", []error{ErrUnavailable}},
		{500, "InternalServerException", "oops", []error{ErrUnavailable}},
		{500, "internalServerException", "oops", []error{ErrUnavailable}},
		{500, "InternalFailure", "oops", []error{ErrUnavailable}},
		{500, "", "", []error{ErrUnavailable}},
		{502, "", "", []error{ErrUnavailable}},
		{529, "", "", []error{ErrUnavailable}},
		{408, "ModelTimeoutException", "slow", []error{ErrModelTimeout}},
		{408, "", "", []error{ErrModelTimeout}},
		{424, "ModelErrorException", "oops", []error{ErrModelError}},
		{424, "modelStreamErrorException", "oops", []error{ErrModelError}},
		{424, "", "", []error{ErrModelError}},
		{403, "AccessDeniedException", "no", []error{ErrAccessDenied}},
		{403, "accessDeniedException", "no", []error{ErrAccessDenied}},
		{404, "FTUFormNotFilled", "no", []error{ErrAccessDenied}},
		{403, "", "", []error{ErrAccessDenied}},
		{403, "UnrecognizedClientException", "no", []error{ErrCredentials}},
		{403, "InvalidSignatureException", "no", []error{ErrCredentials}},
		{403, "ExpiredTokenException", "no", []error{ErrCredentials}},
		{403, "expiredtokenexception", "no", []error{ErrCredentials}},
		{403, "IncompleteSignature", "no", []error{ErrCredentials}},
		{403, "MissingAuthenticationTokenException", "no", []error{ErrCredentials}},
		{401, "", "", []error{ErrCredentials}},
		{404, "ResourceNotFoundException", "no", []error{ErrNotFound}},
		{404, "", "", []error{ErrNotFound}},
		{400, "ValidationException", "no", []error{ErrInvalid}},
		{400, "validationexception", "no", []error{ErrInvalid}},
		{400, "ServiceQuotaExceededException", "no", []error{ErrInvalid}},
		{400, "ConflictException", "no", []error{ErrInvalid}},
		{413, "", "", []error{ErrInvalid}},
		{400, "SomethingNewException", "no", []error{ErrInvalid}},
		{400, "ValidationException", onDemand, []error{ErrNeedsProfile, ErrInvalid}},
		{400, "validationException", strings.ToLower(onDemand), []error{ErrNeedsProfile, ErrInvalid}},
		{400, "ValidationException", "Input is too long for requested model.", []error{ErrContextWindow, ErrInvalid}},
		{400, "ValidationException", "The model returned the following errors: prompt is too long: 215000 tokens > 200000 maximum", []error{ErrContextWindow, ErrInvalid}},
		{400, "ValidationException", "input length and `max_tokens` exceed context limit: 1 + 2 > 3", []error{ErrContextWindow, ErrInvalid}},
		{400, "ValidationException", "Input Tokens Exceeded: Number of input tokens exceeds maximum length", []error{ErrContextWindow, ErrInvalid}},
		{400, "ValidationException", "too many total text bytes: 25166148 > 25165824", []error{ErrContextWindow, ErrInvalid}},
		{403, "AccessDeniedException", "Input is too long", []error{ErrAccessDenied}},
	}
	for _, tt := range tests {
		name := fmt.Sprintf("%d %s %q", tt.status, tt.code, tt.message)
		stub := failing(tt.status, tt.code, tt.message)
		if tt.code == "" {
			stub = always(tt.status, tt.message)
		}
		e := askFails(t, stubClient(t, stub, WithMaxAttempts(1)))
		for _, s := range allSentinels {
			want := false
			for _, is := range tt.is {
				want = want || is == s
			}
			if got := errors.Is(e, s); got != want {
				t.Errorf("%s: got Is(%q) %v, want %v", name, s, got, want)
			}
		}
		if e.HTTPStatus != tt.status {
			t.Errorf("%s: got status %d", name, e.HTTPStatus)
		}
	}
}

func TestEverySentinelHasATextOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range allSentinels {
		if seen[s.Error()] || !strings.HasPrefix(s.Error(), "bedrock: ") {
			t.Errorf("got sentinel %q, want one that begins with bedrock: and is like no other", s)
		}
		seen[s.Error()] = true
	}
}

func TestErrorFieldsAreFilled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, err := stubClient(t, failing(429, "throttlingException:http://internal/", "slow down", "Retry-After", "2"), WithMaxAttempts(3), WithMaxBackoff(0)).
			With(WithRegion("eu-west-1")).Converse(context.Background(), testModel, Prompt("hello"), MaxTokens(10))
		e := asError(t, err)
		if e.Err == nil {
			t.Fatal("got no cause")
		}
		cause := e.Err
		e.Err = nil
		want := Error{
			Op: "Converse", Model: testModel, Region: "eu-west-1", Code: "ThrottlingException", Message: "slow down",
			HTTPStatus: 429, RequestID: "req-1", Attempts: 3, Elapsed: 4 * time.Second,
		}
		if *e != want {
			t.Errorf("got %+v, want %+v", *e, want)
		}
		const text = "bedrock: Converse amazon.nova-lite-v1:0 in eu-west-1: ThrottlingException: slow down (HTTP 429, 3 attempts, 4s, request req-1)"
		if e.Error() != text {
			t.Errorf("got text %q, want %q", e, text)
		}
		var most *retry.MaxAttemptsError
		if !errors.As(cause, &most) {
			t.Errorf("got cause %v, want a MaxAttemptsError in it", cause)
		}
	})
}

func TestErrorsAsReachesTheSDKsTypes(t *testing.T) {
	t.Parallel()
	e := askFails(t, stubClient(t, failing(400, "ValidationException", "no")))
	var validation *types.ValidationException
	var response *smithyhttp.ResponseError
	var aws *awshttp.ResponseError
	var operation *smithy.OperationError
	var api smithy.APIError
	for _, target := range []any{&validation, &response, &aws, &operation, &api} {
		if !errors.As(e, target) {
			t.Errorf("errors.As(%T) is false for %v", target, e)
		}
	}
	if validation != nil && validation.ErrorMessage() != "no" {
		t.Errorf("got message %q, want no", validation.ErrorMessage())
	}
	if aws != nil && aws.ServiceRequestID() != "req-1" {
		t.Errorf("got request id %q, want req-1", aws.ServiceRequestID())
	}
}

func TestErrorsAreOneLineWhateverTheServiceSays(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("long ", 100_000)
	tests := []struct {
		name, model, code, message, requestID string
	}{
		{"line breaks", testModel, "ValidationException", "one\ntwo\r\nthree\u2028four\u0085five\vsix", "req"},
		{"terminal codes", testModel, "ValidationException", "\x1b[31mred\x1b[0m \x07\x00\x7f\u202etxet", "req"},
		{"a huge message", testModel, "ValidationException", huge, "req"},
		{"a huge code", testModel, strings.Repeat("Code", 20_000), "no", "req"},
		{"a huge request id", testModel, "ValidationException", "no", strings.Repeat("id", 20_000)},
		{"invalid UTF-8", testModel, "ValidationException", "a\xff\xfeb", "req"},
		{"letters cut in two", testModel, "ValidationException", strings.Repeat("é", 2000), "req"},
		{"an empty message", testModel, "ValidationException", "", "req"},
		{"a hostile model id", "x\nAccess granted\x1b[2J", "", "", ""},
		{"a model id of odd letters", "x\u2028y\u202ez\u0085", "ValidationException", "no", "req"},
		{"a huge model id", strings.Repeat("m", 2048), "ValidationException", "no", "req"},
		{"a model id that is too long", strings.Repeat("m", 1<<20), "", "", ""},
	}
	for _, tt := range tests {
		c := stubClient(t, failing(400, tt.code, tt.message, "X-Amzn-Requestid", tt.requestID))
		_, err := c.Converse(context.Background(), tt.model, Prompt("hello"))
		text := asError(t, err).Error()
		bad := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
		if bad >= 0 || len(text) > 5000 || strings.ToValidUTF8(text, "") != text {
			t.Errorf("%s: got %d bytes, first unprintable at %d: %.300q", tt.name, len(text), bad, text)
		}
	}
}

func TestErrorTextOfAnErrorWithoutDetail(t *testing.T) {
	t.Parallel()
	for text, e := range map[string]*Error{
		"bedrock: Converse: ":                                         {Op: "Converse"},
		"bedrock: Converse m in us-east-1: X: no":                     {Op: "Converse", Model: "m", Region: "us-east-1", Code: "X", Message: "no"},
		"bedrock: Converse: no (after 3 events, 1.5s): do this":       {Op: "Converse", Message: "no", Events: 3, Elapsed: 1500 * time.Millisecond, Hint: "do this"},
		"bedrock: Converse: gone; context canceled (HTTP 503)":        {Op: "Converse", Message: "gone", HTTPStatus: 503, Err: context.Canceled},
		"bedrock: Converse: context canceled (2 attempts, request r)": {Op: "Converse", Message: "context canceled", Attempts: 2, RequestID: "r", Err: context.Canceled},
	} {
		if e.Error() != text {
			t.Errorf("got %q, want %q", e, text)
		}
	}
	if errors.Is(&Error{}, ErrInvalid) || errors.Unwrap(&Error{}) != nil {
		t.Error("an empty error is of some kind or has a cause")
	}
}

func TestAContextThatEndedIsNoFaultOfTheService(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	seen := &captured{}
	_, err := ask(ctx, stubClient(t, seen.then(always(200, okConverse))))
	if !errors.Is(err, context.Canceled) || seen.count() != 0 {
		t.Errorf("got %v after %d requests, want context.Canceled and none", err, seen.count())
	}
	for _, s := range allSentinels {
		if errors.Is(err, s) {
			t.Errorf("got %v, want it not to be %q", err, s)
		}
	}
	wantContains(t, err.Error(), "context canceled")
}

func TestAContextThatEndedInFlightSaysSoOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, err := ask(deadline(t, 3*time.Second), stubClient(t, func(r *http.Request, _ string) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}))
		const want = "bedrock: Converse amazon.nova-lite-v1:0 in us-east-1: context deadline exceeded (3s)"
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

func TestLostConnectionsSayHow(t *testing.T) {
	t.Parallel()
	e := askFails(t, stubClient(t, refusedBy(fmt.Errorf("read tcp: %w", io.ErrUnexpectedEOF)), WithMaxAttempts(2), WithMaxBackoff(0)))
	if !errors.Is(e, ErrUnavailable) || !errors.Is(e, io.ErrUnexpectedEOF) || e.Attempts != 2 || e.HTTPStatus != 0 {
		t.Errorf("got %v, want ErrUnavailable after 2 attempts, and the cause", e)
	}
	wantContains(t, e.Error(), "read tcp: unexpected EOF")
}
