package frame

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aws/smithy-go/eventstream"
)

// repair puts right checksums where a stream's lengths say that they are, so that
// a fuzzer gets past them.
func repair(stream []byte) []byte {
	stream = bytes.Clone(stream)
	for b := stream; len(b) >= preludeLen; {
		binary.BigEndian.PutUint32(b[lengthsLen:], crc32.ChecksumIEEE(b[:lengthsLen]))
		n := int64(binary.BigEndian.Uint32(b))
		if n < preludeLen+trailerLen || n > int64(len(b)) {
			break
		}
		binary.BigEndian.PutUint32(b[n-trailerLen:], crc32.ChecksumIEEE(b[:n-trailerLen]))
		b = b[n:]
	}
	return stream
}

// FuzzReader holds the Reader to the SDK's decoder, on its input as a stream, the
// same with right checksums, and the input as a header block.
func FuzzReader(f *testing.F) {
	stream, ends := threeFrames(f)
	f.Add(stream)
	f.Add(stream[:ends[1]+20])
	f.Add(stream[:ends[1]-1])
	f.Add(bytes.Replace(stream, []byte("Hi"), []byte("Ho"), 1))
	f.Add(encode(f, "payload", everyType...))
	f.Add(encode(f, `{"message":"slow down"}`, header(":exception-type", "throttlingException"), header(messageType, "exception")))
	f.Add(encode(f, ""))
	f.Add(event(f, "chunk", strings.Repeat("x", 2*firstRead)))
	for _, block := range []string{
		"\x00\x00", "\x01", "\x05\x01a", "\x01a\x07\x00\x01", "\x01a\x0a", "\x01a\x00\x01a\x07\x00\x01b",
		"\x0b:event-type\x07\x00\x01a\x0b:event-type\x07\x00\x01b", "\x0d:message-type\x01\x0d:message-type\x06\x00\x01b",
	} {
		f.Add([]byte(block))
		f.Add(append(sealed([]byte(block), "{}"), stream...))
	}
	for _, p := range [][2]uint32{{0, 0}, {5, 1<<32 - 20}, {15, 0}, {16, 1}, {MaxLength + 1, 0}, {1<<32 - 1, 1<<32 - 17}, {MaxLength, MaxHeaders + 1}} {
		f.Add(append(prelude(p[0], p[1]), stream...))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		compareWithSDK(t, stream, bytes.NewReader(stream))
		repaired := repair(stream)
		compareWithSDK(t, repaired, bytes.NewReader(repaired))
		compareWithSDK(t, repaired, iotest.DataErrReader(iotest.OneByteReader(bytes.NewReader(repaired))))
		twice := bytes.Repeat(sealed(stream, "{}"), 2)
		compareWithSDK(t, twice, bytes.NewReader(twice))
	})
}

// compareWithSDK reads the stream from r, and beside it with the SDK's decoder. What
// one accepts the other must, and alike, but for two reasons to refuse more.
func compareWithSDK(t *testing.T, stream []byte, r io.Reader) {
	t.Helper()
	ours, theirs := NewReader(r), bytes.NewReader(stream)
	for rest := stream; ; {
		f, err := ours.Next()
		m, sdkErr := eventstream.NewDecoder().Decode(theirs, nil)
		if bound := max(firstRead, 2*len(stream)); len(ours.buf) > bound {
			t.Fatalf("a buffer of %d bytes for %d", len(ours.buf), len(stream))
		}
		switch {
		case err == io.EOF && len(rest) > 0,
			err == io.ErrUnexpectedEOF && (len(rest) == 0 || ours.Pending() != len(rest)):
			t.Fatalf("%v with %d bytes left, %d pending", err, len(rest), ours.Pending())
		case err != nil && sdkErr == nil:
			if !beyondBounds(rest) && !endsInNameLength(rest) {
				t.Fatalf("refused with %v, the SDK reads %v %q", err, m.Headers, m.Payload)
			}
			return
		case err == nil && sdkErr != nil:
			t.Fatalf("read %q, the SDK refuses it with %v", f.Raw, sdkErr)
		case err != nil:
			return
		case !bytes.Equal(f.Payload, m.Payload):
			t.Fatalf("got payload %q, the SDK %q", f.Payload, m.Payload)
		case !bytes.Equal(f.Raw, rest[:len(f.Raw)]) || len(rest)-len(f.Raw) != theirs.Len():
			t.Fatalf("got raw %q, the SDK left %d of %q", f.Raw, theirs.Len(), rest)
		}
		for _, name := range []string{messageType, eventType, ":exception-type", "a"} {
			want, isString := m.Headers.Get(name).(eventstream.StringValue)
			if got := f.Header(name); string(got) != string(want) || (got != nil) != isString {
				t.Fatalf("got %s %q, the SDK %q (a string: %t)", name, got, want, isString)
			}
		}
		rest = rest[len(f.Raw):]
	}
}

