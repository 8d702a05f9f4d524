package bedrock_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

// recording is one exchange with the real service.
type recording struct {
	Source  string            `json:"source"`
	Path    string            `json:"path"`
	Request string            `json:"request"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body"`
}

// model is the model that was called, from the path.
func (r recording) model(t *testing.T) string {
	t.Helper()
	model, err := url.PathUnescape(strings.Split(r.Path, "/")[2])
	if err != nil {
		t.Fatal(err)
	}
	return model
}

func (r recording) response() bedrocktest.Response {
	headers := make(map[string]string)
	for name, value := range r.Headers {
		if name != "date" { // the SDK would sign for the clock of that day
			headers[name] = value
		}
	}
	return bedrocktest.Recorded(r.Status, headers, r.Body)
}

// recordings reads the exchanges of an operation from the folder that
// BEDROCK_RECORDINGS names.
func recordings(t *testing.T, operation string) []recording {
	t.Helper()
	dir := os.Getenv("BEDROCK_RECORDINGS")
	if dir == "" {
		t.Skip("BEDROCK_RECORDINGS is unset: it names the folder of recorded exchanges, which this repository doesn't hold")
	}
	raw, err := os.ReadFile(filepath.Join(dir, operation+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var all []recording
	for d := json.NewDecoder(bytes.NewReader(raw)); ; {
		var r recording
		err := d.Decode(&r)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if len(all) == 0 {
		t.Fatalf("no recording of %s in BEDROCK_RECORDINGS", operation)
	}
	return all
}

// replay calls fn for every recording against a server that answers with it.
func replay(t *testing.T, operation string, fn func(t *testing.T, c *bedrock.Client, r recording)) {
	t.Parallel()
	all := recordings(t, operation)
	srv := bedrocktest.NewServer()
	t.Cleanup(srv.Close)
	srv.Lenient = true // the requests are stand-ins, the replies are what counts
	c := srv.Client(bedrock.WithMaxAttempts(1))
	ok, failed := 0, 0
	for i, r := range all {
		srv.Handle(func(*bedrocktest.Request) bedrocktest.Response { return r.response() })
		if !t.Run(strconv.Itoa(i), func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Log(r.Source)
				}
			}()
			fn(t, c, r)
		}) {
			continue
		}
		if r.Status == 200 {
			ok++
		} else {
			failed++
		}
	}
	t.Logf("%s: %d replies and %d errors as recorded, of %d", operation, ok, failed, len(all))
}

func TestRecordedConverse(t *testing.T) {
	replay(t, "converse", func(t *testing.T, c *bedrock.Client, r recording) {
		reply, err := c.Converse(context.Background(), r.model(t), bedrock.Prompt("Hello"))
		if r.Status != 200 {
			wantRecordedError(t, r, err)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var want wireReply
		if err := json.Unmarshal(r.Body, &want); err != nil {
			t.Fatal(err)
		}
		wantReply(t, r, reply, want)
	})
}

func TestRecordedConverseStream(t *testing.T) {
	replay(t, "converse-stream", func(t *testing.T, c *bedrock.Client, r recording) {
		ctx, model := context.Background(), r.model(t)
		stream, err := c.ConverseStream(ctx, model, bedrock.Prompt("Hello"))
		if r.Status != 200 {
			wantRecordedError(t, r, err)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for piece, err := range stream.Text() {
			if err != nil {
				t.Fatal(err)
			}
			text.WriteString(piece)
		}
		reply, err := stream.Reply()
		if err != nil {
			t.Fatal(err)
		}
		want := decodeWireStream(t, r.Body)
		wantReply(t, r, reply, want)
		if text.String() != reply.Text() {
			t.Errorf("Text() gave %q, the reply has %q", text.String(), reply.Text())
		}
		wantSameEvents(t, c, model, reply)
	})
}

// wantSameEvents compares Events, the SDK's own stream, and the reply by Text.
func wantSameEvents(t *testing.T, c *bedrock.Client, model string, want *bedrock.Reply) {
	t.Helper()
	ctx := context.Background()
	stream, err := c.ConverseStream(ctx, model, bedrock.Prompt("Hello"))
	if err != nil {
		t.Fatal(err)
	}
	var ours, theirs []types.ConverseStreamOutput
	for event, err := range stream.Events() {
		if err != nil {
			t.Fatal(err)
		}
		ours = append(ours, event)
	}
	out, err := c.SDK().ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: &model, Messages: bedrock.Prompt("Hello")})
	if err != nil {
		t.Fatal(err)
	}
	for event := range out.GetStream().Events() {
		theirs = append(theirs, event)
	}
	if err := out.GetStream().Close(); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(ours, theirs) {
		t.Errorf("Events() gave %d events, the SDK's stream %d, or they differ", len(ours), len(theirs))
	}
	reply, err := stream.Reply()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(reply.Message(), want.Message()) || !reflect.DeepEqual(reply.Usage, want.Usage) || reply.StopReason != want.StopReason {
		t.Errorf("read by Events the reply is %+v, by Text %+v", reply.Message(), want.Message())
	}
}

