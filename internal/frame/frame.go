// Package frame reads the binary frames of AWS event streams
// (application/vnd.amazon.eventstream) from an [io.Reader]: bytes in, bytes out,
// no knowledge of Bedrock but for the text of a plain text delta ([TextDelta]).
//
// A frame is: total length and header length (4 bytes each, big endian), the
// CRC-32 of those eight bytes, headers, payload, and the CRC-32 of all that came
// before. Source: "Amazon Event Stream Specification" of Smithy.
package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Bounds in bytes, so that no stream can fill the memory. The specification sets
// them for services, the first for the payload alone, and would have clients not
// check. AWS's own aws-c-event-stream does, and bounds the whole frame as here.
const (
	MaxLength  = 24 << 20  // of a whole frame
	MaxHeaders = 128 << 10 // of a frame's header block
)

const (
	lengthsLen = 8
	preludeLen = 12 // the lengths and their checksum
	trailerLen = 4  // the frame's checksum
	firstRead  = 4 << 10
	emptyReads = 100 // in a row, as in bufio

	bytesType   = 6 // of header values
	stringType  = 7
	messageType = ":message-type"
	eventType   = ":event-type"
)

var (
	// ErrChecksum reports bytes that were changed on the way.
	ErrChecksum = errors.New("event stream checksum mismatch")
	// ErrFormat reports lengths or headers that no event stream may have.
	ErrFormat = errors.New("malformed event stream frame")
)

// Frame is one message. Its slices belong to the [Reader] and are valid until
// the next call of [Reader.Next].
type Frame struct {
	Raw     []byte // the whole frame, checksums included
	Headers []byte // the encoded header block; see [Frame.Header]
	Payload []byte

	// Where in Headers the values begin of the two headers that every frame is
	// asked for, 0 for none: they are noted while the block is checked.
	message, event int
}

// Clone returns a copy that stays valid.
func (f Frame) Clone() Frame {
	f.Raw = bytes.Clone(f.Raw)
	payload := preludeLen + len(f.Headers)
	f.Headers, f.Payload = f.Raw[preludeLen:payload], f.Raw[payload:len(f.Raw)-trailerLen]
	return f
}

// Header returns the value of a string header, nil when there is none by that
// name. Of several by one name, which no service may send, the last counts, as it
// does to the SDK.
func (f Frame) Header(name string) []byte {
	i := 0
	switch name {
	case messageType:
		i = f.message
	case eventType:
		i = f.event
	default:
		i = findText(f.Headers, name)
	}
	if i == 0 {
		return nil
	}
	return f.Headers[i : i+int(binary.BigEndian.Uint16(f.Headers[i-2:]))]
}

func findText(headers []byte, name string) (text int) {
	for i := 0; i < len(headers); {
		n, t, end := cutHeader(headers, i)
		if string(n) == name {
			text = t
		}
		i = end
	}
	return text
}

// check refuses a header block that can't be read to its end.
func (f *Frame) check() error {
	for i := 0; i < len(f.Headers); {
		name, text, end := cutHeader(f.Headers, i)
		if end == 0 {
			return fmt.Errorf("%w: header block", ErrFormat)
		}
		switch string(name) {
		case messageType:
			f.message = text
		case eventType:
			f.event = text
		}
		i = end
	}
	return nil
}

// Lengths of header values by their type byte; those of bytes and strings begin with
// their length, which is given here.
var valueLen = [...]int{0, 0, 1, 2, 4, 8, bytesType: 2, stringType: 2, 8, 16}

// cutHeader reads the header that begins at i: its name, where a string's text
// begins (0 for other values), and where the header ends (0 if not in the block).
func cutHeader(headers []byte, i int) (name []byte, text, end int) {
	typeAt := i + 1 + int(headers[i])
	if typeAt >= len(headers) || int(headers[typeAt]) >= len(valueLen) {
		return nil, 0, 0
	}
	kind := headers[typeAt]
	end = typeAt + 1 + valueLen[kind]
	if kind == stringType {
		text = end
	}
	if (kind == stringType || kind == bytesType) && end <= len(headers) {
		end += int(binary.BigEndian.Uint16(headers[end-2:]))
	}
	if end > len(headers) {
		return nil, 0, 0
	}
	return headers[i+1 : typeAt], text, end
}

