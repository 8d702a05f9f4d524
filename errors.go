package bedrock

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// What went wrong, for [errors.Is]. [Error] shows which AWS codes map to each. They hold
// for errors of [Client.SDK] too, but for its bidirectional stream, and in a middleware
// around the call's attempts. A context's own cause is found too, unless it is one of
// these itself: under errgroup it is another call's failure.
var (
	// ErrThrottled is a quota of the account that is used up for the moment, or a model
	// that is still loading.
	ErrThrottled = errors.New("bedrock: throttled")
	// ErrUnavailable is a fault of the service, or no connection to it.
	ErrUnavailable = errors.New("bedrock: service unavailable")
	// ErrModelTimeout is a model that took too long.
	ErrModelTimeout = errors.New("bedrock: model timed out")
	// ErrModelError is a model that failed.
	ErrModelError = errors.New("bedrock: model failed")
	// ErrAccessDenied is a request that IAM or the account's access to the model doesn't
	// allow.
	ErrAccessDenied = errors.New("bedrock: access denied")
	// ErrCredentials are credentials that are missing, that could not be fetched or that
	// were refused. A refused API key is ErrAccessDenied too when its code is.
	ErrCredentials = errors.New("bedrock: credentials missing or refused")
	// ErrNotFound is a model, or another resource, that doesn't exist in the region.
	ErrNotFound = errors.New("bedrock: not found")
	// ErrInvalid is a request or a configuration that is wrong.
	ErrInvalid = errors.New("bedrock: invalid request")
	// ErrContextWindow is an input that is too long for the model. It is ErrInvalid too.
	ErrContextWindow = errors.New("bedrock: input too long for the model")
	// ErrNeedsProfile is a model that is called by an inference profile only. It is
	// ErrInvalid too.
	ErrNeedsProfile = errors.New("bedrock: model needs an inference profile")
	// ErrTruncated is a reply that ended before it was complete; see [Stream].
	ErrTruncated = errors.New("bedrock: reply ended before it was complete")
	// ErrStalled is a stream that [WithStallTimeout] ended.
	ErrStalled = errors.New("bedrock: stream stalled")
	// ErrEmptyReply is HTTP status 200 and nothing usable in the answer.
	ErrEmptyReply = errors.New("bedrock: the service answered without a reply")
)

// Error is what every failed call of this package returns.
//
// [errors.As] reaches the SDK's own types through it (*types.ThrottlingException,
// *smithyhttp.ResponseError, …), and [errors.Is] tells what went wrong:
//
//	sentinel          AWS error code; HTTP status without a known code   retried
//	ErrThrottled      ThrottlingException and the SDK's other throttle   yes
//	                  codes, ModelNotReadyException,
//	                  ServiceUnavailableException "Model is getting
//	                  throttled"; 429
//	ErrUnavailable    ServiceUnavailableException,                       yes
//	                  InternalServerException, InternalFailure,
//	                  RequestTimeout; 425; 5xx; 1xx, 3xx; no
//	                  connection, or one that was lost
//	ErrModelTimeout   ModelTimeoutException; 408                         no
//	ErrModelError     ModelErrorException, ModelStreamErrorException;    no
//	                  424
//	ErrAccessDenied   AccessDeniedException, FTUFormNotFilled; 403       no
//	ErrCredentials    UnrecognizedClientException,                       once, where
//	                  InvalidSignatureException,                         a new token
//	                  ExpiredTokenException, IncompleteSignature, …;     or signature
//	                  AccessDeniedException about an API key; 401;       may help
//	                  none could be had
//	ErrNotFound       ResourceNotFoundException; 404                     no
//	ErrInvalid        ValidationException,                               no
//	                  ServiceQuotaExceededException,
//	                  ConflictException; other 4xx; refused before
//	                  sending
//	ErrContextWindow  ValidationException, or a 4xx without a code,      no
//	                  about the input's length
//	ErrNeedsProfile   ValidationException, or a 4xx without a code,      no
//	                  about on-demand throughput
//	ErrTruncated      none: a reply that was cut                         until a part was
//	                                                                     delivered
//	ErrStalled        none: WithStallTimeout                             no
//	ErrEmptyReply     none: success without a reply                      no
//
// Not retried, whatever the table says: "too many tokens per day"; 1xx, 3xx, 501, and 505
// and above, unless their text asks to wait ("please wait", "too many", "throttl"); a fault
// of sending that can't pass (a certificate, a refusing proxy, a header that can't be
// sent); a timeout of the HTTP client's own. An ErrUnavailable whose text asks to wait is
// paced like a throttle. Codes are compared without regard to case.
//
// The end of the caller's context, or of one that a middleware derived, shows as
// [context.Canceled] or [context.DeadlineExceeded], beside the last attempt's cause. A
// timeout of the network's or of a credential provider's never does.
//
// Bounds: of an answer with an error status 1 MiB is read, of the response's headers
// 1 MiB (on the SDK's own HTTP client); a text from outside is at most 1,000 bytes long
// in Message and in the error's text. The client's own API key, session token and secret
// key are taken out of such texts.
//
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
	if how := endingOf(e.Err); how != "" && !strings.Contains(e.Message, how) {
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

// Is reports whether the error is of the kind that a sentinel names. The cause knows; an
// Error that was made by hand, as a test does, is judged by its code, message and status.
func (e *Error) Is(target error) bool {
	if failureOf(e.Err) != nil {
		return false // errors.Is asks the cause next
	}
	kind, also := kindOf(e.Code, strings.ToLower(e.Message), e.HTTPStatus)
	return target != nil && (target == kind || target == also)
}

// isSentinel reports whether an error is one of the sentinels, and nothing around one.
func isSentinel(err error) bool {
	switch err {
	case ErrThrottled, ErrUnavailable, ErrModelTimeout, ErrModelError, ErrAccessDenied, ErrCredentials, ErrNotFound,
		ErrInvalid, ErrContextWindow, ErrNeedsProfile, ErrTruncated, ErrStalled, ErrEmptyReply:
		return true
	}
	return false
}

// kindText is a sentinel's text inside of another.
func kindText(kind error) string { return strings.TrimPrefix(kind.Error(), "bedrock: ") }

// codeInfo is what is known about an AWS error code: its spelling, the HTTP status that
// AWS documents for it, and its sentinel.
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
	for name := range retry.DefaultRetryableErrorCodes {
		all = append(all, codeInfo{name, 408, ErrUnavailable})
	}
	m := make(map[string]codeInfo, len(all))
	for _, c := range all {
		m[strings.ToLower(c.name)] = c
	}
	return m
}()

