package bedrock

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
)

// JSON turns a Go value into a document, the API's type for free-form JSON (tool input
// and schema, additional model fields), by the rules of encoding/json: json tags count, numbers keep their digits, HTML isn't escaped. A
// [json.RawMessage] or []byte is taken as JSON text and sent as it is.
//
// It encodes at once, so that an error shows here: the SDK's own
// document.NewLazyDocument ignores json tags and drops the error of a value that it
// can't encode, and the request goes out broken. Documents, a reply's too, may stand
// inside of v, in maps and lists of any; one made here has no place inside of
// NewLazyDocument, which can't read it.
func JSON(v any) (document.Interface, error) {
	raw, err := encodeJSON(v)
	if err != nil {
		return nil, fmt.Errorf("bedrock: encoding a JSON document: %w", err)
	}
	return rawDocument{noDocument, raw}, nil
}

// DecodeJSON stores a document in the value that v points to, by the rules of
// encoding/json. The documents of a reply are the input of a tool use and
// AdditionalModelResponseFields. A nil document is an error: the field was absent.
func DecodeJSON(doc document.Interface, v any) error {
	if isNil(doc) {
		return errors.New("bedrock: decoding a JSON document: there is none (the field was absent)")
	}
	raw, err := doc.MarshalSmithyDocument()
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		return fmt.Errorf("bedrock: decoding a JSON document: %w", err)
	}
	return nil
}

// encodeJSON returns JSON text that the caller of v can't change any more.
func encodeJSON(v any) ([]byte, error) {
	v, err := plainDocuments(v, 0)
	if err != nil {
		return nil, err
	}
	var raw []byte
	switch v := v.(type) {
	case json.RawMessage:
		raw = bytes.Clone(v)
	case []byte:
		raw = bytes.Clone(v)
	default:
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			return nil, err
		}
		return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
	}
	switch {
	case !json.Valid(raw):
		return nil, errNotJSON
	case !utf8.Valid(raw):
		return nil, errNotUTF8
	}
	return raw, nil
}

// jsonText is the text of an error of encoding/json, without what a type's own methods
// say, who may quote the value.
func jsonText(err error) string {
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	var method *json.MarshalerError
	var unsupported *json.UnsupportedTypeError
	var number *json.UnsupportedValueError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return fmt.Sprintf("field %s is no %s", wrong.Field, wrong.Type)
	case errors.As(err, &wrong):
		return fmt.Sprintf("it is no %s", wrong.Type)
	case errors.As(err, &syntax):
		return fmt.Sprintf("it is not valid JSON at byte %d", syntax.Offset)
	case errors.As(err, &method):
		return fmt.Sprintf("the type %s refuses", method.Type)
	case errors.As(err, &unsupported), errors.As(err, &number), errors.Is(err, errNotJSON), errors.Is(err, errNotUTF8):
		return err.Error()
	}
	return "the data doesn't fit the type"
}

var (
	errNotJSON = errors.New("the bytes are not valid JSON")
	errNotUTF8 = errors.New("the bytes are not valid UTF-8")
)

// jsonError has the text of jsonText.
type jsonError struct {
	doing string
	err   error
}

func (e *jsonError) Error() string { return e.doing + ": " + jsonText(e.err) }
func (e *jsonError) Unwrap() error { return e.err }

const maxDepth = 1000 // beyond which encoding/json looks for cycles

// plainDocuments replaces documents of the SDK's, of which encoding/json makes {}, by
// their JSON text, also in maps and lists of any.
func plainDocuments(v any, depth int) (_ any, err error) {
	if depth > maxDepth {
		return v, nil
	}
	switch v := v.(type) {
	case document.Interface:
		return documentText(v)
	case map[string]any:
		plain := maps.Clone(v)
		for name, value := range v {
			if plain[name], err = plainDocuments(value, depth+1); err != nil {
				return nil, err
			}
		}
		return plain, nil
	case []any:
		plain := slices.Clone(v)
		for i, value := range v {
			if plain[i], err = plainDocuments(value, depth+1); err != nil {
				return nil, err
			}
		}
		return plain, nil
	}
	return v, nil
}

// documentText survives the SDK's encoder, which panics on a NaN.
func documentText(d document.Interface) (raw json.RawMessage, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a document of the SDK's can't be encoded: %v", r)
		}
	}()
	if isNil(d) {
		return json.RawMessage("null"), nil
	}
	return d.MarshalSmithyDocument()
}

// rawDocument is JSON text as a document. It overrides all that encodes or decodes,
// so that it can stand inside other values too.
type rawDocument struct {
	document.Interface // for the method that only the SDK can write
	raw                json.RawMessage
}

var noDocument = document.NewLazyDocument(nil)

func (d rawDocument) MarshalSmithyDocument() ([]byte, error) { return d.raw, nil }
func (d rawDocument) UnmarshalSmithyDocument(v any) error    { return json.Unmarshal(d.raw, v) }
func (d rawDocument) MarshalJSON() ([]byte, error)           { return d.raw, nil }
