// Stream prints a model's reply as it comes in.
//
//	go run ./examples/stream -region us-east-1 -model amazon.nova-lite-v1:0 "Tell me a story."
package main

import (
	"context"
	"errors"
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
	prompt := strings.Join(flag.Args(), " ")
	if prompt == "" {
		prompt = "Tell me a story in five sentences."
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := tell(ctx, *region, *model, prompt); err != nil {
		log.Fatal(err)
	}
}

func tell(ctx context.Context, region, model, prompt string) error {
	var opts []bedrock.Option
	if region != "" {
		opts = append(opts, bedrock.WithRegion(region))
	}
	client, err := bedrock.New(ctx, opts...)
	if err != nil {
		return err
	}
	stream, err := client.ConverseStream(ctx, model, bedrock.Prompt(prompt), bedrock.MaxTokens(500))
	if err != nil {
		return err // nothing has been printed: it was safe to retry, and has been
	}
	for text, err := range stream.Text() {
		if errors.Is(err, bedrock.ErrTruncated) {
			fmt.Print("\n[the reply was cut off here]\n")
		}
		if err != nil {
			return err
		}
		fmt.Print(text)
	}
	reply, err := stream.Reply() // the same as Converse would have returned
	if err != nil {
		return err
	}
	tokens := reply.Tokens()
	fmt.Printf("\n\n%d tokens in, %d out, stopped for %s\n", tokens.Input, tokens.Output, reply.StopReason)
	return nil
}
