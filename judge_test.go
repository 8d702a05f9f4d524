package bedrock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// judged asks for one attempt and returns its judgement.
func judged(t *testing.T, ctx context.Context, stub stubFunc, opts ...Option) (*Error, *failure) {
	t.Helper()
	_, err := ask(ctx, stubClient(t, stub, append([]Option{WithMaxAttempts(1)}, opts...)...))
	e := asError(t, err)
	f := failureOf(e.Err)
	if f == nil {
		t.Fatalf("got no judgement in %v", err)
	}
	return e, f
}

// One order: the caller's context, credentials, the code, the status, the cause of sending.
func TestJudgementKeepsOneOrder(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(context.Background())
	cancelInFlight := func(r *http.Request, _ string) (*http.Response, error) {
		cancel()
		return nil, &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	}
	cutAt := func(status int, code string) stubFunc {
		return func(r *http.Request, _ string) (*http.Response, error) {
			resp := answer(r, status, "", "X-Amzn-Errortype", code)
			resp.Body, resp.ContentLength = io.NopCloser(failingReader{&net.OpError{Op: "read", Err: syscall.ECONNRESET}}), -1
			return resp, nil
		}
	}
	refusing := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, &smithy.GenericAPIError{Code: "ThrottlingException", Message: "rate exceeded"}
	})
	for name, tt := range map[string]struct {
		ctx     context.Context
		stub    stubFunc
		opts    []Option
		by      basis
		verdict verdict
		kind    error
		code    string
		status  int
	}{
		"the context before a fault of the network":    {ctx: ended, stub: cancelInFlight, by: byContext},
		"credentials before their service's own code":  {stub: throttling(), opts: []Option{WithCredentials(refusing)}, by: byCredentials, kind: ErrCredentials},
		"the code before the status":                   {stub: failing(400, "ThrottlingException", "slow"), by: byCode, verdict: throttled, kind: ErrThrottled, code: "ThrottlingException", status: 400},
		"the code of a refusal before a 500":           {stub: failing(500, "ValidationException", "no"), by: byCode, kind: ErrInvalid, code: "ValidationException", status: 500},
		"the status before a lost body":                {stub: cutAt(403, ""), by: byStatus, kind: ErrAccessDenied, status: 403},
		"the header's code before a lost body":         {stub: cutAt(400, "ValidationException:http://x/"), by: byCode, kind: ErrInvalid, code: "ValidationException", status: 400},
		"the header's code with a namespace":           {stub: cutAt(404, "com.amazon#ResourceNotFoundException"), by: byCode, kind: ErrNotFound, code: "ResourceNotFoundException", status: 404},
		"the header's throttle before a lost body":     {stub: cutAt(429, "throttlingException"), by: byCode, verdict: throttled, kind: ErrThrottled, code: "ThrottlingException", status: 429},
		"a code that nobody knows of a lost body":      {stub: cutAt(418, "TeapotException"), by: byStatus, kind: ErrInvalid, code: "TeapotException", status: 418},
		"a server's fault whose body was lost":         {stub: cutAt(503, ""), by: byStatus, verdict: passing, kind: ErrUnavailable, status: 503},
		"a fault that no other attempt avoids":         {stub: always(501, ""), by: byStatus, kind: ErrUnavailable, status: 501},
		"the cause of sending last":                    {stub: refusedBy(syscall.ECONNRESET), by: bySending, verdict: passing, kind: ErrUnavailable},
		"a request that the SDK refuses":               {stub: throttling(), opts: []Option{WithSDKOptions(dropMessages)}, by: byInput, kind: ErrInvalid},
		"a reply that was cut":                         {stub: cutBody(io.ErrUnexpectedEOF), by: byReply, verdict: passing, kind: ErrTruncated, status: 200},
		"a reply that the SDK can't decode":            {stub: always(200, "<html>"), by: byReply, kind: ErrEmptyReply, status: 200},
		"a cancelled call that the caller didn't make": {stub: refusedBy(context.Canceled), by: bySending, kind: ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := tt.ctx
			if ctx == nil {
				ctx = context.Background()
			}
			e, f := judged(t, ctx, tt.stub, tt.opts...)
			if f.by != tt.by || f.verdict != tt.verdict || f.kind != tt.kind || e.Code != tt.code || e.HTTPStatus != tt.status {
				t.Errorf("got %v as %v by %s, verdict %d, code %q, status %d; want %v by %s, %d, %q, %d",
					e, f.kind, f.by, f.verdict, e.Code, e.HTTPStatus, tt.kind, tt.by, tt.verdict, tt.code, tt.status)
			}
		})
	}
}

