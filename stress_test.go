package bedrock_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

// Fifty callers share an account's 5 requests a second for 300 calls, over a minute of
// the bubble's time. Chance decides which of them meet ten throttles in a row, so four
// rounds are judged together.
func TestThrottledCallersSucceed(t *testing.T) {
	t.Parallel()
	const calls, rounds = 300, 4
	var total storm
	for range rounds {
		synctest.Test(t, func(t *testing.T) {
			s := runStorm(t, calls)
			t.Logf("%d of %d calls succeeded in %v, %.1f attempts each, %d requests in all, %d failures by the retry quota", s.succeeded.Load(), calls,
				s.took.Round(time.Second), float64(s.attempts.Load())/float64(s.succeeded.Load()), s.requests, s.quota.Load())
			total.succeeded.Add(s.succeeded.Load())
			total.quota.Add(s.quota.Load())
		})
	}
	if total.succeeded.Load() < calls*rounds*98/100 || total.quota.Load() > 0 {
		t.Errorf("%d of %d calls succeeded, %d failed by the retry quota", total.succeeded.Load(), calls*rounds, total.quota.Load())
	}
}

type storm struct {
	succeeded, attempts, quota atomic.Int64
	requests                   int
	took                       time.Duration
}

func runStorm(t *testing.T, calls int) *storm {
	const callers = 50
	srv := bedrocktest.NewPipeServer()
	defer srv.Close()
	srv.Limit(5, 5)
	c := srv.Client(bedrock.WithMaxBackoff(20 * time.Second))
	s, jobs, begin := &storm{}, make(chan int), time.Now()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range jobs {
				reply, err := c.Converse(context.Background(), benchModel, bedrock.Prompt("Hello"), bedrock.MaxTokens(100))
				var q ratelimit.QuotaExceededError
				switch {
				case err == nil:
					s.succeeded.Add(1)
					s.attempts.Add(int64(reply.Attempts))
				case errors.As(err, &q):
					s.quota.Add(1)
				case !errors.Is(err, bedrock.ErrThrottled):
					t.Error(err)
				}
			}
		})
	}
	for i := range calls {
		jobs <- i
	}
	close(jobs)
	wg.Wait()
	s.requests, s.took = len(srv.Requests()), time.Since(begin)
	return s
}

func TestThrottledModelLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := bedrocktest.NewPipeServer()
		defer srv.Close()
		srv.LimitModel("throttled.model", 0, 0)
		c := srv.Client(bedrock.WithMaxBackoff(20 * time.Second))
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				for ctx.Err() == nil {
					if _, err := c.Converse(ctx, "throttled.model", bedrock.Prompt("Hello")); !errors.Is(err, bedrock.ErrThrottled) && ctx.Err() == nil {
						t.Error(err)
					}
				}
			})
		}
		flaky := 0
		srv.Handle(func(*bedrocktest.Request) bedrocktest.Response { // one in three fails for a moment
			if flaky++; flaky%3 == 0 {
				return bedrocktest.Error("ServiceUnavailableException", "try again")
			}
			return bedrocktest.Text("Hello")
		})
		for range sampled(300, 60) {
			if _, err := c.Converse(ctx, benchModel, bedrock.Prompt("Hello")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(200 * time.Millisecond)
		}
		cancel()
		wg.Wait()
	})
}

// However a stream is left, nothing stays behind on its account.
func TestAbandonedStreamsLeaveNothing(t *testing.T) {
	long := bedrocktest.Text("One", " two", " three").CutAfter(3, bedrocktest.Stall)
	leave := map[string]func(*testing.T, *bedrock.Client){
		"break": func(t *testing.T, c *bedrock.Client) {
			for _, err := range openStream(t, context.Background(), c).Text() {
				if err != nil {
					t.Error(err)
				}
				break
			}
		},
		"panic in the loop": func(t *testing.T, c *bedrock.Client) {
			defer func() { recover() }()
			for range openStream(t, context.Background(), c).Events() {
				panic("in the loop")
			}
		},
		"Close": func(t *testing.T, c *bedrock.Client) { openStream(t, context.Background(), c).Close() },
		"cancelled context": func(t *testing.T, c *bedrock.Client) {
			ctx, cancel := context.WithCancel(context.Background())
			openStream(t, ctx, c)
			cancel()
		},
		"cancelled in the loop": func(t *testing.T, c *bedrock.Client) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			for _, err := range openStream(t, ctx, c).Text() {
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				cancel()
			}
		},
	}
	answer := func(*bedrocktest.Request) bedrocktest.Response { return long }
	for name, abandon := range leave {
		t.Run(name+" on HTTP/2", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := bedrocktest.NewPipeServer()
				defer srv.Close()
				srv.Handle(answer)
				c := srv.Client()
				wantNothingLeft(t, bubbled, bubbled, func() { abandon(t, c) })
			})
		})
		srv := bedrocktest.NewHTTP1Server()
		srv.Handle(answer)
		c := srv.Client()
		t.Run(name+" on HTTP/1.1", func(t *testing.T) { // not parallel: it counts goroutines
			var before int
			wantNothingLeft(t, func() int { before = calm(); return before }, func() int { return downTo(before) }, func() { abandon(t, c) })
		})
		srv.Close()
	}
}

