package bedrock

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

const ownPrompt = "arn:aws:bedrock:us-east-1:123456789012:prompt/PROMPT12345:1"

var refusingStub = failing(400, "ValidationException", "The model returned the following errors: no")

func converseWith(messages []types.Message, opts ...RequestOption) func(context.Context, *Client, string) error {
	return func(ctx context.Context, c *Client, model string) error {
		_, err := c.Converse(ctx, model, messages, opts...)
		return err
	}
}

func TestHintsOnRequestsThatAreKnownToBeRefused(t *testing.T) {
	t.Parallel()
	refused := refusingStub
	with := converseWith
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

func TestHintsOnWhatStandsBetween(t *testing.T) {
	t.Parallel()
	refused, with, hello := refusingStub, converseWith, Prompt("hello")
	const html = "<html><body>Blocked by the company's filter</body></html>"
	sageMaker := "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/mine"
	atS3 := with(Prompt("a", ImageS3("png", "s3://bucket/key")), MaxTokens(5))
	schema := with(hello, OutputSchema("answer", map[string]any{"type": "object", "additionalProperties": false}))
	late := with(Prompt("a", CachePoint("1h")), System("s"), CacheSystem("5m"))
	tests := []hintCase{
		{name: "an operation that the endpoint doesn't know", stub: always(404, `{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}`, "X-Amzn-Errortype", "UnknownOperationException"), want: []string{"bedrock-runtime.REGION"}},
		{name: "an operation that it doesn't recognize", stub: failing(400, "ValidationException", "The requested operation is not recognized by the service."), want: []string{"the endpoint of Bedrock Runtime"}},
		{name: "an endpoint of SageMaker in another region", stub: failing(400, "ValidationException", "no"), model: sageMaker, want: []string{`WithRegion("eu-west-1")`}},
		{name: "a proxy that wants credentials", stub: always(407, html, "Content-Type", "text/html"), want: []string{"HTTPS_PROXY"}},

		{name: "tokens counted by a profile", stub: failing(400, "ValidationException", "The provided model doesn't support counting tokens."), model: "us.anthropic.claude-haiku-4-5", call: countTokens, want: []string{"own id, anthropic.claude-haiku-4-5"}},
		{name: "tokens counted by a profile, unknown id", stub: failing(400, "ValidationException", "The provided model identifier is invalid."), model: "global.anthropic.claude-haiku-4-5", call: countTokens, want: []string{"own id, anthropic.claude-haiku-4-5"}},
		{name: "tokens counted by a profile's ARN", stub: failing(404, "ResourceNotFoundException", "no"), model: "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.x", call: countTokens, want: []string{"the model's own id"}},
		{name: "tokens counted of a model that needs a profile", stub: failing(400, "ValidationException", onDemand), call: countTokens, not: "profile"},
		{name: "tokens counted by a model's own id", stub: refused, call: countTokens},

		{name: "an S3 location at Claude", stub: failing(400, "ValidationException", "messages.0.content.1.image.source.type: Field required"), model: "us.anthropic.claude-x", call: atS3, want: []string{"send other models the bytes"}},
		{name: "an S3 location at Nova", stub: refused, call: atS3},
		{name: "an S3 location, throttled", stub: throttling(), model: "us.anthropic.claude-x", call: atS3},
		{name: "a schema that is refused", stub: failing(400, "ValidationException", "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"), call: schema, want: []string{"structured output takes a part of JSON Schema", "OutputViaTool"}},
		{name: "a request with a schema that is refused otherwise", stub: refused, call: schema},
		{name: "a longer cache point after a shorter", stub: refused, call: late, want: []string{"1h comes after one of 5m"}},
		{name: "cache points in the right order", stub: refused, call: with(Prompt("a", CachePoint("5m")), System("s"), CacheSystem("1h"))},
		{name: "a cache point after reasoning", stub: failing(400, "ValidationException", "cachePoint cannot be inserted after reasoning blocks"), want: []string{"nor right after reasoning"}},
	}
	for _, status := range []int{400, 403, 404, 418, 500, 503} {
		tests = append(tests, hintCase{name: fmt.Sprint("HTML as ", status), stub: always(status, html, "Content-Type", "text/html; charset=utf-8", "X-Amzn-Requestid", ""), want: []string{"proxy or gateway"}})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkHint(t, tt, stubClient(t, tt.stub, WithMaxAttempts(1)))
		})
	}
}
