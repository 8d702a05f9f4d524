package bedrock_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

// A question, and the same one streamed. The first call is throttled once and
// retried.
func Example() {
	srv := bedrocktest.NewServer() // Bedrock in this process
	defer srv.Close()
	srv.Queue(bedrocktest.Throttle(), bedrocktest.Text("Paris."), bedrocktest.Text("It is", " Paris."))
	client := srv.Client() // in an application: client, err := bedrock.New(ctx)

	ctx := context.Background()
	reply, err := client.Converse(ctx, "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"), bedrock.MaxTokens(100))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text(), "After", reply.Attempts, "attempts.")

	stream, err := client.ConverseStream(ctx, "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"), bedrock.MaxTokens(100))
	if err != nil {
		log.Fatal(err)
	}
	for text, err := range stream.Text() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(text)
	}
	// Output:
	// Paris. After 2 attempts.
	// It is Paris.
}

func ExampleClient_Converse() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Paris"))
	client := srv.Client()

	reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"),
		bedrock.System("Answer in one word."), bedrock.MaxTokens(100), bedrock.Temperature(0))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text(), reply.StopReason)
	// Output: Paris end_turn
}

// A conversation is a slice of messages, kept by the caller.
func ExampleClient_Converse_conversation() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Paris"), bedrocktest.Text("Two million"))
	client := srv.Client()

	var messages []types.Message
	for _, question := range []string{"Capital of France?", "How many live there?"} {
		messages = append(messages, bedrock.User(question))
		reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", messages)
		if err != nil {
			log.Fatal(err)
		}
		messages = append(messages, reply.Message())
		fmt.Println(len(messages), reply.Text())
	}
	// Output:
	// 2 Paris
	// 4 Two million
}

func ExampleClient_CountTokens() {
	srv := bedrocktest.NewServer() // counts words
	defer srv.Close()
	client := srv.Client()

	n, err := client.CountTokens(context.Background(), "anthropic.claude-3-5-haiku-20241022-v1:0",
		bedrock.Prompt("Capital of France?"), bedrock.System("Answer in one word."))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n)
	// Output: 7
}

func ExampleSystem() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	client := srv.Client()

	_, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"),
		bedrock.System("You are a guide."), bedrock.System("Answer in one word."))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(srv.Requests()[0].Body))
	// Output: {"messages":[{"content":[{"text":"Capital of France?"}],"role":"user"}],"system":[{"text":"You are a guide."},{"text":"Answer in one word."}]}
}

// A reply that was cut by the bound is no error.
func ExampleMaxTokens() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Once upon a").StopReason(types.StopReasonMaxTokens))
	client := srv.Client()

	reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("A story, please."), bedrock.MaxTokens(3))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text(), reply.StopReason == types.StopReasonMaxTokens)
	// Output: Once upon a true
}

func ExampleTemperature() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	client := srv.Client()

	_, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Yes or no?"), bedrock.Temperature(0))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(srv.Requests()[0].Body))
	// Output: {"inferenceConfig":{"temperature":0},"messages":[{"content":[{"text":"Yes or no?"}],"role":"user"}]}
}

func ExampleTopP() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	client := srv.Client()

	_, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("A name for a cat?"), bedrock.TopP(0.9))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(srv.Requests()[0].Body))
	// Output: {"inferenceConfig":{"topP":0.9},"messages":[{"content":[{"text":"A name for a cat?"}],"role":"user"}]}
}

func ExampleStopSequences() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("one, two, ").StopReason(types.StopReasonStopSequence))
	client := srv.Client()

	reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Count to ten."), bedrock.StopSequences("three"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q %s\n", reply.Text(), reply.StopReason)
	// Output: "one, two, " stop_sequence
}

// A field that has no option here is set in place.
func ExampleRequestOption() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	client := srv.Client()

	grounding := func(r *bedrock.Request) { // a tool that runs at the service
		tool := &types.ToolMemberSystemTool{Value: types.SystemTool{Name: aws.String("nova_grounding")}}
		r.ToolConfig = &types.ToolConfiguration{Tools: []types.Tool{tool}}
	}
	_, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("News?"), grounding)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(srv.Requests()[0].Body))
	// Output: {"messages":[{"content":[{"text":"News?"}],"role":"user"}],"toolConfig":{"tools":[{"systemTool":{"name":"nova_grounding"}}]}}
}

