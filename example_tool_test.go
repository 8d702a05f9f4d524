package bedrock_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

type cityWeather struct {
	City string `json:"city" jsonschema:"name of the city, in English"`
}

func lookUp(_ context.Context, in cityWeather) (string, error) {
	if in.City != "Paris" {
		return "", fmt.Errorf("no weather station in %s", in.City)
	}
	return "18 °C and sunny", nil
}

func ExampleNewTool() {
	tool := bedrock.NewTool("get_weather", "Returns the weather in a city now.", lookUp)
	fmt.Printf("%s\n", tool.Schema)
	// Output: {"type":"object","properties":{"city":{"type":"string","description":"name of the city, in English"}},"required":["city"],"additionalProperties":false}
}

func ExampleTool() {
	tool := bedrock.Tool{
		Name:        "convert",
		Description: "Converts a temperature.",
		Schema:      json.RawMessage(`{"type":"object","properties":{"to":{"enum":["C","F"]},"degrees":{"type":"number"}},"required":["to","degrees"]}`),
		Call: func(_ context.Context, input json.RawMessage) (any, error) {
			var in struct {
				To      string
				Degrees float64
			}
			if err := json.Unmarshal(input, &in); err != nil {
				return nil, err
			}
			if in.To == "F" {
				return in.Degrees*9/5 + 32, nil
			}
			return (in.Degrees - 32) * 5 / 9, nil
		},
	}
	out, err := tool.Call(context.Background(), json.RawMessage(`{"to":"F","degrees":18}`))
	fmt.Println(out, err)
	// Output: 64.4 <nil>
}

func ExampleClient_Run() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.ToolUse("get_weather", "t1", cityWeather{"Paris"}), bedrocktest.Text("It is 18 °C and sunny in Paris."))
	client := srv.Client()

	weather := bedrock.NewTool("get_weather", "Returns the weather in a city now.", lookUp)
	x, err := client.Run(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("How is the weather in Paris?"), []bedrock.Tool{weather})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(x.Reply.Text())
	fmt.Println(x.Rounds, "rounds,", len(x.Messages), "messages")
	// Output:
	// It is 18 °C and sunny in Paris.
	// 2 rounds, 4 messages
}

func ExampleMaxRounds() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.ToolUse("get_weather", "t1", cityWeather{"Paris"}))
	client := srv.Client()

	weather := bedrock.NewTool("get_weather", "Returns the weather in a city now.", lookUp)
	x, err := client.Run(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("How is the weather?"), []bedrock.Tool{weather}, bedrock.MaxRounds(1))
	fmt.Println(errors.Is(err, bedrock.ErrMaxRounds), x.Reply.StopReason)
	// Output: true tool_use
}

// A loop of one's own shows each reply as it comes in.
func ExampleReply_CallTools() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(
		bedrocktest.Text("Let me see. ").And(bedrocktest.ToolUse("get_weather", "t1", cityWeather{"Paris"}), bedrocktest.ToolUse("get_weather", "t2", cityWeather{"Oz"})),
		bedrocktest.Text("18 °C and sunny in Paris; I don't know about Oz."))
	client, ctx := srv.Client(), context.Background()

	weather := bedrock.NewTool("get_weather", "Returns the weather in a city now.", lookUp)
	for talk := bedrock.Prompt("How is the weather in Paris, and in Oz?"); ; {
		stream, err := client.ConverseStream(ctx, "amazon.nova-lite-v1:0", talk, bedrock.UseTools(weather))
		if err != nil {
			log.Fatal(err)
		}
		for text := range stream.Text() {
			fmt.Print(text)
		}
		reply, err := stream.Reply()
		if err != nil {
			log.Fatal(err)
		}
		results, err := reply.CallTools(ctx, weather)
		if err != nil {
			log.Fatal(err)
		}
		if len(results.Content) == 0 {
			break
		}
		talk = append(talk, reply.Message(), results)
	}
	// Output: Let me see. 18 °C and sunny in Paris; I don't know about Oz.
}

