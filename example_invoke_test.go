package bedrock_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

func ExampleInvoke() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.JSON(map[string]any{"embedding": []float64{0.25, 0.5}}).Usage(3, 0))
	client := srv.Client()

	type input struct {
		Text string `json:"inputText"`
	}
	type output struct {
		Embedding []float64
	}
	out, err := bedrock.Invoke[output](context.Background(), client, "amazon.titan-embed-text-v2:0", input{"Capital of France"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Value.Embedding, out.Tokens.Input, out.Latency)
	// Output: [0.25 0.5] 3 25ms
}

// A body that is JSON already goes out as it is, and comes back so.
func ExampleInvoke_raw() {
	srv := bedrocktest.NewServer() // echoes
	defer srv.Close()
	client := srv.Client()

	body := json.RawMessage(`{"inputText":"Capital of France"}`)
	out, err := bedrock.Invoke[json.RawMessage](context.Background(), client, "amazon.titan-embed-text-v2:0", body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(out.Value))
	// Output: {"inputText":"Capital of France"}
}

func ExampleInvokeOption() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	client := srv.Client()

	guarded := func(r *bedrock.InvokeRequest) {
		r.GuardrailIdentifier, r.GuardrailVersion = aws.String("gr-1"), aws.String("1")
	}
	_, err := bedrock.Invoke[json.RawMessage](context.Background(), client, "meta.llama3-8b-instruct-v1:0",
		map[string]string{"prompt": "Capital of France?"}, guarded)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(srv.Requests()[0].Header.Get("X-Amzn-Bedrock-GuardrailIdentifier"))
	// Output: gr-1
}

// An option of one's own refuses what it doesn't want sent.
func ExampleInvokeRequest_Fail() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	client := srv.Client()

	small := func(r *bedrock.InvokeRequest) {
		if len(r.Body) > 1000 {
			r.Fail(fmt.Errorf("the body has %d bytes", len(r.Body)))
		}
	}
	_, err := bedrock.Invoke[json.RawMessage](context.Background(), client, "amazon.titan-embed-text-v2:0",
		map[string]string{"inputText": strings.Repeat("Paris ", 1000)}, small)
	var failure *bedrock.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Message, errors.Is(err, bedrock.ErrInvalid), len(srv.Requests()))
	}
	// Output: the body has 6016 bytes true 0
}

func ExampleInvokeStream() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Throttle(), bedrocktest.JSONChunks(
		map[string]string{"generation": "It is"},
		map[string]string{"generation": " Paris."},
	))
	client := srv.Client()

	type llama struct{ Generation string }
	stream, err := bedrock.InvokeStream[llama](context.Background(), client, "meta.llama3-8b-instruct-v1:0",
		map[string]string{"prompt": "Capital of France?"})
	if err != nil {
		log.Fatal(err)
	}
	for chunk, err := range stream.Chunks() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(chunk.Generation)
	}
	fmt.Println(" After", stream.Attempts, "attempts.")
	// Output: It is Paris. After 2 attempts.
}

// A connection that is lost ends the loop with an error.
func ExampleInvocationStream_Chunks() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.JSONChunks(
		map[string]string{"generation": "It is"},
		map[string]string{"generation": " Paris."},
	).CutAfter(1, bedrocktest.ConnectionClose))
	client := srv.Client()

	type llama struct{ Generation string }
	stream, err := bedrock.InvokeStream[llama](context.Background(), client, "meta.llama3-8b-instruct-v1:0",
		map[string]string{"prompt": "Capital of France?"})
	if err != nil {
		log.Fatal(err)
	}
	for chunk, err := range stream.Chunks() {
		if errors.Is(err, bedrock.ErrTruncated) {
			fmt.Println("… cut off")
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(chunk.Generation)
	}
	// Output:
	// It is
	// … cut off
}

func ExampleInvocationStream_Tokens() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.JSONChunks(map[string]string{"generation": "Paris."}).Usage(9, 2))
	client := srv.Client()

	stream, err := bedrock.InvokeStream[json.RawMessage](context.Background(), client, "meta.llama3-8b-instruct-v1:0",
		map[string]string{"prompt": "Capital of France?"})
	if err != nil {
		log.Fatal(err)
	}
	for _, err := range stream.Chunks() {
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(stream.Tokens().Input, stream.Tokens().Output)
	// Output: 9 2
}

func ExampleInvocationStream_Latency() {
	srv := bedrocktest.NewServer() // says 25 ms, whatever it took
	defer srv.Close()
	srv.Queue(bedrocktest.JSONChunks(map[string]string{"generation": "Paris."}))
	client := srv.Client()

	stream, err := bedrock.InvokeStream[json.RawMessage](context.Background(), client, "meta.llama3-8b-instruct-v1:0",
		map[string]string{"prompt": "Capital of France?"})
	if err != nil {
		log.Fatal(err)
	}
	for _, err := range stream.Chunks() {
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(stream.Latency())
	// Output: 25ms
}

// Close is for a stream that may not be read to its end.
func ExampleInvocationStream_Close() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.JSONChunks(map[string]string{"generation": "Paris."}))
	client := srv.Client()

	stream, err := bedrock.InvokeStream[json.RawMessage](context.Background(), client, "meta.llama3-8b-instruct-v1:0",
		map[string]string{"prompt": "Capital of France?"})
	if err != nil {
		log.Fatal(err)
	}
	stream.Close()
	for _, err := range stream.Chunks() {
		fmt.Println(errors.Is(err, net.ErrClosed))
	}
	// Output: true
}

// A model's parameter that Converse has no field for.
func ExampleJSON() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	client := srv.Client()

	type extra struct {
		TopK int `json:"top_k"`
	}
	fields, err := bedrock.JSON(extra{TopK: 40})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Converse(context.Background(), "us.anthropic.claude-sonnet-4-20250514-v1:0", bedrock.Prompt("Hello?"),
		func(r *bedrock.Request) { r.AdditionalModelRequestFields = fields })
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(srv.Requests()[0].Body))
	// Output: {"additionalModelRequestFields":{"top_k":40},"messages":[{"content":[{"text":"Hello?"}],"role":"user"}]}
}

func ExampleDecodeJSON() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.ToolUse("transfer", "t1", json.RawMessage(`{"account":9007199254740993,"amount":"12.50"}`)))
	client := srv.Client()

	reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Send Ann 12.50."))
	if err != nil {
		log.Fatal(err)
	}
	for _, use := range reply.ToolUses() {
		var input struct {
			Account int64
			Amount  string
		}
		if err := bedrock.DecodeJSON(use.Input, &input); err != nil {
			log.Fatal(err)
		}
		fmt.Println(input.Account, input.Amount)
	}
	// Output: 9007199254740993 12.50
}
