package bedrocktest

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// outputID is the id of the tool use that [Output] makes.
const outputID = "tooluse_output"

// Output answers Converse and ConverseStream with a structured reply, in the
// way that the request asks for it: v as the input of a tool use where
// toolChoice leaves the model one tool, and v as JSON text otherwise, as with
// outputConfig.textFormat. A [json.RawMessage] or []byte goes out as it is.
func Output(v any) Response {
	encoded, err := encodeJSON(v)
	if err != nil {
		return Response{body: broken{err}}
	}
	return Response{body: content{outputBlock(encoded)}}
}

// An outputBlock is JSON text until a request shapes it.
type outputBlock []byte

func (b outputBlock) message() any { return textBlock{string(b)}.message() }
func (b outputBlock) events(chunkSize int) (any, []any) {
	return textBlock{string(b)}.events(chunkSize)
}
func (b outputBlock) words() int { return textBlock{string(b)}.words() }

// shaped gives structured output the form that the request wants.
func (c content) shaped(req *Request) content {
	shaped := content{}
	for _, b := range c {
		if output, ok := b.(outputBlock); ok {
			b = output.shaped(req)
		}
		shaped = append(shaped, b)
	}
	return shaped
}

func (b outputBlock) shaped(req *Request) block {
	if c := req.conversation(); c != nil && c.forcedTool() != "" {
		return toolUseBlock{name: c.forcedTool(), id: outputID, input: b}
	}
	return b
}

// Refusal answers Converse and ConverseStream as Bedrock does when a guardrail
// blocked the request: stop reason guardrail_intervened, the guardrail's
// message as text, no tokens, because no model was asked. A request that sets
// guardrailConfig.trace gets a trace, which says that a topic named
// "bedrocktest" was denied.
func Refusal(text string) Response {
	r := Response{body: content{textBlock{text}}, blocked: true}
	return r.StopReason(types.StopReasonGuardrailIntervened).Usage(0, 0)
}

// addTrace adds the trace of a guardrail to a reply, where there is something
// to trace and somebody who asked. The shape is that of recorded replies.
func (r Response) addTrace(req *Request, reply map[string]any) map[string]any {
	if !r.blocked {
		return reply
	}
	c := req.conversation()
	if c == nil || c.GuardrailConfig.Trace == "" || c.GuardrailConfig.Trace == string(types.GuardrailTraceDisabled) {
		return reply
	}
	characters := 0
	for _, m := range c.Messages {
		characters += len(m.text())
	}
	assessment := map[string]any{
		"invocationMetrics": map[string]any{
			"guardrailCoverage":          map[string]any{"textCharacters": map[string]int{"guarded": characters, "total": characters}},
			"guardrailProcessingLatency": latency.Milliseconds(),
			"usage":                      guardrailUnits(),
		},
		"topicPolicy": map[string]any{"topics": []any{
			map[string]any{"action": "BLOCKED", "detected": true, "name": "bedrocktest", "type": "DENY"},
		}},
	}
	reply["trace"] = map[string]any{"guardrail": map[string]any{
		"actionReason":    "Guardrail blocked.",
		"inputAssessment": map[string]any{c.GuardrailConfig.GuardrailIdentifier: assessment},
	}}
	return reply
}

func guardrailUnits() json.RawMessage {
	return json.RawMessage(`{"contentPolicyUnits":0,"contextualGroundingPolicyUnits":0,"sensitiveInformationPolicyFreeUnits":0,` +
		`"sensitiveInformationPolicyUnits":0,"topicPolicyUnits":1,"wordPolicyUnits":0}`)
}
