package bedrock_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

type person struct {
	Name string   `json:"name" jsonschema:"first and last name"`
	Age  int      `json:"age"`
	Tags []string `json:"tags"`
}

const personSchema = `{"type":"object","properties":{"name":{"type":"string","description":"first and last name"},"age":{"type":"integer"},` +
	`"tags":{"type":"array","items":{"type":"string"}}},"required":["name","age","tags"],"additionalProperties":false}`

func TestStructuredOutputOnTheWire(t *testing.T) {
	t.Parallel()
	inConfig := `"outputConfig":{"textFormat":{"structure":{"jsonSchema":{"name":"person","schema":` + quote(personSchema) + `}},"type":"json_schema"}}`
	for name, tt := range map[string]struct {
		opts []bedrock.RequestOption
		want string
	}{
		"OutputAs":        {[]bedrock.RequestOption{bedrock.OutputAs[person]()}, inConfig},
		"pointer type":    {[]bedrock.RequestOption{bedrock.OutputAs[*person]()}, strings.Replace(inConfig, `"person"`, `"output"`, 1)},
		"verbatim schema": {[]bedrock.RequestOption{bedrock.OutputSchema("p", json.RawMessage(`{ "type" : "object" }`))}, `"schema":"{ \"type\" : \"object\" }"`},
		"beside effort": {[]bedrock.RequestOption{func(r *bedrock.Request) { r.OutputConfig = &types.OutputConfig{Effort: aws.String("low")} }, bedrock.OutputAs[person]()},
			`"outputConfig":{"effort":"low",` + strings.TrimPrefix(inConfig, `"outputConfig":{`)},
		"OutputViaTool": {[]bedrock.RequestOption{bedrock.OutputViaTool[person]()},
			`"toolConfig":{"toolChoice":{"tool":{"name":"person"}},"tools":[{"toolSpec":{"description":"Takes the answer.","inputSchema":{"json":` + personSchema + `},"name":"person"}}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, client := serve(t)
			if _, err := client.Converse(context.Background(), testModel, bedrock.Prompt("Who?"), tt.opts...); err != nil {
				t.Fatal(err)
			}
			got, want := sorted(t, srv.Requests()[0].Body), sorted(t, []byte("{"+tt.want+"}"))
			if !strings.Contains(got, strings.Trim(want, "{}")) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// sorted is JSON with the members of its objects in alphabetical order.
func sorted(t *testing.T, raw []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return string(raw) // a fragment
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDecodeGivesTheOutput(t *testing.T) {
	t.Parallel()
	const ada = `{"name":"Ada","age":36,"tags":["math"]}`
	use := bedrocktest.ToolUse("person", "t1", json.RawMessage(ada))
	for name, tt := range map[string]struct {
		opt    bedrock.RequestOption
		answer bedrocktest.Response
	}{
		"text":           {bedrock.OutputAs[person](), bedrocktest.Text(ada)},
		"with space":     {bedrock.OutputAs[person](), bedrocktest.Text("\n " + ada + "\n")},
		"null for list":  {bedrock.OutputAs[person](), bedrocktest.Text(strings.Replace(ada, `["math"]`, "null", 1))},
		"after thoughts": {bedrock.OutputAs[person](), bedrocktest.Reasoning("Ada, I think.", "sig").And(bedrocktest.Text(ada))},
		"schema":         {bedrock.OutputSchema("p", json.RawMessage(`{"type":"object"}`)), bedrocktest.Text(ada)},
		"tool":           {bedrock.OutputViaTool[person](), use},
		"tool, end_turn": {bedrock.OutputViaTool[person](), bedrocktest.Text("Here it is.").And(use).StopReason(types.StopReasonEndTurn)},
		"unasked for":    {nil, bedrocktest.Text(ada)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			_, client := serve(t, tt.answer, tt.answer.ChunkSize(3), tt.answer)
			reply, err := client.Converse(ctx, testModel, bedrock.Prompt("Who?"), tt.opt)
			if err != nil {
				t.Fatal(err)
			}
			stream, err := client.ConverseStream(ctx, testModel, bedrock.Prompt("Who?"), tt.opt)
			if err != nil {
				t.Fatal(err)
			}
			streamed, err := stream.Reply()
			if err != nil {
				t.Fatal(err)
			}
			x, err := client.Run(ctx, testModel, bedrock.Prompt("Who?"), nil, tt.opt)
			if err != nil || x.Rounds != 1 {
				t.Fatal(x.Rounds, err)
			}
			for _, r := range []*bedrock.Reply{reply, streamed, x.Reply} {
				var got person
				if err := r.Decode(&got); err != nil {
					t.Error(err)
				} else if got.Name != "Ada" || got.Age != 36 {
					t.Errorf("got %+v", got)
				}
			}
		})
	}
}

func TestDecodeSaysWhyThereIsNoOutput(t *testing.T) {
	t.Parallel()
	asked, tool := bedrock.OutputAs[person](), bedrock.OutputViaTool[person]()
	for name, tt := range map[string]struct {
		opt    bedrock.RequestOption
		answer bedrocktest.Response
		want   string
	}{
		"cut":            {asked, bedrocktest.Text(`{"name":"s3cr`).StopReason(types.StopReasonMaxTokens), "the reply was cut, it stopped for max_tokens: give it more (MaxTokens)"},
		"tool cut":       {tool, bedrocktest.ToolUse("person", "t1", json.RawMessage(`{}`)).StopReason(types.StopReasonMaxTokens), "the reply was cut, it stopped for max_tokens"},
		"window full":    {asked, bedrocktest.Text(`{`).StopReason(types.StopReasonModelContextWindowExceeded), "the reply was cut, it stopped for model_context_window_exceeded"},
		"refused":        {asked, bedrocktest.Text("s3cret").StopReason(types.StopReasonGuardrailIntervened), "the reply was refused, it stopped for guardrail_intervened"},
		"filtered":       {asked, bedrocktest.Text("s3cret").StopReason(types.StopReasonContentFiltered), "the reply was refused, it stopped for content_filtered"},
		"malformed":      {tool, bedrocktest.Text("s3cret").StopReason(types.StopReasonMalformedToolUse), "the model wrote no JSON, it stopped for malformed_tool_use"},
		"no JSON":        {asked, bedrocktest.Text("Here you are: s3cret"), "reading the output: it is not valid JSON at byte 1"},
		"missing field":  {asked, bedrocktest.Text(`{"name":"s3cret","age":1}`), `the output doesn't fit: missing properties: ["tags"]`},
		"wrong type":     {asked, bedrocktest.Text(`{"name":"s3cret","age":"s3cret","tags":[]}`), "the output doesn't fit: age: doesn't fit the schema's type"},
		"half fits":      {asked, bedrocktest.Text(`{"name":"s3cret","age":1.0,"tags":[]}`), "reading the output: field age is no int"},
		"of the tool":    {tool, bedrocktest.ToolUse("person", "t1", map[string]any{"s3cret": 1}), "the output doesn't fit: there are properties that the schema doesn't have"},
		"no text":        {asked, bedrocktest.ToolUse("other", "t1", map[string]any{}), `the reply has no text, it stopped for "tool_use"`},
		"no tool use":    {tool, bedrocktest.Text(`{"name":"s3cret"}`), `the model didn't use the tool person, which takes the output; it stopped for "end_turn"`},
		"other tool":     {tool, bedrocktest.ToolUse("other", "t1", map[string]any{}), "the model didn't use the tool person"},
		"unasked, wrong": {nil, bedrocktest.Text(`{"name":1}`), "the output doesn't fit: name: doesn't fit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, client := serve(t, tt.answer)
			reply, err := client.Converse(context.Background(), testModel, bedrock.Prompt("Who?"), tt.opt)
			if err != nil {
				t.Fatal(err)
			}
			got := person{Name: "before"}
			err = reply.Decode(&got)
			var e *bedrock.OutputError
			if !errors.As(err, &e) || e.Reply != reply {
				t.Fatalf("got %v, want an OutputError with the reply", err)
			}
			if !strings.HasPrefix(err.Error(), "bedrock: decoding the output: "+tt.want) || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, want %q", err, tt.want)
			}
			if !strings.HasSuffix(err.Error(), "(request "+reply.RequestID+")") {
				t.Errorf("no request id: %q", err)
			}
			if got.Name != "before" {
				t.Errorf("stored %+v all the same", got)
			}
		})
	}
}