func TestRecordedInvokeModel(t *testing.T) {
	replay(t, "invoke-model", func(t *testing.T, c *bedrock.Client, r recording) {
		got, err := bedrock.Invoke[json.RawMessage](context.Background(), c, r.model(t), json.RawMessage(`{}`))
		if r.Status != 200 {
			wantRecordedError(t, r, err)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		count := func(name string) int {
			n, err := strconv.Atoi(cmp.Or(r.Headers["x-amzn-bedrock-"+name], "0"))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		want := bedrock.Tokens{Input: count("input-token-count"), Output: count("output-token-count"),
			CacheRead: count("cache-read-input-token-count"), CacheWrite: count("cache-write-input-token-count")}
		if got.Tokens != want || int(got.Latency.Milliseconds()) != count("invocation-latency") {
			t.Errorf("tokens %+v, latency %v, want %+v, %d ms", got.Tokens, got.Latency, want, count("invocation-latency"))
		}
		if !bytes.Equal(got.Body, r.Body) || !bytes.Equal(got.Value, r.Body) {
			t.Error("the body is not the recorded one")
		}
		if want, ok := r.Headers["x-amzn-requestid"]; ok && got.RequestID != want { // one was recorded without
			t.Errorf("request id %q, want %q", got.RequestID, want)
		}
	})
}

func TestRecordedInvokeModelWithResponseStream(t *testing.T) {
	replay(t, "invoke-model-with-response-stream", func(t *testing.T, c *bedrock.Client, r recording) {
		ctx, model := context.Background(), r.model(t)
		stream, err := bedrock.InvokeStream[json.RawMessage](ctx, c, model, json.RawMessage(`{}`))
		if r.Status != 200 {
			wantRecordedError(t, r, err)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var got, sdk [][]byte
		var streamErr error
		for chunk, err := range stream.Chunks() {
			if err != nil {
				streamErr = err
				break
			}
			got = append(got, chunk)
		}
		want := decodeWireChunks(t, r.Body)
		if !slices.EqualFunc(got, want.chunks, bytes.Equal) {
			t.Errorf("%d chunks, want %d, or they differ", len(got), len(want.chunks))
		}
		if stream.Tokens() != want.tokens {
			t.Errorf("tokens %+v, want %+v", stream.Tokens(), want.tokens)
		}
		wantStreamEnd(t, want.exception, streamErr)
		out, err := c.SDK().InvokeModelWithResponseStream(ctx, &bedrockruntime.InvokeModelWithResponseStreamInput{ModelId: &model, Body: []byte(`{}`)})
		if err != nil {
			t.Fatal(err)
		}
		for event := range out.GetStream().Events() {
			sdk = append(sdk, event.(*types.ResponseStreamMemberChunk).Value.Bytes)
		}
		if !slices.EqualFunc(got, sdk, bytes.Equal) {
			t.Errorf("%d chunks, %d through the SDK, or they differ", len(got), len(sdk))
		}
		wantStreamEnd(t, want.exception, out.GetStream().Close())
	})
}

func wantStreamEnd(t *testing.T, exception string, err error) {
	t.Helper()
	if exception == "" {
		if err != nil {
			t.Error(err)
		}
		return
	}
	var api interface{ ErrorCode() string }
	if !errors.As(err, &api) || !strings.EqualFold(api.ErrorCode(), exception) {
		t.Errorf("the stream ended with %v, want %s", err, exception)
	}
}

func wantReply(t *testing.T, r recording, got *bedrock.Reply, want wireReply) {
	t.Helper()
	if got.Text() != want.text() {
		t.Errorf("text %q, want %q", got.Text(), want.text())
	}
	if string(got.StopReason) != want.StopReason {
		t.Errorf("stop reason %q, want %q", got.StopReason, want.StopReason)
	}
	var tokens bedrock.Tokens
	if u := want.Usage; u != nil {
		tokens = bedrock.Tokens{Input: u.InputTokens, Output: u.OutputTokens, CacheRead: u.CacheReadInputTokens, CacheWrite: u.CacheWriteInputTokens}
	}
	if known := got.Tokens(); known != tokens || (got.Usage == nil) != (want.Usage == nil) {
		t.Errorf("tokens %+v, usage %v, want %+v", known, got.Usage, want.Usage)
	}
	if got.RequestID != r.Headers["x-amzn-requestid"] {
		t.Errorf("request id %q, want %q", got.RequestID, r.Headers["x-amzn-requestid"])
	}
	var uses []wireToolUse
	for _, block := range want.Output.Message.Content {
		if block.ToolUse != nil {
			uses = append(uses, *block.ToolUse)
		}
	}
	var gotUses []wireToolUse
	for _, use := range got.ToolUses() {
		u := wireToolUse{ToolUseId: aws.ToString(use.ToolUseId), Name: aws.ToString(use.Name)}
		if use.Input != nil {
			if err := bedrock.DecodeJSON(use.Input, &u.Input); err != nil {
				t.Error(err)
			}
		}
		gotUses = append(gotUses, u)
	}
	if !reflect.DeepEqual(gotUses, uses) {
		t.Errorf("tool uses %+v, want %+v", gotUses, uses)
	}
}

// recordedKinds says what each error text of the recordings means.
var recordedKinds = []struct {
	code, text string
	want       error
}{
	{"UnrecognizedClientException", "", bedrock.ErrCredentials},
	{"InvalidSignatureException", "", bedrock.ErrCredentials},
	{"ExpiredTokenException", "", bedrock.ErrCredentials},
	{"AccessDeniedException", "", bedrock.ErrAccessDenied},
	{"ServiceUnavailableException", "Model is getting throttled", bedrock.ErrThrottled},
	{"ResourceNotFoundException", "", bedrock.ErrNotFound},
	{"ValidationException", "Input Tokens Exceeded", bedrock.ErrContextWindow},
	{"ValidationException", "Input is too long", bedrock.ErrContextWindow},
	{"ValidationException", "too many total text bytes", bedrock.ErrContextWindow},
	{"ValidationException", "on-demand throughput", bedrock.ErrNeedsProfile},
	{"ValidationException", "", bedrock.ErrInvalid},
}

func wantRecordedError(t *testing.T, r recording, err error) {
	t.Helper()
	var e *bedrock.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want a *bedrock.Error", err)
	}
	var body struct{ Message string }
	if err := json.Unmarshal(r.Body, &body); err != nil {
		t.Fatal(err)
	}
	code, _, _ := strings.Cut(r.Headers["x-amzn-errortype"], ":")
	if e.Code != code || e.HTTPStatus != r.Status || e.RequestID != r.Headers["x-amzn-requestid"] || e.Attempts != 1 {
		t.Errorf("code %q, status %d, request %q, %d attempts, want %q, %d, %q, 1", e.Code, e.HTTPStatus, e.RequestID, e.Attempts, code, r.Status, r.Headers["x-amzn-requestid"])
	}
	for _, k := range recordedKinds {
		if k.code == code && strings.Contains(body.Message, k.text) {
			if !errors.Is(err, k.want) {
				t.Errorf("%v is not %v", err, k.want)
			}
			return
		}
	}
	t.Errorf("no expectation for %s: %s", code, body.Message)
}
