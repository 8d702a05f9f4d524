// Package frame reads the binary frames of AWS event streams
// (application/vnd.amazon.eventstream) from an [io.Reader]: bytes in, bytes out,
// no knowledge of Bedrock but for the text of a plain text delta ([TextDelta]).
//
// A frame is: total length and header length (4 bytes each, big endian), the
// CRC-32 of those eight bytes, headers, payload, and the CRC-32 of all that came
// before. Source: "Amazon Event Stream Specification" of Smithy.
package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Bounds that the specification sets, in bytes.
const (
	MaxLength  = 24 << 20  // of a whole frame
	MaxHeaders = 128 << 10 // of a frame's header block
)

const (
	preludeLen = 12 // two lengths and their checksum
	trailerLen = 4  // the frame's checksum
	firstRead  = 4 << 10
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
}

// Clone returns a copy that stays valid.
func (f Frame) Clone() Frame {
	raw := append([]byte(nil), f.Raw...)
	h := preludeLen + len(f.Headers)
	return Frame{Raw: raw, Headers: raw[preludeLen:h], Payload: raw[h : len(raw)-trailerLen]}
}

// Lengths of header values by their type byte; -1: the value carries its length.
var valueLen = [...]int{0, 0, 1, 2, 4, 8, -1, -1, 8, 16}

const stringType = 7

// Header returns the value of a string header, nil when there is none by that
// name. The first of several wins.
func (f Frame) Header(name string) []byte {
	for h := f.Headers; len(h) > 0; {
		key, kind, value, rest, err := cutHeader(h)
		if err != nil {
			return nil
		}
		if kind == stringType && string(key) == name {
			return value
		}
		h = rest
	}
	return nil
}

// cutHeader takes the first header off an encoded block.
func cutHeader(h []byte) (key []byte, kind byte, value, rest []byte, err error) {
	n := int(h[0])
	if n == 0 || len(h) < n+2 {
		return nil, 0, nil, nil, ErrFormat
	}
	key, kind, rest = h[1:1+n], h[1+n], h[2+n:]
	if int(kind) >= len(valueLen) {
		return nil, 0, nil, nil, ErrFormat
	}
	size := valueLen[kind]
	if size < 0 {
		if len(rest) < 2 {
			return nil, 0, nil, nil, ErrFormat
		}
		size, rest = int(binary.BigEndian.Uint16(rest)), rest[2:]
	}
	if len(rest) < size {
		return nil, 0, nil, nil, ErrFormat
	}
	return key, kind, rest[:size], rest[size:], nil
}

// checkHeaders refuses a block that can't be read to its end.
func checkHeaders(h []byte) error {
	for len(h) > 0 {
		_, _, _, rest, err := cutHeader(h)
		if err != nil {
			return fmt.Errorf("%w: header block", err)
		}
		h = rest
	}
	return nil
}

// Reader reads frames into one buffer that it reuses and that grows with the
// bytes that arrive, never with the length that a frame announces.
type Reader struct {
	r          io.Reader
	buf        []byte
	start, end int // the bytes read and not yet consumed: buf[start:end]
	last       int // length of the frame handed out last, still at start
}

// NewReader returns a Reader of r.
func NewReader(r io.Reader) *Reader { return &Reader{r: r} }

// Next returns the next frame. At the end, io.EOF means that the bytes ended
// between two frames, io.ErrUnexpectedEOF within one; [ErrChecksum] and
// [ErrFormat] report broken bytes, any other error is the reader's own.
func (r *Reader) Next() (Frame, error) {
	r.start += r.last
	r.last = 0
	if err := r.fill(preludeLen); err != nil {
		return Frame{}, err
	}
	b := r.buf[r.start:r.end]
	total, headers := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if crc32.ChecksumIEEE(b[:8]) != binary.BigEndian.Uint32(b[8:]) {
		return Frame{}, fmt.Errorf("%w in the prelude", ErrChecksum)
	}
	if total < preludeLen+trailerLen || total > MaxLength || headers > MaxHeaders || headers > total-preludeLen-trailerLen {
		return Frame{}, fmt.Errorf("%w: length %d, headers %d", ErrFormat, total, headers)
	}
	n := int(total)
	if err := r.fill(n); err != nil {
		return Frame{}, err
	}
	b = r.buf[r.start : r.start+n : r.start+n]
	if crc32.ChecksumIEEE(b[:n-trailerLen]) != binary.BigEndian.Uint32(b[n-trailerLen:]) {
		return Frame{}, fmt.Errorf("%w in the message", ErrChecksum)
	}
	f := Frame{Raw: b, Headers: b[preludeLen : preludeLen+headers], Payload: b[preludeLen+headers : n-trailerLen]}
	if err := checkHeaders(f.Headers); err != nil {
		return Frame{}, err
	}
	r.last = n
	return f, nil
}

// Pending tells how many bytes of an unfinished frame have arrived. net/http
// reports a dropped HTTP/1.1 connection as io.ErrUnexpectedEOF even between two
// frames, so that the error alone doesn't say where the bytes ended.
func (r *Reader) Pending() int { return r.end - r.start - r.last }

// fill reads until n bytes are there.
func (r *Reader) fill(n int) error {
	for empty := 0; r.end-r.start < n; {
		if r.end == len(r.buf) || r.start == r.end {
			r.makeRoom()
		}
		m, err := r.r.Read(r.buf[r.end:])
		r.end += m
		switch {
		case r.end-r.start >= n: // an error after the last byte comes again
		case err == io.EOF && r.end > r.start:
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		case m > 0:
			empty = 0
		default:
			if empty++; empty == 100 {
				return io.ErrNoProgress
			}
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
