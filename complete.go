package bedrock

import (
	"encoding/json"

	"example.com/bedrock/internal/frame"
)

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
