package bedrock

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// sent returns the body of a Converse with options.
func sent(t *testing.T, messages []types.Message, opts ...RequestOption) string {
	t.Helper()
	seen := &captured{}
	if _, err := stubClient(t, seen.then(always(200, okConverse))).Converse(context.Background(), testModel, messages, opts...); err != nil {
		t.Fatal(err)
	}
	_, body := seen.last(t)
	return body
}

func TestRequestOptionsArriveInTheBody(t *testing.T) {
	t.Parallel()
	own := &types.InferenceConfiguration{MaxTokens: aws.Int32(5), TopP: aws.Float32(0.5)}
	setOwn := func(r *Request) { r.InferenceConfig = own }
	tests := []struct {
		name string
		opts []RequestOption
		want string // beside the messages
	}{
		{"none", nil, `{}`},
		{"a nil option", []RequestOption{nil}, `{}`},
		{"System", []RequestOption{System("be kind"), System("be brief")}, `{"system":[{"text":"be kind"},{"text":"be brief"}]}`},
		{"inference", []RequestOption{MaxTokens(100), Temperature(0.7), TopP(0.25), StopSequences("a", "b")}, `{"inferenceConfig":{"maxTokens":100,"stopSequences":["a","b"],"temperature":0.7,"topP":0.25}}`},
		{"zeros count", []RequestOption{Temperature(0), TopP(0)}, `{"inferenceConfig":{"temperature":0,"topP":0}}`},
		{"the later one counts", []RequestOption{MaxTokens(1), MaxTokens(2), StopSequences("a"), StopSequences("b")}, `{"inferenceConfig":{"maxTokens":2,"stopSequences":["b"]}}`},
		{"the largest", []RequestOption{MaxTokens(math.MaxInt32)}, `{"inferenceConfig":{"maxTokens":2147483647}}`},
		{"a literal, then options", []RequestOption{setOwn, MaxTokens(9)}, `{"inferenceConfig":{"maxTokens":9,"topP":0.5}}`},
		{"any field", []RequestOption{func(r *Request) { r.ServiceTier = &types.ServiceTier{Type: types.ServiceTierTypeFlex} }}, `{"serviceTier":{"type":"flex"}}`},
		{"guardrail", []RequestOption{func(r *Request) {
			r.GuardrailConfig = &types.GuardrailStreamConfiguration{GuardrailIdentifier: aws.String("g"), GuardrailVersion: aws.String("1"), StreamProcessingMode: types.GuardrailStreamProcessingModeAsync}
		}}, `{"guardrailConfig":{"guardrailIdentifier":"g","guardrailVersion":"1"}}`},
	}
	for _, tt := range tests {
		var got map[string]any
		if err := json.Unmarshal([]byte(sent(t, Prompt("hello"), tt.opts...)), &got); err != nil {
			t.Fatal(err)
		}
		delete(got, "messages")
		if text, _ := json.Marshal(got); string(text) != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, text, tt.want)
		}
	}
	if *own.MaxTokens != 5 {
		t.Errorf("got the caller's own configuration changed to %d tokens, want it left alone", *own.MaxTokens)
	}
}

func TestMessagesOfText(t *testing.T) {
	t.Parallel()
	block := &types.ContentBlockMemberText{Value: "more"}
	for want, messages := range map[string][]types.Message{
		`[{"content":[{"text":"hello"}],"role":"user"}]`:                                                                Prompt("hello"),
		`[{"content":[{"text":"hello"},{"text":"more"}],"role":"user"}]`:                                                Prompt("hello", block),
		`[{"content":[{"text":"more"}],"role":"user"}]`:                                                                 {User("", block)},
		`[{"content":[{"text":"hello"}],"role":"user"},{"content":[{"text":"hi"},{"text":"more"}],"role":"assistant"}]`: {User("hello"), Assistant("hi", block)},
	} {
		var got any
		json.Unmarshal([]byte(at(t, sent(t, messages), []any{"messages"})), &got)
		if text, _ := json.Marshal(got); string(text) != want {
			t.Errorf("got %s, want %s", text, want)
		}
	}
	more := make([]types.ContentBlock, 1, 8)
	more[0] = block
	User("a", more...).Content[1] = nil
	if more[0] == nil {
		t.Error("a message shares its content with the caller's slice")
	}
}

