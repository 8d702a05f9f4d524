package body

// TitanEmbedTextRequest is the body for Amazon Titan Text Embeddings
// (amazon.titan-embed-text-v1, amazon.titan-embed-text-v2:0), by "Amazon Titan
// Embeddings G1 - Text" in the Amazon Bedrock User Guide. V1 takes InputText alone.
type TitanEmbedTextRequest struct {
	InputText      string   `json:"inputText"`               // required; at most 8,192 tokens, and 50,000 characters in V2
	Dimensions     int      `json:"dimensions,omitzero"`     // length of the vector: 256, 512 or 1024 (default); V1 always gives 1,536
	Normalize      *bool    `json:"normalize,omitzero"`      // scale the vector to length 1; default true
	EmbeddingTypes []string `json:"embeddingTypes,omitzero"` // "float" (default), "binary" or both
}

// TitanEmbedTextResponse is the answer of Amazon Titan Text Embeddings, by "Amazon
// Titan Embeddings G1 - Text" in the Amazon Bedrock User Guide.
type TitanEmbedTextResponse struct {
	Embedding           []float32              `json:"embedding,omitzero"`        // nil when "binary" alone was asked for
	EmbeddingsByType    *TitanEmbeddingsByType `json:"embeddingsByType,omitzero"` // nil from V1
	InputTextTokenCount int                    `json:"inputTextTokenCount"`       // tokens read
}

// TitanEmbeddingsByType is the same vector in each type that was asked for, by "Amazon
// Titan Embeddings G1 - Text" in the Amazon Bedrock User Guide.
type TitanEmbeddingsByType struct {
	Float  []float32 `json:"float,omitzero"`
	Binary []int8    `json:"binary,omitzero"` // a bit, 0 or 1, per dimension
}

// TitanEmbedImageRequest is the body for Amazon Titan Multimodal Embeddings G1
// (amazon.titan-embed-image-v1), by "Amazon Titan Multimodal Embeddings G1" in the Amazon
// Bedrock User Guide. Text, image or both are required; both give the mean of the two vectors.
type TitanEmbedImageRequest struct {
	InputText       string                 `json:"inputText,omitzero"`       // at most 256 tokens, English
	InputImage      []byte                 `json:"inputImage,omitzero"`      // at most 25 MB and 2,048 x 2,048 pixels
	EmbeddingConfig *TitanEmbedImageConfig `json:"embeddingConfig,omitzero"` // default: 1024 dimensions
}

// TitanEmbedImageConfig sets the vector's length, by "Amazon Titan Multimodal
// Embeddings G1" in the Amazon Bedrock User Guide.
type TitanEmbedImageConfig struct {
	OutputEmbeddingLength int `json:"outputEmbeddingLength,omitzero"` // 256, 384 or 1024 (default)
}

// TitanEmbedImageResponse is the answer of Amazon Titan Multimodal Embeddings G1, by
// the page of this name in the Amazon Bedrock User Guide.
type TitanEmbedImageResponse struct {
	Embedding           []float32 `json:"embedding"`
	InputTextTokenCount int       `json:"inputTextTokenCount"` // tokens of the text; 0 without one
	Message             *string   `json:"message"`             // what went wrong; nil when nothing did
}
