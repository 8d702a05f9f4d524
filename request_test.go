package bedrock

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// sentWith returns the body of a call of Converse without its messages, as JSON with
// sorted members.
func sentWith(t testing.TB, opts ...RequestOption) string {
	t.Helper()
	var requests captured
	if _, err := stubClient(t, requests.then(always(200, okConverse))).Converse(context.Background(), testModel, Prompt("hello"), opts...); err != nil {
		t.Fatalf("Converse: %v", err)
	}
	_, sent := requests.last(t)
	return withoutMessages(t, sent)
}

func withoutMessages(t testing.TB, sent string) string {
	t.Helper()
	var body map[string]json.RawMessage
	if err := json.Unmarshal([]byte(sent), &body); err != nil {
		t.Fatal(err)
	}
	delete(body, "messages")
	rest, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(rest)
}

// withTools is an option of a caller's own.
func withTools(names ...string) RequestOption {
	c := &types.ToolConfiguration{}
	for _, name := range names {
		c.Tools = append(c.Tools, &types.ToolMemberSystemTool{Value: types.SystemTool{Name: aws.String(name)}})
	}
	return func(r *Request) { r.ToolConfig = c }
}

func TestOptionsOnTheWire(t *testing.T) {
	t.Parallel()
	type fields struct {
		TopK int `json:"top_k"`
	}
	tools := `"tools":[{"systemTool":{"name":"search"}}]`
	lazy := func(r *Request) {
		r.AdditionalModelRequestFields = document.NewLazyDocument(map[string]any{"a": 1, "b": 2})
	}
	tests := []struct {
		name string
		opts []RequestOption
		want string
	}{
		{"auto", []RequestOption{withTools("search"), ToolChoiceAuto()}, `{"toolConfig":{"toolChoice":{"auto":{}},` + tools + `}}`},
		{"any", []RequestOption{withTools("search"), ToolChoiceAny()}, `{"toolConfig":{"toolChoice":{"any":{}},` + tools + `}}`},
		{"tool", []RequestOption{withTools("search"), ToolChoiceTool("search")}, `{"toolConfig":{"toolChoice":{"tool":{"name":"search"}},` + tools + `}}`},
		{"the last choice counts", []RequestOption{withTools("search"), ToolChoiceAny(), ToolChoiceAuto()}, `{"toolConfig":{"toolChoice":{"auto":{}},` + tools + `}}`},
		{"effort", []RequestOption{Effort("high")}, `{"outputConfig":{"effort":"high"}}`},
		{"an effort that is new", []RequestOption{Effort("ultra")}, `{"outputConfig":{"effort":"ultra"}}`},

		{"a struct of fields", []RequestOption{ModelFields(fields{5})}, `{"additionalModelRequestFields":{"top_k":5}}`},
		{"raw fields", []RequestOption{ModelFields(json.RawMessage(`{"n": 12345678901234567890}`))}, `{"additionalModelRequestFields":{"n":12345678901234567890}}`},
		{"fields twice", []RequestOption{ModelFields(map[string]any{"a": 1, "b": map[string]any{"c": 2}}), ModelFields(map[string]any{"b": "<x>"})}, `{"additionalModelRequestFields":{"a":1,"b":"<x>"}}`},
		{"fields after the caller's own", []RequestOption{lazy, ModelFields(map[string]any{"b": 3})}, `{"additionalModelRequestFields":{"a":1,"b":3}}`},
		{"no fields", []RequestOption{ModelFields(map[string]any(nil)), ModelFields(fields{5})}, `{"additionalModelRequestFields":{"top_k":5}}`},
		{"nil fields", []RequestOption{ModelFields(nil)}, `{}`},
		{"fields of a nil map", []RequestOption{ModelFields(map[string]any(nil))}, `{}`},
		{"nil after fields", []RequestOption{ModelFields(fields{5}), ModelFields(nil)}, `{"additionalModelRequestFields":{"top_k":5}}`},
		{"an empty object of fields", []RequestOption{ModelFields(map[string]any{})}, `{"additionalModelRequestFields":{}}`},
		{"response fields", []RequestOption{ModelResponseFields("/stop_sequence"), ModelResponseFields("/a/b", "/c")}, `{"additionalModelResponseFieldPaths":["/stop_sequence","/a/b","/c"]}`},

		{"guardrail", []RequestOption{Guardrail("g1", "DRAFT")}, `{"guardrailConfig":{"guardrailIdentifier":"g1","guardrailVersion":"DRAFT"}}`},
		{"trace after guardrail", []RequestOption{Guardrail("g1", "1"), GuardrailTrace(types.GuardrailTraceEnabled)}, `{"guardrailConfig":{"guardrailIdentifier":"g1","guardrailVersion":"1","trace":"enabled"}}`},
		{"trace before guardrail", []RequestOption{GuardrailTrace("full"), Guardrail("g1", "1")}, `{"guardrailConfig":{"guardrailIdentifier":"g1","guardrailVersion":"1","trace":"full"}}`},
		{"async without a stream", []RequestOption{GuardrailAsync(), Guardrail("g1", "1")}, `{"guardrailConfig":{"guardrailIdentifier":"g1","guardrailVersion":"1"}}`},

		{"service tier", []RequestOption{ServiceTier(types.ServiceTierTypeFlex)}, `{"serviceTier":{"type":"flex"}}`},
		{"latency", []RequestOption{LatencyOptimized()}, `{"performanceConfig":{"latency":"optimized"}}`},
		{"metadata twice", []RequestOption{RequestMetadata(map[string]string{"team": "a"}), RequestMetadata(map[string]string{"team": "b"})}, `{"requestMetadata":{"team":"b"}}`},
		{"no metadata", []RequestOption{RequestMetadata(nil)}, `{}`},
		{"prompt variables", []RequestOption{PromptVariables(map[string]string{"city": "Paris"})}, `{"promptVariables":{"city":{"text":"Paris"}}}`},
		{"no prompt variables", []RequestOption{PromptVariables(nil)}, `{}`},

		{"cached system", []RequestOption{System("long"), CacheSystem(""), System("short")}, `{"system":[{"text":"long"},{"cachePoint":{"type":"default"}},{"text":"short"}]}`},
		{"cached system for an hour", []RequestOption{System("long"), CacheSystem(types.CacheTTLOneHour)}, `{"system":[{"text":"long"},{"cachePoint":{"ttl":"1h","type":"default"}}]}`},
		{"cached tools", []RequestOption{withTools("search"), CacheTools(types.CacheTTLFiveMinutes)}, `{"toolConfig":{"tools":[{"systemTool":{"name":"search"}},{"cachePoint":{"ttl":"5m","type":"default"}}]}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := sentWith(t, tt.opts...)
			if sorted(t, got) != sorted(t, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// sorted is the JSON text with its members in order, its numbers as they are.
func sorted(t testing.TB, text string) string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestGuardrailAsyncIsOfTheStream(t *testing.T) {
	t.Parallel()
	var requests captured
	frames := streaming(eventFrame("messageStart", `{"role":"assistant"}`), eventFrame("messageStop", `{"stopReason":"end_turn"}`), eventFrame("metadata", `{}`))
	s, err := stubClient(t, requests.then(frames)).ConverseStream(context.Background(), testModel, Prompt("hello"), GuardrailAsync(), Guardrail("g1", "1"))
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	_, sent := requests.last(t)
	want := `{"guardrailConfig":{"guardrailIdentifier":"g1","guardrailVersion":"1","streamProcessingMode":"async"}}`
	if got := withoutMessages(t, sent); sorted(t, got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOptionsRefuseWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	number := func(r *Request) { r.AdditionalModelRequestFields = document.NewLazyDocument(5) }
	tests := []struct {
		name string
		opts []RequestOption
		want string
	}{
		{"effort", []RequestOption{Effort("")}, "Effort: the level is empty"},
		{"tool", []RequestOption{ToolChoiceTool("")}, "ToolChoiceTool: the name is empty"},
		{"guardrail", []RequestOption{Guardrail("", "1")}, "Guardrail: the id is empty"},
		{"guardrail version", []RequestOption{Guardrail("g", "")}, "Guardrail: the version is empty"},
		{"trace", []RequestOption{GuardrailTrace("")}, "GuardrailTrace: the trace is empty"},
		{"tier", []RequestOption{ServiceTier("")}, "ServiceTier: the tier is empty"},
		{"a pointer that isn't one", []RequestOption{ModelResponseFields("/a", "stop_sequence")}, `"stop_sequence" is no JSON Pointer`},
		{"an empty pointer", []RequestOption{ModelResponseFields("")}, `"" is no JSON Pointer`},
		{"fields of no JSON", []RequestOption{ModelFields(math.NaN())}, "ModelFields: json: unsupported value: NaN"},
		{"fields that are a list", []RequestOption{ModelFields([]int{1})}, "must be a JSON object"},
		{"fields added to what is none", []RequestOption{number, ModelFields(map[string]int{"a": 1})}, "must be a JSON object"},
		{"system cached too early", []RequestOption{CacheSystem(""), System("x")}, "CacheSystem: nothing to cache yet: give the option after System"},
		{"tools cached too early", []RequestOption{CacheTools(""), withTools("search")}, "CacheTools: nothing to cache yet"},
		{"the first refusal counts", []RequestOption{Effort(""), Guardrail("", ""), ModelFields(nil)}, "Effort"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var requests captured
			_, err := stubClient(t, requests.then(always(200, okConverse))).Converse(context.Background(), testModel, Prompt("hello"), tt.opts...)
			if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one that is ErrInvalid and says %q", err, tt.want)
			}
			if requests.count() != 0 {
				t.Errorf("got %d requests, want none", requests.count())
			}
		})
	}
}

// At a nil pointer the SDK panics.
func TestNilBlocksAreRefused(t *testing.T) {
	t.Parallel()
	var none *types.ContentBlockMemberDocument
	c := stubClient(t, always(200, okConverse))
	for want, m := range map[string]types.Message{
		"Messages[1].Content[0] is nil (*types.ContentBlockMemberDocument)":     User("", none, none),
		"Messages[1].Content[1] is nil (*types.ContentBlockMemberDocument)":     User("x", Cited(none)),
		"Messages[1].Content[1] is nil (*types.ContentBlockMemberSearchResult)": Assistant("x", Cited((*types.ContentBlockMemberSearchResult)(nil))),
		"Messages[1].Content[1] is nil (<nil>)":                                 User("x", nil),
	} {
		messages := append(Prompt("hello"), m)
		_, err := c.Converse(context.Background(), testModel, messages)
		_, streamErr := c.ConverseStream(context.Background(), testModel, messages)
		_, countErr := c.CountTokens(context.Background(), testModel, messages)
		for _, err := range []error{err, streamErr, countErr} {
			if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
				t.Errorf("got error %v, want one that is ErrInvalid and says %s", err, want)
			}
		}
	}
}

func TestModelFieldsAreEncodedAtOnce(t *testing.T) {
	t.Parallel()
	fields := map[string]any{"a": 1}
	opt := ModelFields(fields)
	fields["a"] = 2
	for range 2 {
		if got := sentWith(t, opt); got != `{"additionalModelRequestFields":{"a":1}}` {
			t.Errorf("got %s, want the fields as they were", got)
		}
	}
}

func TestOptionsKeepWhatTheyWereGiven(t *testing.T) {
	t.Parallel()
	list, values := []string{"/a", "/b"}, map[string]string{"a": "1"}
	opts := []RequestOption{StopSequences(list...), ModelResponseFields(list...), RequestMetadata(values), PromptVariables(values)}
	list[0], values["a"], values["b"] = "changed", "changed", "new"
	want := sorted(t, `{"inferenceConfig":{"stopSequences":["/a","/b"]},"additionalModelResponseFieldPaths":["/a","/b"],
		"requestMetadata":{"a":"1"},"promptVariables":{"a":{"text":"1"}}}`)
	if got := sorted(t, sentWith(t, opts...)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// refusesToEncode has a text that must not get into an error.
type refusesToEncode struct{}

func (refusesToEncode) MarshalJSON() ([]byte, error) { return nil, errors.New("the secret") }

func TestModelFieldsKeepTheirValuesOutOfErrors(t *testing.T) {
	t.Parallel()
	_, err := stubClient(t, always(200, okConverse)).Converse(context.Background(), testModel, Prompt("hello"), ModelFields(refusesToEncode{}))
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "refusesToEncode") {
		t.Errorf("got error %v, want one that names the type and not the value", err)
	}
}

// A service keeps one literal for all calls.
func TestOptionsLeaveTheCallersOwnAlone(t *testing.T) {
	t.Parallel()
	type parts struct {
		tools     types.ToolConfiguration
		guardrail types.GuardrailStreamConfiguration
		output    types.OutputConfig
		inference types.InferenceConfiguration
		metadata  map[string]string
		variables map[string]types.PromptVariableValues
		paths     []string
		system    []types.SystemContentBlock
	}
	fresh := func() *parts {
		room := make([]types.Tool, 1, 10)
		room[0] = &types.ToolMemberSystemTool{Value: types.SystemTool{Name: aws.String("search")}}
		return &parts{
			tools: types.ToolConfiguration{Tools: room}, metadata: map[string]string{"a": "1"},
			variables: map[string]types.PromptVariableValues{"a": &types.PromptVariableValuesMemberText{Value: "1"}},
			paths:     append(make([]string, 0, 10), "/a"),
			system:    append(make([]types.SystemContentBlock, 0, 10), &types.SystemContentBlockMemberText{Value: "s"}),
		}
	}
	shared := fresh()
	own := func(r *Request) {
		r.ToolConfig, r.GuardrailConfig, r.OutputConfig, r.InferenceConfig = &shared.tools, &shared.guardrail, &shared.output, &shared.inference
		r.RequestMetadata, r.PromptVariables = shared.metadata, shared.variables
		r.AdditionalModelResponseFieldPaths, r.System = shared.paths, shared.system
	}
	opts := []RequestOption{own, ToolChoiceAny(), CacheTools(""), CacheSystem(""), Guardrail("g", "1"), GuardrailTrace("enabled"), GuardrailAsync(), Effort("low"),
		MaxTokens(5), RequestMetadata(map[string]string{"a": "2", "b": "3"}), PromptVariables(map[string]string{"a": "2"}), ModelResponseFields("/b"), ModelFields(map[string]int{"a": 1})}
	var calls sync.WaitGroup
	for range 4 {
		calls.Go(func() { newRequest(testModel, nil, opts) })
	}
	calls.Wait()
	if want := fresh(); !reflect.DeepEqual(shared, want) {
		t.Errorf("got %+v, want it unchanged: %+v", shared, want)
	}
	for name, beyond := range map[string]any{"tools": shared.tools.Tools[:2][1], "system": shared.system[:2][1], "paths": shared.paths[:2][1]} {
		if beyond != nil && beyond != "" {
			t.Errorf("%s: got %v written behind the caller's list", name, beyond)
		}
	}
}
