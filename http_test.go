package bedrock

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// descheduled is a connection whose writer goes on only when the answer is being read, as
// one does that the machine has put aside.
type descheduled struct {
	net.Conn
	answered <-chan struct{}
	closed   func()
}

func (c descheduled) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if !bytes.HasSuffix(p, []byte("\r\n\r\n")) { // the body, after the headers
		<-c.answered
	}
	return n, err
}

func (c descheduled) Close() error {
	defer c.closed()
	return c.Conn.Close()
}

// told tells when the first byte of a body is read.
type told struct {
	io.ReadCloser
	read func()
}

func (b told) Read(p []byte) (int, error) {
	b.read()
	return b.ReadCloser.Read(p)
}

type clientFunc func(*http.Request) (*http.Response, error)

func (f clientFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// The reply begins while net/http is still at the request: the SDK has closed its body
// when net/http looks at it once more. The rest of the reply comes when net/http has
// written the request, or has given it up and closed the connection.
func slowWriter(t *testing.T) aws.Config {
	answered, written := make(chan struct{}), make(chan struct{})
	goOn := sync.OnceFunc(func() { close(written) })
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		io.WriteString(w, eventFrame("messageStart", `{"role":"assistant"}`)+eventFrame("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"one "}}`))
		w.(http.Flusher).Flush()
		<-written
		io.WriteString(w, eventFrame("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"two"}}`)+eventFrame("messageStop", `{"stopReason":"end_turn"}`)+eventFrame("metadata", `{}`))
	}))
	t.Cleanup(srv.Close)
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return descheduled{c, answered, goOn}, err
	}}
	t.Cleanup(transport.CloseIdleConnections)
	trace := &httptrace.ClientTrace{WroteRequest: func(w httptrace.WroteRequestInfo) {
		if w.Err == nil {
			goOn()
		}
	}}
	cfg := testConfig(clientFunc(func(r *http.Request) (*http.Response, error) {
		resp, err := transport.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
		if err == nil {
			resp.Body = told{resp.Body, sync.OnceFunc(func() { close(answered) })}
		}
		return resp, err
	}))
	cfg.BaseEndpoint = &srv.URL
	return cfg
}

func TestComparedReplyOnHTTP1WithASlowWriter(t *testing.T) {
	t.Parallel()
	const streams = 20
	bySDK, ours := 0, 0
	for range streams {
		out, err := bedrockruntime.NewFromConfig(slowWriter(t)).ConverseStream(context.Background(), &bedrockruntime.ConverseStreamInput{ModelId: aws.String(testModel), Messages: Prompt("hello")})
		if err != nil {
			t.Fatal(err)
		}
		complete := false
		for event := range out.GetStream().Events() {
			_, isEnd := event.(*types.ConverseStreamOutputMemberMessageStop)
			complete = complete || isEnd
		}
		if out.GetStream().Close(); complete {
			bySDK++
		}
		s, err := clientOf(t, slowWriter(t), WithMaxAttempts(1)).ConverseStream(context.Background(), testModel, Prompt("hello"))
		if err != nil {
			t.Fatal(err)
		}
		if reply, err := s.Reply(); err != nil || reply.Text() != "one two" {
			t.Errorf("got %q, %v, want both words", reply.Text(), err)
			continue
		}
		ours++
	}
	t.Logf("%d streams on HTTP/1.1 with a slow writer: %d complete by the SDK alone, %d by this package", streams, bySDK, ours)
	if bySDK != 0 || ours != streams {
		t.Errorf("want 0 and %d", streams)
	}
}

// A front end may refuse a large request while it is still being sent. (On HTTP/2
// net/http ends the sending by itself then.)
func TestAnswerThatBeginsBeforeTheRequestEndsIsReadWhole(t *testing.T) {
	t.Parallel()
	prompt := strings.Repeat("a long prompt ", 1<<19) // 7 MiB, over what sockets buffer
	var got int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		w.Header().Set("X-Amzn-Errortype", "ValidationException")
		w.WriteHeader(400)
		w.(http.Flusher).Flush()
		got, _ = io.Copy(io.Discard, r.Body)
		io.WriteString(w, `{"message":"The prompt is too long for this front end"}`)
	}))
	defer srv.Close()
	cfg := testConfig(&http.Client{})
	cfg.BaseEndpoint = &srv.URL
	_, err := clientOf(t, cfg, WithMaxAttempts(1)).Converse(context.Background(), testModel, Prompt(prompt))
	if e := asError(t, err); e.Message != "The prompt is too long for this front end" || e.Code != "ValidationException" {
		t.Errorf("got %v, want the front end's message", e)
	}
	if got < int64(len(prompt)) {
		t.Errorf("the server got %d bytes, want all of the prompt's %d", got, len(prompt))
	}
}

