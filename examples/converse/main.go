// Converse asks a model one question.
//
//	go run ./examples/converse -region us-east-1 -model amazon.nova-lite-v1:0 "What is the capital of France?"
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"

	"example.com/bedrock"
)

func main() {
	region := flag.String("region", "", "AWS region; default: AWS_REGION or the profile's")
	model := flag.String("model", "amazon.nova-lite-v1:0", "model id, inference profile or ARN")
	flag.Parse()
	question := strings.Join(flag.Args(), " ")
	if question == "" {
		question = "What is the capital of France? Answer in one sentence."
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := ask(ctx, *region, *model, question); err != nil {
		log.Fatal(err)
	}
}

func ask(ctx context.Context, region, model, question string) error {
	var opts []bedrock.Option
	if region != "" {
		opts = append(opts, bedrock.WithRegion(region))
	}
	client, err := bedrock.New(ctx, opts...)
	if err != nil {
		return err
	}
	reply, err := client.Converse(ctx, model, bedrock.Prompt(question),
		bedrock.System("Answer briefly."), bedrock.MaxTokens(300))
	if err != nil {
		return err
	}
	fmt.Println(reply.Text())

	tokens := reply.Tokens()
	fmt.Printf("\n%s in %s: %d tokens in, %d out, stopped for %s\n", model, client.Region(), tokens.Input, tokens.Output, reply.StopReason)
	return nil
}
