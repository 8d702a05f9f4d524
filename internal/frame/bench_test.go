package frame

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/schemas"
	"github.com/aws/smithy-go/eventstream"
	"github.com/aws/smithy-go/transport/http/protocol/restjson1"
)

// newDeltas returns an endless stream of the same 200 text deltas, of the lengths
// that models' tokens have and without escapes.
func newDeltas(tb testing.TB) io.Reader {
	tb.Helper()
	words := strings.Fields("Regional endpoints are spread over several zones , so that one fault costs little more than a retry .")
	const padding = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	var stream []byte
	for i := range 200 {
		stream = append(stream, event(tb, "contentBlockDelta", fmt.Sprintf(
			`{"contentBlockIndex":0,"delta":{"text":" %s"},"p":"%s"}`, words[i%len(words)], padding[:1+i*17%len(padding)]))...)
	}
	return &endless{stream: stream}
}

type endless struct {
	stream []byte
	at     int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.stream[e.at:])
	e.at = (e.at + n) % len(e.stream)
	return n, nil
}

// An op is a frame.
func BenchmarkFrame(b *testing.B) {
	ours := NewReader(newDeltas(b))
	frames, decoder, payload := newDeltas(b), eventstream.NewDecoder(), make([]byte, 0, 4<<10)
	events, protocol := newDeltas(b), restjson1.New(nil)
	for _, bench := range []struct {
		name string
		next func() error
	}{
		{"Next", func() error {
			_, err := ours.Next()
			return err
		}},
		{"Next+Header×3", func() error { // as the stream guard and Text ask
			f, err := ours.Next()
			if string(f.Header(messageType)) != "event" || string(f.Header(eventType)) == "messageStop" || string(f.Header(eventType)) != "contentBlockDelta" {
				b.Fatalf("got headers %q", f.Headers)
			}
			return err
		}},
		{"Next+TextDelta", func() error {
			f, err := ours.Next()
			if _, _, ok := TextDelta(f.Payload); !ok {
				b.Fatalf("not taken: %s", f.Payload)
			}
			return err
		}},
		{"SDK decoder", func() error {
			_, err := decoder.Decode(frames, payload)
			return err
		}},
		{"SDK event", func() error {
			_, err := protocol.DeserializeEventMessage(schemas.ConverseStreamOutput, bedrockruntime.TypeRegistry, events)
			return err
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := bench.next(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkTextDelta(b *testing.B) {
	for name, text := range map[string]string{
		"word":      ` endpoints`,
		"sentence":  strings.Repeat(" endpoints", 20),
		"not ASCII": ` überträgt`,
		"escaped":   `.\n\n`,
	} {
		payload := []byte(`{"contentBlockIndex":0,"delta":{"text":"` + text + `"},"p":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJK"}`)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, ok := TextDelta(payload); !ok {
					b.Fatal("not taken")
				}
			}
		})
	}
	frame := event(b, "contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":".\n\n"},"p":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJK"}`)
	b.Run("escaped, SDK event", func(b *testing.B) {
		b.ReportAllocs()
		protocol, r := restjson1.New(nil), bytes.NewReader(nil)
		for b.Loop() {
			r.Reset(frame)
			if _, err := protocol.DeserializeEventMessage(schemas.ConverseStreamOutput, bedrockruntime.TypeRegistry, r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
