package event

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/schemas"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/eventstream"
	"github.com/aws/smithy-go/transport/http/protocol/restjson1"

	"example.com/bedrock/internal/frame"
)

// encode returns a frame of headers, names and values in turn, and a payload.
func encode(t *testing.T, payload string, headers ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	m := eventstream.Message{Payload: []byte(payload)}
	for i := 0; i < len(headers); i += 2 {
		m.Headers.Set(headers[i], eventstream.StringValue(headers[i+1]))
	}
	if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecodeReturnsEventsAndExceptions(t *testing.T) {
	t.Parallel()
	raw := encode(t, `{"role":"assistant"}`, ":message-type", "event", ":event-type", "messageStart")
	exception := encode(t, `{"message":"slower"}`, ":message-type", "exception", ":exception-type", "throttlingException")
	d := NewDecoder(schemas.ConverseStreamOutput)
	for range 2 { // a decoder serves a whole stream
		v, err := d.Decode(frame.Frame{Raw: raw})
		if start, ok := v.(*types.MessageStartEvent); err != nil || !ok || start.Role != types.ConversationRoleAssistant {
			t.Errorf("got %#v, %v, want the start of a message", v, err)
		}
		var throttled *types.ThrottlingException
		if v, err := d.Decode(frame.Frame{Raw: exception}); !errors.As(err, &throttled) {
			t.Errorf("got %#v, %v, want a ThrottlingException", v, err)
		}
	}
	if v, err := d.Decode(frame.Frame{}); err == nil || err == io.EOF {
		t.Errorf("got %#v, %v of nothing, want an error that doesn't end a stream", v, err)
	}
}

func TestProtocolDecodesAndEncodesAsTheSDKs(t *testing.T) {
	t.Parallel()
	p := Protocol{restjson1.New(nil)}
	raw := encode(t, `{"role":"assistant"}`, ":message-type", "event", ":event-type", "messageStart")
	v, err := p.DeserializeEventMessage(schemas.ConverseStreamOutput, bedrockruntime.TypeRegistry, bytes.NewReader(raw))
	if start, ok := v.(*types.MessageStartEvent); err != nil || !ok || start.Role != types.ConversationRoleAssistant {
		t.Errorf("got %#v, %v, want the start of a message", v, err)
	}
	var ours, theirs bytes.Buffer
	part := &types.BidirectionalInputPayloadPart{Bytes: []byte("a")}
	union, variant := schemas.InvokeModelWithBidirectionalStreamInput, schemas.BidirectionalInputPayloadPart
	if err := p.SerializeEventMessage(union, variant, part, &ours); err != nil {
		t.Fatal(err)
	}
	if err := restjson1.New(nil).SerializeEventMessage(union, variant, part, &theirs); err != nil || !bytes.Equal(ours.Bytes(), theirs.Bytes()) {
		t.Errorf("got %q, want %q, %v", ours.Bytes(), theirs.Bytes(), err)
	}
}
