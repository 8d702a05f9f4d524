package bedrock

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The API's operations, as the SDK names them.
const (
	opConverse       = "Converse"
	opCountTokens    = "CountTokens"
	opConverseStream = "ConverseStream"
	opInvoke         = "InvokeModel"
	opInvokeStream   = "InvokeModelWithResponseStream"
	opBidirectional  = "InvokeModelWithBidirectionalStream"
)

// call is one API call, all its attempts. It lives in the middlewares of its stack, and
// in its failures, where the retryer finds it.
type call struct {
	*origin
	ctx      context.Context
	input    any    // the SDK's input struct, until the call returns: it would be kept by streams and errors
	streams  bool   // the operation answers with a stream
	op       string // this and the next three are known by identify
	model    string
	region   string
	uncapped bool // Converse without MaxTokens
	start    time.Time
	attempts int
	signed   http.Header // of the last attempt's request
	failed   *failure    // the latest attempt, if it failed and the context didn't end it
	body     requestBody // of the request, for its first attempt
	bodyUsed bool        // body has been given away
	reply    checkedBody // of the last attempt, unless it streams
	reported *Error      // what the log has been told of the call's failure
	about    inputFacts  // of the input, which has been let go

	begun      time.Time     // the last attempt
	connecting time.Duration // spent on connections that could not be made
	renewed    bool          // the provider has been asked for other credentials
	resigned   bool          // a signature that was too old on arrival has been made anew
}

// origin is what a call knows of its client.
type origin struct {
	log            *slog.Logger // nil: none
	credentials    *watchedCredentials
	token          *watchedToken // nil where credentials sign
	customEndpoint bool
	shadowed       bool // AWS_BEARER_TOKEN_BEDROCK beats credentials
}

// usesAPIKey reports whether the client authenticates with an API key.
func (o *origin) usesAPIKey() bool { return o.token != nil }

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
		if k.streams = stack.ID() == opConverseStream || stack.ID() == opInvokeStream; k.streams {
			return guard{k, s.stall, s.unmarkedEnd}.install(stack)
		}
		return stack.Deserialize.Add(wholeReply{k}, middleware.After)
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
	loop, hasLoop := s.Finalize.Get("Retry")
	if attempt, ok := loop.(*retry.Attempt); ok {
		attempt.ClientSkew = skew
	}
	// As far inside as the attempt's credentials allow: the caller's interceptors and
	// middlewares see the judgement.
	switch _, resolvesAuth := s.Finalize.Get("ResolveAuthScheme"); {
	case resolvesAuth:
		return s.Finalize.Insert(attemptMiddleware{k}, "ResolveAuthScheme", middleware.Before)
	case hasLoop:
		return s.Finalize.Insert(attemptMiddleware{k}, "Retry", middleware.After)
	}
	return s.Finalize.Add(attemptMiddleware{k}, middleware.Before) // the caller removed the loop
}

// callMiddleware is around all attempts.
type callMiddleware struct{ call *call }

func (callMiddleware) ID() string { return "BedrockCall" }

func (m callMiddleware) HandleInitialize(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	k := m.call
	k.ctx, k.input, k.start = ctx, in.Parameters, time.Now()
	out, md, err := next.HandleInitialize(ctx, in)
	if err == nil {
		if k.streams { // whose failure may come yet
			k.identify()
		}
		k.input = nil
		return out, md, nil
	}
	f := failureOf(err)
	switch {
	case f == nil: // before, between or after the attempts
		f = k.judge(ctx, err)
	case f.call != k, f.by == byContext && k.failed != nil: // of another call, or to be completed
		f = f.of(k, err)
	}
	if f.by == byContext {
		f.last = k.failed
	}
	if f != failureOf(err) {
		err = f
	}
	k.identify()
	k.about, k.input = factsOf(k.input, f), nil
	if k.log != nil {
		k.reported = k.report(f, err)
		k.logFailure(k.reported)
	}
	return out, md, err
}

// attemptMiddleware is inside the SDK's retry loop.
type attemptMiddleware struct{ call *call }

func (attemptMiddleware) ID() string { return "BedrockAttempt" }

func (m attemptMiddleware) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	k := m.call
	if k.attempts++; k.ctx == nil { // the caller took callMiddleware away
		k.ctx, k.start = ctx, time.Now()
	}
	k.begun = time.Now()
	out, md, err := next.HandleFinalize(ctx, in)
	if err == nil {
		k.failed = nil
		return out, md, nil
	}
	return out, md, k.failAttempt(ctx, err)
}

