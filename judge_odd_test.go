package bedrock

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/middleware"
)

type (
	finalizeFunc   = func(context.Context, middleware.FinalizeInput, middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error)
	initializeFunc = func(context.Context, middleware.InitializeInput, middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error)
)

// aroundAttempts puts a middleware of the caller's around each attempt.
func aroundAttempts(f finalizeFunc) Option {
	return WithSDKOptions(func(o *bedrockruntime.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return s.Finalize.Insert(middleware.FinalizeMiddlewareFunc("caller", f), "Retry", middleware.After)
		})
	})
}

// aroundCall puts a middleware of the caller's inside of this package's.
func aroundCall(f initializeFunc) Option {
	return WithSDKOptions(func(o *bedrockruntime.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return s.Initialize.Add(middleware.InitializeMiddlewareFunc("caller", f), middleware.After)
		})
	})
}

// A circuit breaker returns a failure once more, in many calls at once.
func TestFailureThatIsReturnedOnceMoreIsEachCallsOwn(t *testing.T) {
	t.Parallel()
	var kept error
	_, err := ask(context.Background(), stubClient(t, throttling(), WithMaxAttempts(1), aroundAttempts(
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (out middleware.FinalizeOutput, md middleware.Metadata, err error) {
			out, md, kept = next.HandleFinalize(ctx, in)
			return out, md, kept
		})))
	if asError(t, err); kept == nil {
		t.Fatal("got no failure to keep")
	}
	c := stubClient(t, always(200, okConverse), WithMaxBackoff(0), WithMaxAttempts(3), aroundAttempts(
		func(context.Context, middleware.FinalizeInput, middleware.FinalizeHandler) (out middleware.FinalizeOutput, md middleware.Metadata, err error) {
			return out, md, kept
		}))
	var calls sync.WaitGroup
	for range 50 {
		calls.Go(func() {
			_, err := c.Converse(context.Background(), "another.model", Prompt("x"))
			var e *Error
			if !errors.As(err, &e) || e.Model != "another.model" || e.Code != "ThrottlingException" || !errors.Is(err, ErrThrottled) {
				t.Errorf("got %v, want the throttle as a failure of another.model", err)
			}
		})
	}
	calls.Wait()
}

func TestFailureAfterASuccessfulAttemptIsNotTheEarlierOne(t *testing.T) {
	t.Parallel()
	policy := errors.New("the reply is blocked")
	_, err := ask(context.Background(), stubClient(t, inTurn(throttling(), always(200, okConverse)), WithMaxBackoff(0), aroundCall(
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, md, err := next.HandleInitialize(ctx, in)
			return out, md, errors.Join(err, policy)
		})))
	if !errors.Is(err, policy) || errors.Is(err, ErrThrottled) || !strings.Contains(err.Error(), policy.Error()) {
		t.Errorf("got %v, want the middleware's error alone", err)
	}
}

func TestContextThatAMiddlewareDerivedEndsACallToo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		_, err := ask(context.Background(), stubClient(t, throttling("Retry-After", "4"), aroundCall(
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				ctx, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				return next.HandleInitialize(ctx, in)
			})))
		wantCauseAnd(t, err, context.DeadlineExceeded)
		if errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v, want no ErrUnavailable", err)
		}
	})
}

func TestStatusesOfWhatStandsBetween(t *testing.T) {
	t.Parallel()
	for _, status := range []int{101, 199, 300, 301, 302, 303, 304, 307, 308, 399} {
		for _, kind := range []string{"application/json", "text/html", ""} {
			seen := &captured{}
			e := askFails(t, stubClient(t, seen.then(always(status, "", "Content-Type", kind, "Location", "https://log-in.example.com/")), WithMaxBackoff(0)))
			if !errors.Is(e, ErrUnavailable) || seen.count() != 1 || strings.Contains(e.Error(), "UnknownError") || e.HTTPStatus != status || e.Message == "" {
				t.Errorf("%d %s: got %v after %d requests, want ErrUnavailable at once, in words", status, kind, e, seen.count())
			}
			if status >= 300 && !strings.Contains(e.Hint, "redirects") {
				t.Errorf("%d: got hint %q, want that it redirects", status, e.Hint)
			}
		}
	}
}

func TestCancelThatMeetsTheAnswerIsTold(t *testing.T) {
	t.Parallel()
	var logged []slog.Record
	ctx, cancel := context.WithCancel(context.Background())
	_, err := ask(ctx, stubClient(t, func(r *http.Request, body string) (*http.Response, error) {
		cancel()
		return throttling()(r, body)
	}, logTo(&logged)))
	wantCauseAnd(t, err, context.Canceled)
	if wantContains(t, err.Error(), "context canceled"); len(logged) != 1 || logged[0].Level != slog.LevelInfo {
		t.Errorf("got log %v, want a cancelled call", logged)
	}
}

