package embedding

import (
	"bytes"
	"encoding/json"
	"errors"
)

// families in the order in which errors name them.
var families = []Family{
	{
		Name: "Amazon Titan Embeddings G1 - Text", Batch: 1,
		ids:     []string{"amazon.titan-embed-text-v1", "amazon.titan-embed-g1-text-02"},
		request: titanV1Request, decode: decodeTitan,
	},
	{
		Name: "Amazon Titan Text Embeddings V2", Batch: 1,
		ids:        []string{"amazon.titan-embed-text-v2"},
		dimensions: true, unnormalizable: true,
		request: titanV2Request, decode: decodeTitan,
	},
	{
		Name: "Amazon Nova Multimodal Embeddings", Batch: 1,
		ids:        []string{"amazon.nova-2-multimodal-embeddings-v1"},
		dimensions: true, purposes: novaPurposes,
		request: novaRequest, decode: decodeNova,
	},
	{
		Name: "Cohere Embed v3", Batch: cohereBatch,
		ids:      []string{"cohere.embed-english-v3", "cohere.embed-multilingual-v3"},
		purposes: coherePurposes,
		request:  cohereRequest, decode: decodeCohere,
	},
	{
		Name: "Cohere Embed v4", Batch: cohereBatch,
		ids:        []string{"cohere.embed-v4"},
		dimensions: true, purposes: coherePurposes,
		request: cohereRequest, decode: decodeCohere,
	},
}

// Titan's bodies. Source: "Amazon Titan Embeddings G1 - Text" in the Amazon Bedrock User
// Guide, which has those of V2 too.
type (
	titanV1Body struct {
		InputText string `json:"inputText"`
	}
	titanV2Body struct {
		InputText  string `json:"inputText"`
		Dimensions int    `json:"dimensions,omitempty"` // 256, 512 or 1024, the default
		Normalize  bool   `json:"normalize"`            // default true, said all the same
	}
	titanAnswer struct {
		Embedding vector  `json:"embedding"`
		Tokens    float64 `json:"inputTextTokenCount"` // other Titan models were seen to write 28.0
	}
)

func titanV1Request(texts []string, _ Options) any { return titanV1Body{texts[0]} }

func titanV2Request(texts []string, o Options) any {
	return titanV2Body{InputText: texts[0], Dimensions: o.Dimensions, Normalize: !o.Unnormalized}
}

func decodeTitan(answer []byte) (Result, error) {
	var a titanAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		return Result{}, err
	}
	return Result{plain([]vector{a.Embedding}), int(a.Tokens)}, nil
}

// Nova's bodies. Source: "Complete embeddings request and response schema" in the Amazon
// Nova User Guide.
type (
	novaBody struct {
		TaskType string     `json:"taskType"`
		Params   novaParams `json:"singleEmbeddingParams"`
	}
	novaParams struct {
		Purpose   string   `json:"embeddingPurpose"`
		Dimension int      `json:"embeddingDimension,omitempty"` // 256, 384, 1024 or 3072, the default
		Text      novaText `json:"text"`
	}
	novaText struct {
		Truncation string `json:"truncationMode"` // required
		Value      string `json:"value"`
	}
	novaAnswer struct {
		Embeddings []struct {
			Embedding vector `json:"embedding"`
		} `json:"embeddings"`
	}
)

// novaPurposes: a query looks for texts, as these are what this package makes vectors
// of. Indexes that hold other media too want GENERIC_RETRIEVAL.
var novaPurposes = map[string]string{
	"": "GENERIC_INDEX", Document: "GENERIC_INDEX", Query: "TEXT_RETRIEVAL", Classification: "CLASSIFICATION", Clustering: "CLUSTERING",
}

// dontTruncate makes a text that is too long an error, as it is for Titan, instead of a
// vector of its beginning.
const dontTruncate = "NONE"

func novaRequest(texts []string, o Options) any {
	return novaBody{TaskType: "SINGLE_EMBEDDING", Params: novaParams{
		Purpose: o.Purpose, Dimension: o.Dimensions, Text: novaText{Truncation: dontTruncate, Value: texts[0]},
	}}
}

func decodeNova(answer []byte) (Result, error) {
	var a novaAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		return Result{}, err
	}
	vectors := make([]vector, len(a.Embeddings))
	for i, e := range a.Embeddings {
		vectors[i] = e.Embedding
	}
	return Result{Vectors: plain(vectors)}, nil
}

// Cohere's bodies. Source: "Cohere Embed v3" and "Cohere Embed v4" in the Amazon Bedrock
// User Guide.
type (
	cohereBody struct {
		InputType string   `json:"input_type"` // required
		Texts     []string `json:"texts"`
		Dimension int      `json:"output_dimension,omitempty"` // v4: 256, 512, 1024 or 1536, the default
		Truncate  string   `json:"truncate"`                   // v3: default NONE; v4's is undocumented
	}
	cohereAnswer struct {
		Embeddings cohereVectors `json:"embeddings"`
	}
)

const cohereBatch = 96 // API field: texts

// coherePurposes: the other purposes are spelt as Cohere spells them.
var coherePurposes = map[string]string{"": "search_document", Document: "search_document", Query: "search_query"}

func cohereRequest(texts []string, o Options) any {
	return cohereBody{InputType: o.Purpose, Texts: texts, Dimension: o.Dimensions, Truncate: dontTruncate}
}

func decodeCohere(answer []byte) (Result, error) {
	var a cohereAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		return Result{}, err
	}
	return Result{Vectors: plain(a.Embeddings)}, nil
}

// cohereVectors come as a list (v3) or by type (v4): {"float": [[…]]}.
type cohereVectors []vector

func (c *cohereVectors) UnmarshalJSON(raw []byte) error {
	if raw[0] != '{' {
		return json.Unmarshal(raw, (*[]vector)(c))
	}
	byType := struct {
		Float *[]vector `json:"float"`
	}{(*[]vector)(c)}
	return json.Unmarshal(raw, &byType)
}

// vector refuses a null among the numbers, which encoding/json would leave as 0.
type vector []float32

var errNull = errors.New("a vector holds null")

func (v *vector) UnmarshalJSON(raw []byte) error {
	if raw[0] == '[' && bytes.Contains(raw, []byte("null")) {
		return errNull
	}
	return json.Unmarshal(raw, (*[]float32)(v))
}

func plain(vectors []vector) [][]float32 {
	list := make([][]float32, len(vectors))
	for i, v := range vectors {
		list[i] = v
	}
	return list
}
