package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aws/smithy-go/eventstream"
)

// encode makes a frame with the SDK's encoder.
func encode(tb testing.TB, payload string, headers ...eventstream.Header) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&b, eventstream.Message{Headers: headers, Payload: []byte(payload)}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func header(name, value string) eventstream.Header {
	return eventstream.Header{Name: name, Value: eventstream.StringValue(value)}
}

// event makes a frame with the headers that Bedrock sends, in its order.
func event(tb testing.TB, name, payload string) []byte {
	tb.Helper()
	return encode(tb, payload, header(eventType, name), header(":content-type", "application/json"), header(messageType, "event"))
}

// prelude makes one with a right checksum, whatever the lengths.
func prelude(total, headers uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, total)
	b = binary.BigEndian.AppendUint32(b, headers)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// sealed makes a frame with right lengths and checksums of any header block.
func sealed(headers []byte, payload string) []byte {
	b := prelude(uint32(preludeLen+len(headers)+len(payload)+trailerLen), uint32(len(headers)))
	b = append(append(b, headers...), payload...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// threeFrames are a reply in short, and where in the stream its frames end.
func threeFrames(tb testing.TB) (stream []byte, ends []int) {
	tb.Helper()
	for _, f := range [][]byte{
		event(tb, "messageStart", `{"role":"assistant"}`),
		event(tb, "contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"Hi"},"p":"abc"}`),
		event(tb, "messageStop", `{"stopReason":"end_turn"}`),
	} {
		stream = append(stream, f...)
		ends = append(ends, len(stream))
	}
	return stream, ends
}

// drain reads to the error, and checks that the error is final.
func drain(tb testing.TB, r *Reader) (frames []Frame, err error) {
	tb.Helper()
	for {
		f, err := r.Next()
		if err != nil {
			pending := r.Pending()
			if f, again := r.Next(); fmt.Sprint(again) != err.Error() || f.Raw != nil || r.Pending() != pending {
				tb.Errorf("after %v, %d pending: got frame %q, error %v, %d pending", err, pending, f.Raw, again, r.Pending())
			}
			return frames, err
		}
		frames = append(frames, f.Clone())
	}
}

// waysToRead are the ways a connection may hand over its bytes.
var waysToRead = map[string]func(io.Reader) io.Reader{
	"all at once":          func(r io.Reader) io.Reader { return r },
	"byte by byte":         iotest.OneByteReader,
	"half of what is free": iotest.HalfReader,
	"io.EOF with the last": iotest.DataErrReader,
	"1,000 bytes a read":   func(r io.Reader) io.Reader { return limited{r, 1000} },
}

type limited struct {
	r io.Reader
	n int
}

func (l limited) Read(p []byte) (int, error) { return l.r.Read(p[:min(l.n, len(p))]) }

func TestFramesAreReadAsTheyWereSent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ name, payload string }{
		"no payload":       {"contentBlockStop", ""},
		"JSON":             {"contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"Hi"}}`},
		"binary":           {"chunk", "\x00\xff\n\r"},
		"just the buffer":  {"chunk", strings.Repeat("x", firstRead-len(event(t, "chunk", "")))},
		"one byte above":   {"chunk", strings.Repeat("x", firstRead+1-len(event(t, "chunk", "")))},
		"1 MiB of payload": {"chunk", strings.Repeat("0123456789abcdef", 1<<16)},
	}
	for name, tt := range tests {
		for way, reader := range waysToRead {
			t.Run(name+", "+way, func(t *testing.T) {
				t.Parallel()
				one := event(t, tt.name, tt.payload)
				small := event(t, "ping", "{}")
				stream := bytes.Join([][]byte{small, one, small, one}, nil)
				frames, err := drain(t, NewReader(reader(bytes.NewReader(stream))))
				if err != io.EOF || len(frames) != 4 {
					t.Fatalf("got %d frames, %v, want 4 frames, EOF", len(frames), err)
				}
				for i, want := range [][]byte{small, one, small, one} {
					if !bytes.Equal(frames[i].Raw, want) {
						t.Errorf("frame %d: got %d other bytes, want %d", i, len(frames[i].Raw), len(want))
					}
				}
				f := frames[3]
				if string(f.Header(eventType)) != tt.name || string(f.Payload) != tt.payload {
					t.Errorf("got event %q with %d bytes of payload, want %q with %d", f.Header(eventType), len(f.Payload), tt.name, len(tt.payload))
				}
			})
		}
	}
}

func TestEveryCutIsToldApart(t *testing.T) {
	t.Parallel()
	stream, ends := threeFrames(t)
	for way, reader := range waysToRead {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			for cut := range len(stream) + 1 {
				whole, pending, want := 0, cut, io.EOF
				for i, end := range ends {
					if end <= cut {
						whole, pending = i+1, cut-end
					}
				}
				if pending > 0 {
					want = io.ErrUnexpectedEOF
				}
				r := NewReader(reader(bytes.NewReader(stream[:cut])))
				frames, err := drain(t, r)
				if len(frames) != whole || err != want || r.Pending() != pending {
					t.Errorf("cut at %d: got %d frames, %v, %d pending, want %d, %v, %d",
						cut, len(frames), err, r.Pending(), whole, want, pending)
				}
			}
		})
	}
}