// An open stream doesn't hold what was sent.
func TestRequestIsLetGoWhenItHasBeenSent(t *testing.T) {
	t.Parallel()
	b := &requestBody{data: strings.NewReader("body"), size: 4}
	if got, err := io.ReadAll(b); string(got) != "body" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if b.Close(); b.data != nil {
		t.Error("got the bytes after Close, want them let go")
	}
	if n, err := b.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("got %d, %v after Close, want io.EOF", n, err)
	}
}

// endless is a body without an end, of which it counts what is read.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return copy(p, bytes.Repeat([]byte{'a'}, len(p))), nil
}

func TestBodiesOfErrorsAreReadToABound(t *testing.T) {
	t.Parallel()
	for _, begin := range []string{"", `{"message":"`} {
		body := &endless{}
		e := askFails(t, stubClient(t, func(r *http.Request, _ string) (*http.Response, error) {
			resp := answer(r, 400, "", "X-Amzn-Errortype", "ValidationException")
			resp.Body, resp.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader(begin), body)), -1
			return resp, nil
		}))
		if body.read > 2*maxErrorBody || e.Code != "ValidationException" || e.HTTPStatus != 400 || e.Attempts != 1 {
			t.Errorf("read %d bytes: %v; want about 1 MiB, and the header's code", body.read, e)
		}
	}
}

// The limit is of errors alone.
func TestRepliesAreReadWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 3*maxErrorBody)
	reply, err := ask(context.Background(), stubClient(t, always(200, `{"output":{"message":{"role":"assistant","content":[{"text":"`+long+`"}]}}}`)))
	if err != nil || reply.Text() != long {
		t.Errorf("got %v, want the long reply", err)
	}
}

// What a request that isn't this package's own has for a body goes through.
func TestBodiesOfOtherRequestsAreSent(t *testing.T) {
	t.Parallel()
	var got []string
	c := httpClient{clientFunc(func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			b, _ := io.ReadAll(r.Body)
			_, writes := r.Body.(io.WriterTo)
			got = append(got, string(b))
			if writes {
				t.Error("the body has WriteTo, which fails once the SDK has closed it")
			}
		}
		return answer(r, 200, ""), nil
	})}
	plain, _ := http.NewRequest(http.MethodPost, "https://host/", io.NopCloser(strings.NewReader("plain")))
	again, _ := http.NewRequest(http.MethodPost, "https://host/", strings.NewReader("again"))
	none, _ := http.NewRequest(http.MethodGet, "https://host/", nil)
	for _, r := range []*http.Request{plain, again, none} {
		if _, err := c.Do(r); err != nil {
			t.Error(err)
		}
	}
	if strings.Join(got, " ") != "plain again" {
		t.Errorf("got bodies %q", got)
	}
}

// A caller's middleware may send one attempt's request twice.
func TestEachSendingOfAnAttemptHasTheWholeBody(t *testing.T) {
	t.Parallel()
	seen := &captured{}
	c := stubClient(t, seen.then(inTurn(failing(503, "X", "no"), always(200, okConverse))), WithMaxAttempts(1), WithSDKOptions(func(o *bedrockruntime.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return s.Finalize.Insert(middleware.FinalizeMiddlewareFunc("again", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				r := in.Request.(*smithyhttp.Request)
				out, md, err := next.HandleFinalize(ctx, middleware.FinalizeInput{Request: r.Clone()})
				if err != nil {
					r.RewindStream()
					return next.HandleFinalize(ctx, middleware.FinalizeInput{Request: r.Clone()})
				}
				return out, md, err
			}), "Signing", middleware.Before)
		})
	}))
	if _, err := ask(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	if len(seen.bodies) != 2 || seen.bodies[0] == "" || seen.bodies[0] != seen.bodies[1] {
		t.Errorf("got bodies %q, want the same one twice", seen.bodies)
	}
}

