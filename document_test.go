package bedrock

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock/internal/jsondoc"
)

type textMarshaler struct{}

func (textMarshaler) MarshalText() ([]byte, error) { return []byte("as text"), nil }

type jsonMarshaler struct{}

func (jsonMarshaler) MarshalJSON() ([]byte, error) { return []byte(`{"by":"itself"}`), nil }

func mustJSON(t testing.TB, v any) document.Interface {
	t.Helper()
	d, err := JSON(v)
	if err != nil {
		t.Fatalf("JSON(%v): %v", v, err)
	}
	return d
}

var documentValues = []struct {
	name string
	v    any
	want string
}{
	{"struct tags", struct {
		TopK  int    `json:"top_k"`
		Skip  string `json:"-"`
		Empty string `json:"empty,omitempty"`
		Plain bool
	}{TopK: 5, Skip: "x"}, `{"top_k":5,"Plain":false}`},
	{"raw JSON as it is", json.RawMessage(`{"z": 1,  "a":{"minimum":1.0}, "z":2}`), `{"z": 1,  "a":{"minimum":1.0}, "z":2}`},
	{"bytes as JSON", []byte(` [1, 2] `), ` [1, 2] `},
	{"numbers keep their digits", map[string]any{"big": uint64(1<<63 + 1), "n": json.Number("12.50"), "f": 0.1, "i": int64(math.MinInt64)}, `{"big":9223372036854775809,"f":0.1,"i":-9223372036854775808,"n":12.50}`},
	{"time", time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC), `"2025-01-02T03:04:05Z"`},
	{"HTML", map[string]string{"q": `a<b && c>d "é" ` + "\u2028"}, `{"q":"a<b && c>d \"é\" \u2028"}`},
	{"marshalers", []any{textMarshaler{}, jsonMarshaler{}}, `["as text",{"by":"itself"}]`},
	{"nil", nil, `null`},
	{"nil map", map[string]any(nil), `null`},
	{"empty", struct{}{}, `{}`},
	{"scalars", []any{true, "s", 1.5, nil}, `[true,"s",1.5,null]`},
	{"pointers", aws.String("p"), `"p"`},
	{"nested document of ours", map[string]any{"d": jsondoc.Raw(json.RawMessage(`{"x":1.0}`))}, `{"d":{"x":1.0}}`},
}

// documentsIn puts a document in every place of a request that takes one, and
// returns how to read each from the body.
func documentsIn(d document.Interface) (messages []types.Message, options RequestOption, paths [][]any) {
	user := User("", &types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{ToolUseId: aws.String("t1"), Content: []types.ToolResultContentBlock{&types.ToolResultContentBlockMemberJson{Value: d}}}})
	assistant := Assistant("", &types.ContentBlockMemberToolUse{Value: types.ToolUseBlock{ToolUseId: aws.String("t1"), Name: aws.String("f"), Input: d}})
	options = func(r *Request) {
		r.AdditionalModelRequestFields = d
		r.ToolConfig = &types.ToolConfiguration{Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{
			Name: aws.String("f"), InputSchema: &types.ToolInputSchemaMemberJson{Value: d},
		}}}}
	}
	return []types.Message{assistant, user}, options, [][]any{
		{"messages", 0, "content", 0, "toolUse", "input"},
		{"messages", 1, "content", 0, "toolResult", "content", 0, "json"},
		{"toolConfig", "tools", 0, "toolSpec", "inputSchema", "json"},
		{"additionalModelRequestFields"},
	}
}

// at walks into JSON text and returns what is there, as text.
func at(t testing.TB, body string, path []any) string {
	t.Helper()
	raw := json.RawMessage(body)
	for _, step := range path {
		var err error
		switch step := step.(type) {
		case string:
			var object map[string]json.RawMessage
			err = json.Unmarshal(raw, &object)
			raw = object[step]
		case int:
			var array []json.RawMessage
			if err = json.Unmarshal(raw, &array); err == nil {
				raw = array[step]
			}
		}
		if err != nil {
			t.Fatalf("at %v of %v: %v in %s", step, path, err, body)
		}
	}
	return string(raw)
}

func TestDocumentsArriveEverywhereAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, tt := range documentValues {
		d := mustJSON(t, tt.v)
		messages, options, paths := documentsIn(d)
		unary, stream := &captured{}, &captured{}
		if _, err := stubClient(t, unary.then(always(200, okConverse))).Converse(context.Background(), testModel, messages, options); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		stubClient(t, stream.then(always(400, ""))).ConverseStream(context.Background(), testModel, messages, options)
		for _, seen := range []*captured{unary, stream} {
			_, body := seen.last(t)
			if !json.Valid([]byte(body)) {
				t.Errorf("%s: got a body that isn't JSON: %s", tt.name, body)
				continue
			}
			for _, path := range paths {
				if got := at(t, body, path); got != strings.TrimSpace(tt.want) {
					t.Errorf("%s at %v: got %s, want %s", tt.name, path, got, tt.want)
				}
			}
		}
	}
}

func TestDocumentsOfOtherOperationsArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	seen := &captured{}
	c := stubClient(t, seen.then(always(200, `{"invocationArn":"arn"}`)))
	if _, err := c.SDK().StartAsyncInvoke(context.Background(), &bedrockruntime.StartAsyncInvokeInput{
		ModelId: aws.String("m"), ModelInput: mustJSON(t, json.RawMessage(`{"k":1.0}`)),
		OutputDataConfig: &types.AsyncInvokeOutputDataConfigMemberS3OutputDataConfig{Value: types.AsyncInvokeS3OutputDataConfig{S3Uri: aws.String("s3://b")}},
	}); err != nil {
		t.Fatal(err)
	}
	_, body := seen.last(t)
	if got := at(t, body, []any{"modelInput"}); got != `{"k":1.0}` {
		t.Errorf("got %s, want it as it was", got)
	}
}

func TestDocumentsNestInOtherDocuments(t *testing.T) {
	t.Parallel()
	inner := mustJSON(t, json.RawMessage(`{"x":1.0,"y":"<"}`))
	for name, tt := range map[string]struct {
		v    any
		want string
	}{
		"in a map":          {map[string]any{"d": inner}, `{"d":{"x":1.0,"y":"<"}}`},
		"in a struct":       {struct{ D document.Interface }{inner}, `{"D":{"x":1.0,"y":"<"}}`},
		"in a list":         {[]document.Interface{inner, inner}, `[{"x":1.0,"y":"<"},{"x":1.0,"y":"<"}]`},
		"a document itself": {inner, `{"x":1.0,"y":"<"}`},
	} {
		raw, err := mustJSON(t, tt.v).MarshalSmithyDocument()
		if err != nil || string(raw) != tt.want {
			t.Errorf("%s: got %s, %v, want %s", name, raw, err, tt.want)
		}
	}
}

func TestDocumentsOfTheSDKStandInside(t *testing.T) {
	t.Parallel()
	const want = `{"x":1}`
	theirs := document.NewLazyDocument(map[string]any{"x": 1})
	input := replyOf(t, `[{"toolUse":{"toolUseId":"t1","name":"f","input":`+want+`}}]`).ToolUses()[0].Input
	for name, d := range map[string]document.Interface{
		"the SDK's, through JSON":    mustJSON(t, theirs),
		"a tool input, through JSON": mustJSON(t, input),
		"the SDK's, in a map":        mustJSON(t, map[string]any{"d": theirs}),
		"a tool input, in a list":    mustJSON(t, []any{input}),
		"a tool input, in a map":     mustJSON(t, map[string]any{"d": input}),
	} {
		raw, err := d.MarshalSmithyDocument()
		if err != nil || strings.NewReplacer(`{"d":`, "", "[", "", "]", "", "}}", "}").Replace(string(raw)) != want {
			t.Errorf("%s: got %s, %v, want what it was", name, raw, err)
		}
	}
}

func TestWhatIsNoJSONIsRefused(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{
		"no text":           json.RawMessage(``),
		"nil text":          json.RawMessage(nil),
		"half an object":    json.RawMessage(`{`),
		"text after it":     json.RawMessage(`{"a":1}x`),
		"two values":        []byte(`1 2`),
		"invalid UTF-8":     json.RawMessage("{\"a\":\"\xff\"}"),
		"invalid in bytes":  []byte("\"\xed\xa0\x80\""),
		"NaN":               math.NaN(),
		"infinity":          map[string]any{"x": math.Inf(1)},
		"channel":           make(chan int),
		"function":          struct{ F func() }{},
		"raw JSON inside":   map[string]any{"x": json.RawMessage(`{`)},
		"number that isn't": json.Number("1x"),
	} {
		if d, err := JSON(v); err == nil || d != nil {
			t.Errorf("%s: got %v, %v, want an error", name, d, err)
		} else {
			wantContains(t, err.Error(), "bedrock: encoding a JSON document: ")
		}
	}
}

