package bedrock

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"net"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/schemas"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/restjson1"

	"example.com/bedrock/internal/assemble"
	"example.com/bedrock/internal/frame"
)

// Stream is a reply that is coming in. Read it with a loop over [Stream.Text] or
// [Stream.Events], or at once with [Stream.Reply]. It is complete when the loop ends
// without an error: an end of the connection before the service's end marker is
// [ErrTruncated].
//
// A stream holds a connection until it is read to its end or left: leaving a loop
// early closes it, and so does a context that ends; else call [Stream.Close]. It has no
// goroutine. Close may be called at any time from anywhere, all else by one
// goroutine at a time.
type Stream struct {
	RequestID string // AWS request id, for AWS support
	Attempts  int    // requests sent, at least 1

	from   source[types.ConverseStreamOutput]
	md     middleware.Metadata
	parts  assemble.Assembler
	wanted *wanted // what the reply's Decode is to find
}

// ConverseStream sends a conversation and returns the model's reply as a stream.
// It returns when the model is answering: what fails before is retried as in
// [Client.Converse], and is its error. Once something has arrived nothing is retried;
// the loop ends with the error, and [Stream.Reply] has what arrived. As with Converse, a
// reply that max_tokens or a guardrail ended is no error: see its StopReason.
func (c *Client) ConverseStream(ctx context.Context, model string, messages []types.Message, opts ...RequestOption) (*Stream, error) {
	start := time.Now()
	r := newRequest(model, messages, opts)
	if r.err != nil {
		return nil, c.fail(ctx, opConverseStream, model, start, r.err)
	}
	k := &bodyKeeper{}
	out, err := c.SDK().ConverseStream(ctx, &r.ConverseStreamInput, k.option)
	if err = k.check(err); err != nil {
		return nil, c.fail(ctx, opConverseStream, model, start, err)
	}
	s := &Stream{
		RequestID: k.body.requestID, Attempts: attempts(out.ResultMetadata), md: out.ResultMetadata, wanted: r.wanted,
	}
	s.from.open(k.body, out.GetStream(), schemas.ConverseStreamOutput, assemble.Event)
	return s, nil
}

// Events returns the stream's events one by one, as the SDK has them; an event
// that it doesn't know is a [types.UnknownUnionMember]. At the end comes at most one
// error. A second loop goes on where the first ended by itself, and repeats its
// error; after a loop was left early it is [net.ErrClosed].
func (s *Stream) Events() iter.Seq2[types.ConverseStreamOutput, error] {
	return each(&s.from, s.event)
}

// Text returns all text that the model says, cited text included, as it arrives;
// reasoning, tool uses and the StopReason are in [Stream.Reply] afterwards. Errors are
// as in [Stream.Events].
func (s *Stream) Text() iter.Seq2[string, error] {
	return each(&s.from, s.text)
}

// Reply reads what is left of the stream and returns the whole reply, which is what
// [Client.Converse] would have returned. On a stream that failed or was closed it
// returns what arrived before together with the error.
func (s *Stream) Reply() (*Reply, error) {
	for _, err := range s.Text() {
		if err != nil {
			return s.reply(), err
		}
	}
	return s.reply(), nil
}

func (s *Stream) reply() *Reply {
	out := s.parts.Output()
	out.ResultMetadata = s.md
	r := wrapReply(out)
	r.RequestID, r.Attempts, r.wanted = s.RequestID, s.Attempts, s.wanted
	return r
}

// Close ends the stream and frees its connection. A loop that waits on it ends with
// [net.ErrClosed]. It is needed only for a stream that is not read to its end, and
// does no harm after it. The error is always nil.
func (s *Stream) Close() error { return s.from.Close() }

// event returns the next event.
func (s *Stream) event() (types.ConverseStreamOutput, error) {
	f, event, err := s.from.next()
	if err != nil {
		return nil, err
	}
	return s.take(f, event)
}

// text returns the next piece of text.
func (s *Stream) text() (string, error) {
	for {
		f, event, err := s.from.next()
		if err != nil {
			return "", err
		}
		switch string(f.Header(":event-type")) {
		case "contentBlockDelta":
			if block, text, ok := frame.TextDelta(f.Payload); ok {
				s.parts.AddText(block, text)
				return text, nil
			}
		case "contentBlockStop": // adds nothing to the reply
			continue
		}
		if event, err = s.take(f, event); err != nil {
			return "", err
		}
		if d, ok := event.(*types.ConverseStreamOutputMemberContentBlockDelta); ok {
			if text, ok := d.Value.Delta.(*types.ContentBlockDeltaMemberText); ok {
				return text.Value, nil
			}
		}
	}
}

// take adds what came to the reply.
func (s *Stream) take(f frame.Frame, event types.ConverseStreamOutput) (types.ConverseStreamOutput, error) {
	event, err := s.from.decode(f, event)
	if err != nil {
		return nil, err
	}
	s.parts.Add(event)
	return event, nil
}

// bodyKeeper is the middleware that takes the place of the one that starts the SDK's
// stream. It keeps the guarded body for a reader without goroutines. With an SDK that has
// no such middleware, the SDK's stream is read, under the same guard.
type bodyKeeper struct{ body *guardedBody }

