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
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/middleware"
)

// cutBody answers 200 with a body that ends, or breaks, in its middle.
func cutBody(end error) stubFunc {
	return func(r *http.Request, _ string) (*http.Response, error) {
		resp := answer(r, 200, okConverse)
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(okConverse[:40]), failingReader{end}))
		return resp, nil
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

func TestWhatIsRetriedAndOfWhichKind(t *testing.T) {
	const html = "<html><body>Bad gateway</body></html>"
	tests := []struct {
		name    string
		stub    stubFunc
		retried bool
		is      error
	}{
		{"ThrottlingException", throttling(), true, ErrThrottled},
		{"ThrottlingException with a URI", failing(429, "ThrottlingException:http://internal.amazon.com/coral/com.amazon.coral.availability/", "slow"), true, ErrThrottled},
		{"ThrottlingException as HTTP 400", failing(400, "ThrottlingException", "slow"), true, ErrThrottled},
		{"ThrottlingException in __type", always(429, `{"__type":"com.amazon.bedrock#ThrottlingException","message":"slow"}`), true, ErrThrottled},
		{"throttlingException in lower case", failing(429, "throttlingException", "slow"), true, ErrThrottled},
		{"throttlingException in lower case as HTTP 400", failing(400, "throttlingException", "slow"), true, ErrThrottled},
		{"Throttling", failing(400, "Throttling", "slow"), true, ErrThrottled},
		{"ThrottledException", failing(400, "ThrottledException", "slow"), true, ErrThrottled},
		{"TooManyRequestsException", failing(429, "TooManyRequestsException", "slow"), true, ErrThrottled},
		{"toomanyrequestsexception", failing(400, "toomanyrequestsexception", "slow"), true, ErrThrottled},
		{"ModelNotReadyException", failing(429, "ModelNotReadyException", "warming up"), true, ErrThrottled},
		{"modelNotReadyException", failing(400, "modelNotReadyException", "warming up"), true, ErrThrottled},
		{"429, no body", always(429, ""), true, ErrThrottled},
		{"429, JSON without a code", always(429, `{"message":"slow"}`), true, ErrThrottled},
		{"429, HTML", always(429, html, "Content-Type", "text/html"), true, ErrThrottled},
		{"429, a code of its own", failing(429, "SomethingNewException", "slow"), true, ErrThrottled},
		{"503 Model is getting throttled", failing(503, "ServiceUnavailableException", "Model is getting throttled. Try your request again."), true, ErrThrottled},
		{"throttle that says too many tokens", failing(429, "ThrottlingException", "Too many tokens, please wait before trying again."), true, ErrThrottled},

		{"500", failing(500, "InternalServerException", "oops"), true, ErrUnavailable},
		{"500 in lower case", failing(500, "internalServerException", "oops"), true, ErrUnavailable},
		{"503", failing(503, "ServiceUnavailableException", "Too many connections, please wait before trying again."), true, ErrUnavailable},
		{"503 without a code", always(503, ""), true, ErrUnavailable},
		{"502 HTML", always(502, html, "Content-Type", "text/html"), true, ErrUnavailable},
		{"504 HTML", always(504, html, "Content-Type", "text/html"), true, ErrUnavailable},
		{"connection reset", refusedBy(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), true, ErrUnavailable},
		{"EOF before an answer", refusedBy(io.EOF), true, ErrUnavailable},
		{"dial timeout", refusedBy(&net.OpError{Op: "dial", Err: &net.DNSError{IsTimeout: true, Err: "i/o timeout"}}), true, ErrUnavailable},
		{"body cut short", cutBody(io.ErrUnexpectedEOF), true, ErrTruncated},
		{"body reset", cutBody(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), true, nil},

		{"too many tokens per day", failing(429, "ThrottlingException", "Too many tokens per day, please wait before trying again."), false, ErrThrottled},
		{"ServiceQuotaExceededException", failing(400, "ServiceQuotaExceededException", "quota"), false, ErrInvalid},
		{"ServiceQuotaExceededException as 429", failing(429, "ServiceQuotaExceededException", "quota"), false, ErrInvalid},
		{"400", failing(400, "ValidationException", "no"), false, ErrInvalid},
		{"400 in lower case", failing(400, "validationException", "no"), false, ErrInvalid},
		{"400 ConflictException", failing(400, "ConflictException", "no"), false, ErrInvalid},
		{"403", failing(403, "AccessDeniedException", "no"), false, ErrAccessDenied},
		{"404", failing(404, "ResourceNotFoundException", "no"), false, ErrNotFound},
		{"408", failing(408, "ModelTimeoutException", "no"), false, ErrModelTimeout},
		{"408 HTML", always(408, html, "Content-Type", "text/html"), false, ErrModelTimeout},
		{"424", failing(424, "ModelErrorException", "no"), false, ErrModelError},
		{"expired", failing(403, "ExpiredTokenException", "no"), false, ErrCredentials},
		{"200 HTML", always(200, html, "Content-Type", "text/html"), false, ErrEmptyReply},
		{"200, no body", always(200, ""), false, ErrEmptyReply},
		{"200 {}", always(200, "{}"), false, ErrEmptyReply},
		{"unknown host", refusedBy(&net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true, Err: "no such host"}}), false, ErrUnavailable},
	}
	inBubble(t, func(t *testing.T) {
		for _, tt := range tests {
			seen := &captured{}
			e := askFails(t, stubClient(t, seen.then(tt.stub), WithMaxAttempts(3)))
			want := 1
			if tt.retried {
				want = 3
			}
			if seen.count() != want || e.Attempts != want {
				t.Errorf("%s: got %d requests, Attempts %d, want %d: %v", tt.name, seen.count(), e.Attempts, want, e)
			}
			if tt.is != nil && !errors.Is(e, tt.is) {
				t.Errorf("%s: got %v, want it to be %q", tt.name, e, tt.is)
			}
		}
	})
}