func TestDecodeWithoutAPointer(t *testing.T) {
	t.Parallel()
	_, client := serve(t, bedrocktest.Text(`{}`))
	reply, err := client.Converse(context.Background(), testModel, bedrock.Prompt("Who?"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{nil, person{}, (*person)(nil)} {
		if err := reply.Decode(v); err == nil || !strings.Contains(err.Error(), "give Decode a pointer that isn't nil") {
			t.Errorf("%T: got %v", v, err)
		}
	}
	if err := (&bedrock.Reply{}).Decode(new(person)); err == nil {
		t.Error("empty reply: no error")
	}
	if err := (&bedrock.Reply{ConverseOutput: &bedrockruntime.ConverseOutput{}}).Decode(new(person)); err == nil {
		t.Error("reply without message: no error")
	}
	var any any
	if err := reply.Decode(&any); err != nil {
		t.Error(err)
	}
}

func TestOutputOfATypeWithoutSchemaIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		opt  bedrock.RequestOption
		want string
	}{
		"OutputAs":             {bedrock.OutputAs[struct{ F func() }](), "OutputAs: struct.F: the type func() has no JSON"},
		"OutputViaTool":        {bedrock.OutputViaTool[struct{ F func() }](), "OutputViaTool: struct.F"},
		"OutputViaTool, list":  {bedrock.OutputViaTool[[]person](), "OutputViaTool: []bedrock_test.person is no struct or map"},
		"OutputSchema":         {bedrock.OutputSchema("p", 7), "OutputSchema: a schema is a JSON object"},
		"OutputSchema, bad":    {bedrock.OutputSchema("p", func() {}), "OutputSchema: json: unsupported type: func()"},
		"OutputSchema, name":   {bedrock.OutputSchema("a person", json.RawMessage(`{}`)), "OutputSchema: a schema's name is 1 to 64 letters"},
		"OutputSchema, no ref": {bedrock.OutputSchema("p", json.RawMessage(`{"$ref":"#/a"}`)), "OutputSchema: the schema can't be used"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, client := serve(t)
			_, err := client.Converse(context.Background(), testModel, bedrock.Prompt("Who?"), tt.opt)
			if !errors.Is(err, bedrock.ErrInvalid) || !strings.Contains(err.Error(), tt.want) || len(srv.Requests()) > 0 {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

type page[T any] struct{ Items []T }

func TestOutputIsNamedAfterItsType(t *testing.T) {
	t.Parallel()
	for want, opt := range map[string]bedrock.RequestOption{
		"person":      bedrock.OutputAs[person](),
		"output":      bedrock.OutputAs[struct{}](),
		"page_person": bedrock.OutputAs[page[person]](),
	} {
		srv, client := serve(t)
		if _, err := client.Converse(context.Background(), testModel, bedrock.Prompt("Who?"), opt); err != nil {
			t.Fatal(err)
		}
		if body := string(srv.Requests()[0].Body); !strings.Contains(body, `"name":"`+want+`"`) {
			t.Errorf("got %s, want the name %s", body, want)
		}
	}
}
