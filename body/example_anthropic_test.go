package body_test

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/bedrock/body"
)

func ExampleAnthropicRequest() {
	request := body.AnthropicRequest{
		AnthropicVersion: body.AnthropicVersion,
		MaxTokens:        200,
		System:           body.AnthropicContent{Text: "Be brief."},
		Messages:         []body.AnthropicMessage{{Role: "user", Content: body.AnthropicContent{Text: "Name a bird."}}},
		Temperature:      aws.Float64(0),
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	if err := out.Encode(request); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {
	//  "anthropic_version": "bedrock-2023-05-31",
	//  "max_tokens": 200,
	//  "system": "Be brief.",
	//  "messages": [
	//   {
	//    "role": "user",
	//    "content": "Name a bird."
	//   }
	//  ],
	//  "temperature": 0
	// }
}

func ExampleAnthropicTool() {
	request := body.AnthropicTool{
		Name:        "weather",
		Description: "The weather of a place now.",
		InputSchema: map[string]any{"type": "object", "properties": map[string]any{"place": map[string]any{"type": "string"}}},
	}
	if err := json.NewEncoder(os.Stdout).Encode(request); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"name":"weather","description":"The weather of a place now.","input_schema":{"properties":{"place":{"type":"string"}},"type":"object"}}
}

func ExampleAnthropicContent() {
	request := body.AnthropicMessage{Role: "user", Content: body.AnthropicContent{Blocks: []body.AnthropicBlock{
		{Type: "document", Title: "Birds", Source: &body.AnthropicSource{Type: "text", MediaType: "text/plain", Data: "Wrens are small."},
			Citations: &body.AnthropicCitations{Enabled: true}},
		{Type: "text", Text: "How big is a wren?"},
	}}}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	if err := out.Encode(request); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {
	//  "role": "user",
	//  "content": [
	//   {
	//    "type": "document",
	//    "source": {
	//     "type": "text",
	//     "media_type": "text/plain",
	//     "data": "Wrens are small."
	//    },
	//    "title": "Birds",
	//    "citations": {
	//     "enabled": true
	//    }
	//   },
	//   {
	//    "type": "text",
	//    "text": "How big is a wren?"
	//   }
	//  ]
	// }
}

func ExampleAnthropicResponse() {
	const answer = `{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"Let me look."},
		{"type":"tool_use","id":"toolu_1","name":"weather","input":{"place":"Oslo"}}],"stop_reason":"tool_use","stop_sequence":null,
		"usage":{"input_tokens":20,"output_tokens":9}}`
	var got body.AnthropicResponse
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		log.Fatal(err)
	}
	for _, block := range got.Content {
		switch block.Type {
		case "text":
			fmt.Println(block.Text)
		case "tool_use":
			fmt.Println(block.Name, string(block.Input))
		}
	}
	fmt.Println(got.StopReason, got.Usage.OutputTokens)
	// Output:
	// Let me look.
	// weather {"place":"Oslo"}
	// tool_use 9
}

func ExampleAnthropicChunk() {
	chunks := []string{
		`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"A "}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"wren."}}`,
		`{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":5}}`,
	}
	for _, raw := range chunks { // as bedrock.InvokeStream[body.AnthropicChunk] decodes them
		var chunk body.AnthropicChunk
		if err := json.Unmarshal([]byte(raw), &chunk); err != nil {
			log.Fatal(err)
		}
		switch chunk.Type {
		case "content_block_delta":
			fmt.Print(chunk.Delta.Text)
		case "message_delta":
			fmt.Println("", chunk.Delta.StopReason, chunk.Usage.OutputTokens)
		}
	}
	// Output:
	// A wren. end_turn 5
}
