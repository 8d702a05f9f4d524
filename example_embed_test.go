package bedrock_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

// embedServer is a Bedrock whose Titan makes [n 1] of a text of n letters and refuses
// numbers, and whose Cohere gives every text [0.6 0.8].
func embedServer() *bedrocktest.Server {
	srv := bedrocktest.NewServer()
	srv.Handle(func(r *bedrocktest.Request) bedrocktest.Response {
		var q struct {
			InputText string
			Texts     []string
		}
		if err := r.Decode(&q); err != nil {
			log.Fatal(err)
		}
		if q.Texts != nil {
			vectors := make([][]float32, len(q.Texts))
			for i := range vectors {
				vectors[i] = []float32{0.6, 0.8}
			}
			return bedrocktest.JSON(map[string]any{"embeddings": vectors})
		}
		if strings.ContainsAny(q.InputText, "0123456789") {
			return bedrocktest.Error("ValidationException", "no numbers, please")
		}
		return bedrocktest.JSON(map[string]any{"embedding": []int{len(q.InputText), 1}}).Usage(1, 0)
	})
	return srv
}

func ExampleClient_Embed() {
	srv := embedServer()
	defer srv.Close()
	client := srv.Client()

	got, err := client.Embed(context.Background(), "amazon.titan-embed-text-v2:0", []string{"Rome", "Paris", "London"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(got.Vectors, got.Tokens.Input)
	// Output: [[4 1] [5 1] [6 1]] 3
}

// What arrived before a failure is there; the rest can be asked for again.
func ExampleEmbeddings() {
	srv := embedServer()
	defer srv.Close()
	client := srv.Client()

	texts := []string{"Rome", "Paris", "007"}
	got, err := client.Embed(context.Background(), "amazon.titan-embed-text-v2:0", texts, bedrock.EmbedConcurrency(1))
	if got == nil {
		log.Fatal(err) // refused before a call
	}
	for i, vector := range got.Vectors {
		fmt.Println(texts[i], vector != nil)
	}
	// Output:
	// Rome true
	// Paris true
	// 007 false
}

func ExampleEmbedError() {
	srv := embedServer()
	defer srv.Close()
	client := srv.Client()

	texts := []string{"Rome", "007", "London"}
	_, err := client.Embed(context.Background(), "amazon.titan-embed-text-v2:0", texts)
	var failed *bedrock.EmbedError
	if errors.As(err, &failed) {
		fmt.Println(texts[failed.First:failed.First+failed.Count], errors.Is(err, bedrock.ErrInvalid))
	}
	// Output: [007] true
}

// A log line says where the text is, not the text.
func ExampleEmbedError_Error() {
	srv := embedServer()
	defer srv.Close()
	client := srv.Client()

	_, err := client.Embed(context.Background(), "amazon.titan-embed-text-v2:0", []string{"Rome", " "})
	fmt.Println(err)
	// Output: bedrock: embedding texts[1:2]: InvokeModel amazon.titan-embed-text-v2:0 in us-east-1: the text is blank
}

func ExampleEmbedError_Unwrap() {
	srv := embedServer()
	defer srv.Close()
	client := srv.Client()

	_, err := client.Embed(context.Background(), "amazon.titan-embed-text-v2:0", []string{"Rome", "007"})
	var failure *bedrock.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Code, failure.Message)
	}
	// Output: ValidationException no numbers, please
}

func ExampleEmbedOption() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Embeddings(256))
	client := srv.Client()

	search := []bedrock.EmbedOption{bedrock.EmbedFor(bedrock.EmbedQuery), bedrock.EmbedDimensions(256)}
	got, err := client.Embed(context.Background(), "us.cohere.embed-v4:0", []string{"capitals of Europe"}, search...)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(got.Vectors), "vector of", len(got.Vectors[0]), "dimensions")
	// Output: 1 vector of 256 dimensions
}

func ExampleEmbedFor() {
	srv := embedServer()
	defer srv.Close()
	client := srv.Client()

	_, err := client.Embed(context.Background(), "cohere.embed-v4:0", []string{"capitals of Europe"}, bedrock.EmbedFor(bedrock.EmbedQuery))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(srv.Requests()[0].Body))
	// Output: {"input_type":"search_query","texts":["capitals of Europe"],"truncate":"NONE"}
}

// A purpose that one family alone knows is given in its own word.
func ExampleEmbedPurpose() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.JSON(map[string]any{"embeddings": []any{map[string]any{"embedding": []float32{0.6, 0.8}}}}))
	client := srv.Client()

	got, err := client.Embed(context.Background(), "amazon.nova-2-multimodal-embeddings-v1:0", []string{"a red bicycle"}, bedrock.EmbedFor("IMAGE_RETRIEVAL"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(got.Vectors, strings.Contains(string(srv.Requests()[0].Body), `"embeddingPurpose":"IMAGE_RETRIEVAL"`))
	// Output: [[0.6 0.8]] true
}

// An option that the model has nothing like is refused.
func ExampleEmbedDimensions() {
	srv := embedServer()
	defer srv.Close()
	client := srv.Client()

	_, err := client.Embed(context.Background(), "cohere.embed-english-v3", []string{"Rome"}, bedrock.EmbedDimensions(256))
	fmt.Println(errors.Is(err, bedrock.ErrInvalid), len(srv.Requests()))
	// Output: true 0
}

func ExampleEmbedUnnormalized() {
	srv := embedServer()
	defer srv.Close()
	client := srv.Client()

	_, err := client.Embed(context.Background(), "amazon.titan-embed-text-v2:0", []string{"Rome"}, bedrock.EmbedUnnormalized())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(srv.Requests()[0].Body))
	// Output: {"inputText":"Rome","normalize":false}
}

// An application inference profile doesn't show its model.
func ExampleEmbedAs() {
	srv := embedServer()
	defer srv.Close()
	client := srv.Client()

	profile := "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6"
	got, err := client.Embed(context.Background(), profile, []string{"Rome", "Paris"}, bedrock.EmbedAs("cohere.embed-v4:0"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(got.Vectors)
	// Output: [[0.6 0.8] [0.6 0.8]]
}

// One call after the other, for a quota that is used by others too.
func ExampleEmbedConcurrency() {
	srv := embedServer()
	defer srv.Close()
	client := srv.Client()

	_, err := client.Embed(context.Background(), "amazon.titan-embed-text-v2:0", []string{"Rome", "Paris"}, bedrock.EmbedConcurrency(1))
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range srv.Requests() {
		fmt.Println(string(r.Body))
	}
	// Output:
	// {"inputText":"Rome","normalize":true}
	// {"inputText":"Paris","normalize":true}
}

func ExampleEmbedProgress() {
	srv := embedServer()
	defer srv.Close()
	client := srv.Client()

	_, err := client.Embed(context.Background(), "amazon.titan-embed-text-v2:0", []string{"Rome", "Paris", "London"},
		bedrock.EmbedProgress(func(done, total int) { fmt.Printf("%d of %d\n", done, total) }))
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// 1 of 3
	// 2 of 3
	// 3 of 3
}
