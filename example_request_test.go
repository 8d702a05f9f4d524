package bedrock_test

import (
	"context"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

// grounding is a tool that runs at the service.
func grounding(r *bedrock.Request) {
	tool := &types.ToolMemberSystemTool{Value: types.SystemTool{Name: aws.String("nova_grounding")}}
	r.ToolConfig = &types.ToolConfiguration{Tools: []types.Tool{tool}}
}

func ExampleToolChoiceAuto() {
	showBody(bedrock.Prompt("News?"), grounding, bedrock.ToolChoiceAuto())
	// Output: {"messages":[{"content":[{"text":"News?"}],"role":"user"}],"toolConfig":{"toolChoice":{"auto":{}},"tools":[{"systemTool":{"name":"nova_grounding"}}]}}
}

func ExampleToolChoiceAny() {
	showBody(bedrock.Prompt("News?"), grounding, bedrock.ToolChoiceAny())
	// Output: {"messages":[{"content":[{"text":"News?"}],"role":"user"}],"toolConfig":{"toolChoice":{"any":{}},"tools":[{"systemTool":{"name":"nova_grounding"}}]}}
}

func ExampleToolChoiceTool() {
	showBody(bedrock.Prompt("News?"), grounding, bedrock.ToolChoiceTool("nova_grounding"))
	// Output: {"messages":[{"content":[{"text":"News?"}],"role":"user"}],"toolConfig":{"toolChoice":{"tool":{"name":"nova_grounding"}},"tools":[{"systemTool":{"name":"nova_grounding"}}]}}
}

func ExampleEffort() {
	showBody(bedrock.Prompt("A proof, please."), bedrock.Effort("high"))
	// Output: {"messages":[{"content":[{"text":"A proof, please."}],"role":"user"}],"outputConfig":{"effort":"high"}}
}

func ExampleModelFields() {
	showBody(bedrock.Prompt("A proof, please."),
		bedrock.ModelFields(map[string]any{"thinking": map[string]any{"type": "enabled", "budget_tokens": 2000}}),
		bedrock.ModelFields(map[string]any{"anthropic_beta": []string{"interleaved-thinking-2025-05-14"}}))
	// Output: {"additionalModelRequestFields":{"anthropic_beta":["interleaved-thinking-2025-05-14"],"thinking":{"budget_tokens":2000,"type":"enabled"}},"messages":[{"content":[{"text":"A proof, please."}],"role":"user"}]}
}

func ExampleModelResponseFields() {
	showBody(bedrock.Prompt("Count to ten."), bedrock.StopSequences("three"), bedrock.ModelResponseFields("/stop_sequence"))
	// Output: {"additionalModelResponseFieldPaths":["/stop_sequence"],"inferenceConfig":{"stopSequences":["three"]},"messages":[{"content":[{"text":"Count to ten."}],"role":"user"}]}
}

func ExampleGuardrail() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("I can't talk about that.").StopReason(types.StopReasonGuardrailIntervened))

	reply, err := srv.Client().Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("A secret, please."), bedrock.Guardrail("gr-abc", "1"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text(), reply.StopReason)
	// Output: I can't talk about that. guardrail_intervened
}

func ExampleGuardrailTrace() {
	showBody(bedrock.Prompt("A secret?"), bedrock.Guardrail("gr-abc", "DRAFT"), bedrock.GuardrailTrace(types.GuardrailTraceEnabled))
	// Output: {"guardrailConfig":{"guardrailIdentifier":"gr-abc","guardrailVersion":"DRAFT","trace":"enabled"},"messages":[{"content":[{"text":"A secret?"}],"role":"user"}]}
}

func ExampleGuardrailAsync() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Once upon a time"))

	stream, err := srv.Client().ConverseStream(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("A story?"), bedrock.Guardrail("gr-abc", "1"), bedrock.GuardrailAsync())
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	fmt.Println(string(srv.Requests()[0].Body))
	// Output: {"guardrailConfig":{"guardrailIdentifier":"gr-abc","guardrailVersion":"1","streamProcessingMode":"async"},"messages":[{"content":[{"text":"A story?"}],"role":"user"}]}
}

func ExampleServiceTier() {
	showBody(bedrock.Prompt("No hurry?"), bedrock.ServiceTier(types.ServiceTierTypeFlex))
	// Output: {"messages":[{"content":[{"text":"No hurry?"}],"role":"user"}],"serviceTier":{"type":"flex"}}
}

func ExampleLatencyOptimized() {
	showBody(bedrock.Prompt("Quick?"), bedrock.LatencyOptimized())
	// Output: {"messages":[{"content":[{"text":"Quick?"}],"role":"user"}],"performanceConfig":{"latency":"optimized"}}
}

func ExampleRequestMetadata() {
	showBody(bedrock.Prompt("Hello?"), bedrock.RequestMetadata(map[string]string{"team": "support"}))
	// Output: {"messages":[{"content":[{"text":"Hello?"}],"role":"user"}],"requestMetadata":{"team":"support"}}
}

// The messages are in the prompt, and so are the system prompt and the parameters.
func ExamplePromptVariables() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Sunny."))

	const prompt = "arn:aws:bedrock:us-east-1:123456789012:prompt/PROMPT12345:1"
	reply, err := srv.Client().Converse(context.Background(), prompt, nil, bedrock.PromptVariables(map[string]string{"city": "Paris"}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(srv.Requests()[0].Body), reply.Text())
	// Output: {"promptVariables":{"city":{"text":"Paris"}}} Sunny.
}

func ExampleCacheSystem() {
	showBody(bedrock.Prompt("Hello?"), bedrock.System("The whole handbook."), bedrock.CacheSystem(""), bedrock.System("Today is Monday."))
	// Output: {"messages":[{"content":[{"text":"Hello?"}],"role":"user"}],"system":[{"text":"The whole handbook."},{"cachePoint":{"type":"default"}},{"text":"Today is Monday."}]}
}

func ExampleCacheTools() {
	showBody(bedrock.Prompt("News?"), grounding, bedrock.CacheTools(types.CacheTTLFiveMinutes))
	// Output: {"messages":[{"content":[{"text":"News?"}],"role":"user"}],"toolConfig":{"tools":[{"systemTool":{"name":"nova_grounding"}},{"cachePoint":{"ttl":"5m","type":"default"}}]}}
}
