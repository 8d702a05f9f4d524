package bedrock

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"net"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/restjson1"

	"example.com/bedrock/internal/frame"
)

// pull takes the place of the middleware that starts the SDK's stream, and keeps the
// guarded body for a reader without goroutines. With an SDK that has no such
// middleware, the SDK's stream is read, under the same guard.
type pull struct{ body *guardedBody }

const sdkStreamID = "OperationEventStreamDeserializer"

func (*pull) ID() string { return "BedrockStream" }

func (p *pull) option(o *bedrockruntime.Options) {
	o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
		if _, err := s.Deserialize.Swap(sdkStreamID, p); err == nil {
			return nil
		}
		return s.Deserialize.Add(p, middleware.Before)
	})
}

func (p *pull) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, md, err := next.HandleDeserialize(ctx, in)
	if resp, ok := out.RawResponse.(*smithyhttp.Response); ok && err == nil {
		if p.body, ok = resp.Body.(*guardedBody); !ok && resp.Body != nil {
			resp.Body.Close()
		}
	}
	return out, md, err
}

// check reports whether there is a stream to read.
func (p *pull) check(err error) error {
	if err == nil && p.body == nil {
		return errors.New("a middleware of the caller's answered in place of the service, or replaced the stream's body")
	}
	return err
}

// source is what this package's streams read from: frames, or the SDK's events.
type source[Event any] struct {
	body   *guardedBody
	sdk    sdkStream[Event] // nil: frames
	fail   func(error) error
	err    error       // sticky; io.EOF after a complete end
	closed atomic.Bool // by the reader; an SDK stream closes the body by itself too
}

// open begins reading p's response. sdk is nil where p took the place of the SDK's stream.
func (s *source[Event]) open(p *pull, sdk sdkStream[Event]) {
	s.body = p.body
	if !isNil(sdk) {
		s.sdk = sdk
	}
	s.fail = func(err error) error {
		f := failureOf(err)
		if f == nil { // closed by the reader
			f = &failure{err: err, by: byReply, message: err.Error()}
			p.body.failed(f)
			return p.body.call.report(f, f)
		}
		e := p.body.call.report(f, err)
		p.body.call.logFailure(e)
		return e
	}
}

// next returns the next frame; with an SDK stream, the next event. The error is
// final, io.EOF at a complete end.
func (s *source[Event]) next() (f frame.Frame, e Event, err error) {
	switch {
	case s.err != nil:
		return f, e, s.err
	case s.closed.Load():
		err = net.ErrClosed
	case s.sdk == nil:
		f, err = s.body.nextFrame()
	default:
		e, err = nextEvent(s.sdk)
	}
	if err != nil {
		err = s.end(err)
	}
	return f, e, err
}

// end ends the stream for good, with io.EOF or an error.
func (s *source[Event]) end(err error) error {
	if err != io.EOF {
		err = s.fail(err)
	}
	s.err = err
	s.Close()
	return err
}

// Close may be called by any goroutine, while another waits in next.
func (s *source[Event]) Close() error {
	s.closed.Store(true)
	if s.sdk != nil {
		s.sdk.Close()
	}
	s.body.Close()
	return nil
}

// eventDecoder leaves decoding to the SDK, with a protocol value of its own: one that
// two streams share races.
type eventDecoder struct {
	schema *smithy.Schema // of the operation's event union
	proto  *restjson1.Protocol
	in     bytes.Reader
}

// newEventDecoder returns a decoder of the events of a union.
func newEventDecoder(schema *smithy.Schema) eventDecoder {
	return eventDecoder{schema: schema, proto: restjson1.New(nil)}
}

// Decode returns the event that a frame carries, or the exception as an error.
func (d *eventDecoder) Decode(f frame.Frame) (smithy.Deserializable, error) {
	d.in.Reset(f.Raw)
	v, err := d.proto.DeserializeEventMessage(d.schema, bedrockruntime.TypeRegistry, &d.in)
	if err == io.EOF { // which ends a stream
		err = io.ErrUnexpectedEOF
	}
	return v, err
}

// eventProtocol is the protocol of a client: it decodes each event with a value of its
// own.
type eventProtocol struct{ *restjson1.Protocol }

func (eventProtocol) SerializeEventMessage(schema, variant *smithy.Schema, v smithy.Serializable, w io.Writer) error {
	return restjson1.New(nil).SerializeEventMessage(schema, variant, v, w)
}

func (eventProtocol) DeserializeEventMessage(schema *smithy.Schema, types *smithy.TypeRegistry, r io.Reader) (smithy.Deserializable, error) {
	return restjson1.New(nil).DeserializeEventMessage(schema, types, r)
}

// sdkStream is one of the SDK's streams.
type sdkStream[Event any] interface {
	Events() <-chan Event
	Err() error
	Close() error
}

// nextEvent returns the next event of a stream, io.EOF at its end.
func nextEvent[Event any](s sdkStream[Event]) (event Event, err error) {
	event, ok := <-s.Events()
	if ok {
		return event, nil
	}
	if err := s.Err(); err != nil {
		return event, err
	}
	return event, io.EOF
}

// each makes an iterator of a stream's next function, which returns io.EOF at the
// end, and closes the stream when the loop is left.
func each[T any](s io.Closer, next func() (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		left := true
		defer func() { // by break, return, or a panic
			if left {
				s.Close()
			}
		}()
		for {
			v, err := next()
			if err == io.EOF {
				left = false
				return
			}
			if !yield(v, err) || err != nil {
				left = err == nil
				return
			}
		}
	}
}
