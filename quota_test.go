package bedrock

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// Callers in a hurry don't use up the retries of the others.
func TestGivingUpAtTheDeadlineCostsNoQuota(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := stubClient(t, failing(500, "InternalServerException", "m", "Retry-After", "3"), WithMaxAttempts(2))
		for range 200 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			_, err := ask(ctx, c)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "gave up: the context's deadline") {
				t.Fatalf("got %v, want a give-up", err)
			}
		}
		var quota ratelimit.QuotaExceededError
		if _, err := ask(context.Background(), c); errors.As(err, &quota) || asError(t, err).Attempts != 2 {
			t.Errorf("got %v, want two attempts", err)
		}
	})
}

// The text of a fault without an AWS code is the fault, however the call ended.
func TestTextOfAFaultWithoutACode(t *testing.T) {
	refused := func(*net.OpError) stubFunc {
		return refusedBy(&url.Error{Op: "Post", URL: "https://host/", Err: &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}})
	}(nil)
	timeout := refusedBy(&url.Error{Op: "Post", URL: "https://host/", Err: &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded}})
	for name, tt := range map[string]struct {
		stub   stubFunc
		ctx    func() (context.Context, context.CancelFunc)
		opts   []Option
		calls  int
		want   string
		absent string
	}{
		"deadline": {refused, func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), time.Nanosecond)
		}, nil, 1, "connection refused; gave up: the context's deadline falls before the next attempt", "StatusCode"},
		"cancelled": {refused, func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(time.Microsecond, cancel)
			return ctx, cancel
		}, nil, 1, "connection refused; context canceled", "StatusCode"},
		"quota":          {refused, nil, []Option{WithMaxBackoff(0)}, 20, "connection refused; gave up: the client's retry quota is used up", "rate limit token"},
		"attempts":       {refused, nil, []Option{WithMaxAttempts(1)}, 1, "connection refused", "exceeded maximum"},
		"dial timed out": {timeout, nil, []Option{WithMaxAttempts(1)}, 1, "dial tcp: context deadline exceeded", "; context deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := stubClient(t, tt.stub, tt.opts...)
				var err error
				for range tt.calls {
					ctx, cancel := context.Background(), context.CancelFunc(func() {})
					if tt.ctx != nil {
						ctx, cancel = tt.ctx()
					}
					_, err = ask(ctx, c)
					cancel()
				}
				if text := err.Error(); !strings.Contains(text, tt.want) || strings.Contains(text, tt.absent) || strings.Count(text, "gave up") > 1 {
					t.Errorf("got %q, want %q in it and not %q", text, tt.want, tt.absent)
				}
			})
		})
	}
}

func TestRetryerThatIsNilIsTheSDKs(t *testing.T) {
	t.Parallel()
	cfg := testConfig(throttling())
	cfg.Retryer = func() aws.Retryer { return nil }
	e := asError(t, func() error { _, err := ask(context.Background(), clientOf(t, cfg, WithMaxBackoff(0))); return err }())
	if e.Attempts != defaultMaxAttempts {
		t.Errorf("got %d attempts, want %d", e.Attempts, defaultMaxAttempts)
	}
}

// What STS or SSO refuses is a matter of credentials, not of access to Bedrock.
func TestCredentialsThatCantBeFetched(t *testing.T) {
	t.Parallel()
	c := stubClient(t, always(200, okConverse), WithCredentials(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, &types.AccessDeniedException{Message: aws.String("not authorized to perform sts:AssumeRole")}
	})))
	_, err := ask(context.Background(), c)
	if !errors.Is(err, ErrCredentials) || errors.Is(err, ErrAccessDenied) || !strings.Contains(err.Error(), "no credentials could be fetched") || asError(t, err).HTTPStatus != 0 || asError(t, err).Attempts != 1 {
		t.Errorf("got %v", err)
	}
}

func TestMessageWithoutContentIsInvalid(t *testing.T) {
	t.Parallel()
	c := stubClient(t, always(200, okConverse))
	_, err := c.Converse(context.Background(), testModel, Prompt(""))
	if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "a message has no content") || asError(t, err).Attempts != 0 {
		t.Errorf("got %v", err)
	}
}

// Options may share what they set.
func TestSystemLeavesTheCallersSliceAlone(t *testing.T) {
	t.Parallel()
	shared := make([]types.SystemContentBlock, 0, 4)
	share := func(r *Request) { r.System = shared }
	a, b := newRequest(testModel, nil, []RequestOption{share, System("A")}), newRequest(testModel, nil, []RequestOption{share, System("B")})
	for r, want := range map[*Request]string{a: "A", b: "B"} {
		if got := r.System[0].(*types.SystemContentBlockMemberText).Value; got != want {
			t.Errorf("got system prompt %q, want %q", got, want)
		}
	}
}

// A type's own decoding may quote the answer.
func TestAnAnswerThatATypeRefusesIsNotQuoted(t *testing.T) {
	t.Parallel()
	c := stubClient(t, always(200, `{"at":"reply-MARKER"}`))
	v, err := Invoke[struct{ At time.Time }](context.Background(), c, testModel, []byte(`{}`))
	if err == nil || strings.Contains(err.Error(), marker) || v == nil || !strings.Contains(string(v.Body), marker) {
		t.Errorf("got %v, want an error without the answer, and the answer beside it", err)
	}
	_, err = Invoke[struct{ At int }](context.Background(), c, testModel, []byte(`{}`))
	if err == nil || !strings.Contains(err.Error(), "field At is no int") || strings.Contains(err.Error(), marker) {
		t.Errorf("got %v", err)
	}
	_, err = Invoke[any](context.Background(), c, testModel, refusing{})
	if err == nil || strings.Contains(err.Error(), marker) || !errors.Is(err, ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

type refusing struct{}

func (refusing) MarshalJSON() ([]byte, error) { return nil, errors.New("prompt-MARKER") }
