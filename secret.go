package bedrock

import "strings"

// The client's secrets that go out in headers, and where they come from.
const (
	environmentAPIKey = "AWS_BEARER_TOKEN_BEDROCK"
	apiKeyName        = "the API key (AWS_BEARER_TOKEN_BEDROCK or WithAPIKey)"
	accessKeyName     = "the access key id (AWS_ACCESS_KEY_ID)"
	sessionTokenName  = "the session token (AWS_SESSION_TOKEN)"
)

// unsendable reports whether a header can't carry a secret, or would change it: a line
// break fails the request, a space at an end is cut off.
func unsendable(secret string) bool {
	return strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' })
}

// checkSecret refuses a secret that can't be sent. The name says which it is, and where it
// comes from.
func checkSecret(name, secret string) error {
	if unsendable(secret) {
		return &secretError{name}
	}
	return nil
}

// secretError is ErrCredentials. It never quotes the secret.
type secretError struct{ name string }

func (e *secretError) Error() string {
	return e.name + " holds a line break, a space or another character that it can't have"
}

func (*secretError) Is(target error) bool { return target == ErrCredentials }
