package embedding

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestFindTellsTheFamily(t *testing.T) {
	t.Parallel()
	const (
		titanV1  = "Amazon Titan Embeddings G1 - Text"
		titanV2  = "Amazon Titan Text Embeddings V2"
		nova     = "Amazon Nova Multimodal Embeddings"
		cohereV3 = "Cohere Embed v3"
		cohereV4 = "Cohere Embed v4"
	)
	tests := map[string]string{ // "": none
		"amazon.titan-embed-text-v1":                      titanV1,
		"amazon.titan-embed-text-v1:2:8k":                 titanV1,
		"amazon.titan-embed-g1-text-02":                   titanV1,
		"amazon.titan-embed-text-v2:0":                    titanV2,
		"amazon.titan-embed-text-v2:0:8k":                 titanV2,
		"us.amazon.titan-embed-text-v2:0":                 titanV2,
		"us-gov.amazon.titan-embed-text-v2:0":             titanV2,
		"amazon.nova-2-multimodal-embeddings-v1":          nova,
		"global.amazon.nova-2-multimodal-embeddings-v1:0": nova,
		"cohere.embed-english-v3":                         cohereV3,
		"cohere.embed-multilingual-v3:0:512":              cohereV3,
		"cohere.embed-v4:0":                               cohereV4,
		"eu.cohere.embed-v4:0":                            cohereV4,
		"apac.cohere.embed-v4:0":                          cohereV4,

		"arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0":                 titanV2,
		"arn:aws:bedrock:::foundation-model/cohere.embed-v4:0":                                     cohereV4,
		"arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.titan-embed-text-v1":        titanV1,
		"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.cohere.embed-v4:0":            cohereV4,
		"arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.cohere.embed-v4:0":        cohereV4,
		"arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6":        "",
		"arn:aws:bedrock:us-east-1:123456789012:provisioned-model/a1b2c3d4e5f6":                    "",
		"arn:aws:bedrock:us-east-1:123456789012:imported-model/cohere.embed-v4":                    "",
		"arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-embed-text-v2:0/a1b2c3":  "",
		"arn:aws:sagemaker:us-east-1:123456789012:endpoint/foundation-model/cohere.embed-v4":       "",
		"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-v1": "",

		"":                            "",
		"amazon.titan-embed-image-v1": "",
		"amazon.titan-embed-text-v3":  "",
		"amazon.nova-lite-v1:0":       "",
		"cohere.embed-v40":            "",
		"cohere.rerank-v3-5:0":        "",
		"cohere.embed-v4.us":          "",
		"embed-v4":                    "",
		"Cohere.Embed-v4":             "",
	}
	for model, want := range tests {
		f, err := Find(model)
		if f.Name != want || (err == nil) != (want != "") {
			t.Errorf("Find(%q) = %q, %v, want %q", model, f.Name, err, want)
		}
	}
}

func TestFindNamesTheOptionAndTheFamilies(t *testing.T) {
	t.Parallel()
	_, err := Find("twelvelabs.marengo-embed-3-0-v1:0")
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{`"twelvelabs.marengo-embed-3-0-v1:0"`, "EmbedAs", "Amazon Titan Embeddings G1 - Text (amazon.titan-embed-text-v1)",
		"Amazon Titan Text Embeddings V2 (", "Amazon Nova Multimodal Embeddings (", "Cohere Embed v3 (", "Cohere Embed v4 ("} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got %v, want it to contain %q", err, part)
		}
	}
}

