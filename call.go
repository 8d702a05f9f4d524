package bedrock

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/bedrock/internal/hint"
	"example.com/bedrock/internal/kind"
	"example.com/bedrock/internal/wholebody"
)

// call is one API call, all its attempts. It lives in the middlewares of its stack, and
// on errors, where the retryer finds it.
type call struct {
	*origin
	ctx      context.Context
	input    any    // the SDK's input struct
	op       string // this and the next three are known by identify
	model    string
	region   string
	uncapped bool // Converse without MaxTokens
	start    time.Time
	attempts int
	cause    *attemptError // of the last attempt that the context didn't end
	wait     time.Duration // before the next attempt
	drawn    int           // attempts when wait was drawn
}

// origin is what a call's client tells about it.
type origin struct {
	log            *slog.Logger // nil: none
	customEndpoint bool
	apiKey         bool // bearer authentication
	shadowed       bool // AWS_BEARER_TOKEN_BEDROCK beats credentials
}

// install adds this package's middlewares to a stack, which the SDK builds anew for
// every call. The bidirectional stream gets one attempt alone: a retried handshake
// writes into the first one's pipe and hangs past the deadline.
func (s settings) install(from *origin, skew *atomic.Int64) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		if stack.ID() == opBidirectional {
			return attemptOnce(stack, skew)
		}
		k := &call{origin: from}
		if err := k.install(stack, skew); err != nil {
			return err
		}
		if stack.ID() == opConverseStream || stack.ID() == opInvokeStream {
			return guard{k, s.stall, s.unmarkedEnd}.install(stack)
		}
		return stack.Deserialize.Add(wholebody.Middleware{Lost: newLostBody}, middleware.After)
	}
}

func attemptOnce(s *middleware.Stack, skew *atomic.Int64) error {
	if _, ok := s.Finalize.Get("Retry"); !ok { // removed by the caller
		return nil
	}
	once := retry.NewAttemptMiddleware(aws.NopRetryer{}, smithyhttp.RequestCloner)
	once.ClientSkew = skew
	_, err := s.Finalize.Swap("Retry", once)
	return err
}

// install puts one middleware around the SDK's retry loop and one inside, and makes the
// loop share what it learns of the clock.
func (k *call) install(s *middleware.Stack, skew *atomic.Int64) error {
	if err := s.Initialize.Add(callMiddleware{k}, middleware.Before); err != nil {
		return err
	}
	found, ok := s.Finalize.Get("Retry")
	if attempt, ok := found.(*retry.Attempt); ok {
		attempt.ClientSkew = skew
	}
	if !ok { // removed by the caller
		return s.Finalize.Add(attemptMiddleware{k}, middleware.Before)
	}
	return s.Finalize.Insert(attemptMiddleware{k}, "Retry", middleware.After)
}

// callMiddleware is around all attempts.
type callMiddleware struct{ call *call }

func (callMiddleware) ID() string { return "BedrockCall" }

func (m callMiddleware) HandleInitialize(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	k := m.call
	k.ctx, k.input, k.start = ctx, in.Parameters, time.Now()
	out, md, err := next.HandleInitialize(ctx, in)
	if err == nil {
		return out, md, nil
	}
	var last *attemptError
	if err = withContextCause(ctx, err); k.cause != nil && !(errors.As(err, &last) && last == k.cause) {
		err = &causeError{err, k.cause}
	}
	if k.log != nil {
		k.logFailure(k.report(err))
	}
	return out, md, &callError{err, k}
}

// modelOf tells the model of an SDK input, and whether its reply has no bound.
func modelOf(input any) (model string, uncapped bool) {
	open := func(c *types.InferenceConfiguration) bool { return c == nil || c.MaxTokens == nil }
	switch in := input.(type) {
	case *bedrockruntime.ConverseInput:
		return aws.ToString(in.ModelId), open(in.InferenceConfig)
	case *bedrockruntime.ConverseStreamInput:
		return aws.ToString(in.ModelId), open(in.InferenceConfig)
	case *bedrockruntime.InvokeModelInput:
		return aws.ToString(in.ModelId), false
	case *bedrockruntime.InvokeModelWithResponseStreamInput:
		return aws.ToString(in.ModelId), false
	case *bedrockruntime.CountTokensInput:
		return aws.ToString(in.ModelId), false
	}
	return "", false
}

// attemptMiddleware is inside the SDK's retry loop.
type attemptMiddleware struct{ call *call }

func (attemptMiddleware) ID() string { return "BedrockAttempt" }

func (m attemptMiddleware) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	k := m.call
	if k.attempts++; k.ctx == nil { // the caller took callMiddleware away
		k.ctx, k.start = ctx, time.Now()
	}
	out, md, err := next.HandleFinalize(ctx, in)
	if err == nil {
		return out, md, nil
	}
	failed := &attemptError{err, k}
	if !isCanceled(err) {
		k.cause = failed
	}
	return out, md, failed
}

