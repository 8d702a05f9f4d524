package bedrocktest

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/aws/smithy-go/eventstream"
)

// EventFrame makes one frame of an event stream, for [Frames] and
// [Response.Insert]: an event of that name, known to the SDK or not. The
// payload is encoded as JSON; an [encoding/json.RawMessage] or []byte goes in as
// it is. EventFrame panics on a payload that can't be encoded.
func EventFrame(name string, payload any) []byte {
	encoded, err := encodeJSON(payload)
	if err != nil {
		panic(fmt.Sprintf("bedrocktest: payload of event %s: %v", name, err))
	}
	frame, err := eventFrame(name, encoded)
	if err != nil {
		panic(fmt.Sprintf("bedrocktest: event %s: %v", name, err))
	}
	return frame
}

// ErrorFrame makes a frame that carries an error in its headers, which AWS
// calls an unmodeled error: message type "error" with a code and a message. It
// panics if one is longer than a header can be, 32,767 bytes. For the
// exceptions that Bedrock sends see [Response.FailAt].
func ErrorFrame(code, message string) []byte {
	frame, err := encodeFrame(nil,
		header(eventstream.ErrorCodeHeader, code),
		header(eventstream.ErrorMessageHeader, message),
		header(eventstream.MessageTypeHeader, eventstream.ErrorMessageType))
	if err != nil {
		panic("bedrocktest: " + err.Error())
	}
	return frame
}

func eventFrame(name string, payload []byte) ([]byte, error) {
	return encodeFrame(payload,
		header(eventstream.EventTypeHeader, name),
		header(eventstream.ContentTypeHeader, "application/json"),
		header(eventstream.MessageTypeHeader, eventstream.EventMessageType))
}

func exceptionFrame(code, message string) ([]byte, error) {
	payload, err := encodeJSON(map[string]string{"message": message})
	if err != nil {
		return nil, err
	}
	return encodeFrame(payload,
		header(eventstream.ExceptionTypeHeader, code),
		header(eventstream.ContentTypeHeader, "application/json"),
		header(eventstream.MessageTypeHeader, eventstream.ExceptionMessageType))
}

func header(name, value string) eventstream.Header {
	return eventstream.Header{Name: name, Value: eventstream.StringValue(value)}
}

func encodeFrame(payload []byte, headers ...eventstream.Header) ([]byte, error) {
	var b bytes.Buffer
	err := eventstream.NewEncoder().Encode(&b, eventstream.Message{Headers: headers, Payload: payload})
	return b.Bytes(), err
}

// paddedFrame makes the frame of an event as Bedrock sends it: its members in
// alphabetical order and among them "p", padding that hides the length. The
// padding depends on the event's index alone, so that a stream has the same
// bytes each time.
func paddedFrame(name string, members map[string]any, index int) ([]byte, error) {
	members["p"] = padding(index)
	payload, err := encodeJSON(members)
	if err != nil {
		return nil, err
	}
	return eventFrame(name, payload)
}

func padding(index int) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	return letters[:1+(index*17+3)%len(letters)]
}

// splitFrames cuts a recorded stream into its frames by their length fields.
// What is left when a length makes no sense is the last part.
func splitFrames(stream []byte) [][]byte {
	const overhead = 16 // prelude, its checksum and the frame's
	var parts [][]byte
	for len(stream) >= overhead {
		length := int64(binary.BigEndian.Uint32(stream))
		if length < overhead || length > int64(len(stream)) {
			break
		}
		parts = append(parts, stream[:length])
		stream = stream[length:]
	}
	if len(stream) > 0 {
		parts = append(parts, stream)
	}
	return parts
}
