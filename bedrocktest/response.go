package bedrocktest

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// A Response is what the server answers to one request, well or badly. The
// zero Response is the echo, so a function given to [Server.Handle] can return
// it for what is none of its business. A Response is a value: its methods
// return changed copies, and one can answer many requests.
type Response struct {
	body body // nil: the echo

	stopReason types.StopReason
	blocked    bool // by a guardrail
	usage      usage
	status     int
	header     http.Header
	delay      time.Duration
	every      time.Duration
	chunkSize  int
	edits      []edit
	cut        *cut
}

// A body knows how to answer an operation; the error says why it can't.
type body interface {
	answer(req *Request, r Response) (answer, error)
}

// Text answers Converse and ConverseStream with one text block. In a stream
// each piece is a delta of its own; a single piece comes word by word, or as
// [Response.ChunkSize] says.
func Text(pieces ...string) Response {
	return Response{body: content{textBlock(pieces)}}
}

// ToolUse answers Converse and ConverseStream with the model's wish to use a
// tool. The input is encoded as JSON; a [json.RawMessage] or []byte goes out
// as it is, so that a test can send a broken one in a stream. The stop reason
// becomes tool_use. A model that wants several tools at once says so in one
// message: ToolUse(…).And(ToolUse(…)).
func ToolUse(name, id string, input any) Response {
	encoded, err := encodeJSON(input)
	if err != nil {
		return Response{body: broken{err}}
	}
	return Response{body: content{toolUseBlock{name: name, id: id, input: encoded}}}
}

// Reasoning answers Converse and ConverseStream with a block of reasoning,
// which models put before their text: Reasoning(…).And(Text(…)). An empty
// signature is left out.
func Reasoning(text, signature string) Response {
	return Response{body: content{reasoningBlock{text: text, signature: signature}}}
}

// Block answers Converse and ConverseStream with a content block written as
// JSON, such as one that this SDK doesn't know: Block(map[string]any{"hologram": …}).
// In a stream it is the delta of a block. A [json.RawMessage] or []byte goes
// out as it is.
func Block(block any) Response {
	encoded, err := encodeJSON(block)
	if err != nil {
		return Response{body: broken{err}}
	}
	return Response{body: content{rawBlock(encoded)}}
}

// JSON answers every operation that returns JSON, InvokeModel first of all,
// with v, and InvokeModelWithResponseStream with v as its only chunk. A
// [json.RawMessage] or []byte goes out as it is, JSON or not.
func JSON(v any) Response {
	encoded, err := encodeJSON(v)
	if err != nil {
		return Response{body: broken{err}}
	}
	return Response{body: document(encoded)}
}

// JSONChunks answers InvokeModelWithResponseStream with one chunk for each
// value, encoded as by [JSON]. As on Bedrock, the last chunk carries
// amazon-bedrock-invocationMetrics; if it is no JSON object a chunk with the
// metrics follows it. None are added to a chunk that has that member already, and
// none to an only chunk with amazon-bedrock-guardrailAction INTERVENED and
// amazon-bedrock-trace: a guardrail has blocked the request, and no model ran.
func JSONChunks(values ...any) Response {
	var c chunks
	for _, v := range values {
		encoded, err := encodeJSON(v)
		if err != nil {
			return Response{body: broken{err}}
		}
		c = append(c, encoded)
	}
	return Response{body: c}
}

// Frames answers a streaming operation with these frames as they are, made by
// [EventFrame], [ErrorFrame] or by hand. Each counts as one event.
func Frames(list ...[]byte) Response {
	return Response{body: frames(slices.Clone(list))}
}

// Throttle answers as Bedrock does when an account's quota is used up:
// ThrottlingException, HTTP 429, no Retry-After.
func Throttle() Response {
	return Response{body: throttled()}
}

// Error answers with an error in HTTP, before any stream starts. The code goes
// into X-Amzn-Errortype as it is spelt, so it may end in the URI that Bedrock
// appends, ":http://internal.amazon.com/coral/com.amazon.bedrock/", and an
// empty one leaves the header out. The status is the one that Bedrock pairs
// with the code, 400 if the code is unknown; [Response.Status] sets another.
func Error(code, message string) Response {
	return Response{body: &failure{code: code, message: message}}
}

// Recorded answers any operation with an exchange as it was recorded: status,
// headers and body go out unchanged. The events of a recorded stream can be
// delayed, cut and edited like others.
func Recorded(status int, header map[string]string, body []byte) Response {
	h := http.Header{}
	for name, value := range header {
		h.Set(name, value)
	}
	return Response{body: recorded{status: status, header: h, body: bytes.Clone(body)}}
}

// NoReply takes the request and answers nothing: a [Stall] leaves it waiting,
// [StreamReset], [ConnectionClose] and [ConnectionReset] end the connection
// before a byte of the response. HTTP has no [CleanEnd] without a response, so
// that one is a 200 with an empty body.
func NoReply(how Ending) Response {
	return Response{body: silence(how)}
}

// And appends the content blocks of other responses to this one's. All of them
// must be of [Text], [Output], [Reasoning], [ToolUse], [Block] or [Refusal].
// What else was set of the others is left out.
func (r Response) And(more ...Response) Response {
	blocks, ok := r.body.(content)
	for _, m := range more {
		c, isContent := m.body.(content)
		ok = ok && isContent
		blocks = slices.Concat(blocks, c)
	}
	if !ok {
		r.body = broken{errNotContent}
		return r
	}
	r.body = blocks
	return r
}

// StopReason sets why the model stopped. The default is tool_use after a tool
// use and end_turn otherwise.
func (r Response) StopReason(reason types.StopReason) Response {
	r.stopReason = reason
	return r
}

// Usage sets the tokens that the response reports, by default the number of
// words in the request and in the response.
func (r Response) Usage(input, output int) Response {
	r.usage.input, r.usage.output, r.usage.set = input, output, true
	return r
}

// CacheUsage makes the response report tokens read from and written to the
// prompt cache, which Bedrock counts apart from the input tokens.
func (r Response) CacheUsage(read, write int) Response {
	r.usage.cacheRead, r.usage.cacheWrite, r.usage.cached = read, write, true
	return r
}

// Status sets the HTTP status.
func (r Response) Status(code int) Response {
	r.status = code
	return r
}

// Header sets a header of the HTTP response, such as Retry-After; an empty
// value removes one that the server sets, such as Content-Type.
func (r Response) Header(name, value string) Response {
	r.header = maps.Clone(r.header)
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header[http.CanonicalHeaderKey(name)] = []string{value}
	return r
}

// Delay waits for d before the response begins, headers included.
func (r Response) Delay(d time.Duration) Response {
	r.delay = d
	return r
}

// Every waits for d between the events of a stream. Without a stream it
// changes nothing.
func (r Response) Every(d time.Duration) Response {
	r.every = d
	return r
}

// ChunkSize sets how many characters a delta of text, reasoning or tool input
// holds. By default text and reasoning come word by word and a tool's input at
// once.
func (r Response) ChunkSize(characters int) Response {
	r.chunkSize = max(0, characters)
	return r
}

// encodeJSON encodes v without escaping HTML, as Bedrock does. Bytes are taken
// as JSON already.
func encodeJSON(v any) ([]byte, error) {
	switch v := v.(type) {
	case json.RawMessage:
		return bytes.Clone(v), nil
	case []byte:
		return bytes.Clone(v), nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
