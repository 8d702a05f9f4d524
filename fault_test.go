package bedrock_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

// faultRow is one fault and what the caller gets.
type faultRow struct {
	name     string
	answer   bedrocktest.Response // to every attempt
	read     reader               // nil: converse
	want     error                // nil: success
	attempts int
	noID     bool // nothing was answered, so there is no request id
	text     string
	server   func(*bedrocktest.Server)
	opts     func(*bedrocktest.Server) []bedrock.Option
	ctx      func() (context.Context, context.CancelFunc)
	waits    bool // for time to pass: in a bubble, where none is lost
}

func readConverse(ctx context.Context, c *bedrock.Client) (string, error) {
	reply, err := c.Converse(ctx, benchModel, bedrock.Prompt("Hello"))
	if err != nil {
		return "", err
	}
	return reply.Text(), nil
}

func readInvoke(ctx context.Context, c *bedrock.Client) (string, error) {
	v, err := bedrock.Invoke[textChunk](ctx, c, benchModel, []byte(`{}`))
	if v == nil {
		return "", err
	}
	return string(v.Body), err
}

const faultAttempts = 3 // what the rows' clients are allowed

// The exceptions of the SDK, as they come in HTTP and in a stream.
var exceptions = []struct {
	code     string
	want     error
	http     int // attempts
	inStream int
}{
	{"AccessDeniedException", bedrock.ErrAccessDenied, 1, 1},
	{"ConflictException", bedrock.ErrInvalid, 1, 1},
	{"InternalServerException", bedrock.ErrUnavailable, 3, 3},
	{"ModelErrorException", bedrock.ErrModelError, 1, 1},
	{"ModelNotReadyException", bedrock.ErrThrottled, 3, 3},
	{"ModelStreamErrorException", bedrock.ErrModelError, 1, 1},
	{"ModelTimeoutException", bedrock.ErrModelTimeout, 1, 1},
	{"ResourceNotFoundException", bedrock.ErrNotFound, 1, 1},
	{"ServiceQuotaExceededException", bedrock.ErrInvalid, 1, 1},
	{"ServiceUnavailableException", bedrock.ErrUnavailable, 3, 3},
	{"ThrottlingException", bedrock.ErrThrottled, 3, 3},
	{"ValidationException", bedrock.ErrInvalid, 1, 1},
}

func exceptionRows() (rows []faultRow) {
	for _, e := range exceptions {
		inStream := strings.ToLower(e.code[:1]) + e.code[1:]
		rows = append(rows,
			faultRow{name: e.code + " in HTTP", answer: bedrocktest.Error(e.code, "m"), want: e.want, attempts: e.http},
			faultRow{name: e.code + " in HTTP of a stream", answer: bedrocktest.Error(e.code, "m"), read: readText, want: e.want, attempts: e.http},
			faultRow{name: e.code + " in HTTP of InvokeModel", answer: bedrocktest.Error(e.code, "m"), read: readInvoke, want: e.want, attempts: e.http},
			faultRow{name: e.code + " in the first frame", answer: bedrocktest.Text("One", " two").FailAt(0, inStream, "m"), read: readText, want: e.want, attempts: e.inStream},
			faultRow{name: e.code + " after messageStart", answer: bedrocktest.Text("One", " two").FailAt(1, inStream, "m"), read: readText, want: e.want, attempts: e.inStream},
			faultRow{name: e.code + " in mid-stream", answer: bedrocktest.Text("One", " two").FailAt(2, inStream, "m"), read: readText, want: e.want, attempts: 1, text: "One"},
			faultRow{name: e.code + " in the first chunk", answer: bedrocktest.JSONChunks(textChunk{"One"}, textChunk{" two"}).FailAt(0, inStream, "m"), read: readChunks, want: e.want, attempts: e.inStream},
			faultRow{name: e.code + " in the second chunk", answer: bedrocktest.JSONChunks(textChunk{"One"}, textChunk{" two"}).FailAt(1, inStream, "m"), read: readChunks, want: e.want, attempts: 1, text: "One"},
		)
	}
	return rows
}

