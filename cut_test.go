package bedrock_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/eventstream"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

// wireCase is a stream in frames, and what a reader of either kind makes of it.
type wireCase struct {
	name     string
	frames   [][]byte
	text     []string // by frame, "" for none
	answered int      // frames after which the model is answering: from then on nothing is retried
	complete int      // frames after which the end mark has come
	last     int      // frames after which even a dropped connection loses nothing
	read     map[string]reader
}

// reader reads a whole stream: what arrived, and the error of the call or the stream.
type reader func(ctx context.Context, c *bedrock.Client) (string, error)

func event(name, payload string) []byte {
	return bedrocktest.EventFrame(name, json.RawMessage(payload))
}

func chunk(payload string) []byte {
	return event("chunk", fmt.Sprintf(`{"bytes":%q,"p":"abcdef"}`, base64.StdEncoding.EncodeToString([]byte(payload))))
}

var converseCase = wireCase{
	name: "ConverseStream",
	frames: [][]byte{
		event("messageStart", `{"p":"abcdefghijklmnopqrs","role":"assistant"}`),
		event("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"Par"},"p":"abcdefghi"}`),
		event("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"is \"ok\""},"p":"ab"}`),
		event("contentBlockStop", `{"contentBlockIndex":0,"p":"abcdefgh"}`),
		event("messageStop", `{"p":"abcdefghijk","stopReason":"end_turn"}`),
		event("metadata", `{"metrics":{"latencyMs":593},"p":"abcd","usage":{"inputTokens":9,"outputTokens":2,"totalTokens":11}}`),
	},
	text:     []string{"", "Par", `is "ok"`, "", "", ""},
	answered: 2, complete: 5, last: 6,
	read: map[string]reader{"text": readText, "events": readEvents, "sdk": readSDK},
}

var invokeCase = wireCase{
	name: "InvokeModelWithResponseStream",
	frames: [][]byte{
		chunk(`{"text":"Par"}`),
		chunk(`{"text":"is"}`),
		chunk(`{"text":"!","amazon-bedrock-invocationMetrics":{"inputTokenCount":9,"outputTokenCount":2,"invocationLatency":593,"firstByteLatency":100}}`),
	},
	text:     []string{"Par", "is", "!"},
	answered: 1, complete: 3, last: 3,
	read: map[string]reader{"chunks": readChunks, "sdk": readSDKChunks},
}

func readText(ctx context.Context, c *bedrock.Client) (string, error) {
	s, err := c.ConverseStream(ctx, benchModel, bedrock.Prompt("Hello"))
	if err != nil {
		return "", err
	}
	var got string
	for text, err := range s.Text() {
		if err != nil {
			reply, replyErr := s.Reply()
			if reply.Text() != got || replyErr != err {
				return "", fmt.Errorf("Reply gives %q, %w; the loop gave %q, %w", reply.Text(), replyErr, got, err)
			}
			return got, err
		}
		got += text
	}
	return got, nil
}

func readEvents(ctx context.Context, c *bedrock.Client) (string, error) {
	s, err := c.ConverseStream(ctx, benchModel, bedrock.Prompt("Hello"))
	if err != nil {
		return "", err
	}
	var got string
	for event, err := range s.Events() {
		if err != nil {
			return got, err
		}
		got += textOf(event)
	}
	return got, nil
}

func textOf(event types.ConverseStreamOutput) string {
	if d, ok := event.(*types.ConverseStreamOutputMemberContentBlockDelta); ok {
		if text, ok := d.Value.Delta.(*types.ContentBlockDeltaMemberText); ok {
			return text.Value
		}
	}
	return ""
}

func readSDK(ctx context.Context, c *bedrock.Client) (string, error) {
	out, err := c.SDK().ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: aws.String(benchModel), Messages: bedrock.Prompt("Hello")})
	if err != nil {
		return "", err
	}
	var got string
	for event := range out.GetStream().Events() {
		got += textOf(event)
	}
	return got, out.GetStream().Close()
}

type textChunk struct {
	Text string `json:"text"`
}

func readChunks(ctx context.Context, c *bedrock.Client) (string, error) {
	s, err := bedrock.InvokeStream[textChunk](ctx, c, benchModel, json.RawMessage(`{}`))
	if err != nil {
		return "", err
	}
	var got string
	for chunk, err := range s.Chunks() {
		if err != nil {
			return got, err
		}
		got += chunk.Text
	}
	return got, nil
}

func readSDKChunks(ctx context.Context, c *bedrock.Client) (string, error) {
	out, err := c.SDK().InvokeModelWithResponseStream(ctx, &bedrockruntime.InvokeModelWithResponseStreamInput{ModelId: aws.String(benchModel), Body: []byte(`{}`)})
	if err != nil {
		return "", err
	}
	var got string
	for event := range out.GetStream().Events() {
		var c textChunk
		if err := json.Unmarshal(event.(*types.ResponseStreamMemberChunk).Value.Bytes, &c); err != nil {
			return got, err
		}
		got += c.Text
	}
	return got, out.GetStream().Close()
}

// whole tells how many frames are whole in the first n bytes, and the text in them.
func (w wireCase) whole(n int) (frames int, between bool, text string) {
	for i, f := range w.frames {
		if n < len(f) {
			return i, n == 0, text
		}
		n -= len(f)
		text += w.text[i]
	}
	return len(w.frames), n == 0, text
}

// cuts are offsets in the frames: one in every so many bytes, and all at and beside the
// frames' borders.
func (w wireCase) cuts(every int) (cuts []int) {
	size := len(slices.Concat(w.frames...))
	for cut := 0; cut <= size; cut += every {
		cuts = append(cuts, cut)
	}
	border := 0
	for _, f := range w.frames {
		border += len(f)
		cuts = append(cuts, border-1, border, min(border+1, size))
	}
	slices.Sort(cuts)
	return slices.Compact(cuts)
}

// A stream cut at any byte is an error that keeps what arrived; it is retried only
// while nothing has been delivered.
func TestStreamCutAtEveryByte(t *testing.T) {
	t.Parallel()
	for _, w := range []wireCase{converseCase, invokeCase} {
		for name, read := range w.read {
			for ending, how := range map[string]bedrocktest.Ending{"clean end": bedrocktest.CleanEnd, "dropped": bedrocktest.StreamReset} {
				t.Run(w.name+"/"+name+"/"+ending, func(t *testing.T) {
					t.Parallel()
					srv := bedrocktest.NewServer()
					defer srv.Close()
					var c *bedrock.Client
					for i, cut := range w.cuts(sampled(1, 11)) {
						if i%50 == 0 { // a hundred lost connections use up the retry quota
							c = srv.Client(bedrock.WithMaxAttempts(2))
						}
						wantCut(t, srv, c, w, read, cut, how)
					}
				})
			}
		}
	}
}

// net/http tells a dropped HTTP/1.1 connection from a clean end in another way.
func TestStreamCutOnHTTP1(t *testing.T) {
	t.Parallel()
	for _, w := range []wireCase{converseCase, invokeCase} {
		size := len(strings.Join(toStrings(w.frames), ""))
		for name, read := range w.read {
			t.Run(w.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				srv := bedrocktest.NewHTTP1Server()
				defer srv.Close()
				c := srv.Client(bedrock.WithMaxAttempts(2))
				for cut := 0; cut <= size; cut += 41 {
					wantCut(t, srv, c, w, read, cut, bedrocktest.ConnectionClose)
				}
				for i, n := 0, 0; i < len(w.frames); i++ { // between frames
					n += len(w.frames[i])
					wantCut(t, srv, c, w, read, n, bedrocktest.ConnectionClose)
				}
			})
		}
	}
}

func wantCut(t *testing.T, srv *bedrocktest.Server, c *bedrock.Client, w wireCase, read reader, cut int, how bedrocktest.Ending) {
	t.Helper()
	srv.Handle(func(*bedrocktest.Request) bedrocktest.Response {
		return bedrocktest.Frames(w.frames...).CutAt(cut, how)
	})
	before := len(srv.Requests())
	got, err := read(context.Background(), c)
	frames, between, text := w.whole(cut)
	complete := between && (frames >= w.last || frames >= w.complete && how == bedrocktest.CleanEnd)
	if complete != (err == nil) || err != nil && !errors.Is(err, bedrock.ErrTruncated) {
		t.Errorf("cut at %d, after %d frames: error %v", cut, frames, err)
	}
	if frames < w.answered {
		text = ""
	}
	if got != text {
		t.Errorf("cut at %d, after %d frames: %q arrived, want %q", cut, frames, got, text)
	}
	attempts := 1
	if frames < w.answered {
		attempts = 2
	}
	if n := len(srv.Requests()) - before; n != attempts {
		t.Errorf("cut at %d, after %d frames: %d attempts, want %d", cut, frames, n, attempts)
	}
	var id interface{ ServiceRequestID() string }
	if err != nil && (!errors.As(err, &id) || id.ServiceRequestID() == "") {
		t.Errorf("cut at %d: no request id in %v", cut, err)
	}
}

func toStrings(frames [][]byte) (s []string) {
	for _, f := range frames {
		s = append(s, string(f))
	}
	return s
}

// exceptionFrame is an exception as it comes in a stream.
func exceptionFrame(code, message string) []byte {
	var b bytes.Buffer
	m := eventstream.Message{Payload: []byte(fmt.Sprintf(`{"message":%q}`, message))}
	m.Headers.Set(":exception-type", eventstream.StringValue(code))
	m.Headers.Set(":content-type", eventstream.StringValue("application/json"))
	m.Headers.Set(":message-type", eventstream.StringValue("exception"))
	if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}
