// Package embedding knows the text embedding models of Amazon Bedrock: which family a
// model id belongs to, what a family can be asked for, how many texts a call takes, and
// how requests and answers look.
package embedding

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Purposes of which every family that has purposes has a word.
const (
	Document       = "document" // the default
	Query          = "query"
	Classification = "classification"
	Clustering     = "clustering"
)

// Options are what a caller may ask for; the zero value asks for the defaults.
type Options struct {
	Dimensions   int    // 0: the model's default
	Purpose      string // "": Document; what is none of the above goes out as it is
	Unnormalized bool
}

// Family is a kind of models with one format.
type Family struct {
	Name  string // as AWS documents it
	Batch int    // texts that one call takes

	ids                        []string // without geography, version and context length
	dimensions, unnormalizable bool
	purposes                   map[string]string // to the API's words; nil: there are none
	request                    func(texts []string, o Options) any
	decode                     func(answer []byte) (Result, error)
}

// Find tells the family of a model id, of an inference profile's id, or of an ARN that
// holds one of the two. ARNs of other resources say nothing of their model.
func Find(model string) (Family, error) {
	id := baseModel(model)
	for _, f := range families {
		if slices.Contains(f.ids, id) {
			return f, nil
		}
	}
	var known []string
	for _, f := range families {
		known = append(known, fmt.Sprintf("%s (%s)", f.Name, f.ids[0]))
	}
	return Family{}, fmt.Errorf("%.200q names no known family of text embedding models: EmbedAs says which model's format it has; known are %s",
		model, strings.Join(known, ", "))
}

var (
	// Other resources (application-inference-profile, provisioned-model, imported-model,
	// custom-model-deployment, …) have ids of their own. Source: modelId of InvokeModel in
	// the Amazon Bedrock API Reference.
	modelARN = regexp.MustCompile(`^arn:[^:]*:bedrock:[^:]*:[^:]*:(?:foundation-model|inference-profile)/`)

	// An inference profile's id has a geography before the provider: "us.", "us-gov.",
	// "global.".
	geography = regexp.MustCompile(`^[a-z-]+\.([a-z0-9-]+\.)`)
)

// baseModel strips a model down to what names its family:
// "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.cohere.embed-v4:0" to
// "cohere.embed-v4". What follows the first colon of an id is a version and, for
// provisioned throughput, a context length.
func baseModel(model string) string {
	id := modelARN.ReplaceAllString(model, "")
	id, _, _ = strings.Cut(id, ":")
	return geography.ReplaceAllString(id, "$1")
}

// Check refuses what the family can't be asked for.
func (f Family) Check(o Options) error {
	switch {
	case o.Dimensions < 0:
		return fmt.Errorf("EmbedDimensions(%d): give a number of 1 or more, or 0 for the model's default", o.Dimensions)
	case o.Dimensions > 0 && !hasDimensions(f):
		return f.lacks("EmbedDimensions", hasDimensions)
	case o.Purpose != "" && !hasPurpose(f):
		return f.lacks("EmbedFor", hasPurpose)
	case o.Unnormalized && !hasUnnormalized(f):
		return f.lacks("EmbedUnnormalized", hasUnnormalized)
	}
	return nil
}

func hasDimensions(f Family) bool   { return f.dimensions }
func hasPurpose(f Family) bool      { return f.purposes != nil }
func hasUnnormalized(f Family) bool { return f.unnormalizable }

func (f Family) lacks(option string, has func(Family) bool) error {
	var names []string
	for _, other := range families {
		if has(other) {
			names = append(names, other.Name)
		}
	}
	return fmt.Errorf("%s: %s has nothing like it; it is for %s", option, f.Name, strings.Join(names, ", "))
}

// FirstBlank returns the index of the first text that has nothing to embed, -1 if there
// is none. Titan refuses such texts; Cohere was seen to return a vector that looks like
// any other.
func FirstBlank(texts []string) int {
	return slices.IndexFunc(texts, func(text string) bool { return strings.TrimSpace(text) == "" })
}

// Request makes the body of a call for at most Batch texts, with options that passed
// Check.
func (f Family) Request(texts []string, o Options) any {
	if f.purposes != nil {
		if word, ok := f.purposes[o.Purpose]; ok {
			o.Purpose = word
		}
	}
	return f.request(texts, o)
}

// Result is what an answer holds.
type Result struct {
	Vectors [][]float32
	Tokens  int // of the input; 0 where the answer doesn't say
}

// Decode reads an answer. It fails on what isn't of the family's format; whether the
// vectors are those that were asked for is for Check to say.
func (f Family) Decode(answer []byte) (Result, error) { return f.decode(answer) }

// Length is the number of dimensions of the first vector, 0 if there is none.
func (r Result) Length() int {
	if len(r.Vectors) == 0 {
		return 0
	}
	return len(r.Vectors[0])
}

// Check reports whether there is one vector for each of a call's texts, and all have
// that many dimensions.
func (r Result) Check(texts, dimensions int) error {
	if len(r.Vectors) != texts {
		return fmt.Errorf("vectors for %d texts asked, %d came", texts, len(r.Vectors))
	}
	for i, v := range r.Vectors {
		if len(v) == 0 {
			return fmt.Errorf("vector %d of %d is empty", i+1, texts)
		}
		if len(v) != dimensions {
			return fmt.Errorf("vector %d of %d has %d dimensions, want %d", i+1, texts, len(v), dimensions)
		}
	}
	return nil
}
