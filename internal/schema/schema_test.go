package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

type place struct {
	City string `json:"city" jsonschema:"name of the <city>, in English"`
}

type everything struct {
	place
	Text     string             `json:"text"`
	Small    int8               `json:"small"`
	Unsigned uint               `json:"unsigned,omitempty"`
	Ratio    float64            `json:"ratio,omitzero"`
	List     []string           `json:"list"`
	Pair     [2]bool            `json:"pair"`
	Must     *int               `json:"must"`
	May      *int               `json:"may,omitempty"`
	Nested   []*place           `json:"nested,omitempty"`
	Map      map[string]place   `json:"map,omitempty"`
	Any      any                `json:"any,omitempty"`
	Raw      json.RawMessage    `json:"raw,omitempty"`
	Bytes    []byte             `json:"bytes,omitempty"`
	When     time.Time          `json:"when"`
	Big      *big.Int           `json:"big,omitempty"`
	Number   json.Number        `json:"number,omitempty"`
	Addr     netip.Addr         `json:"addr"`
	Keys     map[netip.Addr]int `json:"keys,omitempty"`
	Dash     func()             `json:"-"`
	hidden   func()
}

func TestSchemaIsWhatBedrockTakes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		of   any
		want string
	}{
		"no fields": {struct{}{}, `{"type":"object","properties":{},"additionalProperties":false}`},
		"map":       {map[string][]int{}, `{"type":"object","additionalProperties":{"type":"array","items":{"type":"integer"}}}`},
		"slice":     {[]place{}, `{"type":"array","items":{"type":"object","properties":{"city":{"type":"string","description":"name of the <city>, in English"}},"required":["city"],"additionalProperties":false}}`},
		"string":    {"", `{"type":"string"}`},
		"pointer":   {&place{}, `{"type":"object","properties":{"city":{"type":"string","description":"name of the <city>, in English"}},"required":["city"],"additionalProperties":false}`},
		"all of them": {everything{}, `{"type":"object","properties":{` +
			`"city":{"type":"string","description":"name of the <city>, in English"},` +
			`"text":{"type":"string"},"small":{"type":"integer"},"unsigned":{"type":"integer"},"ratio":{"type":"number"},` +
			`"list":{"type":"array","items":{"type":"string"}},"pair":{"type":"array","items":{"type":"boolean"}},` +
			`"must":{"type":["null","integer"]},"may":{"type":"integer"},` +
			`"nested":{"type":"array","items":{"type":"object","properties":{"city":{"type":"string","description":"name of the <city>, in English"}},"required":["city"],"additionalProperties":false}},` +
			`"map":{"type":"object","additionalProperties":{"type":"object","properties":{"city":{"type":"string","description":"name of the <city>, in English"}},"required":["city"],"additionalProperties":false}},` +
			`"any":{},"raw":{},"bytes":{"type":"string"},"when":{"type":"string","format":"date-time"},"big":{"type":"integer"},"number":{"type":"number"},` +
			`"addr":{"type":"string"},"keys":{"type":"object","additionalProperties":{"type":"integer"}}},` +
			`"required":["city","text","small","list","pair","must","when","addr"],"additionalProperties":false}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := For(reflect.TypeOf(tt.of))
			if err != nil {
				t.Fatal(err)
			}
			if string(s.JSON) != tt.want {
				t.Errorf("got  %s\nwant %s", s.JSON, tt.want)
			}
			if want := strings.HasPrefix(tt.want, `{"type":"object"`); s.IsObject != want {
				t.Errorf("IsObject %v, want %v", s.IsObject, want)
			}
			if _, err := Parse(s.JSON); err != nil {
				t.Errorf("it doesn't parse: %v", err)
			}
		})
	}
}

type node struct{ Next *node }
type inner struct {
	Deep []map[string]struct{ F chan int }
}
type named string
type outer struct {
	named `json:"named"`
}
type EmbedsItself struct{ *EmbedsItself }

// sameNames is a struct that go vet wouldn't have.
var sameNames = reflect.StructOf([]reflect.StructField{
	{Name: "A", Type: reflect.TypeFor[int](), Tag: `json:"x"`},
	{Name: "B", Type: reflect.TypeFor[int](), Tag: `json:"x"`},
})

// badName is another.
var badName = reflect.StructOf([]reflect.StructField{{Name: "A", Type: reflect.TypeFor[int](), Tag: `json:"a\\b"`}})

type hidden struct{ A int }

// anything takes whatever JSON there is.
type anything struct{ raw string }

func (a *anything) UnmarshalJSON(b []byte) error { a.raw = string(b); return nil }

// written has a text form that can't be read.
type written struct{ N int }

func (written) MarshalText() ([]byte, error) { return []byte("n"), nil }

func TestTypeWithoutSchemaIsNamedByItsField(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		of   any
		want string
	}{
		"function":      {struct{ Go func() }{}, "struct.Go: the type func() has no JSON"},
		"channel, deep": {inner{}, "inner.Deep[][].F: the type chan int has no JSON"},
		"complex":       {struct{ C complex128 }{}, "struct.C: the type complex128"},
		"top":           {make(chan int), "chan: the type chan int"},
		"keys":          {struct{ M map[int]string }{}, "struct.M: the keys are int, and have to be strings here"},
		"cycle":         {node{}, "node.Next: the type schema.node contains itself"},
		"embeds itself": {EmbedsItself{}, "contains itself"},
		"interface":     {struct{ E error }{}, "struct.E: nothing can be decoded into the interface error"},
		"empty tag": {struct {
			A int `jsonschema:""`
		}{}, `struct.A: the jsonschema tag ""`},
		"keyed tag": {struct {
			A int `jsonschema:"description=a number"`
		}{}, "struct.A: the jsonschema tag"},
		"embedded, named": {outer{}, "outer.named: an embedded field"},
		"no name":         {reflect.Zero(badName).Interface(), `struct.A: encoding/json takes no "a\\b" for a name`},
		"string option": {struct {
			A int `json:"a,string"`
		}{}, "struct.A: a schema can't say the string option"},
		"name twice": {reflect.Zero(sameNames).Interface(), `struct.B: another field has the JSON name "x" too`},
		"name twice, embedded": {struct {
			A int `json:"city"`
			place
		}{}, `struct.City: another field has the JSON name "city" too`},
		"embedded, left out": {struct {
			place `json:"-"`
		}{}, "struct.place: an embedded field"},
		"embedded pointer, unexported": {struct{ *hidden }{}, "struct.hidden: encoding/json can't set"},
		"named -": {struct {
			C chan int `json:"-,"`
		}{}, "struct.C: the type chan int"},
		"embedded time": {struct{ time.Time }{}, "struct"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := For(reflect.TypeOf(tt.of))
			if name == "embedded time" { // has time's own methods
				if err != nil || string(s.JSON) != "{}" {
					t.Errorf("got %v, %v, want {}", s, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCheckTellsWhereAndWhat(t *testing.T) {
	t.Parallel()
	const byHand = `{"type":"object","properties":{"unit":{"enum":["C","F"]},"n":{"type":"integer","minimum":1},"list":{"items":{"anyOf":[{"type":"string"},{"type":"null"}]}}}}`
	for name, tt := range map[string]struct {
		schema       *Schema
		value        string
		error, brief string
	}{
		"fits":                {of[everything](t), `{"city":"a","text":"","small":1,"list":null,"pair":[true,false],"must":null,"may":null,"when":"2026-01-02T03:04:05Z","addr":"::1"}`, "", ""},
		"null for a list":     {of[struct{ L []int }](t), `{"L":null}`, "", ""},
		"missing":             {of[place](t), `{}`, `required: missing properties: ["city"]`, `missing properties: ["city"]`},
		"extra":               {of[place](t), `{"city":"a","s3cret":1}`, `unexpected additional properties ["s3cret"]`, "there are properties that the schema doesn't have"},
		"type":                {of[struct{ In []place }](t), `{"In":[{"city":42}]}`, `In[].city: type: 42 has type "integer", want "string"`, "In[].city: doesn't fit the schema's type"},
		"overflow":            {of[struct{ N int8 }](t), `{"N":1000}`, `N: maximum: 1000/1 is greater`, "N: doesn't fit the schema's maximum"},
		"length":              {of[struct{ P [2]int }](t), `{"P":[1]}`, `P: minItems`, "P: doesn't fit the schema's minItems"},
		"in a map":            {of[map[string]place](t), `{"x":{"city":null}}`, `*.city: type`, "*.city: doesn't fit the schema's type"},
		"enum":                {parsed(t, byHand), `{"unit":"s3cret"}`, `unit: enum: s3cret`, "unit: doesn't fit the schema's enum"},
		"any of":              {parsed(t, byHand), `{"list":[7]}`, `list[]: anyOf`, "list[]: doesn't fit the schema's anyOf"},
		"no object at all":    {of[place](t), `"s3cret"`, `type: s3cret`, "doesn't fit the schema's type"},
		"null for optional":   {of[everything](t), `{"city":"a","text":"","small":1,"list":[],"pair":[true,false],"must":1,"when":"","addr":"","unsigned":null,"ratio":null,"nested":null,"map":null,"bytes":null,"big":null}`, "", ""},
		"null for required":   {of[place](t), `{"city":null}`, `city: type: null has type "null"`, "city: doesn't fit the schema's type"},
		"pointer to anything": {of[struct{ A *anything }](t), `{"A":"x"}`, "", ""},
		"null for it":         {of[struct{ A *anything }](t), `{"A":null}`, "", ""},
		"null for all":        {of[*place](t), `null`, `type: null has type "null", want "object"`, "doesn't fit the schema's type"},
		"name with spaces":    {parsed(t, `{"properties":{"a b":{"type":"string"}}}`), `{"a b":42}`, `a b: type: 42 has`, "a b: doesn't fit the schema's type"},
		"name with a colon":   {parsed(t, `{"properties":{"a: b":{"type":"string"}}}`), `{"a: b":42}`, `type: 42 has`, "a: doesn't fit the schema"},
		"draft-07":            {parsed(t, `{"$schema":"http://json-schema.org/draft-07/schema","items":[{"type":"string"}]}`), `[42]`, `type: 42 has`, "[]/0: doesn't fit the schema's type"},
		"unknown draft":       {parsed(t, `{"$schema":"https://json-schema.org/draft/2019-09/schema","type":"string"}`), `42`, `type: 42 has`, "doesn't fit the schema's type"},
		"all by hand":         {parsed(t, byHand), `{"unit":"C","n":1,"list":["a",null]}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tt.schema.Check(json.RawMessage(tt.value))
			var m *Mismatch
			switch {
			case tt.error == "" && err != nil:
				t.Errorf("got %v, want none", err)
			case tt.error == "":
			case !errors.As(err, &m):
				t.Fatalf("got %v, want a mismatch", err)
			case !strings.Contains(m.Error(), tt.error) || strings.HasPrefix(m.Error(), "validating"):
				t.Errorf("got %q, want %q", m.Error(), tt.error)
			case !strings.HasPrefix(m.Brief(), tt.brief) || strings.Contains(m.Brief(), "s3cret") || strings.Contains(m.Brief(), "42"):
				t.Errorf("brief: got %q, want %q", m.Brief(), tt.brief)
			}
		})
	}
	if err := of[place](t).Check(json.RawMessage(`{"city":`)); err == nil || errors.As(err, new(*Mismatch)) {
		t.Errorf("half a value: got %v, want an error of JSON", err)
	}
}