func TestCheckRefusesWhatAFamilyLacks(t *testing.T) {
	t.Parallel()
	const (
		noDimensions   = "EmbedDimensions: %s has nothing like it; it is for Amazon Titan Text Embeddings V2, Amazon Nova Multimodal Embeddings, Cohere Embed v4"
		noPurpose      = "EmbedFor: %s has nothing like it; it is for Amazon Nova Multimodal Embeddings, Cohere Embed v3, Cohere Embed v4"
		noUnnormalized = "EmbedUnnormalized: %s has nothing like it; it is for Amazon Titan Text Embeddings V2"
	)
	lacks := map[string][]string{ // by dimensions, purpose, unnormalized; "" where it has it
		"amazon.titan-embed-text-v1":             {noDimensions, noPurpose, noUnnormalized},
		"amazon.titan-embed-text-v2":             {"", noPurpose, ""},
		"amazon.nova-2-multimodal-embeddings-v1": {"", "", noUnnormalized},
		"cohere.embed-english-v3":                {noDimensions, "", noUnnormalized},
		"cohere.embed-v4":                        {"", "", noUnnormalized},
	}
	asked := []Options{{Dimensions: 256}, {Purpose: Query}, {Unnormalized: true}}
	for model, wants := range lacks {
		f := found(t, model)
		for i, want := range wants {
			if want != "" {
				want = fmt.Sprintf(want, f.Name)
			}
			if got := text(f.Check(asked[i])); got != want {
				t.Errorf("%s, %+v: got %q, want %q", model, asked[i], got, want)
			}
		}
		if err := f.Check(Options{}); err != nil {
			t.Errorf("%s refuses the defaults: %v", model, err)
		}
		if err := f.Check(Options{Dimensions: -1}); err == nil {
			t.Errorf("%s takes -1 dimensions", model)
		}
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		model string
		texts []string
		ask   Options
		want  string
	}{
		{"amazon.titan-embed-text-v1", []string{"a"}, Options{}, `{"inputText":"a"}`},
		{"amazon.titan-embed-text-v2:0", []string{"a"}, Options{}, `{"inputText":"a","normalize":true}`},
		{"amazon.titan-embed-text-v2:0", []string{"a"}, Options{Dimensions: 256, Unnormalized: true}, `{"inputText":"a","dimensions":256,"normalize":false}`},
		{"amazon.nova-2-multimodal-embeddings-v1:0", []string{"a"}, Options{}, novaJSON(`"embeddingPurpose":"GENERIC_INDEX"`)},
		{"amazon.nova-2-multimodal-embeddings-v1:0", []string{"a"}, Options{Purpose: Document, Dimensions: 384}, novaJSON(`"embeddingPurpose":"GENERIC_INDEX","embeddingDimension":384`)},
		{"amazon.nova-2-multimodal-embeddings-v1:0", []string{"a"}, Options{Purpose: Query}, novaJSON(`"embeddingPurpose":"TEXT_RETRIEVAL"`)},
		{"amazon.nova-2-multimodal-embeddings-v1:0", []string{"a"}, Options{Purpose: Classification}, novaJSON(`"embeddingPurpose":"CLASSIFICATION"`)},
		{"amazon.nova-2-multimodal-embeddings-v1:0", []string{"a"}, Options{Purpose: Clustering}, novaJSON(`"embeddingPurpose":"CLUSTERING"`)},
		{"amazon.nova-2-multimodal-embeddings-v1:0", []string{"a"}, Options{Purpose: "GENERIC_RETRIEVAL"}, novaJSON(`"embeddingPurpose":"GENERIC_RETRIEVAL"`)},
		{"cohere.embed-english-v3", []string{"a", "b"}, Options{}, `{"input_type":"search_document","texts":["a","b"],"truncate":"NONE"}`},
		{"cohere.embed-english-v3", []string{"a"}, Options{Purpose: Query}, `{"input_type":"search_query","texts":["a"],"truncate":"NONE"}`},
		{"cohere.embed-v4:0", []string{"a"}, Options{Purpose: Document, Dimensions: 512}, `{"input_type":"search_document","texts":["a"],"output_dimension":512,"truncate":"NONE"}`},
		{"cohere.embed-v4:0", []string{"a"}, Options{Purpose: Classification}, `{"input_type":"classification","texts":["a"],"truncate":"NONE"}`},
		{"cohere.embed-v4:0", []string{"a"}, Options{Purpose: Clustering}, `{"input_type":"clustering","texts":["a"],"truncate":"NONE"}`},
		{"cohere.embed-v4:0", []string{"a"}, Options{Purpose: "new_type"}, `{"input_type":"new_type","texts":["a"],"truncate":"NONE"}`},
	}
	for _, tt := range tests {
		got, err := json.Marshal(found(t, tt.model).Request(tt.texts, tt.ask))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s, %+v: got %s, %v, want %s", tt.model, tt.ask, got, err, tt.want)
		}
	}
}

func novaJSON(params string) string {
	return `{"taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{` + params + `,"text":{"truncationMode":"NONE","value":"a"}}}`
}

