package bedrock_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

// inEmbedBubble runs a test against a server that embeds numbers, each call after a
// delay of its own.
func inEmbedBubble(t *testing.T, delay func(text string) time.Duration, test func(t *testing.T, c *bedrock.Client, srv *bedrocktest.Server)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := bedrocktest.NewPipeServer()
		defer srv.Close()
		srv.Handle(func(r *bedrocktest.Request) bedrocktest.Response {
			return embedNumbers(r).Delay(delay(textsOf(r)[0]))
		})
		test(t, srv.Client(), srv)
	})
}

func randomDelay(string) time.Duration { return rand.N(time.Second) }

func aSecond(string) time.Duration { return time.Second }

func TestEmbedKeepsTheOrder(t *testing.T) {
	inEmbedBubble(t, randomDelay, func(t *testing.T, c *bedrock.Client, _ *bedrocktest.Server) {
		for model, n := range map[string]int{titanV2Model: 50, cohereV4Model: 2000} {
			texts, want := numbered(n)
			got, err := c.Embed(t.Context(), model, texts, bedrock.EmbedConcurrency(7))
			if err != nil || !reflect.DeepEqual(got.Vectors, want) {
				t.Errorf("%s: vectors are out of place: %v, %v", model, got, err)
			}
		}
	})
}

func TestEmbedBoundsTheCallsAtOnce(t *testing.T) {
	inEmbedBubble(t, aSecond, func(t *testing.T, c *bedrock.Client, srv *bedrocktest.Server) {
		tests := []struct {
			opt          bedrock.EmbedOption
			texts, bound int
		}{{nil, 20, 4}, {bedrock.EmbedConcurrency(1), 3, 1}, {bedrock.EmbedConcurrency(9), 20, 9}, {bedrock.EmbedConcurrency(1 << 40), 10, 10}}
		for _, tt := range tests {
			texts, _ := numbered(tt.texts)
			before, start := len(srv.Requests()), time.Now()
			if _, err := c.Embed(t.Context(), titanV2Model, texts, tt.opt); err != nil {
				t.Fatal(err)
			}
			if got := mostAtOnce(srv.Requests()[before:], time.Second); got != tt.bound {
				t.Errorf("%d calls were under way at once, want %d", got, tt.bound)
			}
			if took, want := time.Since(start), time.Duration((tt.texts+tt.bound-1)/tt.bound)*time.Second; took.Round(time.Second) != want {
				t.Errorf("%d texts took %v, want %v", tt.texts, took, want)
			}
		}
	})
}

