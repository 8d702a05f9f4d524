package body

import (
	"encoding/json"
	"strings"
)

// AnthropicResponse is Claude's answer, by "Anthropic Claude Messages API" in the
// Amazon Bedrock User Guide.
type AnthropicResponse struct {
	ID      string           `json:"id"`
	Type    string           `json:"type"` // "message"
	Role    string           `json:"role"` // "assistant"
	Model   string           `json:"model"`
	Content []AnthropicBlock `json:"content"`
	// StopReason is "end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal", "pause_turn",
	// "model_context_window_exceeded"; "" where null, in the start of a stream.
	StopReason   string `json:"stop_reason"`
	StopSequence string `json:"stop_sequence"` // the one that ended the answer; "" where null
	// StopDetails says more of a refusal: an [AnthropicStopDetails], null (newer models), nil (older ones).
	StopDetails       json.RawMessage  `json:"stop_details,omitzero"`
	Usage             AnthropicUsage   `json:"usage"`
	ContextManagement *AnthropicEdited `json:"context_management,omitzero"`

	GuardrailAction string          `json:"amazon-bedrock-guardrailAction,omitzero"` // "INTERVENED", "NONE"; "" without a guardrail
	Trace           json.RawMessage `json:"amazon-bedrock-trace,omitzero"`           // the guardrail's, when asked for
}

