package bedrock

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/schemas"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/bedrock/internal/frame"
	"example.com/bedrock/internal/jsondoc"
)

// InvokeRequest is what an [InvokeOption] changes: the fields of the SDK's
// InvokeModelWithResponseStreamInput, which are InvokeModelInput's too.
type InvokeRequest struct {
	bedrockruntime.InvokeModelWithResponseStreamInput
	model               string // as given; ModelId points here
	contentType, accept string // the defaults, likewise
	err                 error
}

// Fail lets an option reject the request: the call returns the first such error, in an
// [Error] that is [ErrInvalid], and sends nothing.
func (r *InvokeRequest) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// InvokeOption sets a part of an InvokeModel request. Write one in place:
//
//	func(r *bedrock.InvokeRequest) { r.GuardrailIdentifier = aws.String("gr-1") }
type InvokeOption func(*InvokeRequest)

// Invocation is a model's answer in its own format.
type Invocation[T any] struct {
	Value     T             // the body, decoded
	Body      []byte        // as it came
	Tokens    Tokens        // 0 where the model's response headers don't say
	RequestID string        // AWS request id, for AWS support
	Latency   time.Duration // of the model, measured by Bedrock; 0: it didn't say
	Attempts  int           // requests sent, at least 1
}

// Invoke sends body to a model in the model's own format and decodes its answer into
// a T. It is for what [Client.Converse] doesn't serve: embeddings, images, reranking.
//
// body is encoded by encoding/json without HTML escapes; a [json.RawMessage] or
// []byte is sent as it is. T is decoded by encoding/json; a [json.RawMessage] gets the
// JSON, a []byte the bytes, JSON or not. Content type and accept are application/json unless an
// option says otherwise. Retries are those of Converse, the error is an *[Error]. When
// only the decoding fails, the invocation comes along with the error, as it has been
// paid for: its Body is complete.
func Invoke[T any](ctx context.Context, c *Client, model string, body any, opts ...InvokeOption) (*Invocation[T], error) {
	start := time.Now()
	r := newInvokeRequest(model, body, opts)
	in, err := r.unary()
	if err != nil {
		return nil, c.fail(ctx, opInvoke, model, start, err)
	}
	out, err := c.SDK().InvokeModel(ctx, in)
	if err != nil {
		return nil, c.fail(ctx, opInvoke, model, start, err)
	}
	if len(out.Body) == 0 {
		return nil, c.fail(ctx, opInvoke, model, start, emptyReply(out.ResultMetadata))
	}
	v := &Invocation[T]{Body: out.Body, Attempts: attempts(out.ResultMetadata)}
	v.RequestID, _ = awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	m := metricsOf(out.ResultMetadata)
	v.Tokens, v.Latency = tokensOf(m), m.Latency()
	if err := decodeBody(out.Body, &v.Value); err != nil {
		return v, c.fail(ctx, opInvoke, model, start, badReply(errDecoding, err, v.RequestID, v.Attempts))
	}
	return v, nil
}

// errDecoding is the kind of an answer that is no T.
var errDecoding = errors.New("bedrock: decoding the model's answer")

// InvocationStream is a model's answer in its own format that is coming in, chunk by
// chunk. What [Stream] says of reading, closing and completeness holds for it. The end
// is marked by a chunk that carries amazon-bedrock-invocationMetrics; see
// [WithUnmarkedStreamEnd].
//
// Where a guardrail blocks the request no model runs, and there are no metrics: the only
// chunk is then the end if it says INTERVENED and carries amazon-bedrock-trace, or
// Titan's totalOutputTextTokenCount. INTERVENED alone marks no end, because a guardrail
// that masks says so in every chunk. So with a guardrail, set Trace to
// [types.TraceEnabled].
type InvocationStream[T any] struct {
	RequestID string // AWS request id, for AWS support
	Attempts  int    // requests sent, at least 1

	from    source[types.ResponseStream]
	metrics invocationMetrics
}

// InvokeStream sends body to a model in the model's own format and returns its
// answer as a stream of chunks, each decoded into a T. Body, T and options are as in
// [Invoke], the rest is as in [Client.ConverseStream].
func InvokeStream[T any](ctx context.Context, c *Client, model string, body any, opts ...InvokeOption) (*InvocationStream[T], error) {
	start := time.Now()
	r := newInvokeRequest(model, body, opts)
	if r.err != nil {
		return nil, c.fail(ctx, opInvokeStream, model, start, r.err)
	}
	k := &bodyKeeper{}
	out, err := c.SDK().InvokeModelWithResponseStream(ctx, &r.InvokeModelWithResponseStreamInput, k.option)
	if err = k.check(err); err != nil {
		return nil, c.fail(ctx, opInvokeStream, model, start, err)
	}
	s := &InvocationStream[T]{RequestID: k.body.requestID, Attempts: attempts(out.ResultMetadata)}
	s.from.open(k.body, out.GetStream(), schemas.ResponseStream, chunkEvent)
	return s, nil
}

// Chunks returns the chunks one by one, the last one, which carries the metrics,
// included. At the end comes at most one error; a chunk that is no T is one.
func (s *InvocationStream[T]) Chunks() iter.Seq2[T, error] { return each(&s.from, s.chunk) }

// Tokens returns what the call used, known after the end of the stream: zeros
// before, and where the model doesn't say.
func (s *InvocationStream[T]) Tokens() Tokens {
	return tokensOf(s.metrics)
}

