package bedrocktest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	// latency is what every response reports as the time that it took.
	latency = 25 * time.Millisecond

	jsonType   = "application/json"
	streamType = "application/vnd.amazon.eventstream"
)

// An answer is a response in the shape that one request wants, ready to be
// written.
type answer struct {
	status int
	header http.Header
	parts  [][]byte // of the body: the frames of a stream, else one
	stream bool
	length int // of the body before it is cut
	silent bool
	ending Ending
}

// answer gives the response the shape of the request's operation.
func (r Response) answer(req *Request) (answer, error) {
	b := r.body
	if b == nil {
		b = echo(req)
	}
	a, err := b.answer(req, r)
	if err != nil {
		return answer{}, err
	}
	if !a.stream && (len(r.edits) > 0 || r.cut != nil && r.cut.countsEvents) {
		return answer{}, fmt.Errorf("FailAt, Insert and CutAfter change the events of a stream; this response to %s is none", req.Operation)
	}
	for _, e := range r.edits {
		a.parts = e.apply(a.parts)
	}
	for _, part := range a.parts {
		a.length += len(part)
	}
	if r.cut != nil {
		a.parts, a.ending = r.cut.apply(a.parts), r.cut.ending
	}
	if r.status != 0 {
		a.status = r.status
	}
	for name, values := range r.header {
		a.header[name] = values
	}
	return a, nil
}

func unary(v any) (answer, error) {
	encoded, err := encodeJSON(v)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, header: http.Header{"Content-Type": {jsonType}}, parts: [][]byte{encoded}}, nil
}

// An eventStream gathers frames.
type eventStream struct {
	parts [][]byte
	err   error // the first
}

func (s *eventStream) add(name string, members map[string]any) {
	frame, err := paddedFrame(name, members, len(s.parts))
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("event %s: %w", name, err)
	}
	s.parts = append(s.parts, frame)
}

func (s *eventStream) answer() (answer, error) {
	return answer{status: http.StatusOK, header: http.Header{"Content-Type": {streamType}}, parts: s.parts, stream: true}, s.err
}

// document is a JSON body.
type document []byte

func (d document) answer(req *Request, r Response) (answer, error) {
	switch req.Operation {
	case "ConverseStream", "InvokeModelWithBidirectionalStream":
		return answer{}, fmt.Errorf("JSON can't answer %s, which returns a stream of events; use Text or Frames", req.Operation)
	case "InvokeModelWithResponseStream":
		return chunks{d}.answer(req, r)
	}
	a, err := unary(json.RawMessage(d))
	if req.Operation == "InvokeModel" {
		r.usage.or(requestWords(req), countWords(string(d))).describe(a.header)
	}
	return a, err
}

// chunks are the JSON bodies of an InvokeModelWithResponseStream.
type chunks [][]byte

func (c chunks) answer(req *Request, r Response) (answer, error) {
	if req.Operation != "InvokeModelWithResponseStream" {
		return answer{}, fmt.Errorf("JSONChunks answers InvokeModelWithResponseStream; for %s use JSON", req.Operation)
	}
	words := 0
	for _, chunk := range c {
		words += countWords(string(chunk))
	}
	metrics, err := encodeJSON(r.usage.or(requestWords(req), words).metrics())
	if err != nil {
		return answer{}, err
	}
	s := eventStream{}
	for _, chunk := range addMetrics(c, metrics) {
		s.add("chunk", map[string]any{"bytes": []byte(chunk)})
	}
	a, err := s.answer()
	if err != nil {
		return answer{}, err
	}
	a.header.Set("X-Amzn-Bedrock-Content-Type", jsonType)
	return a, nil
}

// addMetrics puts the invocation metrics where Bedrock puts them: last in the
// last chunk.
func addMetrics(c chunks, metrics []byte) chunks {
	member := fmt.Appendf(nil, `"amazon-bedrock-invocationMetrics":%s}`, metrics)
	if len(c) == 0 {
		return chunks{append([]byte("{"), member...)}
	}
	last := bytes.TrimSpace(c[len(c)-1])
	members := map[string]json.RawMessage{}
	if json.Unmarshal(last, &members) != nil || members == nil {
		return append(c[:len(c):len(c)], append([]byte("{"), member...))
	}
	blocked := len(c) == 1 && string(members["amazon-bedrock-guardrailAction"]) == `"INTERVENED"` && members["amazon-bedrock-trace"] != nil
	if blocked || members["amazon-bedrock-invocationMetrics"] != nil {
		return c
	}
	spliced := bytes.Clone(last[:len(last)-1])
	if len(members) > 0 {
		spliced = append(spliced, ',')
	}
	return append(c[:len(c)-1:len(c)-1], append(spliced, member...))
}

// frames are the events of any stream.
type frames [][]byte

func (f frames) answer(req *Request, _ Response) (answer, error) {
	a := answer{status: http.StatusOK, header: http.Header{"Content-Type": {streamType}}, parts: f, stream: true}
	switch req.Operation {
	case "ConverseStream":
	case "InvokeModelWithResponseStream", "InvokeModelWithBidirectionalStream":
		a.header.Set("X-Amzn-Bedrock-Content-Type", jsonType)
	default:
		return answer{}, fmt.Errorf("Frames answers operations that return a stream; %s returns none", req.Operation)
	}
	return a, nil
}

// recorded is an exchange with the real service.
type recorded struct {
	status int
	header http.Header
	body   []byte
}

func (rec recorded) answer(*Request, Response) (answer, error) {
	a := answer{status: rec.status, header: rec.header.Clone(), parts: [][]byte{rec.body}}
	a.header.Del("Content-Length") // the server's own affair
	if rec.header.Get("Content-Type") == streamType {
		a.parts, a.stream = splitFrames(rec.body), true
	}
	return a, nil
}

// silence answers nothing.
type silence Ending

func (s silence) answer(*Request, Response) (answer, error) {
	return answer{status: http.StatusOK, header: http.Header{}, silent: Ending(s) != CleanEnd, ending: Ending(s)}, nil
}

// broken is a response that could not be made.
type broken struct{ err error }

func (b broken) answer(*Request, Response) (answer, error) { return answer{}, b.err }
