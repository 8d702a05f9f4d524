// Reasoning has a model think before it answers, and goes on from what it thought.
// Models other than Claude have other fields for it.
//
//	go run ./examples/reasoning -region us-east-1 -budget 2000 "How many primes are below 50?"
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
	"example.com/bedrock/body"
)

func main() {
	region := flag.String("region", "", "AWS region; default: AWS_REGION or the profile's")
	model := flag.String("model", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "model id, inference profile or ARN")
	budget := flag.Int("budget", 1024, "tokens for thinking, at least 1,024")
	flag.Parse()
	question := cmp.Or(strings.Join(flag.Args(), " "), "How many prime numbers are below 50?")

	ctx := context.Background()
	var opts []bedrock.Option
	if *region != "" {
		opts = append(opts, bedrock.WithRegion(*region))
	}
	client, err := bedrock.New(ctx, opts...)
	if err != nil {
		log.Fatal(err)
	}
	thinking := bedrock.ModelFields(map[string]any{"thinking": body.AnthropicThinking{Type: "enabled", BudgetTokens: *budget}})
	var talk []types.Message
	for _, question := range []string{question, "Are you sure?"} {
		talk = append(talk, bedrock.User(question))
		reply, err := client.Converse(ctx, *model, talk, thinking, bedrock.MaxTokens(*budget+500)) // thinking counts
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("> %s\n[thought] %s\n[answer]  %s\n\n", question, reply.Reasoning(), reply.Text())
		talk = append(talk, reply.Message()) // with the thoughts and their signatures, unchanged
	}
}