// failAttempt judges an attempt's error, unless it has been judged where it arose.
func (k *call) failAttempt(ctx context.Context, err error) error {
	f := failureOf(err)
	if f == nil {
		f = k.judge(ctx, err)
	} else {
		f = f.of(k, err)
		f.attempts, f.message = k.attempts, k.clean(f.message)
		if id := (interface{ ServiceRequestID() string })(nil); f.requestID == "" && errors.As(err, &id) {
			f.requestID = id.ServiceRequestID()
		}
		f.requestID = k.clean(f.requestID)
	}
	if f.by != byContext {
		k.failed = f
	}
	k.anew(ctx, f)
	return f
}

// anew allows another attempt where one that is made anew may help: nothing was billed.
func (k *call) anew(ctx context.Context, f *failure) {
	switch {
	case f.connect:
		if k.connecting += time.Since(k.begun); k.connecting >= connectBound {
			f.verdict = final
		}
	case k.signed == nil || f.kind != ErrCredentials || f.by != byCode:
	case strings.HasPrefix(f.code, "ExpiredToken") && !k.renewed && k.credentials != nil && !k.usesAPIKey():
		if k.renewed = true; k.credentials.renew(ctx, k.signed) {
			f.verdict = passing
		}
	case f.says("signature expired") && !k.resigned:
		k.resigned, f.verdict = true, passing
	}
}

// modelOf tells the model of an SDK input, and whether its reply has no bound: the input
// is all that a call by [Client.SDK] shows.
func modelOf(input any) (model string, uncapped bool) {
	in := reflect.Indirect(reflect.ValueOf(input))
	if in.Kind() != reflect.Struct {
		return "", false
	}
	if f := in.FieldByName("ModelId"); f.IsValid() {
		id, _ := reflect.TypeAssert[*string](f)
		model = aws.ToString(id)
	}
	if f := in.FieldByName("InferenceConfig"); f.IsValid() {
		config, ok := reflect.TypeAssert[*types.InferenceConfiguration](f)
		uncapped = ok && (config == nil || config.MaxTokens == nil)
	}
	return model, uncapped
}

// identify works out what only reports ask for.
func (k *call) identify() {
	if k.op == "" {
		k.op, k.region = middleware.GetOperationName(k.ctx), awsmiddleware.GetRegion(k.ctx)
		k.model, k.uncapped = modelOf(k.input)
	}
}

// describe makes this package's error of a failure, without a hint.
func (k *call) describe(f *failure, err error) *Error {
	k.identify()
	e := &Error{
		Op: k.op, Model: k.model, Region: k.region, Attempts: max(k.attempts, f.attempts), Events: f.events,
		Elapsed: time.Since(k.start), Err: err,
	}
	f = f.cause()
	e.Code, e.Message, e.HTTPStatus, e.RequestID = f.code, f.message, f.status, f.requestID
	if f.call == nil { // found outside of the attempts
		e.Message, e.RequestID = k.clean(e.Message), k.clean(e.RequestID)
	}
	return e
}

// report makes this package's error of the failure that ended the call.
func (k *call) report(f *failure, err error) *Error {
	e := k.describe(f, err)
	e.Hint = hintFor(e, f.cause(), k)
	return e
}

// fail makes this package's error of one that the SDK returned, or of one found
// before or after it.
func (c *Client) fail(ctx context.Context, op, model string, start time.Time, err error) error {
	f := failureOf(err)
	if f != nil && f.call != nil && !f.call.start.Before(start) { // of this call, not one that is returned once more
		e := f.call.reported
		if e == nil {
			e = f.call.report(f, err)
		}
		e.Err = err
		return e
	}
	k := &call{origin: cmp.Or(c.origin, &origin{}), ctx: ctx, op: op, model: model, region: c.Region(), start: start}
	if f == nil {
		f = k.judge(ctx, err)
		err = f
	}
	e := k.report(f, err)
	k.logFailure(e)
	return e
}

func (k *call) logRetry(f *failure, wait time.Duration) {
	if k.log != nil {
		k.log.LogAttrs(k.ctx, slog.LevelInfo, "bedrock: retrying", append(k.describe(f, f).attrs(), slog.Duration("wait", wait))...)
	}
}

func (k *call) logFailure(e *Error) {
	if k.log == nil {
		return
	}
	ctx, level, what := k.ctx, slog.LevelWarn, "bedrock: call failed"
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
