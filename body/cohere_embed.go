package body

import (
	"bytes"
	"encoding/json"
)

// CohereEmbedRequest is the body for Cohere Embed (cohere.embed-english-v3,
// cohere.embed-multilingual-v3, cohere.embed-v4:0), by "Cohere Embed v3" and "Cohere
// Embed v4" in the Amazon Bedrock User Guide. Give one of Texts, Images and Inputs.
type CohereEmbedRequest struct {
	// InputType says what the vectors are for and is required: "search_document" to fill an index,
	// "search_query" to search it, "classification", "clustering"; v3 wants "image" for Images.
	InputType string `json:"input_type"`
	// Texts are up to 96 texts. V3 reads 512 tokens (about 2,048 characters) of each, v4 about 128,000.
	Texts []string `json:"texts,omitzero"`
	// Images are data URIs (data:image/png;base64,…) of up to 5 MB each: one for v3 (JPEG, PNG), up to 96 for v4
	// (also WebP, GIF).
	Images []string `json:"images,omitzero"`
	// Inputs are up to 96 pages of text and images, a vector each. Only v4.
	Inputs []CohereEmbedInput `json:"inputs,omitzero"`
	// EmbeddingTypes are the number formats wanted: "float", "int8", "uint8", "binary", "ubinary".
	// Default: floats.
	EmbeddingTypes []string `json:"embedding_types,omitzero"`
	// OutputDimension is the vectors' length: 256, 512, 1024 or 1536 (default). Only v4; v3 always gives 1,024.
	OutputDimension int `json:"output_dimension,omitzero"`
	// MaxTokens cuts each input to so many tokens, up to about 128,000. Only v4.
	MaxTokens int `json:"max_tokens,omitzero"`
	// Truncate says what happens to an input that is too long: "NONE" is an error; v3 drops its "START" or "END", v4
	// its "LEFT" or "RIGHT". Default of v3: "NONE"; AWS names none for v4.
	Truncate string `json:"truncate,omitzero"`
}

// CohereEmbedInput is one input of text and images in turn, by "Cohere Embed v4" in the
// Amazon Bedrock User Guide.
type CohereEmbedInput struct {
	Content []CohereEmbedContent `json:"content"`
}

// CohereEmbedContent is a part of an input, by "Cohere Embed v4" in the Amazon Bedrock
// User Guide: Type "text" with Text, or "image_url" with ImageURL.
type CohereEmbedContent struct {
	Type     string          `json:"type"`
	Text     string          `json:"text,omitzero"`
	ImageURL *CohereImageURL `json:"image_url,omitzero"`
}

// CohereImageURL is an image of an input, by "Cohere Embed v4" in the Amazon Bedrock
// User Guide. Images of more than 2,458,624 pixels are scaled down, of less than 3,136 up.
type CohereImageURL struct {
	URL string `json:"url"` // data URI of PNG, JPEG, WebP or GIF, up to 5 MB
}

// CohereEmbedResponse is the answer of Cohere Embed, by "Cohere Embed v3" and "Cohere
// Embed v4" in the Amazon Bedrock User Guide: a vector per input, in order.
type CohereEmbedResponse struct {
	ID string `json:"id,omitzero"`
	// ResponseType tells the wire form of Embeddings: "embeddings_floats" a list of vectors (v3 without
	// embedding types), "embeddings_by_type" an object of lists. Both decode into the same fields.
	ResponseType string             `json:"response_type,omitzero"`
	Embeddings   CohereEmbeddings   `json:"embeddings"`
	Texts        []string           `json:"texts,omitzero"`  // the texts; empty after images
	Images       []CohereImage      `json:"images,omitzero"` // what the images are; only v3
	Inputs       []CohereEmbedInput `json:"inputs,omitzero"` // the inputs; only v4
}

// MarshalJSON writes the embeddings in the form that ResponseType names, an object if none.
func (r CohereEmbedResponse) MarshalJSON() ([]byte, error) {
	type plain CohereEmbedResponse
	if r.ResponseType != "embeddings_floats" {
		return encode(plain(r))
	}
	return encode(struct {
		plain
		Embeddings [][]float32 `json:"embeddings"` // hides the one of plain
	}{plain(r), r.Embeddings.Float})
}

// CohereEmbeddings are the vectors in each number format that was asked for, by "Cohere
// Embed v3" and "Cohere Embed v4" in the Amazon Bedrock User Guide. The binary ones hold eight dimensions a number,
// so they are an eighth as long.
type CohereEmbeddings struct {
	Float  [][]float32 `json:"float,omitzero"`
	Int8   [][]int8    `json:"int8,omitzero"`
	Binary [][]int8    `json:"binary,omitzero"`
	// Uint8 and Ubinary hold 0 to 255; they are no []uint8 because encoding/json writes that as base64.
	Uint8   [][]int16 `json:"uint8,omitzero"`
	Ubinary [][]int16 `json:"ubinary,omitzero"`
}

// UnmarshalJSON takes a plain list of vectors, which are floats, as well as an object by format.
func (e *CohereEmbeddings) UnmarshalJSON(raw []byte) error {
	*e = CohereEmbeddings{}
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		return json.Unmarshal(raw, &e.Float)
	}
	type plain CohereEmbeddings
	return json.Unmarshal(raw, (*plain)(e))
}

// CohereImage describes an image that was embedded, by "Cohere Embed v3" in the Amazon
// Bedrock User Guide.
type CohereImage struct {
	Width    int    `json:"width"`  // pixels
	Height   int    `json:"height"` // pixels
	Format   string `json:"format"`
	BitDepth int    `json:"bit_depth"` // bits a channel
}
