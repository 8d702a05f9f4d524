// Package wholebody distinguishes JSON replies that were cut off from malformed ones.
package wholebody

import (
	"context"
	"io"
	"mime"
	"net/http"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Middleware checks the end of the reply of every operation that is no stream. The SDK
// reports a reply that was cut and one that is malformed alike as failed decoding, and
// retries only some of the first.
type Middleware struct {
	Lost func(cause error) error // makes the error of a reply that was cut
}

func (Middleware) ID() string { return "BedrockWholeBody" }

func (m Middleware) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, md, err := next.HandleDeserialize(ctx, in)
	if resp, ok := out.RawResponse.(*smithyhttp.Response); ok && err == nil && resp.StatusCode/100 == 2 {
		resp.Body = &checkedBody{ReadCloser: resp.Body, ctx: ctx, lost: m.Lost, json: isJSON(resp.Header) && !counted(ctx, resp)}
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

// checkedBody is a reply whose end is checked. Cut are one whose connection was lost,
// and JSON that begins with a brace and doesn't end with one.
type checkedBody struct {
	io.ReadCloser
	ctx         context.Context // of the attempt
	lost        func(cause error) error
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
		err = b.lost(err)
	case b.first == '{' && b.last != '}':
		err = b.lost(io.ErrUnexpectedEOF)
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
