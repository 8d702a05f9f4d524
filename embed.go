package bedrock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"example.com/bedrock/internal/embedding"
)

// EmbedPurpose says what vectors are for. The constants mean the same to all models that
// make a difference; any other value goes out as the model's own word for it, such as
// Nova's "IMAGE_RETRIEVAL". API fields: Cohere's input_type, Nova's embeddingPurpose.
type EmbedPurpose string

// Purposes, and what Cohere and Nova call them.
const (
	EmbedDocument       EmbedPurpose = embedding.Document       // to be found: search_document, GENERIC_INDEX
	EmbedQuery          EmbedPurpose = embedding.Query          // to find texts: search_query, TEXT_RETRIEVAL
	EmbedClassification EmbedPurpose = embedding.Classification // classification, CLASSIFICATION
	EmbedClustering     EmbedPurpose = embedding.Clustering     // clustering, CLUSTERING
)

// EmbedOption changes what [Client.Embed] asks for, or how.
type EmbedOption func(*embedder)

// EmbedFor sets what the vectors are for. Default: [EmbedDocument]. For Cohere and Nova;
// Titan, which has no such distinction, refuses it.
func EmbedFor(p EmbedPurpose) EmbedOption {
	return func(e *embedder) { e.Purpose = string(p) }
}

// EmbedDimensions sets the length of the vectors. Default, also with 0: the model's. For
// Titan V2, Nova and Cohere v4, each of which has a few lengths to choose from.
func EmbedDimensions(n int) EmbedOption {
	return func(e *embedder) { e.Dimensions = n }
}

// EmbedUnnormalized leaves the vectors as long as the model makes them. Default: length
// 1, so that the dot product is the cosine. For Titan V2 alone.
func EmbedUnnormalized() EmbedOption {
	return func(e *embedder) { e.Unnormalized = true }
}

// EmbedAs says whose format the model has, by a model id such as "cohere.embed-v4:0".
// Default: the model called. For ARNs that don't show it, those of application inference
// profiles and of custom, imported and provisioned models.
func EmbedAs(model string) EmbedOption {
	return func(e *embedder) { e.as = model }
}

// EmbedConcurrency bounds the calls under way at once, at least 1. Default 4, about 40
// a second with Titan V2, which was seen to take 0.1 s; more wants a quota for it.
func EmbedConcurrency(n int) EmbedOption {
	return func(e *embedder) { e.concurrency = n }
}

// EmbedProgress calls fn after each call to the model that succeeded, with the number of
// texts that have their vectors and that of all. It runs in the goroutine that called
// [Client.Embed], and done only grows; a panic of it ends the other calls.
func EmbedProgress(fn func(done, total int)) EmbedOption {
	return func(e *embedder) { e.progress = fn }
}

// Embeddings are the vectors of texts.
type Embeddings struct {
	Vectors [][]float32 // of the texts, in their order, all of one length; nil after an error: not there
	Tokens  Tokens      // of all calls that succeeded, Input alone
}

// EmbedError tells which texts a failed call of [Client.Embed] was for.
type EmbedError struct {
	First, Count int   // texts[First : First+Count]
	Err          error // the failure, an *[Error]
}

// Error returns one line, without the texts.
func (e *EmbedError) Error() string {
	return fmt.Sprintf("bedrock: embedding texts[%d:%d]: %s", e.First, e.First+e.Count, strings.TrimPrefix(fmt.Sprint(e.Err), "bedrock: "))
}

// Unwrap returns the failure.
func (e *EmbedError) Unwrap() error { return e.Err }