// script is a reader of prepared answers; to read on is an error of its own.
type script []answer

type answer struct {
	bytes []byte
	err   error
}

var (
	errReset  = errors.New("connection reset by peer")
	errReadOn = errors.New("read after the end")
)

func (s *script) Read(p []byte) (int, error) {
	if len(*s) == 0 {
		return 0, errReadOn
	}
	a := (*s)[0]
	n := copy(p, a.bytes)
	if *s = (*s)[1:]; n < len(a.bytes) {
		*s = append(script{{a.bytes[n:], a.err}}, *s...)
		return n, nil
	}
	return n, a.err
}

func TestErrorOfTheConnectionIsPassedOn(t *testing.T) {
	t.Parallel()
	stream, ends := threeFrames(t)
	within := ends[1] + 20
	tests := map[string]struct {
		reader  io.Reader
		frames  int
		err     error
		pending int
	}{
		"at once":                      {iotest.ErrReader(errReset), 0, errReset, 0},
		"timeout at the second read":   {iotest.TimeoutReader(limited{bytes.NewReader(stream), 20}), 0, iotest.ErrTimeout, 20},
		"timeout between frames":       {iotest.TimeoutReader(limited{bytes.NewReader(stream), ends[1]}), 2, iotest.ErrTimeout, 0},
		"after a frame":                {&script{{stream[:ends[0]], nil}, {nil, errReset}}, 1, errReset, 0},
		"together with a frame's end":  {&script{{stream[:ends[1]], errReset}}, 2, errReset, 0},
		"together with half a frame":   {&script{{stream[:within], errReset}}, 2, errReset, 20},
		"EOF together with half":       {&script{{stream[:within], io.EOF}}, 2, io.ErrUnexpectedEOF, 20},
		"EOF together with the end":    {&script{{stream, io.EOF}}, 3, io.EOF, 0},
		"HTTP/1.1 drop between frames": {&script{{stream[:ends[1]], io.ErrUnexpectedEOF}}, 2, io.ErrUnexpectedEOF, 0},
		"HTTP/1.1 drop within a frame": {&script{{stream[:within], nil}, {nil, io.ErrUnexpectedEOF}}, 2, io.ErrUnexpectedEOF, 20},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := NewReader(tt.reader)
			frames, err := drain(t, r)
			if len(frames) != tt.frames || err != tt.err || r.Pending() != tt.pending {
				t.Errorf("got %d frames, %v, %d pending, want %d, %v, %d", len(frames), err, r.Pending(), tt.frames, tt.err, tt.pending)
			}
		})
	}
}

func TestEmptyReadsEndOnlyWhenNothingElseComes(t *testing.T) {
	t.Parallel()
	stream, _ := threeFrames(t)
	var slow script
	for _, b := range stream {
		slow = append(slow, make(script, emptyReads-1)...)
		slow = append(slow, answer{[]byte{b}, nil})
	}
	slow = append(slow, answer{nil, io.EOF})
	if frames, err := drain(t, NewReader(&slow)); len(frames) != 3 || err != io.EOF {
		t.Errorf("99 empty reads before each byte: got %d frames, %v, want 3, EOF", len(frames), err)
	}
	stuck := append(script{{stream[:20], nil}}, make(script, emptyReads)...)
	r := NewReader(&stuck)
	if _, err := drain(t, r); err != io.ErrNoProgress || r.Pending() != 20 {
		t.Errorf("empty reads without end: got %v, %d pending, want %v, 20", err, r.Pending(), io.ErrNoProgress)
	}
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	stream, ends := threeFrames(t)
	for i := range stream {
		whole := 0
		for _, end := range ends {
			if end <= i {
				whole++
			}
		}
		for bit := range 8 {
			changed := bytes.Clone(stream)
			changed[i] ^= 1 << bit
			frames, err := drain(t, NewReader(bytes.NewReader(changed)))
			if len(frames) != whole || !errors.Is(err, ErrChecksum) {
				t.Errorf("bit %d of byte %d flipped: got %d frames, %v, want %d, %v", bit, i, len(frames), err, whole, ErrChecksum)
			}
		}
	}
}

// counted counts the reads of an endless stream of one frame a read.
type counted struct {
	frame []byte
	reads int
}

func (c *counted) Read(p []byte) (int, error) {
	c.reads++
	return copy(p, c.frame), nil
}

