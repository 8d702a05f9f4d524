package bedrock_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/google/jsonschema-go/jsonschema"

	"example.com/bedrock"
)

const testModel = "amazon.nova-lite-v1:0"

type cityInput struct {
	City string `json:"city"`
	Days int8   `json:"days,omitempty"`
}

// newTool is a tool for a city whose answer fn gives.
func newTool[Out any](fn func(ctx context.Context, in cityInput) (Out, error)) bedrock.Tool {
	return bedrock.NewTool("weather", "Tells the weather.", fn)
}

// asking is a reply that uses tools: name, id and input in turn.
func asking(t *testing.T, uses ...string) *bedrock.Reply {
	t.Helper()
	var content []types.ContentBlock
	for i := 0; i < len(uses); i += 3 {
		use := types.ToolUseBlock{Name: aws.String(uses[i]), ToolUseId: aws.String(uses[i+1])}
		if uses[i+2] != "" {
			doc, err := bedrock.JSON(json.RawMessage(uses[i+2]))
			if err != nil {
				t.Fatal(err)
			}
			use.Input = doc
		}
		content = append(content, &types.ContentBlockMemberToolUse{Value: use})
	}
	return &bedrock.Reply{ConverseOutput: &bedrockruntime.ConverseOutput{
		Output:     &types.ConverseOutputMemberMessage{Value: bedrock.Assistant("", content...)},
		StopReason: types.StopReasonToolUse,
	}}
}

// resultsOf writes results as "id status kind:value …".
func resultsOf(t *testing.T, m types.Message) string {
	t.Helper()
	var all []string
	for _, block := range m.Content {
		result := block.(*types.ContentBlockMemberToolResult).Value
		text := aws.ToString(result.ToolUseId) + " " + string(result.Status)
		for _, c := range result.Content {
			switch c := c.(type) {
			case *types.ToolResultContentBlockMemberText:
				text += " text:" + c.Value
			case *types.ToolResultContentBlockMemberJson:
				var raw json.RawMessage
				if err := bedrock.DecodeJSON(c.Value, &raw); err != nil {
					t.Fatal(err)
				}
				text += " json:" + string(raw)
			default:
				text += fmt.Sprintf(" %T", c)
			}
		}
		all = append(all, text)
	}
	return strings.Join(all, "\n")
}

func TestToolResultIsJSONOrText(t *testing.T) {
	t.Parallel()
	type object struct {
		B int    `json:"b"`
		A string `json:"a"`
	}
	image := &types.ToolResultContentBlockMemberImage{Value: types.ImageBlock{}}
	for name, tt := range map[string]struct {
		out  any
		want string
	}{
		"struct":          {object{1, "<x>"}, `json:{"b":1,"a":"<x>"}`},
		"pointer":         {&object{1, ""}, `json:{"b":1,"a":""}`},
		"map":             {map[string]int{"z": 1}, `json:{"z":1}`},
		"string":          {"18 °C", "text:18 °C"},
		"a JSON string":   {json.RawMessage(`"a\nb"`), "text:a\nb"},
		"a JSON object":   {json.RawMessage(` {"n":1.50}`), `json:{"n":1.50}`},
		"number":          {12.5, "text:12.5"},
		"bool":            {true, "text:true"},
		"list":            {[]int{1, 2}, "text:[1,2]"},
		"list of objects": {[]object{{1, "a"}}, `text:[{"b":1,"a":"a"}]`},
		"nothing":         {nil, "text:(empty)"},
		"nil pointer":     {(*object)(nil), "text:(empty)"},
		"empty struct":    {struct{}{}, "json:{}"},
		"blank":           {" \n", "text:(empty)"},
		"time":            {time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "text:2026-01-02T03:04:05Z"},
		"content":         {types.ToolResultContentBlock(image), "*types.ToolResultContentBlockMemberImage"},
		"bytes, text":     {[]byte("18 °C"), "text:18 °C"},
		"bytes, JSON":     {[]byte(`{"a":1}`), `json:{"a":1}`},
		"images":          {[]*types.ContentBlockMemberImage{bedrock.Image(types.ImageFormatPng, nil)}, "*types.ToolResultContentBlockMemberImage"},
		"no content":      {[]types.ContentBlock{}, "text:(empty)"},
		"an image":        {bedrock.Image(types.ImageFormatPng, nil), "*types.ToolResultContentBlockMemberImage"},
		"blocks": {[]types.ContentBlock{&types.ContentBlockMemberText{Value: "a"}, bedrock.DocumentText("b", "c"), bedrock.Video(types.VideoFormatMp4, nil), bedrock.SearchResult("a", "b", "c")},
			"text:a *types.ToolResultContentBlockMemberDocument *types.ToolResultContentBlockMemberVideo *types.ToolResultContentBlockMemberSearchResult"},
		"contents": {[]types.ToolResultContentBlock{image, image}, "*types.ToolResultContentBlockMemberImage *types.ToolResultContentBlockMemberImage"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tool := newTool(func(context.Context, cityInput) (any, error) { return tt.out, nil })
			m, err := asking(t, "weather", "t1", `{"city":"Paris"}`).CallTools(context.Background(), tool)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := resultsOf(t, m), "t1  "+tt.want; got != want || m.Role != types.ConversationRoleUser {
				t.Errorf("got %s %q, want %q", m.Role, got, want)
			}
		})
	}
}

