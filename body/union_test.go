package body_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"example.com/bedrock/body"
)

// TestUnionsDecode reads each form of the values that have several.
func TestUnionsDecode(t *testing.T) {
	t.Parallel()
	vector := []body.MarengoEmbedding{{Embedding: []float32{0.5}}}
	text := []body.AnthropicBlock{{Type: "text", Text: "Hi"}}
	for _, tt := range []struct {
		name, raw string
		got, want any
	}{
		{"vectors in a list", `[[0.5],[1]]`, new(body.CohereEmbeddings), &body.CohereEmbeddings{Float: [][]float32{{0.5}, {1}}}},
		{"vectors by type", ` {"int8":[[-1]]}`, new(body.CohereEmbeddings), &body.CohereEmbeddings{Int8: [][]int8{{-1}}}},
		{"no vectors", `null`, new(body.CohereEmbeddings), &body.CohereEmbeddings{}},
		{"data list", `{"data":[{"embedding":[0.5]}]}`, new(body.MarengoEmbedResponse), &body.MarengoEmbedResponse{Data: vector}},
		{"data object", `{"data":{"embedding":[0.5]}}`, new(body.MarengoEmbedResponse), &body.MarengoEmbedResponse{Data: vector}},
		{"bare list", `[{"embedding":[0.5]}]`, new(body.MarengoEmbedResponse), &body.MarengoEmbedResponse{Data: vector}},
		{"bare object", `{"embedding":[0.5]}`, new(body.MarengoEmbedResponse), &body.MarengoEmbedResponse{Data: vector}},
		{"no data", `{"data":null}`, new(body.MarengoEmbedResponse), &body.MarengoEmbedResponse{}},
		{"content text", `"Hi"`, new(body.AnthropicContent), &body.AnthropicContent{Text: "Hi"}},
		{"content blocks", `[{"type":"text","text":"Hi"}]`, new(body.AnthropicContent), &body.AnthropicContent{Blocks: text}},
		{"content block", `{"type":"text","text":"Hi"}`, new(body.AnthropicContent), &body.AnthropicContent{Block: &text[0]}},
		{"no content", `null`, new(body.AnthropicContent), &body.AnthropicContent{}},
		{"source object", `{"type":"text","data":"d"}`, new(body.AnthropicSource), &body.AnthropicSource{Type: "text", Data: "d"}},
		{"source name", `"https://example.com"`, new(body.AnthropicSource), &body.AnthropicSource{Name: "https://example.com"}},
		{"citations on", `{"enabled":true}`, new(body.AnthropicCitations), &body.AnthropicCitations{Enabled: true}},
		{"citations made", `[{"type":"char_location","cited_text":"c"}]`, new(body.AnthropicCitations),
			&body.AnthropicCitations{List: []body.AnthropicCitation{{Type: "char_location", CitedText: "c"}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := json.Unmarshal([]byte(tt.raw), tt.got); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(tt.got, tt.want) {
				t.Errorf("got %+v, want %+v", tt.got, tt.want)
			}
			if err := json.Unmarshal([]byte(tt.raw), tt.got); err != nil || !reflect.DeepEqual(tt.got, tt.want) {
				t.Errorf("decoded into the same value again: %+v, %v, want %+v", tt.got, err, tt.want)
			}
		})
	}
}

// TestUnionsRefuse checks that what is of no form is an error, not an empty value.
func TestUnionsRefuse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		raw string
		v   any
	}{
		{`"x"`, new(body.CohereEmbeddings)},
		{`[["x"]]`, new(body.CohereEmbeddings)},
		{`{"int8":[[128]]}`, new(body.CohereEmbeddings)},
		{`"x"`, new(body.MarengoEmbedResponse)},
		{`{"data":7}`, new(body.MarengoEmbedResponse)},
		{`{}`, new(body.MarengoEmbedResponse)},
		{`{"error":"x"}`, new(body.MarengoEmbedResponse)},
		{`{"data":{"error":"x"}}`, new(body.MarengoEmbedResponse)},
		{`[{"embedding":[0.5]},{"embedding":null}]`, new(body.MarengoEmbedResponse)},
		{`7`, new(body.AnthropicContent)},
		{`[7]`, new(body.AnthropicContent)},
		{`7`, new(body.AnthropicSource)},
		{`"x"`, new(body.AnthropicCitations)},
	} {
		if err := json.Unmarshal([]byte(tt.raw), tt.v); err == nil {
			t.Errorf("%T took %s: %+v", tt.v, tt.raw, tt.v)
		}
	}
}

// TestUnknownFieldsInUnions checks the promise of wantSame: a field that a type with its
// own UnmarshalJSON drops is found missing.
func TestUnknownFieldsInUnions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		raw string
		v   any
	}{
		{`{"embeddings":{"float":[[0.5]],"float16":[[1]]}}`, new(body.CohereEmbedResponse)},
		{`{"data":[{"embedding":[0.5],"x":1}]}`, new(body.MarengoEmbedResponse)},
		{`{"role":"user","content":[{"type":"text","text":"","x":1}]}`, new(body.AnthropicMessage)},
		{`{"role":"user","content":[{"type":"image","source":{"type":"base64","x":1}}]}`, new(body.AnthropicMessage)},
		{`{"role":"user","content":[{"type":"document","citations":{"enabled":true,"x":1}}]}`, new(body.AnthropicMessage)},
	} {
		if err := json.Unmarshal([]byte(tt.raw), tt.v); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(tt.v)
		if err != nil {
			t.Fatal(err)
		}
		if where := difference(decodeAny(t, again), decodeAny(t, []byte(tt.raw)), false); !strings.Contains(where, "absent") {
			t.Errorf("%s in a %T: difference %q, want the unknown field", tt.raw, tt.v, where)
		}
	}
}