func bareRows() (rows []faultRow) {
	for status, s := range map[int]struct {
		want     error
		attempts int
	}{
		429: {bedrock.ErrThrottled, 3}, 408: {bedrock.ErrModelTimeout, 1}, 500: {bedrock.ErrUnavailable, 3},
		502: {bedrock.ErrUnavailable, 3}, 503: {bedrock.ErrUnavailable, 3}, 504: {bedrock.ErrUnavailable, 3},
	} {
		for body, raw := range map[string]string{"bare": "", "HTML": "<html><body>busy</body></html>"} {
			rows = append(rows, faultRow{name: body + " " + http.StatusText(status), answer: bedrocktest.JSON([]byte(raw)).Status(status), want: s.want, attempts: s.attempts})
		}
	}
	return rows
}

// broken changes one byte of a frame, counted from its end.
func broken(frame []byte, fromEnd int) []byte {
	b := append([]byte(nil), frame...)
	b[len(b)-fromEnd] ^= 1
	return b
}

// absurd announces lengths that no frame has, with the right checksum.
func absurd(total, headers uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, total)
	b = binary.BigEndian.AppendUint32(b, headers)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

var (
	start = event("messageStart", `{"role":"assistant"}`)
	one   = event("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"One"},"p":"a"}`)
	done  = bedrocktest.Text("One")
)

func expiredContext(d time.Duration) func() (context.Context, context.CancelFunc) {
	return func() (context.Context, context.CancelFunc) { return context.WithTimeout(context.Background(), d) }
}

func canceledContext() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx, cancel
}

func stallOption(*bedrocktest.Server) []bedrock.Option {
	return []bedrock.Option{bedrock.WithStallTimeout(500 * time.Millisecond)}
}

// impatient gives up on an answer by itself.
func impatient(s *bedrocktest.Server) []bedrock.Option {
	c := s.Config().HTTPClient.(*awshttp.BuildableClient).WithTimeout(50 * time.Millisecond)
	return []bedrock.Option{bedrock.WithSDKOptions(func(o *bedrockruntime.Options) { o.HTTPClient = c })}
}

func noHost(*bedrocktest.Server) []bedrock.Option {
	return []bedrock.Option{bedrock.WithSDKOptions(func(o *bedrockruntime.Options) { o.HTTPClient = failing{} })}
}

func canceledSoon() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(300*time.Millisecond, cancel)
	return ctx, cancel
}

type failing struct{}

func (failing) Do(r *http.Request) (*http.Response, error) {
	return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: &net.DNSError{Err: "no such host", Name: r.URL.Host, IsNotFound: true}}
}

