package schema

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/jsonschema-go/jsonschema"
)

// inspect finds what has no schema in a type, and says where; and the types of which
// encoding/json makes something else than their kind says, which go to known.
func inspect(t reflect.Type, path string, known map[reflect.Type]*jsonschema.Schema, above []reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if _, ok := known[t]; ok {
		return nil
	}
	if s := special(t); s != nil {
		known[t] = s
		return nil
	}
	if t.Name() != "" && slices.Contains(above, t) {
		return fmt.Errorf("%s: the type %s contains itself, which a schema made of a type can't say", path, t)
	}
	above = append(above, t)
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128:
		return fmt.Errorf("%s: the type %s has no JSON", path, t)
	case reflect.Interface:
		if t.NumMethod() > 0 {
			return fmt.Errorf("%s: nothing can be decoded into the interface %s", path, t)
		}
	case reflect.Slice, reflect.Array:
		return inspect(t.Elem(), path+"[]", known, above)
	case reflect.Map:
		if k := t.Key(); k.Kind() != reflect.String && !(k.Implements(textMarshaler) && has(k, textUnmarshaler)) {
			return fmt.Errorf("%s: the keys are %s, and have to be strings here", path, k)
		}
		return inspect(t.Elem(), path+"[]", known, above)
	case reflect.Struct:
		names := map[string]bool{}
		for _, f := range reflect.VisibleFields(t) {
			if err := inspectField(f, path+"."+f.Name, names, known, above); err != nil {
				return err
			}
		}
	}
	return nil
}

// inspectField refuses what inference and encoding/json read differently. names are those
// of the fields before.
func inspectField(f reflect.StructField, path string, names map[string]bool, known map[reflect.Type]*jsonschema.Schema, above []reflect.Type) error {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	if f.Anonymous {
		return inspectEmbedded(f, path, above)
	}
	if f.Tag.Get("json") == "-" || !f.IsExported() {
		return nil
	}
	if slices.Contains(strings.Split(options, ","), "string") {
		return fmt.Errorf("%s: a schema can't say the string option of the json tag", path)
	}
	if strings.ContainsFunc(name, notInTag) {
		return fmt.Errorf("%s: encoding/json takes no %q for a name", path, name)
	}
	if name = cmp.Or(name, f.Name); names[name] {
		return fmt.Errorf("%s: another field has the JSON name %q too", path, name)
	}
	names[name] = true
	if tag, ok := f.Tag.Lookup("jsonschema"); ok && (tag == "" || keyed.MatchString(tag)) {
		return fmt.Errorf("%s: the jsonschema tag %q must be a description: some text, whose first word has no \"=\"", path, tag)
	}
	return inspect(f.Type, path, known, above)
}

// notInTag reports what encoding/json refuses in a name, to take the field's instead.
func notInTag(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r)
}

// inspectEmbedded takes an embedded struct, whose fields are visible ones of the outer.
func inspectEmbedded(f reflect.StructField, path string, above []reflect.Type) error {
	inner := f.Type
	if inner.Kind() == reflect.Pointer {
		inner = inner.Elem()
	}
	switch {
	case inner.Kind() != reflect.Struct, f.Tag.Get("json") != "", special(inner) != nil:
		return fmt.Errorf("%s: an embedded field that is a JSON value of its own, or none, has no schema here: give it a name", path)
	case !f.IsExported() && f.Type.Kind() == reflect.Pointer:
		return fmt.Errorf("%s: encoding/json can't set an embedded pointer to an unexported struct", path)
	case slices.Contains(above, inner):
		return fmt.Errorf("%s: the type %s contains itself, which a schema made of a type can't say", path, inner)
	}
	return nil
}

var keyed = regexp.MustCompile(`^[^ \t\n]*=`)

var (
	textMarshaler   = reflect.TypeFor[encoding.TextMarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
)

// special is the schema of a type of which encoding/json makes something else than its
// kind says; nil for other types.
func special(t reflect.Type) *jsonschema.Schema {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return &jsonschema.Schema{Type: "string", Format: "date-time"}
	case t == reflect.TypeFor[big.Int]():
		return &jsonschema.Schema{Type: "integer"}
	case t == reflect.TypeFor[json.Number]():
		return &jsonschema.Schema{Type: "number"}
	case t.Kind() == reflect.Interface:
		return nil
	case has(t, jsonUnmarshaler):
		return &jsonschema.Schema{} // whatever its method takes
	case has(t, textUnmarshaler):
		return &jsonschema.Schema{Type: "string"}
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return &jsonschema.Schema{Type: "string"} // Base64
	}
	return nil
}

func has(t, method reflect.Type) bool {
	return t.Implements(method) || reflect.PointerTo(t).Implements(method)
}

func typeName(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return t.Kind().String()
	}
	return t.Name()
}

// openNulls makes the check of values take a null for what may be absent, as encoding/json
// does, and anything for what inference makes of a pointer to it: null alone.
func openNulls(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if slices.Equal(s.Types, []string{"null"}) {
		s.Types = nil
	}
	openNulls(s.Items)
	openNulls(s.AdditionalProperties)
	for name, p := range s.Properties {
		if openNulls(p); p.Type != "" && !slices.Contains(s.Required, name) {
			p.Type, p.Types = "", []string{"null", p.Type}
		}
	}
}

// write writes an inferred schema without what Bedrock refuses. nullable keeps the null
// of a pointer.
func write(b *bytes.Buffer, s *jsonschema.Schema, nullable bool) {
	members := 0
	member := func(name string) {
		if members++; members > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "%q:", name)
	}
	b.WriteByte('{')
	if kinds := kindsOf(s, nullable); len(kinds) == 1 {
		member("type")
		writeJSON(b, kinds[0])
	} else if len(kinds) > 1 {
		member("type")
		writeJSON(b, kinds)
	}
	if s.Format != "" {
		member("format")
		writeJSON(b, s.Format)
	}
	if s.Description != "" {
		member("description")
		writeJSON(b, s.Description)
	}
	closed := s.AdditionalProperties != nil && s.AdditionalProperties.Not != nil // of a struct
	if closed {
		member("properties")
		writeProperties(b, s)
	}
	if len(s.Required) > 0 {
		member("required")
		writeJSON(b, s.Required)
	}
	if s.Items != nil {
		member("items")
		write(b, s.Items, false)
	}
	switch {
	case closed:
		member("additionalProperties")
		b.WriteString("false")
	case s.AdditionalProperties != nil:
		member("additionalProperties")
		write(b, s.AdditionalProperties, false)
	}
	b.WriteByte('}')
}

// writeProperties keeps the order of the struct's fields, in which models write them.
func writeProperties(b *bytes.Buffer, s *jsonschema.Schema) {
	b.WriteByte('{')
	for i, name := range s.PropertyOrder {
		if i > 0 {
			b.WriteByte(',')
		}
		writeJSON(b, name)
		b.WriteByte(':')
		write(b, s.Properties[name], slices.Contains(s.Required, name))
	}
	b.WriteByte('}')
}

// kindsOf are the types of a schema. Null is left out of what can be absent or empty:
// only a pointer that must be there needs it.
func kindsOf(s *jsonschema.Schema, nullable bool) []string {
	if s.Type != "" {
		return []string{s.Type}
	}
	if nullable && !slices.Contains(s.Types, "array") {
		return s.Types
	}
	return slices.DeleteFunc(slices.Clone(s.Types), func(kind string) bool { return kind == "null" })
}

// writeJSON writes a string or strings, of which every one has a JSON form.
func writeJSON(b *bytes.Buffer, v any) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	b.Truncate(b.Len() - 1) // the line's end
}
