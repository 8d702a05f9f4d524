package bedrock

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/schemas"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/bedrock/internal/frame"
)

// guard is the middleware that checks every event stream of a client, the ones
// that are read through the SDK included. It reads frames inside the attempt
// until the model answers, so that an exception or a lost connection before is
// the attempt's own failure, which the SDK retries; nothing has been delivered
// then. What it hands on is a [guardedBody].
type guard struct {
	call        *call
	stall       time.Duration // 0: none
	unmarkedEnd bool
}

func (guard) ID() string { return "BedrockStreamGuard" }

func (g guard) install(s *middleware.Stack) error {
	// Inside the middlewares that put the request id and the status on an error, and
	// outside the SDK's logger, which replaces the body when it logs it.
	if _, ok := s.Deserialize.Get("RequestIDRetriever"); ok {
		return s.Deserialize.Insert(g, "RequestIDRetriever", middleware.After)
	}
	return s.Deserialize.Add(g, middleware.After)
}

func (g guard) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, md, err := next.HandleDeserialize(g.call.keepBody(ctx, in.Request), in)
	resp, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok || resp.StatusCode/100 != 2 { // each 2xx is a success to the SDK
		return out, md, err
	}
	body := g.wrap(ctx, resp)
	if err := body.peek(); err != nil {
		body.Close()
		if f := failureOf(err); f != nil { // whose status is that of its code
			resp.StatusCode = f.status
		}
		return out, md, err
	}
	resp.Body = body
	return out, md, nil
}

func (g guard) wrap(ctx context.Context, resp *smithyhttp.Response) *guardedBody {
	b := &guardedBody{
		guard: g, ctx: ctx, body: resp.Body,
		frames: frame.NewReader(resp.Body), requestID: resp.Header.Get("X-Amzn-Requestid"),
		reply: completeness{converse: middleware.GetOperationName(ctx) == opConverseStream, unmarkedEnd: g.unmarkedEnd},
	}
	if g.stall > 0 {
		b.timer = time.AfterFunc(g.stall, func() { b.stalled.Store(true); _ = b.closeBody() })
		b.timer.Stop()
	}
	return b
}

// guardedBody is a response body that knows frames. An end that doesn't complete the
// reply is an error. It serves the SDK, by Read, and this package's own streams, by
// nextFrame.
type guardedBody struct {
	guard
	ctx       context.Context // of the attempt
	body      io.ReadCloser
	frames    *frame.Reader
	requestID string

	peeked []frame.Frame // read inside the attempt, not yet delivered
	rest   []byte        // of the frame that Read delivers
	events int           // delivered
	reply  completeness  // of the frames read
	err    error         // sticky
	logged bool          // err has been logged

	timer     *time.Timer
	stalled   atomic.Bool
	closed    atomic.Bool
	closeOnce sync.Once
}

// peek reads until the model answers: up to the first frame after messageStart,
// or the first of InvokeModel.
func (b *guardedBody) peek() error {
	f, err := b.read()
	if err == nil {
		b.peeked = append(b.peeked, f)
		if b.reply.converse && string(f.Header(":event-type")) == "messageStart" {
			b.peeked[0] = f.Clone()
			if f, err = b.read(); err == nil {
				b.peeked = append(b.peeked, f)
			}
		}
	}
	return err
}

// nextFrame returns the next frame, io.EOF at a complete end.
func (b *guardedBody) nextFrame() (frame.Frame, error) {
	if len(b.peeked) > 0 {
		f := b.peeked[0]
		b.peeked = b.peeked[1:]
		b.events++
		return f, nil
	}
	f, err := b.read()
	if err == nil {
		b.events++
	}
	return f, err
}