const sdkStreamID = "OperationEventStreamDeserializer"

func (*bodyKeeper) ID() string { return "BedrockStream" }

func (k *bodyKeeper) option(o *bedrockruntime.Options) {
	o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
		if _, err := s.Deserialize.Swap(sdkStreamID, k); err == nil {
			return nil
		}
		return s.Deserialize.Add(k, middleware.Before)
	})
}

func (k *bodyKeeper) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, md, err := next.HandleDeserialize(ctx, in)
	if resp, ok := out.RawResponse.(*smithyhttp.Response); ok && err == nil {
		if k.body, ok = resp.Body.(*guardedBody); !ok && resp.Body != nil {
			resp.Body.Close()
		}
	}
	return out, md, err
}

// check reports whether there is a stream to read.
func (k *bodyKeeper) check(err error) error {
	if err == nil && k.body == nil {
		return errors.New("a middleware of the caller's answered in place of the service, or replaced the stream's body")
	}
	return err
}

// source is what this package's streams read from. The zero source has ended.
type source[Event any] struct {
	body   *guardedBody
	reader reader[Event] // of frames, or of the SDK's stream
	frames frameReader[Event]
	err    error       // sticky; io.EOF after a complete end
	closed atomic.Bool // by this package's reader; an SDK stream closes the body by itself too
}

// reader reads a stream: frames, which decode makes events of if somebody wants them, or
// events that have been decoded.
type reader[Event any] interface {
	next() (frame.Frame, Event, error) // io.EOF at the end
	decode(frame.Frame, Event) (Event, error)
	close()
}

// open begins reading. sdk is nil where bodyKeeper took the place of the SDK's stream.
func (s *source[Event]) open(body *guardedBody, sdk sdkStream[Event], schema *smithy.Schema, event func(smithy.Deserializable, frame.Frame) Event) {
	s.body = body
	if !isNil(sdk) {
		s.reader = sdkReader[Event]{sdk}
		return
	}
	s.frames = frameReader[Event]{body: body, decoder: newEventDecoder(schema), event: event}
	s.reader = &s.frames
}

// next returns the next frame or event. The error is final, io.EOF at a complete end.
func (s *source[Event]) next() (f frame.Frame, e Event, err error) {
	switch {
	case s.reader == nil:
		return f, e, io.EOF
	case s.err != nil:
		return f, e, s.err
	case s.closed.Load():
		err = net.ErrClosed
	default:
		f, e, err = s.reader.next()
	}
	if err != nil {
		err = s.end(err)
	}
	return f, e, err
}

// decode returns the event that next gave, or gave as a frame. An error ends the stream.
func (s *source[Event]) decode(f frame.Frame, e Event) (Event, error) {
	e, err := s.reader.decode(f, e)
	if err != nil {
		err = s.endDecoding(err)
	}
	return e, err
}

// end ends the stream for good, with io.EOF or an error.
func (s *source[Event]) end(err error) error {
	if err != io.EOF {
		err = s.body.report(err)
	}
	s.err = err
	s.Close()
	return err
}

// endDecoding ends the stream with what can't be decoded.
func (s *source[Event]) endDecoding(err error) error { return s.end(s.body.fail(errDecoding, err)) }

// Close may be called by any goroutine, while another waits in next.
func (s *source[Event]) Close() error {
	s.closed.Store(true)
	if s.reader != nil {
		s.reader.close()
		s.body.Close()
	}
	return nil
}

// frameReader reads frames and decodes them in the reader's goroutine.
type frameReader[Event any] struct {
	body    *guardedBody
	decoder eventDecoder
	event   func(smithy.Deserializable, frame.Frame) Event
}

func (r *frameReader[Event]) next() (f frame.Frame, none Event, err error) {
	f, err = r.body.nextFrame()
	return f, none, err
}

func (r *frameReader[Event]) decode(f frame.Frame, none Event) (Event, error) {
	v, err := r.decoder.Decode(f)
	if err != nil {
		return none, err
	}
	return r.event(v, f), nil
}

func (*frameReader[Event]) close() {}

// sdkReader reads one of the SDK's streams.
type sdkReader[Event any] struct{ sdkStream[Event] }

type sdkStream[Event any] interface {
	Events() <-chan Event
	Err() error
	Close() error
}

func (r sdkReader[Event]) next() (f frame.Frame, e Event, err error) {
	e, ok := <-r.Events()
	if ok {
		return f, e, nil
	}
	if err := r.Err(); err != nil {
		return f, e, err
	}
	return f, e, io.EOF
}

func (sdkReader[Event]) decode(_ frame.Frame, e Event) (Event, error) { return e, nil }
func (r sdkReader[Event]) close()                                     { r.Close() }

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
	v, err := restjson1.New(nil).DeserializeEventMessage(schema, types, r)
	if err != nil && err != io.EOF && !holds[smithy.APIError](err) && failureOf(err) == nil {
		err = badReply(errDecoding, err, "", 0) // whose text may quote the reply
	}
	return v, err
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
