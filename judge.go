package bedrock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/restjson"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/bedrock/internal/jsondoc"
)

// failure is what failed, judged once: the retryer, [Error], its sentinel and its hint,
// the log and the errors of [Client.SDK] all read this value, and nobody judges again.
//
// It takes the place of the error that it was made of, which errors.Is and errors.As still
// reach. Only [context.Canceled] and [context.DeadlineExceeded] are decided by the
// judgement alone: otherwise a dial that timed out would look like the end of the caller's
// context.
//
// A failure doesn't change, but for the plan of the next attempt: middlewares may keep it
// and return it once more, in other calls too.
type failure struct {
	judgement
	err  error    // as the SDK, the connection or this package tells it
	call *call    // nil: outside of any
	last *failure // the attempt that failed before the caller's context ended the call
	next nextAttempt
}

// judgement is what a failure was.
type judgement struct {
	kind, also error // sentinels; nil of none
	verdict    verdict
	by         basis

	code      string // AWS's spelling, "" without one
	message   string // one line, without the client's secrets
	status    int    // 0: no answer
	requestID string
	attempts  int    // made until then
	events    int    // delivered by a stream before
	hint      string // what to do, where the judgement itself tells
	connect   bool   // no connection could be made
}

// verdict says whether another attempt may help.
type verdict int

const (
	final     verdict = iota // it can't
	passing                  // a fault that it may not meet
	throttled                // a throttle: the longer backoff, and free of the retry quota
)

// basis is what a judgement rests on. The first four are asked in this order.
type basis string

const (
	byContext     basis = "context"     // the caller's, or one that a middleware derived, which ended
	byCredentials basis = "credentials" // which could not be had
	byCode        basis = "code"
	byStatus      basis = "status"
	bySending     basis = "sending" // the cause of a request that was not sent or not answered
	byReply       basis = "reply"   // one that began well and is of no use
	byInput       basis = "input"   // refused before sending
	byCaller      basis = "caller"  // an error of a middleware of the caller's
)

// judge judges an attempt of the call, or what failed before the first.
func (k *call) judge(ctx context.Context, err error) *failure {
	f := &failure{err: err, call: k}
	f.attempts = k.attempts
	f.readAnswer()
	switch {
	case endedBy(ctx, err):
		f.by, f.code, f.message = byContext, "", endText(ctx)
	case isCanceled(err): // by a context that a middleware derived
		f.by, f.code, f.message = byContext, "", innermost(err).Error()
	case strings.HasPrefix(innermost(err).Error(), "get identity: "): // of a provider for this operation alone
		f.by, f.kind, f.message = byCredentials, ErrCredentials, k.clean(withoutOutput(innermost(err).Error()))
	case f.judgeAnswer():
	case holds[smithy.InvalidParamsError](err):
		f.by, f.kind = byInput, ErrInvalid
	case holds[*smithy.DeserializationError](err):
		f.by, f.kind = byReply, ErrEmptyReply
		if f.status/100 == 2 { // the SDK's own text quotes the answer
			f.message = "the answer is not what this SDK can decode"
		}
	case f.judgeSending():
	default:
		f.by, f.verdict = byCaller, verdictOfSDK(err)
	}
	if f.message == "" {
		f.message = f.words()
	}
	return f
}

// holds reports whether an error is, or wraps, a T.
func holds[T error](err error) bool {
	var t T
	return errors.As(err, &t)
}

// endedBy reports whether an error comes of the end of the caller's context.
func endedBy(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, ctx.Err()) || isCanceled(err))
}

// isCanceled reports whether the SDK says that a context has ended.
func isCanceled(err error) bool {
	var canceled interface{ CanceledError() bool }
	return errors.As(err, &canceled) && canceled.CanceledError()
}

// endText says how a context ended, with its cause where it has one.
func endText(ctx context.Context) string {
	if cause := context.Cause(ctx); cause != ctx.Err() {
		return ctx.Err().Error() + ": " + oneLine(cause.Error())
	}
	return ctx.Err().Error()
}

