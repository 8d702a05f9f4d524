package bedrock_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

const (
	titanV1Model  = "amazon.titan-embed-text-v1"
	titanV2Model  = "amazon.titan-embed-text-v2:0"
	novaModel     = "amazon.nova-2-multimodal-embeddings-v1:0"
	cohereV3Model = "cohere.embed-english-v3"
	cohereV4Model = "cohere.embed-v4:0"
	profileARN    = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3"
)

// numbered are n texts, "0" to the last, and the vectors that embedNumbers makes of them.
func numbered(n int) (texts []string, vectors [][]float32) {
	for i := range n {
		texts = append(texts, strconv.Itoa(i))
		vectors = append(vectors, []float32{float32(i), 1})
	}
	return texts, vectors
}

// embedRequest is what the requests of all families say.
type embedRequest struct {
	InputText             string
	Texts                 []string
	SingleEmbeddingParams struct{ Text struct{ Value string } }
}

func (r embedRequest) texts() []string {
	if r.Texts != nil {
		return r.Texts
	}
	return []string{r.InputText + r.SingleEmbeddingParams.Text.Value}
}

func textsOf(r *bedrocktest.Request) []string {
	var q embedRequest
	if err := r.Decode(&q); err != nil {
		panic(err)
	}
	return q.texts()
}

// embedNumbers answers as the models do, a number n with the vector [n 1].
func embedNumbers(r *bedrocktest.Request) bedrocktest.Response {
	var vectors [][]float32
	for _, text := range textsOf(r) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return bedrocktest.Error("ValidationException", "no number")
		}
		vectors = append(vectors, []float32{float32(n), 1})
	}
	switch {
	case strings.Contains(r.Model, "cohere"):
		return bedrocktest.JSON(map[string]any{"embeddings": map[string]any{"float": vectors}}).Usage(len(vectors), 0)
	case strings.Contains(r.Model, "nova"):
		return bedrocktest.JSON(map[string]any{"embeddings": []any{map[string]any{"embedding": vectors[0]}}}).Usage(1, 0)
	}
	return bedrocktest.JSON(map[string]any{"embedding": vectors[0]}).Usage(1, 0)
}

func TestEmbedMakesCallsOfTheFamilysSize(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ texts, calls int }{
		titanV1Model:         {3, 3},
		titanV2Model:         {3, 3},
		novaModel:            {3, 3},
		cohereV3Model:        {96, 1},
		cohereV4Model:        {97, 2},
		"us.cohere.embed-v4": {400, 5},
		"arn:aws:bedrock:us-east-1::foundation-model/cohere.embed-v4:0":                          {200, 3},
		"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.cohere.embed-v4:0":          {96, 1},
		"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.titan-embed-text-v2": {2, 2},
	}
	for model, tt := range tests {
		srv := bedrocktest.NewServer()
		srv.Handle(embedNumbers)
		texts, want := numbered(tt.texts)
		got, err := srv.Client().Embed(context.Background(), model, texts)
		if err != nil || !reflect.DeepEqual(got.Vectors, want) {
			t.Errorf("%s: %v, %v", model, got, err)
		}
		if err == nil && got.Tokens != (bedrock.Tokens{Input: tt.texts}) {
			t.Errorf("%s: %+v, want %d input tokens", model, got.Tokens, tt.texts)
		}
		requests := srv.Requests()
		if len(requests) != tt.calls {
			t.Errorf("%s: %d calls for %d texts, want %d", model, len(requests), tt.texts, tt.calls)
		}
		for _, r := range requests {
			if r.Model != model || r.Operation != "InvokeModel" {
				t.Errorf("%s of %s, want InvokeModel of %s", r.Operation, r.Model, model)
			}
		}
		srv.Close()
	}
}

func TestEmbedSendsOptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		model string
		opts  []bedrock.EmbedOption
		want  string
	}{
		{titanV2Model, []bedrock.EmbedOption{nil, bedrock.EmbedDimensions(2), bedrock.EmbedUnnormalized()}, `{"inputText":"0","dimensions":2,"normalize":false}`},
		{cohereV4Model, []bedrock.EmbedOption{bedrock.EmbedFor(bedrock.EmbedQuery)}, `{"input_type":"search_query","texts":["0"],"truncate":"NONE"}`},
		{cohereV4Model, []bedrock.EmbedOption{bedrock.EmbedFor(bedrock.EmbedClassification)}, `{"input_type":"classification","texts":["0"],"truncate":"NONE"}`},
		{cohereV4Model, []bedrock.EmbedOption{bedrock.EmbedFor("other")}, `{"input_type":"other","texts":["0"],"truncate":"NONE"}`},
		{cohereV4Model, []bedrock.EmbedOption{bedrock.EmbedFor("")}, `{"input_type":"search_document","texts":["0"],"truncate":"NONE"}`},
		{"arn:aws:bedrock:us-east-1:123456789012:provisioned-model/cohere", []bedrock.EmbedOption{bedrock.EmbedAs("us.cohere.embed-v4:0")}, `{"input_type":"search_document","texts":["0"],"truncate":"NONE"}`},
		{profileARN, []bedrock.EmbedOption{bedrock.EmbedAs("amazon.titan-embed-text-v1")}, `{"inputText":"0"}`},
		{titanV2Model, []bedrock.EmbedOption{bedrock.EmbedAs("amazon.titan-embed-text-v1")}, `{"inputText":"0"}`}, // the caller knows
	}
	for _, tt := range tests {
		srv := bedrocktest.NewServer()
		srv.Lenient = true // its vectors have two dimensions, and a purpose is made up
		srv.Handle(embedNumbers)
		if _, err := srv.Client().Embed(context.Background(), tt.model, []string{"0"}, tt.opts...); err != nil {
			t.Errorf("%s: %v", tt.model, err)
		}
		for _, r := range srv.Requests() {
			if string(r.Body) != tt.want {
				t.Errorf("%s: sent %s, want %s", tt.model, r.Body, tt.want)
			}
		}
		srv.Close()
	}
}

func TestEmbedOfNoTextsMakesNoCall(t *testing.T) {
	t.Parallel()
	srv := bedrocktest.NewServer()
	defer srv.Close()
	got, err := srv.Client().Embed(context.Background(), titanV2Model, nil)
	if err != nil || got.Vectors == nil || len(got.Vectors) != 0 || len(srv.Requests()) != 0 {
		t.Errorf("%+v, %v, %d requests, want an empty result and none", got, err, len(srv.Requests()))
	}
}