func TestOptionsThatRefuseSendNothing(t *testing.T) {
	t.Parallel()
	cause := errors.New("not today")
	tests := []struct {
		name string
		opt  RequestOption
		says string
	}{
		{"MaxTokens 0", MaxTokens(0), "MaxTokens(0)"},
		{"MaxTokens -1", MaxTokens(-1), "MaxTokens(-1)"},
		{"MaxTokens over 32 bits", MaxTokens(math.MaxInt32 + 1), "MaxTokens(2147483648)"},
		{"Temperature -1", Temperature(-1), "Temperature(-1)"},
		{"Temperature NaN", Temperature(math.NaN()), "Temperature(NaN)"},
		{"Temperature infinite", Temperature(math.Inf(1)), "Temperature(+Inf)"},
		{"TopP -0.5", TopP(-0.5), "TopP(-0.5)"},
		{"TopP NaN", TopP(math.NaN()), "TopP(NaN)"},
		{"an option of one's own", func(r *Request) { r.Fail(cause); r.Fail(errors.New("second")) }, "not today"},
	}
	for _, tt := range tests {
		seen := &captured{}
		c := stubClient(t, seen.then(always(200, okConverse)))
		_, e1 := c.Converse(context.Background(), testModel, Prompt("x"), tt.opt)
		_, e2 := c.ConverseStream(context.Background(), testModel, Prompt("x"), tt.opt)
		_, e3 := c.CountTokens(context.Background(), testModel, Prompt("x"), tt.opt)
		for _, err := range []error{e1, e2, e3} {
			if !errors.Is(err, ErrInvalid) || seen.count() != 0 {
				t.Errorf("%s: got %v after %d requests, want ErrInvalid and none", tt.name, err, seen.count())
				continue
			}
			wantContains(t, err.Error(), tt.says)
			if e := asError(t, err); e.Attempts != 0 || e.Op == "" || e.Model != testModel {
				t.Errorf("%s: got %+v, want the operation, the model, no attempt", tt.name, e)
			}
		}
	}
	_, err := stubClient(t, always(200, okConverse)).Converse(context.Background(), testModel, nil, func(r *Request) { r.Fail(cause) })
	if !errors.Is(err, cause) {
		t.Errorf("got %v, want the option's own error in it", err)
	}
}

func TestModelsThatWouldChangeThePathAreRefused(t *testing.T) {
	t.Parallel()
	for _, model := range []string{"", ".", "..", " ", "a b", "a\nb", "a\x00b", "a\x7fb", "\ta", strings.Repeat("m", 2049)} {
		seen := &captured{}
		c := stubClient(t, seen.then(always(200, okConverse)))
		_, e1 := c.Converse(context.Background(), model, Prompt("x"))
		_, e2 := c.ConverseStream(context.Background(), model, Prompt("x"))
		_, e3 := c.CountTokens(context.Background(), model, Prompt("x"))
		_, e4 := Invoke[any](context.Background(), c, model, "x")
		_, e5 := InvokeStream[any](context.Background(), c, model, "x")
		_, e6 := c.Converse(context.Background(), testModel, Prompt("x"), func(r *Request) { r.ModelId = &model })
		for i, err := range []error{e1, e2, e3, e4, e5, e6} {
			if !errors.Is(err, ErrInvalid) || seen.count() != 0 {
				t.Errorf("%.20q, call %d: got %v after %d requests, want ErrInvalid and none", model, i+1, err, seen.count())
			}
		}
	}
	_, err := stubClient(t, always(200, okConverse)).Converse(context.Background(), testModel, nil, func(r *Request) { r.ModelId = nil })
	if !errors.Is(err, ErrInvalid) {
		t.Errorf("no model at all: got %v, want ErrInvalid", err)
	}
}

// modelSeeds are ids that are taken, and some that try to leave their place in the path.
var modelSeeds = []string{
	testModel, "us.anthropic.claude-sonnet-4-20250514-v1:0", "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.x", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc",
	"a/b", "../../admin", "..", ".", "...", "/", "//evil.com/", "a?x=1", "a#b", "a%2Fb", "%2e%2e", "%2e", "a\\..\\b", "é", "\xff", "@evil.com", "a;b", "..%2f", "a//..//b", "\u2028", "+", "%",
}