// The faults that net/http itself makes, over loopback.
func TestNetworkFaultsOfARealConnection(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{
		"connection refused": unheard(t),
		"connection reset": listen(t, func(c net.Conn) {
			c.Read(make([]byte, 1))
			c.(*net.TCPConn).SetLinger(0)
		}),
		"connection closed": listen(t, func(c net.Conn) { io.ReadFull(c, make([]byte, 100)) }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantUnavailable(t, "http://"+address, &http.Client{}, 3)
		})
	}
}

// The timeouts that net/http itself makes, of a server that takes all and says nothing.
func TestTimeoutsOfAConnection(t *testing.T) {
	t.Parallel()
	const impatience = 20 * time.Millisecond
	for _, tt := range []struct {
		name     string
		scheme   string
		client   func(*http.Transport) aws.HTTPClient
		attempts int
	}{
		{"response header timeout", "http", func(tr *http.Transport) aws.HTTPClient {
			tr.ResponseHeaderTimeout = impatience
			return &http.Client{Transport: tr}
		}, 1},
		{"client timeout", "http", func(tr *http.Transport) aws.HTTPClient { return &http.Client{Transport: tr, Timeout: impatience} }, 1},
		{"read timeout of the SDK's client", "http", func(tr *http.Transport) aws.HTTPClient {
			return awshttp.NewBuildableClient().WithTransportOptions(func(own *http.Transport) { own.DialContext = tr.DialContext }).WithReadTimeout(impatience)
		}, 1},
		{"TLS handshake timeout", "https", func(tr *http.Transport) aws.HTTPClient {
			tr.TLSHandshakeTimeout = impatience
			return &http.Client{Transport: tr}
		}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				silent := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
					client, server := net.Pipe()
					go io.Copy(io.Discard, server)
					return client, nil
				}}
				wantUnavailable(t, tt.scheme+"://silent.example.com", tt.client(silent), tt.attempts)
			})
		})
	}
}

