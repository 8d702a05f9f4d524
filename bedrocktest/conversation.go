package bedrocktest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// A conversation is what [Sample], [Output] and the validator read of a Converse
// or ConverseStream request, or of a CountTokens request that holds one.
type conversation struct {
	model string
	path  string // of the conversation in the body: "" or "input.converse."

	Messages   []turn
	System     []systemBlock
	ToolConfig *struct {
		Tools      []tool
		ToolChoice struct {
			Any  *struct{}
			Tool *struct{ Name string }
		}
	}
	InferenceConfig *struct {
		MaxTokens     *int
		Temperature   *float64
		TopP          *float64
		StopSequences []string
	}
	OutputConfig *struct {
		TextFormat *struct {
			Structure struct{ JSONSchema struct{ Schema string } }
		}
	}
	GuardrailConfig struct {
		GuardrailIdentifier string
		Trace               string
	}
	AdditionalModelRequestFields      json.RawMessage
	AdditionalModelResponseFieldPaths []string
}

type turn struct {
	Role    string
	Content []contentBlock
}

type systemBlock struct {
	Text       *string
	CachePoint *struct{}
}

// A contentBlock of a message or, with fewer kinds, of a tool's result.
type contentBlock struct {
	Text         *string
	GuardContent *struct{ Text *struct{ Text string } }
	Image        *struct{}
	Video        *struct{}
	Audio        *struct{}
	Document     *struct{ Name string }
	CachePoint   *struct{}
	JSON         json.RawMessage
	ToolUse      *struct{ ToolUseID, Name, Type string }
	ToolResult   *toolResult
}

type toolResult struct {
	ToolUseID string
	Status    string
	Content   []contentBlock
}

type tool struct {
	ToolSpec *struct {
		Name        string
		Description *string
		InputSchema struct{ JSON json.RawMessage }
	}
	CachePoint *struct{}
}

// conversation is the request's, or nil when there is none of the right shape.
func (r *Request) conversation() *conversation {
	var body struct {
		conversation
		Input struct{ Converse *conversation }
	}
	if r.Decode(&body) != nil {
		return nil
	}
	c := &body.conversation
	switch r.Operation {
	case "Converse", "ConverseStream":
	case "CountTokens":
		if c = body.Input.Converse; c == nil {
			return nil
		}
		c.path = "input.converse."
	default:
		return nil
	}
	c.model = r.Model
	return c
}

// toolList is toolConfig.tools, with whatever else stands among the tools.
func (c *conversation) toolList() []tool {
	if c.ToolConfig == nil {
		return nil
	}
	return c.ToolConfig.Tools
}

// tools are those that the caller runs.
func (c *conversation) tools() []tool {
	return slices.DeleteFunc(slices.Clone(c.toolList()), func(t tool) bool { return t.ToolSpec == nil })
}

// forcedTool is the tool that the model can't but use, "" if there is none.
func (c *conversation) forcedTool() string {
	switch {
	case c.ToolConfig == nil:
	case c.ToolConfig.ToolChoice.Tool != nil:
		return c.ToolConfig.ToolChoice.Tool.Name
	case c.ToolConfig.ToolChoice.Any != nil && len(c.tools()) == 1:
		return c.tools()[0].ToolSpec.Name
	}
	return ""
}

// thinking is how the request sets reasoning, by any family's field, "" if it
// doesn't: Anthropic's thinking.type, which older guides call
// reasoning_config, and Amazon Nova's reasoningConfig.
func (c *conversation) thinking() string {
	type setting struct{ Type string }
	var fields struct {
		Thinking  setting
		Anthropic setting `json:"reasoning_config"`
		Nova      setting `json:"reasoningConfig"`
	}
	if json.Unmarshal(c.AdditionalModelRequestFields, &fields) != nil {
		return ""
	}
	return cmp.Or(fields.Thinking.Type, fields.Anthropic.Type, fields.Nova.Type)
}

// results are the tool results of the message.
func (t turn) results() (all []*toolResult) {
	for _, b := range t.Content {
		if b.ToolResult != nil {
			all = append(all, b.ToolResult)
		}
	}
	return all
}

// uses are the ids of the tools that the message asks the caller to use. A
// tool that the service runs itself has a type, and is none of those.
func (t turn) uses() (ids []string) {
	for _, b := range t.Content {
		if b.ToolUse != nil && b.ToolUse.Type == "" {
			ids = append(ids, b.ToolUse.ToolUseID)
		}
	}
	return ids
}

// provider is who made the model that an id or ARN names, such as "anthropic",
// or "" when it doesn't tell, as the ARN of an application inference profile.
func provider(model string) string {
	id := model[strings.LastIndex(model, "/")+1:]
	parts := strings.Split(id, ".")
	for _, part := range parts[:min(2, len(parts)-1)] { // the first may be a profile's "us" or "global"
		switch part {
		case "ai21", "amazon", "anthropic", "cohere", "deepseek", "meta", "mistral", "writer":
			return part
		}
	}
	return ""
}

// takesObject says whether the schema of the tool's input names the type
// "object".
func (t tool) takesObject() bool {
	var schema struct{ Type any }
	return json.Unmarshal(t.ToolSpec.InputSchema.JSON, &schema) == nil && schema.Type == "object"
}