func TestHandWrittenSchemaIsRefusedWhenItCannotBeUsed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                                       "a schema is a JSON object",
		`[]`:                                     "a schema is a JSON object",
		`{"type":`:                               "can't be read",
		`{"type":7}`:                             "can't be read",
		`{"type":"object","$ref":"/etc/passwd"}`: "can't be used",
		`{"pattern":"(?=x)"}`:                    "can't be used",
		`{"$ref":"https://example.com/s"}`:       "can't be used",
		`{"type":"object","properties":{"a":{"$ref":"#/$defs/none"}}}`: "can't be used",
	} {
		if _, err := Parse(json.RawMessage(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func of[T any](t *testing.T) *Schema {
	t.Helper()
	s, err := For(reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parsed(t *testing.T, text string) *Schema {
	t.Helper()
	s, err := Parse(json.RawMessage(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What is checked takes no longer than in proportion to it.
func TestSchemaThatContainsItselfIsNotChecked(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"itself":           `{"type":"object","allOf":[{"$ref":"#"}]}`,
		"other case":       `{"type":"object","anyOf":[{"$Ref":"#"},{"type":"string"}]}`,
		"other case, defs": `{"type":"object","$Defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"},{"type":"string"}]}},"$ref":"#/$defs/a"}`,
		"said twice":       `{"type":"object","$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"}]}},"$defs":{"b":{}},"$ref":"#/$defs/a"}`,
		"itself, bare":     `{"type":"object","$ref":"#"}`,
		"a tree":           `{"type":"object","properties":{"next":{"$ref":"#"}}}`,
		"branches":         `{"type":"object","$ref":"#/$defs/n","$defs":{"n":{"anyOf":[{"properties":{"a":{"$ref":"#/$defs/n"}}},{"properties":{"a":{"$ref":"#/$defs/n"}},"required":["b"]}]}}}`,
		"escaped":          `{"type":"object","$ref":"#/$defs/a~1b%20c","$defs":{"a/b c":{"$ref":"#/$defs/a~1b%20c"}}}`,
		"anchor":           `{"type":"object","$ref":"#me","$defs":{"x":{"$anchor":"me","$ref":"#me"}}}`,
		"dynamic":          `{"type":"object","$dynamicAnchor":"n","properties":{"a":{"$dynamicRef":"#n"}}}`,
		"ids of parts":     `{"type":"object","properties":{"a":{"$id":"https://example.com/a","$defs":{"b":{"$ref":"#"}},"$ref":"#/$defs/b"}}}`,
		"doubling":         doubling(20),
		"doubling, deeper": doubling(60),
		"very deep":        `{"type":"object","properties":{"a":` + strings.Repeat(`{"items":`, 4000) + `{}` + strings.Repeat(`}`, 4000) + `}}`,
		"too deep":         `{"type":"object","properties":{"a":` + strings.Repeat(`{"not":`, 200) + `{}` + strings.Repeat(`}`, 200) + `}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := parsed(t, text)
			deep := strings.Repeat(`{"a":`, 5000) + `1` + strings.Repeat(`}`, 5000)
			if err := s.Check(json.RawMessage(deep)); err != nil {
				t.Errorf("got %.100v, want it unchecked", err)
			}
			if err := s.Check(json.RawMessage(`[]`)); err == nil || err.Error() != "type: it is no object" {
				t.Errorf("a list: got %v, want a mismatch", err)
			}
		})
	}
	for name, text := range map[string]string{
		"reference":       `{"type":"object","properties":{"a":{"$ref":"#/$defs/s"},"b":{"$ref":"#/$defs/s"}},"$defs":{"s":{"type":"string"}}}`,
		"into a list":     `{"type":"object","properties":{"a":{"$ref":"#/anyOf/0"}},"anyOf":[{"type":"object","properties":{"a":{"type":"string"}}}]}`,
		"named like one":  `{"type":"object","properties":{"a":{"type":"string"},"$ref":{"type":"string"},"$id":{"type":"string"}}}`,
		"id of the whole": `{"$id":"https://example.com/s","type":"object","properties":{"a":{"type":"string"}}}`,
		"doubling":        doubling(5),
	} {
		if err := parsed(t, text).Check(json.RawMessage(`{"a":1}`)); err == nil {
			t.Errorf("%s: it is not checked", name)
		}
	}
}

// doubling is a schema of n parts, each of which refers to the next one twice.
func doubling(n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, fmt.Sprintf(`"%d":{"allOf":[{"$ref":"#/$defs/%d"},{"$ref":"#/$defs/%d"}]}`, i, i+1, i+1))
	}
	return fmt.Sprintf(`{"type":"object","properties":{"a":{"$ref":"#/$defs/0"}},"$defs":{%s,"%d":{"type":"string"}}}`, strings.Join(parts, ","), n)
}

func TestMismatchIsShortened(t *testing.T) {
	t.Parallel()
	err := of[place](t).Check(json.RawMessage(`{"city":["` + strings.Repeat("x", 1<<20) + `"]}`))
	if err == nil || len(err.Error()) > 1100 {
		t.Errorf("got %d bytes", len(err.Error()))
	}
}