var otherRows = []faultRow{
	{name: "lower-case code", answer: bedrocktest.Error("throttlingException", "m").Status(429), want: bedrock.ErrThrottled, attempts: 3},
	{name: "lower-case code with another status", answer: bedrocktest.Error("throttlingException", "m").Status(400), want: bedrock.ErrThrottled, attempts: 3},
	{name: "code with a URI", answer: bedrocktest.Error("ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/", "m"), want: bedrock.ErrThrottled, attempts: 3},
	{name: "validation code with a URI", answer: bedrocktest.Error("ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/", "m"), want: bedrock.ErrInvalid, attempts: 1},
	{name: "upper-case code in the stream", answer: done.FailAt(0, "ThrottlingException", "m"), read: readText, want: bedrock.ErrThrottled, attempts: 3},
	{name: "unmodelled error in the first frame", answer: bedrocktest.Frames(bedrocktest.ErrorFrame("InternalServerException", "m")), read: readText, want: bedrock.ErrUnavailable, attempts: 3},
	{name: "unmodelled error in mid-stream", answer: bedrocktest.Frames(start, one, bedrocktest.ErrorFrame("InternalServerException", "m")), read: readText, want: bedrock.ErrUnavailable, attempts: 1, text: "One"},
	{name: "model throttled behind a 503", answer: bedrocktest.Error("ServiceUnavailableException", "Model is getting throttled. Try your request again."), want: bedrock.ErrThrottled, attempts: 3},
	{name: "too many tokens per day", answer: bedrocktest.Error("ThrottlingException", "Too many tokens per day, please wait before trying again."), want: bedrock.ErrThrottled, attempts: 1},
	{name: "too many tokens", answer: bedrocktest.Error("ThrottlingException", "Too many tokens, please wait before trying again."), want: bedrock.ErrThrottled, attempts: 3},
	{name: "input too long", answer: bedrocktest.Error("ValidationException", "Input is too long for requested model."), want: bedrock.ErrContextWindow, attempts: 1},
	{name: "on-demand throughput", answer: bedrocktest.Error("ValidationException", "Invocation of model ID x with on-demand throughput isn’t supported."), want: bedrock.ErrNeedsProfile, attempts: 1},

	{name: "200 with an empty body", answer: bedrocktest.JSON([]byte("")), want: bedrock.ErrEmptyReply, attempts: 1},
	{name: "200 with {}", answer: bedrocktest.JSON([]byte("{}")), want: bedrock.ErrEmptyReply, attempts: 1},
	{name: "200 with HTML", answer: bedrocktest.JSON([]byte("<html></html>")), want: bedrock.ErrEmptyReply, attempts: 1},
	{name: "200 cut short", answer: done.CutAt(40, bedrocktest.CleanEnd), want: bedrock.ErrTruncated, attempts: 3},
	{name: "200 dropped", answer: done.CutAt(40, bedrocktest.StreamReset), want: bedrock.ErrTruncated, attempts: 3},
	{name: "InvokeModel with an empty body", answer: bedrocktest.JSON([]byte("")), read: readInvoke, want: bedrock.ErrEmptyReply, attempts: 1},
	{name: "stream with an empty body", answer: bedrocktest.Frames(), read: readText, want: bedrock.ErrTruncated, attempts: 3},
	{name: "stream with HTML", answer: bedrocktest.Frames([]byte("<html><body>Sign in to the network</body></html>")), read: readText, want: bedrock.ErrTruncated, attempts: 1},

	{name: "connection reset", answer: bedrocktest.NoReply(bedrocktest.ConnectionReset), want: bedrock.ErrUnavailable, attempts: 3, noID: true},
	{name: "connection closed", answer: bedrocktest.NoReply(bedrocktest.ConnectionClose), want: bedrock.ErrUnavailable, attempts: 3, noID: true},
	{name: "request reset", answer: bedrocktest.NoReply(bedrocktest.StreamReset), want: bedrock.ErrUnavailable, attempts: 3, noID: true},
	{name: "connection reset in mid-stream", answer: bedrocktest.Text("One", " two").Every(time.Millisecond).CutAfter(2, bedrocktest.ConnectionReset), read: readText, want: bedrock.ErrTruncated, attempts: 1, text: "One", waits: true},
	{name: "slow first byte", answer: done.Delay(20 * time.Millisecond), attempts: 1, text: "One", waits: true},
	{name: "slow first byte and an impatient HTTP client", answer: done.Delay(time.Minute), want: bedrock.ErrUnavailable, attempts: 1, noID: true, opts: impatient, waits: true},
	{name: "stall at once", answer: bedrocktest.Text("One", " two").CutAfter(0, bedrocktest.Stall), read: readText, want: bedrock.ErrStalled, attempts: 1, opts: stallOption, waits: true},
	{name: "stall in mid-stream", answer: bedrocktest.Text("One", " two").CutAfter(2, bedrocktest.Stall), read: readText, want: bedrock.ErrStalled, attempts: 1, text: "One", opts: stallOption, waits: true},
	{name: "stall in mid-frame", answer: bedrocktest.Frames(start, one, one).CutAt(len(start)+len(one)+9, bedrocktest.Stall), read: readText, want: bedrock.ErrStalled, attempts: 1, text: "One", opts: stallOption, waits: true},

	{name: "bad prelude checksum at first", answer: bedrocktest.Frames(broken(start, len(start)-9)), read: readText, want: bedrock.ErrTruncated, attempts: 1},
	{name: "bad prelude checksum", answer: bedrocktest.Frames(start, one, broken(one, len(one)-9)), read: readText, want: bedrock.ErrTruncated, attempts: 1, text: "One"},
	{name: "bad message checksum", answer: bedrocktest.Frames(start, one, broken(one, 9)), read: readText, want: bedrock.ErrTruncated, attempts: 1, text: "One"},
	{name: "frame of 4 GiB", answer: bedrocktest.Frames(start, one, absurd(1<<32-1, 0)), read: readText, want: bedrock.ErrTruncated, attempts: 1, text: "One"},
	{name: "frame just over 24 MiB", answer: bedrocktest.Frames(start, one, absurd(24<<20+1, 0)), read: readText, want: bedrock.ErrTruncated, attempts: 1, text: "One"},
	{name: "headers beyond the frame", answer: bedrocktest.Frames(start, one, absurd(100, 101)), read: readText, want: bedrock.ErrTruncated, attempts: 1, text: "One"},

	{name: "unknown event", answer: done.Insert(1, event("hologram", `{"x":1}`)), read: readText, attempts: 1, text: "One"},
	{name: "unknown delta", answer: done.Insert(1, event("contentBlockDelta", `{"contentBlockIndex":1,"delta":{"hologram":{"x":1}}}`)), read: readText, attempts: 1, text: "One"},
	{name: "unknown block", answer: bedrocktest.Block(map[string]any{"hologram": 1}).And(done), attempts: 1, text: "One"},

	{name: "cancelled before", answer: done, want: context.Canceled, noID: true, ctx: canceledContext},
	{name: "deadline before", answer: done, want: context.DeadlineExceeded, noID: true, ctx: expiredContext(-time.Second)},
	{name: "deadline in backoff", answer: bedrocktest.Throttle().Header("Retry-After", "3").Delay(time.Millisecond), want: bedrock.ErrThrottled, attempts: 1, ctx: expiredContext(time.Second), waits: true},
	{name: "deadline in backoff, as the context's error", answer: bedrocktest.Throttle().Header("Retry-After", "3").Delay(time.Millisecond), want: context.DeadlineExceeded, attempts: 1, ctx: expiredContext(time.Second), waits: true},
	{name: "cancelled in backoff", answer: bedrocktest.Throttle().Header("Retry-After", "4"), want: bedrock.ErrThrottled, attempts: 1, ctx: canceledSoon, waits: true},
	{name: "cancelled in backoff, as the context's error", answer: bedrocktest.Throttle().Header("Retry-After", "4"), want: context.Canceled, attempts: 1, ctx: canceledSoon, waits: true},
	{name: "cancelled in mid-stream", answer: bedrocktest.Text("One", " two").CutAfter(2, bedrocktest.Stall), read: readText, want: context.Canceled, attempts: 1, text: "One", ctx: canceledSoon, waits: true},
	{name: "deadline in mid-stream", answer: bedrocktest.Text("One", " two").CutAfter(2, bedrocktest.Stall), read: readText, want: context.DeadlineExceeded, attempts: 1, text: "One", ctx: expiredContext(500 * time.Millisecond), waits: true},
	{name: "deadline before the first frame", answer: bedrocktest.Text("One", " two").CutAfter(0, bedrocktest.Stall), read: readText, want: context.DeadlineExceeded, attempts: 1, ctx: expiredContext(500 * time.Millisecond), waits: true},

	{name: "unknown host", want: bedrock.ErrUnavailable, attempts: 1, noID: true, opts: noHost},
	{name: "expired session", answer: done, want: bedrock.ErrCredentials, attempts: 1, server: func(s *bedrocktest.Server) {
		s.Credentials.SessionToken, s.Credentials.CanExpire, s.Credentials.Expires = "token", true, time.Now().Add(-time.Hour)
	}},
	{name: "clock 10 minutes slow", answer: done, attempts: 2, text: "One", server: func(s *bedrocktest.Server) { s.ClockOffset = 10 * time.Minute }},
	{name: "clock 10 minutes fast", answer: done, attempts: 2, text: "One", server: func(s *bedrocktest.Server) { s.ClockOffset = -10 * time.Minute }},
}

