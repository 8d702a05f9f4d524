package bedrock_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

// streamed is a client whose streams hold these frames, and then messageStop and
// metadata.
func streamed(t testing.TB, frames ...[]byte) *bedrock.Client {
	t.Helper()
	body := bytes.Join(append(frames,
		event("messageStop", `{"stopReason":"end_turn"}`),
		event("metadata", `{"metrics":{"latencyMs":593},"usage":{"inputTokens":9,"outputTokens":2,"totalTokens":11}}`)), nil)
	c, err := bedrock.NewFromConfig(configFor(answering(func(r *http.Request) (*http.Response, error) {
		return answer(r, 200, bytes.NewReader(body), "Content-Type", "application/vnd.amazon.eventstream"), nil
	})))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func reply(t *testing.T, c *bedrock.Client) *bedrock.Reply {
	t.Helper()
	s, err := c.ConverseStream(context.Background(), benchModel, bedrock.Prompt("Hello"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Reply()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What the deltas of each kind add up to, without a start event for text, reasoning
// and citations.
func TestDeltasAddUp(t *testing.T) {
	t.Parallel()
	delta := func(index, delta string) []byte {
		return event("contentBlockDelta", `{"contentBlockIndex":`+index+`,"delta":`+delta+`,"p":"ab"}`)
	}
	start := func(index, start string) []byte {
		return event("contentBlockStart", `{"contentBlockIndex":`+index+`,"p":"ab","start":`+start+`}`)
	}
	for name, test := range map[string]struct {
		frames [][]byte
		want   types.ContentBlock
	}{
		"text":                          {[][]byte{delta("0", `{"text":"Par"}`), delta("0", `{"text":"is"}`)}, &types.ContentBlockMemberText{Value: "Paris"}},
		"text in escapes":               {[][]byte{delta("0", `{"text":"\"\u00e9\ud83d\ude00\"\n"}`)}, &types.ContentBlockMemberText{Value: "\"é😀\"\n"}},
		"text in another order of keys": {[][]byte{event("contentBlockDelta", `{"delta":{"text":"Hi"},"contentBlockIndex":0}`)}, &types.ContentBlockMemberText{Value: "Hi"}},
		"empty text":                    {[][]byte{delta("0", `{"text":""}`)}, &types.ContentBlockMemberText{}},
		"reasoning": {[][]byte{delta("0", `{"reasoningContent":{"text":"Let "}}`), delta("0", `{"reasoningContent":{"text":"me"}}`), delta("0", `{"reasoningContent":{"signature":"c2ln"}}`)},
			&types.ContentBlockMemberReasoningContent{Value: &types.ReasoningContentBlockMemberReasoningText{Value: types.ReasoningTextBlock{Text: aws.String("Let me"), Signature: aws.String("c2ln")}}}},
		"redacted reasoning": {[][]byte{delta("0", `{"reasoningContent":{"redactedContent":"c2Vj"}}`), delta("0", `{"reasoningContent":{"redactedContent":"cmV0"}}`)},
			&types.ContentBlockMemberReasoningContent{Value: &types.ReasoningContentBlockMemberRedactedContent{Value: []byte("secret")}}},
		"citations": {[][]byte{delta("0", `{"text":"By Matz."}`), delta("0", `{"citation":{"title":"facts","source":"s","sourceContent":[{"text":"Matz"}],"location":{"documentChar":{"documentIndex":0,"start":0,"end":4}}}}`)},
			&types.ContentBlockMemberCitationsContent{Value: types.CitationsContentBlock{
				Content: []types.CitationGeneratedContent{&types.CitationGeneratedContentMemberText{Value: "By Matz."}},
				Citations: []types.Citation{{Title: aws.String("facts"), Source: aws.String("s"),
					SourceContent: []types.CitationSourceContent{&types.CitationSourceContentMemberText{Value: "Matz"}},
					Location:      &types.CitationLocationMemberDocumentChar{Value: types.DocumentCharLocation{DocumentIndex: aws.Int32(0), Start: aws.Int32(0), End: aws.Int32(4)}}}},
			}}},
		"tool result": {[][]byte{start("0", `{"toolResult":{"toolUseId":"t1","status":"success","type":"nova_grounding_result"}}`), delta("0", `{"toolResult":[{"text":"a"}]}`), delta("0", `{"toolResult":[{"text":"b"},{"hologram":{}},{"text":"c"}]}`)},
			&types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{ToolUseId: aws.String("t1"), Status: types.ToolResultStatusSuccess, Type: aws.String("nova_grounding_result"),
				Content: []types.ToolResultContentBlock{&types.ToolResultContentBlockMemberText{Value: "ab"}, &types.UnknownUnionMember{Tag: "unknown"}, &types.ToolResultContentBlockMemberText{Value: "c"}}}}},
		"image": {[][]byte{start("0", `{"image":{"format":"png"}}`), delta("0", `{"image":{"source":{"bytes":"aW0="}}}`), delta("0", `{"image":{"source":{"bytes":"YWdl"}}}`)},
			&types.ContentBlockMemberImage{Value: types.ImageBlock{Format: types.ImageFormatPng, Source: &types.ImageSourceMemberBytes{Value: []byte("image")}}}},
		"image that failed": {[][]byte{start("0", `{"image":{"format":"png"}}`), delta("0", `{"image":{"error":{"message":"no"}}}`)},
			&types.ContentBlockMemberImage{Value: types.ImageBlock{Format: types.ImageFormatPng, Error: &types.ErrorBlock{Message: aws.String("no")}}}},
		"unknown start":     {[][]byte{start("0", `{"hologram":{}}`)}, &types.UnknownUnionMember{Tag: "unknown"}},
		"unknown delta":     {[][]byte{delta("0", `{"hologram":{}}`)}, &types.UnknownUnionMember{Tag: "unknown"}},
		"unknown reasoning": {[][]byte{delta("0", `{"reasoningContent":{"hologram":{}}}`)}, &types.UnknownUnionMember{Tag: "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := reply(t, streamed(t, append([][]byte{event("messageStart", `{"role":"assistant"}`)}, test.frames...)...))
			if content := got.Message().Content; len(content) != 1 || !reflect.DeepEqual(content[0], test.want) {
				t.Errorf("got %s, want %s", show(content), show([]types.ContentBlock{test.want}))
			}
			if tokens := got.Tokens(); tokens != (bedrock.Tokens{Input: 9, Output: 2}) || got.StopReason != types.StopReasonEndTurn || aws.ToInt64(got.Metrics.LatencyMs) != 593 {
				t.Errorf("%+v, %v, %v, %+v", tokens, got.Usage != nil, got.StopReason, got.Metrics)
			}
		})
	}
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestToolInputAddsUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ fragments, want string }{
		"whole":   {`"{\"city\":","\"Paris\",\"n\":12345678901234567890}"`, `{"city":"Paris","n":12345678901234567890}`},
		"none":    {``, `{}`},
		"empty":   {`""`, `{}`},
		"cut off": {`"{\"city\":","\"Pa"`, `"{\"city\":\"Pa"`},
		"garbled": {`"<&>"`, `"<&>"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			frames := [][]byte{event("contentBlockStart", `{"contentBlockIndex":1,"start":{"toolUse":{"name":"weather","toolUseId":"t1"}}}`)}
			var list []json.RawMessage
			if err := json.Unmarshal([]byte("["+test.fragments+"]"), &list); err != nil {
				t.Fatal(err)
			}
			for _, f := range list {
				frames = append(frames, event("contentBlockDelta", `{"contentBlockIndex":1,"delta":{"toolUse":{"input":`+string(f)+`}}}`))
			}
			uses := reply(t, streamed(t, frames...)).ToolUses()
			if len(uses) != 1 || aws.ToString(uses[0].Name) != "weather" || aws.ToString(uses[0].ToolUseId) != "t1" {
				t.Fatalf("%+v", uses)
			}
			if raw, err := uses[0].Input.MarshalSmithyDocument(); string(raw) != test.want || err != nil {
				t.Errorf("input %s, %v, want %s", raw, err, test.want)
			}
		})
	}
}

// Blocks stand in the order of their index, whatever the order of their events.
func TestBlocksInterleave(t *testing.T) {
	t.Parallel()
	got := reply(t, streamed(t,
		event("contentBlockDelta", `{"contentBlockIndex":1,"delta":{"text":"b"},"p":"x"}`),
		event("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"a"},"p":"x"}`),
		event("contentBlockDelta", `{"contentBlockIndex":1,"delta":{"text":"B"},"p":"x"}`),
		event("contentBlockStop", `{"contentBlockIndex":1}`)))
	if content := got.Message().Content; len(content) != 2 || got.Text() != "abB" || got.Message().Role != types.ConversationRoleAssistant {
		t.Errorf("%s", show(content))
	}
}

func TestUnknownEventIsHandedOn(t *testing.T) {
	t.Parallel()
	s, err := streamed(t, event("messageStart", `{"role":"assistant"}`), event("hologram", `{"x":1}`)).ConverseStream(context.Background(), benchModel, nil)
	if err != nil {
		t.Fatal(err)
	}
	var tags []string
	for e, err := range s.Events() {
		if err != nil {
			t.Fatal(err)
		}
		if u, ok := e.(*types.UnknownUnionMember); ok {
			tags = append(tags, u.Tag)
		}
	}
	if len(tags) != 1 || tags[0] != "hologram" {
		t.Errorf("unknown events %q", tags)
	}
}

func TestLoopsShareAStream(t *testing.T) {
	t.Parallel()
	s, err := streamed(t, event("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"a"},"p":"x"}`)).ConverseStream(context.Background(), benchModel, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range s.Events() {
	}
	for range s.Text() {
		t.Error("a second loop on a stream read to its end gives something")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if r, err := s.Reply(); err != nil || r.Text() != "a" {
		t.Errorf("after Close of a stream read to its end: %v", err)
	}
}

func TestLeavingALoopClosesTheStream(t *testing.T) {
	t.Parallel()
	s, err := streamed(t, event("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"a"},"p":"x"}`)).ConverseStream(context.Background(), benchModel, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range s.Text() {
		break
	}
	for range 2 { // the error is sticky
		n := 0
		for _, err := range s.Events() {
			if n++; !errors.Is(err, net.ErrClosed) {
				t.Errorf("error %v", err)
			}
		}
		if n != 1 {
			t.Errorf("%d errors from a loop over a closed stream", n)
		}
	}
	if r, err := s.Reply(); r.Text() != "a" || !errors.Is(err, net.ErrClosed) {
		t.Errorf("%q, %v", r.Text(), err)
	}
}

// An SDK whose stream can't be replaced is read through, under the same guard.
func TestStreamThroughTheSDKsReader(t *testing.T) {
	t.Parallel()
	renamed := bedrock.WithSDKOptions(func(o *bedrockruntime.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			const id = "OperationEventStreamDeserializer"
			if m, ok := s.Deserialize.Get(id); ok {
				_, err := s.Deserialize.Swap(id, middleware.DeserializeMiddlewareFunc("AnotherName", m.HandleDeserialize))
				return err
			}
			return nil
		})
	})
	srv := bedrocktest.NewServer()
	defer srv.Close()
	c := srv.Client(renamed)
	for name, read := range map[string]reader{"text": readText, "events": readEvents} {
		srv.Queue(bedrocktest.Text("One", " two"))
		if got, err := read(context.Background(), c); got != "One two" || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		srv.Queue(bedrocktest.Text("One", " two").CutAfter(2, bedrocktest.CleanEnd))
		if got, err := read(context.Background(), c); got != "One" || !errors.Is(err, bedrock.ErrTruncated) {
			t.Errorf("%s, cut: %q, %v", name, got, err)
		}
	}
	srv.Queue(bedrocktest.JSONChunks(textChunk{"One"}, textChunk{" two"}), bedrocktest.JSONChunks(textChunk{"One"}, textChunk{" two"}).CutAfter(1, bedrocktest.CleanEnd))
	if got, err := readChunks(context.Background(), c); got != "One two" || err != nil {
		t.Errorf("chunks: %q, %v", got, err)
	}
	if got, err := readChunks(context.Background(), c); got != "One" || !errors.Is(err, bedrock.ErrTruncated) {
		t.Errorf("chunks, cut: %q, %v", got, err)
	}
	srv.Queue(bedrocktest.Text("One", " two"))
	for range openStream(t, context.Background(), c).Text() {
		break
	}
}

func TestMiddlewareThatTakesTheStreamAway(t *testing.T) {
	t.Parallel()
	srv := bedrocktest.NewServer()
	defer srv.Close()
	c := srv.Client(bedrock.WithSDKOptions(func(o *bedrockruntime.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return s.Initialize.Add(middleware.InitializeMiddlewareFunc("Canned", func(context.Context, middleware.InitializeInput, middleware.InitializeHandler) (out middleware.InitializeOutput, md middleware.Metadata, err error) {
				out.Result = &bedrockruntime.ConverseStreamOutput{}
				return out, md, nil
			}), middleware.After)
		})
	}))
	if _, err := c.ConverseStream(context.Background(), benchModel, nil); err == nil || !strings.Contains(err.Error(), "middleware") {
		t.Errorf("error %v", err)
	}
}