// dropMessages takes what the API requires out of the request, so that the SDK refuses it.
func dropMessages(o *bedrockruntime.Options) {
	o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("drop", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			in.Parameters = &bedrockruntime.ConverseInput{}
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
	})
}

// A refusal is final, whatever the status and whatever became of its body.
func TestFourHundredsAreFinalButForTwo(t *testing.T) {
	t.Parallel()
	lost := io.NopCloser(failingReader{&net.OpError{Op: "read", Err: syscall.ECONNRESET}})
	for status := 400; status < 500; status++ {
		for how, body := range map[string]io.ReadCloser{
			"HTML": io.NopCloser(strings.NewReader("<html>")), "nothing": http.NoBody, "a lost body": lost, "a cut body": io.NopCloser(strings.NewReader(`{"mess`)),
		} {
			seen := &captured{}
			e := askFails(t, stubClient(t, seen.then(func(r *http.Request, _ string) (*http.Response, error) {
				resp := answer(r, status, "")
				resp.Body, resp.ContentLength = body, -1
				return resp, nil
			}), WithMaxAttempts(2), WithMaxBackoff(0)))
			want := 1
			if status == 425 || status == 429 {
				want = 2
			}
			if seen.count() != want || e.HTTPStatus != status || e.Message == "" {
				t.Errorf("%d with %s: got %d attempts, want %d: %v", status, how, seen.count(), want, e)
			}
		}
	}
}

func TestThrottlesByTextArePacedAndFreeOfTheQuota(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"Too many connections, please wait before trying again.", "Please wait.", "The request was throttled.", "too MANY requests for this model",
	} {
		e, f := judged(t, context.Background(), failing(503, "ServiceUnavailableException", text))
		if f.verdict != throttled || !errors.Is(e, ErrUnavailable) || errors.Is(e, ErrThrottled) {
			t.Errorf("%s: got verdict %d, %v; want the pace of a throttle and ErrUnavailable", text, f.verdict, e)
		}
	}
	if _, f := judged(t, context.Background(), failing(424, "ModelErrorException", "too many tokens, please wait")); f.verdict != final {
		t.Error("a text made a refusal retryable")
	}
}

func TestRefusalsWithoutACodeAreToldByTheirText(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]error{onDemand: ErrNeedsProfile, "Input is too long for requested model.": ErrContextWindow, "no": ErrInvalid} {
		e, _ := judged(t, context.Background(), always(400, fmt.Sprintf(`{"message":%q}`, message)))
		if !errors.Is(e, want) || !errors.Is(e, ErrInvalid) {
			t.Errorf("%s: got %v, want %v and ErrInvalid", message, e, want)
		}
	}
}

// Sentinels hold in a middleware around the attempt, and for errors of the SDK's client.
func TestSentinelsHoldOutsideOfThisPackagesMethods(t *testing.T) {
	t.Parallel()
	var inMiddleware error
	around := WithSDKOptions(func(o *bedrockruntime.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return s.Finalize.Insert(middleware.FinalizeMiddlewareFunc("watch", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				out, md, err := next.HandleFinalize(ctx, in)
				inMiddleware = err
				return out, md, err
			}), "Retry", middleware.After)
		})
	})
	in := &bedrockruntime.ConverseInput{ModelId: aws.String(testModel), Messages: Prompt("hello")}
	_, err := stubClient(t, throttling(), around, WithMaxAttempts(1)).SDK().Converse(context.Background(), in)
	if !errors.Is(err, ErrThrottled) || !errors.Is(inMiddleware, ErrThrottled) || errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, and %v in the middleware, want both to be ErrThrottled alone", err, inMiddleware)
	}
	out, err := stubClient(t, streaming(eventFrame("messageStart", `{"role":"assistant"}`), eventFrame("contentBlockStop", `{"contentBlockIndex":0}`))).
		SDK().ConverseStream(context.Background(), &bedrockruntime.ConverseStreamInput{ModelId: aws.String(testModel), Messages: Prompt("hello")})
	if err != nil {
		t.Fatal(err)
	}
	for range out.GetStream().Events() {
	}
	if err := out.GetStream().Err(); !errors.Is(err, ErrTruncated) {
		t.Errorf("got %v of the SDK's stream, want ErrTruncated", err)
	}
	_, err = stubClient(t, always(200, okConverse)).With(WithMaxAttempts(0)).SDK().Converse(context.Background(), in)
	if !errors.Is(err, ErrInvalid) {
		t.Errorf("got %v of a client with a bad option, want ErrInvalid", err)
	}
}

