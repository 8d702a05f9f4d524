package bedrock

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// sendRow is an error of sending and what is to be made of it.
type sendRow struct {
	name    string
	err     func(t *testing.T) error
	kind    error // nil: ErrUnavailable
	retry   bool
	connect bool
	why     string // a part; "": the error's own text
	hint    string // a part; "": none
}

const sendSecret = "hunter2"

func judgeRows(t *testing.T, rows []sendRow) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			err := row.err(t)
			if err == nil {
				t.Fatal("got no error, want one")
			}
			row.check(t, err)
			row.check(t, &smithyhttp.RequestSendError{Err: err}) // as the SDK wraps it
		})
	}
}

func (row sendRow) check(t *testing.T, err error) {
	t.Helper()
	f := faultOf(err)
	kind := row.kind
	if kind == nil {
		kind = ErrUnavailable
	}
	if f.kind != kind || f.retry != row.retry || f.connect != row.connect {
		t.Errorf("got kind %v, retry %t, connect %t, want %v, %t, %t: %v", f.kind, f.retry, f.connect, kind, row.retry, row.connect, err)
	}
	if (f.why == "") != (row.why == "") || !strings.Contains(f.why, row.why) {
		t.Errorf("got why %q, want %q: %v", f.why, row.why, err)
	}
	if (f.hint == "") != (row.hint == "") || !strings.Contains(f.hint, row.hint) {
		t.Errorf("got hint %q, want %q: %v", f.hint, row.hint, err)
	}
	if said := f.why + f.hint; strings.Contains(said, sendSecret) || strings.ContainsAny(said, "\r\n") || strings.Contains(said, "GetBody") {
		t.Errorf("got why %q and hint %q, want one line each without a secret or advice to programmers of net/http", f.why, f.hint)
	}
}

// be is an error that no peer can be made to cause here, as the HTTP client returns it.
func be(err error) func(*testing.T) error {
	return func(*testing.T) error {
		return &url.Error{Op: "Post", URL: "https://bedrock.test/model/m/converse", Err: err}
	}
}

// send posts a body that can't be read twice, as the SDK's can't.
func send(t *testing.T, tr *http.Transport, to string, edit ...func(*http.Request)) error {
	t.Helper()
	t.Cleanup(tr.CloseIdleConnections)
	req, err := http.NewRequest("POST", to, io.NopCloser(bytes.NewReader([]byte("{}"))))
	if err != nil {
		return err
	}
	req.ContentLength = 2
	for _, e := range edit {
		e(req)
	}
	resp, err := (&http.Client{Transport: tr}).Do(req)
	if err == nil {
		resp.Body.Close()
		t.Fatalf("got HTTP %d from %s, want an error", resp.StatusCode, to)
	}
	return err
}

func sending(to string, edit ...func(*http.Request)) func(*testing.T) error {
	return func(t *testing.T) error { return send(t, &http.Transport{}, to, edit...) }
}

func withHeader(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header[name] = []string{value} }
}

