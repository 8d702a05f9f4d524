package bedrock_test

import (
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
)

// block makes a content block, by a constructor where there is one.
func (b rebuild) block(kind string, raw json.RawMessage) types.ContentBlock {
	switch kind {
	case "image":
		return b.image(raw)
	case "document":
		return b.documentBlock(raw)
	case "cachePoint":
		var sent struct{ Type, Ttl string }
		b.decode(raw, &sent)
		b.made["CachePoint"]++
		return bedrock.CachePoint(types.CacheTTL(sent.Ttl))
	case "guardContent":
		var sent struct {
			Text struct {
				Text       string
				Qualifiers []types.GuardrailConverseContentQualifier
			}
		}
		b.decode(raw, &sent)
		b.made["GuardText"]++
		return bedrock.GuardText(sent.Text.Text, sent.Text.Qualifiers...)
	case "toolResult":
		return b.toolResult(raw)
	}
	return b.literalBlock(kind, raw)
}

// literalBlock makes what a model says, which an application takes from a reply.
func (b rebuild) literalBlock(kind string, raw json.RawMessage) types.ContentBlock {
	b.literal[kind]++
	switch kind {
	case "text":
		var text string
		b.decode(raw, &text)
		return &types.ContentBlockMemberText{Value: text}
	case "toolUse":
		var sent struct {
			ToolUseID, Name string
			Input           json.RawMessage
		}
		b.decode(raw, &sent)
		return &types.ContentBlockMemberToolUse{Value: types.ToolUseBlock{ToolUseId: &sent.ToolUseID, Name: &sent.Name, Input: b.document(sent.Input)}}
	case "reasoningContent":
		var sent struct {
			ReasoningText struct{ Text, Signature *string }
		}
		b.decode(raw, &sent)
		return &types.ContentBlockMemberReasoningContent{Value: &types.ReasoningContentBlockMemberReasoningText{
			Value: types.ReasoningTextBlock{Text: sent.ReasoningText.Text, Signature: sent.ReasoningText.Signature}}}
	case "citationsContent":
		return b.citations(raw)
	}
	b.t.Fatalf("nothing makes the block %s", kind)
	return nil
}

func (b rebuild) image(raw json.RawMessage) *types.ContentBlockMemberImage {
	var sent struct {
		Format string
		Source struct{ Bytes []byte }
	}
	b.decode(raw, &sent)
	b.made["Image"]++
	return bedrock.Image(types.ImageFormat(sent.Format), sent.Source.Bytes)
}

func (b rebuild) documentBlock(raw json.RawMessage) *types.ContentBlockMemberDocument {
	var sent struct {
		Name      string
		Format    types.DocumentFormat
		Context   *string
		Citations *struct{ Enabled bool }
		Source    struct {
			Bytes   []byte
			Text    *string
			Content []struct{ Text string }
		}
	}
	b.decode(raw, &sent)
	var doc *types.ContentBlockMemberDocument
	switch source := sent.Source; {
	case source.Text != nil && sent.Format == types.DocumentFormatTxt:
		b.made["DocumentText"]++
		doc = bedrock.DocumentText(sent.Name, *source.Text)
	case source.Content != nil:
		b.made["Document"]++
		b.literal["document: source set in place"]++
		doc = bedrock.Document(sent.Name, sent.Format, nil)
		var chunks []types.DocumentContentBlock
		for _, chunk := range source.Content {
			chunks = append(chunks, &types.DocumentContentBlockMemberText{Value: chunk.Text})
		}
		doc.Value.Source = &types.DocumentSourceMemberContent{Value: chunks}
	default:
		b.made["Document"]++
		doc = bedrock.Document(sent.Name, sent.Format, source.Bytes)
	}
	if sent.Context != nil {
		b.literal["document: context set in place"]++
		doc.Value.Context = sent.Context
	}
	if sent.Citations != nil && sent.Citations.Enabled {
		b.made["Cited document"]++
		doc = bedrock.Cited(doc)
	}
	return doc
}