// MarshalJSON writes null for an empty stop reason and stop sequence.
func (r AnthropicResponse) MarshalJSON() ([]byte, error) {
	type plain AnthropicResponse
	return encode(struct {
		plain
		StopReason   *string `json:"stop_reason"` // hides the one of plain
		StopSequence *string `json:"stop_sequence"`
	}{plain(r), orNull(r.StopReason), orNull(r.StopSequence)})
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// AnthropicStopDetails says why a model refused, by "Anthropic Claude Messages API" in
// the Amazon Bedrock User Guide. Decide by StopReason; the explanation's words may change.
type AnthropicStopDetails struct {
	Type        string  `json:"type"`        // "refusal"
	Category    *string `json:"category"`    // "cyber", "bio", …
	Explanation *string `json:"explanation"` // for a person
}

// AnthropicUsage counts tokens, by "Anthropic Claude Messages API" in the Amazon
// Bedrock User Guide. All input is InputTokens and both of the cache.
type AnthropicUsage struct {
	InputTokens              int                     `json:"input_tokens"` // without those of the cache
	OutputTokens             int                     `json:"output_tokens"`
	CacheCreationInputTokens *int                    `json:"cache_creation_input_tokens,omitzero"` // written; nil: the model doesn't say
	CacheReadInputTokens     *int                    `json:"cache_read_input_tokens,omitzero"`     // read; nil: the model doesn't say
	CacheCreation            *AnthropicCacheCreation `json:"cache_creation,omitzero"`
}

// AnthropicCacheCreation counts tokens written to the cache by how long they stay, by
// "Prompt caching for faster model inference" in the Amazon Bedrock User Guide.
type AnthropicCacheCreation struct {
	Ephemeral5mInputTokens int `json:"ephemeral_5m_input_tokens"` // 5 minutes
	Ephemeral1hInputTokens int `json:"ephemeral_1h_input_tokens"` // an hour
}

// AnthropicEdited tells what context management cleared, by "Anthropic Claude tool use"
// in the Amazon Bedrock User Guide.
type AnthropicEdited struct {
	AppliedEdits []AnthropicAppliedEdit `json:"applied_edits"`
}

// AnthropicAppliedEdit is an edit that was made, by "Anthropic Claude tool use" in the
// Amazon Bedrock User Guide.
type AnthropicAppliedEdit struct {
	Type               string `json:"type"`
	ClearedToolUses    *int   `json:"cleared_tool_uses,omitzero"`
	ClearedInputTokens *int   `json:"cleared_input_tokens,omitzero"`
}

// AnthropicChunk is an event of Claude's stream, by "Anthropic Claude Messages API" in
// the Amazon Bedrock User Guide. Which fields go with which Type:
//
//   - "message_start": Message, without content
//   - "content_block_start": Index, ContentBlock, without content
//   - "content_block_delta": Index, Delta
//   - "content_block_stop": Index
//   - "message_delta": Delta with the stop reason, Usage, ContextManagement
//   - "message_stop": InvocationMetrics
//   - "ping": nothing
//   - "error": Error
//
// Those of a guardrail are on the event at which it acted.
type AnthropicChunk struct {
	Type              string               `json:"type,omitzero"`
	Index             int                  `json:"index,omitzero"` // of the block in the message, from 0
	Message           *AnthropicResponse   `json:"message,omitzero"`
	ContentBlock      *AnthropicBlock      `json:"content_block,omitzero"`
	Delta             *AnthropicDelta      `json:"delta,omitzero"`
	Usage             *AnthropicDeltaUsage `json:"usage,omitzero"`
	ContextManagement *AnthropicEdited     `json:"context_management,omitzero"`
	Error             *AnthropicError      `json:"error,omitzero"`

	InvocationMetrics *InvocationMetrics `json:"amazon-bedrock-invocationMetrics,omitzero"`
	GuardrailAction   string             `json:"amazon-bedrock-guardrailAction,omitzero"` // "INTERVENED", "NONE"
	Trace             json.RawMessage    `json:"amazon-bedrock-trace,omitzero"`
}

// MarshalJSON writes the index 0 of a block's events.
func (c AnthropicChunk) MarshalJSON() ([]byte, error) {
	type plain AnthropicChunk
	if !strings.HasPrefix(c.Type, "content_block_") {
		return encode(plain(c))
	}
	return encode(struct {
		plain
		Index int `json:"index"` // hides the one of plain
	}{plain(c), c.Index})
}

// AnthropicDelta is what an event adds, by "Anthropic Claude Messages API" in the
// Amazon Bedrock User Guide. To a block, by Type: "text_delta" Text, "input_json_delta" PartialJSON,
// "thinking_delta" Thinking, "signature_delta" Signature, "citations_delta" Citation. To the message, without a Type:
// StopReason, StopSequence, StopDetails.
type AnthropicDelta struct {
	Type         string             `json:"type,omitzero"`
	Text         string             `json:"text,omitzero"`
	PartialJSON  string             `json:"partial_json,omitzero"` // a piece of the input; all pieces together are JSON
	Thinking     string             `json:"thinking,omitzero"`
	Signature    string             `json:"signature,omitzero"`
	Citation     *AnthropicCitation `json:"citation,omitzero"`
	StopReason   string             `json:"stop_reason,omitzero"`
	StopSequence string             `json:"stop_sequence,omitzero"`
	StopDetails  json.RawMessage    `json:"stop_details,omitzero"` // as in [AnthropicResponse]
}

// MarshalJSON writes the fields that a type must have, even when they are empty, and
// null for those of a message.
func (d AnthropicDelta) MarshalJSON() ([]byte, error) {
	type kind struct {
		Type string `json:"type"`
	}
	switch d.Type {
	case "text_delta":
		return encode(struct {
			kind
			Text string `json:"text"`
		}{kind{d.Type}, d.Text})
	case "input_json_delta":
		return encode(struct {
			kind
			PartialJSON string `json:"partial_json"`
		}{kind{d.Type}, d.PartialJSON})
	case "thinking_delta":
		return encode(struct {
			kind
			Thinking string `json:"thinking"`
		}{kind{d.Type}, d.Thinking})
	case "signature_delta":
		return encode(struct {
			kind
			Signature string `json:"signature"`
		}{kind{d.Type}, d.Signature})
	case "":
		return encode(struct {
			StopReason   *string         `json:"stop_reason"`
			StopSequence *string         `json:"stop_sequence"`
			StopDetails  json.RawMessage `json:"stop_details,omitzero"`
		}{orNull(d.StopReason), orNull(d.StopSequence), d.StopDetails})
	}
	type plain AnthropicDelta
	return encode(plain(d))
}

// AnthropicDeltaUsage counts tokens at the end of a stream, by "Anthropic Claude
// Messages API" in the Amazon Bedrock User Guide. What is nil is as the start of the stream said.
type AnthropicDeltaUsage struct {
	OutputTokens             int  `json:"output_tokens"` // of the whole answer
	InputTokens              *int `json:"input_tokens,omitzero"`
	CacheCreationInputTokens *int `json:"cache_creation_input_tokens,omitzero"`
	CacheReadInputTokens     *int `json:"cache_read_input_tokens,omitzero"`
}

// AnthropicError is an error that Claude tells in its own format, by Anthropic's
// Messages API reference. Bedrock's own errors come as exceptions of the stream.
type AnthropicError struct {
	Type    string `json:"type"` // "overloaded_error", "api_error", …
	Message string `json:"message"`
}

// InvocationMetrics is what Bedrock adds to the last chunk of a stream, whichever the
// model, as seen in recorded streams.
type InvocationMetrics struct {
	InputTokenCount           int  `json:"inputTokenCount"`
	OutputTokenCount          int  `json:"outputTokenCount"`
	InvocationLatency         int  `json:"invocationLatency"` // ms until the end of the answer
	FirstByteLatency          int  `json:"firstByteLatency"`  // ms until its beginning
	CacheReadInputTokenCount  *int `json:"cacheReadInputTokenCount,omitzero"`
	CacheWriteInputTokenCount *int `json:"cacheWriteInputTokenCount,omitzero"`
}