func TestARequestThatCantBeWritten(t *testing.T) {
	t.Parallel()
	const to = "https://127.0.0.1:1/"
	judgeRows(t, []sendRow{
		{name: "line break in Authorization", err: sending(to, withHeader("Authorization", "AWS4 "+sendSecret+"\n")), kind: ErrCredentials, why: "access key id", hint: "line break"},
		{name: "line break in the session token", err: sending(to, withHeader("X-Amz-Security-Token", sendSecret+"\r\n")), kind: ErrCredentials, why: "session token", hint: "line break"},
		{name: "as x/net says it", err: be(errors.New(`http2: invalid HTTP header value for header "Authorization"`)), kind: ErrCredentials, why: "access key id", hint: "line break"},
		{name: "headers larger than HTTP/2's limit", err: be(fmt.Errorf("http2: %w", errors.New("request header list larger than peer's advertised limit"))), kind: ErrInvalid, hint: "larger"},
		{name: "a header of the answer", err: be(errors.New(`stream error: stream ID 1; PROTOCOL_ERROR; invalid header field value for "authorization"`)), retry: true},
		{name: "line break in another header", err: sending(to, withHeader("X-Own", sendSecret+"\n")), kind: ErrInvalid, hint: "line break"},
		{name: "header name", err: sending(to, withHeader("X Own", "v")), kind: ErrInvalid, hint: "header"},
		{name: "method", err: sending(to, func(r *http.Request) { r.Method = "PO ST" }), kind: ErrInvalid, hint: "HTTP client"},
		{name: "scheme", err: sending("ftp://127.0.0.1/"), kind: ErrInvalid, hint: "https://"},
		{name: "no scheme", err: sending("//127.0.0.1/"), kind: ErrInvalid, hint: "https://"},
		{name: "no host", err: sending("https:///x"), kind: ErrInvalid, hint: "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"},
		{name: "no URL", err: sending(to, func(r *http.Request) { r.URL = nil }), kind: ErrInvalid, hint: "endpoint"},
		{name: "port beyond the range", err: sending("https://127.0.0.1:99999/"), kind: ErrInvalid, connect: true, hint: "the port"},
		{name: "port of letters", err: sending("https://127.0.0.1:port/"), kind: ErrInvalid, why: "no URL", hint: "endpoint"},
		{name: "escape", err: sending("https://user:" + sendSecret + "%zz@127.0.0.1/"), kind: ErrInvalid, why: "no URL", hint: "password"},
		{name: "space in the host", err: sending("https://a b/"), kind: ErrInvalid, why: "no URL", hint: "endpoint"},
		{name: "proxy whose password has a slash", kind: ErrInvalid, why: "no URL", hint: "password", err: func(t *testing.T) error {
			return send(t, &http.Transport{Proxy: func(*http.Request) (*url.URL, error) {
				return url.Parse("http://user:" + sendSecret + "/x@127.0.0.1:1")
			}}, to)
		}},
		{name: "dialer without a connection", kind: ErrInvalid, hint: "HTTP client", err: func(t *testing.T) error {
			return send(t, &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, nil }}, to)
		}},
	})
}

func TestAnUnsendableAPIKeyIsNamed(t *testing.T) {
	t.Parallel()
	err := sending("https://127.0.0.1:1/", withHeader("Authorization", "Bearer "+sendSecret+"\n"))(t)
	f := judgeSending(err, true)
	if f.kind != ErrCredentials || f.retry || !strings.Contains(f.why, "AWS_BEARER_TOKEN_BEDROCK") || strings.Contains(f.why, "access key") {
		t.Errorf("got %+v, want ErrCredentials that names the API key", f)
	}
}

func TestUnsendableSecrets(t *testing.T) {
	t.Parallel()
	for secret, want := range map[string]bool{
		"bedrock-api-key-YmVkcm9jay5hbWF6b24=": false, "AKIAIOSFODNN7EXAMPLE": false, "IQoJb3JpZ2luX2VjEA/+==": false, "": false,
		"key\n": true, "key\r\n": true, "k\ney": true, " k-e-y": true, "key\t": true, "key\x00": true, "key\x7f": true, "ké": true, "key\u2028": true,
	} {
		err := checkSendable(apiKeyName, secret)
		if unsendable(secret) != want || (err != nil) != want {
			t.Errorf("%q: got unsendable %t, error %v, want %t", secret, unsendable(secret), err, want)
		}
		if want && (!errors.Is(err, ErrCredentials) || errors.Is(err, ErrInvalid) || !strings.HasPrefix(err.Error(), apiKeyName) || strings.Contains(err.Error(), secret)) {
			t.Errorf("%q: got error %v, want ErrCredentials that names the variable and quotes nothing", secret, err)
		}
	}
}

// answering answers each connection after the first line of a request has come.
func answering(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	return listen(t, func(c net.Conn) {
		if _, err := c.Read(make([]byte, 4096)); err == nil {
			answer(c)
		}
	})
}