// readAnswer takes from the error what the service said, cleaned.
func (f *failure) readAnswer() {
	if answer, ok := f.err.(*awshttp.ResponseError); ok {
		f.requestID = f.call.clean(answer.ServiceRequestID())
	} else if id := (interface{ ServiceRequestID() string })(nil); errors.As(f.err, &id) {
		f.requestID = f.call.clean(id.ServiceRequestID())
	}
	if response := responseOf(f.err); response != nil {
		if f.status = response.StatusCode; f.status/100 != 2 {
			f.code = response.Header.Get("X-Amzn-Errortype") // if the body was lost
		}
	}
	var api smithy.APIError
	if errors.As(f.err, &api) {
		f.code, f.message = api.ErrorCode(), api.ErrorMessage()
	}
	const none = "UnknownError" // the SDK's word for no code and for no message
	if f.code = restjson.SanitizeErrorCode(f.code); f.code == none {
		f.code = ""
	}
	if f.message == none {
		f.message = ""
	}
	f.code, f.message = f.call.clean(f.code), f.call.clean(f.message)
}

// responseOf returns the answer that an attempt failed with, nil without one.
func responseOf(err error) *smithyhttp.Response {
	answer, ok := err.(*awshttp.ResponseError)
	if ok {
		return answer.Response
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.Response != nil && response.Response.Response != nil {
		return response.Response
	}
	return nil
}

// judgeAnswer judges by the error code, else by the HTTP status. It is false where the
// service said neither.
func (f *failure) judgeAnswer() bool {
	known, isKnown := codes[strings.ToLower(f.code)]
	f.kind, f.also = kindOf(f.code, strings.ToLower(f.message), f.status)
	switch {
	case f.kind == nil && f.code == "":
		return false
	case f.kind == nil: // an exception in a stream that nobody knows
		f.by = byCode
		return true
	}
	f.by = byStatus
	if isKnown {
		f.by, f.code = byCode, known.name
		if f.status < 400 { // an exception in a stream
			f.status = known.status
		}
	}
	switch {
	case f.says("too many tokens per day"): // no wait helps
	case f.kind == ErrThrottled:
		f.verdict = throttled
	case f.kind != ErrUnavailable:
	case f.says(throttleTexts...):
		f.verdict = throttled
	case f.by == byCode, f.status == http.StatusTooEarly, isTransientStatus(f.status):
		f.verdict = passing
	}
	if f.kind == ErrAccessDenied && f.call.usesAPIKey() && f.says(apiKeyTexts...) {
		f.kind, f.also = ErrCredentials, ErrAccessDenied
	}
	return true
}

// Texts by which Bedrock asks to slow down under a code or a status of another kind, and
// by which it refuses an API key, lower case.
var (
	throttleTexts = []string{"please wait", "too many", "throttl"}
	apiKeyTexts   = []string{"api key", "bearer token", "expired"}
)

func isTransientStatus(status int) bool {
	_, ok := retry.DefaultRetryableHTTPStatusCodes[status]
	return ok
}

// verdictOfSDK leaves the verdict to the SDK's own rules.
func verdictOfSDK(err error) verdict {
	if retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err).Bool() {
		return passing
	}
	return final
}

// judgeSending judges a request that was not sent, or whose answer never came. It is false
// for an error that is neither of the network nor of the HTTP client.
func (f *failure) judgeSending() bool {
	fault := judgeSending(f.err, f.call.usesAPIKey())
	f.set(fault)
	return fault.kind != nil
}

func (f *failure) set(fault sendFault) {
	f.by, f.kind, f.hint, f.message, f.connect = bySending, fault.kind, fault.hint, fault.why, fault.connect
	if fault.retry {
		f.verdict = passing
	}
}

// words are the message where the service sent none: the cause in one line, or the
// status's name.
func (f *failure) words() string {
	if f.status == 0 || f.by == byInput || f.by == byCaller {
		return f.call.clean(innermost(f.err).Error())
	}
	if words := http.StatusText(f.status); words != "" {
		return words
	}
	return "an answer without a message"
}