func ExampleUseTools() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.ToolUse("get_weather", "t1", cityWeather{"Paris"}))
	client := srv.Client()

	reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("How is the weather in Paris?"),
		bedrock.UseTools(bedrock.NewTool("get_weather", "Returns the weather in a city now.", lookUp)))
	if err != nil {
		log.Fatal(err)
	}
	for _, use := range reply.ToolUses() {
		var in cityWeather
		if err := bedrock.DecodeJSON(use.Input, &in); err != nil {
			log.Fatal(err)
		}
		fmt.Println(*use.Name, in.City)
	}
	// Output: get_weather Paris
}

type invoice struct {
	Number string  `json:"number"`
	Total  float64 `json:"total" jsonschema:"in euros, taxes included"`
}

func ExampleOutputAs() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text(`{"number":"A-17","total":119}`))
	client := srv.Client()

	reply, err := client.Converse(context.Background(), "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
		bedrock.Prompt("Invoice A-17: 100 € and 19 % tax."), bedrock.OutputAs[invoice]())
	if err != nil {
		log.Fatal(err)
	}
	var got invoice
	if err := reply.Decode(&got); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", got)
	// Output: {Number:A-17 Total:119}
}

func ExampleOutputViaTool() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.ToolUse("invoice", "t1", invoice{"A-17", 119}))
	client := srv.Client()

	reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0",
		bedrock.Prompt("Invoice A-17: 100 € and 19 % tax."), bedrock.OutputViaTool[invoice]())
	if err != nil {
		log.Fatal(err)
	}
	var got invoice
	if err := reply.Decode(&got); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", got)
	// Output: {Number:A-17 Total:119}
}

func ExampleOutputSchema() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text(`{"mood":"glad"}`))
	client := srv.Client()

	schema := json.RawMessage(`{"type":"object","properties":{"mood":{"enum":["glad","sad"]}},"required":["mood"],"additionalProperties":false}`)
	reply, err := client.Converse(context.Background(), "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
		bedrock.Prompt("What a day!"), bedrock.OutputSchema("mood", schema))
	if err != nil {
		log.Fatal(err)
	}
	var got map[string]string
	if err := reply.Decode(&got); err != nil {
		log.Fatal(err)
	}
	fmt.Println(got["mood"])
	// Output: glad
}

func ExampleOutputError() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text(`{"number":"A-17",`).StopReason(types.StopReasonMaxTokens))
	client := srv.Client()

	stream, err := client.ConverseStream(context.Background(), "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
		bedrock.Prompt("Invoice A-17: 100 € and 19 % tax."), bedrock.OutputAs[invoice](), bedrock.MaxTokens(5))
	if err != nil {
		log.Fatal(err)
	}
	reply, err := stream.Reply()
	if err != nil {
		log.Fatal(err)
	}
	var got invoice
	err = reply.Decode(&got)
	var failed *bedrock.OutputError
	if errors.As(err, &failed) {
		fmt.Println(failed.Err)
		fmt.Println(failed.Reply.Text())
	}
	// Output:
	// the reply was cut, it stopped for max_tokens: give it more (MaxTokens)
	// {"number":"A-17",
}

// Decode reads a streamed reply too.
func ExampleReply_Decode() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text(`{"number":`, `"A-17","total":119}`))
	client := srv.Client()

	stream, err := client.ConverseStream(context.Background(), "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
		bedrock.Prompt("Invoice A-17: 100 € and 19 % tax."), bedrock.OutputAs[invoice]())
	if err != nil {
		log.Fatal(err)
	}
	for text := range stream.Text() {
		fmt.Println(text)
	}
	reply, err := stream.Reply()
	if err != nil {
		log.Fatal(err)
	}
	var got invoice
	if err := reply.Decode(&got); err != nil {
		log.Fatal(err)
	}
	fmt.Println(got.Total)
	// Output:
	// {"number":
	// "A-17","total":119}
	// 119
}
