package bedrock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// httpClient is around the HTTP client of every [Client], a caller's own too.
type httpClient struct{ aws.HTTPClient }

// Do sends the request with a body that the SDK can't close: it closes the body as soon
// as the answer's header is there, net/http takes that for a failed write, and drops the
// connection with the reply in flight.
func (c httpClient) Do(r *http.Request) (*http.Response, error) {
	own, _ := r.Context().Value(bodyKey{}).(*requestBody)
	resp, err := c.HTTPClient.Do(withOwnBody(r, own))
	switch {
	case err != nil:
	case resp == nil:
		err = errors.New("the HTTP client returned (nil, nil)")
	case resp.Body == nil:
		resp.Body = http.NoBody
	case resp.StatusCode/100 != 2:
		resp.Body = &boundedBody{resp.Body, maxErrorBody, own}
	}
	return resp, err
}

// withOwnBody returns the request with the body that keepBody has put aside. Of another
// request, such as that of a bidirectional stream, it hides WriteTo, which fails after
// the SDK has closed the body.
func withOwnBody(r *http.Request, own *requestBody) *http.Request {
	switch {
	case r.Body == nil || r.Body == http.NoBody:
	case own == nil:
		r.Body = struct{ io.ReadCloser }{r.Body}
	default:
		own.sent = *r
		own.sent.Body = own
		r = &own.sent
	}
	return r
}

const maxErrorBody = 1 << 20 // bytes of an answer with an error status

var errErrorBody = errors.New("the body of the error is over 1 MiB")

// boundedBody fails a read beyond its bound. The SDK takes 45 times an error body's size
// in memory.
type boundedBody struct {
	io.ReadCloser
	left    int
	request *requestBody // nil: none
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		if n, err := b.ReadCloser.Read(make([]byte, 1)); n == 0 {
			return 0, err
		}
		return 0, errErrorBody
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// Close lets the request go too, of which the HTTP client may not.
func (b *boundedBody) Close() error {
	if b.request != nil {
		b.request.Close()
	}
	return b.ReadCloser.Close()
}

// requestBody reads the bytes of a request's body, which the SDK and other attempts may
// read at the same time.
type requestBody struct {
	mu   sync.Mutex
	data io.ReaderAt // nil: closed by the HTTP client, so that a stream doesn't hold the request
	at   int64
	size int64
	sent http.Request // what the HTTP client gets
}

func (b *requestBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := b.size - b.at
	if left <= 0 || b.data == nil {
		return 0, io.EOF
	}
	n, err := b.data.ReadAt(p[:min(int64(len(p)), left)], b.at)
	if b.at += int64(n); n > 0 {
		err = nil // the next call tells
	}
	return n, err
}

func (b *requestBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.data = nil
	return nil
}

// bodyKey is the key of a request's *requestBody in the context of its sending.
type bodyKey struct{}

// keepBody puts the request's body aside for [httpClient], and notes what the request is
// signed with. It runs after signing, as often as somebody sends the request; a middleware
// further inside may still change it.
func (k *call) keepBody(ctx context.Context, request any) context.Context {
	r, ok := request.(*smithyhttp.Request)
	if !ok {
		return ctx
	}
	k.signed = r.Header
	data, ok := r.GetStream().(io.ReaderAt)
	size, known, err := r.StreamLength()
	if !ok || !known || err != nil {
		return ctx
	}
	b := &k.body
	if k.bodyUsed { // and may still be read
		b = &requestBody{}
	}
	k.bodyUsed = true
	b.data, b.size = data, size
	return context.WithValue(ctx, bodyKey{}, b)
}

// wholeReply is the middleware that checks the end of the reply of every operation that
// is no stream. The SDK reports a reply that was cut and one that is malformed alike as
// failed decoding, and retries only some of the first.
type wholeReply struct{ call *call }

func (wholeReply) ID() string { return "BedrockWholeReply" }

func (m wholeReply) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, md, err := next.HandleDeserialize(m.call.keepBody(ctx, in.Request), in)
	if resp, ok := out.RawResponse.(*smithyhttp.Response); ok && err == nil && resp.StatusCode/100 == 2 {
		m.call.reply = checkedBody{ReadCloser: resp.Body, ctx: ctx, call: m.call, status: resp.StatusCode, json: isJSON(resp.Header) && !lengthTells(ctx, resp)}
		resp.Body = &m.call.reply
	}
	return out, md, err
}

