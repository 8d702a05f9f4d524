package body_test

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/bedrock/body"
)

func ExampleTitanEmbedTextRequest() {
	request := body.TitanEmbedTextRequest{InputText: "a red bicycle", Dimensions: 256, Normalize: aws.Bool(false)}
	if err := json.NewEncoder(os.Stdout).Encode(request); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"inputText":"a red bicycle","dimensions":256,"normalize":false}
}

func ExampleTitanEmbedTextResponse() {
	const answer = `{"embedding":[0.5,-0.25],"embeddingsByType":{"float":[0.5,-0.25]},"inputTextTokenCount":4}`
	var got body.TitanEmbedTextResponse
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		log.Fatal(err)
	}
	fmt.Println(got.Embedding, got.InputTextTokenCount)
	// Output:
	// [0.5 -0.25] 4
}

func ExampleTitanEmbedImageRequest() {
	request := body.TitanEmbedImageRequest{
		InputText:       "a red bicycle",
		InputImage:      []byte("\x89PNG\r\n\x1a\n"),
		EmbeddingConfig: &body.TitanEmbedImageConfig{OutputEmbeddingLength: 384},
	}
	if err := json.NewEncoder(os.Stdout).Encode(request); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"inputText":"a red bicycle","inputImage":"iVBORw0KGgo=","embeddingConfig":{"outputEmbeddingLength":384}}
}

func ExampleNovaEmbedRequest() {
	request := body.NovaEmbedRequest{
		TaskType: "SINGLE_EMBEDDING",
		SingleEmbeddingParams: &body.NovaEmbedParams{
			EmbeddingPurpose:   "GENERIC_INDEX",
			EmbeddingDimension: 256,
			Text:               &body.NovaEmbedText{TruncationMode: "END", Value: "a red bicycle"},
		},
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	if err := out.Encode(request); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {
	//  "taskType": "SINGLE_EMBEDDING",
	//  "singleEmbeddingParams": {
	//   "embeddingPurpose": "GENERIC_INDEX",
	//   "embeddingDimension": 256,
	//   "text": {
	//    "truncationMode": "END",
	//    "value": "a red bicycle"
	//   }
	//  }
	// }
}

func ExampleNovaEmbedResponse() {
	const answer = `{"embeddings":[{"embeddingType":"TEXT","embedding":[0.5,-0.25]}]}`
	var got body.NovaEmbedResponse
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		log.Fatal(err)
	}
	fmt.Println(got.Embeddings[0].EmbeddingType, got.Embeddings[0].Embedding)
	// Output:
	// TEXT [0.5 -0.25]
}

func ExampleCohereEmbedRequest() {
	request := body.CohereEmbedRequest{
		InputType:       "search_document",
		Texts:           []string{"a red bicycle", "a green bus"},
		OutputDimension: 512,
	}
	if err := json.NewEncoder(os.Stdout).Encode(request); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"input_type":"search_document","texts":["a red bicycle","a green bus"],"output_dimension":512}
}

func ExampleCohereEmbedResponse() {
	const answer = `{"embeddings":[[0.5,-0.25],[1,0]],"response_type":"embeddings_floats"}`
	var got body.CohereEmbedResponse
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		log.Fatal(err)
	}
	fmt.Println(got.Embeddings.Float) // the same for {"float":[[0.5,-0.25],[1,0]]}
	// Output:
	// [[0.5 -0.25] [1 0]]
}

func ExampleMarengo3EmbedRequest() {
	request := body.Marengo3EmbedRequest{
		InputType: "video",
		Video: &body.Marengo3Clip{
			MediaSource:    body.MarengoMedia{S3Location: &body.S3Location{URI: "s3://my-bucket/ride.mp4", BucketOwner: "123456789012"}},
			Segmentation:   &body.Marengo3Segmentation{Method: "fixed", Fixed: &body.Marengo3Fixed{DurationSec: 5}},
			EmbeddingScope: []string{"clip"},
		},
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	if err := out.Encode(request); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {
	//  "inputType": "video",
	//  "video": {
	//   "mediaSource": {
	//    "s3Location": {
	//     "uri": "s3://my-bucket/ride.mp4",
	//     "bucketOwner": "123456789012"
	//    }
	//   },
	//   "segmentation": {
	//    "method": "fixed",
	//    "fixed": {
	//     "durationSec": 5
	//    }
	//   },
	//   "embeddingScope": [
	//    "clip"
	//   ]
	//  }
	// }
}

func ExampleMarengoEmbedResponse() {
	const answer = `{"data":[{"embedding":[0.5,-0.25],"embeddingOption":"visual","embeddingScope":"clip","startSec":0,"endSec":5}]}`
	var got body.MarengoEmbedResponse
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		log.Fatal(err)
	}
	for _, e := range got.Data {
		fmt.Println(e.EmbeddingOption, *e.StartSec, *e.EndSec, e.Embedding)
	}
	// Output:
	// visual 0 5 [0.5 -0.25]
}
