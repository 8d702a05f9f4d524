package bedrocktest

import (
	"strings"
	"testing"
)

// answered is the body, or the payloads of the events, of an answer.
func answered(t *testing.T, r Response, req *Request) string {
	t.Helper()
	a, err := r.answer(req)
	if err != nil {
		t.Fatal(err)
	}
	if a.stream {
		return strings.Join(payloads(t, a.parts), "\n")
	}
	return string(a.parts[0])
}

func TestOutputTakesTheFormThatIsAskedFor(t *testing.T) {
	t.Parallel()
	choice := func(choice string, tools ...string) string {
		return talk(hello, `,"toolConfig":{"tools":[`+strings.Join(tools, ",")+`],"toolChoice":`+choice+`}`)
	}
	const (
		text = `"content":[{"text":"{\"city\":\"Oslo\"}"}],"role":"assistant"}},"stopReason":"end_turn"`
		use  = `"content":[{"toolUse":{"input":{"city":"Oslo"},"name":"clock","toolUseId":"tooluse_output"}}],"role":"assistant"}},"stopReason":"tool_use"`
	)
	second := strings.Replace(clock, "clock", "watch", 1)
	for name, tt := range map[string]struct{ body, want string }{
		"plain":          {talk(hello), text},
		"text format":    {talk(hello, `,"outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{}"}}}}`), text},
		"forced tool":    {choice(`{"tool":{"name":"clock"}}`, second, clock), use},
		"any of one":     {choice(`{"any":{}}`, clock), use},
		"any of two":     {choice(`{"any":{}}`, clock, second), text},
		"free":           {choice(`{"auto":{}}`, clock), text},
		"no known shape": {`{"messages":"Hello"}`, text},
	} {
		if got := answered(t, Output(map[string]string{"city": "Oslo"}), request("Converse", tt.body)); !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %s, want %s in it", name, got, tt.want)
		}
	}
	stream := answered(t, Output(map[string]string{"city": "Oslo"}).ChunkSize(8), request("ConverseStream", talk(hello)))
	if !strings.Contains(stream, `{"text":"{\"city\":"}`) {
		t.Errorf("stream: got %s, want text in pieces of 8", stream)
	}
	stream = answered(t, Reasoning("Hm.", "").And(Output([]byte(`{}`))), request("ConverseStream", choice(`{"any":{}}`, clock)))
	if !strings.Contains(stream, `"toolUse":{"name":"clock","toolUseId":"tooluse_output"}`) || !strings.Contains(stream, `"stopReason":"tool_use"`) {
		t.Errorf("stream: got %s, want a tool use after the reasoning", stream)
	}
	if _, err := Output(func() {}).answer(request("Converse", talk(hello))); err == nil {
		t.Error("a function as output: got no error")
	}
}

func TestRefusalTracesWhenAsked(t *testing.T) {
	t.Parallel()
	config := func(trace string) string {
		return talk(hello, `,"guardrailConfig":{"guardrailIdentifier":"gr1","guardrailVersion":"1"`+trace+`}`)
	}
	for _, operation := range []string{"Converse", "ConverseStream"} {
		for body, want := range map[string]bool{
			talk(hello):                       false,
			config(""):                        false,
			config(`,"trace":"disabled"`):     false,
			config(`,"trace":"enabled"`):      true,
			config(`,"trace":"enabled_full"`): true,
			`{"messages":"Hello"}`:            false,
		} {
			got := answered(t, Refusal("No."), request(operation, body))
			if traced := strings.Contains(got, `"trace":{"guardrail":{"actionReason":"Guardrail blocked.","inputAssessment":{"gr1":{`); traced != want {
				t.Errorf("%s %s: got %s, want a trace: %v", operation, body, got, want)
			}
			if !strings.Contains(got, `"stopReason":"guardrail_intervened"`) || !strings.Contains(got, `"totalTokens":0`) || !strings.Contains(got, `"No."`) {
				t.Errorf("%s: got %s", operation, got)
			}
		}
	}
	if got := answered(t, Text("No."), request("Converse", config(`,"trace":"enabled"`))); strings.Contains(got, "trace") {
		t.Errorf("a reply that no guardrail stopped: got %s, want no trace", got)
	}
}
