// Package jsondoc turns Go values into JSON text and into documents of the SDK's, and
// back, by the rules of encoding/json. The SDK's own encoder ignores json tags, and
// encoding/json makes {} of the SDK's documents.
package jsondoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
)

// Document is JSON text as a document. It overrides all that encodes or decodes,
// so that it can stand inside other values too.
type Document struct {
	document.Interface // for the method that only the SDK can write
	raw                json.RawMessage
}

var noDocument = document.NewLazyDocument(nil)

// New encodes a value, as [Encode] does, into a document.
func New(v any) (Document, error) {
	raw, err := Encode(v)
	if err != nil {
		return Document{}, err
	}
	return Raw(raw), nil
}

// Raw makes a document of valid JSON text that doesn't change any more.
func Raw(text json.RawMessage) Document { return Document{noDocument, text} }

func (d Document) MarshalSmithyDocument() ([]byte, error) { return d.raw, nil }
func (d Document) UnmarshalSmithyDocument(v any) error    { return json.Unmarshal(d.raw, v) }
func (d Document) MarshalJSON() ([]byte, error)           { return d.raw, nil }

// Decode stores any document in the value that v points to, by the rules of
// encoding/json. Its errors don't quote the document.
func Decode(d document.Interface, v any) error {
	if isNil(d) {
		return errAbsent
	}
	raw, err := d.MarshalSmithyDocument()
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	return quiet(err)
}

var errAbsent = errors.New("there is none (the field was absent)")

// Encode returns v as JSON text that the caller can't change any more, without HTML
// escapes. A [json.RawMessage] or []byte is taken as JSON text. Its errors don't quote v.
func Encode(v any) ([]byte, error) {
	raw, err := encode(v)
	return raw, quiet(err)
}

func encode(v any) ([]byte, error) {
	v, err := plainer{}.value(v)
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

// A plainer replaces documents of the SDK's, of which encoding/json makes {}, by their
// JSON text, also in maps and lists of any. It copies each of these once, and a cycle as
// a cycle, which encoding/json then refuses.
type plainer map[place]any

// place is where a map or list lies in memory; lists that begin alike differ in length.
type place struct {
	at  uintptr
	len int
}

func placeOf(v any) place {
	r := reflect.ValueOf(v)
	return place{r.Pointer(), r.Len()}
}

func (copies plainer) value(v any) (any, error) {
	switch v := v.(type) {
	case document.Interface:
		return documentText(v)
	case map[string]any:
		if len(v) > 0 {
			return copies.object(v)
		}
	case []any:
		if len(v) > 0 {
			return copies.list(v)
		}
	}
	return v, nil
}

func (copies plainer) object(v map[string]any) (_ any, err error) {
	at := placeOf(v)
	if plain, ok := copies[at]; ok {
		return plain, nil
	}
	plain := make(map[string]any, len(v))
	copies[at] = plain
	for name, value := range v {
		if plain[name], err = copies.value(value); err != nil {
			return nil, err
		}
	}
	return plain, nil
}

func (copies plainer) list(v []any) (_ any, err error) {
	at := placeOf(v)
	if plain, ok := copies[at]; ok {
		return plain, nil
	}
	plain := make([]any, len(v))
	copies[at] = plain
	for i, value := range v {
		if plain[i], err = copies.value(value); err != nil {
			return nil, err
		}
	}
	return plain, nil
}

// documentText survives the SDK's encoder, which panics on a NaN.
func documentText(d document.Interface) (raw json.RawMessage, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errDocument
		}
	}()
	if isNil(d) {
		return json.RawMessage("null"), nil
	}
	return d.MarshalSmithyDocument()
}

// Text is the text of an error of encoding/json, without what a type's own methods
// say, who may quote the value.
func Text(err error) string {
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
	case errors.As(err, &unsupported), errors.As(err, &number), errors.Is(err, errNotJSON), errors.Is(err, errNotUTF8), errors.Is(err, errDocument):
		return err.Error()
	}
	return "the data doesn't fit the type"
}

var (
	errNotJSON  = errors.New("the bytes are not valid JSON")
	errNotUTF8  = errors.New("the bytes are not valid UTF-8")
	errDocument = errors.New("a document of the SDK's can't be encoded")
)

// Error is an error of encoding/json whose text is that of [Text].
type Error struct {
	Doing string // "": nothing to add
	Err   error
}

func (e *Error) Error() string {
	if e.Doing == "" {
		return Text(e.Err)
	}
	return e.Doing + ": " + Text(e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

func quiet(err error) error {
	if err == nil {
		return nil
	}
	return &Error{Err: err}
}

// isNil reports whether a document is nil, or a nil pointer.
func isNil(d document.Interface) bool {
	if d == nil {
		return true
	}
	v := reflect.ValueOf(d)
	return v.Kind() == reflect.Pointer && v.IsNil()
}