func wantUnavailable(t *testing.T, url string, client aws.HTTPClient, attempts int) {
	t.Helper()
	cfg := testConfig(client)
	cfg.BaseEndpoint = aws.String(url)
	e := askFails(t, clientOf(t, cfg, WithMaxAttempts(3), WithMaxBackoff(0)))
	if e.Attempts != attempts || !errors.Is(e, ErrUnavailable) {
		t.Errorf("got %d attempts, want %d, and ErrUnavailable: %v", e.Attempts, attempts, e)
	}
}

// unheard is an address where nobody listens: the near end of a connection, which
// nobody else gets while that lasts.
func unheard(t *testing.T) (address string) {
	c, err := net.Dial("tcp", listen(t, func(c net.Conn) { io.Copy(io.Discard, c) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.LocalAddr().String()
}

// listen serves each connection, then closes it.
func listen(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveEach(t, l, serve)
}

func serveEach(t *testing.T, l net.Listener, serve func(net.Conn)) (address string) {
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return l.Addr().String()
}

func TestACallersOwnRetryerIsUsedAsItIs(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for _, version := range []string{"V1", "V2"} {
			own := &ownRetryer{attempts: 4, wait: 700 * time.Millisecond}
			cfg := testConfig(nil)
			cfg.Retryer = func() aws.Retryer { return own }
			if version == "V1" {
				cfg.Retryer = func() aws.Retryer { return struct{ aws.Retryer }{own} }
			}
			w := &waits{}
			cfg.HTTPClient = w.then(throttling("Retry-After", "4"))
			c := clientOf(t, cfg, WithMaxAttempts(2), WithMaxBackoff(time.Millisecond))
			if e := askFails(t, c); e.Attempts != 4 || !errors.Is(e, ErrThrottled) {
				t.Errorf("%s: got %v, want the retryer's 4 attempts", version, e)
			}
			for _, d := range w.list() {
				if d != own.wait {
					t.Errorf("%s: waited %v, want the retryer's %v", version, d, own.wait)
				}
			}
			// It goes on waiting past a deadline, but the cause is remembered.
			_, err := ask(deadline(t, time.Second), c)
			wantCauseAnd(t, err, context.DeadlineExceeded)
			if e := asError(t, err); e.Attempts != 2 || e.Elapsed != time.Second || e.HTTPStatus != 429 {
				t.Errorf("%s: got %v, want 2 attempts in 1s and the throttle's status", version, e)
			}
		}
	})
}

func TestARetryerSetBySDKOptionsReplacesThePolicy(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		own := &ownRetryer{attempts: 3, wait: time.Minute}
		w := &waits{}
		c := stubClient(t, w.then(throttling()), WithSDKOptions(func(o *bedrockruntime.Options) { o.Retryer = own }))
		e := askFails(t, c)
		if e.Attempts != 3 || e.Elapsed != 2*time.Minute {
			t.Errorf("got %v, want 3 attempts in 2m0s", e)
		}
		_, err := ask(deadline(t, 90*time.Second), c)
		wantCauseAnd(t, err, context.DeadlineExceeded)
	})
}

// ownRetryer retries everything at a steady pace.
type ownRetryer struct {
	attempts int
	wait     time.Duration
}

func (r *ownRetryer) IsErrorRetryable(error) bool                  { return true }
func (r *ownRetryer) MaxAttempts() int                             { return r.attempts }
func (r *ownRetryer) RetryDelay(int, error) (time.Duration, error) { return r.wait, nil }
func (r *ownRetryer) GetInitialToken() func(error) error           { return func(error) error { return nil } }
func (r *ownRetryer) GetAttemptToken(context.Context) (func(error) error, error) {
	return func(error) error { return nil }, nil
}
func (r *ownRetryer) GetRetryToken(context.Context, error) (func(error) error, error) {
	return func(error) error { return nil }, nil
}

