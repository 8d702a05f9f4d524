package body

// CohereRerankRequest is the body for Cohere Rerank 3.5 (cohere.rerank-v3-5:0), by
// "Rerank 3.5" in the Amazon Bedrock User Guide and Cohere's Rerank API reference (v2).
type CohereRerankRequest struct {
	Query           string   `json:"query"`                       // required
	Documents       []string `json:"documents"`                   // required; query and document have 4,096 tokens together, more is cut up
	TopN            int      `json:"top_n,omitzero"`              // best results to return, default all
	MaxTokensPerDoc int      `json:"max_tokens_per_doc,omitzero"` // cuts each document to so many tokens, default 4,096
	APIVersion      int      `json:"api_version"`                 // required: 2; Bedrock refuses less
}

// AmazonRerankRequest is the body for Amazon Rerank 1.0 (amazon.rerank-v1:0), by
// "Improve the relevance of query responses with a reranker model" in the Amazon Bedrock User Guide.
type AmazonRerankRequest struct {
	Query     string   `json:"query"`     // required
	Documents []string `json:"documents"` // required
}

// RerankResponse is the answer of both models, by the pages that [CohereRerankRequest]
// and [AmazonRerankRequest] name.
type RerankResponse struct {
	ID      string         `json:"id,omitzero"` // of Cohere's answer, where it has one
	Results []RerankResult `json:"results"`     // Cohere: the best first
}

// RerankResult says how relevant a document is, by the pages that [CohereRerankRequest]
// and [AmazonRerankRequest] name.
type RerankResult struct {
	Index          int     `json:"index"`           // of the document in the request, from 0
	RelevanceScore float64 `json:"relevance_score"` // 0 to 1
}
