// Package native knows what every model's own format has around it at InvokeModel:
// bodies that are mostly JSON, and what Bedrock says of usage, in headers or in the last
// chunk of a stream.
package native

import (
	"encoding/json"
	"errors"

	"example.com/bedrock/internal/jsondoc"
)

// Encode makes a request's body: JSON, or the bytes that are given.
func Encode(body any) ([]byte, error) {
	switch b := body.(type) {
	case nil:
		return nil, errors.New("the body is nil: give a value to encode as JSON, a json.RawMessage or []byte")
	case []byte:
		return b, nil
	case json.RawMessage:
		return b, nil
	}
	raw, err := jsondoc.Encode(body)
	if err != nil {
		return nil, &jsondoc.Error{Doing: "encoding the body", Err: err}
	}
	return raw, nil
}

// Decode reads a body or a chunk of JSON, and stores it as it is in a []byte.
func Decode(body []byte, v any) error {
	if raw, ok := v.(*[]byte); ok {
		*raw = body
		return nil
	}
	return json.Unmarshal(body, v)
}
