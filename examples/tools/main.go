// Tools lets a model call Go functions until it can answer.
//
//	go run ./examples/tools -region us-east-1 -model amazon.nova-lite-v1:0 "How is the weather in Rome, and what time is it?"
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"strings"
	"time"

	"example.com/bedrock"
)

type place struct {
	City string `json:"city" jsonschema:"name of the city, in English"`
}

type report struct {
	Celsius int    `json:"celsius"`
	Sky     string `json:"sky"`
}

func weather(_ context.Context, in place) (report, error) {
	r, ok := map[string]report{"Oslo": {4, "rain"}, "Rome": {18, "sun"}}[in.City]
	if !ok {
		return r, fmt.Errorf("there is no weather station in %s", in.City) // the model reads it
	}
	return r, nil
}

type zone struct {
	Name string `json:"name" jsonschema:"IANA time zone, such as Europe/Rome"`
}

func clock(_ context.Context, in zone) (string, error) {
	location, err := time.LoadLocation(in.Name)
	if err != nil {
		return "", err
	}
	return time.Now().In(location).Format("15:04"), nil
}

func main() {
	region := flag.String("region", "", "AWS region; default: AWS_REGION or the profile's")
	model := flag.String("model", "amazon.nova-lite-v1:0", "model id, inference profile or ARN")
	flag.Parse()
	question := cmp.Or(strings.Join(flag.Args(), " "), "How is the weather in Rome, and what time is it there?")

	ctx := context.Background()
	var opts []bedrock.Option
	if *region != "" {
		opts = append(opts, bedrock.WithRegion(*region))
	}
	client, err := bedrock.New(ctx, opts...)
	if err != nil {
		log.Fatal(err)
	}
	tools := []bedrock.Tool{
		bedrock.NewTool("weather", "Returns the weather in a city now.", weather),
		bedrock.NewTool("clock", "Returns the time of day in a time zone now.", clock),
	}
	x, err := client.Run(ctx, *model, bedrock.Prompt(question), tools, bedrock.MaxTokens(500))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(x.Reply.Text())
	fmt.Printf("\n%d rounds, %d tokens in, %d out\n", x.Rounds, x.Tokens.TotalInput(), x.Tokens.Output)
}
