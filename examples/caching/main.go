// Caching asks several questions about one long system prompt, which only the first
// of them pays for in full: the others read it from the prompt cache.
//
//	go run ./examples/caching -region us-east-1 -model amazon.nova-lite-v1:0 "What is rule 7?" "What is rule 70?"
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"strings"

	"example.com/bedrock"
)

func main() {
	region := flag.String("region", "", "AWS region; default: AWS_REGION or the profile's")
	model := flag.String("model", "amazon.nova-lite-v1:0", "model that caches: id, inference profile or ARN")
	flag.Parse()
	questions := flag.Args()
	if len(questions) == 0 {
		questions = []string{"What is rule 7?", "What is rule 70?"}
	}

	ctx := context.Background()
	var opts []bedrock.Option
	if *region != "" {
		opts = append(opts, bedrock.WithRegion(*region))
	}
	client, err := bedrock.New(ctx, opts...)
	if err != nil {
		log.Fatal(err)
	}
	for _, question := range questions {
		reply, err := client.Converse(ctx, *model, bedrock.Prompt(question),
			bedrock.System(rules()), bedrock.CacheSystem(""), bedrock.MaxTokens(300))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("> %s\n%s\n", question, reply.Text())
		if t := reply.Tokens(); reply.Usage != nil {
			fmt.Printf("%d tokens in: %d read from the cache, %d written to it, %d neither; %d out\n\n",
				t.TotalInput(), t.CacheRead, t.CacheWrite, t.Input, t.Output)
		}
	}
}

// rules is a long prompt: one below the model's minimum, 1,024 to 4,096 tokens, isn't
// cached.
func rules() string {
	var b strings.Builder
	b.WriteString("You know the rules of the house and answer briefly.\n")
	for i := range 300 {
		fmt.Fprintf(&b, "Rule %d: the door of room %d is shut at %d o'clock in the evening.\n", i+1, 300-i, i%4+8)
	}
	return b.String()
}
