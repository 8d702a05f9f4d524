// Image asks a model about a picture.
//
//	go run ./examples/image -region us-east-1 -model amazon.nova-lite-v1:0 photo.jpg "What is this?"
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
)

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
	picture, err := squares()
	if flag.NArg() > 0 {
		picture, err = bedrock.ImageFile(flag.Arg(0))
	}
	if err != nil {
		log.Fatal(err)
	}
	question := "Describe the picture in one sentence."
	if flag.NArg() > 1 {
		question = strings.Join(flag.Args()[1:], " ")
	}
	reply, err := client.Converse(ctx, *model, bedrock.Prompt(question, picture), bedrock.MaxTokens(300))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text())
}

// squares is a picture in case there is none: red and blue fields, 64 pixels a side.
func squares() (*types.ContentBlockMemberImage, error) {
	board := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for x := range 64 {
		for y := range 64 {
			c := color.RGBA{R: 255, A: 255}
			if (x/32+y/32)%2 == 1 {
				c = color.RGBA{B: 255, A: 255}
			}
			board.Set(x, y, c)
		}
	}
	var encoded bytes.Buffer
	err := png.Encode(&encoded, board)
	return bedrock.Image(types.ImageFormatPng, encoded.Bytes()), err
}
