package bedrock

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

const ownPrompt = "arn:aws:bedrock:us-east-1:123456789012:prompt/PROMPT12345:1"

func TestHintsOnRequestsThatAreKnownToBeRefused(t *testing.T) {
	t.Parallel()
	refused := failing(400, "ValidationException", "The model returned the following errors: no")
	with := func(messages []types.Message, opts ...RequestOption) func(context.Context, *Client, string) error {
		return func(ctx context.Context, c *Client, model string) error {
			_, err := c.Converse(ctx, model, messages, opts...)
			return err
		}
	}
	streamed := func(opts ...RequestOption) func(context.Context, *Client, string) error {
		return func(ctx context.Context, c *Client, model string) error {
			_, err := c.ConverseStream(ctx, model, Prompt("hello"), opts...)
			return err
		}
	}
	hello, point := Prompt("hello"), CachePoint("")
	thinking := ModelFields(map[string]any{"top_k": 5, "thinking": map[string]any{"type": "enabled", "budget_tokens": 2000}})
	older := ModelFields(map[string]any{"reasoning_config": map[string]any{"type": "enabled"}})
	nova := ModelFields(map[string]any{"reasoningConfig": map[string]any{"type": "enabled"}})
	off := ModelFields(map[string]any{"thinking": map[string]any{"type": "disabled"}})
	odd := ModelFields(map[string]any{"thinking": true})
	tools := withTools("search")
	fixThinking, fixPoints, fixPrompt := []string{"ToolChoiceAuto"}, []string{"5 cache points", "4 at most"}, []string{"Prompt management"}

	tests := []hintCase{
		{name: "thinking and a forced tool", stub: refused, call: with(hello, tools, ToolChoiceAny(), thinking), want: fixThinking},
		{name: "thinking and one forced tool", stub: refused, call: with(hello, tools, ToolChoiceTool("search"), older), want: fixThinking},
		{name: "thinking and a forced tool, streamed", stub: refused, call: streamed(tools, ToolChoiceAny(), nova), want: fixThinking},
		{name: "thinking and tools", stub: refused, call: with(hello, tools, ToolChoiceAuto(), thinking)},
		{name: "thinking and tools without a choice", stub: refused, call: with(hello, tools, thinking)},
		{name: "thinking alone", stub: refused, call: with(hello, thinking)},
		{name: "a forced tool and no thinking", stub: refused, call: with(hello, tools, ToolChoiceAny(), off)},
		{name: "a forced tool and an odd field", stub: refused, call: with(hello, tools, ToolChoiceAny(), odd)},
		{name: "a forced tool alone", stub: refused, call: with(hello, tools, ToolChoiceAny())},
		{name: "thinking and a forced tool, another failure", stub: failing(500, "InternalServerException", "no"), call: with(hello, tools, ToolChoiceAny(), thinking)},

		{name: "five cache points", stub: refused, call: with(append(Prompt("a", point, point), User("b", point)), tools, System("s"), CacheSystem(""), CacheTools("")), want: fixPoints},
		{name: "five cache points, streamed", stub: refused, call: streamed(System("s"), CacheSystem(""), CacheSystem(""), CacheSystem(""), CacheSystem(""), CacheSystem("")), want: fixPoints},
		{name: "four cache points", stub: refused, call: with(Prompt("a", point, point, point), System("s"), CacheSystem(""))},
		{name: "five cache points, too long", stub: failing(400, "ValidationException", "Input is too long for requested model."), call: with(Prompt("a", point, point, point, point, point))},

		{name: "a prompt with a system prompt", stub: refused, model: ownPrompt, call: with(nil, System("s")), want: fixPrompt},
		{name: "a prompt with parameters", stub: refused, model: ownPrompt, call: with(nil, MaxTokens(5)), want: fixPrompt},
		{name: "a prompt with tools", stub: refused, model: ownPrompt, call: with(nil, tools), want: fixPrompt},
		{name: "a prompt with model fields, streamed", stub: refused, model: ownPrompt, call: streamed(off), want: fixPrompt},
		{name: "a prompt with variables", stub: refused, model: ownPrompt, call: with(nil, PromptVariables(map[string]string{"a": "b"}))},
		{name: "a prompt of another region", stub: refused, model: "arn:aws:bedrock:eu-west-1:123456789012:prompt/PROMPT12345", call: with(nil, System("s")), want: []string{"eu-west-1"}},

		{name: "documents of the same name", stub: failing(400, "ValidationException", "Messages can't contain duplicate document names. Rename the document and retry your request."),
			call: with([]types.Message{User("a", DocumentText("r", "x")), Assistant("b"), User("c", DocumentText("r", "y"))}), want: []string{"names of documents must differ in the whole conversation"}},
		{name: "a message without content", stub: refused, call: with(append(hello, Assistant(""))), want: []string{"a message has no content"}},
		{name: "an image without a format", stub: refused, call: with(Prompt("a", Image("", nil)))},
		{name: "a refusal of InvokeModel", stub: refused, call: invoke},
		{name: "a refusal of CountTokens", stub: refused, call: countTokens},
		{name: "a request that wasn't sent", stub: refused, call: with(hello, thinking, tools, ToolChoiceAny(), Effort(""))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkHint(t, tt, stubClient(t, tt.stub, WithMaxAttempts(1)))
		})
	}
}
