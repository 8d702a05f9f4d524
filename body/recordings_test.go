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
// known to hold at least: fewer is a failure, as it would prove less. A family without
// counts had none; TestDocumentedBodies has bodies of it.
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
	{name: "Titan Multimodal Embeddings", models: []string{"amazon.titan-embed-image"}, vectors: true,
		request: of[body.TitanEmbedImageRequest], response: of[body.TitanEmbedImageResponse]},
	{name: "Marengo Embed 2.7", models: []string{"twelvelabs.marengo-embed-2"}, vectors: true,
		request: of[body.Marengo2EmbedRequest], response: of[body.MarengoEmbedResponse]},
	{name: "Marengo Embed 3.0", models: []string{"twelvelabs.marengo-embed-3"}, vectors: true,
		request: of[body.Marengo3EmbedRequest], response: of[body.MarengoEmbedResponse]},
	{name: "Cohere Rerank", models: []string{"cohere.rerank-"},
		request: of[body.CohereRerankRequest], response: of[body.RerankResponse]},
	{name: "Amazon Rerank", models: []string{"amazon.rerank-"},
		request: of[body.AmazonRerankRequest], response: of[body.RerankResponse]},
	{name: "Nova Canvas and Titan Image Generator", models: []string{"amazon.nova-canvas", "amazon.titan-image-generator"},
		request: of[body.AmazonImageRequest], response: of[body.AmazonImageResponse]},
	{name: "Stability AI", models: []string{"stability."},
		request: of[body.StabilityImageRequest], response: of[body.StabilityImageResponse]},
}

// handMade is a recording whose answer its source made up: a text completion's, to a Messages request.
const handMade = "bedrock-invokemodel-adds-anthropic-claude-model-attributes-to-span.json"

// leftOut are the text models that Converse serves, whose bodies this package doesn't
// hold, and what is no model of Bedrock's.
var leftOut = []family{
	{name: "Claude's old text completions", models: []string{"anthropic.claude-v2"}},
	{name: "Amazon Titan Text", models: []string{"amazon.titan-text-"}},
	{name: "Amazon Nova messages", models: []string{"amazon.nova-lite", "amazon.nova-micro", "amazon.nova-pro"}},
	{name: "Cohere Command", models: []string{"cohere.command-"}},
	{name: "Meta Llama", models: []string{"meta.llama"}},
	{name: "Mistral", models: []string{"mistral."}},
	{name: "AI21 Jurassic", models: []string{"ai21."}},
	{name: "a SageMaker endpoint", models: []string{"arn:aws:sagemaker:"}},
	{name: "no model", models: []string{"does-not-exist"}},
}

// recording is one exchange with the real service.
type recording struct {
	Source  string `json:"source"`
	Path    string `json:"path"`
	Request string `json:"request"`
	Status  int    `json:"status"`
	Body    []byte `json:"body"`
}

// recordings returns the exchanges of an operation, by model.
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
		byModel[model] = append(byModel[model], r)
	}
}

// TestRecordedBodies decodes every recorded body of the families here and encodes it
// again: the same JSON must come out. It logs what it has seen and what is left out, and
// fails for a model of neither.
func TestRecordedBodies(t *testing.T) {
	t.Parallel()
	unary, streamed := recordings(t, "invoke-model"), recordings(t, "invoke-model-with-response-stream")
	for _, f := range families {
		requests, responses, chunks := 0, 0, 0
		for _, r := range f.take(unary) {
			requests += wantSameRequest(t, f, r)
			responses += wantSameResponse(t, f, r)
		}
		for _, r := range f.take(streamed) {
			requests += wantSameRequest(t, f, r)
			chunks += wantSameChunks(t, f, r)
		}
		t.Logf("%s: %d responses, %d chunks, %d requests", f.name, responses, chunks, requests)
		if requests < f.requests || responses < f.responses || chunks < f.chunks {
			t.Errorf("%s: want at least %d responses, %d chunks, %d requests", f.name, f.responses, f.chunks, f.requests)
		}
	}
	for _, f := range leftOut {
		t.Logf("left out: %s: %d exchanges, %d streams", f.name, len(f.take(unary)), len(f.take(streamed)))
	}
	for model := range unary {
		t.Errorf("%s is in no family", model)
	}
	for model := range streamed {
		t.Errorf("%s is in no family", model)
	}
}

// take removes the family's recordings from byModel.
func (f family) take(byModel map[string][]recording) []recording {
	var all []recording
	for model, recorded := range byModel {
		if slices.ContainsFunc(f.models, func(part string) bool { return strings.Contains(model, part) }) {
			all = append(all, recorded...)
			delete(byModel, model)
		}
	}
	return all
}

func wantSameRequest(t *testing.T, f family, r recording) int {
	t.Helper()
	if r.Request == "" || r.Status == 400 { // 400: Bedrock found it invalid; some are so on purpose
		return 0
	}
	wantSame(t, r.Source, f.request(), []byte(r.Request), false)
	return 1
}

func wantSameResponse(t *testing.T, f family, r recording) int {
	t.Helper()
	if r.Status != 200 || strings.HasSuffix(r.Source, handMade) { // an error's body is the same for every family
		return 0
	}
	wantSame(t, r.Source, f.response(), r.Body, f.vectors)
	return 1
}

func wantSameChunks(t *testing.T, f family, r recording) int {
	t.Helper()
	if r.Status != 200 {
		return 0
	}
	chunks := chunksOf(t, r)
	for _, chunk := range chunks {
		wantSame(t, r.Source, f.chunk(), chunk, f.vectors)
	}
	return len(chunks)
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
