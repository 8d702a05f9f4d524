package body

import (
	"bytes"
	"encoding/json"
)

// AnthropicContent is a text, or blocks, by "Anthropic Claude Messages API" in the
// Amazon Bedrock User Guide. Blocks win over Text when both are set.
type AnthropicContent struct {
	Text   string
	Blocks []AnthropicBlock
	Block  *AnthropicBlock // one without a list: the result of a tool search
}

// MarshalJSON writes a list, an object or a string.
func (c AnthropicContent) MarshalJSON() ([]byte, error) {
	switch {
	case c.Blocks != nil:
		return encode(c.Blocks)
	case c.Block != nil:
		return encode(c.Block)
	}
	return encode(c.Text)
}

// UnmarshalJSON takes a list, an object or a string; null is the empty string.
func (c *AnthropicContent) UnmarshalJSON(raw []byte) error {
	*c = AnthropicContent{}
	switch raw = bytes.TrimSpace(raw); {
	case bytes.HasPrefix(raw, []byte("[")):
		return json.Unmarshal(raw, &c.Blocks)
	case bytes.HasPrefix(raw, []byte("{")):
		return json.Unmarshal(raw, &c.Block)
	}
	return json.Unmarshal(raw, &c.Text)
}

// AnthropicBlock is a block of content, by "Anthropic Claude Messages API" in the
// Amazon Bedrock User Guide. Which fields go with which Type:
//
//   - "text": Text; Citations in an answer, where it cites
//   - "image": Source
//   - "document": Source, Title, Context; Citations to switch them on
//   - "search_result": Source.Name, Title, Content; Citations to switch them on
//   - "thinking": Thinking, Signature; to be sent back unchanged
//   - "redacted_thinking": Data; to be sent back unchanged
//   - "tool_use", "server_tool_use": ID, Name, Input
//   - "tool_result": ToolUseID, Content, IsError
//   - "tool_search_tool_result": ToolUseID, Content.Block, of type "tool_search_tool_search_result" with ToolReferences
//   - "tool_reference": ToolName
//
// CacheControl goes with all that a request may have, but thinking. Of a newer kind of
// block only these fields are kept.
type AnthropicBlock struct {
	Type           string                 `json:"type"`
	Text           string                 `json:"text,omitzero"`
	Thinking       string                 `json:"thinking,omitzero"`
	Signature      string                 `json:"signature,omitzero"`
	Data           string                 `json:"data,omitzero"` // opaque
	ID             string                 `json:"id,omitzero"`
	Name           string                 `json:"name,omitzero"`
	Input          json.RawMessage        `json:"input,omitzero"` // a JSON object; "tool_use" without one has {}
	ToolUseID      string                 `json:"tool_use_id,omitzero"`
	IsError        *bool                  `json:"is_error,omitzero"` // default false
	Source         *AnthropicSource       `json:"source,omitzero"`
	Title          string                 `json:"title,omitzero"`
	Context        string                 `json:"context,omitzero"` // about the document, not to be cited
	Content        *AnthropicContent      `json:"content,omitzero"`
	Citations      *AnthropicCitations    `json:"citations,omitzero"`
	ToolName       string                 `json:"tool_name,omitzero"`
	ToolReferences []AnthropicBlock       `json:"tool_references,omitzero"`
	CacheControl   *AnthropicCacheControl `json:"cache_control,omitzero"`
}

// MarshalJSON writes the fields that a type must have, even when they are empty.
func (b AnthropicBlock) MarshalJSON() ([]byte, error) {
	type plain AnthropicBlock
	switch b.Type {
	case "text":
		return encode(struct {
			plain
			Text string `json:"text"` // hides the one of plain, as below
		}{plain(b), b.Text})
	case "thinking":
		return encode(struct {
			plain
			Thinking  string `json:"thinking"`
			Signature string `json:"signature"`
		}{plain(b), b.Thinking, b.Signature})
	case "redacted_thinking":
		return encode(struct {
			plain
			Data string `json:"data"`
		}{plain(b), b.Data})
	case "search_result":
		return encode(struct {
			plain
			Title string `json:"title"`
		}{plain(b), b.Title})
	case "tool_use":
		if b.Input == nil {
			b.Input = json.RawMessage("{}")
		}
	}
	return encode(plain(b))
}

// AnthropicSource is where an image or a document is from, by "Anthropic Claude
// Messages API" in the Amazon Bedrock User Guide.
type AnthropicSource struct {
	Type      string            `json:"type"`                // "base64"; of documents also "text", and "content" with Content
	MediaType string            `json:"media_type,omitzero"` // image/jpeg, image/png, image/webp, image/gif; application/pdf; text/plain
	Data      string            `json:"data,omitzero"`       // base64, or the text; an image has up to 3.75 MB and 8,000 pixels a side
	Content   *AnthropicContent `json:"content,omitzero"`    // the document in blocks, which citations then name
	Name      string            `json:"-"`                   // of a search result: its address or name, instead of all else
}

// MarshalJSON writes a search result's source as a string.
func (s AnthropicSource) MarshalJSON() ([]byte, error) {
	if s.Type == "" {
		return encode(s.Name)
	}
	type plain AnthropicSource
	return encode(plain(s))
}

// UnmarshalJSON takes an object or a string.
func (s *AnthropicSource) UnmarshalJSON(raw []byte) error {
	*s = AnthropicSource{}
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte(`"`)) {
		return json.Unmarshal(raw, &s.Name)
	}
	type plain AnthropicSource
	return json.Unmarshal(raw, (*plain)(s))
}

// AnthropicCitations switches citations on in a request, and is a list of them in an
// answer, by "Anthropic Claude Messages API" in the Amazon Bedrock User Guide.
type AnthropicCitations struct {
	Enabled bool                `json:"enabled"`
	List    []AnthropicCitation `json:"-"` // instead of Enabled
}

// MarshalJSON writes a list where there is one.
func (c AnthropicCitations) MarshalJSON() ([]byte, error) {
	if c.List != nil {
		return encode(c.List)
	}
	type plain AnthropicCitations
	return encode(plain(c))
}

// UnmarshalJSON takes an object or a list.
func (c *AnthropicCitations) UnmarshalJSON(raw []byte) error {
	*c = AnthropicCitations{}
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		return json.Unmarshal(raw, &c.List)
	}
	type plain AnthropicCitations
	return json.Unmarshal(raw, (*plain)(c))
}

// AnthropicCitation is the passage that an answer cites, by Anthropic's Messages API
// reference. Indexes count from 0, pages from 1; each end is the first one not cited.
type AnthropicCitation struct {
	Type              string  `json:"type"` // "char_location", "page_location", "content_block_location", "search_result_location"
	CitedText         string  `json:"cited_text"`
	DocumentIndex     *int    `json:"document_index,omitzero"` // among the request's documents
	DocumentTitle     *string `json:"document_title,omitzero"`
	SearchResultIndex *int    `json:"search_result_index,omitzero"` // among the request's search results
	Source            string  `json:"source,omitzero"`              // of a search result
	Title             *string `json:"title,omitzero"`               // of a search result
	StartCharIndex    *int    `json:"start_char_index,omitzero"`
	EndCharIndex      *int    `json:"end_char_index,omitzero"`
	StartPageNumber   *int    `json:"start_page_number,omitzero"`
	EndPageNumber     *int    `json:"end_page_number,omitzero"`
	StartBlockIndex   *int    `json:"start_block_index,omitzero"` // content_block and search_result
	EndBlockIndex     *int    `json:"end_block_index,omitzero"`   // content_block and search_result
}
