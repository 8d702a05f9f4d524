package body_test

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/bedrock/body"
)

func ExampleAmazonImageRequest() {
	request := body.AmazonImageRequest{
		TaskType:          "TEXT_IMAGE",
		TextToImageParams: &body.AmazonTextToImage{Text: "a red bicycle by a wall", Style: "PHOTOREALISM"},
		ImageGenerationConfig: &body.AmazonImageConfig{
			Width: 1024, Height: 512, NumberOfImages: 1, CfgScale: aws.Float64(6.5), Seed: aws.Int(0),
		},
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	if err := out.Encode(request); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {
	//  "taskType": "TEXT_IMAGE",
	//  "textToImageParams": {
	//   "text": "a red bicycle by a wall",
	//   "style": "PHOTOREALISM"
	//  },
	//  "imageGenerationConfig": {
	//   "width": 1024,
	//   "height": 512,
	//   "cfgScale": 6.5,
	//   "seed": 0,
	//   "numberOfImages": 1
	//  }
	// }
}

func ExampleAmazonImageResponse() {
	const answer = `{"images":["iVBORw0KGgo="],"error":null}`
	var got body.AmazonImageResponse
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", got.Images[0]) // write it to a file as it is
	// Output:
	// "\x89PNG\r\n\x1a\n"
}

func ExampleStabilityImageRequest() {
	request := body.StabilityImageRequest{Prompt: "a red bicycle by a wall", AspectRatio: "16:9", OutputFormat: "png", Seed: 7}
	if err := json.NewEncoder(os.Stdout).Encode(request); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"prompt":"a red bicycle by a wall","aspect_ratio":"16:9","output_format":"png","seed":7}
}

func ExampleStabilityImageResponse() {
	const answer = `{"finish_reasons":["Filter reason: prompt"]}`
	var got body.StabilityImageResponse
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		log.Fatal(err)
	}
	for _, reason := range got.FinishReasons {
		if reason != nil {
			fmt.Println("no image:", *reason)
		}
	}
	// Output:
	// no image: Filter reason: prompt
}

func ExampleNovaReelRequest() {
	request := body.NovaReelRequest{
		TaskType: "MULTI_SHOT_MANUAL",
		MultiShotManualParams: &body.NovaReelManual{Shots: []body.NovaReelShot{
			{Text: "a red bicycle leans on a wall"},
			{Text: "its wheel begins to turn"},
		}},
		VideoGenerationConfig: &body.NovaReelConfig{FPS: 24, Dimension: "1280x720"},
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	if err := out.Encode(request); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {
	//  "taskType": "MULTI_SHOT_MANUAL",
	//  "multiShotManualParams": {
	//   "shots": [
	//    {
	//     "text": "a red bicycle leans on a wall"
	//    },
	//    {
	//     "text": "its wheel begins to turn"
	//    }
	//   ]
	//  },
	//  "videoGenerationConfig": {
	//   "fps": 24,
	//   "dimension": "1280x720"
	//  }
	// }
}
