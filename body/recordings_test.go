package body_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/bedrock/body"
	"example.com/bedrock/internal/frame"
)

// family is a set of models with the same bodies. A count is what the recordings are
// known to hold: fewer is a failure, as it would prove less.
type family struct {
	name                        string
	models                      []string // parts of the ids
	request, response, chunk    func() any
	requests, responses, chunks int
	vectors                     bool // the response's numbers are computed in float32
}

func of[T any]() any { return new(T) }

var families = []family{
	{name: "Titan Text Embeddings", models: []string{"amazon.titan-embed-text"}, vectors: true,
		request: of[body.TitanEmbedTextRequest], response: of[body.TitanEmbedTextResponse], requests: 9, responses: 9},
	{name: "Nova Multimodal Embeddings", models: []string{"amazon.nova-2-multimodal-embeddings"}, vectors: true,
		request: of[body.NovaEmbedRequest], response: of[body.NovaEmbedResponse], requests: 1, responses: 1},
	{name: "Cohere Embed", models: []string{"cohere.embed-"}, vectors: true,
		request: of[body.CohereEmbedRequest], response: of[body.CohereEmbedResponse], requests: 4, responses: 4},
	{name: "Anthropic Messages",
		models:  []string{"anthropic.claude-3", "anthropic.claude-sonnet", "anthropic.claude-opus", "anthropic.claude-haiku"},
		request: of[body.AnthropicRequest], response: of[body.AnthropicResponse], chunk: of[body.AnthropicChunk],
		requests: 1000, responses: 700, chunks: 8000},
}

// handMade is a recording whose answer its source made up: a text completion's, to a Messages request.
const handMade = "bedrock-invokemodel-adds-anthropic-claude-model-attributes-to-span.json"

// leftOut are the text models that Converse serves, whose bodies this package doesn't hold.
var leftOut = map[string][]string{
	"Claude's old text completions": {"anthropic.claude-v2"},
	"Amazon Titan Text":             {"amazon.titan-text-"},
	"Amazon Nova messages":          {"amazon.nova-lite", "amazon.nova-micro", "amazon.nova-pro"},
	"Cohere Command":                {"cohere.command-"},
	"Meta Llama":                    {"meta.llama"},
	"Mistral":                       {"mistral."},
	"AI21 Jurassic":                 {"ai21."},
	"the caller's own endpoint":     {"arn:aws:sagemaker:"},
}

// recording is one exchange with the real service.
type recording struct {
	Source  string `json:"source"`
	Path    string `json:"path"`
	Request string `json:"request"`
	Status  int    `json:"status"`
	Body    []byte `json:"body"`
}

// recordings returns the successful exchanges of an operation, by model.
func recordings(t *testing.T, operation string) map[string][]recording {
	t.Helper()
	dir := os.Getenv("BEDROCK_RECORDINGS")
	if dir == "" {
		t.Skip("BEDROCK_RECORDINGS is unset: it names the folder of recorded exchanges, which this repository doesn't hold")
	}
	raw, err := os.ReadFile(filepath.Join(dir, operation+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	byModel := map[string][]recording{}
	for d := json.NewDecoder(bytes.NewReader(raw)); ; {
		var r recording
		err := d.Decode(&r)
		if err == io.EOF {
			return byModel
		}
		if err != nil {
			t.Fatal(err)
		}
		model, err := url.PathUnescape(strings.Split(r.Path, "/")[2])
		if err != nil {
			t.Fatal(err)
		}
		// An error's body is the same for every family.
		if r.Status == 200 && !strings.HasSuffix(r.Source, handMade) {
			byModel[model] = append(byModel[model], r)
		}
	}
}

func (f family) holds(model string) bool {
	return slices.ContainsFunc(f.models, func(part string) bool { return strings.Contains(model, part) })
}

// TestRecordedBodies decodes every recorded body of the families here and encodes it
// again: the same JSON must come out.
func TestRecordedBodies(t *testing.T) {
	t.Parallel()
	unary, streamed := recordings(t, "invoke-model"), recordings(t, "invoke-model-with-response-stream")
	seen := map[string]bool{}
	for _, f := range families {
		requests, responses, chunks := 0, 0, 0
		for model := range unary {
			if !f.holds(model) {
				continue
			}
			seen[model] = true
			for _, r := range unary[model] {
				wantSame(t, r.Source, f.response(), r.Body, f.vectors)
				responses++
				requests += wantSameRequest(t, f, r)
			}
		}
		for model := range streamed {
			if !f.holds(model) {
				continue
			}
			seen[model] = true
			for _, r := range streamed[model] {
				for _, chunk := range chunksOf(t, r) {
					wantSame(t, r.Source, f.chunk(), chunk, f.vectors)
					chunks++
				}
				requests += wantSameRequest(t, f, r)
			}
		}
		t.Logf("%s: %d responses, %d chunks, %d requests", f.name, responses, chunks, requests)
		if requests < max(1, f.requests) || responses < max(1, f.responses) || chunks < f.chunks {
			t.Errorf("%s: want at least %d responses, %d chunks, %d requests", f.name, f.responses, f.chunks, f.requests)
		}
	}
	reportRest(t, unary, streamed, seen)
}

// reportRest logs the families that are left out, and fails for a model of neither sort.
func reportRest(t *testing.T, unary, streamed map[string][]recording, seen map[string]bool) {
	t.Helper()
	responses, streams := map[string]int{}, map[string]int{}
	for operation, counts := range map[*map[string][]recording]map[string]int{&unary: responses, &streamed: streams} {
		for model, all := range *operation {
			if seen[model] {
				continue
			}
			name := ""
			for candidate, parts := range leftOut {
				if (family{models: parts}).holds(model) {
					name = candidate
				}
			}
			if name == "" {
				t.Errorf("%s is in no family and not left out", model)
			}
			counts[name] += len(all)
		}
	}
	for name := range leftOut {
		t.Logf("left out, text for Converse or a struct of the caller's: %s: %d responses, %d streams", name, responses[name], streams[name])
	}
}

func wantSameRequest(t *testing.T, f family, r recording) int {
	t.Helper()
	if r.Request == "" {
		return 0
	}
	wantSame(t, r.Source, f.request(), []byte(r.Request), false)
	return 1
}

// wantSame decodes raw into v, refusing unknown fields, and encodes it again. In a type
// with its own UnmarshalJSON the decoder's refusal doesn't hold; a field lost there is
// missing from what is encoded.
func wantSame(t *testing.T, source string, v any, raw []byte, vectors bool) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Errorf("%s: %T: %v", source, v, err)
		return
	}
	again, err := json.Marshal(v)
	if err != nil {
		t.Errorf("%s: %T: %v", source, v, err)
		return
	}
	if where := difference(decodeAny(t, again), decodeAny(t, raw), vectors); where != "" {
		t.Errorf("%s: %T: encoded again it differs: %s", source, v, where)
	}
}

