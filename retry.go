package bedrock

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/bedrock/internal/kind"
)

const (
	defaultMaxAttempts = 10
	defaultMaxBackoff  = 20 * time.Second
	throttleBase       = time.Second           // first backoff after a throttle
	faultBase          = 50 * time.Millisecond // first backoff after any other transient fault
	retryAfterLimit    = 5 * time.Second       // by which a header may lengthen a wait
	retryQuota         = 500                   // tokens that a client's retries may draw between successes
	retryCost          = 5                     // tokens that a retry draws after a fault that is no throttle
)

// verdict is what the policy says of a failed attempt.
type verdict int

const (
	undecided verdict = iota // the SDK's own rules decide
	throttled
	transient // a fault that another attempt may not meet
	final
)

// judge decides by code first, because an exception at the start of a stream
// comes with HTTP status 200.
func judge(err error) verdict {
	if isIdentity(err) { // the provider of the credentials has retried already
		return final
	}
	var code, message string
	var api smithy.APIError
	if errors.As(err, &api) {
		code, message = api.ErrorCode(), api.ErrorMessage()
	}
	if kind.IsDailyQuota(message) {
		return final
	}
	switch kind.Of(code, message) {
	case ErrThrottled:
		return throttled
	case ErrUnavailable:
		return transient
	case nil:
	default:
		return undecided
	}
	var status interface{ HTTPStatusCode() int }
	var lost *lostBody
	switch {
	case errors.As(err, &status) && status.HTTPStatusCode() == 429:
		return throttled
	case isResponseTimeout(err):
		return final
	case errors.As(err, &lost):
		return transient
	}
	return undecided
}

// isResponseTimeout reports whether a timeout of the HTTP client's own ended the
// wait for an answer: the model may be at work, and another attempt would be
// billed again. A connection that couldn't be made in time is no such case.
func isResponseTimeout(err error) bool {
	var network net.Error
	var op *net.OpError
	return errors.As(err, &network) && network.Timeout() && !isCanceled(err) &&
		!(errors.As(err, &op) && op.Op == "dial") && !strings.Contains(err.Error(), "TLS handshake timeout")
}

func isCanceled(err error) bool {
	var c interface{ CanceledError() bool }
	return errors.As(err, &c) && c.CanceledError()
}

// newRetryer returns the SDK's retryer, extended with what is retryable at Bedrock.
func newRetryer(mode aws.RetryMode) aws.RetryerV2 {
	standard := func(o *retry.StandardOptions) {
		o.RateLimiter, o.RetryCost = ratelimit.NewTokenRateLimit(retryQuota), retryCost
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
			switch judge(err) {
			case throttled, transient:
				return aws.TrueTernary
			case final:
				return aws.FalseTernary
			}
			return aws.UnknownTernary
		})}, o.Retryables...)
		o.Throttles = append([]retry.IsErrorThrottle{isThrottle}, o.Throttles...)
	}
	if mode == aws.RetryModeAdaptive {
		return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
			o.Throttles = append([]retry.IsErrorThrottle{isThrottle}, o.Throttles...)
			o.StandardOptions = append(o.StandardOptions, standard)
		})
	}
	return retry.NewStandard(standard)
}

var isThrottle = retry.IsErrorThrottleFunc(func(err error) aws.Ternary {
	if judge(err) == throttled {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
})

// policy is one client's retryer: its own bounds over a retryer, and thereby a
// retry quota, that derived clients share.
type policy struct {
	aws.RetryerV2      // the SDK's, or the caller's own
	own           bool // the caller's own: used as it is
	maxAttempts   int
	maxBackoff    time.Duration
}

func (p *policy) MaxAttempts() int {
	if p.own {
		return p.RetryerV2.MaxAttempts()
	}
	return p.maxAttempts
}

// GetRetryToken draws the wait before the next attempt, and gives up where the
// context's deadline falls before it, at no cost to the quota.
//
// Throttles don't draw on the retry quota, which only successes refill: it would fail
// the 51st concurrent throttled call. Other faults do, so that an outage fails fast.
func (p *policy) GetRetryToken(ctx context.Context, err error) (func(error) error, error) {
	var a *attemptError
	if !p.own && errors.As(err, &a) {
		if late := p.draw(a.call, err); late != nil {
			return nil, late
		}
	}
	if !p.own && judge(err) == throttled {
		return func(error) error { return nil }, nil
	}
	return p.RetryerV2.GetRetryToken(ctx, err)
}

// draw draws the wait before a call's next attempt.
func (p *policy) draw(k *call, err error) error {
	k.wait = lengthen(p.backoff(k.attempts, err), err)
	k.drawn = k.attempts
	if deadline, ok := k.ctx.Deadline(); ok && time.Until(deadline) < k.wait {
		return &deadlineError{k.wait}
	}
	return nil
}

// RetryDelay returns what GetRetryToken drew, or draws where a caller's retryer around
// this one has kept it from doing so.
func (p *policy) RetryDelay(attempt int, err error) (d time.Duration, _ error) {
	var a *attemptError
	known := errors.As(err, &a)
	if known && !p.own {
		if a.call.drawn != a.call.attempts {
			if late := p.draw(a.call, err); late != nil {
				return 0, errors.Join(err, late)
			}
		}
		a.call.logRetry(err, a.call.wait)
		return a.call.wait, nil
	}
	d, delayErr := p.RetryerV2.RetryDelay(attempt, err)
	if known && delayErr == nil {
		a.call.logRetry(err, d)
	}
	return d, delayErr
}

// backoff is drawn from U(0, min(cap, base·2ⁿ)), n = 0 before the first retry:
// full jitter, kept at the cap too.
func (p *policy) backoff(attempts int, err error) time.Duration {
	base := faultBase
	if judge(err) == throttled {
		base = throttleBase
	}
	limit := p.maxBackoff
	if n := attempts - 1; n < 30 && base<<n < limit {
		limit = base << n
	}
	return rand.N(limit + 1)
}

// lengthen heeds X-Amz-Retry-After (milliseconds) and Retry-After (seconds),
// within retryAfterLimit. It takes the first header out of the response, as the SDK would
// heed it once more.
func lengthen(d time.Duration, err error) time.Duration {
	var resp *smithyhttp.ResponseError
	if !errors.As(err, &resp) || resp.Response == nil || resp.Response.Response == nil {
		return d
	}
	bounded := func(value string, unit time.Duration) (time.Duration, bool) {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < 0 {
			return 0, false
		}
		asked := time.Duration(min(n, int64(time.Hour/unit))) * unit
		return min(max(d, asked), d+retryAfterLimit), true
	}
	asked := resp.Response.Header.Get("X-Amz-Retry-After")
	resp.Response.Header.Del("X-Amz-Retry-After")
	if wait, ok := bounded(asked, time.Millisecond); ok {
		return wait
	}
	if wait, ok := bounded(resp.Response.Header.Get("Retry-After"), time.Second); ok {
		return wait
	}
	return d
}

// deadlineError gives up a wait that the context's deadline would end. The SDK joins it
// to the attempt's error.
type deadlineError struct{ wait time.Duration }

func (e *deadlineError) Error() string {
	return fmt.Sprintf("gave up: the context's deadline falls before the next attempt in %v", e.wait.Round(time.Millisecond))
}

func (e *deadlineError) Unwrap() error { return context.DeadlineExceeded }