// Read serves the frames' bytes, one by one.
func (b *guardedBody) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		f, err := b.nextFrame()
		if err != nil {
			if failureOf(err) != nil && b.call.log != nil {
				_ = b.report(err) // for the log; the SDK's stream returns the error
			}
			return 0, err
		}
		b.rest = f.Raw
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func (b *guardedBody) Close() error {
	b.closed.Store(true)
	if b.timer != nil {
		b.timer.Stop()
	}
	return b.closeBody()
}

func (b *guardedBody) closeBody() (err error) {
	b.closeOnce.Do(func() { err = b.body.Close() })
	return err
}

// read takes a frame from the connection and judges it.
func (b *guardedBody) read() (frame.Frame, error) {
	if b.err != nil {
		return frame.Frame{}, b.err
	}
	if b.timer != nil {
		b.timer.Reset(b.stall)
	}
	f, err := b.frames.Next()
	if b.timer != nil {
		b.timer.Stop()
	}
	switch {
	case err != nil:
		b.err = b.ended(err)
	case string(f.Header(":message-type")) != "event":
		b.err = b.exception(f)
	case b.closed.Load():
		b.err = net.ErrClosed
	}
	if b.err != nil {
		_ = b.closeBody()
		return frame.Frame{}, b.err
	}
	b.reply.note(f)
	return f, nil
}

// ended decides whether the end of the bytes completes the reply.
func (b *guardedBody) ended(err error) error {
	switch {
	case b.closed.Load():
		return net.ErrClosed
	case b.reply.complete(err == io.EOF, b.frames.Pending() == 0):
		return io.EOF
	case b.stalled.Load():
		return b.fail(ErrStalled, nil)
	case b.ctx.Err() != nil: // in the form that the SDK's retryer takes for no fault
		return b.failed(b.call.judge(b.ctx, &smithy.CanceledError{Err: b.ctx.Err()}))
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		return b.fail(ErrTruncated, nil)
	}
	return b.fail(ErrTruncated, err)
}

// exception is the failure that an exception frame tells, with the SDK's typed error.
func (b *guardedBody) exception(f frame.Frame) error {
	schema := schemas.ResponseStream
	if b.reply.converse {
		schema = schemas.ConverseStreamOutput
	}
	events := newEventDecoder(schema)
	var err error
	if len(f.Payload) > maxErrorBody {
		err = &smithy.GenericAPIError{Code: string(f.Header(":exception-type")), Message: errErrorBody.Error()}
	} else {
		_, err = events.Decode(f)
	}
	var api smithy.APIError
	switch code := f.Header(":exception-type"); {
	case errors.As(err, &api):
	case code != nil: // its payload is broken
		err = &smithy.GenericAPIError{Code: string(code)}
	case err == nil:
		err = fmt.Errorf("frame of unknown type %q", f.Header(":message-type"))
		return b.failed(&failure{err: err, judgement: judgement{by: byReply, message: oneLine(err.Error())}})
	}
	return b.failed(b.call.judge(b.ctx, err))
}

// fail is the failure of a stream that began well. cause may be nil.
func (b *guardedBody) fail(kind, cause error) error {
	f := badReply(kind, cause, b.requestID, b.call.attempts)
	corrupt := errors.Is(cause, frame.ErrChecksum) || errors.Is(cause, frame.ErrFormat)
	if kind == ErrTruncated && !corrupt && !isTimeout(cause) {
		f.verdict = passing // heeded before something was delivered
	}
	return b.failed(f)
}

// report makes this package's error of one that ended the stream, and logs it unless the
// reader closed the stream.
func (b *guardedBody) report(err error) error {
	f := failureOf(err)
	if f == nil { // closed by the reader
		f = &failure{err: err, judgement: judgement{by: byReply, message: err.Error()}}
		return b.call.report(f, b.failed(f))
	}
	e := b.call.report(f, err)
	if !b.logged {
		b.logged = true
		b.call.logFailure(e)
	}
	return e
}