// checkPath checks that a request's path is /model/{id}/{operation} in three segments.
func checkPath(t *testing.T, r *http.Request, model, operation string) {
	t.Helper()
	path := r.URL.EscapedPath()
	parts := strings.Split(path, "/")
	if len(parts) != 4 || parts[0] != "" || parts[1] != "model" || parts[3] != operation || parts[2] == "" {
		t.Fatalf("%q: got path %s, want /model/{one segment}/%s", model, path, operation)
	}
	if parts[2] == "." || parts[2] == ".." {
		t.Errorf("%q: got path %s with a dot segment", model, path)
	}
	if r.URL.Host != "bedrock-runtime.us-east-1.amazonaws.com" || r.URL.Scheme != "https" || r.URL.RawQuery != "" || r.URL.Fragment != "" || r.Host != "" && r.Host != r.URL.Host {
		t.Errorf("%q: got %s (Host %q), want the endpoint's host and no more than a path", model, r.URL, r.Host)
	}
}

func TestModelIsOneSegmentOfThePath(t *testing.T) {
	t.Parallel()
	seen := &captured{}
	c := stubClient(t, seen.then(always(200, `{"inputTokens":1}`)), WithMaxAttempts(1))
	for _, model := range modelSeeds {
		if checkModel(model) != nil {
			continue
		}
		for operation, call := range map[string]func(context.Context, *Client, string) error{
			"converse": uncappedConverse, "converse-stream": uncappedStream, "count-tokens": countTokens, "invoke": invoke, "invoke-with-response-stream": readChunks,
		} {
			before := seen.count()
			call(context.Background(), c, model)
			if seen.count() == before {
				t.Errorf("%q: %s sent no request", model, operation)
				continue
			}
			r, _ := seen.last(t)
			checkPath(t, r, model, operation)
		}
	}
}

func FuzzModel(f *testing.F) {
	for _, seed := range modelSeeds {
		f.Add(seed)
	}
	seen := &captured{}
	c := stubClient(f, seen.then(always(200, okConverse)))
	f.Fuzz(func(t *testing.T, model string) {
		seen.requests, seen.bodies = nil, nil
		err := uncappedConverse(context.Background(), c, model)
		if checkModel(model) != nil {
			if !errors.Is(err, ErrInvalid) || seen.count() != 0 {
				t.Errorf("%q: got %v after %d requests, want ErrInvalid and none", model, err, seen.count())
			}
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", model, err)
		}
		r, _ := seen.last(t)
		checkPath(t, r, model, "converse")
	})
}

func TestCountTokensSendsWhatConverseWould(t *testing.T) {
	t.Parallel()
	seen := &captured{}
	c := stubClient(t, seen.then(always(200, `{"inputTokens":42}`)))
	tools := func(r *Request) {
		r.ToolConfig = &types.ToolConfiguration{Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{Name: aws.String("f"), InputSchema: &types.ToolInputSchemaMemberJson{Value: mustJSON(t, json.RawMessage(`{"type":"object"}`))}}}}}
		r.AdditionalModelRequestFields = mustJSON(t, json.RawMessage(`{"k":1.0}`))
		r.RequestMetadata = map[string]string{"a": "b"}
	}
	n, err := c.CountTokens(context.Background(), testModel, Prompt("hello"), System("be kind"), MaxTokens(5), tools)
	if err != nil || n != 42 {
		t.Fatalf("got %d, %v, want 42", n, err)
	}
	_, body := seen.last(t)
	const want = `{"input":{"converse":{"additionalModelRequestFields":{"k":1.0},"messages":[{"content":[{"text":"hello"}],"role":"user"}],"system":[{"text":"be kind"}],"toolConfig":{"tools":[{"toolSpec":{"inputSchema":{"json":{"type":"object"}},"name":"f"}}]}}}}`
	var got, wanted any
	if json.Unmarshal([]byte(body), &got) != nil || json.Unmarshal([]byte(want), &wanted) != nil || fmt.Sprint(got) != fmt.Sprint(wanted) {
		t.Errorf("got %s, want %s", body, want)
	}
	if _, err := stubClient(t, always(200, `{}`)).CountTokens(context.Background(), testModel, Prompt("x")); !errors.Is(err, ErrEmptyReply) {
		t.Errorf("got %v of an answer without a count, want ErrEmptyReply", err)
	}
	if _, err := stubClient(t, failing(400, "ValidationException", "not supported")).CountTokens(context.Background(), testModel, Prompt("x")); !errors.Is(err, ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}