// An HTTP client that answers with less than it must is an error, not a panic.
func TestAnswersThatAreNil(t *testing.T) {
	t.Parallel()
	nothing := stubFunc(func(*http.Request, string) (*http.Response, error) { return nil, nil })
	noBody := stubFunc(func(r *http.Request, _ string) (*http.Response, error) {
		resp := answer(r, 200, "")
		resp.Body = nil
		return resp, nil
	})
	for name, stub := range map[string]stubFunc{"no response": nothing, "no body": noBody} {
		c := stubClient(t, stub, WithMaxAttempts(1))
		_, unary := ask(context.Background(), c)
		for _, err := range []error{unary, streamReply(context.Background(), c, Prompt("x")), secretChunks(context.Background(), c)} {
			if asError(t, err); err == nil {
				t.Errorf("%s: got no error", name)
			}
		}
	}
}

// A reply, an error or a stream that is kept holds no more of the request than what the
// SDK alone returns, which holds the input by the context of the response's request.
func TestNothingHoldsMoreOfTheRequest(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ctx, prompt := context.Background(), Prompt(strings.Repeat("p", 8<<20))
		begun := streaming(eventFrame("messageStart", `{"role":"assistant"}`), eventFrame("contentBlockStop", `{"contentBlockIndex":0}`))
		held := func(v any, err error) int {
			synctest.Wait() // for the SDK's goroutine of a stream, which writes to what is looked at
			return deepSize(reflect.ValueOf([]any{v, err}), map[uintptr]bool{})
		}
		for name, stub := range map[string]stubFunc{"a reply": always(200, okConverse), "an error": failing(400, "ValidationException", "no")} {
			out, sdkErr := bedrockruntime.NewFromConfig(testConfig(stub)).Converse(ctx, &bedrockruntime.ConverseInput{ModelId: aws.String(testModel), Messages: prompt})
			reply, err := stubClient(t, stub).Converse(ctx, testModel, prompt)
			if ours, bySDK := held(reply, err), held(out, sdkErr); ours > bySDK+1<<16 {
				t.Errorf("%s holds %d bytes, want at most the SDK's %d", name, ours, bySDK)
			}
		}
		out, sdkErr := bedrockruntime.NewFromConfig(testConfig(begun)).ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: aws.String(testModel), Messages: prompt})
		s, err := stubClient(t, begun).ConverseStream(ctx, testModel, prompt)
		if ours, bySDK := held(s, err), held(out, sdkErr); ours > bySDK+1<<16 {
			t.Errorf("an open stream holds %d bytes, want at most the SDK's %d", ours, bySDK)
		}
		out.GetStream().Close()
		s.Close()
	})
}

// deepSize counts the bytes of strings and byte slices that a value holds, but for what is
// only reached by a function.
func deepSize(v reflect.Value, seen map[uintptr]bool) (n int) {
	switch v.Kind() {
	case reflect.String:
		return v.Len()
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] {
			return 0
		}
		seen[v.Pointer()] = true
		return deepSize(v.Elem(), seen)
	case reflect.Interface:
		if v.IsNil() {
			return 0
		}
		return deepSize(v.Elem(), seen)
	case reflect.Struct:
		for i := range v.NumField() {
			n += deepSize(v.Field(i), seen)
		}
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			return v.Cap()
		}
		for i := range v.Len() {
			n += deepSize(v.Index(i), seen)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			n += deepSize(it.Key(), seen) + deepSize(it.Value(), seen)
		}
	}
	return n
}

// A redirect would carry the prompt to another host.
func TestRedirectsDontCarryThePromptOn(t *testing.T) {
	t.Parallel()
	var other int
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { other++ }))
	defer elsewhere.Close()
	srv := httptest.NewTLSServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer srv.Close()
	cfg := testConfig(&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}}})
	cfg.BaseEndpoint = aws.String(srv.URL)
	_, err := clientOf(t, cfg, WithMaxAttempts(1)).SDK().Converse(context.Background(), &bedrockruntime.ConverseInput{ModelId: aws.String(testModel), Messages: Prompt("hello")})
	if err == nil || other != 0 || errors.Is(err, ErrThrottled) {
		t.Errorf("got %v, and %d requests at the other host, want an error and none", err, other)
	}
}