// Latency returns how long the model took, measured by Bedrock: known after the end of
// the stream, 0 before, and where the model doesn't say.
func (s *InvocationStream[T]) Latency() time.Duration {
	return s.metrics.Latency()
}

// Close ends the stream and frees its connection, as [Stream.Close] does.
func (s *InvocationStream[T]) Close() error { return s.from.Close() }

func (s *InvocationStream[T]) chunk() (v T, err error) {
	for {
		f, event, err := s.from.next()
		if err != nil {
			return v, err
		}
		if event, err = s.from.decode(f, event); err != nil {
			return v, err
		}
		part, ok := event.(*types.ResponseStreamMemberChunk)
		if !ok { // an event of a newer service
			continue
		}
		if err := s.metrics.Note(part.Value.Bytes); err != nil {
			return v, s.from.endDecoding(err)
		}
		if err := decodeBody(part.Value.Bytes, &v); err != nil {
			return v, s.from.endDecoding(err)
		}
		return v, nil
	}
}

// chunkEvent makes the event that the SDK's own stream delivers; nil of one that this SDK
// doesn't know.
func chunkEvent(v smithy.Deserializable, _ frame.Frame) types.ResponseStream {
	if part, ok := v.(*types.PayloadPart); ok {
		return &types.ResponseStreamMemberChunk{Value: *part}
	}
	return nil
}

func newInvokeRequest(model string, body any, opts []InvokeOption) *InvokeRequest {
	const jsonType = "application/json"
	r := &InvokeRequest{model: model, contentType: jsonType, accept: jsonType}
	r.ModelId, r.ContentType, r.Accept = &r.model, &r.contentType, &r.accept
	r.Body, r.err = encodeBody(body)
	for _, opt := range opts {
		if opt != nil {
			opt(r)
		}
	}
	if r.err == nil {
		r.err = checkModel(aws.ToString(r.ModelId))
	}
	if r.err != nil {
		r.err = refused(r.err)
	}
	return r
}

// unary makes the SDK's InvokeModelInput. The conversion doesn't compile with an SDK
// whose stream takes more than its unary call.
func (r *InvokeRequest) unary() (*bedrockruntime.InvokeModelInput, error) {
	if r.err != nil {
		return nil, r.err
	}
	in := bedrockruntime.InvokeModelInput(r.InvokeModelWithResponseStreamInput)
	return &in, nil
}

func tokensOf(m invocationMetrics) Tokens {
	return Tokens{Input: max(0, m.InputTokens), Output: max(0, m.OutputTokens), CacheRead: max(0, m.CacheRead), CacheWrite: max(0, m.CacheWrite)}
}

// encodeBody makes a request's body: JSON, or the bytes that are given.
func encodeBody(body any) ([]byte, error) {
	switch b := body.(type) {
	case nil:
		return nil, errors.New("the body is nil: give a value to encode as JSON, a json.RawMessage or []byte")
	case []byte:
		return b, nil
	case json.RawMessage:
		return b, nil
	}
	raw, err := jsondoc.Encode(body)
	if err != nil {
		return nil, &jsondoc.Error{Doing: "encoding the body", Err: err}
	}
	return raw, nil
}

// decodeBody reads a body or a chunk of JSON, and stores it as it is in a []byte.
func decodeBody(body []byte, v any) error {
	if raw, ok := v.(*[]byte); ok {
		*raw = body
		return nil
	}
	return json.Unmarshal(body, v)
}

// invocationMetrics is what Bedrock says that a call used, in the last chunk of a stream or in
// the headers of a whole answer; zeros where it doesn't say.
type invocationMetrics struct {
	InputTokens  int   `json:"inputTokenCount"`
	OutputTokens int   `json:"outputTokenCount"`
	CacheRead    int   `json:"cacheReadInputTokenCount"`
	CacheWrite   int   `json:"cacheWriteInputTokenCount"`
	Milliseconds int64 `json:"invocationLatency"`
}

// Latency is how long the model took, measured by Bedrock.
func (m invocationMetrics) Latency() time.Duration {
	return time.Duration(m.Milliseconds) * time.Millisecond
}

// Note takes the metrics from the chunk that has them.
func (m *invocationMetrics) Note(chunk []byte) error {
	if !bytes.Contains(chunk, []byte(`"amazon-bedrock-invocationMetrics"`)) {
		return nil
	}
	end := struct {
		Metrics *invocationMetrics `json:"amazon-bedrock-invocationMetrics"`
	}{m}
	return json.Unmarshal(chunk, &end)
}

// metricsOf reads the headers of an answer.
func metricsOf(md middleware.Metadata) invocationMetrics {
	resp, ok := awsmiddleware.GetRawResponse(md).(*smithyhttp.Response)
	if !ok {
		return invocationMetrics{}
	}
	return invocationMetrics{
		InputTokens:  headerInt(resp.Header, "X-Amzn-Bedrock-Input-Token-Count"),
		OutputTokens: headerInt(resp.Header, "X-Amzn-Bedrock-Output-Token-Count"),
		CacheRead:    headerInt(resp.Header, "X-Amzn-Bedrock-Cache-Read-Input-Token-Count"),
		CacheWrite:   headerInt(resp.Header, "X-Amzn-Bedrock-Cache-Write-Input-Token-Count"),
		Milliseconds: int64(headerInt(resp.Header, "X-Amzn-Bedrock-Invocation-Latency")),
	}
}

// headerInt returns 0 for a header that is absent or no count.
func headerInt(h http.Header, name string) int {
	n, err := strconv.Atoi(h.Get(name))
	if err != nil || n < 0 {
		return 0
	}
	return n
}
