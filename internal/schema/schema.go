// Package schema makes JSON schemas of Go types, in the part of the language that
// Bedrock takes for tools and structured output, and checks JSON against schemas.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// Schema is a JSON schema: its text, and what checks a value against it.
type Schema struct {
	JSON     json.RawMessage
	IsObject bool // it says that a value is an object

	resolved *jsonschema.Resolved // nil: not to be checked
}

// Parse reads a schema that was written by hand. Its text stays as it is. One that
// contains itself, or is very large or deep, is not checked: what that takes grows without bound.
func Parse(text json.RawMessage) (*Schema, error) {
	if t := bytes.TrimSpace(text); len(t) == 0 || t[0] != '{' {
		return nil, errors.New("a schema is a JSON object, as in {\"type\":\"object\"}")
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, fmt.Errorf("the schema can't be read: %w", err)
	}
	if deeper(members, maxDepth) {
		return &Schema{JSON: text, IsObject: members["type"] == "object"}, nil
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("the schema can't be read: %w", err)
	}
	if s.Schema = ""; bytes.Contains(text, []byte(`json-schema.org/draft-0`)) { // else: of 2020-12
		s.Schema = "http://json-schema.org/draft-07/schema#"
	}
	parsed, err := resolve(text, &s)
	if err != nil {
		return nil, err
	}
	if asRead, err := json.Marshal(&s); err != nil || !bounded(asRead) { // the text may say things twice, or in another case
		parsed.resolved = nil
	}
	return parsed, nil
}

// For infers the schema of a Go type by its json and jsonschema tags. The text is what
// Bedrock takes: no null for a slice or an optional field, no bounds of numbers or
// lengths ("Structured output" in the Amazon Bedrock User Guide). Values are checked
// against all that the type says, so a null for a list, a pointer or an optional field
// is no mismatch, and a number that overflows the type is one.
func For(t reflect.Type) (*Schema, error) {
	known := map[reflect.Type]*jsonschema.Schema{}
	if err := inspect(t, typeName(t), known, nil); err != nil {
		return nil, err
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem() // null is no value of the whole
	}
	s, err := jsonschema.ForType(t, &jsonschema.ForOptions{TypeSchemas: known})
	if err != nil {
		return nil, err
	}
	openNulls(s)
	var text bytes.Buffer
	write(&text, s, false)
	return resolve(text.Bytes(), s)
}

func resolve(text json.RawMessage, s *jsonschema.Schema) (*Schema, error) {
	resolved, err := s.Resolve(nil)
	if err != nil {
		return nil, fmt.Errorf("the schema can't be used: %w", err)
	}
	return &Schema{JSON: text, IsObject: s.Type == "object", resolved: resolved}, nil
}

// Check reports why a JSON value doesn't fit: a [*Mismatch], or an error of JSON itself.
func (s *Schema) Check(value json.RawMessage) error {
	var v any
	if err := json.Unmarshal(value, &v); err != nil {
		return err
	}
	if s.resolved == nil {
		if _, ok := v.(map[string]any); s.IsObject && !ok {
			return &Mismatch{errors.New("type: it is no object")}
		}
		return nil
	}
	if err := s.resolved.Validate(v); err != nil {
		return &Mismatch{err}
	}
	return nil
}

// Mismatch says where a value doesn't fit a schema. Its text quotes the value, shortened:
// it is for the model that wrote it.
type Mismatch struct{ err error }

const maxText = 1000 // bytes, of a text that the model gets in every round that follows

func (m *Mismatch) Error() string {
	text := strings.ReplaceAll(m.err.Error(), "<invalid reflect.Value>", "null")
	text = m.where() + text[len(deepest.FindString(text)):]
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return text
}

// deepest matches what the validator says of the way to where the mismatch is.
var deepest = regexp.MustCompile(`^(?:validating (?:root|/[^:]*|<anonymous schema>): )+`)

// where is the place of the mismatch, in the words of the schema, "" for the root.
func (m *Mismatch) where() string {
	way := strings.Split(strings.TrimSuffix(deepest.FindString(m.err.Error()), ": "), ": validating ")
	place := strings.TrimPrefix(way[len(way)-1], "validating ")
	if !strings.HasPrefix(place, "/") {
		return ""
	}
	place = strings.NewReplacer("/properties/", ".", "/items", "[]", "/additionalProperties", ".*").Replace(place)
	return strings.TrimPrefix(place, ".") + ": "
}

// keyword matches what a schema says that a value doesn't fit.
var keyword = regexp.MustCompile(`^(type|enum|const|(exclusive)?(Mini|Maxi|mini|maxi)mum|multipleOf|pattern|anyOf|oneOf|not|(contains|uniqueItems)|(min|max)[A-Z][a-z]+):`)

// Brief says it without the value, and so is fit for a log.
func (m *Mismatch) Brief() string {
	text := m.err.Error()
	text = text[len(deepest.FindString(text)):]
	if missing, ok := strings.CutPrefix(text, "required: "); ok { // names of the schema's own
		return m.where() + missing
	}
	if strings.HasPrefix(text, "unexpected additional properties") {
		return m.where() + "there are properties that the schema doesn't have"
	}
	if word := keyword.FindString(text); word != "" {
		return m.where() + "doesn't fit the schema's " + strings.TrimSuffix(word, ":")
	}
	return m.where() + "doesn't fit the schema"
}