// Reader reads frames into one buffer that it reuses and that grows with the
// bytes that arrive, never with the length that a frame announces.
type Reader struct {
	r          io.Reader
	err        error // of r, for when the bytes before it are used up
	buf        []byte
	start, end int // the bytes read and not yet consumed: buf[start:end]
	last       int // length of the frame handed out last, still at start
}

// NewReader returns a Reader of r.
func NewReader(r io.Reader) *Reader { return &Reader{r: r} }

// Next returns the next frame. At the end, io.EOF means that the bytes ended
// between two frames, io.ErrUnexpectedEOF within one; [ErrChecksum] and
// [ErrFormat] report broken bytes, io.ErrNoProgress a reader that returns neither
// bytes nor an error, any other error is the reader's own. An error is final.
func (r *Reader) Next() (f Frame, err error) {
	r.start, r.last = r.start+r.last, 0
	if err = r.fill(preludeLen); err != nil {
		return Frame{}, err
	}
	b := r.buf[r.start:r.end]
	total, headers := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	sum := crc32.ChecksumIEEE(b[:lengthsLen])
	if sum != binary.BigEndian.Uint32(b[lengthsLen:]) {
		return Frame{}, fmt.Errorf("%w in the prelude", ErrChecksum)
	}
	if total < preludeLen+trailerLen || total > MaxLength || headers > MaxHeaders || headers > total-preludeLen-trailerLen {
		return Frame{}, fmt.Errorf("%w: length %d, headers %d", ErrFormat, total, headers)
	}
	n := int(total)
	if err = r.fill(n); err != nil {
		return Frame{}, err
	}
	b = r.buf[r.start : r.start+n]
	if crc32.Update(sum, crc32.IEEETable, b[lengthsLen:n-trailerLen]) != binary.BigEndian.Uint32(b[n-trailerLen:]) {
		return Frame{}, fmt.Errorf("%w in the message", ErrChecksum)
	}
	payload := preludeLen + headers
	f.Raw, f.Headers, f.Payload = b, b[preludeLen:payload], b[payload:n-trailerLen]
	if err = f.check(); err != nil {
		return Frame{}, err
	}
	r.last = n
	return f, nil
}

// Pending tells how many bytes after the last frame have arrived; after an error of
// [Reader.Next], those of an unfinished one. net/http reports a dropped HTTP/1.1
// connection as io.ErrUnexpectedEOF even between two frames, so that the error alone
// doesn't say where the bytes ended.
func (r *Reader) Pending() int { return r.end - r.start - r.last }

// fill reads until n bytes are there.
func (r *Reader) fill(n int) error {
	for empty := 0; r.end-r.start < n; {
		if r.err == io.EOF && r.end > r.start {
			return io.ErrUnexpectedEOF
		}
		if r.err != nil {
			return r.err
		}
		if r.end == len(r.buf) || r.start == r.end {
			r.makeRoom()
		}
		var m int
		m, r.err = r.r.Read(r.buf[r.end:])
		r.end += m
		if empty++; m > 0 {
			empty = 0
		}
		if empty == emptyReads && r.err == nil {
			r.err = io.ErrNoProgress
		}
	}
	return nil
}

// makeRoom moves the unread bytes to the front, and doubles the buffer when they
// fill it.
func (r *Reader) makeRoom() {
	buf := r.buf
	if r.end-r.start == len(buf) {
		buf = make([]byte, max(firstRead, 2*len(buf)))
	}
	r.end = copy(buf, r.buf[r.start:r.end])
	r.start, r.buf = 0, buf
}