// Each fault, its error, how often it was tried, and what arrived.
func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	rows := append(append(exceptionRows(), bareRows()...), otherRows...)
	t.Logf("%d faults", len(rows))
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if row.waits {
				synctest.Test(t, func(t *testing.T) { row.run(t, bedrocktest.NewPipeServer()) })
				return
			}
			row.run(t, bedrocktest.NewServer())
		})
	}
}

func (row faultRow) run(t *testing.T, srv *bedrocktest.Server) {
	defer srv.Close()
	if row.server != nil {
		row.server(srv)
	}
	srv.Handle(func(*bedrocktest.Request) bedrocktest.Response { return row.answer })
	opts := []bedrock.Option{bedrock.WithMaxAttempts(faultAttempts)}
	if row.opts != nil {
		opts = append(opts, row.opts(srv)...)
	}
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if row.ctx != nil {
		ctx, cancel = row.ctx()
	}
	defer cancel()
	read := row.read
	if read == nil {
		read = readConverse
	}
	text, err := read(ctx, srv.Client(opts...))
	if text != row.text {
		t.Errorf("%q arrived, want %q", text, row.text)
	}
	if row.want == nil {
		if err != nil || len(srv.Requests()) != row.attempts {
			t.Errorf("%d attempts, want %d, error %v", len(srv.Requests()), row.attempts, err)
		}
		return
	}
	row.wantError(t, err)
}