func TestUnmarkedEnd(t *testing.T) {
	t.Parallel()
	srv := bedrocktest.NewServer()
	defer srv.Close()
	c := srv.Client(bedrock.WithUnmarkedStreamEnd(), bedrock.WithMaxAttempts(1))
	unmarked := bedrocktest.JSONChunks(textChunk{"One"}, textChunk{" two"}, textChunk{" three"})
	for name, test := range map[string]struct {
		answer bedrocktest.Response
		want   string
		err    error
	}{
		"between chunks":           {unmarked.CutAfter(2, bedrocktest.CleanEnd), "One two", nil},
		"dropped between chunks":   {unmarked.CutAfter(2, bedrocktest.StreamReset), "One two", bedrock.ErrTruncated},
		"in the middle of a chunk": {bedrocktest.Frames(chunk(`{"text":"One"}`), chunk(`{"text":"two"}`)[:50]), "One", bedrock.ErrTruncated},
		"before any chunk":         {unmarked.CutAfter(0, bedrocktest.CleanEnd), "", bedrock.ErrTruncated},
	} {
		srv.Queue(test.answer)
		if got, err := readChunks(context.Background(), c); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %q, %v, want %q, %v", name, got, err, test.want, test.err)
		}
	}
	srv.Queue(bedrocktest.Text("One", " two").CutAfter(2, bedrocktest.CleanEnd))
	if _, err := readText(context.Background(), c); !errors.Is(err, bedrock.ErrTruncated) {
		t.Errorf("ConverseStream without messageStop: %v", err)
	}
}

