// Invoke calls a model in its own format: an embedding from Amazon Titan.
//
//	go run ./examples/invoke -region us-east-1 "some text"
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"strings"

	"example.com/bedrock"
)

// Request and response body of Amazon Titan Text Embeddings V2. Source: "Amazon Titan
// Embeddings Text models" in the Amazon Bedrock User Guide.
type (
	embedRequest struct {
		InputText  string `json:"inputText"`
		Dimensions int    `json:"dimensions,omitempty"` // 256, 512 or 1024
		Normalize  bool   `json:"normalize"`
	}
	embedResponse struct {
		Embedding           []float64 `json:"embedding"`
		InputTextTokenCount int       `json:"inputTextTokenCount"`
	}
)

func main() {
	region := flag.String("region", "", "AWS region; default: AWS_REGION or the profile's")
	model := flag.String("model", "amazon.titan-embed-text-v2:0", "model id, inference profile or ARN")
	flag.Parse()
	text := strings.Join(flag.Args(), " ")
	if text == "" {
		text = "The quick brown fox jumps over the lazy dog."
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
	answer, err := bedrock.Invoke[embedResponse](ctx, client, *model, embedRequest{InputText: text, Dimensions: 256, Normalize: true})
	if err != nil {
		log.Fatal(err)
	}
	vector := answer.Value.Embedding
	fmt.Printf("%d dimensions, the first of them %.4f\n", len(vector), vector[:min(4, len(vector))])
	fmt.Printf("%d tokens in, %v at the model, request %s\n", answer.Tokens.Input, answer.Latency, answer.RequestID)
}
