// Testing is an application function that calls a model; main_test.go tests it
// without an account.
//
//	go run ./examples/testing -region us-east-1 "a long text"
//	go test ./examples/testing
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
)

var errTooLong = errors.New("the text is too long to be summarised at once")

// summarize returns a summary of at most some 50 words.
func summarize(ctx context.Context, client *bedrock.Client, model, text string) (string, error) {
	reply, err := client.Converse(ctx, model, bedrock.Prompt(text),
		bedrock.System("Summarise the user's text in at most 50 words."), bedrock.MaxTokens(200), bedrock.Temperature(0))
	if errors.Is(err, bedrock.ErrContextWindow) {
		return "", errTooLong
	}
	if err != nil {
		return "", err
	}
	summary := strings.TrimSpace(reply.Text())
	if reply.StopReason == types.StopReasonMaxTokens {
		summary += " […]"
	}
	return summary, nil
}

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
	text := strings.Join(flag.Args(), " ")
	if text == "" {
		text = "Amazon Bedrock is a managed service that offers foundation models of several makers through one API."
	}
	summary, err := summarize(ctx, client, *model, text)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(summary)
}
