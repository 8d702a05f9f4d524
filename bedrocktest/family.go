package bedrocktest

import (
	"encoding/json"
	"strings"
)

// A family of embedding models shares the shape of its bodies.
type family int

const (
	noEmbedding family = iota
	titanV1
	titanV2
	titanMultimodal
	novaEmbedding
	cohereV3
	cohereV4
)

// dimension is what a request gets that asks for none. The pages of the
// families in the Amazon Bedrock and Amazon Nova User Guides name them.
func (f family) dimension() int {
	switch f {
	case titanV1, cohereV4:
		return 1536
	case novaEmbedding:
		return 3072
	}
	return 1024
}

// embeddingFamily tells the family by the model id, or where that is an ARN
// without one, by what only that family's requests hold.
func embeddingFamily(req *Request) family {
	has := func(part string) bool { return strings.Contains(req.Model, part) }
	switch {
	case has("titan-embed-text-v1"), has("titan-embed-g1-text"):
		return titanV1
	case has("titan-embed-text-v2"):
		return titanV2
	case has("titan-embed-image"):
		return titanMultimodal
	case has("amazon.nova") && has("embed"):
		return novaEmbedding
	case has("cohere.embed-v4"):
		return cohereV4
	case has("cohere.embed-"):
		return cohereV3
	case strings.HasPrefix(req.Model, "arn:") && provider(req.Model) == "":
		return familyOfBody(req)
	}
	return noEmbedding
}

func familyOfBody(req *Request) family {
	var members map[string]json.RawMessage
	if req.Decode(&members) != nil {
		return noEmbedding
	}
	has := func(names ...string) bool {
		for _, name := range names {
			if _, ok := members[name]; ok {
				return true
			}
		}
		return false
	}
	switch {
	case has("singleEmbeddingParams"):
		return novaEmbedding
	case has("input_type") && has("output_dimension", "inputs", "max_tokens"):
		return cohereV4
	case has("input_type"):
		return cohereV3
	case has("inputImage", "embeddingConfig"):
		return titanMultimodal
	case has("inputText") && !has("textGenerationConfig"):
		return titanV2
	}
	return noEmbedding
}

// dimensions are those that a request may ask for, nil for any.
func (f family) dimensions() []int {
	switch f {
	case titanV2:
		return []int{256, 512, 1024}
	case titanMultimodal:
		return []int{256, 384, 1024}
	case novaEmbedding:
		return []int{256, 384, 1024, 3072}
	case cohereV4:
		return []int{256, 512, 1024, 1536}
	}
	return nil
}

// dimensionField is where a request asks for a dimension.
func (f family) dimensionField() string {
	switch f {
	case titanMultimodal:
		return "embeddingConfig/outputEmbeddingLength"
	case novaEmbedding:
		return "singleEmbeddingParams/embeddingDimension"
	case cohereV4:
		return "output_dimension"
	}
	return "dimensions"
}
