package bedrocktest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/eventstream"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// payloads decodes frames and checks that their headers come in Bedrock's
// order.
func payloads(t *testing.T, parts [][]byte) []string {
	t.Helper()
	var got []string
	r := bytes.NewReader(bytes.Join(parts, nil))
	for r.Len() > 0 {
		msg, err := eventstream.NewDecoder().Decode(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, h := range msg.Headers {
			names = append(names, h.Name)
		}
		if order := []string{":event-type", ":content-type", ":message-type"}; !slices.Equal(names, order) {
			t.Errorf("headers: got %q, want %q", names, order)
		}
		got = append(got, msg.Headers.Get(":event-type").String()+" "+string(msg.Payload))
	}
	return got
}

func request(operation, body string) *Request {
	return &Request{Operation: operation, Method: http.MethodPost, Body: []byte(body)}
}

func TestStreamLooksLikeBedrock(t *testing.T) {
	t.Parallel()
	r := Reasoning("Hm. So", "sig").And(Text("a <b>"), ToolUse("weather", "t1", map[string]string{"city": "Oslo"})).Usage(7, 3)
	a, err := r.answer(request("ConverseStream", `{}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`messageStart {"p":"abcd","role":"assistant"}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm."}},"p":"abcdefghijklmnopqrstu"}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"text":" So"}},"p":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL"}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"sig"}},"p":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012"}`,
		`contentBlockStop {"contentBlockIndex":0,"p":"abcdefghij"}`,
		`contentBlockDelta {"contentBlockIndex":1,"delta":{"text":"a"},"p":"abcdefghijklmnopqrstuvwxyzA"}`,
		`contentBlockDelta {"contentBlockIndex":1,"delta":{"text":" <b>"},"p":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQR"}`,
		`contentBlockStop {"contentBlockIndex":1,"p":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012345678"}`,
		`contentBlockStart {"contentBlockIndex":2,"p":"abcdefghijklmnop","start":{"toolUse":{"name":"weather","toolUseId":"t1"}}}`,
		`contentBlockDelta {"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\"city\":\"Oslo\"}"}},"p":"abcdefghijklmnopqrstuvwxyzABCDEFG"}`,
		`contentBlockStop {"contentBlockIndex":2,"p":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"}`,
		`messageStop {"p":"abcde","stopReason":"tool_use"}`,
		`metadata {"metrics":{"latencyMs":25},"p":"abcdefghijklmnopqrstuv","usage":{"inputTokens":7,"outputTokens":3,"serverToolUsage":{},"totalTokens":10}}`,
	}
	if got := payloads(t, a.parts); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestConverseLooksLikeBedrock(t *testing.T) {
	t.Parallel()
	r := Reasoning("Hm.", "sig").And(Text("a", " <b>"), ToolUse("weather", "t1", nil), Block(json.RawMessage(`{"hologram":1}`))).
		StopReason(types.StopReasonMaxTokens).Usage(7, 3).CacheUsage(100, 20)
	a, err := r.answer(request("Converse", `{}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"metrics":{"latencyMs":25},"output":{"message":{"content":[` +
		`{"reasoningContent":{"reasoningText":{"signature":"sig","text":"Hm."}}},{"text":"a <b>"},` +
		`{"toolUse":{"input":null,"name":"weather","toolUseId":"t1"}},{"hologram":1}],"role":"assistant"}},"stopReason":"max_tokens",` +
		`"usage":{"cacheReadInputTokenCount":100,"cacheReadInputTokens":100,"cacheWriteInputTokenCount":20,"cacheWriteInputTokens":20,` +
		`"inputTokens":7,"outputTokens":3,"serverToolUsage":{},"totalTokens":130}}`
	if got := string(bytes.Join(a.parts, nil)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestContentIsDecodedBySDK(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := Reasoning("Hm.", "").And(Text("Paris"), ToolUse("weather", "t1", map[string]int{"day": 1}))
	s.Queue(r, r)
	out, err := converse(once(s), "one two three")
	if err != nil {
		t.Fatal(err)
	}
	content := out.Output.(*types.ConverseOutputMemberMessage).Value.Content
	if got := content[2].(*types.ContentBlockMemberToolUse).Value; *got.Name != "weather" || *got.ToolUseId != "t1" {
		t.Errorf("tool use: got %+v", got)
	}
	if out.StopReason != types.StopReasonToolUse {
		t.Errorf("stop reason: got %s, want tool_use", out.StopReason)
	}
	if got := *out.Usage.InputTokens; got != 3 {
		t.Errorf("input tokens: got %d, want the 3 words of the prompt", got)
	}
	events, err := stream(context.Background(), once(s), "hi")
	if err != nil {
		t.Fatal(err)
	}
	if got := deltas(events); !slices.Equal(got, []string{"Paris"}) {
		t.Errorf("text: got %q", got)
	}
	if _, ok := events[len(events)-1].(*types.ConverseStreamOutputMemberMetadata); !ok {
		t.Errorf("last event: got %T, want metadata", events[len(events)-1])
	}
}

func TestChunking(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		response Response
		want     []string
	}{
		"words":              {Text("How are\n you? "), []string{"How", " are", "\n you?", " "}},
		"pieces":             {Text("Ho", "w", " a"), []string{"Ho", "w", " a"}},
		"pieces as they are": {Text("Ho", "w a").ChunkSize(1), []string{"Ho", "w a"}},
		"characters":         {Text("äöüß!").ChunkSize(2), []string{"äö", "üß", "!"}},
		"nothing":            {Text(""), nil},
		"negative size":      {Text("a b").ChunkSize(-1), []string{"a", " b"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			s.Queue(tt.response)
			events, err := stream(context.Background(), once(s), "hi")
			if err != nil {
				t.Fatal(err)
			}
			if got := deltas(events); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestToolInputInFragments(t *testing.T) {
	t.Parallel()
	_, got := toolUseBlock{input: []byte(`{"a":1}`)}.events(3)
	want := []any{}
	for _, fragment := range []string{`{"a`, `":1`, `}`} {
		want = append(want, map[string]any{"toolUse": map[string]any{"input": fragment}})
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCountTokensCountsWords(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	tests := map[string]struct {
		input types.CountTokensInput
		want  int32
	}{
		"converse": {&types.CountTokensInputMemberConverse{Value: types.ConverseTokensRequest{Messages: user("how many words is this")}}, 5},
		"invoke":   {&types.CountTokensInputMemberInvokeModel{Value: types.InvokeModelTokensRequest{Body: []byte(`{"prompt":"x"}`)}}, 1},
	}
	for name, tt := range tests {
		out, err := once(s).CountTokens(context.Background(), &bedrockruntime.CountTokensInput{ModelId: aws.String(model), Input: tt.input})
		if err != nil {
			t.Fatal(err)
		}
		if got := *out.InputTokens; got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
}

func TestEchoWithoutTextIsEmptyMessage(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	out, err := once(s).Converse(context.Background(), &bedrockruntime.ConverseInput{ModelId: aws.String(model), Messages: []types.Message{
		{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberCachePoint{Value: types.CachePointBlock{Type: types.CachePointTypeDefault}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := out.Output.(*types.ConverseOutputMemberMessage).Value.Content; len(got) != 0 {
		t.Errorf("got %v, want no content", got)
	}
}

func TestUnknownMembers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	hologram := Block(map[string]any{"hologram": map[string]int{"depth": 3}})
	s.Queue(hologram, hologram, Text("a").Insert(1, EventFrame("sparkle", struct{}{})))
	out, err := converse(once(s), "hi")
	if err != nil {
		t.Fatal(err)
	}
	if got := len(out.Output.(*types.ConverseOutputMemberMessage).Value.Content); got != 1 {
		t.Errorf("content blocks: got %d, want 1", got)
	}
	if events, err := stream(context.Background(), once(s), "hi"); err != nil || len(events) != 5 {
		t.Errorf("stream with an unknown delta: got %d events, %v; want 5", len(events), err)
	}
	events, err := stream(context.Background(), once(s), "hi")
	if err != nil {
		t.Fatal(err)
	}
	if unknown, ok := events[1].(*types.UnknownUnionMember); !ok || unknown.Tag != "sparkle" {
		t.Errorf("event 1: got %+v, want the unknown one", events[1])
	}
}

func TestRecordedIsServedAsItIs(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	streamed, err := Text("a b").answer(request("ConverseStream", `{}`))
	if err != nil {
		t.Fatal(err)
	}
	body := bytes.Join(streamed.parts, nil)
	s.Queue(
		Recorded(200, map[string]string{"content-type": streamType, "x-amzn-requestid": "recorded-1"}, body),
		Recorded(200, map[string]string{"content-type": streamType}, body).FailAt(2, "throttlingException", "slow"),
		Recorded(503, map[string]string{"content-type": "text/html", "content-length": "1"}, []byte("<html>busy</html>")),
	)
	out, err := once(s).ConverseStream(context.Background(), &bedrockruntime.ConverseStreamInput{ModelId: aws.String(model), Messages: user("hi")})
	if err != nil {
		t.Fatal(err)
	}
	out.GetStream().Close()
	if got := rawResponse(t, out.ResultMetadata).Get("X-Amzn-Requestid"); got != "recorded-1" {
		t.Errorf("request id: got %q", got)
	}
	events, err := stream(context.Background(), once(s), "hi")
	var throttling *types.ThrottlingException
	if !errors.As(err, &throttling) || len(events) != 2 {
		t.Errorf("edited recording: got %d events, %v", len(events), err)
	}
	_, err = converse(once(s), "hi")
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) || response.HTTPStatusCode() != 503 {
		t.Errorf("HTML: got %v, want status 503", err)
	}
}

func TestSplitFrames(t *testing.T) {
	t.Parallel()
	one, two := EventFrame("a", 1), EventFrame("b", 2)
	tests := map[string]struct {
		stream []byte
		want   [][]byte
	}{
		"empty":          {nil, nil},
		"two":            {slices.Concat(one, two), [][]byte{one, two}},
		"rest":           {slices.Concat(one, two[:20]), [][]byte{one, two[:20]}},
		"short rest":     {slices.Concat(one, two[:3]), [][]byte{one, two[:3]}},
		"absurd length":  {bytes.Repeat([]byte{0xff}, 40), [][]byte{bytes.Repeat([]byte{0xff}, 40)}},
		"length too low": {make([]byte, 40), [][]byte{make([]byte, 40)}},
	}
	for name, tt := range tests {
		if got := splitFrames(tt.stream); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %d parts, want %d", name, len(got), len(tt.want))
		}
	}
}

func TestResponsesAreValues(t *testing.T) {
	t.Parallel()
	base := Text("a").Header("X-One", "1").Insert(0, []byte("frame"))
	base.Header("X-Two", "2")
	base.Insert(1, []byte("other"))
	base.FailAt(1, "throttlingException", "slow")
	base.And(Text("b")).Usage(1, 1).Status(500)
	if len(base.header) != 1 || len(base.edits) != 1 || len(base.body.(content)) != 1 || base.status != 0 || base.usage.set {
		t.Errorf("got %+v changed by methods on copies", base)
	}
}

func TestMisfitsAreExplained(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		operation string
		response  Response
		want      string
	}{
		"text for InvokeModel":   {"InvokeModel", Text("a"), "for InvokeModel use JSON"},
		"JSON for a stream":      {"ConverseStream", JSON(1), "JSON can't answer ConverseStream"},
		"chunks for InvokeModel": {"InvokeModel", JSONChunks(1), "for InvokeModel use JSON"},
		"frames for Converse":    {"Converse", Frames(), "Converse returns none"},
		"FailAt for Converse":    {"Converse", Text("a").FailAt(0, "x", ""), "this response to Converse is none"},
		"CutAfter for Converse":  {"Converse", Text("a").CutAfter(1, Stall), "this response to Converse is none"},
		"CutAfter for an error":  {"ConverseStream", Throttle().CutAfter(1, Stall), "is none"},
		"input no JSON":          {"Converse", ToolUse("a", "b", math.Inf(1)), "unsupported value"},
		"block no JSON":          {"Converse", Block(math.NaN()), "unsupported value"},
		"body no JSON":           {"InvokeModel", JSON(func() {}), "unsupported type"},
		"chunk no JSON":          {"InvokeModelWithResponseStream", JSONChunks(func() {}), "unsupported type"},
		"broken raw input":       {"Converse", ToolUse("a", "b", []byte("{")), "unexpected end of JSON"},
		"broken raw delta":       {"ConverseStream", Block([]byte("{")), "event contentBlockDelta"},
		"And with an error":      {"Converse", Text("a").And(Throttle()), "And joins"},
		"And on an error":        {"Converse", Throttle().And(Text("a")), "And joins"},
		"code of 40 KB":          {"ConverseStream", Text("a").FailAt(0, strings.Repeat("x", 40000), ""), "value"},
		"no echo":                {"ApplyGuardrail", Response{}, "ApplyGuardrail has no echo"},
	}
	for name, tt := range tests {
		_, err := tt.response.answer(request(tt.operation, `{}`))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, tt.want)
		}
	}

	s := newServer(t)
	s.Queue(JSONChunks(1))
	_, err := converse(attempts(s, 3), "hi")
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "ValidationException" || !strings.HasPrefix(api.ErrorMessage(), "bedrocktest: JSONChunks answers") {
		t.Errorf("got %v, want an explanation", err)
	}
	if got := len(s.Requests()); got != 1 {
		t.Errorf("attempts: got %d, want 1", got)
	}
}

func TestFramesThatCannotBeMadePanic(t *testing.T) {
	t.Parallel()
	tests := map[string]func(){
		"payload":    func() { EventFrame("a", math.NaN()) },
		"event name": func() { EventFrame(strings.Repeat("x", 40000), 1) },
		"error code": func() { ErrorFrame(strings.Repeat("x", 40000), "") },
	}
	for name, fn := range tests {
		func() {
			defer func() {
				if p, ok := recover().(string); !ok || !strings.HasPrefix(p, "bedrocktest: ") {
					t.Errorf("%s: got panic %v", name, p)
				}
			}()
			fn()
		}()
	}
}