// failed adds to a failure what the stream knows.
func (b *guardedBody) failed(f *failure) error {
	f.call, f.events, f.message = b.call, b.events, b.call.clean(f.message)
	f.requestID = b.call.clean(b.requestID)
	if f.status == 0 && f.by != byContext {
		f.status = http.StatusOK
	}
	return f
}

// completeness tells whether the frames that came make a whole reply.
//
// A ConverseStream is whole after messageStop, if the bytes end cleanly there. After
// messageStop and metadata it is whole however they end: nothing is missing.
//
// An InvokeModelWithResponseStream is whole when its last chunk carries the invocation
// metrics, however the bytes end after it; or when a guardrail blocked it, as
// [lastChunk.blocked] says, and the bytes end cleanly. Where the caller says that the
// model marks no end, it is whole at a clean end after any chunk.
//
// No end within a frame makes a whole reply.
type completeness struct {
	converse    bool // the operation is ConverseStream
	unmarkedEnd bool // WithUnmarkedStreamEnd

	stopped  bool   // messageStop came
	metadata bool   // and the usage after it
	chunks   int    // that came
	last     []byte // payload of the last chunk
}

// note takes in a frame that came. It decodes no chunk: only complete needs to know what
// is in the last one.
func (c *completeness) note(f frame.Frame) {
	switch name := f.Header(":event-type"); {
	case !c.converse && string(name) == "chunk":
		c.chunks++
		c.last = append(c.last[:0], f.Payload...)
	case c.converse && string(name) == "messageStop":
		c.stopped = true
	case c.converse && string(name) == "metadata":
		c.metadata = true
	}
}

// complete judges the end of the bytes: clean if the connection wasn't lost, between if
// no part of another frame came.
func (c *completeness) complete(clean, between bool) bool {
	switch {
	case !between:
		return false
	case c.converse:
		return c.stopped && (clean || c.metadata)
	case c.chunks == 0:
		return false
	case clean && c.unmarkedEnd:
		return true
	}
	last, ok := readLastChunk(c.last)
	return ok && (isObject(last.Metrics) || clean && c.chunks == 1 && last.blocked())
}

// lastChunk is what Bedrock, and not the model, says in a chunk. The members stand in
// the outermost object, where no text of a model can be, and are kept raw: one of
// another type is no end, and hides no other.
type lastChunk struct {
	Metrics    json.RawMessage `json:"amazon-bedrock-invocationMetrics"`
	Guardrail  json.RawMessage `json:"amazon-bedrock-guardrailAction"`
	Trace      json.RawMessage `json:"amazon-bedrock-trace"`
	TitanCount json.RawMessage `json:"totalOutputTextTokenCount"`
}

// readLastChunk reads the payload of a chunk's frame; it is not ok if that holds no JSON
// object.
func readLastChunk(payload []byte) (last lastChunk, ok bool) {
	var chunk struct{ Bytes []byte }
	ok = json.Unmarshal(payload, &chunk) == nil && json.Unmarshal(chunk.Bytes, &last) == nil
	return last, ok
}

// blocked tells whether a stream's only chunk is the answer of a guardrail that blocked
// the request.
//
// The guardrail's action alone doesn't tell: a guardrail that masks says INTERVENED in
// each chunk that it has looked at. Of 363 recorded streams three have it. Two were
// masked: INTERVENED stands in 58 of their 118 chunks, the first of a stream included,
// and their last chunks carry the metrics. One was blocked: it has a single chunk and no
// metrics, because no model was invoked. What the blocked chunk has, and of the masked
// ones only the two with the metrics have, is the guardrail's trace, and at Titan the
// count of all output, which in all 14 recorded streams of Titan comes with the last
// chunk alone. So a chunk with neither isn't known to be the last.
func (c lastChunk) blocked() bool {
	return string(c.Guardrail) == `"INTERVENED"` && (isObject(c.Trace) || isNumber(c.TitanCount))
}

func isNumber(raw json.RawMessage) bool {
	return len(raw) > 0 && (raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9')
}
