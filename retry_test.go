package bedrock

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// waits records when requests arrive.
type waits struct{ at []time.Time }

func (w *waits) then(next stubFunc) stubFunc {
	return func(r *http.Request, body string) (*http.Response, error) {
		w.at = append(w.at, time.Now())
		return next(r, body)
	}
}

func (w *waits) list() []time.Duration {
	var all []time.Duration
	for i := 1; i < len(w.at); i++ {
		all = append(all, w.at[i].Sub(w.at[i-1]))
	}
	return all
}

var backoffs = []struct {
	name  string
	stub  stubFunc
	as    verdict
	limit [9]time.Duration // of the wait before each retry
}{
	{
		"throttles", throttling(), throttled,
		[9]time.Duration{1e9, 2e9, 4e9, 8e9, 16e9, 20e9, 20e9, 20e9, 20e9},
	}, {
		"faults", failing(500, "InternalServerException", "oops"), passing,
		[9]time.Duration{50e6, 100e6, 200e6, 400e6, 800e6, 1600e6, 3200e6, 6400e6, 12800e6},
	},
}

func TestWaitsAreDrawnEvenlyUpToADoublingBoundAndTheCap(t *testing.T) {
	t.Parallel()
	const draws = 4000
	retryer := newSettings(aws.Config{}).retryer(ratelimit.NewTokenRateLimit(1))
	for _, b := range backoffs {
		for i, limit := range b.limit {
			var sum, least, most time.Duration = 0, limit, 0
			for range draws {
				d, err := retryer.RetryDelay(i+1, &failure{judgement: judgement{verdict: b.as}})
				if err != nil {
					t.Fatal(err)
				}
				sum, least, most = sum+d, min(least, d), max(most, d)
			}
			// Seven standard deviations of the mean of U(0,1) are 0.032 at 4000 draws.
			if mean := float64(sum) / draws / float64(limit); mean < 0.468 || mean > 0.532 {
				t.Errorf("%s, retry %d: got a mean of %.3f of the bound %v, want 0.5", b.name, i+1, mean, limit)
			}
			if most > limit || most < limit*98/100 || least < 0 || least > limit*2/100 {
				t.Errorf("%s, retry %d: got waits from %v to %v, want them spread over 0 to %v", b.name, i+1, least, most, limit)
			}
		}
	}
}

func TestTenAttemptsWaitWithinTheirBounds(t *testing.T) {
	for _, b := range backoffs {
		t.Run(b.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var longest time.Duration
				for range 30 {
					w := &waits{}
					e := askFails(t, stubClient(t, w.then(b.stub)))
					if e.Attempts != 10 || len(w.at) != 10 {
						t.Fatalf("got %d requests, Attempts %d, want 10: %v", len(w.at), e.Attempts, e)
					}
					for i, d := range w.list() {
						if d > b.limit[i] {
							t.Errorf("retry %d: waited %v, want at most %v", i+1, d, b.limit[i])
						}
						longest = max(longest, d)
					}
				}
				if longest < b.limit[8]/2 {
					t.Errorf("got a longest wait of %v in 30 calls, want one near %v", longest, b.limit[8])
				}
			})
		})
	}
}

func TestMaxBackoffCapsEveryWait(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := &waits{}
		askFails(t, stubClient(t, w.then(throttling()), WithMaxBackoff(300*time.Millisecond)))
		different := map[time.Duration]bool{}
		for _, d := range w.list() {
			different[d] = true
			if d > 300*time.Millisecond {
				t.Errorf("waited %v, want at most 300ms", d)
			}
		}
		if len(different) < 5 {
			t.Errorf("got waits %v, want jitter at the cap", w.list())
		}
		w = &waits{}
		askFails(t, stubClient(t, w.then(throttling()), WithMaxBackoff(0)))
		for _, d := range w.list() {
			if d != 0 {
				t.Errorf("waited %v without backoff, want 0", d)
			}
		}
	})
}