// innermost strips what the SDK wraps around a cause and [Error] says in fields.
func innermost(err error) error {
	for {
		switch err.(type) {
		case *smithy.OperationError, *smithyhttp.ResponseError, *smithyhttp.RequestSendError, *smithy.CanceledError, interface{ ServiceRequestID() string }:
			if inner := errors.Unwrap(err); inner != nil {
				err = inner
				continue
			}
		}
		return err
	}
}

// refused is an error found before anything is sent.
func refused(err error) *failure {
	f := &failure{err: err, judgement: judgement{by: byInput, kind: ErrInvalid, message: joined(err.Error())}}
	if known := failureOf(err); known != nil {
		f.kind, f.also = known.kind, known.also
	}
	return f
}

// badReply is the failure of a response that began with success. cause may be nil.
func badReply(kind, cause error, requestID string, attempts int) *failure {
	f := &failure{err: kind, judgement: judgement{
		by: byReply, kind: kind, message: kindText(kind),
		status: http.StatusOK, requestID: requestID, attempts: attempts,
	}}
	switch {
	case kind == errDecoding: // whose text may quote the reply
		f.err, f.message = cause, f.message+": "+jsondoc.Text(cause)
	case cause != nil:
		f.err, f.message = cause, f.message+": "+oneLine(cause.Error())
	}
	return f
}

// cause is the failure that says what was wrong: the last attempt's, if the context ended
// the call.
func (f *failure) cause() *failure { return cmp.Or(f.last, f) }

// of returns the same judgement of an error that a call got, perhaps once more.
func (f *failure) of(k *call, err error) *failure {
	return &failure{judgement: f.judgement, err: err, call: k}
}

// failureOf finds the judgement in an error, nil if there is none.
func failureOf(err error) *failure {
	if f, ok := err.(*failure); ok {
		return f
	}
	var f *failure
	errors.As(err, &f)
	return f
}

// Error is what readers of [Client.SDK] see inside of the SDK's own texts.
func (f *failure) Error() string {
	switch {
	case f.last != nil:
		return fmt.Sprintf("%v; last attempt: %v", f.message, f.last)
	case f.by == byReply:
		return f.message + (&Error{HTTPStatus: f.status, Events: f.events, RequestID: f.requestID}).facts()
	case f.by == byCredentials, f.call == nil:
		return f.message
	}
	text := f.call.withoutSecrets(f.err.Error())
	return strings.ToValidUTF8(text[:min(len(text), maxForeign)], "")
}

// Is decides on sentinels and on the context's errors, and leaves the rest to what the
// failure was made of.
func (f *failure) Is(target error) bool {
	switch {
	case target == f.kind, target == f.also:
		return target != nil
	case f.by == byContext && !isSentinel(target) && f.call != nil && errors.Is(context.Cause(f.call.ctx), target):
		return true // but a sentinel: under errgroup the cause is another call's failure
	case (target == context.Canceled || target == context.DeadlineExceeded) && f.by != byContext:
		return false
	}
	return errors.Is(f.err, target) || f.last != nil && errors.Is(f.last, target)
}

// As finds what is in the attempt that failed before what ended the call.
func (f *failure) As(target any) bool {
	return f.last != nil && errors.As(f.last, target) || errors.As(f.err, target)
}

// says looks for lower-case texts in the message.
func (f *failure) says(texts ...string) bool {
	return containsAny(strings.ToLower(f.message), texts...)
}

// ServiceRequestID and HTTPStatusCode tell what the SDK's own errors do.
func (f *failure) ServiceRequestID() string { return f.requestID }
func (f *failure) HTTPStatusCode() int      { return f.status }

// ending says how the call ended, where the last attempt's cause doesn't: the context
// ended, or the retryer gave up.
func (f *failure) ending() string {
	if f.by == byContext && f.last != nil {
		return f.message
	}
	return f.next.why()
}

// endingOf is the ending of an error, of one made by hand too.
func endingOf(err error) string {
	if f := failureOf(err); f != nil {
		return f.ending()
	}
	if err == context.Canceled || err == context.DeadlineExceeded {
		return err.Error()
	}
	return ""
}

// RetryableError tells the verdict to a caller's own retryer too: all that the SDK offers
// ask for it.
func (f *failure) RetryableError() bool { return f.verdict != final }
