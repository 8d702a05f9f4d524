package bedrock

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

const (
	defaultMaxAttempts = 10
	defaultMaxBackoff  = 20 * time.Second
	retryAfterLimit    = 5 * time.Second // by which a header may lengthen a wait
	retryQuota         = 500             // tokens that a client's retries may draw between successes
	retryCost          = 5               // tokens that a retry draws after a fault that is no throttle
)

// policy is one client's retryer: the SDK's own, with the options of [settings.retryer],
// and what the SDK's lacks. It gives up at once where the context's deadline falls before
// the next attempt, and heeds Retry-After.
type policy struct {
	aws.RetryerV2                     // the SDK's, or the caller's own
	own           bool                // the caller's own: used as it is
	adaptive      *retry.AdaptiveMode // nil: AWS_RETRY_MODE doesn't ask for it
}

// retryer returns the SDK's standard retryer as this package sets it up. Throttles don't
// draw on the quota: only successes refill it, and the SDK's 5 tokens a throttle would fail
// the 101st retry of calls that are throttled at once. Other faults do, so an outage fails
// fast.
func (s settings) retryer(quota retry.RateLimiter) aws.RetryerV2 {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = s.maxAttempts, s.maxBackoff
		o.RateLimiter, o.RetryCost, o.ThrottlingRetryCost = quota, retryCost, 0
		o.Retryables = append([]retry.IsErrorRetryable{isRetryable}, o.Retryables...)
		o.Throttles = append([]retry.IsErrorThrottle{isThrottle}, o.Throttles...)
	})
}

// newAdaptive returns the SDK's limiter of the rate of attempts, of which a client and
// all derived from it share one.
func newAdaptive(mode aws.RetryMode) *retry.AdaptiveMode {
	if mode != aws.RetryModeAdaptive {
		return nil
	}
	return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
		o.Throttles = append([]retry.IsErrorThrottle{isThrottle}, o.Throttles...)
	})
}

// isRetryable reads the judgement, unless whoever wrapped it knows better: the SDK does
// when it has corrected the clock.
var isRetryable = retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
	f := failureOf(err)
	if f == nil {
		return aws.UnknownTernary
	}
	for ; err != nil && err != f; err = errors.Unwrap(err) {
		if r, ok := err.(interface{ RetryableError() bool }); ok {
			return aws.BoolTernary(r.RetryableError())
		}
	}
	return aws.BoolTernary(f.verdict != final)
})

var isThrottle = retry.IsErrorThrottleFunc(func(err error) aws.Ternary {
	if f := failureOf(err); f != nil {
		return aws.BoolTernary(f.verdict == throttled)
	}
	return aws.UnknownTernary
})

// IsErrorRetryable shows a caller's own retryer what the SDK would show it. The failure of
// a reply that began well tells its own verdict.
func (p *policy) IsErrorRetryable(err error) bool {
	if f, ok := err.(*failure); p.own && ok {
		err = f.err
	}
	return p.RetryerV2.IsErrorRetryable(err)
}

// GetAttemptToken waits in adaptive mode until the next request may be sent.
func (p *policy) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	if p.adaptive == nil {
		return p.RetryerV2.GetAttemptToken(ctx)
	}
	quota, err := p.RetryerV2.GetAttemptToken(ctx)
	if err != nil {
		return nil, err
	}
	rate, err := p.adaptive.GetAttemptToken(ctx)
	if err != nil {
		return nil, err
	}
	return func(err error) error { return errors.Join(rate(err), quota(err)) }, nil
}

// GetRetryToken draws the wait before the next attempt, and gives up where the context's
// deadline falls before it, at no cost to the quota.
func (p *policy) GetRetryToken(ctx context.Context, err error) (func(error) error, error) {
	f := failureOf(err)
	if f == nil || p.own {
		return p.RetryerV2.GetRetryToken(ctx, err)
	}
	if _, err := p.drawWait(f, err); err != nil {
		return nil, err
	}
	release, err := p.RetryerV2.GetRetryToken(ctx, err)
	if holds[ratelimit.QuotaExceededError](err) {
		f.next.giveUp("gave up: the client's retry quota is used up")
	}
	return release, err
}