func TestEmbedRefusesBeforeSending(t *testing.T) {
	t.Parallel()
	srv := bedrocktest.NewServer()
	defer srv.Close()
	c := srv.Client()
	tests := map[string]struct {
		model string
		texts []string
		opt   bedrock.EmbedOption
		want  []string
		at    int // index of the text, -1: none is to blame
	}{
		"unknown family":           {"amazon.nova-lite-v1:0", []string{"a"}, nil, []string{`"amazon.nova-lite-v1:0" names no known family`, "EmbedAs", "Cohere Embed v4"}, -1},
		"ARN that doesn't show it": {profileARN, []string{"a"}, nil, []string{profileARN, "EmbedAs", "Titan", "Nova", "Cohere"}, -1},
		"EmbedAs an unknown one":   {profileARN, []string{"a"}, bedrock.EmbedAs("titan"), []string{`"titan" names no known family`}, -1},
		"unknown family, no text":  {"amazon.nova-lite-v1:0", nil, nil, []string{"EmbedAs"}, -1},
		"no model":                 {"", []string{"a"}, nil, []string{"the model is empty"}, -1},
		"dimensions of Cohere v3":  {cohereV3Model, []string{"a"}, bedrock.EmbedDimensions(256), []string{"EmbedDimensions: Cohere Embed v3 has nothing like it", "Cohere Embed v4"}, -1},
		"negative dimensions":      {cohereV4Model, []string{"a"}, bedrock.EmbedDimensions(-1), []string{"EmbedDimensions(-1)"}, -1},
		"purpose of Titan":         {titanV2Model, []string{"a"}, bedrock.EmbedFor(bedrock.EmbedQuery), []string{"EmbedFor: Amazon Titan Text Embeddings V2 has nothing like it", "Nova", "Cohere"}, -1},
		"unnormalized Nova":        {novaModel, []string{"a"}, bedrock.EmbedUnnormalized(), []string{"EmbedUnnormalized: Amazon Nova", "Titan"}, -1},
		"no concurrency":           {titanV2Model, []string{"a"}, bedrock.EmbedConcurrency(0), []string{"EmbedConcurrency(0)"}, -1},
		"empty text":               {titanV2Model, []string{"a", "", " "}, nil, []string{"bedrock: embedding texts[1:2]: InvokeModel", "the text is blank"}, 1},
		"blank text of a batch":    {cohereV4Model, []string{"a", "b", " \n\t"}, nil, []string{"texts[2:3]", "the text is blank"}, 2},
	}
	for name, tt := range tests {
		got, err := c.Embed(context.Background(), tt.model, tt.texts, tt.opt)
		var e *bedrock.Error
		if got != nil || !errors.Is(err, bedrock.ErrInvalid) || !errors.As(err, &e) || e.Attempts != 0 || e.Op != "InvokeModel" {
			t.Errorf("%s: %v, %v, want ErrInvalid without an attempt", name, got, err)
			continue
		}
		for _, part := range tt.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: got %v, want it to contain %q", name, err, part)
			}
		}
		var which *bedrock.EmbedError
		if errors.As(err, &which) != (tt.at >= 0) || which != nil && (which.First != tt.at || which.Count != 1) {
			t.Errorf("%s: %+v, want text %d", name, which, tt.at)
		}
	}
	if n := len(srv.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestEmbedRetriesThrottles(t *testing.T) {
	t.Parallel()
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Throttle(), bedrocktest.Error("ServiceUnavailableException", "try again"))
	srv.Handle(embedNumbers)
	texts, want := numbered(5)
	got, err := srv.Client().Embed(context.Background(), titanV2Model, texts)
	if err != nil || !reflect.DeepEqual(got.Vectors, want) || len(srv.Requests()) != 7 {
		t.Errorf("%v, %v, %d requests, want %v and 7", got, err, len(srv.Requests()), want)
	}
}

