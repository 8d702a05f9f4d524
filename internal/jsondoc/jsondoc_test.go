package jsondoc

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
)

type secretive struct{}

func (secretive) MarshalJSON() ([]byte, error)  { return nil, errors.New("a secret") }
func (*secretive) UnmarshalJSON(b []byte) error { return errors.New(string(b)) }

func cyclic() any {
	m := map[string]any{}
	m["self"] = []any{m}
	return m
}

// twofoldMap holds itself twice, so that there are 2^n paths of length n.
func twofoldMap() any {
	m := map[string]any{"d": document.NewLazyDocument(1)}
	m["a"], m["b"] = m, m
	return m
}

func twofoldList() any {
	l := make([]any, 3)
	l[0], l[1], l[2] = l, l, document.NewLazyDocument(1)
	return l
}

func TestEncode(t *testing.T) {
	t.Parallel()
	var none document.Interface
	theirs := document.NewLazyDocument(map[string]any{"x": 1})
	for name, tt := range map[string]struct {
		v    any
		want string
	}{
		"json tags": {struct {
			A int `json:"a"`
		}{1}, `{"a":1}`},
		"no HTML escapes":         {"<&>", `"<&>"`},
		"raw JSON as it is":       {json.RawMessage(`{"b": 1.0, "a":2}`), `{"b": 1.0, "a":2}`},
		"bytes as JSON":           {[]byte(` [1] `), ` [1] `},
		"nil":                     {nil, `null`},
		"a document of the SDK's": {theirs, `{"x":1}`},
		"one in a map":            {map[string]any{"d": theirs}, `{"d":{"x":1}}`},
		"one in a list":           {[]any{theirs, 1}, `[{"x":1},1]`},
		"one of ours in a struct": {struct{ D any }{Raw(json.RawMessage(`1.0`))}, `{"D":1.0}`},
		"no document":             {map[string]any{"d": none}, `{"d":null}`},
		"a nil document":          {(*Document)(nil), `null`},
	} {
		if got, err := Encode(tt.v); err != nil || string(got) != tt.want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, tt.want)
		}
	}
}

func TestEncodeLeavesTheCallersValueAlone(t *testing.T) {
	t.Parallel()
	theirs := document.NewLazyDocument(1)
	m, list, text := map[string]any{"d": theirs}, []any{theirs}, []byte(`{}`)
	for _, v := range []any{m, list} {
		if _, err := Encode(v); err != nil {
			t.Error(err)
		}
	}
	if m["d"] != theirs || list[0] != theirs {
		t.Errorf("got %v and %v, want the documents that were there", m["d"], list[0])
	}
	if got, _ := Encode(text); &got[0] == &text[0] {
		t.Error("got the caller's own bytes, which may change")
	}
}

// Each of 40 maps has the next one twice: written out they are 2^40.
func TestSharedPartsAreCopiedOnce(t *testing.T) {
	t.Parallel()
	var v any = []any{document.NewLazyDocument("x")}
	for range 40 {
		v = map[string]any{"a": v, "l": []any{v}}
	}
	plain, err := plainer{}.value(v)
	if err != nil {
		t.Fatal(err)
	}
	for range 40 {
		plain = plain.(map[string]any)["a"]
	}
	if text, ok := plain.([]any)[0].(json.RawMessage); !ok || string(text) != `"x"` {
		t.Errorf("got %v, want the document's text", plain)
	}
}

func TestListsThatOverlapAreTold(t *testing.T) {
	t.Parallel()
	l := []any{document.NewLazyDocument(1), 2}
	if got, err := Encode([]any{l, l[:1], l[:0], l}); string(got) != `[[1,2],[1],[],[1,2]]` || err != nil {
		t.Errorf("got %s, %v, want [[1,2],[1],[],[1,2]]", got, err)
	}
}