// An option of one's own refuses what it can't send.
func ExampleRequest_Fail() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	client := srv.Client()

	extra := func(fields any) bedrock.RequestOption {
		return func(r *bedrock.Request) {
			doc, err := bedrock.JSON(fields)
			if err != nil {
				r.Fail(err)
				return
			}
			r.AdditionalModelRequestFields = doc
		}
	}
	_, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Hello?"), extra(make(chan int)))
	fmt.Println(errors.Is(err, bedrock.ErrInvalid), len(srv.Requests()), "requests")
	// Output: true 0 requests
}

func ExamplePrompt() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	client := srv.Client()

	reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Is this an echo?"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text())
	// Output: Is this an echo?
}

// A picture goes after the text.
func ExamplePrompt_image() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("A cat."))
	client := srv.Client()

	var png []byte // read from a file
	reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("What is this?",
		bedrock.Image(types.ImageFormatPng, png)))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text())
	// Output: A cat.
}

// A tool's result is a message of the user without text.
func ExampleUser() {
	message := bedrock.User("", bedrock.ToolResult("t1", "12 °C"))
	fmt.Println(message.Role, len(message.Content))
	// Output: user 1
}

// A conversation from a database.
func ExampleAssistant() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Two million"))
	client := srv.Client()

	reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", []types.Message{
		bedrock.User("Capital of France?"),
		bedrock.Assistant("Paris"),
		bedrock.User("How many live there?"),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text())
	// Output: Two million
}

func ExampleError() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Error("ValidationException", "Invocation of model ID meta.llama3-3-70b-instruct-v1:0 with on-demand throughput isn’t supported."))
	client := srv.Client()

	_, err := client.Converse(context.Background(), "meta.llama3-3-70b-instruct-v1:0", bedrock.Prompt("Capital of France?"))
	switch {
	case errors.Is(err, bedrock.ErrThrottled):
		fmt.Println("busy: try again in a minute")
	case errors.Is(err, bedrock.ErrContextWindow):
		fmt.Println("too long: shorten the conversation")
	}
	var failure *bedrock.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Op, failure.HTTPStatus, failure.Code, failure.Attempts)
		fmt.Println(failure.Hint)
	}
	// Output:
	// Converse 400 ValidationException 1
	// call the model by an inference profile: its id is the model's with a prefix, from us-east-1 one of us., global. (aws bedrock list-inference-profiles shows which exist)
}

// The text is one line: the call, the cause, what is known of it, what to do.
func ExampleError_text() {
	err := &bedrock.Error{
		Op: "Converse", Model: "amazon.nova-lite-v1:0", Region: "us-east-1",
		Code: "ThrottlingException", Message: "Too many tokens, please wait before trying again.",
		HTTPStatus: 429, RequestID: "8f0b8d7e-1a1c-4d0a-9a52-2f5b1de0c001", Attempts: 10, Elapsed: 58 * time.Second,
		Hint: "MaxTokens is unset, so each call reserves the model's maximum of the tokens-per-minute quota: set it near what you need",
	}
	fmt.Println(err)
	// Output: bedrock: Converse amazon.nova-lite-v1:0 in us-east-1: ThrottlingException: Too many tokens, please wait before trying again. (HTTP 429, 10 attempts, 58s, request 8f0b8d7e-1a1c-4d0a-9a52-2f5b1de0c001): MaxTokens is unset, so each call reserves the model's maximum of the tokens-per-minute quota: set it near what you need
}

// The SDK's own types are within reach.
func ExampleError_sdkType() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Throttle())
	client := srv.Client(bedrock.WithMaxAttempts(1))

	_, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"))
	var throttled *types.ThrottlingException
	if errors.As(err, &throttled) {
		fmt.Println(throttled.ErrorMessage())
	}
	// Output: Too many requests, please wait before trying again.
}

// A call gives up at once when its deadline falls before the next attempt, here in
// 5 s, and its error is both: the deadline and the reason to wait.
func ExampleError_deadline() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Throttle().Header("Retry-After", "5"))
	client := srv.Client()

	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	_, err := client.Converse(ctx, "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"))
	fmt.Println(errors.Is(err, context.DeadlineExceeded), errors.Is(err, bedrock.ErrThrottled))
	// Output: true true
}