// beyondBounds: the SDK's decoder has no bounds and buffers whatever comes.
func beyondBounds(frame []byte) bool {
	return binary.BigEndian.Uint32(frame) > MaxLength || binary.BigEndian.Uint32(frame[4:]) > MaxHeaders
}

// endsInNameLength: a header block whose last byte announces a name that does not
// come. The SDK's decoder takes the end of the bytes there for the end of the
// headers; but a block that is cut is one that lost something.
func endsInNameLength(frame []byte) bool {
	headers := frame[preludeLen : preludeLen+binary.BigEndian.Uint32(frame[4:])]
	i := 0
	for i < len(headers)-1 {
		_, _, end := cutHeader(headers, i)
		if end == 0 {
			return false
		}
		i = end
	}
	return i == len(headers)-1 && headers[i] > 0
}

// FuzzTextDelta holds the fast path to the SDK's decoding of the event.
func FuzzTextDelta(f *testing.F) {
	for _, tt := range textTests {
		f.Add([]byte(tt.payload))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		block, text, ok := TextDelta(payload)
		if !ok {
			if block != 0 || text != "" {
				t.Fatalf("%q: not taken, but got %d, %q", payload, block, text)
			}
			return
		}
		if !json.Valid(payload) {
			t.Fatalf("%q: taken, but no JSON", payload)
		}
		wantBlock, want, err := sdkText(sealed(deltaHeaders, string(payload)))
		if err != nil || block != wantBlock || text != want {
			t.Fatalf("%q: got %d, %q, the SDK %d, %q, %v", payload, block, text, wantBlock, want, err)
		}
	})
}

var deltaHeaders = []byte("\x0b:event-type\x07\x00\x11contentBlockDelta\x0d:message-type\x07\x00\x05event")

// FuzzTextDeltaTakesPlainForm: what is formed as Bedrock forms it takes the fast
// path, whatever the text.
func FuzzTextDeltaTakesPlainForm(f *testing.F) {
	for _, text := range []string{"", "Hello", "a\nb", `"\`, "\x00\x1f\x7f", "<a href='x'>&", "\u2028\u2029", "é世🌍", "\xff", "\xed\xa0\x80", "\ufffd"} {
		f.Add(uint32(0), text, uint8(4), true)
		f.Add(uint32(999999999), text, uint8(0), false)
	}
	f.Fuzz(func(t *testing.T, block uint32, text string, padding uint8, escapeHTML bool) {
		var event struct {
			Index uint32 `json:"contentBlockIndex"`
			Delta struct {
				Text string `json:"text"`
			} `json:"delta"`
			Padding string `json:"p,omitempty"`
		}
		event.Index = block % 1e9
		event.Delta.Text = text
		event.Padding = strings.Repeat("p", int(padding))
		var payload bytes.Buffer
		enc := json.NewEncoder(&payload)
		enc.SetEscapeHTML(escapeHTML)
		if err := enc.Encode(event); err != nil {
			t.Fatal(err)
		}
		b := bytes.TrimSuffix(payload.Bytes(), []byte("\n"))
		want := string([]rune(text)) // each byte that isn't UTF-8 replaced, as encoding/json does
		gotBlock, got, ok := TextDelta(b)
		if !ok || uint32(gotBlock) != event.Index || got != want {
			t.Fatalf("%s: got %d, %q, %t, want %d, %q", b, gotBlock, got, ok, event.Index, want)
		}
	})
}