func TestEncodeRefusesWhatIsNoJSON(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		v    any
		want string // of Text
	}{
		"no text":                 {json.RawMessage(nil), "the bytes are not valid JSON"},
		"half an object":          {json.RawMessage(`{`), "the bytes are not valid JSON"},
		"invalid UTF-8":           {[]byte("\"\xff\""), "the bytes are not valid UTF-8"},
		"NaN":                     {math.NaN(), "json: unsupported value: NaN"},
		"a channel":               {[]any{make(chan int)}, "json: unsupported type: chan int"},
		"a type that refuses":     {secretive{}, "the type jsondoc.secretive refuses"},
		"NaN in a document":       {document.NewLazyDocument(math.NaN()), "a document of the SDK's can't be encoded"},
		"one deeper":              {map[string]any{"l": []any{document.NewLazyDocument(math.NaN())}}, "a document of the SDK's can't be encoded"},
		"a map in itself":         {cyclic(), "json: unsupported value: encountered a cycle via map[string]interface {}"},
		"a map in itself, twice":  {twofoldMap(), "json: unsupported value: encountered a cycle via map[string]interface {}"},
		"a list in itself, twice": {twofoldList(), "json: unsupported value: encountered a cycle via []interface {}"},
		"raw JSON inside":         {map[string]any{"x": json.RawMessage(`{`)}, "it is not valid JSON at byte 0"},
		"a number that is none":   {json.Number("1x"), "the data doesn't fit the type"},
		"a function in a struct":  {struct{ F func() }{}, "json: unsupported type: func()"},
	} {
		got, err := Encode(tt.v)
		if got != nil || err == nil {
			t.Errorf("%s: got %s, %v, want an error", name, got, err)
			continue
		}
		if text := Text(err); text != tt.want || err.Error() != tt.want {
			t.Errorf("%s: got %q, %q, want %q", name, text, err, tt.want)
		}
		if _, err := New(tt.v); err == nil {
			t.Errorf("%s: got a document", name)
		}
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	type point struct{ X, Y int }
	ours, err := New(point{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]document.Interface{"ours": ours, "a pointer to it": &ours, "the SDK's": document.NewLazyDocument(point{1, 2})} {
		var got point
		if err := Decode(d, &got); err != nil || got != (point{1, 2}) {
			t.Errorf("%s: got %v, %v, want {1 2}", name, got, err)
		}
	}
	var got point
	if err := ours.UnmarshalSmithyDocument(&got); err != nil || got != (point{1, 2}) {
		t.Errorf("got %v, %v by the SDK's method, want {1 2}", got, err)
	}
}

func TestErrorsOfDecodingDoNotQuoteTheValue(t *testing.T) {
	t.Parallel()
	text := func(doc string, v any) string {
		err := Decode(Raw(json.RawMessage(doc)), v)
		if err == nil {
			t.Fatalf("got no error of %s as a %T", doc, v)
		}
		wrapped := &Error{"decoding", err}
		if !errors.Is(wrapped, err) {
			t.Errorf("got %v, want it to hold its cause", wrapped)
		}
		return wrapped.Error()
	}
	var number int
	var object struct{ Count int }
	for got, want := range map[string]string{
		text(`"secret"`, &number):              "decoding: it is no int",
		text(`{"Count":"secret"}`, &object):    "decoding: field Count is no int",
		text(`{"secret"`, &object):             "decoding: it is not valid JSON at byte 9",
		text(`{"secret":1}`, new(secretive)):   "decoding: the data doesn't fit the type",
		text(`"x"`, nil):                       "decoding: the data doesn't fit the type",
		(&Error{"reading", errAbsent}).Error(): "reading: the data doesn't fit the type",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for name, d := range map[string]document.Interface{"none": nil, "a nil pointer": (*Document)(nil)} {
		if err := Decode(d, &number); err != errAbsent {
			t.Errorf("%s: got %v, want that there is none", name, err)
		}
	}
}

func TestDecodeDoesNotQuote(t *testing.T) {
	t.Parallel()
	for name, into := range map[string]any{"time": new(struct{ A time.Time }), "number": new(struct{ A int }), "bytes": new(struct{ A []byte })} {
		err := Decode(Raw(json.RawMessage(`{"A":"s3cret!"}`)), into)
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %v, want an error without the value", name, err)
		}
	}
	if err := Decode(nil, new(any)); err != errAbsent {
		t.Errorf("no document: got %v", err)
	}
}
