package bedrock_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

func ExampleReply_Text() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Reasoning("An easy one.", "").And(bedrocktest.Text("Paris")))
	client := srv.Client()

	reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text())
	// Output: Paris
}

func ExampleReply_Message() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Paris"), bedrocktest.Text("Two million"))
	client := srv.Client()

	messages := bedrock.Prompt("Capital of France?")
	reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", messages)
	if err != nil {
		log.Fatal(err)
	}
	messages = append(messages, reply.Message(), bedrock.User("How many live there?"))
	reply, err = client.Converse(context.Background(), "amazon.nova-lite-v1:0", messages)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text())
	// Output: Two million
}

// The model asks for the weather, is told, and answers.
func ExampleReply_ToolUses() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.ToolUse("weather", "t1", map[string]string{"city": "Paris"}), bedrocktest.Text("It is 12 °C in Paris."))
	client := srv.Client()

	schema, err := bedrock.JSON(map[string]any{
		"type":       "object",
		"properties": map[string]any{"city": map[string]any{"type": "string"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	tools := func(r *bedrock.Request) {
		r.ToolConfig = &types.ToolConfiguration{Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{
			Name:        aws.String("weather"),
			Description: aws.String("The weather in a city."),
			InputSchema: &types.ToolInputSchemaMemberJson{Value: schema},
		}}}}
	}
	messages := bedrock.Prompt("How warm is it in Paris?")
	reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", messages, tools)
	if err != nil {
		log.Fatal(err)
	}

	var results []types.ContentBlock
	for _, use := range reply.ToolUses() {
		var input struct{ City string }
		if err := bedrock.DecodeJSON(use.Input, &input); err != nil {
			log.Fatal(err)
		}
		fmt.Println(*use.Name, input.City)
		results = append(results, &types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{
			ToolUseId: use.ToolUseId,
			Content:   []types.ToolResultContentBlock{&types.ToolResultContentBlockMemberText{Value: "12 °C"}},
		}})
	}
	messages = append(messages, reply.Message(), bedrock.User("", results...))
	reply, err = client.Converse(context.Background(), "amazon.nova-lite-v1:0", messages, tools)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text())
	// Output:
	// weather Paris
	// It is 12 °C in Paris.
}

// Reasoning is switched on in the way of the model, here Claude's.
func ExampleReply_Reasoning() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Reasoning("17 has no divisor up to 4.", "signature").And(bedrocktest.Text("Yes.")))
	client := srv.Client()

	thinking, err := bedrock.JSON(map[string]any{"thinking": map[string]any{"type": "enabled", "budget_tokens": 1024}})
	if err != nil {
		log.Fatal(err)
	}
	reply, err := client.Converse(context.Background(), "us.anthropic.claude-sonnet-4-20250514-v1:0", bedrock.Prompt("Is 17 prime?"),
		bedrock.MaxTokens(2000), func(r *bedrock.Request) { r.AdditionalModelRequestFields = thinking })
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Reasoning())
	fmt.Println(reply.Text())
	// Output:
	// 17 has no divisor up to 4.
	// Yes.
}

func ExampleReply_Citations() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Block(map[string]any{"citationsContent": map[string]any{
		"content": []any{map[string]any{"text": "Rents rose by 3%."}},
		"citations": []any{map[string]any{
			"title":         "Annual report",
			"sourceContent": []any{map[string]any{"text": "Rents: +3%"}},
			"location":      map[string]any{"documentPage": map[string]any{"documentIndex": 0, "start": 12, "end": 12}},
		}},
	}}))
	client := srv.Client()

	reply, err := client.Converse(context.Background(), "us.anthropic.claude-sonnet-4-20250514-v1:0",
		bedrock.Prompt("What of rents?", &types.ContentBlockMemberDocument{Value: types.DocumentBlock{
			Name:      aws.String("Annual report"),
			Source:    &types.DocumentSourceMemberText{Value: "Rents: +3%"},
			Citations: &types.CitationsConfig{Enabled: aws.Bool(true)},
		}}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text())
	for _, citation := range reply.Citations() {
		fmt.Println("-", *citation.Title)
	}
	// Output:
	// Rents rose by 3%.
	// - Annual report
}

func ExampleReply_Tokens() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Paris").Usage(12, 1).CacheUsage(1000, 0))
	client := srv.Client()

	reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", reply.Tokens())
	// Output: {Input:12 Output:1 CacheRead:1000 CacheWrite:0}
}

func ExampleClient_ConverseStream() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Throttle(), bedrocktest.Text("Once", " upon", " a time"))
	client := srv.Client()

	stream, err := client.ConverseStream(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("A story, please."))
	if err != nil {
		log.Fatal(err)
	}
	for text, err := range stream.Text() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%q\n", text)
	}
	// Output:
	// "Once"
	// " upon"
	// " a time"
}

// After the text, Reply has all else: why the model stopped, what it cost.
func ExampleStream_Text() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Once", " upon", " a time").Usage(4, 4))
	client := srv.Client()

	stream, err := client.ConverseStream(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("A story, please."))
	if err != nil {
		log.Fatal(err)
	}
	for text, err := range stream.Text() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(text)
	}
	reply, err := stream.Reply()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf(" (%s, %d tokens)\n", reply.StopReason, *reply.Usage.TotalTokens)
	// Output: Once upon a time (end_turn, 8 tokens)
}

// Events tell text from reasoning as they arrive.
func ExampleStream_Events() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Reasoning("An easy one.", "").And(bedrocktest.Text("Paris")))
	client := srv.Client()

	stream, err := client.ConverseStream(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"))
	if err != nil {
		log.Fatal(err)
	}
	for event, err := range stream.Events() {
		if err != nil {
			log.Fatal(err)
		}
		switch event := event.(type) {
		case *types.ConverseStreamOutputMemberContentBlockDelta:
			switch delta := event.Value.Delta.(type) {
			case *types.ContentBlockDeltaMemberReasoningContent:
				if text, ok := delta.Value.(*types.ReasoningContentBlockDeltaMemberText); ok {
					fmt.Printf("thinks %q\n", text.Value)
				}
			case *types.ContentBlockDeltaMemberText:
				fmt.Printf("says %q\n", delta.Value)
			}
		case *types.ConverseStreamOutputMemberMessageStop:
			fmt.Println(event.Value.StopReason)
		}
	}
	// Output:
	// thinks "An"
	// thinks " easy"
	// thinks " one."
	// says "Paris"
	// end_turn
}

// What arrived before a connection was lost is there, and is not taken for the whole.
func ExampleStream_Reply() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Once", " upon", " a time").CutAfter(3, bedrocktest.ConnectionClose))
	client := srv.Client()

	stream, err := client.ConverseStream(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("A story, please."))
	if err != nil {
		log.Fatal(err)
	}
	reply, err := stream.Reply()
	fmt.Printf("%q, truncated: %t\n", reply.Text(), errors.Is(err, bedrock.ErrTruncated))
	// Output: "Once upon", truncated: true
}

// Close is for a stream that may not be read to its end.
func ExampleStream_Close() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	client := srv.Client()

	stream, err := client.ConverseStream(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Are you there?"))
	if err != nil {
		log.Fatal(err)
	}
	stream.Close()
	_, err = stream.Reply()
	fmt.Println(errors.Is(err, net.ErrClosed))
	// Output: true
}
