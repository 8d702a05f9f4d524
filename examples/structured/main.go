// Structured has a model answer with a Go struct.
//
//	go run ./examples/structured -region us-east-1 "Ada Lovelace was born in London on 10 December 1815."
//	go run ./examples/structured -model amazon.nova-lite-v1:0 -via-tool "…"   # for models without structured output
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"strings"

	"example.com/bedrock"
)

type person struct {
	Name   string   `json:"name"`
	Born   int      `json:"born" jsonschema:"year"`
	Places []string `json:"places" jsonschema:"places that the text connects with the person"`
}

func main() {
	region := flag.String("region", "", "AWS region; default: AWS_REGION or the profile's")
	model := flag.String("model", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "model id, inference profile or ARN")
	viaTool := flag.Bool("via-tool", false, "ask by a tool that the model must use")
	flag.Parse()
	text := cmp.Or(strings.Join(flag.Args(), " "), "Ada Lovelace was born in London on 10 December 1815.")

	ctx := context.Background()
	var opts []bedrock.Option
	if *region != "" {
		opts = append(opts, bedrock.WithRegion(*region))
	}
	client, err := bedrock.New(ctx, opts...)
	if err != nil {
		log.Fatal(err)
	}
	output := bedrock.OutputAs[person]()
	if *viaTool {
		output = bedrock.OutputViaTool[person]()
	}
	reply, err := client.Converse(ctx, *model, bedrock.Prompt(text), bedrock.System("Extract the person."), bedrock.MaxTokens(500), output)
	if err != nil {
		log.Fatal(err)
	}
	var p person
	if err := reply.Decode(&p); err != nil {
		var bad *bedrock.OutputError // cut off, refused, or not of this form
		if errors.As(err, &bad) {
			fmt.Printf("the model stopped for %s and said: %s\n", bad.Reply.StopReason, bad.Reply.Text())
		}
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", p)
}
