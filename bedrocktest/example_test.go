package bedrocktest_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

const model = "amazon.nova-lite-v1:0"

// ask prints what a model answers, or the error's code.
func ask(client *bedrock.Client, question string) {
	reply, err := client.Converse(context.Background(), model, bedrock.Prompt(question))
	if failure := (*bedrock.Error)(nil); errors.As(err, &failure) {
		fmt.Println(failure.Code)
		return
	}
	fmt.Println(reply.Text())
}

// listen prints a streamed answer, a line for each delta.
func listen(client *bedrock.Client, question string) {
	stream, err := client.ConverseStream(context.Background(), model, bedrock.Prompt(question))
	if err != nil {
		fmt.Println("no stream:", describe(err))
		return
	}
	for text, err := range stream.Text() {
		if err != nil {
			fmt.Println("stream ended:", describe(err))
			return
		}
		fmt.Printf("%q\n", text)
	}
}

func describe(err error) string {
	switch {
	case errors.Is(err, bedrock.ErrTruncated):
		return "truncated"
	case errors.Is(err, bedrock.ErrStalled):
		return "stalled"
	case errors.Is(err, bedrock.ErrUnavailable):
		return "unavailable"
	case errors.Is(err, bedrock.ErrThrottled):
		return "throttled"
	}
	return err.Error()
}

func Example() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Throttle(), bedrocktest.Text("Paris"))

	reply, err := srv.Client().Converse(context.Background(), model, bedrock.Prompt("Capital of France?"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reply.Text(), "after", reply.Attempts, "attempts")
	// Output: Paris after 2 attempts
}

func ExampleNewServer() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	ask(srv.Client(), "Is this an echo?")
	// Output: Is this an echo?
}

func ExampleNewHTTP1Server() {
	srv := bedrocktest.NewHTTP1Server()
	defer srv.Close()
	ask(srv.Client(), "Which protocol is this?")
	fmt.Println(srv.Requests()[0].Proto)
	// Output:
	// Which protocol is this?
	// HTTP/1.1
}

// In a test, the body of this function would be the body of synctest.Test's
// function, and the delay an hour.
func ExampleNewPipeServer() {
	srv := bedrocktest.NewPipeServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Good things take time.").Delay(time.Millisecond))
	ask(srv.Client(), "What is slow?")
	// Output: Good things take time.
}

func ExampleServer_Close() {
	srv := bedrocktest.NewServer()
	srv.Handle(func(*bedrocktest.Request) bedrocktest.Response {
		go srv.Close() // ends the stalled call
		return bedrocktest.NoReply(bedrocktest.Stall)
	})

	_, err := srv.Client(bedrock.WithMaxAttempts(1)).Converse(context.Background(), model, bedrock.Prompt("Hello?"))
	fmt.Println(err != nil)
	// Output: true
}

func ExampleServer_Config() {
	srv := bedrocktest.NewServer()
	defer srv.Close()

	// For code that makes its own client, the SDK's or this library's.
	client := bedrockruntime.NewFromConfig(srv.Config())
	out, err := client.Converse(context.Background(), &bedrockruntime.ConverseInput{
		ModelId:  aws.String(model),
		Messages: bedrock.Prompt("Hello?"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out.StopReason)
	// Output: end_turn
}

func ExampleServer_Client() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Throttle(), bedrocktest.Throttle(), bedrocktest.Throttle())
	ask(srv.Client(bedrock.WithMaxAttempts(2)), "Hello?")
	fmt.Println(len(srv.Requests()), "attempts")
	// Output:
	// ThrottlingException
	// 2 attempts
}

func ExampleServer_Queue() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("one"), bedrocktest.Text("two"))
	for range 3 {
		ask(srv.Client(), "echo")
	}
	// Output:
	// one
	// two
	// echo
}

func ExampleServer_Handle() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Handle(func(r *bedrocktest.Request) bedrocktest.Response {
		if strings.Contains(r.Text(), "France") {
			return bedrocktest.Text("Paris")
		}
		return bedrocktest.Response{} // the echo
	})
	ask(srv.Client(), "Capital of France?")
	ask(srv.Client(), "Capital of Spain?")
	// Output:
	// Paris
	// Capital of Spain?
}

