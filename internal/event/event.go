// Package event decodes the events of streams by the SDK's own protocol, but never with
// one value of it for two streams: the SDK shares one per client, on which
// concurrent streams race.
package event

import (
	"bytes"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/transport/http/protocol/restjson1"

	"example.com/bedrock/internal/frame"
)

// Decoder leaves decoding to the SDK, with a protocol value of its own: one that
// two streams share races.
type Decoder struct {
	schema *smithy.Schema // of the operation's event union
	proto  *restjson1.Protocol
	in     bytes.Reader
}

// NewDecoder returns a decoder of the events of a union.
func NewDecoder(schema *smithy.Schema) Decoder {
	return Decoder{schema: schema, proto: restjson1.New(nil)}
}

// Decode returns the event that a frame carries, or the exception as an error.
func (d *Decoder) Decode(f frame.Frame) (smithy.Deserializable, error) {
	d.in.Reset(f.Raw)
	v, err := d.proto.DeserializeEventMessage(d.schema, bedrockruntime.TypeRegistry, &d.in)
	if err == io.EOF { // which ends a stream
		err = io.ErrUnexpectedEOF
	}
	return v, err
}

// Protocol is the protocol of a client: it decodes each event with a value of its
// own.
type Protocol struct{ *restjson1.Protocol }

func (Protocol) SerializeEventMessage(schema, variant *smithy.Schema, v smithy.Serializable, w io.Writer) error {
	return restjson1.New(nil).SerializeEventMessage(schema, variant, v, w)
}

func (Protocol) DeserializeEventMessage(schema *smithy.Schema, types *smithy.TypeRegistry, r io.Reader) (smithy.Deserializable, error) {
	return restjson1.New(nil).DeserializeEventMessage(schema, types, r)
}