func (b rebuild) searchResult(raw json.RawMessage) *types.ContentBlockMemberSearchResult {
	var sent struct {
		Source, Title string
		Content       []struct{ Text string }
		Citations     *struct{ Enabled bool }
	}
	b.decode(raw, &sent)
	var texts []string
	for _, c := range sent.Content {
		texts = append(texts, c.Text)
	}
	b.made["SearchResult"]++
	result := bedrock.SearchResult(sent.Source, sent.Title, texts...)
	if sent.Citations != nil && sent.Citations.Enabled {
		b.made["Cited search result"]++
		result = bedrock.Cited(result)
	}
	return result
}

func (b rebuild) toolResult(raw json.RawMessage) types.ContentBlock {
	var sent struct {
		ToolUseID string
		Content   []map[string]json.RawMessage
		Status    types.ToolResultStatus
	}
	b.decode(raw, &sent)
	var text string
	if first := sent.Content[0]["text"]; first != nil {
		b.decode(first, &text)
		sent.Content = sent.Content[1:]
	}
	if sent.Status == types.ToolResultStatusError {
		b.made["ToolFailure"]++
		return bedrock.ToolFailure(sent.ToolUseID, text)
	}
	b.made["ToolResult"]++
	result := bedrock.ToolResult(sent.ToolUseID, text)
	if sent.Status != "" {
		b.literal["toolResult: status set in place"]++
		result.Value.Status = sent.Status
	}
	if text == "" {
		result.Value.Content = nil
	}
	for _, part := range sent.Content {
		for kind, raw := range part {
			b.literal["toolResult: "+kind+" added in place"]++
			result.Value.Content = append(slices.Clip(result.Value.Content), b.resultPart(kind, raw))
		}
	}
	return result
}

func (b rebuild) resultPart(kind string, raw json.RawMessage) types.ToolResultContentBlock {
	switch kind {
	case "text":
		var text string
		b.decode(raw, &text)
		return &types.ToolResultContentBlockMemberText{Value: text}
	case "json":
		return &types.ToolResultContentBlockMemberJson{Value: b.document(raw)}
	case "image":
		return &types.ToolResultContentBlockMemberImage{Value: b.image(raw).Value}
	case "document":
		return &types.ToolResultContentBlockMemberDocument{Value: b.documentBlock(raw).Value}
	case "searchResult":
		return &types.ToolResultContentBlockMemberSearchResult{Value: b.searchResult(raw).Value}
	}
	b.t.Fatalf("nothing makes the tool result %s", kind)
	return nil
}

func (b rebuild) citations(raw json.RawMessage) types.ContentBlock {
	type span struct{ DocumentIndex, Start, End *int32 }
	var sent struct {
		Content   []struct{ Text string }
		Citations []struct {
			Title         string
			SourceContent []struct{ Text string }
			Location      struct{ DocumentChar, DocumentChunk *span }
		}
	}
	b.decode(raw, &sent)
	var block types.CitationsContentBlock
	for _, c := range sent.Content {
		block.Content = append(block.Content, &types.CitationGeneratedContentMemberText{Value: c.Text})
	}
	for _, c := range sent.Citations {
		citation := types.Citation{Title: aws.String(c.Title)}
		for _, s := range c.SourceContent {
			citation.SourceContent = append(citation.SourceContent, &types.CitationSourceContentMemberText{Value: s.Text})
		}
		if at := c.Location.DocumentChar; at != nil {
			citation.Location = &types.CitationLocationMemberDocumentChar{Value: types.DocumentCharLocation{DocumentIndex: at.DocumentIndex, Start: at.Start, End: at.End}}
		}
		if at := c.Location.DocumentChunk; at != nil {
			citation.Location = &types.CitationLocationMemberDocumentChunk{Value: types.DocumentChunkLocation{DocumentIndex: at.DocumentIndex, Start: at.Start, End: at.End}}
		}
		block.Citations = append(block.Citations, citation)
	}
	return &types.ContentBlockMemberCitationsContent{Value: block}
}
