// Guardrail has a guardrail of your account check a question and its answer, and prints
// what it found.
//
//	go run ./examples/guardrail -region us-east-1 -guardrail abc123 -version 1 "Is hunter2 a good password?"
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
)

func main() {
	region := flag.String("region", "", "AWS region; default: AWS_REGION or the profile's")
	model := flag.String("model", "amazon.nova-lite-v1:0", "model id, inference profile or ARN")
	guardrail := flag.String("guardrail", "yourguardrail", "id or ARN of a guardrail")
	version := flag.String("version", "DRAFT", "version of the guardrail")
	flag.Parse()
	question := cmp.Or(strings.Join(flag.Args(), " "), "My password is hunter2. Is it a good one?")

	ctx := context.Background()
	var opts []bedrock.Option
	if *region != "" {
		opts = append(opts, bedrock.WithRegion(*region))
	}
	client, err := bedrock.New(ctx, opts...)
	if err != nil {
		log.Fatal(err)
	}
	// Of the prompt the guardrail checks the question alone, not the words around it.
	prompt := bedrock.Prompt("A customer asks:", bedrock.GuardText(question))
	reply, err := client.Converse(ctx, *model, prompt, bedrock.MaxTokens(300),
		bedrock.Guardrail(*guardrail, *version), bedrock.GuardrailTrace(types.GuardrailTraceEnabled))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n\nstopped for %s\n", reply.Text(), reply.StopReason)
	if reply.Trace == nil || reply.Trace.Guardrail == nil {
		return
	}
	for _, found := range reply.Trace.Guardrail.InputAssessment {
		printFindings("question", found)
	}
	for _, list := range reply.Trace.Guardrail.OutputAssessments {
		for _, found := range list {
			printFindings("answer", found)
		}
	}
}

// printFindings prints the kinds of what was found: the trace has the words too.
func printFindings(where string, a types.GuardrailAssessment) {
	if a.TopicPolicy != nil {
		for _, t := range a.TopicPolicy.Topics {
			fmt.Printf("%s: topic %s: %s\n", where, aws.ToString(t.Name), t.Action)
		}
	}
	if a.ContentPolicy != nil {
		for _, f := range a.ContentPolicy.Filters {
			fmt.Printf("%s: content %s: %s\n", where, f.Type, f.Action)
		}
	}
	if a.SensitiveInformationPolicy != nil {
		for _, e := range a.SensitiveInformationPolicy.PiiEntities {
			fmt.Printf("%s: sensitive information %s: %s\n", where, e.Type, e.Action)
		}
	}
	if a.WordPolicy != nil {
		fmt.Printf("%s: %d words\n", where, len(a.WordPolicy.CustomWords)+len(a.WordPolicy.ManagedWordLists))
	}
}