// A guardrail that blocked the request ends an InvokeModel stream without metrics; one
// that masks says the same of every chunk, and ends nothing.
func TestGuardrailOnAnInvokeStream(t *testing.T) {
	t.Parallel()
	srv := bedrocktest.NewServer()
	defer srv.Close()
	const action = `"amazon-bedrock-guardrailAction":"INTERVENED"`
	blocked := json.RawMessage(`{"text":"No.",` + action + `,"amazon-bedrock-trace":{"guardrail":{"actionReason":"Guardrail blocked."}}}`)
	masked := json.RawMessage(`{"text":"{NAME} ",` + action + `}`)
	for name, test := range map[string]struct {
		answer bedrocktest.Response
		want   string
		err    error
	}{
		"blocked":            {bedrocktest.JSONChunks(blocked), "No.", nil},
		"masked":             {bedrocktest.JSONChunks(masked, masked, masked), "{NAME} {NAME} {NAME} ", nil},
		"masked, ended":      {bedrocktest.JSONChunks(masked, masked, masked).CutAfter(1, bedrocktest.CleanEnd), "{NAME} ", bedrock.ErrTruncated},
		"masked, reset":      {bedrocktest.JSONChunks(masked, masked, masked).CutAfter(2, bedrocktest.ConnectionReset), "{NAME} {NAME} ", bedrock.ErrTruncated},
		"masked, then plain": {bedrocktest.Frames(chunk(string(masked)), chunk(`{"text":"!","amazon-bedrock-guardrailAction":"NONE"}`)), "{NAME} !", bedrock.ErrTruncated},
	} {
		srv.Queue(test.answer)
		if got, err := readChunks(context.Background(), srv.Client(bedrock.WithMaxAttempts(1))); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %q, %v, want %q, %v", name, got, err, test.want, test.err)
		}
	}
}