// attemptError takes the call to the retryer, which has no context.
type attemptError struct {
	error
	call *call
}

func (e *attemptError) Unwrap() error { return e.error }

// callError takes the call to whoever reports the error.
type callError struct {
	error
	call *call
}

func (e *callError) Unwrap() error { return e.error }

// withContextCause adds context.Cause(ctx) to an error that the end of ctx caused.
func withContextCause(ctx context.Context, err error) error {
	var has *endedError
	cause := context.Cause(ctx)
	if ctx.Err() == nil || cause == ctx.Err() || !errors.Is(err, ctx.Err()) || errors.As(err, &has) {
		return err
	}
	return &endedError{err, cause}
}

// endedError is the error of a context that has a cause of its own. errors.Is finds the
// cause, but never as one of this package's sentinels: the cause of an errgroup's
// context is another call's failure.
type endedError struct {
	error
	cause error
}

func (e *endedError) Unwrap() error { return e.error }

func (e *endedError) Is(target error) bool {
	return !kind.Is(target) && errors.Is(e.cause, target)
}

// causeError is an error that ended a call between or during attempts, and what
// the last attempt had failed with.
type causeError struct{ err, cause error }

func (e *causeError) Error() string   { return fmt.Sprintf("%v; last attempt: %v", e.err, e.cause) }
func (e *causeError) Unwrap() []error { return []error{e.cause, e.err} }

// identify works out what only reports ask for.
func (k *call) identify() {
	if k.op == "" {
		k.op, k.region = middleware.GetOperationName(k.ctx), awsmiddleware.GetRegion(k.ctx)
		k.model, k.uncapped = modelOf(k.input)
	}
}

// report makes this package's error of one that ended the call.
func (k *call) report(err error) *Error {
	k.identify()
	e := &Error{Op: k.op, Model: k.model, Region: k.region, Attempts: k.attempts, Elapsed: time.Since(k.start), Err: err}
	e.describe()
	e.Hint = k.hint(e)
	return e
}

// hint says what to do about a well-known failure, "" when there is nothing to add.
func (k *call) hint(e *Error) string {
	return hint.For(hint.Failure{
		Op: e.Op, Model: e.Model, Region: e.Region, Code: e.Code, Message: e.Message, Events: e.Events, Attempts: k.attempts, Input: k.input, Err: e,
		NoIdentity: isIdentity(e.Err), CustomEndpoint: k.customEndpoint, APIKey: k.apiKey, Shadowed: k.shadowed, Uncapped: k.uncapped,
	})
}

// fail makes this package's error of one that the SDK returned, or of one found
// before or after it.
func (c *Client) fail(op, model string, start time.Time, err error) error {
	var known *callError
	if errors.As(err, &known) {
		return known.call.report(err)
	}
	k := &call{origin: &origin{log: c.settings.log}, op: op, model: model, region: c.Region(), start: start}
	e := k.report(err)
	k.logFailure(e)
	return e
}

func (k *call) logRetry(err error, wait time.Duration) {
	if k.log == nil {
		return
	}
	e := k.report(err)
	e.Hint = "" // said once, when the call fails
	k.log.LogAttrs(k.ctx, slog.LevelInfo, "bedrock: retrying", append(e.attrs(), slog.Duration("wait", wait))...)
}

func (k *call) logFailure(e *Error) {
	if k.log == nil {
		return
	}
	ctx, level, what := k.ctx, slog.LevelWarn, "bedrock: call failed"
	if ctx == nil {
		ctx = context.Background()
	}
	if ctx.Err() == context.Canceled && errors.Is(e.Err, context.Canceled) {
		level, what = slog.LevelInfo, "bedrock: call cancelled"
	}
	k.log.LogAttrs(ctx, level, what, append(e.attrs(), slog.Duration("elapsed", e.Elapsed))...)
}

// attrs are what both kinds of log lines have, as far as it is known.
func (e *Error) attrs() []slog.Attr {
	all := []slog.Attr{
		slog.String("operation", e.Op), slog.String("model", oneLine(e.Model)), slog.String("region", oneLine(e.Region)),
		slog.Int("attempts", e.Attempts), slog.Int("events", e.Events), slog.String("code", oneLine(e.Code)), slog.Int("status", e.HTTPStatus),
		slog.String("request_id", oneLine(e.RequestID)), slog.String("message", e.Message), slog.String("hint", e.Hint),
	}
	return slices.DeleteFunc(all, func(a slog.Attr) bool { return a.Value.Equal(slog.StringValue("")) || a.Value.Equal(slog.IntValue(0)) })
}
