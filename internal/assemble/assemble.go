// Package assemble makes of the events of a stream what Converse would have returned:
// [Assembler] joins their parts, [Event] names them as the SDK's own stream does, and
// [Complete] puts something in place of what the SDK leaves out of the unary call's.
package assemble

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock/internal/jsondoc"
)

// Assembler joins a stream's events into what Converse would have returned. It needs no
// start event: Bedrock sends none for text, reasoning and citations. The zero value is
// ready to use.
type Assembler struct {
	out     bedrockruntime.ConverseOutput
	role    types.ConversationRole
	blocks  []*blockParts // in the order in which they began
	byIndex map[int32]*blockParts
}

// blockParts are the pieces of one content block; one of a known kind uses one group of
// the fields.
type blockParts struct {
	index int32

	text      []byte
	hasText   bool
	citations []types.Citation

	reasoning    []byte
	signature    []byte
	redacted     []byte
	hasReasoning bool

	toolUse    *types.ToolUseBlockStart
	input      []byte
	toolResult *types.ToolResultBlock
	resultText []byte // that goes on, not yet in toolResult
	image      *types.ImageBlock
	unknown    bool // a part that this version of the SDK doesn't know
}

// block returns the parts of the block with an index, mostly of the last one.
func (a *Assembler) block(index int32) *blockParts {
	if n := len(a.blocks); n > 0 && a.blocks[n-1].index == index {
		return a.blocks[n-1]
	}
	if b, ok := a.byIndex[index]; ok {
		return b
	}
	b := &blockParts{index: index}
	a.blocks = append(a.blocks, b)
	if a.byIndex == nil {
		a.byIndex = make(map[int32]*blockParts)
	}
	a.byIndex[index] = b
	return b
}

// AddText takes a text delta of the block with an index, as [Assembler.Add] would.
func (a *Assembler) AddText(block int32, text string) { a.block(block).addText(text) }

func (b *blockParts) addText(s string) {
	b.text, b.hasText = append(b.text, s...), true
}

// Add takes the next event.
func (a *Assembler) Add(event types.ConverseStreamOutput) {
	switch e := event.(type) {
	case *types.ConverseStreamOutputMemberMessageStart:
		a.role = e.Value.Role
	case *types.ConverseStreamOutputMemberContentBlockStart:
		a.block(aws.ToInt32(e.Value.ContentBlockIndex)).start(e.Value.Start)
	case *types.ConverseStreamOutputMemberContentBlockDelta:
		a.block(aws.ToInt32(e.Value.ContentBlockIndex)).delta(e.Value.Delta)
	case *types.ConverseStreamOutputMemberMessageStop:
		a.out.StopReason = e.Value.StopReason
		a.out.AdditionalModelResponseFields = e.Value.AdditionalModelResponseFields
	case *types.ConverseStreamOutputMemberMetadata:
		a.metadata(e.Value)
	}
}

// metadata comes after messageStop. The conversions don't compile with an SDK whose
// stream tells more than its unary call.
func (a *Assembler) metadata(m types.ConverseStreamMetadataEvent) {
	if m.Usage != nil {
		a.out.Usage = m.Usage
	}
	a.out.PerformanceConfig, a.out.ServiceTier = m.PerformanceConfig, m.ServiceTier
	if m.Metrics != nil {
		metrics := types.ConverseMetrics(*m.Metrics)
		a.out.Metrics = &metrics
	}
	if m.Trace != nil {
		trace := types.ConverseTrace(*m.Trace)
		a.out.Trace = &trace
	}
}

func (b *blockParts) start(start types.ContentBlockStart) {
	switch s := start.(type) {
	case *types.ContentBlockStartMemberToolUse:
		b.toolUse = &s.Value
	case *types.ContentBlockStartMemberToolResult:
		r := b.result()
		r.ToolUseId, r.Status, r.Type = s.Value.ToolUseId, s.Value.Status, s.Value.Type
	case *types.ContentBlockStartMemberImage:
		b.imageBlock().Format = s.Value.Format
	default:
		b.unknown = true
	}
}

func (b *blockParts) delta(delta types.ContentBlockDelta) {
	switch d := delta.(type) {
	case *types.ContentBlockDeltaMemberText:
		b.addText(d.Value)
	case *types.ContentBlockDeltaMemberReasoningContent:
		b.addReasoning(d.Value)
	case *types.ContentBlockDeltaMemberToolUse:
		if b.toolUse == nil {
			b.toolUse = &types.ToolUseBlockStart{}
		}
		b.input = append(b.input, aws.ToString(d.Value.Input)...)
	case *types.ContentBlockDeltaMemberToolResult:
		b.addToolResult(d.Value)
	case *types.ContentBlockDeltaMemberCitation:
		b.citations = append(b.citations, citation(d.Value))
	case *types.ContentBlockDeltaMemberImage:
		b.addImage(d.Value)
	default:
		b.unknown = true
	}
}

func (b *blockParts) addReasoning(delta types.ReasoningContentBlockDelta) {
	switch d := delta.(type) {
	case *types.ReasoningContentBlockDeltaMemberText:
		b.reasoning, b.hasReasoning = append(b.reasoning, d.Value...), true
	case *types.ReasoningContentBlockDeltaMemberSignature:
		b.signature, b.hasReasoning = append(b.signature, d.Value...), true
	case *types.ReasoningContentBlockDeltaMemberRedactedContent:
		b.redacted = append(b.redacted, d.Value...)
	default:
		b.unknown = true
	}
}