// wantNothingLeft counts goroutines after do was done once and after it was done often.
// What it opens once, a connection, may stay.
func wantNothingLeft(t *testing.T, atFirst, atLast func() int, do func()) {
	t.Helper()
	do()
	before := atFirst()
	for range 20 {
		do()
	}
	if after := atLast(); after > before {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines, %d before:\n%s", after, before, stacks[:runtime.Stack(stacks, true)])
	}
}

// bubbled counts the goroutines of the bubble that it is called in, when each of them
// waits for another.
func bubbled() int {
	synctest.Wait()
	own, all := make([]byte, 100), make([]byte, 8<<20)
	_, rest, found := bytes.Cut(own[:runtime.Stack(own, false)], []byte("synctest bubble "))
	id, _, ended := bytes.Cut(rest, []byte("]"))
	if !found || !ended {
		panic("not in a bubble: " + string(own))
	}
	return bytes.Count(all[:runtime.Stack(all, true)], fmt.Appendf(nil, "synctest bubble %s]", id))
}

// calm waits until there have been no fewer goroutines for a while.
func calm() int {
	least, quiet := runtime.NumGoroutine(), 0
	for quiet < 100 {
		time.Sleep(time.Millisecond)
		n := runtime.NumGoroutine()
		if quiet++; n < least {
			least, quiet = n, 0
		}
	}
	return least
}

// downTo waits until there are at most want goroutines. Only a leak takes the minute.
func downTo(want int) int {
	for begin := time.Now(); runtime.NumGoroutine() > want && time.Since(begin) < time.Minute; {
		time.Sleep(time.Millisecond)
	}
	return runtime.NumGoroutine()
}

func openStream(t *testing.T, ctx context.Context, c *bedrock.Client) *bedrock.Stream {
	t.Helper()
	s, err := c.ConverseStream(ctx, benchModel, bedrock.Prompt("Hello"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// More streams at once than fit on a connection.
func TestManyStreamsAtOnce(t *testing.T) {
	t.Parallel()
	streams := sampled(1000, 300)
	synctest.Test(t, func(t *testing.T) {
		srv := bedrocktest.NewPipeServer()
		defer srv.Close()
		c := srv.Client()
		if _, err := readText(context.Background(), c); err != nil { // else as many connections race to be the first
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range streams {
			wg.Go(func() {
				want := fmt.Sprintf("stream %d says hello", i)
				s, err := c.ConverseStream(context.Background(), benchModel, bedrock.Prompt(want))
				if err != nil {
					t.Error(err)
					return
				}
				var got string
				for text, err := range s.Text() {
					if err != nil {
						t.Error(err)
					}
					got += text
				}
				if reply, err := s.Reply(); got != want || reply.Text() != want || err != nil {
					t.Errorf("%q arrived, want %q, error %v", got, want, err)
				}
			})
		}
		wg.Wait()
	})
}

// Streams through SDK() don't race with each other either.
func TestSDKStreamsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := bedrocktest.NewPipeServer()
		defer srv.Close()
		c := srv.Client()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if got, err := readSDK(context.Background(), c); got != "Hello" || err != nil {
					t.Error(got, err)
				}
			})
		}
		wg.Wait()
	})
}

func TestStreamClosedByAnother(t *testing.T) {
	t.Parallel()
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("One", " two").CutAfter(2, bedrocktest.Stall))
	s := openStream(t, context.Background(), srv.Client())
	var got string
	var last error
	for text, err := range s.Text() {
		got += text
		last = err
		if err == nil {
			go s.Close()
		}
	}
	if got != "One" || !errors.Is(last, net.ErrClosed) || errors.Is(last, bedrock.ErrTruncated) || errors.Is(last, bedrock.ErrUnavailable) {
		t.Errorf("%q, %v", got, last)
	}
	if reply, err := s.Reply(); reply.Text() != "One" || !errors.Is(err, net.ErrClosed) {
		t.Errorf("%q, %v", reply.Text(), err)
	}
}