func says(text string) func(*testing.T) error {
	return func(t *testing.T) error {
		return send(t, &http.Transport{}, "http://"+answering(t, func(c net.Conn) { io.WriteString(c, text); c.(*net.TCPConn).CloseWrite(); io.Copy(io.Discard, c) }))
	}
}

func TestAnAnswerThatIsNotHTTP(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 4<<10)
	judgeRows(t, []sendRow{
		{name: "nothing", err: says(""), retry: true},
		{name: "half a status line", err: says("HTTP/1.1 20"), retry: true},
		{name: "half a header", err: says("HTTP/1.1 200 OK\r\nX-A: "), retry: true},
		{name: "reset", retry: true, err: func(t *testing.T) error {
			return send(t, &http.Transport{}, "http://"+answering(t, func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }))
		}},
		{name: "another protocol", err: says("SSH-2.0-OpenSSH_9.6\r\n"), hint: "not Bedrock"},
		{name: "half a protocol", err: says("HTT"), retry: true},
		{name: "half a header's name", err: says("HTTP/1.1 200 OK\r\nX-"), retry: true},
		{name: "TLS alert", err: says("\x15\x03\x01\x00\x02\x02\x46\r\n"), hint: "https://"},
		{name: "headers too large", hint: "not Bedrock", err: func(t *testing.T) error {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Big", big) }))
			t.Cleanup(s.Close)
			return send(t, &http.Transport{MaxResponseHeaderBytes: 1 << 10}, s.URL)
		}},
		{name: "redirects", hint: "redirects", err: func(t *testing.T) error {
			s := httptest.NewServer(http.RedirectHandler("/", http.StatusFound))
			t.Cleanup(s.Close)
			return send(t, &http.Transport{}, s.URL)
		}},
		{name: "redirect to nowhere", hint: "redirects", err: func(t *testing.T) error {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "http://[")
				w.WriteHeader(http.StatusFound)
			}))
			t.Cleanup(s.Close)
			return send(t, &http.Transport{}, s.URL)
		}},
		{name: "idle connection closed", err: be(errors.New("http: server closed idle connection")), retry: true},
		{name: "body written", err: be(errors.New("net/http: cannot rewind body after connection loss")), retry: true, why: "lost"},
		{name: "end", err: be(io.EOF), retry: true},
		{name: "closed", err: be(&net.OpError{Op: "write", Net: "tcp", Err: net.ErrClosed}), retry: true},
		{name: "of an unknown kind", err: be(errors.New("something new")), retry: true},
		{name: "of a RoundTripper's own timeout", err: be(fmt.Errorf("own: %w", &net.OpError{Op: "read", Err: context.DeadlineExceeded})), hint: "timeout of the HTTP client"},
		{name: "cancelled by the HTTP client", err: be(context.Canceled)},
	})
}

func TestNoErrorOfSending(t *testing.T) {
	t.Parallel()
	for _, err := range []error{nil, errors.New("the body can't be encoded")} {
		if f := judgeSending(err, false); f != (sendFault{}) {
			t.Errorf("%v: got %+v, want none", err, f)
		}
	}
}

func TestConnectionsThatCantBeMadeEndACallAfterAMinute(t *testing.T) {
	t.Parallel()
	for each, want := range map[time.Duration]int{30 * time.Second: 2, 10 * time.Second: 6, 3 * time.Second: 10, 0: 10} {
		synctest.Test(t, func(t *testing.T) {
			e := askFails(t, stubClient(t, func(*http.Request, string) (*http.Response, error) {
				time.Sleep(each)
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}
			}))
			if e.Attempts != want || !errors.Is(e, ErrUnavailable) || !strings.Contains(e.Hint, "VPC endpoint") {
				t.Errorf("%v each: got %v, want %d attempts and what to look at", each, e, want)
			}
		})
	}
}

// faultOf judges an error of sending, or reads what was judged where it arose.
func faultOf(err error) sendFault {
	if f := failureOf(err); f != nil {
		return sendFault{kind: f.kind, retry: f.verdict != final, connect: f.connect, why: f.message, hint: f.hint}
	}
	return judgeSending(err, false)
}
