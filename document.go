package bedrock

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"

	"example.com/bedrock/internal/jsondoc"
)

// JSON turns a Go value into a document, the API's type for free-form JSON (tool input
// and schema, additional model fields), by the rules of encoding/json: json tags count,
// numbers keep their digits, HTML isn't escaped. A [json.RawMessage] or []byte is taken
// as JSON text and sent as it is.
//
// It encodes at once, so that an error shows here: the SDK's own
// document.NewLazyDocument ignores json tags and drops the error of a value that it
// can't encode, and the request goes out broken. Documents, a reply's too, may stand
// inside of v, in maps and lists of any; one made here has no place inside of
// NewLazyDocument, which can't read it.
func JSON(v any) (document.Interface, error) {
	d, err := jsondoc.New(v)
	if err != nil {
		return nil, fmt.Errorf("bedrock: encoding a JSON document: %w", err)
	}
	return d, nil
}

// DecodeJSON stores a document in the value that v points to, by the rules of
// encoding/json. The documents of a reply are the input of a tool use and
// AdditionalModelResponseFields. A nil document is an error: the field was absent.
func DecodeJSON(doc document.Interface, v any) error {
	if err := jsondoc.Decode(doc, v); err != nil {
		return fmt.Errorf("bedrock: decoding a JSON document: %w", err)
	}
	return nil
}
