package bedrock_test

import (
	"context"
	"encoding/json"
	"testing"

	"example.com/bedrock"
)

// However a stream is read, its reply is the same, and nothing that a service may send
// is a panic.
func FuzzStream(f *testing.F) {
	f.Add("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"a"},"p":"x"}`, "contentBlockDelta", `{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{"}}}`)
	f.Add("contentBlockStart", `{"contentBlockIndex":0,"start":{"toolUse":{"name":"n","toolUseId":"t"}}}`, "contentBlockStop", `{"contentBlockIndex":0}`)
	f.Add("contentBlockDelta", `{"contentBlockIndex":-1,"delta":{"reasoningContent":{"text":"a"}}}`, "metadata", `{"usage":{}}`)
	f.Add("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"citation":{"sourceContent":[{}]}}}`, "contentBlockDelta", `{"delta":{"toolResult":[{"text":"a"},{"x":{}}]}}`)
	f.Add("contentBlockStart", `{"start":{"image":{}}}`, "contentBlockDelta", `{"delta":{"image":{"source":{"bytes":"AA=="}}}}`)
	f.Add("hologram", `{}`, "messageStop", `{"additionalModelResponseFields":{"a":1}}`)
	f.Fuzz(func(t *testing.T, name1, payload1, name2, payload2 string) {
		if len(name1) > 255 || len(name2) > 255 || !json.Valid([]byte(payload1)) || !json.Valid([]byte(payload2)) {
			t.Skip("no frame")
		}
		c := streamed(t, event("messageStart", `{"role":"assistant"}`), event(name1, payload1), event(name2, payload2))
		var replies [2]*bedrock.Reply
		var errs [2]error
		for i, drain := range []func(*bedrock.Stream){func(s *bedrock.Stream) {
			for range s.Text() {
			}
		}, func(s *bedrock.Stream) {
			for range s.Events() {
			}
		}} {
			s, err := c.ConverseStream(context.Background(), benchModel, nil)
			if err != nil {
				t.Fatal(err)
			}
			drain(s)
			replies[i], errs[i] = s.Reply()
		}
		stop := name1 == "contentBlockStop" || name2 == "contentBlockStop" // of which Text takes no notice
		if (errs[0] == nil) != (errs[1] == nil) && !stop {
			t.Fatalf("Text: %v, Events: %v", errs[0], errs[1])
		}
		if errs[0] == nil && errs[1] == nil && (replies[0].Text() != replies[1].Text() || show(replies[0].Message()) != show(replies[1].Message())) {
			t.Errorf("Text: %s, Events: %s", show(replies[0].Message()), show(replies[1].Message()))
		}
	})
}
