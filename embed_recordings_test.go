package bedrock_test

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

// recordedEmbed is a request as it was recorded, whatever its family.
type recordedEmbed struct {
	embedRequest
	Dimensions            int
	Normalize             *bool
	InputType             string `json:"input_type"`
	OutputDimension       int    `json:"output_dimension"`
	SingleEmbeddingParams struct {
		EmbeddingPurpose   string
		EmbeddingDimension int
		Text               struct{ Value string }
	}
}

// options ask Embed for the same.
func (r recordedEmbed) options() []bedrock.EmbedOption {
	opts := []bedrock.EmbedOption{
		bedrock.EmbedDimensions(r.Dimensions + r.OutputDimension + r.SingleEmbeddingParams.EmbeddingDimension),
		bedrock.EmbedFor(bedrock.EmbedPurpose(r.InputType + r.SingleEmbeddingParams.EmbeddingPurpose)),
	}
	if r.Normalize != nil && !*r.Normalize {
		opts = append(opts, bedrock.EmbedUnnormalized())
	}
	return opts
}

// recordedVectors decodes an answer without the package.
func recordedVectors(t *testing.T, body []byte) (vectors [][]float32) {
	t.Helper()
	var titan struct{ Embedding []float32 }
	var nova struct {
		Embeddings []struct{ Embedding []float32 }
	}
	var cohere struct{ Embeddings struct{ Float [][]float32 } }
	switch {
	case json.Unmarshal(body, &titan) == nil && titan.Embedding != nil:
		vectors = [][]float32{titan.Embedding}
	case json.Unmarshal(body, &nova) == nil && nova.Embeddings != nil:
		vectors = [][]float32{nova.Embeddings[0].Embedding}
	case json.Unmarshal(body, &cohere) == nil:
		vectors = cohere.Embeddings.Float
	}
	if len(vectors) == 0 {
		t.Fatal("no vector in the recording")
	}
	return vectors
}

func TestRecordedEmbeddings(t *testing.T) {
	t.Parallel()
	all := slices.DeleteFunc(recordings(t, "invoke-model"), func(r recording) bool { return !strings.Contains(r.Path, "embed") })
	vectors, equal, truncation := 0, 0, 0
	for i, r := range all {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			srv := bedrocktest.NewServer()
			defer srv.Close()
			srv.Queue(r.response())
			var asked recordedEmbed
			if err := json.Unmarshal([]byte(r.Request), &asked); err != nil {
				t.Fatal(err)
			}
			asked.embedRequest.SingleEmbeddingParams.Text = asked.SingleEmbeddingParams.Text
			got, err := srv.Client().Embed(context.Background(), r.model(t), asked.texts(), asked.options()...)
			if err != nil {
				t.Fatalf("%s: %v", r.Source, err)
			}
			want := recordedVectors(t, r.Body)
			if !reflect.DeepEqual(got.Vectors, want) {
				t.Errorf("%s: the vectors differ", r.Source)
			}
			vectors += len(want)
			if tokens := r.Headers["x-amzn-bedrock-input-token-count"]; strconv.Itoa(got.Tokens.Input) != tokens {
				t.Errorf("%s: %d tokens, want %s", r.Source, got.Tokens.Input, tokens)
			}
			sent, recorded := anyJSON(t, string(srv.Requests()[0].Body)), anyJSON(t, r.Request)
			switch {
			case reflect.DeepEqual(sent, recorded):
				equal++
			case reflect.DeepEqual(withoutTruncation(sent), withoutTruncation(recorded)):
				truncation++
			default:
				t.Errorf("%s: sent %v, recorded %v", r.Source, sent, recorded)
			}
		})
	}
	t.Logf("embeddings: %d vectors as recorded, of %d exchanges; %d requests are equal, %d but for the truncation, which Embed asks to be an error", vectors, len(all), equal, truncation)
	if len(all) == 0 || equal+truncation != len(all) {
		t.Errorf("%d of %d requests are as recorded", equal+truncation, len(all))
	}
}

func anyJSON(t *testing.T, text string) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// withoutTruncation takes out what a caller of Embed can't choose.
func withoutTruncation(request map[string]any) map[string]any {
	delete(request, "truncate")
	if params, ok := request["singleEmbeddingParams"].(map[string]any); ok {
		delete(params["text"].(map[string]any), "truncationMode")
	}
	return request
}