func TestRetryAfterLengthensAWaitByAtMostFiveSeconds(t *testing.T) {
	const none = -1
	tests := []struct {
		header, value string
		least         time.Duration // none: the header counts for nothing
		most          time.Duration
	}{
		{"Retry-After", "3", 3 * time.Second, 3 * time.Second},
		{"Retry-After", "6", 5 * time.Second, 6 * time.Second},
		{"Retry-After", "3600", 5 * time.Second, 6 * time.Second},
		{"Retry-After", "9223372036854775807", 5 * time.Second, 6 * time.Second},
		{"Retry-After", "92233720368547758070", 5 * time.Second, 6 * time.Second},
		{"Retry-After", " 3 ", 3 * time.Second, 3 * time.Second},
		{"Retry-After", "0", none, 0},
		{"Retry-After", "-5", none, 0},
		{"Retry-After", "soon", none, 0},
		{"Retry-After", "1e3", none, 0},
		{"Retry-After", "Wed, 21 Oct 2099 07:28:00 GMT", 5 * time.Second, 6 * time.Second},
		{"Retry-After", "Sat, 01 Jan 2000 00:00:00 GMT", none, 0},
		{"Retry-After", "Sat, 01 Jan 1999 00:00:00 GMT", none, 0},
		{"X-Amz-Retry-After", "3000", 3 * time.Second, 3 * time.Second},
		{"X-Amz-Retry-After", "60000", 5 * time.Second, 6 * time.Second},
		{"X-Amz-Retry-After", "999999999999", 5 * time.Second, 6 * time.Second},
		{"X-Amz-Retry-After", "0", none, 0},
		{"X-Amz-Retry-After", "-3000", none, 0},
		{"X-Amz-Retry-After", "3s", none, 0},
	}
	inBubble(t, func(t *testing.T) {
		for _, tt := range tests {
			name := tt.header + ": " + tt.value
			w := &waits{}
			if _, err := ask(context.Background(), stubClient(t, w.then(inTurn(throttling(tt.header, tt.value), always(200, okConverse))))); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			got := w.list()[0]
			if tt.least == none && got > time.Second {
				t.Errorf("%s: waited %v, want the plain backoff of at most 1s", name, got)
			}
			if tt.least != none && (got < tt.least || got > tt.most) {
				t.Errorf("%s: waited %v, want %v to %v", name, got, tt.least, tt.most)
			}
		}
	})
}

func TestRetryAfterShorterThanTheBackoffDoesNotShortenIt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var longest time.Duration
		for range 50 {
			w := &waits{}
			ask(context.Background(), stubClient(t, w.then(inTurn(throttling("X-Amz-Retry-After", "10"), always(200, okConverse)))))
			longest = max(longest, w.list()[0])
		}
		if longest < 500*time.Millisecond {
			t.Errorf("got a longest wait of %v in 50, want the backoff's, near 1s", longest)
		}
	})
}

func TestADeadlineBeforeTheNextAttemptGivesUpAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for _, header := range [][]string{{"Retry-After", "4"}, {"X-Amz-Retry-After", "4000"}} {
			c := stubClient(t, throttling(header...))
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			start := time.Now()
			_, err := ask(ctx, c)
			cancel()
			if elapsed := time.Since(start); elapsed != 0 {
				t.Errorf("%s: gave up after %v, want at once", header[0], elapsed)
			}
			wantCauseAnd(t, err, context.DeadlineExceeded)
			if e := asError(t, err); e.HTTPStatus != 429 || e.RequestID != "req-1" || e.Attempts != 1 {
				t.Errorf("got status %d, request %q, %d attempts, want 429, req-1, 1", e.HTTPStatus, e.RequestID, e.Attempts)
			}
			wantContains(t, err.Error(), "Too many requests", "the context's deadline falls before the next attempt in 4s")

			_, err = c.SDK().Converse(deadline(t, 3*time.Second), &bedrockruntime.ConverseInput{ModelId: aws.String(testModel), Messages: Prompt("hello")})
			wantCauseAnd(t, err, context.DeadlineExceeded)
		}
	})
}

func TestADeadlineAfterTheNextAttemptIsNoReasonToGiveUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := stubClient(t, inTurn(throttling("Retry-After", "4"), always(200, okConverse)))
		if _, err := ask(deadline(t, 5*time.Second), c); err != nil {
			t.Error(err)
		}
	})
}

