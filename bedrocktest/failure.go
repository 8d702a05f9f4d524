package bedrocktest

import (
	"fmt"
	"net/http"
	"strings"
)

const (
	bedrockURI = ":http://internal.amazon.com/coral/com.amazon.bedrock/"
	coralURI   = ":http://internal.amazon.com/coral/com.amazon.coral.service/"
)

// A failure is an error as restJson1 has it: the code in a header, the message
// in the body.
type failure struct {
	code    string
	message string
	member  string // that holds the message; "message" if empty
}

func throttled() *failure {
	return &failure{code: "ThrottlingException" + bedrockURI, message: "Too many requests, please wait before trying again."}
}

// refusal is a failure that AWS's front end answers before Bedrock sees the
// request.
func refusal(code, message string) *failure {
	return &failure{code: code + coralURI, message: message}
}

// explanation says what a test likely does wrong, in an error that no client
// retries.
func explanation(err error) *failure {
	return &failure{code: "ValidationException" + bedrockURI, message: fmt.Sprintf("bedrocktest: %v", err)}
}

func (f *failure) answer(*Request, Response) (answer, error) {
	member := f.member
	if member == "" {
		member = "message"
	}
	a, err := unary(map[string]string{member: f.message})
	if err != nil {
		return answer{}, err
	}
	a.status = statusOf(f.code)
	if f.code != "" {
		a.header["X-Amzn-Errortype"] = []string{f.code}
	}
	return a, nil
}

// statusOf is the status that comes with a code, by the API reference and
// "Troubleshooting Amazon Bedrock API Error Codes" in the Amazon Bedrock User
// Guide. The code may have a namespace before "#" or a URI after ":".
func statusOf(code string) int {
	if _, name, ok := strings.Cut(code, "#"); ok {
		code = name
	}
	code, _, _ = strings.Cut(code, ":")
	switch strings.TrimSuffix(strings.ToLower(code), "exception") {
	case "accessdenied", "unrecognizedclient", "invalidsignature", "expiredtoken", "missingauthenticationtoken":
		return http.StatusForbidden
	case "resourcenotfound", "ftuformnotfilled":
		return http.StatusNotFound
	case "modeltimeout":
		return http.StatusRequestTimeout
	case "modelerror", "modelstreamerror":
		return http.StatusFailedDependency
	case "throttling", "modelnotready", "toomanyrequests":
		return http.StatusTooManyRequests
	case "internalserver", "internalfailure":
		return http.StatusInternalServerError
	case "serviceunavailable":
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}