func TestADocumentDoesNotChangeWithTheCallersBytes(t *testing.T) {
	t.Parallel()
	for _, wrap := range []func(b []byte) any{func(b []byte) any { return json.RawMessage(b) }, func(b []byte) any { return b }} {
		b := []byte(`{"a":1}`)
		d := mustJSON(t, wrap(b))
		copy(b, "xxxxxxx")
		if raw, _ := d.MarshalSmithyDocument(); string(raw) != `{"a":1}` {
			t.Errorf("got %s, want what it was made of", raw)
		}
	}
}

func TestDocumentsDecodeByTheRulesOfEncodingJSON(t *testing.T) {
	t.Parallel()
	type input struct {
		City  string          `json:"city_name"`
		Raw   json.RawMessage `json:"raw"`
		Big   json.Number     `json:"big"`
		Exact uint64          `json:"exact"`
		At    time.Time       `json:"at"`
	}
	const text = `{"city_name":"Paris","raw":{"k": [1]},"big":123456789012345678901234567890,"exact":18446744073709551615,"at":"2025-01-02T03:04:05Z"}`
	// The SDK's documents normalise what is between the tokens, ours don't.
	want := input{"Paris", json.RawMessage(`{"k": [1]}`), "123456789012345678901234567890", math.MaxUint64, time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)}
	reply, err := stubClient(t, always(200, `{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"f","input":`+text+`}}]}},"additionalModelResponseFields":`+text+`}`)).
		Converse(context.Background(), testModel, Prompt("x"))
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]document.Interface{
		"ours": mustJSON(t, json.RawMessage(text)), "tool input": reply.ToolUses()[0].Input, "additional fields": reply.AdditionalModelResponseFields,
	} {
		var got input
		if err := DecodeJSON(d, &got); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var compact bytes.Buffer
		json.Compact(&compact, got.Raw)
		if compact.String() != `{"k":[1]}` {
			t.Errorf("%s: got raw %s, want {\"k\":[1]}", name, got.Raw)
		}
		got.Raw = want.Raw
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	var got input
	if err := mustJSON(t, json.RawMessage(text)).UnmarshalSmithyDocument(&got); err != nil || got.City != "Paris" {
		t.Errorf("got %+v, %v by the SDK's method, want the same", got, err)
	}
}

func TestDocumentsThatDoNotDecodeAreErrors(t *testing.T) {
	t.Parallel()
	var s string
	for name, err := range map[string]error{
		"none":        DecodeJSON(nil, &s),
		"typed nil":   DecodeJSON((*jsondoc.Document)(nil), &s),
		"other type":  DecodeJSON(mustJSON(t, 1), &s),
		"no pointer":  DecodeJSON(mustJSON(t, "x"), s),
		"nil pointer": DecodeJSON(mustJSON(t, "x"), nil),
	} {
		if err == nil {
			t.Errorf("%s: got no error", name)
			continue
		}
		wantContains(t, err.Error(), "bedrock: decoding a JSON document: ")
	}
}

func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		``, `{`, `{}`, `null`, ` [1, 2.0e+10, -0] `, `"\ud800"`, "\"\xff\"", "\"\u2028<>&\"", `{"a":1,"a":2}`, `12345678901234567890.10`, `{"a":{"b":[{}]}}x`, "\ufeff1",
	} {
		f.Add([]byte(seed))
	}
	seen := &captured{}
	c := stubClient(f, seen.then(always(200, okConverse)))
	f.Fuzz(func(t *testing.T, text []byte) {
		seen.requests, seen.bodies = nil, nil
		d, err := JSON(json.RawMessage(text))
		if valid := json.Valid(text) && strings.ToValidUTF8(string(text), "") == string(text); valid != (err == nil) {
			t.Fatalf("%q: got error %v, want valid JSON taken and nothing else", text, err)
		}
		if err != nil {
			return
		}
		messages, options, paths := documentsIn(d)
		if _, err := c.Converse(context.Background(), testModel, messages, options); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		_, body := seen.last(t)
		for _, path := range paths {
			if got := at(t, body, path); got != strings.Trim(string(text), " \t\r\n") {
				t.Errorf("%q at %v: got %q", text, path, got)
			}
		}
	})
}