func deadline(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// wantCauseAnd checks that an error tells the throttle and how the context ended.
func wantCauseAnd(t *testing.T, err, ended error) {
	t.Helper()
	var throttle *types.ThrottlingException
	if !errors.As(err, &throttle) {
		t.Errorf("got %v, want it to hold the ThrottlingException", err)
	}
	if !errors.Is(err, ended) {
		t.Errorf("got %v, want it to be %v", err, ended)
	}
	var own *Error
	if errors.As(err, &own) && !errors.Is(err, ErrThrottled) {
		t.Errorf("got %v, want it to be ErrThrottled", err)
	}
}

func TestCancelDuringBackoffKeepsTheCause(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := stubClient(t, throttling("Retry-After", "4"))
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		_, err := ask(ctx, c)
		if elapsed := time.Since(start); elapsed != time.Second {
			t.Errorf("returned after %v, want 1s, when the context was cancelled", elapsed)
		}
		wantCauseAnd(t, err, context.Canceled)
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want it not to be DeadlineExceeded", err)
		}
		if e := asError(t, err); e.HTTPStatus != 429 || e.RequestID != "req-1" || e.Code != "ThrottlingException" {
			t.Errorf("got status %d, request %q, code %q, want those of the throttle", e.HTTPStatus, e.RequestID, e.Code)
		}
		wantContains(t, err.Error(), "Too many requests", "context canceled")
	})
}

func TestTheContextsOwnCauseIsKept(t *testing.T) {
	shutdown := errors.New("the server is shutting down")
	inBubble(t, func(t *testing.T) {
		inFlight := func(r *http.Request, _ string) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		tests := []struct {
			name    string
			stub    stubFunc
			timeout bool
		}{
			{"cancelled in backoff", throttling("Retry-After", "4"), false},
			{"cancelled in flight", inFlight, false},
			{"timed out in flight", inFlight, true},
			{"timed out in flight of the second attempt", inTurn(throttling(), inFlight), true},
		}
		for _, tt := range tests {
			ended := context.Canceled
			ctx, cancel := context.WithCancelCause(context.Background())
			if tt.timeout {
				ended = context.DeadlineExceeded
				var stop context.CancelFunc
				ctx, stop = context.WithTimeoutCause(ctx, 3*time.Second, shutdown)
				defer stop()
			} else {
				time.AfterFunc(3*time.Second, func() { cancel(shutdown) })
			}
			_, err := ask(ctx, stubClient(t, tt.stub))
			cancel(nil)
			if !errors.Is(err, ended) || !errors.Is(err, shutdown) {
				t.Errorf("%s: got %v, want it to be %v and to hold the context's cause %q", tt.name, err, ended, shutdown)
			}
		}
	})
}

func TestADeadlineInFlightOfTheSecondAttemptKeepsTheCause(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := stubClient(t, inTurn(throttling(), func(r *http.Request, _ string) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}))
		_, err := ask(deadline(t, 30*time.Second), c)
		wantCauseAnd(t, err, context.DeadlineExceeded)
		if e := asError(t, err); e.Attempts != 2 || e.Elapsed != 30*time.Second {
			t.Errorf("got %d attempts in %v, want 2 in 30s", e.Attempts, e.Elapsed)
		}
	})
}

func TestThrottlesDoNotDrawOnTheRetryQuota(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		seen := &captured{}
		c := stubClient(t, seen.then(throttling()))
		for i := range 60 {
			e := askFails(t, c)
			var quota ratelimit.QuotaExceededError
			if e.Attempts != 10 || errors.As(e, &quota) {
				t.Fatalf("call %d: got %v, want 10 attempts", i, e)
			}
		}
		if seen.count() != 600 {
			t.Errorf("got %d requests, want 600", seen.count())
		}
	})
}

func TestFaultsDrawOnTheRetryQuotaSoThatAnOutageFailsFast(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := stubClient(t, failing(503, "ServiceUnavailableException", "down"))
		refused := 0
		var last *Error
		for range 60 {
			last = askFails(t, c)
			var quota ratelimit.QuotaExceededError
			if errors.As(last, &quota) {
				refused++
			}
		}
		if refused < 40 || last.Attempts != 1 || !errors.Is(last, ErrUnavailable) {
			t.Errorf("got %d of 60 calls stopped by the quota, the last one %v; want at least 40, and one attempt at the end", refused, last)
		}
		wantContains(t, last.Error(), "gave up: the client's retry quota is used up")

		// Throttled calls of the same client go on all the same.
		if e := askFails(t, c.With(WithSDKOptions(func(o *bedrockruntime.Options) { o.HTTPClient = throttling() }))); e.Attempts != 10 {
			t.Errorf("got %d attempts of a throttled call, want 10: %v", e.Attempts, e)
		}
	})
}
