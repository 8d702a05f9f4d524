package assemble

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

func start(index int32, s types.ContentBlockStart) types.ConverseStreamOutput {
	return &types.ConverseStreamOutputMemberContentBlockStart{Value: types.ContentBlockStartEvent{ContentBlockIndex: &index, Start: s}}
}

func delta(index int32, d types.ContentBlockDelta) types.ConverseStreamOutput {
	return &types.ConverseStreamOutputMemberContentBlockDelta{Value: types.ContentBlockDeltaEvent{ContentBlockIndex: &index, Delta: d}}
}

func text(s string) types.ContentBlockDelta { return &types.ContentBlockDeltaMemberText{Value: s} }

func reasoning(d types.ReasoningContentBlockDelta) types.ContentBlockDelta {
	return &types.ContentBlockDeltaMemberReasoningContent{Value: d}
}

func toolResult(parts ...types.ToolResultBlockDelta) types.ContentBlockDelta {
	return &types.ContentBlockDeltaMemberToolResult{Value: parts}
}

func image(b []byte) types.ContentBlockDelta {
	return &types.ContentBlockDeltaMemberImage{Value: types.ImageBlockDelta{Source: &types.ImageSourceMemberBytes{Value: b}}}
}

func assembled(events ...types.ConverseStreamOutput) *bedrockruntime.ConverseOutput {
	var a Assembler
	for _, e := range events {
		a.Add(e)
	}
	return a.Output()
}

func message(out *bedrockruntime.ConverseOutput) types.Message {
	return out.Output.(*types.ConverseOutputMemberMessage).Value
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestBlocksOfEveryKindAddUp(t *testing.T) {
	t.Parallel()
	resultText := func(s string) types.ToolResultBlockDelta {
		return &types.ToolResultBlockDeltaMemberText{Value: s}
	}
	for name, test := range map[string]struct {
		events []types.ConverseStreamOutput
		want   types.ContentBlock
	}{
		"text":       {[]types.ConverseStreamOutput{delta(0, text("Par")), delta(0, text("is"))}, &types.ContentBlockMemberText{Value: "Paris"}},
		"empty text": {[]types.ConverseStreamOutput{delta(0, text(""))}, &types.ContentBlockMemberText{}},
		"reasoning": {[]types.ConverseStreamOutput{
			delta(0, reasoning(&types.ReasoningContentBlockDeltaMemberText{Value: "Let "})), delta(0, reasoning(&types.ReasoningContentBlockDeltaMemberText{Value: "me"})),
			delta(0, reasoning(&types.ReasoningContentBlockDeltaMemberSignature{Value: "sig"})),
		}, &types.ContentBlockMemberReasoningContent{Value: &types.ReasoningContentBlockMemberReasoningText{Value: types.ReasoningTextBlock{Text: aws.String("Let me"), Signature: aws.String("sig")}}}},
		"redacted reasoning": {[]types.ConverseStreamOutput{
			delta(0, reasoning(&types.ReasoningContentBlockDeltaMemberRedactedContent{Value: []byte("sec")})), delta(0, reasoning(&types.ReasoningContentBlockDeltaMemberRedactedContent{Value: []byte("ret")})),
		}, &types.ContentBlockMemberReasoningContent{Value: &types.ReasoningContentBlockMemberRedactedContent{Value: []byte("secret")}}},
		"citations": {[]types.ConverseStreamOutput{
			delta(0, text("By Matz.")),
			delta(0, &types.ContentBlockDeltaMemberCitation{Value: types.CitationsDelta{Title: aws.String("facts"), SourceContent: []types.CitationSourceContentDelta{{Text: aws.String("Matz")}}}}),
		}, &types.ContentBlockMemberCitationsContent{Value: types.CitationsContentBlock{
			Content:   []types.CitationGeneratedContent{&types.CitationGeneratedContentMemberText{Value: "By Matz."}},
			Citations: []types.Citation{{Title: aws.String("facts"), SourceContent: []types.CitationSourceContent{&types.CitationSourceContentMemberText{Value: "Matz"}}}},
		}}},
		"tool result": {[]types.ConverseStreamOutput{
			start(0, &types.ContentBlockStartMemberToolResult{Value: types.ToolResultBlockStart{ToolUseId: aws.String("t1"), Status: types.ToolResultStatusSuccess}}),
			delta(0, toolResult(resultText("a"))), delta(0, toolResult(resultText("b"), nil, resultText("c"))),
		}, &types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{ToolUseId: aws.String("t1"), Status: types.ToolResultStatusSuccess, Content: []types.ToolResultContentBlock{
			&types.ToolResultContentBlockMemberText{Value: "ab"}, &types.UnknownUnionMember{Tag: "unknown"}, &types.ToolResultContentBlockMemberText{Value: "c"},
		}}}},
		"image": {[]types.ConverseStreamOutput{
			start(0, &types.ContentBlockStartMemberImage{Value: types.ImageBlockStart{Format: types.ImageFormatPng}}), delta(0, image([]byte("im"))), delta(0, image([]byte("age"))),
		}, &types.ContentBlockMemberImage{Value: types.ImageBlock{Format: types.ImageFormatPng, Source: &types.ImageSourceMemberBytes{Value: []byte("image")}}}},
		"image elsewhere, with an error": {[]types.ConverseStreamOutput{delta(0, &types.ContentBlockDeltaMemberImage{Value: types.ImageBlockDelta{
			Source: &types.ImageSourceMemberS3Location{}, Error: &types.ErrorBlock{Message: aws.String("no")},
		}})}, &types.ContentBlockMemberImage{Value: types.ImageBlock{Source: &types.ImageSourceMemberS3Location{}, Error: &types.ErrorBlock{Message: aws.String("no")}}}},
		"unknown start":              {[]types.ConverseStreamOutput{start(0, nil)}, &types.UnknownUnionMember{Tag: "unknown"}},
		"unknown delta":              {[]types.ConverseStreamOutput{delta(0, nil)}, &types.UnknownUnionMember{Tag: "unknown"}},
		"unknown reasoning":          {[]types.ConverseStreamOutput{delta(0, reasoning(nil))}, &types.UnknownUnionMember{Tag: "unknown"}},
		"unknown start, known delta": {[]types.ConverseStreamOutput{start(0, nil), delta(0, text("a"))}, &types.ContentBlockMemberText{Value: "a"}},
	} {
		if content := message(assembled(test.events...)).Content; len(content) != 1 || !reflect.DeepEqual(content[0], test.want) {
			t.Errorf("%s: got %s, want %s", name, show(content), show(test.want))
		}
	}
}

