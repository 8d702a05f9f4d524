package bedrocktest

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"unicode"
)

// Embeddings answers InvokeModel of an embedding model in the shape of its
// family, known by the model id, or for an ARN by the request's body: Amazon
// Titan Text Embeddings G1 and V2, Amazon Titan Multimodal Embeddings, Amazon
// Nova Multimodal Embeddings, Cohere Embed v3 and v4. Each text, image or
// other input gets a vector.
//
// A vector has length 1 and depends on its input alone: equal texts have equal
// vectors, different ones differ, and texts that share words lie nearer to
// each other than those that don't. So a search by them finds words, not
// meaning.
//
// A dimension of 0 means what the request asks for, else the family's default:
// Titan G1 1536, Titan V2 and Multimodal 1024, Nova 3072, Cohere v3 1024, v4
// 1536. Another dimension is refused to a request that asks for a different
// one.
func Embeddings(dimension int) Response {
	if dimension < 0 {
		return Response{body: broken{fmt.Errorf("Embeddings can't have %d dimensions", dimension)}}
	}
	return Response{body: embeddings(dimension)}
}

// embeddings is the dimension.
type embeddings int

func (e embeddings) answer(req *Request, r Response) (answer, error) {
	if req.Operation != "InvokeModel" {
		return answer{}, fmt.Errorf("Embeddings answers InvokeModel, not %s", req.Operation)
	}
	body := embeddingBody{}
	if err := req.Decode(&body); err != nil {
		return answer{}, fmt.Errorf("the body is none of an embedding model: %w", err)
	}
	family := embeddingFamily(req)
	if family == noEmbedding {
		return answer{}, fmt.Errorf("model %s is no embedding model that Embeddings knows by its id or the request's body; use JSON", req.Model)
	}
	dimension, err := e.dimension(family, body)
	if err != nil {
		return answer{}, err
	}
	inputs := body.inputs(family)
	words := 0
	for _, input := range inputs {
		words += countWords(input)
	}
	u := r.usage.or(words, 0)
	reply, err := embeddingReply(family, body, inputs, dimension, u.input)
	if err != nil {
		return answer{}, err
	}
	a, err := unary(reply)
	if err != nil {
		return answer{}, err
	}
	u.describe(a.header)
	a.header.Del("X-Amzn-Bedrock-Output-Token-Count") // as recorded
	return a, nil
}

func (e embeddings) dimension(family family, body embeddingBody) (int, error) {
	asked := body.dimension(family)
	switch {
	case e == 0 && asked > 0:
		return asked, nil
	case e == 0:
		return family.dimension(), nil
	case asked != 0 && asked != int(e):
		return 0, fmt.Errorf("the request asks for %d dimensions, Embeddings(%d) has %d; Embeddings(0) gives what is asked for", asked, e, e)
	}
	return int(e), nil
}

// embeddingBody is a request of any family.
type embeddingBody struct {
	// Amazon Titan
	InputText       *string
	InputImage      string
	Dimensions      *int
	EmbeddingTypes  []string
	EmbeddingConfig struct{ OutputEmbeddingLength *int }

	// Amazon Nova
	TaskType              string
	SingleEmbeddingParams *struct {
		EmbeddingDimension  *int
		Text                *struct{ Value *string }
		Image, Audio, Video json.RawMessage
	}

	// Cohere
	Texts           []string
	Images          []string
	Inputs          []json.RawMessage
	InputType       *string  `json:"input_type"`
	CohereTypes     []string `json:"embedding_types"`
	OutputDimension *int     `json:"output_dimension"`
}

// dimension is the one that the request asks for, 0 if it doesn't.
func (b embeddingBody) dimension(family family) int {
	var asked *int
	switch {
	case family == titanV2:
		asked = b.Dimensions
	case family == titanMultimodal:
		asked = b.EmbeddingConfig.OutputEmbeddingLength
	case family == novaEmbedding && b.SingleEmbeddingParams != nil:
		asked = b.SingleEmbeddingParams.EmbeddingDimension
	case family == cohereV4:
		asked = b.OutputDimension
	}
	if asked == nil {
		return 0
	}
	return *asked
}

// inputs are what the request wants a vector of, one text for each.
func (b embeddingBody) inputs(family family) []string {
	switch family {
	case cohereV3, cohereV4:
		all := append(append([]string{}, b.Texts...), b.Images...)
		for _, input := range b.Inputs {
			all = append(all, string(input))
		}
		return all
	case novaEmbedding:
		_, input := b.nova()
		return []string{input}
	}
	text := b.InputImage
	if b.InputText != nil {
		text = strings.TrimSpace(*b.InputText + " " + b.InputImage)
	}
	return []string{text}
}

