package bedrock_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

// rebuilt are the kinds of content and the options that the recorded requests hold and
// this package has constructors for.
var rebuilt = map[string][]string{
	"converse": {"User", "Assistant", "text", "Image", "Document", "DocumentText", "Cited document", "Cited search result", "SearchResult", "GuardText",
		"CachePoint", "ToolResult", "System", "CacheSystem", "MaxTokens", "Temperature", "TopP", "StopSequences", "ModelFields", "Guardrail", "GuardrailTrace", "ToolChoiceTool", "UseTools", "OutputSchema"},
	"converse-stream": {"User", "Assistant", "text", "Document", "DocumentText", "Cited document", "GuardText", "CachePoint", "ToolResult", "System", "MaxTokens", "Temperature",
		"TopP", "StopSequences", "ModelFields", "Guardrail", "GuardrailTrace", "UseTools"},
}

func TestRecordedConverseRequestsAreRebuilt(t *testing.T) {
	rebuildAll(t, "converse", bedrocktest.Text("ok"), func(ctx context.Context, c *bedrock.Client, model string, messages []types.Message, opts []bedrock.RequestOption) error {
		_, err := c.Converse(ctx, model, messages, opts...)
		return err
	})
}

func TestRecordedConverseStreamRequestsAreRebuilt(t *testing.T) {
	rebuildAll(t, "converse-stream", bedrocktest.Text("ok"), func(ctx context.Context, c *bedrock.Client, model string, messages []types.Message, opts []bedrock.RequestOption) error {
		stream, err := c.ConverseStream(ctx, model, messages, opts...)
		if err == nil {
			err = stream.Close()
		}
		return err
	})
}

func rebuildAll(t *testing.T, operation string, reply bedrocktest.Response,
	call func(context.Context, *bedrock.Client, string, []types.Message, []bedrock.RequestOption) error) {
	t.Parallel()
	all := recordings(t, operation)
	srv := bedrocktest.NewServer()
	t.Cleanup(srv.Close)
	srv.Handle(func(*bedrocktest.Request) bedrocktest.Response { return reply })
	c := srv.Client(bedrock.WithMaxAttempts(1))
	b := rebuild{t, map[string]int{}, map[string]int{}}
	equal := 0
	for i, r := range all {
		srv.Lenient = r.Status != 200 // what Bedrock took, bedrocktest takes
		var body sentBody
		b.decode(json.RawMessage(r.Request), &body)
		if err := call(context.Background(), c, r.model(t), b.messages(body.Messages), b.options(body)); err != nil {
			t.Errorf("%d: %v", i, err)
			continue
		}
		requests := srv.Requests()
		got, want := jsonValue(t, requests[len(requests)-1].Body), jsonValue(t, []byte(r.Request)).(map[string]any)
		b.normalize(want)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d: got %.2000s\nwant %.2000s\n%s", i, requests[len(requests)-1].Body, r.Request, r.Source)
			continue
		}
		equal++
	}
	for _, kind := range rebuilt[operation] {
		if b.made[kind] == 0 {
			t.Errorf("no %s was made", kind)
		}
	}
	t.Logf("%s: %d of %d request bodies are equal", operation, equal, len(all))
	for _, kind := range slices.Sorted(maps.Keys(b.made)) {
		t.Logf("  %5d made: %s", b.made[kind], kind)
	}
	for _, kind := range slices.Sorted(maps.Keys(b.literal)) {
		t.Logf("  %5d in place: %s", b.literal[kind], kind)
	}
}

func jsonValue(t *testing.T, raw []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// sentBody is a request body, a layer at a time.
type sentBody struct {
	Messages []struct {
		Role    string
		Content []map[string]json.RawMessage
	}
	System          []map[string]json.RawMessage
	InferenceConfig struct {
		MaxTokens         *int
		Temperature, TopP *float64
		StopSequences     []string
	}
	ToolConfig *struct {
		Tools      []map[string]json.RawMessage
		ToolChoice map[string]struct{ Name string }
	}
	GuardrailConfig              *struct{ GuardrailIdentifier, GuardrailVersion, Trace string }
	AdditionalModelRequestFields json.RawMessage
	OutputConfig                 json.RawMessage
}

// rebuild makes requests with this package, and counts with what.
type rebuild struct {
	t       *testing.T
	made    map[string]int // by this package's constructors and options
	literal map[string]int // by literals of the SDK's, or normalized
}

// normalize takes out what this package doesn't send: a list or an object of nothing.
func (b rebuild) normalize(body map[string]any) {
	for _, name := range []string{"system", "inferenceConfig"} {
		if v, ok := body[name]; ok && reflect.ValueOf(v).Len() == 0 {
			delete(body, name)
			b.literal["empty "+name+" left out"]++
		}
	}
}

func (b rebuild) decode(raw json.RawMessage, v any) {
	b.t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		b.t.Fatalf("%v in %.200s", err, raw)
	}
}

func (b rebuild) document(raw json.RawMessage) document.Interface {
	doc, err := bedrock.JSON(raw)
	if err != nil {
		b.t.Fatal(err)
	}
	return doc
}

