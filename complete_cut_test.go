package bedrock

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/bedrock/internal/frame"
)

// lostAfter is a connection that ends with err after some bytes.
type lostAfter struct {
	data []byte
	err  error
}

func (b *lostAfter) Read(p []byte) (int, error) {
	if len(b.data) == 0 {
		return 0, b.err
	}
	n := copy(p, b.data)
	b.data = b.data[n:]
	return n, nil
}

func (*lostAfter) Close() error { return nil }

// cutCount counts what cuts did.
type cutCount struct{ cuts, silent, wrong atomic.Int64 }

// cutStream is a stream to cut, and where it is whole.
type cutStream struct {
	name  string
	op    string
	body  []byte
	whole func(frames int, clean bool) bool // after so many frames, however the bytes end
}

// response is a connection's, as the guard wraps it.
func (s *cutStream) response(body *lostAfter) (context.Context, *smithyhttp.Response) {
	return middleware.WithOperationName(context.Background(), s.op), &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusOK, Body: body}}
}

func cutGuard() guard { return guard{call: &call{origin: &origin{}}} }

// cutEverywhere ends the stream after each of its bytes, cleanly and by a reset. What a
// guarded body is before a frame is the same for all cuts within the frame: so for each
// of them a copy of it goes on, and reads only the bytes of the frame before the cut. At
// the beginning of each frame, the stream is read from its first byte as well, by all
// ways of reading.
func (s *cutStream) cutEverywhere(t *testing.T, all *cutCount) {
	t.Helper()
	body := &lostAfter{}
	ctx, resp := s.response(body)
	lead := cutGuard().wrap(ctx, resp)
	for n, at := 0, 0; ; n++ {
		var next []byte // frame
		if at < len(s.body) {
			next = s.body[at : at+int(binary.BigEndian.Uint32(s.body[at:]))]
		}
		for k := range max(1, len(next)) {
			for _, end := range []error{io.EOF, syscall.ECONNRESET} {
				body.data, body.err = next[:k], end
				frames, b := *lead.frames, cutGuard().wrap(ctx, resp)
				b.frames, b.reply = &frames, lead.reply
				_, err := b.nextFrame()
				s.judge(t, all, at+k, end, err, k == 0 && s.whole(n, end == io.EOF))
			}
		}
		for _, end := range []error{io.EOF, syscall.ECONNRESET, io.ErrUnexpectedEOF} { // the last is net/http's word for a lost HTTP/1.1 connection
			for _, read := range []func(*guardedBody) error{readFrames, readBytes} {
				s.judge(t, nil, at, end, read(cutGuard().wrap(s.response(&lostAfter{s.body[:at], end}))), s.whole(n, end == io.EOF))
			}
		}
		body.data, body.err = next, io.EOF
		came, err := lead.nextFrame()
		if f := failureOf(err); f != nil && f.by == byCode && at+len(next) == len(s.body) || err == io.EOF && at == len(s.body) {
			return
		}
		if err != nil {
			t.Errorf("%s: uncut, it ends at byte %d of %d with %v", s.name, at, len(s.body), err)
			return
		}
		at += len(came.Raw)
	}
}

// judge checks how a cut ended. Without all, it isn't counted.
func (s *cutStream) judge(t *testing.T, all *cutCount, at int, end, err error, whole bool) {
	silent := err == io.EOF
	if all != nil {
		all.cuts.Add(1)
		if silent && at < len(s.body) {
			all.silent.Add(1)
		}
	}
	if silent == whole && (silent || errors.Is(err, ErrTruncated)) {
		return
	}
	if all != nil {
		all.wrong.Add(1)
	}
	t.Helper()
	t.Errorf("%s: cut after byte %d of %d by %v: got %v, want the end of a whole reply: %v", s.name, at, len(s.body), end, err, whole)
}

// readFrames reads as this package's streams do; the error is io.EOF after a whole reply.
func readFrames(b *guardedBody) error {
	err := b.peek()
	for err == nil {
		_, err = b.nextFrame()
	}
	return err
}

// readBytes reads as the SDK's streams do.
func readBytes(b *guardedBody) error {
	err := b.peek()
	for p := make([]byte, 1000); err == nil; {
		_, err = b.Read(p)
	}
	return err
}