// An answer of HTTP 200 whose vectors are not those of the texts.
func TestEmbedRefusesBadAnswers(t *testing.T) {
	t.Parallel()
	const decoding = "decoding the model's answer"
	tests := map[string]struct {
		model, answer string
		opt           bedrock.EmbedOption
		want          string
		notEmpty      bool // not ErrEmptyReply
	}{
		"too few vectors":       {cohereV4Model, `{"embeddings":{"float":[[1,2]]}}`, nil, "vectors for 2 texts asked, 1 came", false},
		"too many vectors":      {cohereV4Model, `{"embeddings":[[1,2],[1,2],[1,2]]}`, nil, "vectors for 2 texts asked, 3 came", false},
		"no vectors":            {cohereV4Model, `{}`, nil, "vectors for 2 texts asked, 0 came", false},
		"an empty vector":       {cohereV4Model, `{"embeddings":[[1,2],[]]}`, nil, "vector 2 of 2 is empty", false},
		"the first is empty":    {cohereV4Model, `{"embeddings":[[],[1,2]]}`, nil, "vector 1 of 2 is empty", false},
		"unequal vectors":       {cohereV4Model, `{"embeddings":[[1,2],[1]]}`, nil, "vector 2 of 2 has 1 dimensions, want 2", false},
		"not the dimensions":    {cohereV4Model, `{"embeddings":[[1,2],[1,2]]}`, bedrock.EmbedDimensions(512), "vector 1 of 2 has 2 dimensions, want 512", false},
		"Titan without":         {titanV2Model, `{"inputTextTokenCount":1}`, nil, "vector 1 of 1 is empty", false},
		"Titan's dimensions":    {titanV2Model, `{"embedding":[1]}`, bedrock.EmbedDimensions(256), "vector 1 of 1 has 1 dimensions, want 256", false},
		"Nova without":          {novaModel, `{"embeddings":[]}`, nil, "vectors for 1 texts asked, 0 came", false},
		"another family's":      {cohereV4Model, `{"embeddings":[{"embedding":[1,2]}]}`, nil, decoding, true},
		"null among numbers":    {titanV2Model, `{"embedding":[1,null]}`, nil, decoding, true},
		"a string for a vector": {titanV2Model, `{"embedding":"secret text"}`, nil, decoding, true},
		"empty body":            {titanV2Model, ``, nil, "without a reply", false},
	}
	for name, tt := range tests {
		srv := bedrocktest.NewServer()
		srv.Handle(func(*bedrocktest.Request) bedrocktest.Response {
			return bedrocktest.Recorded(http.StatusOK, map[string]string{"Content-Type": "application/json"}, []byte(tt.answer))
		})
		got, err := srv.Client().Embed(context.Background(), tt.model, []string{"a", "b"}, tt.opt, bedrock.EmbedConcurrency(1))
		var e *bedrock.Error
		if !errors.As(err, &e) || errors.Is(err, bedrock.ErrEmptyReply) == tt.notEmpty || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q, ErrEmptyReply %v", name, err, tt.want, !tt.notEmpty)
		} else if e.RequestID != srv.Requests()[0].ID || e.HTTPStatus != http.StatusOK || e.Attempts != 1 || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %+v, want request %s", name, e, srv.Requests()[0].ID)
		}
		if got == nil || len(got.Vectors) != 2 || got.Vectors[0] != nil || got.Vectors[1] != nil {
			t.Errorf("%s: %v came along, want two nil vectors", name, got)
		}
		srv.Close()
	}
}

// Vectors of different calls are compared too.
func TestEmbedRefusesUnequalCalls(t *testing.T) {
	t.Parallel()
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.JSON(map[string]any{"embedding": []int{1, 2}}), bedrocktest.JSON(map[string]any{"embedding": []int{1, 2, 3}}))
	got, err := srv.Client().Embed(context.Background(), titanV1Model, []string{"a", "b"}, bedrock.EmbedConcurrency(1))
	var which *bedrock.EmbedError
	if !errors.Is(err, bedrock.ErrEmptyReply) || !errors.As(err, &which) || which.First != 1 {
		t.Errorf("%v, want ErrEmptyReply for the second text", err)
	}
	if want := [][]float32{{1, 2}, nil}; got == nil || !reflect.DeepEqual(got.Vectors, want) {
		t.Errorf("%v came along, want %v", got, want)
	}
}

// The header counts what is billed; where it is absent, Titan says it in the body.
func TestEmbedCountsTokens(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		header map[string]string
		want   int
	}{
		"header and body": {map[string]string{"X-Amzn-Bedrock-Input-Token-Count": "5"}, 10},
		"body alone":      {nil, 14},
	}
	for name, tt := range tests {
		srv := bedrocktest.NewServer()
		srv.Handle(func(*bedrocktest.Request) bedrocktest.Response {
			return bedrocktest.Recorded(http.StatusOK, tt.header, []byte(`{"embedding":[1],"inputTextTokenCount":7}`))
		})
		got, err := srv.Client().Embed(context.Background(), titanV2Model, []string{"a", "b"})
		if err != nil || got.Tokens != (bedrock.Tokens{Input: tt.want}) {
			t.Errorf("%s: %+v, %v, want %d input tokens", name, got, err, tt.want)
		}
		srv.Close()
	}
}