func TestDecode(t *testing.T) {
	t.Parallel()
	const titan, nova, cohere = "amazon.titan-embed-text-v2:0", "amazon.nova-2-multimodal-embeddings-v1:0", "cohere.embed-v4:0"
	two := [][]float32{{0.5, -1}, {2, 3}}
	tests := []struct {
		model, answer string
		want          Result
		fails         bool
	}{
		{model: titan, answer: `{"embedding":[0.5,-1],"embeddingsByType":{"float":[0.5,-1]},"inputTextTokenCount":8}`, want: Result{two[:1], 8}},
		{model: titan, answer: `{"embedding":[5e-1, -1.0]}`, want: Result{two[:1], 0}},
		{model: titan, answer: `{"embedding":null}`, want: Result{Vectors: [][]float32{nil}}},
		{model: titan, answer: `{}`, want: Result{Vectors: [][]float32{nil}}},
		{model: titan, answer: `{"embedding":[0.5,null]}`, fails: true},
		{model: titan, answer: `{"embedding":[1e39]}`, fails: true},
		{model: titan, answer: `{"embedding":"AAAA"}`, fails: true},
		{model: titan, answer: `[0.5]`, fails: true},
		{model: nova, answer: `{"embeddings":[{"embeddingType":"TEXT","embedding":[0.5,-1]}]}`, want: Result{Vectors: two[:1]}},
		{model: nova, answer: `{"embeddings":[]}`, want: Result{Vectors: [][]float32{}}},
		{model: nova, answer: `{"embeddings":[{"embedding":[null]}]}`, fails: true},
		{model: nova, answer: `{"embeddings":{"float":[[1]]}}`, fails: true},
		{model: cohere, answer: `{"embeddings":{"float":[[0.5,-1],[2,3]]},"texts":["null","b"]}`, want: Result{Vectors: two}},
		{model: cohere, answer: `{"embeddings":[[0.5,-1],[2,3]],"response_type":"embeddings_floats"}`, want: Result{Vectors: two}},
		{model: cohere, answer: `{"embeddings":{"int8":[[1,2]]}}`, want: Result{Vectors: [][]float32{}}},
		{model: cohere, answer: `{"embeddings":null}`, want: Result{Vectors: [][]float32{}}},
		{model: cohere, answer: `{"embeddings":[[1,null],[2,3]]}`, fails: true},
		{model: cohere, answer: `{"embeddings":"AAAA"}`, fails: true},
	}
	for _, tt := range tests {
		got, err := found(t, tt.model).Decode([]byte(tt.answer))
		if (err != nil) != tt.fails || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %v, %v, want %v, failure %v", tt.answer, got, err, tt.want, tt.fails)
		}
	}
}

func TestCheckOfAResult(t *testing.T) {
	t.Parallel()
	tests := []struct {
		vectors           [][]float32
		texts, dimensions int
		want              string
	}{
		{[][]float32{{1, 2}, {3, 4}}, 2, 2, ""},
		{[][]float32{{1, 2}}, 2, 2, "vectors for 2 texts asked, 1 came"},
		{[][]float32{{1, 2}, {3, 4}}, 1, 2, "vectors for 1 texts asked, 2 came"},
		{nil, 1, 2, "vectors for 1 texts asked, 0 came"},
		{[][]float32{{1, 2}, {}}, 2, 2, "vector 2 of 2 is empty"},
		{[][]float32{{1, 2}, {3}}, 2, 2, "vector 2 of 2 has 1 dimensions, want 2"},
	}
	for _, tt := range tests {
		r := Result{Vectors: tt.vectors}
		if got := text(r.Check(tt.texts, tt.dimensions)); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.vectors, got, tt.want)
		}
	}
}

func TestFirstBlank(t *testing.T) {
	t.Parallel()
	tests := map[int][]string{-1: {"a", " b "}, 0: {""}, 2: {"a", "b", " \n\t\u00a0", ""}}
	for want, texts := range tests {
		if got := FirstBlank(texts); got != want {
			t.Errorf("FirstBlank(%q) = %d, want %d", texts, got, want)
		}
	}
}

func found(t *testing.T, model string) Family {
	t.Helper()
	f, err := Find(model)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
