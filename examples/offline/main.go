// Offline shows the main job without an account: an embedded endpoint answers, a
// stand-in and not a model. It also runs any other example against that endpoint.
//
//	go run ./examples/offline [./examples/chat [flags]]
package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
	test "example.com/bedrock/bedrocktest"
)

func main() {
	fmt.Fprintln(os.Stderr, "A stand-in in this process answers, not a model, over the real protocol: no account, no network.")
	srv := test.NewServer()
	defer srv.Close()
	if len(os.Args) > 1 {
		run(srv, os.Args[1:])
		return
	}
	var talk []types.Message
	client := srv.Client(bedrock.WithMaxBackoff(time.Second), bedrock.WithLogger(slog.New(slog.NewTextHandler(os.Stdout, nil))))
	step := func(title, question string, answers ...test.Response) {
		fmt.Printf("%s\n> %s\n", title, question)
		srv.Queue(answers...)
		talk = ask(client, append(talk, bedrock.User(question)))
	}
	step("\n1. A conversation streams in.\n", "What is the capital of France?", test.Text("The capital of France is Paris.").Every(time.Second/20))
	step("", "How many people live there?", test.Text("About two million."))
	step("\n2. Two throttles are retried, each after a wait.\n", "Are you busy?", test.Throttle(), test.Throttle(), test.Text("Yes."))
	step("\n3. A cut-off stream is an error, and keeps what arrived.\n", "What matters?", test.Text("First of\n", "all").CutAfter(2, test.CleanEnd))
}

// ask prints the reply as it comes in and returns the conversation with it.
func ask(client *bedrock.Client, talk []types.Message) []types.Message {
	stream, err := client.ConverseStream(context.Background(), "amazon.nova-lite-v1:0", talk, bedrock.MaxTokens(200))
	if err != nil {
		log.Fatal(err)
	}
	for text := range stream.Text() {
		fmt.Print(text)
	}
	reply, err := stream.Reply()
	if err != nil {
		fmt.Printf("what arrived: %q\nthe error: %v", reply.Text(), err)
	}
	fmt.Println()
	return append(talk, reply.Message())
}

// run runs a program whose AWS environment is the embedded endpoint, by go run.
func run(srv *test.Server, program []string) {
	prepare(srv, filepath.Base(program[0]))
	env, err := srv.Environ()
	if err == nil {
		c := exec.Command("go", append([]string{"run"}, program...)...)
		c.Env, c.Stdin, c.Stdout, c.Stderr = env, os.Stdin, os.Stdout, os.Stderr
		err = c.Run()
	}
	if err != nil {
		srv.Close()
		log.Fatal(err)
	}
}
