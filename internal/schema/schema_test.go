package schema

import (
	"encoding/json"
	"errors"
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
type embedsItself struct{ *embedsItself }

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
		"keys":          {struct{ M map[int]string }{}, "struct.M: the keys of a JSON object are strings, not int"},
		"cycle":         {node{}, "node.Next: the type schema.node contains itself"},
		"embeds itself": {embedsItself{}, "contains itself"},
		"interface":     {struct{ E error }{}, "struct.E: nothing can be decoded into the interface error"},
		"empty tag": {struct {
			A int `jsonschema:""`
		}{}, `struct.A: the jsonschema tag ""`},
		"keyed tag": {struct {
			A int `jsonschema:"description=a number"`
		}{}, "struct.A: the jsonschema tag"},
		"embedded, named": {outer{}, "outer.named: an embedded field"},
		"embedded time":   {struct{ time.Time }{}, "struct"},
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
		"fits":             {of[everything](t), `{"city":"a","text":"","small":1,"list":null,"pair":[true,false],"must":null,"may":null,"when":"2026-01-02T03:04:05Z","addr":"::1"}`, "", ""},
		"null for a list":  {of[struct{ L []int }](t), `{"L":null}`, "", ""},
		"missing":          {of[place](t), `{}`, `required: missing properties: ["city"]`, `missing properties: ["city"]`},
		"extra":            {of[place](t), `{"city":"a","s3cret":1}`, `unexpected additional properties ["s3cret"]`, "doesn't fit the schema's additionalProperties"},
		"type":             {of[struct{ In []place }](t), `{"In":[{"city":42}]}`, `In[].city: type: 42 has type "integer", want "string"`, "In[].city: doesn't fit the schema's type"},
		"overflow":         {of[struct{ N int8 }](t), `{"N":1000}`, `N: maximum: 1000/1 is greater`, "N: doesn't fit the schema's maximum"},
		"length":           {of[struct{ P [2]int }](t), `{"P":[1]}`, `P: minItems`, "P: doesn't fit the schema's minItems"},
		"in a map":         {of[map[string]place](t), `{"x":{"city":null}}`, `*.city: type`, "*.city: doesn't fit the schema's type"},
		"enum":             {parsed(t, byHand), `{"unit":"s3cret"}`, `unit: enum: s3cret`, "unit: doesn't fit the schema's enum"},
		"any of":           {parsed(t, byHand), `{"list":[7]}`, `list[]: anyOf`, "list[]: doesn't fit the schema's anyOf"},
		"no object at all": {of[place](t), `"s3cret"`, `type: s3cret`, "doesn't fit the schema's type"},
		"all by hand":      {parsed(t, byHand), `{"unit":"C","n":1,"list":["a",null]}`, "", ""},
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
		``:                                 "a schema is a JSON object",
		`[]`:                               "a schema is a JSON object",
		`{"type":`:                         "can't be read",
		`{"type":7}`:                       "can't be read",
		`{"pattern":"(?=x)"}`:              "can't be used",
		`{"$ref":"https://example.com/s"}`: "can't be used",
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