func ExampleServer_Requests() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Throttle())
	ask(srv.Client(), "Hello?")
	for _, r := range srv.Requests() {
		fmt.Println(r.Operation, r.Model, r.Header.Get("Amz-Sdk-Request"))
	}
	// Output:
	// Hello?
	// Converse amazon.nova-lite-v1:0 attempt=1; max=10
	// Converse amazon.nova-lite-v1:0 attempt=2; max=10
}

func ExampleServer_Connections() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	client := srv.Client()
	ask(client, "one")
	ask(client, "two")
	fmt.Println(srv.Connections(), "connection")
	// Output:
	// one
	// two
	// 1 connection
}

func ExampleServer_Limit() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Limit(0.001, 1) // one request, the next in a quarter of an hour
	client := srv.Client(bedrock.WithMaxAttempts(1))
	ask(client, "first")
	ask(client, "second")
	// Output:
	// first
	// ThrottlingException
}

func ExampleServer_LimitModel() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.LimitModel("meta.llama3-70b-instruct-v1:0", 0, 0) // throttled for good
	client := srv.Client(bedrock.WithMaxAttempts(1))
	ask(client, "another model")
	_, err := client.Converse(context.Background(), "meta.llama3-70b-instruct-v1:0", bedrock.Prompt("Hello?"))
	fmt.Println(describe(err))
	// Output:
	// another model
	// throttled
}

func ExampleServer_ExpireCredentials() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	client := srv.Client()
	ask(client, "Hello?")
	srv.ExpireCredentials()
	ask(client, "Hello?")
	// Output:
	// Hello?
	// ExpiredTokenException
}

func ExampleServer_Environ() {
	srv := bedrocktest.NewServer()
	defer srv.Close()

	env, err := srv.Environ()
	if err != nil {
		fmt.Println(err)
		return
	}
	cmd := exec.Command("some-program-that-calls-bedrock")
	cmd.Env = env
	for _, variable := range cmd.Env {
		if strings.HasPrefix(variable, "AWS_REGION=") {
			fmt.Println(variable)
		}
	}
	// Output: AWS_REGION=us-east-1
}

func ExampleRequest_Text() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	ask(srv.Client(), "Capital of France?")
	fmt.Println(srv.Requests()[0].Text())
	// Output:
	// Capital of France?
	// Capital of France?
}

func ExampleRequest_Decode() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	_, err := srv.Client().Converse(context.Background(), model, bedrock.Prompt("Hello?"), bedrock.MaxTokens(100))
	if err != nil {
		fmt.Println(err)
		return
	}
	var body struct{ InferenceConfig struct{ MaxTokens int } }
	if err := srv.Requests()[0].Decode(&body); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(body.InferenceConfig.MaxTokens)
	// Output: 100
}

func ExampleEnding() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	for _, how := range []bedrocktest.Ending{
		bedrocktest.CleanEnd, bedrocktest.StreamReset, bedrocktest.ConnectionClose, bedrocktest.ConnectionReset,
	} {
		srv.Queue(bedrocktest.Text("Paris").CutAfter(2, how))
		listen(srv.Client(), "Capital of France?")
	}

	srv.Queue(bedrocktest.Text("Paris").CutAfter(0, bedrocktest.Stall))
	listen(srv.Client(bedrock.WithStallTimeout(20*time.Millisecond)), "Capital of France?")
	// Output:
	// "Paris"
	// stream ended: truncated
	// "Paris"
	// stream ended: truncated
	// "Paris"
	// stream ended: truncated
	// "Paris"
	// stream ended: truncated
	// no stream: stalled
}

func ExampleEventFrame() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Paris").Insert(1, bedrocktest.EventFrame("sparkle", map[string]int{"stars": 5})))
	stream, err := srv.Client().ConverseStream(context.Background(), model, bedrock.Prompt("Capital of France?"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for event, err := range stream.Events() {
		if err != nil {
			fmt.Println(err)
		}
		if unknown, ok := event.(*types.UnknownUnionMember); ok {
			fmt.Println("unknown event:", unknown.Tag)
		}
	}
	// Output: unknown event: sparkle
}

func ExampleErrorFrame() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Paris or Lyon").Insert(3, bedrocktest.ErrorFrame("InternalFailure", "Oops.")))
	listen(srv.Client(), "Capital of France?")
	// Output:
	// "Paris"
	// " or"
	// stream ended: unavailable
}
