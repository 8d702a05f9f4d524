package wholebody

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

var errReset = errors.New("connection reset")

// lostError marks what the middleware takes for cut.
type lostError struct{ cause error }

func (e *lostError) Error() string { return "lost: " + e.cause.Error() }

// through returns a response as the middleware hands it on.
func through(t *testing.T, ctx context.Context, resp *http.Response, failure error) (middleware.DeserializeOutput, error) {
	t.Helper()
	m := Middleware{Lost: func(cause error) error { return &lostError{cause} }}
	out, _, err := m.HandleDeserialize(ctx, middleware.DeserializeInput{}, middleware.DeserializeHandlerFunc(
		func(context.Context, middleware.DeserializeInput) (out middleware.DeserializeOutput, md middleware.Metadata, err error) {
			out.RawResponse = &smithyhttp.Response{Response: resp}
			return out, md, failure
		}))
	return out, err
}

func reply(kind string, body io.Reader) *http.Response {
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(body), ContentLength: -1}
}

func TestACutReplyIsLost(t *testing.T) {
	t.Parallel()
	const jsonType = "application/json"
	text := func(s string) io.Reader { return iotest.OneByteReader(strings.NewReader(s)) }
	for name, tt := range map[string]struct {
		kind, op string
		body     io.Reader
		counted  bool
		cause    error // nil: it is whole
	}{
		"whole":                      {kind: jsonType, body: text(`{"a":"}"}`)},
		"white space around it":      {kind: jsonType, body: text(" \r\n\t{} \n")},
		"no object":                  {kind: jsonType, body: text(`[1`)},
		"nothing":                    {kind: jsonType, body: text("")},
		"cut":                        {kind: jsonType, body: text(`{"a":1`), cause: io.ErrUnexpectedEOF},
		"cut after white space":      {kind: jsonType, body: text("{\"a\":1,\n "), cause: io.ErrUnexpectedEOF},
		"a charset":                  {kind: jsonType + "; charset=utf-8", body: text(`{`), cause: io.ErrUnexpectedEOF},
		"another type":               {kind: "text/plain", body: text(`{`)},
		"a broken type":              {kind: ";;", body: text(`{`)},
		"cut at once":                {kind: jsonType, body: strings.NewReader(`{"a":1`), cause: io.ErrUnexpectedEOF},
		"connection lost":            {kind: jsonType, body: io.MultiReader(text(`{}`), iotest.ErrReader(errReset)), cause: errReset},
		"connection lost, no JSON":   {kind: "image/png", body: iotest.ErrReader(errReset), cause: errReset},
		"a model's own, length told": {kind: jsonType, op: "InvokeModel", body: text(`{name}: hi`), counted: true},
		"a model's own, length not":  {kind: jsonType, op: "InvokeModel", body: text(`{name}: hi`), cause: io.ErrUnexpectedEOF},
		"another's, length told":     {kind: jsonType, op: "Converse", body: text(`{`), counted: true, cause: io.ErrUnexpectedEOF},
	} {
		resp := reply(tt.kind, tt.body)
		if tt.counted {
			resp.ContentLength = 10
		}
		out, err := through(t, middleware.WithOperationName(context.Background(), tt.op), resp, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, err = io.ReadAll(out.RawResponse.(*smithyhttp.Response).Body)
		var lost *lostError
		switch {
		case tt.cause == nil && err != nil:
			t.Errorf("%s: got %v, want no error", name, err)
		case tt.cause != nil && (!errors.As(err, &lost) || lost.cause != tt.cause):
			t.Errorf("%s: got %v, want it lost by %v", name, err, tt.cause)
		}
	}
}

func TestAnEndedContextIsNoLoss(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	out, err := through(t, ctx, reply("application/json", iotest.ErrReader(errReset)), nil)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = io.ReadAll(out.RawResponse.(*smithyhttp.Response).Body)
	var canceled *smithy.CanceledError
	if !errors.As(err, &canceled) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want a CanceledError", err)
	}
}

func TestFailuresAreHandedOn(t *testing.T) {
	t.Parallel()
	for _, failure := range []error{nil, errReset} {
		refused := reply("application/json", strings.NewReader(`{`))
		refused.StatusCode = 400
		out, err := through(t, context.Background(), refused, failure)
		if err != failure {
			t.Errorf("got %v, want %v", err, failure)
		}
		if b, err := io.ReadAll(out.RawResponse.(*smithyhttp.Response).Body); string(b) != "{" || err != nil {
			t.Errorf("got body %s, %v of a refusal, want it as it is", b, err)
		}
	}
}

func TestItsPlaceInAStackHasAName(t *testing.T) {
	t.Parallel()
	stack := middleware.NewStack("", smithyhttp.NewStackRequest)
	if err := stack.Deserialize.Add(Middleware{}, middleware.After); err != nil {
		t.Fatal(err)
	}
	if _, ok := stack.Deserialize.Get("BedrockWholeBody"); !ok {
		t.Errorf("got %v, want BedrockWholeBody among them", stack.Deserialize.List())
	}
}