// A reset in mid-stream, over TCP. It comes once the text has been read, because a reset
// takes what is unread with it.
func TestConnectionResetInMidStream(t *testing.T) {
	t.Parallel()
	type connKey struct{}
	read := make(chan struct{})
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		w.Header().Set("X-Amzn-Requestid", "req-1")
		w.Write(append(slices.Clone(start), one...))
		http.NewResponseController(w).Flush()
		<-read
		tcp := r.Context().Value(connKey{}).(*tls.Conn).NetConn().(*net.TCPConn)
		tcp.SetLinger(0)
		tcp.Close()
	}))
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) }
	srv.StartTLS()
	defer srv.Close()
	cfg := configFor(srv.Client())
	cfg.BaseEndpoint = aws.String(srv.URL)
	c, err := bedrock.NewFromConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var got string
	var last error
	for text, err := range openStream(t, context.Background(), c).Text() {
		if last = err; err == nil {
			got += text
			close(read)
		}
	}
	if got != "One" {
		t.Errorf("%q arrived, want One", got)
	}
	faultRow{want: bedrock.ErrTruncated, attempts: 1}.wantError(t, last)
	if !errors.Is(last, syscall.ECONNRESET) {
		t.Errorf("%v is no reset", last)
	}
}

func (row faultRow) wantError(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, row.want) {
		t.Errorf("error %v, want %v", err, row.want)
	}
	var e *bedrock.Error
	if !errors.As(err, &e) {
		t.Fatalf("%T is no *bedrock.Error", err)
	}
	if e.Attempts != row.attempts {
		t.Errorf("%d attempts, want %d: %v", e.Attempts, row.attempts, err)
	}
	if (e.RequestID == "") != row.noID {
		t.Errorf("request id %q: %v", e.RequestID, err)
	}
	if e.Model != benchModel || e.Region != "us-east-1" || e.Op == "" || e.Elapsed <= 0 || strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("%+v", e)
	}
	for _, other := range sentinels {
		both := row.want == bedrock.ErrContextWindow || row.want == bedrock.ErrNeedsProfile
		inContext := (row.want == context.DeadlineExceeded || row.want == context.Canceled) && other == bedrock.ErrThrottled
		if other != row.want && errors.Is(err, other) && !inContext && !(both && other == bedrock.ErrInvalid) {
			t.Errorf("%v is also %v", err, other)
		}
	}
}

var sentinels = []error{bedrock.ErrThrottled, bedrock.ErrUnavailable, bedrock.ErrModelTimeout, bedrock.ErrModelError, bedrock.ErrAccessDenied,
	bedrock.ErrCredentials, bedrock.ErrNotFound, bedrock.ErrInvalid, bedrock.ErrContextWindow, bedrock.ErrNeedsProfile, bedrock.ErrTruncated,
	bedrock.ErrStalled, bedrock.ErrEmptyReply}