func TestDifference(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		got, want string
		vectors   bool
		same      bool
	}{
		{`{"a":null}`, `{}`, false, false},
		{`{}`, `{"a":null}`, false, false},
		{`{"a":[1]}`, `{"a":[1,2]}`, false, false},
		{`[]`, `null`, false, false},
		{`1.0`, `1`, false, true},
		{`3.0573521507903934E-4`, `0.00030573521507903934`, false, true},
		{`"1"`, `1`, false, false},
		{`-0.061209455`, `-0.061209455132484436`, true, true}, // a float32 in float64's digits
		{`-0.061209455`, `-0.061209455132484436`, false, false},
		{`-0.061209455`, `-0.0612094551`, true, false}, // more digits than a float32 has
	} {
		where := difference(decodeAny(t, []byte(tt.got)), decodeAny(t, []byte(tt.want)), tt.vectors)
		if (where == "") != tt.same {
			t.Errorf("%s and %s, vectors %v: difference %q, want same %v", tt.got, tt.want, tt.vectors, where, tt.same)
		}
	}
}

// TestZeroIsSent checks that a caller can send a zero where it means something, and
// that what isn't set is left to the model.
func TestZeroIsSent(t *testing.T) {
	t.Parallel()
	var zero float64
	var none int
	var off bool
	for _, tt := range []struct {
		v    any
		want string
	}{
		{body.AnthropicRequest{AnthropicVersion: body.AnthropicVersion, Temperature: &zero, TopP: &zero, TopK: &none},
			`{"anthropic_version":"bedrock-2023-05-31","max_tokens":0,"messages":null,"temperature":0,"top_p":0,"top_k":0}`},
		{body.AmazonImageConfig{CfgScale: &zero, Seed: &none}, `{"cfgScale":0,"seed":0}`},
		{body.AmazonImageConfig{}, `{}`},
		{body.AmazonTextToImage{ControlStrength: &zero}, `{"text":"","controlStrength":0}`},
		{body.NovaReelConfig{FPS: 24, Seed: &none}, `{"fps":24,"dimension":"","seed":0}`},
		{body.StabilityImageRequest{Strength: &zero}, `{"prompt":"","strength":0}`},
		{body.TitanEmbedTextRequest{Normalize: &off}, `{"inputText":"","normalize":false}`},
		{body.Marengo2EmbedRequest{StartSec: &zero}, `{"inputType":"","startSec":0}`},
		{body.CohereEmbedRequest{Texts: []string{}}, `{"input_type":"","texts":[]}`},
		{body.CohereEmbedRequest{}, `{"input_type":""}`},
		{body.CohereEmbedResponse{}, `{"embeddings":{}}`},
		{body.CohereEmbedResponse{ResponseType: "embeddings_floats", Embeddings: body.CohereEmbeddings{Float: [][]float32{{1}}}},
			`{"response_type":"embeddings_floats","embeddings":[[1]]}`},
		{body.AnthropicMessage{Role: "user"}, `{"role":"user","content":""}`},
		{body.AnthropicBlock{Type: "tool_use", ID: "1", Name: "now"}, `{"type":"tool_use","id":"1","name":"now","input":{}}`},
		{body.AnthropicBlock{Type: "text"}, `{"type":"text","text":""}`},
		{body.AnthropicBlock{Type: "redacted_thinking"}, `{"type":"redacted_thinking","data":""}`},
		{body.AnthropicBlock{Type: "search_result", Source: &body.AnthropicSource{}, Content: &body.AnthropicContent{}}, `{"type":"search_result","source":"","title":"","content":""}`},
		{body.AnthropicBlock{Type: "document"}, `{"type":"document"}`},
		{body.AnthropicChunk{Type: "content_block_stop"}, `{"type":"content_block_stop","index":0}`},
		{body.AnthropicDelta{Type: "text_delta"}, `{"type":"text_delta","text":""}`},
		{body.AnthropicDelta{Type: "input_json_delta"}, `{"type":"input_json_delta","partial_json":""}`},
		{body.AnthropicDelta{Type: "thinking_delta"}, `{"type":"thinking_delta","thinking":""}`},
		{body.AnthropicDelta{Type: "signature_delta"}, `{"type":"signature_delta","signature":""}`},
		{body.AnthropicDelta{}, `{"stop_reason":null,"stop_sequence":null}`},
	} {
		got, err := json.Marshal(tt.v)
		if err != nil {
			t.Fatal(err)
		}
		if where := difference(decodeAny(t, got), decodeAny(t, []byte(tt.want)), false); where != "" {
			t.Errorf("%T: got %s, want %s: %s", tt.v, got, tt.want, where)
		}
	}
}

// TestTagsInPromptsStay checks that a body's own encoding leaves the choice of HTML
// escapes to the outer encoder.
func TestTagsInPromptsStay(t *testing.T) {
	t.Parallel()
	v := body.AnthropicMessage{Role: "user", Content: body.AnthropicContent{Blocks: []body.AnthropicBlock{{Type: "text", Text: "<a> & <b>"}}}}
	var plain strings.Builder
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	if want := `"<a> & <b>"`; !strings.Contains(plain.String(), want) {
		t.Errorf("got %s, want %s in it", plain.String(), want)
	}
	escaped, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if want := `"\u003ca\u003e \u0026 \u003cb\u003e"`; !strings.Contains(string(escaped), want) {
		t.Errorf("got %s, want %s in it", escaped, want)
	}
}