func (b rebuild) messages(sent []struct {
	Role    string
	Content []map[string]json.RawMessage
}) (messages []types.Message) {
	for _, m := range sent {
		first, content := "", []types.ContentBlock{}
		for i, block := range m.Content {
			if i == 0 && block["text"] != nil {
				b.decode(block["text"], &first)
				b.made["text"]++
				continue
			}
			for kind, raw := range block {
				content = append(content, b.block(kind, raw))
			}
		}
		switch m.Role {
		case "user":
			b.made["User"]++
			messages = append(messages, bedrock.User(first, content...))
		case "assistant":
			b.made["Assistant"]++
			messages = append(messages, bedrock.Assistant(first, content...))
		default:
			b.t.Fatalf("no constructor for role %q", m.Role)
		}
	}
	return messages
}

func (b rebuild) options(body sentBody) (opts []bedrock.RequestOption) {
	use := func(name string, opt bedrock.RequestOption) {
		if name != "" {
			b.made[name]++
		}
		opts = append(opts, opt)
	}
	for _, block := range body.System {
		for kind, raw := range block {
			use(b.system(kind, raw))
		}
	}
	c := body.InferenceConfig
	if c.MaxTokens != nil {
		use("MaxTokens", bedrock.MaxTokens(*c.MaxTokens))
	}
	if c.Temperature != nil {
		use("Temperature", bedrock.Temperature(*c.Temperature))
	}
	if c.TopP != nil {
		use("TopP", bedrock.TopP(*c.TopP))
	}
	if c.StopSequences != nil {
		use("StopSequences", bedrock.StopSequences(c.StopSequences...))
	}
	if body.AdditionalModelRequestFields != nil {
		use("ModelFields", bedrock.ModelFields(body.AdditionalModelRequestFields))
	}
	if g := body.GuardrailConfig; g != nil {
		use("Guardrail", bedrock.Guardrail(g.GuardrailIdentifier, g.GuardrailVersion))
		use("GuardrailTrace", bedrock.GuardrailTrace(types.GuardrailTrace(g.Trace)))
	}
	if body.OutputConfig != nil {
		use(b.outputConfig(body.OutputConfig))
	}
	if body.ToolConfig == nil {
		return opts
	}
	for _, tool := range body.ToolConfig.Tools {
		for kind, raw := range tool {
			use(b.tool(kind, raw))
		}
	}
	for kind, choice := range body.ToolConfig.ToolChoice {
		use(b.toolChoice(kind, choice.Name))
	}
	return opts
}

func (b rebuild) system(kind string, raw json.RawMessage) (name string, opt bedrock.RequestOption) {
	var text string
	var point struct{ Type, Ttl string }
	switch kind {
	case "text":
		b.decode(raw, &text)
		return "System", bedrock.System(text)
	case "cachePoint":
		b.decode(raw, &point)
		return "CacheSystem", bedrock.CacheSystem(types.CacheTTL(point.Ttl))
	}
	b.t.Fatalf("no option for the system block %s", kind)
	return "", nil
}

func (b rebuild) toolChoice(kind, tool string) (name string, opt bedrock.RequestOption) {
	switch kind {
	case "auto":
		return "ToolChoiceAuto", bedrock.ToolChoiceAuto()
	case "any":
		return "ToolChoiceAny", bedrock.ToolChoiceAny()
	case "tool":
		return "ToolChoiceTool", bedrock.ToolChoiceTool(tool)
	}
	b.t.Fatalf("no option for the tool choice %s", kind)
	return "", nil
}

// tool offers a tool. A system tool has no option.
func (b rebuild) tool(kind string, raw json.RawMessage) (name string, opt bedrock.RequestOption) {
	var sent struct {
		Name, Description string
		InputSchema       struct{ JSON json.RawMessage }
	}
	b.decode(raw, &sent)
	switch kind {
	case "toolSpec":
		return "UseTools", bedrock.UseTools(bedrock.Tool{Name: sent.Name, Description: sent.Description, Schema: sent.InputSchema.JSON})
	case "systemTool":
		b.literal["tool: "+kind]++
		return "", func(r *bedrock.Request) {
			c := types.ToolConfiguration{}
			if r.ToolConfig != nil {
				c = *r.ToolConfig
			}
			c.Tools = append(slices.Clip(c.Tools), &types.ToolMemberSystemTool{Value: types.SystemTool{Name: &sent.Name}})
			r.ToolConfig = &c
		}
	}
	b.t.Fatalf("no option for the tool %s", kind)
	return "", nil
}

// outputConfig asks for JSON by a schema.
func (b rebuild) outputConfig(raw json.RawMessage) (name string, opt bedrock.RequestOption) {
	var sent struct {
		TextFormat struct {
			Type      string
			Structure struct {
				JSONSchema struct{ Name, Schema string }
			}
		}
	}
	b.decode(raw, &sent)
	schema := sent.TextFormat.Structure.JSONSchema
	return "OutputSchema", bedrock.OutputSchema(schema.Name, json.RawMessage(schema.Schema))
}
