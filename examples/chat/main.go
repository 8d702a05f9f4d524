// Chat is a conversation at the terminal: it keeps the history and streams the
// replies. An empty line or Ctrl-D ends it.
//
//	go run ./examples/chat -region us-east-1 -model amazon.nova-lite-v1:0
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
)

func main() {
	region := flag.String("region", "", "AWS region; default: AWS_REGION or the profile's")
	model := flag.String("model", "amazon.nova-lite-v1:0", "model id, inference profile or ARN")
	flag.Parse()

	ctx := context.Background()
	var opts []bedrock.Option
	if *region != "" {
		opts = append(opts, bedrock.WithRegion(*region))
	}
	client, err := bedrock.New(ctx, opts...)
	if err != nil {
		log.Fatal(err)
	}
	var history []types.Message
	lines := bufio.NewScanner(os.Stdin)
	for fmt.Print("> "); lines.Scan() && lines.Text() != ""; fmt.Print("> ") {
		question := append(history, bedrock.User(lines.Text()))
		answer, err := turn(ctx, client, *model, question)
		if err != nil {
			fmt.Printf("\n%v\n", err) // the history is as before: ask again
			continue
		}
		history = append(question, answer)
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
	fmt.Println()
}

// turn prints the reply as it comes in and returns it for the history.
func turn(ctx context.Context, client *bedrock.Client, model string, messages []types.Message) (types.Message, error) {
	stream, err := client.ConverseStream(ctx, model, messages, bedrock.MaxTokens(1000))
	if err != nil {
		return types.Message{}, err
	}
	for text, err := range stream.Text() {
		if err != nil {
			return types.Message{}, err
		}
		fmt.Print(text)
	}
	fmt.Println()
	reply, err := stream.Reply()
	if err != nil {
		return types.Message{}, err
	}
	return reply.Message(), nil
}