// RetryDelay returns the wait. The SDK would lengthen it once more by X-Amz-Retry-After,
// which is taken out of the response here.
func (p *policy) RetryDelay(attempt int, err error) (time.Duration, error) {
	f := failureOf(err)
	if f == nil {
		return p.RetryerV2.RetryDelay(attempt, err)
	}
	if p.own {
		wait, waitErr := p.RetryerV2.RetryDelay(attempt, err)
		if waitErr == nil {
			f.call.logRetry(f, wait)
		}
		return wait, waitErr
	}
	wait, late := p.drawWait(f, err) // again, where a retryer around this one has its own tokens
	if late != nil {
		return 0, errors.Join(err, late)
	}
	f.next.heeded(headerOf(f))
	f.call.logRetry(f, wait)
	return wait, nil
}

// drawWait draws once how long to wait after a failed attempt: the SDK's exponential
// backoff with full jitter, lengthened by what the service asks for. It gives up where the
// caller's context has ended, or its deadline falls before the end of the wait.
func (p *policy) drawWait(f *failure, err error) (time.Duration, error) {
	n, ctx := &f.next, f.call.ctx
	n.mu.Lock()
	defer n.mu.Unlock()
	if ctx.Err() != nil {
		n.gaveUp = endText(ctx)
		return 0, ctx.Err()
	}
	if !n.drawn {
		backoff, err := p.RetryerV2.RetryDelay(f.attempts, err)
		if err != nil {
			return 0, err
		}
		n.wait, n.drawn = min(max(backoff, retryAfter(headerOf(f))), backoff+retryAfterLimit), true
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < n.wait {
		n.gaveUp = fmt.Sprintf("gave up: the context's deadline falls before the next attempt in %v", n.wait.Round(time.Millisecond))
		return 0, fmt.Errorf("%s: %w", n.gaveUp, context.DeadlineExceeded)
	}
	return n.wait, nil
}

// nextAttempt is what the retryer plans after a failure.
type nextAttempt struct {
	mu     sync.Mutex
	wait   time.Duration // before the attempt
	drawn  bool          // wait has been drawn
	hidden bool          // X-Amz-Retry-After is out of the answer
	gaveUp string        // why there is no attempt, though one might have helped
}

// heeded takes X-Amz-Retry-After out of an answer, once: it is in the wait.
func (n *nextAttempt) heeded(h http.Header) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.hidden {
		h.Del("X-Amz-Retry-After")
	}
	n.hidden = true
}

func (n *nextAttempt) giveUp(why string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.gaveUp = why
}

// why says why there was no next attempt, "" unless it was given up.
func (n *nextAttempt) why() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.gaveUp
}

// headerOf returns the header of the answer that an attempt failed with, nil without one.
func headerOf(f *failure) http.Header {
	if response := responseOf(f.err); response != nil {
		return response.Header
	}
	return nil
}

// retryAfter is how long the service asks to wait: by X-Amz-Retry-After in milliseconds,
// else by Retry-After in seconds or as a date of the service's clock. 0: it doesn't ask.
func retryAfter(h http.Header) time.Duration {
	if d, ok := countUnits(h.Get("X-Amz-Retry-After"), time.Millisecond); ok {
		return d
	}
	asked := h.Get("Retry-After")
	if d, ok := countUnits(asked, time.Second); ok {
		return d
	}
	at, err := http.ParseTime(asked)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(0, at.Sub(now))
}

// countUnits reads a number of units, of which more than an hour is as good as an hour.
func countUnits(s string, unit time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || n < 0 { // n is the largest number then
		return 0, false
	}
	return time.Duration(min(n, int64(time.Hour/unit))) * unit, true
}
