// Document asks a model about a document and prints which passages the answer rests on.
//
//	go run ./examples/document -region us-east-1 report.pdf "What does it say about costs?"
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
	model := flag.String("model", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "model that cites: id, inference profile or ARN")
	flag.Parse()
	file, question := flag.Arg(0), "What does the document say about opening hours?"
	if flag.NArg() > 1 {
		question = strings.Join(flag.Args()[1:], " ")
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
	document := bedrock.DocumentText("museum", "The museum is open from 10 to 6. On Mondays it is closed. Children pay nothing.")
	if file != "" {
		if document, err = bedrock.DocumentFile(file); err != nil {
			log.Fatal(err)
		}
	}
	reply, err := client.Converse(ctx, *model, bedrock.Prompt(question, bedrock.Cited(document)), bedrock.MaxTokens(500))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text())

	fmt.Println("\nSources:")
	for _, c := range reply.Citations() {
		fmt.Printf("- %s: %s\n", cmp.Or(aws.ToString(c.Title), "untitled"), passage(c))
	}
}

// passage is the text of a source that was cited.
func passage(c types.Citation) string {
	var texts []string
	for _, content := range c.SourceContent {
		if text, ok := content.(*types.CitationSourceContentMemberText); ok {
			texts = append(texts, text.Value)
		}
	}
	return strings.Join(texts, " … ")
}