// Texts by which Bedrock says that the input is too long, lower case. From recorded
// traffic and users' reports.
var tooLongTexts = []string{
	"input is too long", "input tokens exceeded", "prompt is too long", "exceed context limit",
	"too many total text bytes", "too many input tokens", "maximum context length", "exceeds the maximum number of tokens",
}

// kindOf returns an answer's sentinel, and a second one that holds too: by the code, or by
// the status where the code isn't known. Both are nil for an answer that is no error. The text refines what the code
// says and never overrules it: a throttle that says "too many tokens" is no overflow of
// the context window. message is in lower case.
func kindOf(code, message string, status int) (kind, also error) {
	says := func(text string) bool { return strings.Contains(message, text) }
	known, ok := codes[strings.ToLower(code)]
	if !ok {
		known.kind = kindOfStatus(status)
	}
	switch {
	case known.name == "ServiceUnavailableException" && says("model is getting throttled"):
		return ErrThrottled, nil
	case known.kind != ErrInvalid, code != "" && known.name != "ValidationException":
		return known.kind, nil
	case says("on-demand throughput"):
		return ErrNeedsProfile, ErrInvalid
	case slices.ContainsFunc(tooLongTexts, says):
		return ErrContextWindow, ErrInvalid
	}
	return ErrInvalid, nil
}

// kindOfStatus judges an answer that has no known code, nil for one that is no error.
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
	case status == http.StatusTooEarly, status >= 500, status >= 100 && status < 200, status >= 300 && status < 400:
		return ErrUnavailable // 1xx and 3xx: of something that stands between
	case status == http.StatusFailedDependency:
		return ErrModelError
	case status >= 400:
		return ErrInvalid
	}
	return nil
}

// joined makes one line of a text of several.
func joined(lines string) string {
	return oneLine(strings.Join(strings.FieldsFunc(lines, func(r rune) bool { return r == '\n' }), "; "))
}

const maxText = 1000 // bytes of a foreign text in an error

// oneLine makes a text from outside fit for a log line.
func oneLine(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s))
}

// maxForeign bounds what is looked at of a foreign text, in bytes.
const maxForeign = 4000

func containsAny(s string, texts ...string) bool {
	for _, text := range texts {
		if strings.Contains(s, text) {
			return true
		}
	}
	return false
}