// The stall timer counts from event to event, not the time that a loop takes.
func TestSlowLoopIsNoStall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := bedrocktest.NewPipeServer()
		defer srv.Close()
		s := openStream(t, context.Background(), srv.Client(bedrock.WithStallTimeout(100*time.Millisecond)))
		for _, err := range s.Text() {
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(150 * time.Millisecond)
		}
	})
}

func TestEventThatCantBeDecoded(t *testing.T) {
	t.Parallel()
	c := streamed(t, event("messageStart", `{"role":"assistant"}`), event("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"a"},"p":"x"}`), event("contentBlockDelta", `{"contentBlockIndex":[]}`))
	if got, err := readText(context.Background(), c); got != "a" || err == nil || errors.Is(err, io.EOF) {
		t.Errorf("%q, %v", got, err)
	}
}

// Everything has come when usage has; a connection that stays open then is no stall.
func TestSilenceAfterTheEndIsNoStall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := bedrocktest.NewPipeServer()
		defer srv.Close()
		srv.Queue(bedrocktest.Text("One").CutAfter(100, bedrocktest.Stall))
		if got, err := readText(context.Background(), srv.Client(bedrock.WithStallTimeout(time.Minute))); got != "One" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// The SDK's logger reads a whole stream; nothing of the checks is lost.
func TestStreamWithTheSDKsBodyLog(t *testing.T) {
	t.Parallel()
	srv := bedrocktest.NewServer()
	defer srv.Close()
	c := srv.Client(bedrock.WithMaxAttempts(1), bedrock.WithSDKOptions(func(o *bedrockruntime.Options) {
		o.ClientLogMode, o.Logger = aws.LogResponseWithBody, logging.Nop{}
	}))
	srv.Queue(bedrocktest.Text("One", " two"), bedrocktest.Text("One", " two").CutAfter(2, bedrocktest.CleanEnd))
	if got, err := readText(context.Background(), c); got != "One two" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := readText(context.Background(), c); got != "One" || !errors.Is(err, bedrock.ErrTruncated) {
		t.Errorf("%q, %v", got, err)
	}
}
