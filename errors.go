package bedrock

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/bedrock/internal/kind"
)

// What went wrong, for [errors.Is]. [Error] shows which AWS codes map to each.
var (
	ErrThrottled     = kind.Throttled
	ErrUnavailable   = kind.Unavailable
	ErrModelTimeout  = kind.ModelTimeout
	ErrModelError    = kind.ModelError
	ErrAccessDenied  = kind.AccessDenied
	ErrCredentials   = kind.Credentials // missing or refused
	ErrNotFound      = kind.NotFound
	ErrInvalid       = kind.Invalid
	ErrContextWindow = kind.ContextWindow // input too long for the model; is ErrInvalid too
	ErrNeedsProfile  = kind.NeedsProfile  // model needs an inference profile; is ErrInvalid too
	ErrTruncated     = kind.Truncated     // reply ended before it was complete; see [Stream]
	ErrStalled       = kind.Stalled       // see [WithStallTimeout]
	ErrEmptyReply    = kind.EmptyReply    // HTTP 200 and nothing usable in it
)

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
	Attempts   int           // attempts made; 0: refused before the first
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

// Is reports whether the error is of the kind that a sentinel names.
func (e *Error) Is(target error) bool {
	k := e.kind()
	return k != nil && (target == k || target == ErrInvalid && (k == ErrContextWindow || k == ErrNeedsProfile))
}

func (e *Error) kind() error {
	for _, own := range ownKinds {
		if errors.Is(e.Err, own) {
			return own
		}
	}
	if isIdentity(e.Err) {
		return ErrCredentials
	}
	if k := kind.Of(e.Code, e.Message); k != nil {
		return k
	}
	if k := kind.OfStatus(e.HTTPStatus); k != nil {
		return k
	}
	return kindOfCause(e.Err)
}

// ownKinds are the sentinels that this package's own errors hold.
var ownKinds = []error{ErrTruncated, ErrStalled, ErrEmptyReply, ErrInvalid, ErrCredentials}

// isIdentity reports whether credentials could not be fetched: by whatever service
// they come from, whose error code says nothing of Bedrock. The SDK has no type for it.
func isIdentity(err error) bool {
	return err != nil && strings.HasPrefix(innermost(err).Error(), "get identity: ")
}

// kindOfCause judges failures that no answer of the service tells of.
func kindOfCause(err error) error {
	var invalid smithy.InvalidParamsError
	var sending *smithyhttp.RequestSendError
	var network net.Error
	var decoding *smithy.DeserializationError
	switch {
	case err == nil, endedByContext(err), innermost(err) == net.ErrClosed:
		return nil
	case errors.As(err, &invalid):
		return ErrInvalid
	case errors.As(err, &decoding):
		return ErrEmptyReply
	case errors.As(err, &sending), errors.As(err, &network):
		return ErrUnavailable
	}
	return nil
}

// inputError is an error found before anything was sent.
type inputError struct{ error }

func (e inputError) Unwrap() error { return e.error }

func (e inputError) Is(target error) bool {
	return target == ErrInvalid && !errors.Is(e.error, ErrCredentials)
}

// noCredentials is ErrCredentials, found at construction.
type noCredentials struct{}

func (noCredentials) Error() string {
	return "no credentials: the configuration has none, or anonymous ones, which Bedrock doesn't take; " +
		"load it with config.LoadDefaultConfig, or pass WithCredentials or WithAPIKey"
}

func (noCredentials) Is(target error) bool { return target == ErrCredentials }