// lengthTells reports whether the length alone tells a cut: a model's own format may call
// itself JSON and not be.
func lengthTells(ctx context.Context, resp *smithyhttp.Response) bool {
	return resp.ContentLength >= 0 && middleware.GetOperationName(ctx) == opInvoke
}

func isJSON(h http.Header) bool { return isOfType(h, "application/json") }
func isHTML(h http.Header) bool { return isOfType(h, "text/html") }

func isOfType(h http.Header, mediaType string) bool {
	said := h.Get("Content-Type")
	if said == mediaType {
		return true
	}
	said, _, err := mime.ParseMediaType(said)
	return err == nil && said == mediaType
}

// checkedBody is a reply whose end is checked. A reply is cut when its connection was lost,
// or when JSON that begins with a brace doesn't end with one.
type checkedBody struct {
	io.ReadCloser
	ctx         context.Context // of the attempt
	call        *call
	status      int
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
		err = b.cut(err)
	case b.first == '{' && b.last != '}':
		err = b.cut(io.ErrUnexpectedEOF)
	}
	return n, err
}

// cut is the failure of a reply that ended in the middle. Nothing of it has been
// delivered, so another attempt is safe, unless a timeout of the HTTP client's ended it:
// another attempt would be billed too, and as likely meet it.
func (b *checkedBody) cut(cause error) error {
	f := badReply(ErrTruncated, cause, "", b.call.attempts)
	f.call, f.status = b.call, b.status
	if !isTimeout(cause) {
		f.verdict = passing
	}
	return f
}

func (b *checkedBody) note(p []byte) {
	for i := 0; b.first == 0 && i < len(p); i++ {
		if !isSpace(p[i]) {
			b.first = p[i]
		}
	}
	for _, c := range slices.Backward(p) {
		if !isSpace(c) {
			b.last = c
			return
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

const (
	idleConnections = 256              // per host; the SDK's 10 make every wave of HTTP/1.1 calls dial anew
	pingAfter       = 30 * time.Second // of silence on an HTTP/2 connection
	pingAnswer      = 15 * time.Second // then the peer is taken for dead
	maxHeaderBytes  = 1 << 20          // of a response; Bedrock sends about 500
)

// derive makes the client's HTTP client from the SDK's own. Proxy, certificates
// (AWS_CA_BUNDLE), dialer and timeouts stay. There is no timeout on an answer: a model may
// think for an hour, and the pings tell a dead peer from a slow one. The headers of a
// response may take 1 MiB, where the HTTP client has no limit of its own. A proxy that
// refuses a connection is judged here, where its status is known. A caller's own HTTP
// client is left as it is.
func derive(have aws.HTTPClient) aws.HTTPClient {
	buildable, ok := have.(*awshttp.BuildableClient)
	if !ok {
		return have
	}
	return buildable.WithTransportOptions(func(t *http.Transport) {
		t.DisableCompression = true // Bedrock doesn't compress; a hostile answer might
		t.MaxIdleConns = 0          // the SDK's limit of 100 in all would undo the next line
		t.MaxIdleConnsPerHost = idleConnections
		if t.MaxResponseHeaderBytes == 0 {
			t.MaxResponseHeaderBytes = maxHeaderBytes // net/http's default is 10 MiB
		}
		if t.HTTP2 == nil {
			t.HTTP2 = &http.HTTP2Config{}
		}
		if t.HTTP2.SendPingTimeout == 0 && t.HTTP2.PingTimeout == 0 { // Go 1.27 makes an empty HTTP2Config by itself
			t.HTTP2.SendPingTimeout, t.HTTP2.PingTimeout = pingAfter, pingAnswer
		}
		t.OnProxyConnectResponse = refusal(t.OnProxyConnectResponse)
	})
}

type onProxyConnect = func(context.Context, *url.URL, *http.Request, *http.Response) error

// refusal asks the caller's own function first.
func refusal(own onProxyConnect) onProxyConnect {
	return func(ctx context.Context, proxy *url.URL, req *http.Request, resp *http.Response) error {
		if own != nil {
			if err := own(ctx, proxy, req, resp); err != nil {
				return err
			}
		}
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		why := fmt.Sprintf("the proxy %s refused the connection: HTTP %s", proxy.Host, oneLine(resp.Status))
		f := &failure{err: errors.New(why)}
		f.set(proxyFault(resp.StatusCode, why))
		return f
	}
}