func decodeAny(t *testing.T, raw []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// difference says where two JSON values differ, "" nowhere. Absent and null differ.
func difference(got, want any, vectors bool) string {
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf(": got no object, want %v", want)
		}
		for name := range got {
			if _, ok := want[name]; !ok {
				return fmt.Sprintf(".%s: got %v, want it absent", name, got[name])
			}
		}
		for name, w := range want {
			g, ok := got[name]
			if !ok {
				return fmt.Sprintf(".%s: absent, want %v", name, w)
			}
			if where := difference(g, w, vectors); where != "" {
				return "." + name + where
			}
		}
		return ""
	case []any:
		got, ok := got.([]any)
		if !ok || len(got) != len(want) {
			return fmt.Sprintf(": got %v, want %d elements", got, len(want))
		}
		for i := range want {
			if where := difference(got[i], want[i], vectors); where != "" {
				return fmt.Sprintf("[%d]%s", i, where)
			}
		}
		return ""
	case json.Number:
		if got, ok := got.(json.Number); ok && sameNumber(got, want, vectors) {
			return ""
		}
	default:
		if got == want {
			return ""
		}
	}
	return fmt.Sprintf(": got %v, want %v", got, want)
}

// sameNumber compares by exact value. Vectors are kept as float32, the precision that
// they were computed in: some models write one with float64's digits (-0.061209455132484436
// for -0.061209455), so for vectors it also accepts a number that is a float32 exactly
// when read as float64 — nothing of it was lost.
func sameNumber(got, want json.Number, vectors bool) bool {
	g, ok := new(big.Rat).SetString(got.String())
	w, ok2 := new(big.Rat).SetString(want.String())
	if !ok || !ok2 {
		return false
	}
	if g.Cmp(w) == 0 {
		return true
	}
	if !vectors {
		return false
	}
	wide, _ := w.Float64()
	narrow, _ := g.Float32()
	return float64(narrow) == wide
}

// chunksOf returns the chunks of a recorded stream.
func chunksOf(t *testing.T, r recording) [][]byte {
	t.Helper()
	var chunks [][]byte
	for frames := frame.NewReader(bytes.NewReader(r.Body)); ; {
		f, err := frames.Next()
		if err == io.EOF {
			return chunks
		}
		if err != nil {
			t.Fatalf("%s: %v", r.Source, err)
		}
		if string(f.Header(":event-type")) != "chunk" {
			continue // an exception
		}
		var payload struct {
			Bytes []byte `json:"bytes"`
		}
		if err := json.Unmarshal(f.Payload, &payload); err != nil {
			t.Fatalf("%s: %v", r.Source, err)
		}
		chunks = append(chunks, payload.Bytes)
	}
}