// A model's frames come one by one: wherever in the buffer one ended, there is room
// for the next.
func TestFramesThatComeOneByOneTakeAReadEach(t *testing.T) {
	t.Parallel()
	source := &counted{frame: event(t, "ping", strings.Repeat("x", 700))}
	r := NewReader(source)
	for i := range 20 {
		if _, err := r.Next(); err != nil || source.reads != i+1 || r.Pending() != 0 {
			t.Fatalf("frame %d: got %v, %d reads, %d bytes pending, want %d, 0", i, err, source.reads, r.Pending(), i+1)
		}
	}
}

// allocated measures the bytes that fn allocates. Not for parallel tests.
func allocated(fn func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestAbsurdLengthsAreRefusedUnread(t *testing.T) {
	tests := map[string]struct{ total, headers uint32 }{
		"nothing":                       {0, 0},
		"shorter than the overhead":     {preludeLen + trailerLen - 1, 0},
		"so short that it underflows":   {5, 1<<32 - 20},
		"above the bound":               {MaxLength + 1, 0},
		"4 GiB":                         {1<<32 - 1, 0},
		"4 GiB, all headers":            {1<<32 - 1, 1<<32 - 17},
		"headers larger than the frame": {100, 100 - preludeLen - trailerLen + 1},
		"headers of 4 GiB":              {100, 1<<32 - 1},
		"headers above the bound":       {MaxLength, MaxHeaders + 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := NewReader(io.MultiReader(bytes.NewReader(prelude(tt.total, tt.headers)), zeros{}))
			var err error
			if n := allocated(func() { _, err = r.Next() }); n > 4*firstRead {
				t.Errorf("got %d bytes allocated, want at most %d", n, 4*firstRead)
			}
			if !errors.Is(err, ErrFormat) {
				t.Errorf("got %v, want %v", err, ErrFormat)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestMemoryFollowsTheBytesThatArrive(t *testing.T) {
	for _, arrive := range []int{0, 1, 1 << 10, 1 << 20} {
		stream := append(prelude(MaxLength, MaxHeaders), make([]byte, arrive)...)
		var err error
		// Doubling allocates up to twice the last buffer, which is up to twice the bytes. The
		// runtime counts the whole process, so the least of some runs is the reader's own.
		bound, n := uint64(4*firstRead+4*arrive), uint64(1<<62)
		for range 20 {
			r := NewReader(bytes.NewReader(stream))
			n = min(n, allocated(func() { _, err = r.Next() }))
		}
		if n > bound {
			t.Errorf("%d bytes of 24 MiB: got %d bytes allocated, want at most %d", arrive, n, bound)
		}
		if err != io.ErrUnexpectedEOF {
			t.Errorf("%d bytes of 24 MiB: got %v, want %v", arrive, err, io.ErrUnexpectedEOF)
		}
	}
}

func TestLargestFrameIsRead(t *testing.T) {
	t.Parallel()
	block := bytes.Repeat(append([]byte("\x01n\x07\x00\x7b"), make([]byte, 123)...), MaxHeaders/128)
	want := sealed(block, strings.Repeat("x", MaxLength-MaxHeaders-preludeLen-trailerLen))
	frames, err := drain(t, NewReader(bytes.NewReader(want)))
	if len(frames) != 1 || err != io.EOF || !bytes.Equal(frames[0].Raw, want) {
		t.Errorf("got %d frames, %v, want the one of %d bytes, EOF", len(frames), err, MaxLength)
	}
}

func TestCloneOutlivesTheReadersBuffer(t *testing.T) {
	t.Parallel()
	stream, _ := threeFrames(t)
	r := NewReader(limited{bytes.NewReader(stream), 100})
	first, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	clone := first.Clone()
	clear(first.Raw)
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if got := string(clone.Header(eventType)) + " " + string(clone.Header(messageType)) + " " + string(clone.Payload); got != `messageStart event {"role":"assistant"}` {
		t.Errorf("got %s", got)
	}
	if again, err := NewReader(bytes.NewReader(clone.Raw)).Next(); err != nil || !bytes.Equal(again.Headers, clone.Headers) {
		t.Errorf("the clone's bytes read again: got %v, headers %q, want %q", err, again.Headers, clone.Headers)
	}
}

func TestReadingAllocatesNothingButText(t *testing.T) {
	r := NewReader(newDeltas(t))
	for want, text := range []bool{false, true} {
		allocs := testing.AllocsPerRun(1000, func() {
			f, err := r.Next()
			if err != nil || string(f.Header(messageType)) != "event" || string(f.Header(":content-type")) != "application/json" {
				t.Fatalf("got %v, headers %q", err, f.Headers)
			}
			if text {
				if _, _, ok := TextDelta(f.Payload); !ok {
					t.Fatalf("not taken: %s", f.Payload)
				}
			}
		})
		if int(allocs) != want {
			t.Errorf("text %t: got %v allocations a frame, want %d", text, allocs, want)
		}
	}
}
