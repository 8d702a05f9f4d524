package assemble

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/eventstream"

	"example.com/bedrock/internal/frame"
)

// newFrame returns a frame of an event type, as the SDK encodes it.
func newFrame(t *testing.T, event, payload string) frame.Frame {
	t.Helper()
	var b bytes.Buffer
	m := eventstream.Message{Payload: []byte(payload)}
	m.Headers.Set(":event-type", eventstream.StringValue(event))
	if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	f, err := frame.NewReader(&b).Next()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEventIsTheUnionOfTheSDK(t *testing.T) {
	t.Parallel()
	known, unknown := &types.ToolResultBlockDeltaMemberText{Value: "a"}, &types.UnknownUnionMember{Tag: "unknown"}
	f := newFrame(t, "hologram", `{"x":1}`)
	for _, test := range []struct {
		decoded smithy.Deserializable
		want    types.ConverseStreamOutput
	}{
		{&types.ContentBlockDeltaEvent{Delta: text("a")}, &types.ConverseStreamOutputMemberContentBlockDelta{Value: types.ContentBlockDeltaEvent{Delta: text("a")}}},
		{&types.ContentBlockDeltaEvent{Delta: toolResult(nil, known, known)}, &types.ConverseStreamOutputMemberContentBlockDelta{Value: types.ContentBlockDeltaEvent{Delta: toolResult(unknown, known, unknown)}}},
		{&types.ContentBlockStartEvent{}, &types.ConverseStreamOutputMemberContentBlockStart{}},
		{&types.ContentBlockStopEvent{}, &types.ConverseStreamOutputMemberContentBlockStop{}},
		{&types.MessageStartEvent{}, &types.ConverseStreamOutputMemberMessageStart{}},
		{&types.MessageStopEvent{StopReason: types.StopReasonEndTurn}, &types.ConverseStreamOutputMemberMessageStop{Value: types.MessageStopEvent{StopReason: types.StopReasonEndTurn}}},
		{&types.ConverseStreamMetadataEvent{}, &types.ConverseStreamOutputMemberMetadata{}},
		{&eventstream.UnknownUnionMember{Tag: "tag", Value: []byte("v")}, &types.UnknownUnionMember{Tag: "tag", Value: []byte("v")}},
		{&types.PayloadPart{}, &types.UnknownUnionMember{Tag: "hologram", Value: []byte(`{"x":1}`)}},
	} {
		if got := Event(test.decoded, f); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%T: got %#v, want %#v", test.decoded, got, test.want)
		}
	}
}

// The SDK leaves nil, or the block before, where it doesn't know a block.
func TestCompleteMarksWhatIsUnknown(t *testing.T) {
	t.Parallel()
	unknown := &types.UnknownUnionMember{Tag: "unknown"}
	hi := &types.ContentBlockMemberText{Value: "hi"}
	resultText := &types.ToolResultContentBlockMemberText{Value: "a"}
	generated := &types.CitationGeneratedContentMemberText{Value: "b"}
	source := &types.CitationSourceContentMemberText{Value: "c"}
	content := []types.ContentBlock{
		nil, hi, hi, &types.ContentBlockMemberText{Value: "hi"},
		&types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{Content: []types.ToolResultContentBlock{resultText, resultText}}},
		&types.ContentBlockMemberCitationsContent{Value: types.CitationsContentBlock{
			Content:   []types.CitationGeneratedContent{generated, generated},
			Citations: []types.Citation{{SourceContent: []types.CitationSourceContent{source, source}}},
		}},
	}
	Complete(content)
	want := []types.ContentBlock{
		unknown, hi, unknown, hi,
		&types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{Content: []types.ToolResultContentBlock{resultText, unknown}}},
		&types.ContentBlockMemberCitationsContent{Value: types.CitationsContentBlock{
			Content:   []types.CitationGeneratedContent{generated, unknown},
			Citations: []types.Citation{{SourceContent: []types.CitationSourceContent{source, unknown}}},
		}},
	}
	if !reflect.DeepEqual(content, want) {
		t.Errorf("got %s, want %s", show(content), show(want))
	}
}