func (b *blockParts) result() *types.ToolResultBlock {
	if b.toolResult == nil {
		b.toolResult = &types.ToolResultBlock{}
	}
	return b.toolResult
}

// addToolResult joins text that goes on from one delta to the next.
func (b *blockParts) addToolResult(delta []types.ToolResultBlockDelta) {
	r := b.result()
	for i, part := range delta {
		_, isText := part.(*types.ToolResultBlockDeltaMemberText)
		if i > 0 || !isText {
			r.Content = b.endResultText(r.Content)
		}
		switch d := part.(type) {
		case *types.ToolResultBlockDeltaMemberText:
			b.resultText = append(b.resultText, d.Value...)
		case *types.ToolResultBlockDeltaMemberJson:
			r.Content = append(r.Content, &types.ToolResultContentBlockMemberJson{Value: d.Value})
		default:
			r.Content = append(r.Content, newUnknown())
		}
	}
}

func (b *blockParts) endResultText(content []types.ToolResultContentBlock) []types.ToolResultContentBlock {
	if b.resultText != nil {
		content = append(content, &types.ToolResultContentBlockMemberText{Value: string(b.resultText)})
		b.resultText = nil
	}
	return content
}

func citation(d types.CitationsDelta) types.Citation {
	c := types.Citation{Location: d.Location, Source: d.Source, Title: d.Title}
	for _, s := range d.SourceContent {
		c.SourceContent = append(c.SourceContent, &types.CitationSourceContentMemberText{Value: aws.ToString(s.Text)})
	}
	return c
}

func (b *blockParts) imageBlock() *types.ImageBlock {
	if b.image == nil {
		b.image = &types.ImageBlock{}
	}
	return b.image
}

func (b *blockParts) addImage(d types.ImageBlockDelta) {
	image := b.imageBlock()
	if d.Error != nil {
		image.Error = d.Error
	}
	more, ok := d.Source.(*types.ImageSourceMemberBytes)
	have, had := image.Source.(*types.ImageSourceMemberBytes)
	switch {
	case ok && had:
		have.Value = append(have.Value, more.Value...)
	case ok:
		image.Source = &types.ImageSourceMemberBytes{Value: slices.Clone(more.Value)}
	case d.Source != nil:
		image.Source = d.Source
	}
}

// Output returns what has come so far.
func (a *Assembler) Output() *bedrockruntime.ConverseOutput {
	blocks := slices.Clone(a.blocks)
	slices.SortStableFunc(blocks, func(x, y *blockParts) int { return cmp.Compare(x.index, y.index) })
	message := types.Message{Role: a.role}
	if message.Role == "" {
		message.Role = types.ConversationRoleAssistant
	}
	for _, b := range blocks {
		message.Content = b.appendTo(message.Content)
	}
	out := a.out
	out.Output = &types.ConverseOutputMemberMessage{Value: message}
	return &out
}

func (b *blockParts) appendTo(content []types.ContentBlock) []types.ContentBlock {
	n := len(content)
	if b.hasReasoning {
		content = append(content, &types.ContentBlockMemberReasoningContent{Value: b.reasoningText()})
	}
	if b.redacted != nil {
		content = append(content, &types.ContentBlockMemberReasoningContent{Value: &types.ReasoningContentBlockMemberRedactedContent{Value: slices.Clone(b.redacted)}})
	}
	switch text := string(b.text); {
	case b.citations != nil:
		cited := types.CitationsContentBlock{Citations: slices.Clone(b.citations)}
		if b.hasText {
			cited.Content = []types.CitationGeneratedContent{&types.CitationGeneratedContentMemberText{Value: text}}
		}
		content = append(content, &types.ContentBlockMemberCitationsContent{Value: cited})
	case b.hasText:
		content = append(content, &types.ContentBlockMemberText{Value: text})
	}
	if b.toolUse != nil {
		content = append(content, &types.ContentBlockMemberToolUse{Value: types.ToolUseBlock{
			Name: b.toolUse.Name, ToolUseId: b.toolUse.ToolUseId, Type: b.toolUse.Type, Input: toolInput(b.input),
		}})
	}
	if b.toolResult != nil {
		b.toolResult.Content = b.endResultText(b.toolResult.Content)
		content = append(content, &types.ContentBlockMemberToolResult{Value: *b.toolResult})
	}
	if b.image != nil {
		content = append(content, &types.ContentBlockMemberImage{Value: *b.image})
	}
	if b.unknown && len(content) == n {
		content = append(content, newUnknown())
	}
	return content
}

func (b *blockParts) reasoningText() types.ReasoningContentBlock {
	block := types.ReasoningTextBlock{Text: aws.String(string(b.reasoning))}
	if b.signature != nil {
		block.Signature = aws.String(string(b.signature))
	}
	return &types.ReasoningContentBlockMemberReasoningText{Value: block}
}

// toolInput makes a document of the fragments of a tool's input: {} of none, and a
// JSON string of what was cut off in the middle.
func toolInput(fragments []byte) jsondoc.Document {
	if len(fragments) == 0 {
		return jsondoc.Raw(json.RawMessage(`{}`))
	}
	if d, err := jsondoc.New(fragments); err == nil {
		return d
	}
	d, _ := jsondoc.New(string(fragments)) // a string always encodes
	return d
}
