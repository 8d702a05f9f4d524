package bedrocktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A Request is one that the server received.
type Request struct {
	// ID is the request id that the answer carries in X-Amzn-Requestid.
	ID string

	// Operation is the API's name: Converse, ConverseStream, InvokeModel,
	// InvokeModelWithResponseStream, CountTokens, … It is empty when method
	// and path belong to none.
	Operation string

	// Model is the model id, inference profile or ARN as the caller wrote it,
	// without the path's percent-encoding. It is empty for operations that
	// take none.
	Model string

	Method string
	URL    *url.URL // path and query
	Proto  string   // "HTTP/2.0" or "HTTP/1.1"
	Header http.Header
	Body   []byte

	// Time is when the request arrived, by the machine's clock.
	Time time.Time

	server *Server // nil if a test made the request
}

// Text is the text of the last user message of a Converse, ConverseStream or
// CountTokens request, its text blocks, those for a guardrail included, joined
// by newlines. It is empty when there is none.
func (r *Request) Text() string {
	if c := r.conversation(); c != nil {
		return c.lastUser().text()
	}
	return ""
}

// Decode reads the body, which is JSON for every operation, into v.
func (r *Request) Decode(v any) error {
	return json.Unmarshal(r.Body, v)
}

// route finds the operation of a method and path, as the service's Smithy
// model binds them, or says what is likely wrong with them. The path is taken
// as it was sent, because a model's ARN holds slashes.
func (r *Request) route() error {
	path := r.URL.EscapedPath()
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	operation, method := "", http.MethodPost
	switch {
	case segments[0] == "model":
		return r.routeModel(segments[1:])
	case len(segments) == 5 && segments[0] == "guardrail" && segments[2] == "version" && segments[4] == "apply":
		operation = "ApplyGuardrail"
	case path == "/guardrail-checks/invoke":
		operation = "InvokeGuardrailChecks"
	case path == "/async-invoke" && r.Method == http.MethodPost:
		operation = "StartAsyncInvoke"
	case path == "/async-invoke":
		operation, method = "ListAsyncInvokes", http.MethodGet
	case len(segments) == 2 && segments[0] == "async-invoke":
		operation, method = "GetAsyncInvoke", http.MethodGet
	default:
		return fmt.Errorf("%s %s is no operation of Bedrock Runtime; the endpoint must be the server's URL without a path, and the client one of service/bedrockruntime", r.Method, path)
	}
	return r.routed(operation, method)
}

func (r *Request) routeModel(segments []string) error {
	if len(segments) != 2 {
		return fmt.Errorf("path %s must be /model/{modelId}/{operation}; slashes in a model id or ARN must be sent as %%2F", r.URL.EscapedPath())
	}
	model, err := url.PathUnescape(segments[0])
	if err != nil {
		return fmt.Errorf("the model id in path %s: %w", r.URL.EscapedPath(), err)
	}
	if model == "" {
		return fmt.Errorf("path %s has an empty model id", r.URL.EscapedPath())
	}
	r.Model = model
	switch segments[1] {
	case "converse":
		return r.routed("Converse", http.MethodPost)
	case "converse-stream":
		return r.routed("ConverseStream", http.MethodPost)
	case "invoke":
		return r.routed("InvokeModel", http.MethodPost)
	case "invoke-with-response-stream":
		return r.routed("InvokeModelWithResponseStream", http.MethodPost)
	case "invoke-with-bidirectional-stream":
		return r.routed("InvokeModelWithBidirectionalStream", http.MethodPost)
	case "count-tokens":
		return r.routed("CountTokens", http.MethodPost)
	}
	return fmt.Errorf("path %s: no operation of a model is called %q", r.URL.EscapedPath(), segments[1])
}

func (r *Request) routed(operation, method string) error {
	if r.Method != method {
		return fmt.Errorf("%s takes %s, not %s", operation, method, r.Method)
	}
	r.Operation = operation
	return nil
}

// checkBody refuses a body that can't be parsed.
func (r *Request) checkBody() error {
	if r.Method == http.MethodGet || r.Operation == "InvokeModelWithBidirectionalStream" {
		return nil
	}
	if !json.Valid(r.Body) {
		return fmt.Errorf("the body of %s must be JSON; these %d bytes are not", r.Operation, len(r.Body))
	}
	return nil
}
