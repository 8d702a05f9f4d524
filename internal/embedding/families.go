package embedding

import (
	"bytes"
	"encoding/json"
	"errors"

	"example.com/bedrock/body"
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

// Requests are those of package body, in which each field has its source. Answers are read
// into less than body's: Titan's holds its vector twice.

func titanV1Request(texts []string, _ Options) any {
	return body.TitanEmbedTextRequest{InputText: texts[0]}
}

// titanV2Request asks for the default, normalized vectors, in so many words: they stay so.
func titanV2Request(texts []string, o Options) any {
	normalize := !o.Unnormalized
	return body.TitanEmbedTextRequest{InputText: texts[0], Dimensions: o.Dimensions, Normalize: &normalize}
}

func decodeTitan(answer []byte) (Result, error) {
	var a struct {
		Embedding vector `json:"embedding"`
		Tokens    int    `json:"inputTextTokenCount"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return Result{}, err
	}
	return Result{plain([]vector{a.Embedding}), a.Tokens}, nil
}

// novaPurposes: a query looks for texts, as these are what this package makes vectors
// of. Indexes that hold other media too want GENERIC_RETRIEVAL.
var novaPurposes = map[string]string{
	"": "GENERIC_INDEX", Document: "GENERIC_INDEX", Query: "TEXT_RETRIEVAL", Classification: "CLASSIFICATION", Clustering: "CLUSTERING",
}

// dontTruncate makes a text that is too long an error, as it is for Titan, instead of a
// vector of a part of it.
const dontTruncate = "NONE"

func novaRequest(texts []string, o Options) any {
	return body.NovaEmbedRequest{TaskType: "SINGLE_EMBEDDING", SingleEmbeddingParams: &body.NovaEmbedParams{
		EmbeddingPurpose:   o.Purpose,
		EmbeddingDimension: o.Dimensions,
		Text:               &body.NovaEmbedText{TruncationMode: dontTruncate, Value: texts[0]},
	}}
}

func decodeNova(answer []byte) (Result, error) {
	var a struct {
		Embeddings []struct {
			Embedding vector `json:"embedding"`
		} `json:"embeddings"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return Result{}, err
	}
	vectors := make([]vector, len(a.Embeddings))
	for i, e := range a.Embeddings {
		vectors[i] = e.Embedding
	}
	return Result{Vectors: plain(vectors)}, nil
}

// cohereBatch is the most texts that a request can have. Source: "Cohere Embed v3" and
// "Cohere Embed v4" in the Amazon Bedrock User Guide, parameter texts.
const cohereBatch = 96

// coherePurposes: the other purposes are spelt as Cohere spells them.
var coherePurposes = map[string]string{"": "search_document", Document: "search_document", Query: "search_query"}

func cohereRequest(texts []string, o Options) any {
	return body.CohereEmbedRequest{InputType: o.Purpose, Texts: texts, OutputDimension: o.Dimensions, Truncate: dontTruncate}
}

func decodeCohere(answer []byte) (Result, error) {
	var a struct {
		Embeddings cohereVectors `json:"embeddings"`
	}
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
	*v = make(vector, 0, 1+bytes.Count(raw, []byte(","))) // growing would leave a third of it empty
	return json.Unmarshal(raw, (*[]float32)(v))
}

func plain(vectors []vector) [][]float32 {
	list := make([][]float32, len(vectors))
	for i, v := range vectors {
		list[i] = v
	}
	return list
}