// The waits here are such that the SDK's rate limiter has its token, or meets the
// deadline: in a bubble it can spin for ever on a wait that it rounds down to nothing.
func TestAdaptiveModeRetriesWithTheSamePolicy(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		later := []string{"Retry-After", "5"}
		cfg := testConfig(inTurn(
			failing(429, "throttlingException", "lower case", later...), always(429, "", later...),
			failing(429, "ModelNotReadyException", "warming up", later...), always(200, okConverse)))
		cfg.RetryMode = aws.RetryModeAdaptive
		c := clientOf(t, cfg)
		reply, err := ask(context.Background(), c)
		if err != nil || reply.Attempts != 4 {
			t.Fatalf("got reply %v, error %v, want one after 4 attempts", reply, err)
		}
	})
}

func TestAdaptiveModeKeepsTheCauseWhenItsOwnWaitMeetsTheDeadline(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := testConfig(throttling())
		cfg.RetryMode = aws.RetryModeAdaptive
		_, err := ask(deadline(t, 1500*time.Millisecond), clientOf(t, cfg)) // 2 s until the limiter's next token
		wantCauseAnd(t, err, context.DeadlineExceeded)
		if e := asError(t, err); e.Attempts != 1 || e.HTTPStatus != 429 {
			t.Errorf("got %v, want one attempt and its status", e)
		}
	})
}

func TestTheBidirectionalStreamGetsOneAttempt(t *testing.T) {
	t.Parallel()
	seen := &captured{}
	stub := seen.then(throttling())
	cfg := testConfig(noBody(func(r *http.Request) (*http.Response, error) { return stub(r, "") }))
	out, err := clientOf(t, cfg).SDK().InvokeModelWithBidirectionalStream(deadline(t, time.Minute), &bedrockruntime.InvokeModelWithBidirectionalStreamInput{ModelId: aws.String(testModel)})
	if err == nil {
		for range out.GetStream().Events() {
		}
		err = out.GetStream().Err()
		out.GetStream().Close()
	}
	var throttle *types.ThrottlingException
	if !errors.As(err, &throttle) || seen.count() != 1 {
		t.Errorf("got %d requests and error %v, want 1 and a ThrottlingException", seen.count(), err)
	}
}

// noBody is an HTTP client that leaves the request's body alone.
type noBody func(*http.Request) (*http.Response, error)

func (f noBody) Do(r *http.Request) (*http.Response, error) { return f(r) }

func TestAttemptsAreCountedInTheReply(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for n := range 4 {
			stubs := []stubFunc{}
			for range n {
				stubs = append(stubs, throttling())
			}
			reply, err := ask(context.Background(), stubClient(t, inTurn(append(stubs, always(200, okConverse))...)))
			if err != nil || reply.Attempts != n+1 || reply.RequestID != "req-1" {
				t.Errorf("%d throttles: got %s, %v, want %d attempts", n, fmt.Sprint(reply), err, n+1)
			}
		}
	})
}

func TestAClientWhoseRetriesWereRemovedStillReports(t *testing.T) {
	t.Parallel()
	remove := func(s *middleware.Stack) error {
		_, err := s.Finalize.Remove("Retry")
		return err
	}
	before := testConfig(throttling())
	before.APIOptions = append(before.APIOptions, remove)
	after := WithSDKOptions(func(o *bedrockruntime.Options) { o.APIOptions = append(o.APIOptions, remove) })
	for name, c := range map[string]*Client{"in the configuration": clientOf(t, before), "by WithSDKOptions": stubClient(t, throttling(), after)} {
		if e := askFails(t, c); e.Attempts != 1 || e.HTTPStatus != 429 || e.RequestID != "req-1" || !errors.Is(e, ErrThrottled) {
			t.Errorf("%s: got %+v, want the throttle after one attempt", name, e)
		}
	}
}
