// Invoke calls a model in its own format: Cohere Rerank puts texts in the order in
// which they answer a question.
//
//	go run ./examples/invoke -region us-east-1 "How do I pay?" "We open at nine." "Cards and cash are taken."
package main

import (
	"context"
	"flag"
	"fmt"
	"log"

	"example.com/bedrock"
	"example.com/bedrock/body"
)

func main() {
	region := flag.String("region", "", "AWS region; default: AWS_REGION or the profile's")
	model := flag.String("model", "cohere.rerank-v3-5:0", "model id, inference profile or ARN")
	flag.Parse()
	query, texts := "When does the shop open?", []string{
		"You can pay by card or in cash.",
		"The shop is in the old town, beside the church.",
		"In winter the shop will open at ten.",
	}
	if flag.NArg() > 1 {
		query, texts = flag.Arg(0), flag.Args()[1:]
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
	got, err := bedrock.Invoke[body.RerankResponse](ctx, client, *model, body.CohereRerankRequest{
		Query: query, Documents: texts, TopN: 3, APIVersion: 2,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, result := range got.Value.Results {
		fmt.Printf("%.3f  %s\n", result.RelevanceScore, texts[result.Index])
	}
	fmt.Printf("request %s, %v at the model\n", got.RequestID, got.Latency)
}
