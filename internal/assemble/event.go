package assemble

import (
	"bytes"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/eventstream"

	"example.com/bedrock/internal/frame"
)

// Event turns a decoded event into the union that the SDK's own stream delivers.
func Event(v smithy.Deserializable, f frame.Frame) types.ConverseStreamOutput {
	switch v := v.(type) {
	case *types.ContentBlockDeltaEvent:
		if r, ok := v.Delta.(*types.ContentBlockDeltaMemberToolResult); ok {
			mark(r.Value)
		}
		return &types.ConverseStreamOutputMemberContentBlockDelta{Value: *v}
	case *types.ContentBlockStartEvent:
		return &types.ConverseStreamOutputMemberContentBlockStart{Value: *v}
	case *types.ContentBlockStopEvent:
		return &types.ConverseStreamOutputMemberContentBlockStop{Value: *v}
	case *types.MessageStartEvent:
		return &types.ConverseStreamOutputMemberMessageStart{Value: *v}
	case *types.MessageStopEvent:
		return &types.ConverseStreamOutputMemberMessageStop{Value: *v}
	case *types.ConverseStreamMetadataEvent:
		return &types.ConverseStreamOutputMemberMetadata{Value: *v}
	case *eventstream.UnknownUnionMember:
		return &types.UnknownUnionMember{Tag: v.Tag, Value: v.Value}
	}
	return &types.UnknownUnionMember{Tag: string(f.Header(":event-type")), Value: bytes.Clone(f.Payload)}
}