func TestModelIsToldWhatIsWrongWithItsCall(t *testing.T) {
	t.Parallel()
	failing := newTool(func(_ context.Context, in cityInput) (string, error) {
		if in.City == "" {
			return "", errors.New("")
		}
		return "", fmt.Errorf("no city %s", in.City)
	})
	byHand := bedrock.Tool{Name: "hand", Schema: json.RawMessage(`{"type":"object","properties":{"unit":{"enum":["C","F"]}},"required":["unit"]}`),
		Call: func(_ context.Context, input json.RawMessage) (any, error) { return string(input), nil }}
	edited := failing
	edited.Name, edited.Schema = "edited", &jsonschema.Schema{Type: "object", Required: []string{"unit"}}
	tools := []bedrock.Tool{failing, byHand, edited, {Name: "open", Call: byHand.Call}}
	for name, tt := range map[string]struct{ tool, input, want string }{
		"tool fails":               {"weather", `{"city":"Oz"}`, "error text:no city Oz"},
		"tool fails without words": {"weather", `{"city":""}`, "error text:(empty)"},
		"unknown tool":             {"wether", `{}`, `error text:there is no tool "wether"; the tools are: weather, hand, edited, open`},
		"long name of no tool":     {strings.Repeat("x", 5000), `{}`, `error text:there is no tool "` + strings.Repeat("x", 80) + `"; the tools are`},
		"missing field":            {"weather", `{}`, `error text:the input doesn't fit the tool's schema: required: missing properties: ["city"]`},
		"wrong type":               {"weather", `{"city":7}`, `error text:the input doesn't fit the tool's schema: city: type: 7 has type "integer", want "string"`},
		"unknown field":            {"weather", `{"city":"a","x":1}`, `error text:the input doesn't fit the tool's schema: unexpected additional properties ["x"]`},
		"number overflows":         {"weather", `{"city":"a","days":300}`, `error text:the input doesn't fit the tool's schema: days: maximum: 300/1 is greater than 127.000000`},
		"a fraction":               {"weather", `{"city":"a","days":1.5}`, `error text:the input doesn't fit the tool's schema: days: type: 1.5 has type "number", want one of "null, integer"`},
		"integer that Go refuses":  {"weather", `{"city":"a","days":1.0}`, "error text:the input doesn't fit: json: cannot unmarshal number 1.0 into Go struct field cityInput.days of type int8"},
		"no object":                {"weather", `"cut off in the mid` + `dle"`, "error text:the input doesn't fit the tool's schema: type: cut off"},
		"no input":                 {"weather", ``, "error text:the call has no input"},
		"hand-written schema":      {"hand", `{"unit":"K"}`, "error text:the input doesn't fit the tool's schema: unit: enum: K does not equal any of: [C F]"},
		"hand-written, fits":       {"hand", `{"unit":"C"}`, ` text:{"unit":"C"}`},
		"schema changed later":     {"edited", `{"city":"a"}`, `error text:the input doesn't fit the tool's schema: required: missing properties: ["unit"]`},
		"no schema takes anything": {"open", `{"a":[1]}`, ` text:{"a":[1]}`},
		"no schema wants objects":  {"open", `[1]`, "error text:the input doesn't fit the tool's schema: type"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := asking(t, tt.tool, "t1", tt.input).CallTools(context.Background(), tools...)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := resultsOf(t, m), "t1 "+tt.want; !strings.HasPrefix(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestToolsThatCannotBeCalledAreTheCallersError(t *testing.T) {
	t.Parallel()
	call := func(context.Context, json.RawMessage) (any, error) { return "ran", nil }
	for name, tt := range map[string]struct {
		tool bedrock.Tool
		want string
	}{
		"no Call":             {bedrock.Tool{Name: "bad"}, "tool bad has no Call"},
		"holds a cache point": {bedrock.Tool{Name: "bad", Call: func(context.Context, json.RawMessage) (any, error) { return bedrock.CachePoint(""), nil }}, "result of tool bad: a tool's result can't hold a *types.ContentBlockMemberCachePoint"},
		"schema no object":    {bedrock.Tool{Name: "bad", Schema: 7, Call: call}, "schema of tool bad: it must be a JSON object"},
		"schema unusable":     {bedrock.Tool{Name: "bad", Schema: json.RawMessage(`{"pattern":"(?=a)"}`), Call: call}, "schema of tool bad: the schema can't be used"},
		"schema not encoded":  {bedrock.Tool{Name: "bad", Schema: func() {}, Call: call}, "schema of tool bad: json: unsupported type"},
		"result not encoded":  {bedrock.Tool{Name: "bad", Call: func(context.Context, json.RawMessage) (any, error) { return math.NaN(), nil }}, "result of tool bad: json: unsupported value: NaN"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := bedrock.Tool{Name: "good", Call: call}
			m, err := asking(t, "good", "t1", `{}`, "bad", "t2", `{}`).CallTools(context.Background(), good, tt.tool)
			if err == nil || !strings.HasPrefix(err.Error(), "bedrock: calling tools: "+tt.want) {
				t.Errorf("got error %v, want %q", err, tt.want)
			}
			if got, want := resultsOf(t, m), "t1  text:ran\nt2 error text:"+tt.want; !strings.HasPrefix(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestCutCallsAndThoseOfTheServiceAreNotRun(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	tool := newTool(func(context.Context, cityInput) (string, error) { ran.Add(1); return "x", nil })
	for reason, want := range map[types.StopReason]int64{
		types.StopReasonToolUse: 1, types.StopReasonEndTurn: 1, types.StopReasonMaxTokens: 0, types.StopReasonStopSequence: 0,
		types.StopReasonGuardrailIntervened: 0, types.StopReasonContentFiltered: 0, types.StopReasonMalformedToolUse: 0, "": 0, "new_one": 0,
	} {
		ran.Store(0)
		reply := asking(t, "weather", "t1", `{"city":"a"}`)
		reply.StopReason = reason
		m, err := reply.CallTools(context.Background(), tool)
		if err != nil || ran.Load() != want || int64(len(m.Content)) != want {
			t.Errorf("%q: ran %d with %d results, %v, want %d", reason, ran.Load(), len(m.Content), err, want)
		}
	}
	ran.Store(0)
	reply := asking(t, "search", "s1", `{}`, "weather", "t1", `{"city":"a"}`)
	reply.Message().Content[0].(*types.ContentBlockMemberToolUse).Value.Type = types.ToolUseTypeServerToolUse
	m, err := reply.CallTools(context.Background(), tool)
	if err != nil || resultsOf(t, m) != "t1  text:x" {
		t.Errorf("got %q, %v, want a result for t1 alone", resultsOf(t, m), err)
	}
	for _, empty := range []*bedrock.Reply{{}, {ConverseOutput: &bedrockruntime.ConverseOutput{}}} {
		if m, err := empty.CallTools(context.Background()); err != nil || len(m.Content) > 0 {
			t.Errorf("no reply: got %v, %v, want nothing", m, err)
		}
	}
}

func TestToolsRunSideBySideInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		tool := newTool(func(_ context.Context, in cityInput) (string, error) {
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(time.Duration(20-in.Days) * time.Second) // the first takes longest
			now.Add(-1)
			return in.City, nil
		})
		var uses, want []string
		for i := range 20 {
			uses = append(uses, "weather", fmt.Sprint("t", i), fmt.Sprintf(`{"city":"c%d","days":%d}`, i, i))
			want = append(want, fmt.Sprintf("t%d  text:c%d", i, i))
		}
		m, err := asking(t, uses...).CallTools(t.Context(), tool)
		if err != nil {
			t.Fatal(err)
		}
		if got := resultsOf(t, m); got != strings.Join(want, "\n") {
			t.Errorf("got %s", got)
		}
		if most.Load() != 8 {
			t.Errorf("%d at once, want 8", most.Load())
		}
	})
}

func TestPanicOfAToolIsTheCallers(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	tool := newTool(func(_ context.Context, in cityInput) (string, error) {
		if in.City == "b" {
			panic(boom)
		}
		return "", nil
	})
	for _, reply := range []*bedrock.Reply{
		asking(t, "weather", "t1", `{"city":"b"}`),
		asking(t, "weather", "t1", `{"city":"a"}`, "weather", "t2", `{"city":"b"}`),
	} {
		func() {
			defer func() {
				if err, ok := recover().(error); !ok || !errors.Is(err, boom) {
					t.Errorf("got %v, want boom", err)
				}
			}()
			reply.CallTools(context.Background(), tool)
			t.Error("no panic")
		}()
	}
}

func TestEndOfTheContextEndsTheCalls(t *testing.T) {
	t.Parallel()
	cause := errors.New("the user left")
	ctx, cancel := context.WithCancelCause(context.Background())
	tool := newTool(func(ctx context.Context, in cityInput) (string, error) {
		if in.City == "done" {
			return "before", nil
		}
		cancel(cause)
		return "", ctx.Err()
	})
	m, err := asking(t, "weather", "t1", `{"city":"done"}`).CallTools(ctx, tool)
	if err != nil || resultsOf(t, m) != "t1  text:before" {
		t.Errorf("got %q, %v", resultsOf(t, m), err)
	}
	m, err = asking(t, "weather", "t2", `{"city":"x"}`, "weather", "t3", `{"city":"y"}`).CallTools(ctx, tool)
	if !errors.Is(err, cause) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the cause", err)
	}
	if got, want := resultsOf(t, m), "t2 error text:context canceled: the user left\nt3 error text:context canceled: the user left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNewToolPanicsSayingWhichField(t *testing.T) {
	t.Parallel()
	type filter struct{ Match func() }
	for name, tt := range map[string]struct {
		make func()
		want string
	}{
		"field":     {func() { newToolOf[struct{ Filters []filter }]("a") }, "bedrock: NewTool(\"a\"): struct.Filters[].Match: the type func() has no JSON"},
		"no object": {func() { newToolOf[[]string]("a") }, "the input []string is no struct or map"},
		"name":      {func() { newToolOf[struct{}]("get weather") }, "a tool's name is 1 to 64 letters"},
		"no name":   {func() { newToolOf[struct{}]("") }, "a tool's name is 1 to 64 letters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, tt.want) {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			}()
			tt.make()
		})
	}
}

func newToolOf[In any](name string) bedrock.Tool {
	return bedrock.NewTool(name, "", func(context.Context, In) (string, error) { return "", nil })
}

func TestToolsThatCannotBeUsedAreNotSent(t *testing.T) {
	t.Parallel()
	call := func(context.Context, json.RawMessage) (any, error) { return "", nil }
	for name, tt := range map[string]struct {
		tool bedrock.Tool
		want string // "": it is sent
	}{
		"name":                    {bedrock.Tool{Name: "a b"}, `UseTools: a tool's name is 1 to 64 letters, digits, _ and -, not "a b"`},
		"schema no object":        {bedrock.Tool{Name: "a", Schema: "x"}, "UseTools: schema of tool a: it must be a JSON object"},
		"schema can't be used":    {bedrock.Tool{Name: "a", Schema: json.RawMessage(`{"pattern":"(?!x)"}`), Call: call}, "UseTools: schema of tool a: the schema can't be used"},
		"unused, as it isn't run": {bedrock.Tool{Name: "a", Schema: json.RawMessage(`{"type":"object","properties":{"s":{"pattern":"(?!x)"}}}`)}, ""},
		"contains itself":         {bedrock.Tool{Name: "a", Schema: json.RawMessage(`{"type":"object","properties":{"a":{"$ref":"#"}}}`), Call: call}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, client := serve(t)
			_, err := client.Converse(context.Background(), testModel, bedrock.Prompt("Hi"), bedrock.UseTools(tt.tool))
			if tt.want == "" && err != nil || tt.want != "" && (!errors.Is(err, bedrock.ErrInvalid) || !strings.Contains(err.Error(), tt.want) || len(srv.Requests()) > 0) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// quotesItself puts its value into its error.
type quotesItself struct{}

func (quotesItself) MarshalJSON() ([]byte, error) { return nil, errors.New("s3cret") }

// newNamed is a tool that returns v.
func newNamed(name string, v any) bedrock.Tool {
	return bedrock.Tool{Name: name, Call: func(context.Context, json.RawMessage) (any, error) { return v, nil }}
}
