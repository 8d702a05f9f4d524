// Toolstream calls tools as the example tools does, in a loop of its own: what the
// model says between its calls is printed as it comes in.
//
//	go run ./examples/toolstream -region us-east-1 -model amazon.nova-lite-v1:0 "Which is warmer, Oslo or Rome?"
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
)

type place struct {
	City string `json:"city" jsonschema:"name of the city, in English"`
}

func weather(_ context.Context, in place) (string, error) {
	report, ok := map[string]string{"Oslo": "4 °C and rain", "Rome": "18 °C and sun"}[in.City]
	if !ok {
		return "", fmt.Errorf("there is no weather station in %s", in.City) // the model reads it
	}
	return report, nil
}

func main() {
	region := flag.String("region", "", "AWS region; default: AWS_REGION or the profile's")
	model := flag.String("model", "amazon.nova-lite-v1:0", "model id, inference profile or ARN")
	flag.Parse()
	question := cmp.Or(strings.Join(flag.Args(), " "), "Which is warmer now, Oslo or Rome?")

	ctx := context.Background()
	var opts []bedrock.Option
	if *region != "" {
		opts = append(opts, bedrock.WithRegion(*region))
	}
	client, err := bedrock.New(ctx, opts...)
	if err != nil {
		log.Fatal(err)
	}
	tools := []bedrock.Tool{bedrock.NewTool("weather", "Returns the weather in a city now.", weather)}
	talk := bedrock.Prompt(question)
	for {
		reply, err := say(ctx, client, *model, talk, tools)
		if err != nil {
			log.Fatal(err)
		}
		results, err := reply.CallTools(ctx, tools...)
		if err != nil {
			log.Fatal(err)
		}
		if len(results.Content) == 0 {
			return // the model asked for nothing: it has answered
		}
		talk = append(talk, reply.Message(), results)
	}
}

// say prints the reply as it comes in.
func say(ctx context.Context, client *bedrock.Client, model string, talk []types.Message, tools []bedrock.Tool) (*bedrock.Reply, error) {
	stream, err := client.ConverseStream(ctx, model, talk, bedrock.UseTools(tools...), bedrock.MaxTokens(500))
	if err != nil {
		return nil, err
	}
	for text, err := range stream.Text() {
		if err != nil {
			return nil, err
		}
		fmt.Print(text)
	}
	fmt.Println()
	return stream.Reply()
}
