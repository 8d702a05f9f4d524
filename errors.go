package bedrock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// What went wrong, for [errors.Is]. [Error] has the table of which AWS error code is which.
var (
	ErrThrottled     = errors.New("bedrock: throttled")
	ErrUnavailable   = errors.New("bedrock: service unavailable")
	ErrModelTimeout  = errors.New("bedrock: model timed out")
	ErrModelError    = errors.New("bedrock: model failed")
	ErrAccessDenied  = errors.New("bedrock: access denied")
	ErrCredentials   = errors.New("bedrock: credentials refused")
	ErrNotFound      = errors.New("bedrock: not found")
	ErrInvalid       = errors.New("bedrock: invalid request")
	ErrContextWindow = errors.New("bedrock: input too long for the model")         // is ErrInvalid too
	ErrNeedsProfile  = errors.New("bedrock: model needs an inference profile")     // is ErrInvalid too
	ErrTruncated     = errors.New("bedrock: reply ended before it was complete")   // see [Stream]
	ErrStalled       = errors.New("bedrock: stream stalled")                       // see [WithStallTimeout]
	ErrEmptyReply    = errors.New("bedrock: the service answered without a reply") // HTTP 200 and nothing usable in it
)

// sentinels are all of them.
var sentinels = []error{
	ErrThrottled, ErrUnavailable, ErrModelTimeout, ErrModelError, ErrAccessDenied, ErrCredentials, ErrNotFound,
	ErrInvalid, ErrContextWindow, ErrNeedsProfile, ErrTruncated, ErrStalled, ErrEmptyReply,
}

// Error is what every failed call of this package returns.
//
// [errors.As] reaches the SDK's own types through it (*types.ThrottlingException,
// *smithyhttp.ResponseError, …), and [errors.Is] tells what went wrong:
//
//	sentinel          AWS error code; HTTP status without a known code
//	ErrThrottled      ThrottlingException and the SDK's other throttle codes,
//	                  ModelNotReadyException, ServiceUnavailableException
//	                  "Model is getting throttled"; 429
//	ErrUnavailable    ServiceUnavailableException, InternalServerException,
//	                  InternalFailure; 5xx; no connection
//	ErrModelTimeout   ModelTimeoutException; 408
//	ErrModelError     ModelErrorException, ModelStreamErrorException; 424
//	ErrAccessDenied   AccessDeniedException, FTUFormNotFilled; 403
//	ErrCredentials    UnrecognizedClientException, InvalidSignatureException,
//	                  ExpiredTokenException, IncompleteSignature, …; 401; none found
//	ErrNotFound       ResourceNotFoundException; 404
//	ErrInvalid        ValidationException, ServiceQuotaExceededException,
//	                  ConflictException; other 4xx; refused before sending
//	ErrContextWindow  ValidationException about the length of the input
//	ErrNeedsProfile   ValidationException about on-demand throughput
//
// Codes are compared without regard to case. A context that ended shows as
// [context.Canceled] or [context.DeadlineExceeded], beside the last attempt's cause.
// Source: "Troubleshooting Amazon Bedrock API Error Codes" in the Amazon Bedrock User Guide.
type Error struct {
	Op         string        // API operation, "Converse"
	Model      string        // model id, inference profile or ARN as given
	Region     string        // region of the client
	Code       string        // AWS error code, "ThrottlingException"; empty when AWS sent none
	Message    string        // the service's message, or the cause in one line
	HTTPStatus int           // of the last answer, or what AWS documents for an exception in a stream; 0: no answer
	RequestID  string        // AWS request id of the last answer, for AWS support
	Attempts   int           // requests sent; 0: refused before sending
	Events     int           // stream events delivered before the failure
	Elapsed    time.Duration // from the start of the call, waits included
	Hint       string        // what to do about it, where that is well known
	Err        error         // the cause
}

// Error returns one line. It holds the request id and the elapsed time: compare Code,
// or use errors.Is, in tests.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "bedrock: %s", e.Op)
	if e.Model != "" {
		fmt.Fprintf(&b, " %s", oneLine(e.Model))
	}
	if e.Region != "" {
		fmt.Fprintf(&b, " in %s", oneLine(e.Region))
	}
	b.WriteString(": ")
	if e.Code != "" {
		b.WriteString(oneLine(e.Code) + ": ")
	}
	b.WriteString(oneLine(e.Message))
	if how := ending(e.Err); how != "" && !strings.Contains(e.Message, how) {
		b.WriteString("; " + how)
	}
	b.WriteString(e.facts())
	if e.Hint != "" {
		b.WriteString(": " + oneLine(e.Hint))
	}
	return b.String()
}

