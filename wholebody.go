package bedrock

import (
	"context"
	"io"
	"mime"
	"net/http"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// wholeBody is the middleware that distinguishes a JSON reply that was cut off from a
// malformed one, for every operation that is no stream. The SDK reports both as failed
// decoding and retries only some of the first.
type wholeBody struct{}

func (wholeBody) ID() string { return "BedrockWholeBody" }

func (wholeBody) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, md, err := next.HandleDeserialize(ctx, in)
	if resp, ok := out.RawResponse.(*smithyhttp.Response); ok && err == nil && resp.StatusCode/100 == 2 {
		resp.Body = &checkedBody{ReadCloser: resp.Body, ctx: ctx, json: isJSON(resp.Header) && !counted(ctx, resp)}
	}
	return out, md, err
}

// counted reports whether the length alone tells a cut: a model's own format may call
// itself JSON and not be.
func counted(ctx context.Context, resp *smithyhttp.Response) bool {
	return resp.ContentLength >= 0 && middleware.GetOperationName(ctx) == "InvokeModel"
}

func isJSON(h http.Header) bool {
	kind := h.Get("Content-Type")
	if kind == "application/json" {
		return true
	}
	kind, _, err := mime.ParseMediaType(kind)
	return err == nil && kind == "application/json"
}

// checkedBody is a reply whose end is checked: a connection that is lost, and JSON
// that begins with a brace and doesn't end with one, are a [lostBody].
type checkedBody struct {
	io.ReadCloser
	ctx         context.Context // of the attempt
	json        bool
	first, last byte // that are no white space
}

func (b *checkedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.json {
		b.note(p[:n])
	}
	switch {
	case err == nil:
	case err != io.EOF && b.ctx.Err() != nil:
		err = &smithy.CanceledError{Err: b.ctx.Err()}
	case err != io.EOF:
		err = &lostBody{err}
	case b.first == '{' && b.last != '}':
		err = &lostBody{io.ErrUnexpectedEOF}
	}
	return n, err
}

func (b *checkedBody) note(p []byte) {
	for i := 0; b.first == 0 && i < len(p); i++ {
		if !isSpace(p[i]) {
			b.first = p[i]
		}
	}
	for i := len(p) - 1; i >= 0; i-- {
		if !isSpace(p[i]) {
			b.last = p[i]
			return
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// lostBody is a reply that ended in the middle: nothing of it has been delivered, so
// another attempt is safe.
type lostBody struct{ cause error }

func (e *lostBody) Error() string        { return plainText(ErrTruncated) + ": " + e.cause.Error() }
func (e *lostBody) Unwrap() []error      { return []error{ErrTruncated, e.cause} }
func (e *lostBody) RetryableError() bool { return !isResponseTimeout(e.cause) }