// mostAtOnce counts the requests that arrived while another was still to be answered.
func mostAtOnce(requests []*bedrocktest.Request, each time.Duration) (most int) {
	for _, r := range requests {
		n := 0
		for _, other := range requests {
			if d := r.Time.Sub(other.Time); d >= 0 && d < each {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func TestEmbedStopsAtTheFirstFailure(t *testing.T) {
	slow := func(text string) time.Duration { // the fourth call is slower than the failure of the fifth
		return map[string]time.Duration{"288": time.Hour}[text] + time.Second
	}
	inEmbedBubble(t, slow, func(t *testing.T, c *bedrock.Client, srv *bedrocktest.Server) {
		texts, want := numbered(2000)
		texts[400] = "refused"
		start := time.Now()
		got, err := c.Embed(t.Context(), cohereV4Model, texts)
		var which *bedrock.EmbedError
		var e *bedrock.Error
		if !errors.As(err, &which) || which.First != 384 || which.Count != 96 || !errors.As(err, &e) || !errors.Is(err, bedrock.ErrInvalid) || errors.Is(err, context.Canceled) {
			t.Fatalf("%v, want ErrInvalid of texts[384:480]", err)
		}
		if e.RequestID == "" || which.Err != error(e) {
			t.Errorf("the failure is %v, want an *Error with a request id", which.Err)
		}
		if took := time.Since(start); took > 4*time.Second {
			t.Errorf("it took %v: the hour's call was not ended", took)
		}
		for i, v := range got.Vectors {
			if v == nil && i < 288 {
				t.Errorf("text %d has no vector, though its call succeeded before", i)
			}
			if v != nil && (!slices.Equal(v, want[i]) || i >= 288 && i < 480) {
				t.Errorf("text %d has vector %v", i, v)
			}
		}
		arrived := len(texts) - len(slices.DeleteFunc(slices.Clone(got.Vectors), func(v []float32) bool { return v != nil }))
		if got.Tokens.Input != arrived {
			t.Errorf("%d tokens, want those of the %d texts whose vectors arrived", got.Tokens.Input, arrived)
		}
		if n := len(srv.Requests()); n > 9 { // two that end at the same moment may be followed by others
			t.Errorf("%d calls of 21, want none after the failure", n)
		}
	})
}

func TestEmbedGoesOnFromAPartialResult(t *testing.T) {
	inEmbedBubble(t, randomDelay, func(t *testing.T, c *bedrock.Client, _ *bedrocktest.Server) {
		texts, want := numbered(30)
		texts[17] = "refused"
		got, err := c.Embed(t.Context(), titanV2Model, texts)
		var which *bedrock.EmbedError
		if !errors.As(err, &which) {
			t.Fatal(err)
		}
		texts[which.First] = "17"
		var missing []int
		var rest []string
		for i, v := range got.Vectors {
			if v == nil {
				missing, rest = append(missing, i), append(rest, texts[i])
			}
		}
		more, err := c.Embed(t.Context(), titanV2Model, rest)
		if err != nil {
			t.Fatal(err)
		}
		for n, i := range missing {
			got.Vectors[i] = more.Vectors[n]
		}
		if !reflect.DeepEqual(got.Vectors, want) {
			t.Errorf("got %v, want %v", got.Vectors, want)
		}
	})
}

func TestEmbedEndsWithItsContext(t *testing.T) {
	reason := errors.New("shutting down")
	tests := map[string]struct {
		context func(context.Context) (context.Context, func())
		want    []error
		arrived int // at least
	}{
		"cancelled in the middle": {func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(2500*time.Millisecond, func() { cancel(reason) })
			return ctx, func() {}
		}, []error{context.Canceled, reason}, 8},
		"deadline in the middle": {func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithTimeout(ctx, 2500*time.Millisecond)
			return ctx, cancel
		}, []error{context.DeadlineExceeded}, 8},
		"cancelled before": {func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, []error{context.Canceled}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inEmbedBubble(t, aSecond, func(t *testing.T, c *bedrock.Client, _ *bedrocktest.Server) {
				ctx, done := tt.context(t.Context())
				defer done()
				texts, _ := numbered(50)
				start := time.Now()
				got, err := c.Embed(ctx, titanV2Model, texts)
				var which *bedrock.EmbedError
				var e *bedrock.Error
				if !errors.As(err, &e) || !errors.As(err, &which) || which.First < tt.arrived || time.Since(start) > 3*time.Second {
					t.Errorf("%v after %v", err, time.Since(start))
				}
				for _, want := range tt.want {
					if !errors.Is(err, want) {
						t.Errorf("%v is not %v", err, want)
					}
				}
				for i, v := range got.Vectors {
					if (v != nil) != (i < tt.arrived) {
						t.Errorf("text %d has vector %v, want those of %d texts", i, v, tt.arrived)
					}
				}
			})
		})
	}
}

func TestEmbedTellsProgress(t *testing.T) {
	inEmbedBubble(t, randomDelay, func(t *testing.T, c *bedrock.Client, _ *bedrocktest.Server) {
		texts, _ := numbered(200)
		var mu sync.Mutex
		last, told := 0, 0
		_, err := c.Embed(t.Context(), cohereV4Model, texts, bedrock.EmbedProgress(func(done, total int) {
			if !mu.TryLock() {
				t.Error("two at once")
				return
			}
			defer mu.Unlock()
			if time.Sleep(time.Second); done <= last || total != len(texts) { // all calls end meanwhile
				t.Errorf("%d of %d after %d", done, total, last)
			}
			last, told = done, told+1
		}))
		if err != nil || last != len(texts) || told != 3 {
			t.Errorf("told %d times, at last %d, %v, want 3 and %d", told, last, err, len(texts))
		}
	})
}

func TestPanicOfEmbedProgressReachesTheCaller(t *testing.T) {
	inEmbedBubble(t, randomDelay, func(t *testing.T, c *bedrock.Client, srv *bedrocktest.Server) {
		texts, _ := numbered(50)
		func() {
			defer func() {
				if r := recover(); r != "enough" {
					t.Errorf("recovered %v, want the callback's panic", r)
				}
			}()
			_, err := c.Embed(t.Context(), titanV2Model, texts, bedrock.EmbedProgress(func(int, int) { panic("enough") }))
			t.Errorf("Embed returned %v", err)
		}()
		sent := len(srv.Requests())
		time.Sleep(time.Minute)
		if n := len(srv.Requests()); sent > 4 || n != sent {
			t.Errorf("%d requests, %d a minute later, want at most 4", sent, n)
		}
	})
}

// However Embed ends, its goroutines do too.
func TestEmbedLeavesNothing(t *testing.T) {
	texts, _ := numbered(40)
	failing, stalling := slices.Clone(texts), slices.Clone(texts)
	failing[1], failing[2] = "stall", "refused"
	stalling[3] = "stall"
	endings := map[string]func(*testing.T, *bedrock.Client){
		"success": func(t *testing.T, c *bedrock.Client) { c.Embed(t.Context(), titanV2Model, texts) },
		"failure": func(t *testing.T, c *bedrock.Client) { c.Embed(t.Context(), titanV2Model, failing) },
		"cancel": func(t *testing.T, c *bedrock.Client) {
			ctx, cancel := context.WithCancel(t.Context())
			c.Embed(ctx, titanV2Model, stalling, bedrock.EmbedProgress(func(done, total int) {
				if done == total-1 {
					cancel()
				}
			}))
		},
		"panic": func(t *testing.T, c *bedrock.Client) {
			defer func() { recover() }()
			c.Embed(t.Context(), titanV2Model, stalling, bedrock.EmbedProgress(func(done, _ int) { panic(strconv.Itoa(done)) }))
		},
	}
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := bedrocktest.NewPipeServer()
				defer srv.Close()
				srv.Handle(func(r *bedrocktest.Request) bedrocktest.Response {
					if textsOf(r)[0] == "stall" {
						return bedrocktest.NoReply(bedrocktest.Stall)
					}
					return embedNumbers(r)
				})
				c := srv.Client()
				wantNothingLeft(t, bubbled, bubbled, func() { end(t, c) })
			})
		})
	}
}
