package bedrock

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/smithy-go/eventstream"
)

// The text of a message decides nothing about credentials.
func TestMessageThatSpeaksOfIdentity(t *testing.T) {
	t.Parallel()
	c := stubClient(t, failing(429, "ThrottlingException", "failed to get identity: wait"), WithMaxBackoff(0))
	_, err := ask(context.Background(), c)
	if e := asError(t, err); !errors.Is(err, ErrThrottled) || e.Attempts != defaultMaxAttempts || e.RequestID == "" {
		t.Errorf("got %v", err)
	}
}

// noQuota is a caller's retryer around this package's, by which the quota is off.
type noQuota struct{ aws.RetryerV2 }

func (noQuota) GetRetryToken(context.Context, error) (func(error) error, error) {
	return func(error) error { return nil }, nil
}

func TestRetryerAroundOursStillWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := stubClient(t, throttling("Retry-After", "2"), WithMaxAttempts(3), WithSDKOptions(func(o *bedrockruntime.Options) {
			o.Retryer = noQuota{o.Retryer.(aws.RetryerV2)}
		}))
		begin := time.Now()
		if _, err := ask(context.Background(), c); !errors.Is(err, ErrThrottled) || time.Since(begin) < 4*time.Second {
			t.Errorf("got %v after %v, want two waits of 2 s or more", err, time.Since(begin))
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		begin = time.Now()
		if _, err := ask(ctx, c); !errors.Is(err, ErrThrottled) || !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 0 {
			t.Errorf("got %v after %v, want to give up at once", err, time.Since(begin))
		}
	})
}

// bodyOf is a response whose Close is noted.
type bodyOf struct {
	io.Reader
	closed *bool
}

func (b bodyOf) Close() error { *b.closed = true; return nil }

// Whatever 2xx a stream is answered with, its end is checked and its body closed.
func TestStreamOfAnotherSuccess(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201, 202, 206, 299} {
		var closed bool
		c := stubClient(t, func(r *http.Request, _ string) (*http.Response, error) {
			resp := answer(r, status, "")
			resp.Body = bodyOf{strings.NewReader(eventFrame("messageStart", `{"role":"assistant"}`) + eventFrame("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"a"}}`)), &closed}
			return resp, nil
		}, WithMaxAttempts(1))
		if err := streamReply(context.Background(), c, Prompt("Hello")); !errors.Is(err, ErrTruncated) || !closed {
			t.Errorf("%d: got %v, closed %v", status, err, closed)
		}
		out, err := c.SDK().ConverseStream(context.Background(), &bedrockruntime.ConverseStreamInput{ModelId: aws.String(testModel)})
		if err != nil {
			t.Fatal(err)
		}
		for range out.GetStream().Events() {
		}
		if err := out.GetStream().Close(); !errors.Is(err, ErrTruncated) {
			t.Errorf("%d through the SDK: got %v", status, err)
		}
	}
}

// An exception whose payload is broken is still the exception that its header names.
func TestExceptionWithABrokenPayload(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{"", "null", "[]", "{"} {
		var b bytes.Buffer
		m := eventstream.Message{Payload: []byte(payload)}
		m.Headers.Set(":exception-type", eventstream.StringValue("throttlingException"))
		m.Headers.Set(":message-type", eventstream.StringValue("exception"))
		if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		err := streamReply(context.Background(), stubClient(t, streaming(b.String()), WithMaxAttempts(2), WithMaxBackoff(0)), Prompt("Hello"))
		if e := asError(t, err); !errors.Is(err, ErrThrottled) || e.Attempts != 2 || e.HTTPStatus != 429 {
			t.Errorf("%q: got %v", payload, err)
		}
	}
}

func TestJSONThatNeverEnds(t *testing.T) {
	t.Parallel()
	m := map[string]any{}
	m["self"] = []any{m}
	if _, err := JSON(m); err == nil {
		t.Error("got no error of a map in itself")
	}
	if _, err := Invoke[any](context.Background(), stubClient(t, always(200, `{}`)), testModel, m); !errors.Is(err, ErrInvalid) {
		t.Errorf("got %v", err)
	}
	if _, err := JSON(map[string]any{"a": document.NewLazyDocument(math.NaN())}); err == nil {
		t.Error("got no error of a NaN in a document of the SDK's")
	}
	var none document.Interface
	if doc, err := JSON(map[string]any{"a": none}); err != nil {
		t.Errorf("got %v, %v", doc, err)
	}
}

// A model's own format that only looks like JSON is nobody's cut reply.
func TestAnswerThatBeginsLikeJSON(t *testing.T) {
	t.Parallel()
	seen := &captured{}
	c := stubClient(t, seen.then(always(200, `{name} said: hi`)))
	v, err := Invoke[[]byte](context.Background(), c, testModel, json.RawMessage(`{}`))
	if err != nil || string(v.Value) != "{name} said: hi" || seen.count() != 1 {
		t.Errorf("got %v after %d requests", err, seen.count())
	}
}

func TestDerivedClientKeepsItsParentsEnvironment(t *testing.T) {
	seen := &captured{}
	c := stubClient(t, seen.then(always(200, okConverse)))
	t.Setenv("AWS_BEARER_TOKEN_BEDROCK", "later")
	t.Setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "https://later.example.com")
	if _, err := ask(context.Background(), c.With(WithMaxAttempts(2))); err != nil {
		t.Fatal(err)
	}
	if r, _ := seen.last(t); strings.HasPrefix(r.Header.Get("Authorization"), "Bearer") || r.URL.Host == "later.example.com" {
		t.Errorf("got %s at %s", r.Header.Get("Authorization")[:6], r.URL.Host)
	}
}

func TestCacheOfNoCredentials(t *testing.T) {
	t.Parallel()
	cfg := testConfig(always(200, okConverse))
	cfg.Credentials = aws.NewCredentialsCache(nil)
	if _, err := NewFromConfig(cfg); !errors.Is(err, ErrCredentials) {
		t.Errorf("got %v", err)
	}
}

// emptyJoin is an error of a caller's middleware.
type emptyJoin struct{ list []error }

func (emptyJoin) Error() string     { return "own" }
func (e emptyJoin) Unwrap() []error { return e.list }

func TestErrorsThatCantBeCompared(t *testing.T) {
	t.Parallel()
	c := stubClient(t, refusedBy(emptyJoin{[]error{}}), WithMaxAttempts(2), WithMaxBackoff(0))
	if _, err := ask(context.Background(), c); err == nil || !strings.Contains(err.Error(), "own") {
		t.Errorf("got %v", err)
	}
}
