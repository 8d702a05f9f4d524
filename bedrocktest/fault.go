package bedrocktest

import (
	"net/http"
	"slices"
)

// An Ending is how a response ends when it ends early.
type Ending int

const (
	// CleanEnd ends the body as if it were complete.
	CleanEnd Ending = iota

	// Stall sends nothing more, until the client goes or the server closes.
	Stall

	// StreamReset ends the call alone: RST_STREAM in HTTP/2. HTTP/1.1 can only
	// close the connection.
	StreamReset

	// ConnectionClose closes the connection in an orderly way, for all calls
	// that are on it.
	ConnectionClose

	// ConnectionReset breaks the connection off, with a TCP reset where there
	// is TCP. What the client has not read yet may be lost with it.
	ConnectionReset
)

// CutAt ends the response body after offset bytes. An offset beyond the end
// lets the whole body pass and then ends it so.
func (r Response) CutAt(offset int, how Ending) Response {
	r.cut = &cut{bytes: max(0, offset), ending: how}
	return r
}

// CutAfter ends a stream after that many events, counted with the inserted
// ones. Operations without a stream refuse it.
func (r Response) CutAfter(events int, how Ending) Response {
	r.cut = &cut{events: max(0, events), countsEvents: true, ending: how}
	return r
}

// FailAt puts an exception in the place of a stream's event, 0 being the first
// frame, and ends the stream with it; beyond the end it comes after the last.
// The code is spelt as given, on Bedrock in lower camel case:
// throttlingException. Operations without a stream refuse it.
func (r Response) FailAt(event int, code, message string) Response {
	frame, err := exceptionFrame(code, message)
	if err != nil {
		r.body = broken{err}
		return r
	}
	r.edits = append(slices.Clip(r.edits), edit{at: max(0, event), frame: frame, last: true})
	return r
}

// Insert puts a frame before an event of a stream, 0 being the first; beyond
// the end it comes after the last. The frame is made by [EventFrame],
// [ErrorFrame] or by hand. Several are inserted one after the other, each
// counting those before it. Operations without a stream refuse it.
func (r Response) Insert(event int, frame []byte) Response {
	r.edits = append(slices.Clip(r.edits), edit{at: max(0, event), frame: slices.Clone(frame)})
	return r
}

// An edit puts a frame into a stream.
type edit struct {
	at    int
	frame []byte
	last  bool // the stream ends with it
}

func (e edit) apply(parts [][]byte) [][]byte {
	at := min(e.at, len(parts))
	if e.last {
		return append(slices.Clone(parts[:at]), e.frame)
	}
	return slices.Insert(slices.Clone(parts), at, e.frame)
}

// A cut ends a body early.
type cut struct {
	bytes, events int
	countsEvents  bool
	ending        Ending
}

func (c *cut) apply(parts [][]byte) [][]byte {
	if c.countsEvents {
		return parts[:min(c.events, len(parts))]
	}
	left := c.bytes
	for i, part := range parts {
		if left == 0 {
			return parts[:i]
		}
		if left < len(part) {
			return append(slices.Clone(parts[:i]), part[:left])
		}
		left -= len(part)
	}
	return parts
}

// end ends a response whose body has been written as far as it goes.
func (s *Server) end(r *http.Request, how Ending) {
	encrypted, raw := connsOf(r)
	switch how {
	case CleanEnd:
		return
	case Stall:
		select {
		case <-r.Context().Done():
		case <-s.done:
		}
	case ConnectionClose:
		s.settle(r, raw)
		encrypted.Close()
	case ConnectionReset:
		s.settle(r, raw)
		raw.reset()
	}
	panic(http.ErrAbortHandler)
}
