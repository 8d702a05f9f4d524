// Package kind tells what went wrong by what an answer says: its error code, its message
// and its HTTP status.
package kind

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"example.com/bedrock/internal/text"
)

// The kinds are package bedrock's sentinels, which say more of each.
var (
	Throttled     = errors.New("bedrock: throttled")
	Unavailable   = errors.New("bedrock: service unavailable")
	ModelTimeout  = errors.New("bedrock: model timed out")
	ModelError    = errors.New("bedrock: model failed")
	AccessDenied  = errors.New("bedrock: access denied")
	Credentials   = errors.New("bedrock: credentials missing or refused")
	NotFound      = errors.New("bedrock: not found")
	Invalid       = errors.New("bedrock: invalid request")
	ContextWindow = errors.New("bedrock: input too long for the model")
	NeedsProfile  = errors.New("bedrock: model needs an inference profile")
	Truncated     = errors.New("bedrock: reply ended before it was complete")
	Stalled       = errors.New("bedrock: stream stalled")
	EmptyReply    = errors.New("bedrock: the service answered without a reply")
)

var all = []error{
	Throttled, Unavailable, ModelTimeout, ModelError, AccessDenied, Credentials, NotFound,
	Invalid, ContextWindow, NeedsProfile, Truncated, Stalled, EmptyReply,
}

// Is reports whether err is a kind, and nothing around one.
func Is(err error) bool { return slices.Contains(all, err) }

// Text is a kind's text inside of another.
func Text(kind error) string { return strings.TrimPrefix(kind.Error(), "bedrock: ") }

// codeInfo is what is known about an AWS error code: its spelling, the HTTP
// status that AWS documents for it, and the kind.
type codeInfo struct {
	name   string
	status int
	kind   error
}

// codes by lower-case spelling, in which they arrive now and then.
var codes = func() map[string]codeInfo {
	all := []codeInfo{
		{"ModelNotReadyException", 429, Throttled},
		{"ServiceUnavailableException", 503, Unavailable},
		{"InternalServerException", 500, Unavailable},
		{"InternalServerError", 500, Unavailable},
		{"InternalFailure", 500, Unavailable},
		{"ServiceUnavailable", 503, Unavailable},
		{"ModelTimeoutException", 408, ModelTimeout},
		{"ModelErrorException", 424, ModelError},
		{"ModelStreamErrorException", 424, ModelError},
		{"AccessDeniedException", 403, AccessDenied},
		{"FTUFormNotFilled", 404, AccessDenied},
		{"UnrecognizedClientException", 403, Credentials},
		{"InvalidSignatureException", 403, Credentials},
		{"ExpiredTokenException", 403, Credentials},
		{"ExpiredToken", 403, Credentials},
		{"InvalidClientTokenId", 403, Credentials},
		{"SignatureDoesNotMatch", 403, Credentials},
		{"MissingAuthenticationToken", 403, Credentials},
		{"MissingAuthenticationTokenException", 403, Credentials},
		{"IncompleteSignature", 400, Credentials},
		{"IncompleteSignatureException", 400, Credentials},
		{"ResourceNotFoundException", 404, NotFound},
		{"ValidationException", 400, Invalid},
		{"ServiceQuotaExceededException", 400, Invalid},
		{"ConflictException", 400, Invalid},
	}
	for name := range retry.DefaultThrottleErrorCodes {
		all = append(all, codeInfo{name, 429, Throttled})
	}
	m := make(map[string]codeInfo, len(all))
	for _, c := range all {
		m[strings.ToLower(c.name)] = c
	}
	return m
}()

// Known returns AWS's spelling of an error code and the HTTP status that AWS documents
// for it. ok is false for a code that isn't known.
func Known(code string) (name string, status int, ok bool) {
	info, ok := codes[strings.ToLower(code)]
	return info.name, info.status, ok
}

// Texts by which Bedrock says that the input is too long, lower case. From
// recorded traffic and users' reports; the code is ValidationException.
var tooLongTexts = []string{
	"input is too long", "input tokens exceeded", "prompt is too long", "exceed context limit",
	"too many total text bytes", "too many input tokens", "maximum context length", "exceeds the maximum number of tokens",
}

// Of judges an error code and its message, nil for a code that isn't known. The code
// comes first: a throttle that says "too many tokens" is no context overflow.
func Of(code, message string) error {
	info := codes[strings.ToLower(code)]
	switch {
	case info.name == "ServiceUnavailableException" && text.ContainsFold(message, "model is getting throttled"):
		return Throttled
	case info.name != "ValidationException":
		return info.kind
	case text.ContainsFold(message, "on-demand throughput"):
		return NeedsProfile
	case text.ContainsFold(message, tooLongTexts...):
		return ContextWindow
	}
	return Invalid
}

// OfStatus judges the HTTP status of an answer that has no known code, nil for a
// success.
func OfStatus(status int) error {
	switch {
	case status == http.StatusTooManyRequests:
		return Throttled
	case status == http.StatusUnauthorized:
		return Credentials
	case status == http.StatusForbidden:
		return AccessDenied
	case status == http.StatusNotFound:
		return NotFound
	case status == http.StatusRequestTimeout:
		return ModelTimeout
	case status == http.StatusFailedDependency:
		return ModelError
	case status >= 500:
		return Unavailable
	case status >= 400:
		return Invalid
	}
	return nil
}

// IsDailyQuota reports whether a throttle's message says that the account's tokens of
// the day are used up, which no retry helps.
func IsDailyQuota(message string) bool { return text.ContainsFold(message, "too many tokens per day") }