// Only the caller's context is the end of the caller's context.
func TestTimeoutsOfOthersAreNoEndOfTheContext(t *testing.T) {
	t.Parallel()
	late := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, fmt.Errorf("metadata: %w", context.DeadlineExceeded)
	})
	for name, err := range map[string]error{
		"a dial":            askFails(t, stubClient(t, refusedBy(&net.OpError{Op: "dial", Err: context.DeadlineExceeded}), WithMaxAttempts(1))),
		"a client timeout":  askFails(t, stubClient(t, refusedBy(fmt.Errorf("%w (Client.Timeout exceeded)", context.DeadlineExceeded)), WithMaxAttempts(1))),
		"a metadata server": askFails(t, stubClient(t, always(200, okConverse), WithCredentials(late))),
	} {
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want it to be no end of the caller's context", name, err)
		}
	}
}

// A middleware that wraps the judgement may overrule it, as the SDK's correction of the
// clock does.
func TestWhoeverWrapsTheJudgementMayOverruleIt(t *testing.T) {
	t.Parallel()
	for _, again := range []bool{true, false} {
		seen := &captured{}
		c := stubClient(t, seen.then(failing(503, "ServiceUnavailableException", "down")), WithMaxAttempts(3), WithMaxBackoff(0), WithSDKOptions(func(o *bedrockruntime.Options) {
			o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
				return s.Finalize.Insert(middleware.FinalizeMiddlewareFunc("overrule", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
					out, md, err := next.HandleFinalize(ctx, in)
					return out, md, overruled{err, again}
				}), "Retry", middleware.After)
			})
		}))
		askFails(t, c)
		if want := map[bool]int{true: 3, false: 1}[again]; seen.count() != want {
			t.Errorf("RetryableError %v: got %d attempts, want %d", again, seen.count(), want)
		}
	}
}

type overruled struct {
	error
	again bool
}

func (o overruled) Unwrap() error        { return o.error }
func (o overruled) RetryableError() bool { return o.again }

func TestErrorMadeByHandIsOfItsKind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		e    *Error
		want error
	}{
		{&Error{Code: "throttlingException"}, ErrThrottled},
		{&Error{HTTPStatus: 503}, ErrUnavailable},
		{&Error{Code: "ValidationException", Message: "Input is too long."}, ErrContextWindow},
		{&Error{Op: "Converse", Err: fmt.Errorf("wrapped: %w", ErrStalled)}, ErrStalled},
	} {
		if !errors.Is(fmt.Errorf("mine: %w", tt.e), tt.want) {
			t.Errorf("%+v is not %v", tt.e, tt.want)
		}
	}
}

func TestNoErrorSaysTheSameTwice(t *testing.T) {
	t.Parallel()
	cause := errors.New("the server is shutting down")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	_, ended := ask(ctx, stubClient(t, always(200, okConverse)))
	texts := []string{ended.Error()}
	for _, stub := range []stubFunc{
		throttling(), always(503, ""), always(529, ""), always(404, "<html>"), refusedBy(io.EOF), cutBody(io.ErrUnexpectedEOF), always(200, "{}"), refusedBy(context.Canceled),
	} {
		texts = append(texts, askFails(t, stubClient(t, stub, WithMaxAttempts(2), WithMaxBackoff(0))).Error())
	}
	for _, text := range texts {
		words := strings.Fields(text)
		for i := range len(words) - 2 {
			if part := strings.Join(words[i:i+3], " "); strings.Count(text, part) > 1 {
				t.Errorf("got %q, which says %q twice", text, part)
			}
		}
		if strings.Contains(text, "UnknownError") || strings.Contains(text, ":  ") {
			t.Errorf("got %q", text)
		}
	}
}

// Faults that aged credentials or signatures cause cost nothing: each gets one more attempt.
func TestAnAgedSignatureIsMadeAnewOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		aged := failing(403, "InvalidSignatureException", "Signature expired: 20000101T000000Z is now earlier than 20000101T000500Z")
		reply, err := ask(context.Background(), stubClient(t, inTurn(aged, always(200, okConverse))))
		if err != nil || reply.Attempts != 2 {
			t.Errorf("got %v, %v, want a reply at the second attempt", reply, err)
		}
		start := time.Now()
		if e := askFails(t, stubClient(t, aged)); e.Attempts != 2 || !errors.Is(e, ErrCredentials) || time.Since(start) > time.Second {
			t.Errorf("got %v, want ErrCredentials after 2 attempts", e)
		}
		if e := askFails(t, stubClient(t, aged, WithMaxAttempts(1))); e.Attempts != 1 {
			t.Errorf("got %v, want the one attempt that is allowed", e)
		}
	})
}