// facts are what a person looks for in a log, in brackets.
func (e *Error) facts() string {
	var f []string
	if e.HTTPStatus != 0 {
		f = append(f, fmt.Sprintf("HTTP %d", e.HTTPStatus))
	}
	if e.Attempts > 1 {
		f = append(f, fmt.Sprintf("%d attempts", e.Attempts))
	}
	if e.Events > 0 {
		f = append(f, fmt.Sprintf("after %d events", e.Events))
	}
	if e.Elapsed >= time.Millisecond {
		f = append(f, e.Elapsed.Round(time.Millisecond).String())
	}
	if e.RequestID != "" {
		f = append(f, "request "+oneLine(e.RequestID))
	}
	if f == nil {
		return ""
	}
	return " (" + strings.Join(f, ", ") + ")"
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is tells whether the error is of the kind that a sentinel names.
func (e *Error) Is(target error) bool {
	k := e.kind()
	return k != nil && (target == k || target == ErrInvalid && (k == ErrContextWindow || k == ErrNeedsProfile))
}

func (e *Error) kind() error {
	for _, own := range []error{ErrTruncated, ErrStalled, ErrEmptyReply, ErrInvalid, ErrCredentials} {
		if errors.Is(e.Err, own) {
			return own
		}
	}
	if k := kindOf(e.Code, e.Message); k != nil {
		return k
	}
	if k := kindOfStatus(e.HTTPStatus); k != nil {
		return k
	}
	return kindOfCause(e.Err)
}

// codeInfo is what is known about an AWS error code: its spelling, the HTTP
// status that AWS documents for it, and the sentinel.
type codeInfo struct {
	name   string
	status int
	kind   error
}

// codes by lower-case spelling, in which they arrive now and then.
var codes = func() map[string]codeInfo {
	all := []codeInfo{
		{"ModelNotReadyException", 429, ErrThrottled},
		{"ServiceUnavailableException", 503, ErrUnavailable},
		{"InternalServerException", 500, ErrUnavailable},
		{"InternalServerError", 500, ErrUnavailable},
		{"InternalFailure", 500, ErrUnavailable},
		{"ServiceUnavailable", 503, ErrUnavailable},
		{"ModelTimeoutException", 408, ErrModelTimeout},
		{"ModelErrorException", 424, ErrModelError},
		{"ModelStreamErrorException", 424, ErrModelError},
		{"AccessDeniedException", 403, ErrAccessDenied},
		{"FTUFormNotFilled", 404, ErrAccessDenied},
		{"UnrecognizedClientException", 403, ErrCredentials},
		{"InvalidSignatureException", 403, ErrCredentials},
		{"ExpiredTokenException", 403, ErrCredentials},
		{"ExpiredToken", 403, ErrCredentials},
		{"InvalidClientTokenId", 403, ErrCredentials},
		{"SignatureDoesNotMatch", 403, ErrCredentials},
		{"MissingAuthenticationToken", 403, ErrCredentials},
		{"MissingAuthenticationTokenException", 403, ErrCredentials},
		{"IncompleteSignature", 400, ErrCredentials},
		{"IncompleteSignatureException", 400, ErrCredentials},
		{"ResourceNotFoundException", 404, ErrNotFound},
		{"ValidationException", 400, ErrInvalid},
		{"ServiceQuotaExceededException", 400, ErrInvalid},
		{"ConflictException", 400, ErrInvalid},
	}
	for name := range retry.DefaultThrottleErrorCodes {
		all = append(all, codeInfo{name, 429, ErrThrottled})
	}
	m := make(map[string]codeInfo, len(all))
	for _, c := range all {
		m[strings.ToLower(c.name)] = c
	}
	return m
}()

// Texts by which Bedrock says that the input is too long, lower case. From
// recorded traffic and users' reports; the code is ValidationException.
var tooLongTexts = []string{
	"input is too long", "input tokens exceeded", "prompt is too long", "exceed context limit",
	"too many total text bytes", "too many input tokens", "maximum context length", "exceeds the maximum number of tokens",
}

// kindOf judges by code first: a throttle that says "too many tokens" is no
// context overflow.
func kindOf(code, message string) error {
	info := codes[strings.ToLower(code)]
	switch {
	case info.name == "ServiceUnavailableException" && containsFold(message, "model is getting throttled"):
		return ErrThrottled
	case info.name != "ValidationException":
		return info.kind
	case containsFold(message, "on-demand throughput"):
		return ErrNeedsProfile
	}
	for _, text := range tooLongTexts {
		if containsFold(message, text) {
			return ErrContextWindow
		}
	}
	return ErrInvalid
}

func kindOfStatus(status int) error {
	switch {
	case status == http.StatusTooManyRequests:
		return ErrThrottled
	case status == http.StatusUnauthorized:
		return ErrCredentials
	case status == http.StatusForbidden:
		return ErrAccessDenied
	case status == http.StatusNotFound:
		return ErrNotFound
	case status == http.StatusRequestTimeout:
		return ErrModelTimeout
	case status == http.StatusFailedDependency:
		return ErrModelError
	case status >= 500:
		return ErrUnavailable
	case status >= 400:
		return ErrInvalid
	}
	return nil
}

// kindOfCause judges failures that no answer of the service tells of.
func kindOfCause(err error) error {
	var invalid *smithy.InvalidParamsError
	var sending *smithyhttp.RequestSendError
	var network net.Error
	var decoding *smithy.DeserializationError
	switch cause := innermost(err); cause {
	case net.ErrClosed, context.Canceled, context.DeadlineExceeded:
		return nil
	}
	switch {
	case err == nil, isCanceled(err):
		return nil
	case errors.As(err, &invalid):
		return ErrInvalid
	case strings.Contains(err.Error(), "get identity: "): // the SDK has no type for it
		return ErrCredentials
	case errors.As(err, &decoding):
		return ErrEmptyReply
	case errors.As(err, &sending), errors.As(err, &network):
		return ErrUnavailable
	}
	return nil
}

// ending says in which way, besides its cause, a call ended.
func ending(err error) string {
	var late *deadlineError
	var quota ratelimit.QuotaExceededError
	switch {
	case errors.As(err, &late):
		return fmt.Sprintf("gave up: the context's deadline falls before the next attempt in %v", late.wait.Round(time.Millisecond))
	case errors.As(err, &quota):
		return "gave up: the client's retry quota is used up"
	}
	how := ""
	for _, end := range []error{context.DeadlineExceeded, context.Canceled} {
		if how == "" && errors.Is(err, end) {
			how = end.Error()
		}
	}
	var ended *endedError
	if errors.As(err, &ended) {
		how += ": " + oneLine(ended.cause.Error())
	}
	return how
}

// describe fills in what the cause tells: code, message, status, request id.
func (e *Error) describe() {
	var id interface{ ServiceRequestID() string }
	if errors.As(e.Err, &id) {
		e.RequestID = id.ServiceRequestID()
	}
	var status interface{ HTTPStatusCode() int }
	if errors.As(e.Err, &status) {
		e.HTTPStatus = status.HTTPStatusCode()
	}
	var api smithy.APIError
	var reply *replyError
	inReply := errors.As(e.Err, &reply)
	if inReply {
		e.Events, e.Attempts = reply.events, max(e.Attempts, reply.attempts)
	}
	switch {
	case errors.As(e.Err, &api):
		e.describeCode(api)
	case inReply:
		e.Message = oneLine(reply.text())
	case e.Err != nil:
		e.Message = e.causeText()
	}
	if e.Message == "" {
		e.Message = http.StatusText(e.HTTPStatus)
	}
}

func (e *Error) describeCode(api smithy.APIError) {
	e.Code, e.Message = api.ErrorCode(), oneLine(api.ErrorMessage())
	if e.Code == "UnknownError" { // the SDK's word for none
		e.Code, e.Message = "", strings.TrimPrefix(e.Message, e.Code)
	}
	info, ok := codes[strings.ToLower(e.Code)]
	if !ok {
		return
	}
	e.Code = info.name
	if e.HTTPStatus < 400 { // in a stream
		e.HTTPStatus = info.status
	}
}

// causeText is the cause in one line. The SDK's decoder quotes what it can't decode,
// which may be a reply.
func (e *Error) causeText() string {
	var decoding *smithy.DeserializationError
	var lost *lostBody
	if errors.As(e.Err, &decoding) && !errors.As(e.Err, &lost) {
		if e.HTTPStatus != 200 {
			return ""
		}
		return "the answer is not what this SDK can decode"
	}
	return oneLine(innermost(e.Err).Error())
}

// innermost strips what the SDK wraps around a cause and [Error] says in fields.
func innermost(err error) error {
	for {
		switch err.(type) {
		case *smithy.OperationError, *smithyhttp.ResponseError, *awshttp.ResponseError, *retry.MaxAttemptsError,
			*smithy.DeserializationError, *smithy.CanceledError, *aws.RequestCanceledError, *callError, *attemptError, *passingFault, *endedError:
		default:
			return err
		}
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

const maxTextLen = 1000 // bytes of a foreign text in an error

// oneLine makes a text from outside fit for a log line.
func oneLine(s string) string {
	if len(s) > maxTextLen {
		s = strings.ToValidUTF8(s[:maxTextLen], "") + "…"
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s))
}

// plainText is a sentinel's text inside of another.
func plainText(sentinel error) string { return strings.TrimPrefix(sentinel.Error(), "bedrock: ") }

func containsFold(s, lower string) bool { return strings.Contains(strings.ToLower(s), lower) }