// nova is the kind of the one input of Amazon Nova's, and the input.
func (b embeddingBody) nova() (kind, input string) {
	p := b.SingleEmbeddingParams
	switch {
	case p == nil:
	case p.Image != nil:
		return "IMAGE", string(p.Image)
	case p.Audio != nil:
		return "AUDIO", string(p.Audio)
	case p.Video != nil:
		return "AUDIO_VIDEO_COMBINED", string(p.Video)
	case p.Text != nil && p.Text.Value != nil:
		input = *p.Text.Value
	}
	return "TEXT", input
}

func embeddingReply(family family, body embeddingBody, inputs []string, dimension, tokens int) (any, error) {
	vectors := [][]float32{}
	for _, input := range inputs {
		vectors = append(vectors, vectorOf(input, dimension))
	}
	switch family {
	case titanV1:
		return map[string]any{"embedding": vectors[0], "inputTextTokenCount": tokens}, nil
	case titanV2:
		byType := map[string]any{}
		for _, kind := range orFloat(body.EmbeddingTypes) {
			byType[kind] = vectors[0]
			if kind == "binary" {
				byType[kind] = bits(vectors[0])
			}
		}
		return map[string]any{"embedding": vectors[0], "embeddingsByType": byType, "inputTextTokenCount": tokens}, nil
	case titanMultimodal:
		return map[string]any{"embedding": vectors[0], "inputTextTokenCount": tokens, "message": nil}, nil
	case novaEmbedding:
		kind, _ := body.nova()
		return map[string]any{"embeddings": []any{map[string]any{"embeddingType": kind, "embedding": vectors[0]}}}, nil
	}
	return cohereReply(family, body, vectors)
}

// cohereReply has a list of vectors only for v3 without embedding_types; v4
// was recorded to answer by type even so.
func cohereReply(family family, body embeddingBody, vectors [][]float32) (any, error) {
	reply := map[string]any{"id": "bed00000-0000-4000-8000-000000000000", "response_type": "embeddings_floats", "embeddings": vectors}
	if body.Texts != nil {
		reply["texts"] = body.Texts
	}
	if family == cohereV3 && len(body.CohereTypes) == 0 {
		return reply, nil
	}
	byType := map[string]any{}
	for _, kind := range orFloat(body.CohereTypes) {
		list := []any{}
		for _, v := range vectors {
			encoded, err := quantized(kind, v)
			if err != nil {
				return nil, err
			}
			list = append(list, encoded)
		}
		byType[kind] = list
	}
	reply["response_type"], reply["embeddings"] = "embeddings_by_type", byType
	return reply, nil
}

func orFloat(kinds []string) []string {
	if len(kinds) == 0 {
		return []string{"float"}
	}
	return kinds
}

// vectorOf sums a vector for each word and, so that their order and everything
// else matters too, a small one for the whole text.
func vectorOf(text string, dimension int) []float32 {
	sum := make([]float64, dimension)
	add(sum, "\x00"+text, 0.1)
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		add(sum, word, 1)
	}
	length := 0.0
	for _, x := range sum {
		length += x * x
	}
	vector := make([]float32, dimension)
	for i, x := range sum {
		vector[i] = float32(x / math.Sqrt(length))
	}
	return vector
}

// add adds a random direction that the text alone decides.
func add(sum []float64, text string, weight float64) {
	random := rand.New(rand.NewChaCha8(sha256.Sum256([]byte(text))))
	for i := range sum {
		sum[i] += weight * random.NormFloat64()
	}
}

// quantized is a vector in one of Cohere's types: whole numbers of 8 bits, the
// largest component at the end of the range, or a bit for each sign, 8 to a
// byte.
func quantized(kind string, vector []float32) (any, error) {
	switch kind {
	case "float":
		return vector, nil
	case "int8":
		return scaled(vector, 0), nil
	case "uint8":
		return scaled(vector, 128), nil
	case "ubinary":
		return packed(vector, 0), nil
	case "binary":
		return packed(vector, -128), nil
	}
	return nil, errors.New("embedding_types may hold float, int8, uint8, binary and ubinary")
}

func scaled(vector []float32, offset int) []int {
	largest := 0.0
	for _, x := range vector {
		largest = max(largest, math.Abs(float64(x)))
	}
	whole := make([]int, len(vector))
	for i, x := range vector {
		whole[i] = int(float64(x)/largest*127) + offset
	}
	return whole
}

func packed(vector []float32, offset int) []int {
	bytes := make([]int, (len(vector)+7)/8)
	for i, bit := range bits(vector) {
		bytes[i/8] |= bit << (7 - i%8)
	}
	for i := range bytes {
		bytes[i] += offset
	}
	return bytes
}

func bits(vector []float32) []int {
	signs := make([]int, len(vector))
	for i, x := range vector {
		if x > 0 {
			signs[i] = 1
		}
	}
	return signs
}
