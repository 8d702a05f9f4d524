package bedrocktest

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

func embedded(t *testing.T, r Response, model, body string) (map[string]json.RawMessage, answer) {
	t.Helper()
	req := request("InvokeModel", body)
	req.Model = model
	a, err := r.answer(req)
	if err != nil {
		t.Fatalf("%s %s: %v", model, body, err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(a.parts[0], &members); err != nil {
		t.Fatal(err)
	}
	return members, a
}

func decode[T any](t *testing.T, raw json.RawMessage) (v T) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return v
}

func TestEmbeddingsOfEachFamily(t *testing.T) {
	t.Parallel()
	nova := func(input string) string {
		return `{"taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"embeddingPurpose":"GENERIC_INDEX"` + input + `}}`
	}
	text := nova(`,"text":{"truncationMode":"END","value":"a b"}`)
	for _, tt := range []struct {
		model, body string
		dimension   int
		path        []string // to the vector, or list of vectors
	}{
		{"amazon.titan-embed-text-v1", `{"inputText":"a b"}`, 1536, []string{"embedding"}},
		{"amazon.titan-embed-g1-text-02", `{"inputText":"a b"}`, 1536, []string{"embedding"}},
		{"amazon.titan-embed-text-v2:0", `{"inputText":"a b"}`, 1024, []string{"embedding"}},
		{"amazon.titan-embed-text-v2:0", `{"inputText":"a b","dimensions":256}`, 256, []string{"embeddingsByType", "float"}},
		{"amazon.titan-embed-image-v1", `{"inputText":"a","inputImage":"b"}`, 1024, []string{"embedding"}},
		{"amazon.titan-embed-image-v1", `{"inputImage":"b","embeddingConfig":{"outputEmbeddingLength":384}}`, 384, []string{"embedding"}},
		{"amazon.nova-2-multimodal-embeddings-v1:0", text, 3072, []string{"embeddings", "embedding"}},
		{"amazon.nova-2-multimodal-embeddings-v1:0", nova(`,"image":{"format":"png"},"embeddingDimension":256`), 256, []string{"embeddings", "embedding"}},
		{"cohere.embed-english-v3", `{"input_type":"search_query","texts":["a b"]}`, 1024, []string{"embeddings"}},
		{"us.cohere.embed-v4:0", `{"input_type":"search_query","texts":["a b"]}`, 1536, []string{"embeddings", "float"}},
		{"us.cohere.embed-v4:0", `{"input_type":"search_query","inputs":[{"content":[]}],"output_dimension":512}`, 512, []string{"embeddings", "float"}},
		{"amazon.nova-2-multimodal-embeddings-v1:0", nova(`,"audio":{"format":"mp3"},"embeddingDimension":384`), 384, []string{"embeddings", "embedding"}},
		{"amazon.nova-2-multimodal-embeddings-v1:0", nova(`,"video":{"format":"mp4"},"embeddingDimension":384`), 384, []string{"embeddings", "embedding"}},
		{"amazon.nova-2-multimodal-embeddings-v1:0", `{}`, 3072, []string{"embeddings", "embedding"}},
		{profileARN, text, 3072, []string{"embeddings", "embedding"}},
		{profileARN, `{"input_type":"search_query","texts":["a"]}`, 1024, []string{"embeddings"}},
		{profileARN, `{"input_type":"search_query","texts":["a"],"output_dimension":256}`, 256, []string{"embeddings", "float"}},
		{profileARN, `{"inputText":"a"}`, 1024, []string{"embeddingsByType", "float"}},
		{profileARN, `{"inputImage":"a"}`, 1024, []string{"embedding"}},
	} {
		members, _ := embedded(t, Embeddings(0), tt.model, tt.body)
		raw := members[tt.path[0]]
		if len(tt.path) == 2 {
			if raw[0] == '[' {
				raw = decode[[]json.RawMessage](t, raw)[0]
			}
			raw = decode[map[string]json.RawMessage](t, raw)[tt.path[1]]
		}
		if strings.HasPrefix(string(raw), "[[") {
			raw = decode[[]json.RawMessage](t, raw)[0]
		}
		vector := decode[[]float64](t, raw)
		length := 0.0
		for _, x := range vector {
			length += x * x
		}
		if len(vector) != tt.dimension || math.Abs(length-1) > 1e-5 {
			t.Errorf("%s %s: got %d dimensions of length² %v, want %d of 1", tt.model, tt.body, len(vector), length, tt.dimension)
		}
	}
}

func TestEmbeddingsCountTokens(t *testing.T) {
	t.Parallel()
	members, a := embedded(t, Embeddings(0), "amazon.titan-embed-text-v2:0", `{"inputText":"one two three"}`)
	if got := string(members["inputTextTokenCount"]); got != "3" || a.header.Get("X-Amzn-Bedrock-Input-Token-Count") != "3" {
		t.Errorf("got %s in the body and %v, want 3", got, a.header)
	}
	if _, ok := a.header["X-Amzn-Bedrock-Output-Token-Count"]; ok {
		t.Error("got a header with output tokens, which Bedrock doesn't send")
	}
	members, a = embedded(t, Embeddings(0).Usage(8, 0), "amazon.titan-embed-text-v1", `{"inputText":"one two three"}`)
	if got := string(members["inputTextTokenCount"]); got != "8" || a.header.Get("X-Amzn-Bedrock-Input-Token-Count") != "8" {
		t.Errorf("got %s in the body and %v, want 8", got, a.header)
	}
}

func TestEmbeddingsOfEachType(t *testing.T) {
	t.Parallel()
	members, _ := embedded(t, Embeddings(16), "cohere.embed-english-v3",
		`{"input_type":"search_query","texts":["a","b"],"embedding_types":["float","int8","uint8","binary","ubinary"]}`)
	if got := string(members["response_type"]); got != `"embeddings_by_type"` {
		t.Errorf("response type: got %s", got)
	}
	byType := decode[map[string][][]float64](t, members["embeddings"])
	for kind, tt := range map[string]struct {
		size        int
		least, most float64
	}{
		"float": {16, -1, 1}, "int8": {16, -127, 127}, "uint8": {16, 1, 255}, "binary": {2, -128, 127}, "ubinary": {2, 0, 255},
	} {
		if len(byType[kind]) != 2 {
			t.Fatalf("%s: got %d vectors, want 2", kind, len(byType[kind]))
		}
		for i, x := range byType[kind][0] {
			if len(byType[kind][0]) != tt.size || x < tt.least || x > tt.most {
				t.Errorf("%s: got %d numbers, number %d is %v", kind, len(byType[kind][0]), i, x)
			}
		}
	}
	if byType["binary"][0][0]+128 != byType["ubinary"][0][0] {
		t.Errorf("binary %v, ubinary %v: want 128 between them", byType["binary"], byType["ubinary"])
	}
	members, _ = embedded(t, Embeddings(4), "amazon.titan-embed-text-v2:0", `{"inputText":"a","embeddingTypes":["binary"]}`)
	titan := decode[map[string][]int](t, members["embeddingsByType"])
	if len(titan) != 1 || len(titan["binary"]) != 4 {
		t.Errorf("Titan: got %v, want 4 bits", titan)
	}
}

func TestVectorsDependOnTheText(t *testing.T) {
	t.Parallel()
	if !reflect.DeepEqual(vectorOf("a b", 64), vectorOf("a b", 64)) {
		t.Error("equal texts have different vectors")
	}
	cosine := func(a, b string) (sum float64) {
		v, w := vectorOf(a, 256), vectorOf(b, 256)
		for i := range v {
			sum += float64(v[i]) * float64(w[i])
		}
		return sum
	}
	if got := cosine("a b", "b a"); got > 0.9999 || got < 0.9 {
		t.Errorf("the same words in another order: got cosine %v, want almost 1", got)
	}
	near, far := cosine("The capital of France", "France has a capital"), cosine("The capital of France", "Bread is baked")
	if near < far+0.3 {
		t.Errorf("got cosine %v for shared words, %v for none", near, far)
	}
	if got := cosine("", "…"); math.IsNaN(got) || got > 0.5 {
		t.Errorf("texts without words: got cosine %v", got)
	}
}

func TestEmbeddingsRefuseWhatTheyCantAnswer(t *testing.T) {
	t.Parallel()
	const titan = "amazon.titan-embed-text-v2:0"
	for _, tt := range []struct {
		r                            Response
		operation, model, body, want string
	}{
		{Embeddings(256), "InvokeModel", titan, `{"inputText":"a","dimensions":512}`, "the request asks for 512 dimensions, Embeddings(256) has 256"},
		{Embeddings(-1), "InvokeModel", titan, `{"inputText":"a"}`, "-1 dimensions"},
		{Embeddings(0), "Converse", titan, talk(hello), "not Converse"},
		{Embeddings(0), "InvokeModel", titan, `[]`, "none of an embedding model"},
		{Embeddings(0), "InvokeModel", model, `{}`, "no embedding model"},
		{Embeddings(0), "InvokeModel", profileARN, `{"inputText":"a","textGenerationConfig":{}}`, "no embedding model"},
		{Embeddings(0), "InvokeModel", "cohere.embed-v4:0", `{"input_type":"a","texts":["a"],"embedding_types":["hex"]}`, "embedding_types"},
	} {
		req := request(tt.operation, tt.body)
		req.Model = tt.model
		if _, err := tt.r.answer(req); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s: got %v, want %q", tt.model, tt.body, err, tt.want)
		}
	}
}