// What a provider's program printed may be the credentials.
func TestOutputOfAProviderIsNotQuoted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`process provider error: parse failed of process output: {"SecretAccessKey":"secret-MARKER",}, error: invalid`,
		`the endpoint answered {"AccessKeyId":"A","Token" : "token-MARKER", "secretAccessKey":"MARKER"`,
	} {
		c := stubClient(t, always(200, okConverse), WithCredentials(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, errors.New(text)
		})))
		_, bySDK := c.SDK().Converse(context.Background(), &bedrockruntime.ConverseInput{ModelId: aws.String(testModel), Messages: Prompt("x")})
		for _, err := range []error{askFails(t, c), bySDK} {
			if strings.Contains(err.Error(), marker) || !errors.Is(err, ErrCredentials) {
				t.Errorf("got %v, want ErrCredentials without what was printed", err)
			}
		}
	}
}

func TestPartsOfSecretsAreTakenOut(t *testing.T) {
	t.Parallel()
	const secret = "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t/Lz9B+Y3Rpb249Q2FsbA=="
	for _, form := range []string{secret, url.QueryEscape(secret), strings.ToLower(url.QueryEscape(secret)[:20]) + secret[20:], strings.ReplaceAll(secret, "/", `\/`), secret[:40], secret[20:], secret[3:30] + "\n" + secret[30:]} {
		text := without("a text with "+form+" in it", secret)
		for at := 0; at+leastPart <= len(secret); at++ {
			if strings.Contains(text, secret[at:at+leastPart]) {
				t.Errorf("%q is left of %q in %q", secret[at:at+leastPart], form, text)
			}
		}
		if !strings.HasPrefix(text, "a text with ") || !strings.HasSuffix(text, " in it") {
			t.Errorf("got %q, want the rest of the text as it was", text)
		}
	}
	const long = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQD"
	if got := without(long[5:30], long+long); got != "[secret]" {
		t.Errorf("got %q of a text that is shorter than the secret", got)
	}
	if got := without("a plain text of words", secret); got != "a plain text of words" {
		t.Errorf("got %q of a text without the secret", got)
	}
}

func TestFailuresOfTheSDKsStreamsAreLoggedOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := stubClient(t, streaming(eventFrame("messageStart", `{"role":"assistant"}`), eventFrame("contentBlockStop", `{"contentBlockIndex":0}`), exceptionEvent("throttlingException", "slow")),
		WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	out, err := c.SDK().ConverseStream(context.Background(), &bedrockruntime.ConverseStreamInput{ModelId: aws.String(testModel), Messages: Prompt("x")})
	if err != nil {
		t.Fatal(err)
	}
	for range out.GetStream().Events() {
	}
	var throttle *types.ThrottlingException
	if err := out.GetStream().Err(); !errors.Is(err, ErrThrottled) || !errors.As(err, &throttle) {
		t.Errorf("got %v, want the throttle", err)
	}
	if n := strings.Count(log.String(), "bedrock: call failed"); n != 1 {
		t.Errorf("got %d lines, want one: %s", n, &log)
	}
}

func TestErrorBodyOfTheBoundItselfIsRead(t *testing.T) {
	t.Parallel()
	message := strings.Repeat("m", maxErrorBody-len(`{"message":""}`))
	e := askFails(t, stubClient(t, failing(400, "ValidationException", message)))
	if !strings.HasPrefix(e.Message, "mmm") {
		t.Errorf("got %v, want the message", e)
	}
	huge := strings.Repeat("h", 2*maxErrorBody)
	err := streamReply(context.Background(), stubClient(t, streaming(eventFrame("messageStart", `{"role":"assistant"}`), eventFrame("contentBlockStop", `{"contentBlockIndex":0}`), exceptionEvent("validationException", huge))), Prompt("x"))
	if e := asError(t, err); e.Code != "ValidationException" || len(e.Err.Error()) > 2*maxForeign {
		t.Errorf("got %d bytes of %.200v, want a bounded text", len(e.Err.Error()), e)
	}
}

// An expired API key is no affair of the AWS credentials beside it.
func TestExpiredAPIKeyAsksForNoCredentials(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	cfg := testConfig(failing(403, "ExpiredTokenException", "expired"))
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		asked.Add(1)
		return aws.Credentials{AccessKeyID: "A", SecretAccessKey: "S"}, nil
	})
	if e := askFails(t, clientOf(t, cfg, WithAPIKey("key-of-a-test"))); e.Attempts != 1 || asked.Load() != 0 || !errors.Is(e, ErrCredentials) {
		t.Errorf("got %v after asking %d times, want one attempt and none", e, asked.Load())
	}
}

func TestProviderThatHidesTheContextsEnd(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := testConfig(always(200, okConverse))
		cfg.Credentials = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			<-ctx.Done()
			return aws.Credentials{}, fmt.Errorf("fetching: %v", io.ErrUnexpectedEOF)
		})
		_, err := ask(deadline(t, time.Second), clientOf(t, cfg))
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrCredentials) {
			t.Errorf("got %v, want the deadline alone", err)
		}
	})
}