// Hand-written streams that are cut at every byte.
func TestEveryCutOfAStream(t *testing.T) {
	t.Parallel()
	chunks := func(chunks ...string) []byte { return []byte(strings.Join(chunkFrames(chunks...), "")) }
	atTheEnd := func(frames int) func(int, bool) bool { return func(n int, _ bool) bool { return n == frames } }
	var all cutCount
	for _, s := range []cutStream{
		{"ConverseStream", opConverseStream, []byte(strings.Join(eventFrames("messageStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"), "")),
			func(n int, clean bool) bool { return n == 5 || n == 4 && clean }},
		{"InvokeModel", opInvokeStream, chunks(`{"a":1}`, `{"a":2}`, `{"a":3,`+metricsMember+`}`), atTheEnd(3)},
		{"InvokeModel, an event after the metrics", opInvokeStream, append(chunks(`{"a":1,`+metricsMember+`}`), eventFrame("new", "{}")...),
			func(n int, _ bool) bool { return n >= 1 }},
		{"masked", opInvokeStream, chunks(`{"a":1,`+intervenedMember+`}`, `{"a":2,`+intervenedMember+`}`, `{"a":3,`+intervenedMember+`,`+traceMember+`,`+metricsMember+`}`), atTheEnd(3)},
		{"masked in part", opInvokeStream, chunks(`{"start":1}`, `{"a":1,`+intervenedMember+`}`, `{"stop":1}`, `{"a":2}`, `{`+intervenedMember+`,`+traceMember+`,`+metricsMember+`}`), atTheEnd(5)},
		{"blocked", opInvokeStream, chunks(`{"a":"No.",` + intervenedMember + `,` + traceMember + `}`), func(n int, clean bool) bool { return n == 1 && clean }},
		{"metrics and more", opInvokeStream, chunks(`{"a":1}`, `{"a":2,`+metricsMember+`}`, `{"a":3,`+metricsMember+`}`), func(n int, _ bool) bool { return n >= 2 }},
		{"metrics in the text", opInvokeStream, chunks(`{"a":"{\"amazon-bedrock-invocationMetrics\":{}}"}`, `{"a":1,`+metricsMember+`}`), atTheEnd(2)},
	} {
		s.cutEverywhere(t, &all)
	}
	t.Logf("%d cuts, %d without an error before the last byte", all.cuts.Load(), all.silent.Load())
}

// Every recorded stream, cut at every byte, is an error unless all of the reply came.
func TestRecordedStreamsCutAtEveryByte(t *testing.T) {
	t.Parallel()
	for operation, op := range map[string]string{"converse-stream": opConverseStream, "invoke-model-with-response-stream": opInvokeStream} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			var all cutCount
			var running sync.WaitGroup
			streams := recordedStreams(t, operation)
			for i, body := range streams {
				s := cutStream{fmt.Sprintf("%s %d", op, i), op, body, wholeAsRecorded(t, body)}
				running.Go(func() { s.cutEverywhere(t, &all) })
			}
			running.Wait()
			t.Logf("%d streams, %d cuts: %d without an error before the last byte, %d of them wrongly", len(streams), all.cuts.Load(), all.silent.Load(), all.wrong.Load())
		})
	}
}

// wholeAsRecorded tells where a recorded stream is whole: at its end, and at a clean end
// before the metadata too. What is lost by a reset after the last frame isn't known if
// that says neither usage nor metrics; after an exception, nothing is whole.
func wholeAsRecorded(t *testing.T, body []byte) func(frames int, clean bool) bool {
	t.Helper()
	all, last, marked := 0, "", false
	for r := frame.NewReader(bytes.NewReader(body)); ; all++ {
		f, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var chunk struct{ Bytes string }
		last = string(f.Header(":event-type"))
		if json.Unmarshal(f.Payload, &chunk) != nil {
			t.Fatalf("payload %.40q", f.Payload)
		}
		text, _ := base64.StdEncoding.DecodeString(chunk.Bytes)
		marked = last == "metadata" || bytes.Contains(text, []byte(`"amazon-bedrock-invocationMetrics":{`))
	}
	return func(n int, clean bool) bool {
		return last != "" && n == all && (clean || marked) || last == "metadata" && n == all-1 && clean
	}
}

// recordedStreams reads the bodies of an operation's successful streams from the folder
// that BEDROCK_RECORDINGS names.
func recordedStreams(t *testing.T, operation string) (bodies [][]byte) {
	t.Helper()
	dir := os.Getenv("BEDROCK_RECORDINGS")
	if dir == "" {
		t.Skip("BEDROCK_RECORDINGS is unset: it names the folder of recorded exchanges, which this repository doesn't hold")
	}
	file, err := os.Open(filepath.Join(dir, operation+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for d := json.NewDecoder(file); ; {
		var exchange struct {
			Status int
			Body   []byte
		}
		if err := d.Decode(&exchange); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if exchange.Status == http.StatusOK {
			bodies = append(bodies, exchange.Body)
		}
	}
	if len(bodies) == 0 {
		t.Fatalf("no stream of %s in BEDROCK_RECORDINGS", operation)
	}
	return bodies
}