func TestToolInputIsAlwaysJSON(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fragments []string
		want      string
	}{
		"whole":   {[]string{`{"city":`, `"Paris","n":1.0}`}, `{"city":"Paris","n":1.0}`},
		"none":    {nil, `{}`},
		"empty":   {[]string{""}, `{}`},
		"cut off": {[]string{`{"city":`, `"Pa`}, `"{\"city\":\"Pa"`},
	} {
		events := []types.ConverseStreamOutput{start(1, &types.ContentBlockStartMemberToolUse{Value: types.ToolUseBlockStart{Name: aws.String("weather"), ToolUseId: aws.String("t1")}})}
		for _, f := range test.fragments {
			events = append(events, delta(1, &types.ContentBlockDeltaMemberToolUse{Value: types.ToolUseBlockDelta{Input: &f}}))
		}
		use, ok := message(assembled(events...)).Content[0].(*types.ContentBlockMemberToolUse)
		if !ok || aws.ToString(use.Value.Name) != "weather" || aws.ToString(use.Value.ToolUseId) != "t1" {
			t.Errorf("%s: got %s, want the tool use t1", name, show(use))
			continue
		}
		if raw, err := use.Value.Input.MarshalSmithyDocument(); string(raw) != test.want || err != nil {
			t.Errorf("%s: got input %s, %v, want %s", name, raw, err, test.want)
		}
	}
	lone := message(assembled(delta(0, &types.ContentBlockDeltaMemberToolUse{Value: types.ToolUseBlockDelta{Input: aws.String("1")}})))
	if use, ok := lone.Content[0].(*types.ContentBlockMemberToolUse); !ok || use.Value.Input == nil {
		t.Errorf("got %s of a delta without a start, want a tool use", show(lone))
	}
}

// Blocks stand in the order of their index, whatever the order of their events.
func TestBlocksInterleave(t *testing.T) {
	t.Parallel()
	var a Assembler
	a.AddText(1, "b")
	a.Add(delta(0, text("a")))
	a.AddText(1, "B")
	got := message(a.Output())
	want := types.Message{Role: types.ConversationRoleAssistant, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "a"}, &types.ContentBlockMemberText{Value: "bB"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %s, want %s", show(got), show(want))
	}
}

func TestTheRestOfTheOutput(t *testing.T) {
	t.Parallel()
	usage, tier := &types.TokenUsage{InputTokens: aws.Int32(1)}, &types.ServiceTier{Type: types.ServiceTierTypeFlex}
	got := assembled(
		&types.ConverseStreamOutputMemberMessageStart{Value: types.MessageStartEvent{Role: types.ConversationRoleUser}},
		&types.ConverseStreamOutputMemberMessageStop{Value: types.MessageStopEvent{StopReason: types.StopReasonMaxTokens}},
		&types.ConverseStreamOutputMemberMetadata{Value: types.ConverseStreamMetadataEvent{
			Usage: usage, ServiceTier: tier, Metrics: &types.ConverseStreamMetrics{LatencyMs: aws.Int64(5)}, Trace: &types.ConverseStreamTrace{},
		}},
		&types.ConverseStreamOutputMemberMetadata{Value: types.ConverseStreamMetadataEvent{ServiceTier: tier}},
		&types.UnknownUnionMember{Tag: "hologram"},
	)
	want := &bedrockruntime.ConverseOutput{
		Output:     &types.ConverseOutputMemberMessage{Value: types.Message{Role: types.ConversationRoleUser}},
		StopReason: types.StopReasonMaxTokens, Usage: usage, ServiceTier: tier, Metrics: &types.ConverseMetrics{LatencyMs: aws.Int64(5)}, Trace: &types.ConverseTrace{},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %s, want %s", show(got), show(want))
	}
}

// What was delivered doesn't change.
func TestDeliveredEventsStayAsTheyWere(t *testing.T) {
	t.Parallel()
	a := Assembler{}
	first := image(append(make([]byte, 0, 64), "AAA"...)).(*types.ContentBlockDeltaMemberImage)
	a.Add(delta(0, first))
	a.Add(delta(0, image(append(make([]byte, 0, 64), "BBB"...))))
	if got := first.Value.Source.(*types.ImageSourceMemberBytes).Value; string(got) != "AAA" {
		t.Errorf("got %q, want the event as it was", got)
	}
}