// Embed turns texts into vectors, by Amazon Titan Text Embeddings (G1 and V2), Amazon
// Nova Multimodal Embeddings or Cohere Embed (v3 and v4), which model tells by its id;
// see [EmbedAs]. Cohere takes 96 texts in a call, the others one: Embed makes as many
// calls as it needs, some at once ([EmbedConcurrency]), each with the retries of
// [Invoke]. No texts are no calls.
//
// An option that the model has nothing like is [ErrInvalid], and so is a blank text, of
// which some models would make a vector like any other. A text that is too long is an
// error, never cut. Images, other types than float and truncation are for [Invoke].
//
// The first call that fails ends the others. Its *[EmbedError] says which texts it was
// for and holds the *[Error]; the vectors that have arrived come along with it, as they
// have been paid for: to go on, embed the texts whose vector is nil. Arguments that are
// refused give no Embeddings.
func (c *Client) Embed(ctx context.Context, model string, texts []string, opts ...EmbedOption) (*Embeddings, error) {
	e := &embedder{as: model, concurrency: 4, client: c, model: model, texts: texts}
	for _, opt := range opts {
		if opt != nil {
			opt(e)
		}
	}
	if err := e.check(); err != nil {
		return nil, c.fail(ctx, opInvoke, model, time.Now(), refused(err))
	}
	if i := embedding.FirstBlank(texts); i >= 0 {
		return nil, &EmbedError{i, 1, c.fail(ctx, opInvoke, model, time.Now(), refused(errors.New("the text is blank")))}
	}
	return e.run(ctx)
}

// embedder is one Embed, as asked for and under way.
type embedder struct {
	embedding.Options
	as          string // whose format model has
	concurrency int
	progress    func(done, total int) // nil: none
	client      *Client
	model       string
	texts       []string
	family      embedding.Family
	length      atomic.Int64 // of the vectors: as asked for, else of the first that came
}

func (e *embedder) check() (err error) {
	if err := checkModel(e.model); err != nil {
		return err
	}
	if e.concurrency < 1 {
		return fmt.Errorf("EmbedConcurrency(%d): give a number of 1 or more", e.concurrency)
	}
	if e.family, err = embedding.Find(e.as); err != nil {
		return err
	}
	e.length.Store(int64(e.Dimensions))
	return e.family.Check(e.Options)
}

// run makes the calls and puts together what they bring.
func (e *embedder) run(ctx context.Context) (*Embeddings, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	all := &Embeddings{Vectors: make([][]float32, len(e.texts))}
	var failure error
	done := 0
	batch := func(i int) (first, count int) {
		first = i * e.family.Batch
		return first, min(e.family.Batch, len(e.texts)-first)
	}
	type answer struct {
		embedding.Result
		err error
	}
	calls := (len(e.texts) + e.family.Batch - 1) / e.family.Batch
	inParallel(calls, e.concurrency, func(i int) (a answer) {
		first, count := batch(i)
		a.Result, a.err = e.call(ctx, e.texts[first:first+count])
		return a
	}, func(i int, a answer) bool {
		first, count := batch(i)
		if a.err != nil {
			stop()
			if failure == nil { // the others were ended by it
				failure = &EmbedError{first, count, a.err}
			}
			return false
		}
		copy(all.Vectors[first:], a.Vectors)
		all.Tokens.Input += a.Result.Tokens
		done += count
		e.tell(done, stop)
		return true
	})
	return all, failure
}

// tell calls EmbedProgress's function, whose panic ends the other calls.
func (e *embedder) tell(done int, stop context.CancelFunc) {
	if e.progress == nil {
		return
	}
	returned := false
	defer func() {
		if !returned {
			stop()
		}
	}()
	e.progress(done, len(e.texts))
	returned = true
}

// call makes one call and checks that its answer has what was asked for.
func (e *embedder) call(ctx context.Context, texts []string) (embedding.Result, error) {
	start := time.Now()
	v, err := Invoke[[]byte](ctx, e.client, e.model, e.family.Request(texts, e.Options))
	if err != nil {
		return embedding.Result{}, err
	}
	kind := errDecoding
	result, err := e.family.Decode(v.Body)
	if err == nil {
		e.length.CompareAndSwap(0, int64(result.Length()))
		kind, err = ErrEmptyReply, result.Check(len(texts), int(e.length.Load()))
	}
	if err != nil {
		return result, e.client.fail(ctx, opInvoke, e.model, start, badReply(kind, err, v.RequestID, v.Attempts))
	}
	result.Tokens = cmp.Or(v.Tokens.Input, result.Tokens)
	return result, nil
}
