package bedrock

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const sendTarget = "https://bedrock.test/model/m/converse"

// refusedAddress is where nothing listens.
func refusedAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return l.Addr().String()
}

func dialFails(err error) func(*testing.T) error {
	return be(&net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443}, Err: err})
}

func connectFails(number syscall.Errno) func(*testing.T) error {
	return dialFails(os.NewSyscallError("connect", number))
}

// through is a request through a proxy with a password.
func through(t *testing.T, scheme, proxy string, tr *http.Transport) error {
	t.Helper()
	tr.Proxy = http.ProxyURL(&url.URL{Scheme: scheme, Host: proxy, User: url.UserPassword("user", sendSecret)})
	return send(t, tr, sendTarget)
}

func TestConnections(t *testing.T) {
	t.Parallel()
	name := func(e net.DNSError) func(*testing.T) error { e.Name = "bedrock.test"; return dialFails(&e) }
	judgeRows(t, []sendRow{
		{name: "refused", retry: true, connect: true, hint: "refuses connections: is the endpoint right", err: func(t *testing.T) error { return send(t, &http.Transport{}, "https://"+refusedAddress(t)) }},
		{name: "timeout of the dialer", retry: true, connect: true, hint: "VPC endpoint", err: func(t *testing.T) error {
			return send(t, &http.Transport{DialContext: (&net.Dialer{Timeout: 1}).DialContext}, "https://"+refusedAddress(t))
		}},
		{name: "deadline of a caller's dialer", retry: true, connect: true, hint: "no connection to bedrock.test: ", err: dialFails(os.ErrDeadlineExceeded)},
		{name: "context of a caller's dialer", retry: true, connect: true, hint: "VPC endpoint", err: dialFails(context.DeadlineExceeded)},
		{name: "timeout of the system", retry: true, connect: true, hint: "VPC endpoint", err: connectFails(syscall.ETIMEDOUT)},
		{name: "no route to the host", retry: true, connect: true, hint: "VPC endpoint", err: connectFails(syscall.EHOSTUNREACH)},
		{name: "no route to the network", retry: true, connect: true, hint: "VPC endpoint", err: connectFails(syscall.ENETUNREACH)},
		{name: "access denied", connect: true, hint: "firewall", err: connectFails(syscall.EACCES)},
		{name: "not permitted", connect: true, hint: "firewall", err: connectFails(syscall.EPERM)},
		{name: "no such version of IP", connect: true, hint: "version of IP", err: connectFails(syscall.EAFNOSUPPORT)},
		{name: "too many files", retry: true, connect: true, hint: "ulimit", err: dialFails(os.NewSyscallError("socket", syscall.EMFILE))},
		{name: "too many files of all", retry: true, connect: true, hint: "ulimit", err: dialFails(os.NewSyscallError("socket", syscall.ENFILE))},
		{name: "no port left", retry: true, connect: true, err: connectFails(syscall.EADDRNOTAVAIL)},
		{name: "reset while connecting", retry: true, connect: true, err: connectFails(syscall.ECONNRESET)},
		{name: "no address of the kind", kind: ErrInvalid, connect: true, hint: "the address of bedrock.test", err: dialFails(&net.AddrError{Err: "no suitable address found", Addr: "bedrock.test"})},
		{name: "unknown network", kind: ErrInvalid, connect: true, hint: "the address of bedrock.test", err: dialFails(net.UnknownNetworkError("tcp9"))},
		{name: "invalid address", kind: ErrInvalid, connect: true, hint: "the address of bedrock.test", err: dialFails(net.InvalidAddrError("bad"))},
		{name: "address that can't be parsed", kind: ErrInvalid, connect: true, hint: "the address of bedrock.test", err: dialFails(&net.ParseError{Type: "IP address", Text: "x"})},

		{name: "no such name", connect: true, err: name(net.DNSError{Err: "no such host", IsNotFound: true})},
		{name: "name server in trouble", retry: true, connect: true, hint: "name server", err: name(net.DNSError{Err: "server misbehaving", IsTemporary: true})},
		{name: "name server silent", retry: true, connect: true, hint: "name server", err: name(net.DNSError{Err: "i/o timeout", IsTimeout: true, IsTemporary: true})},
		{name: "name server not reached", retry: true, connect: true, hint: "name server", err: func(t *testing.T) error {
			nowhere := func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Net: "udp", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}
			}
			return send(t, &http.Transport{DialContext: (&net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: nowhere}}).DialContext}, sendTarget)
		}},

		{name: "connection dead to the system", retry: true, err: be(&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ETIMEDOUT)})},
		{name: "reset", retry: true, err: be(&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)})},
		{name: "broken pipe", retry: true, err: be(fmt.Errorf("net/http: HTTP/1.x transport connection broken: %w", &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}))},
	})
}

// answersConnect is a proxy that answers CONNECT with a status line. SDK tells whether the
// HTTP client is the one that this package sets up.
func answersConnect(status string, sdk bool) func(*testing.T) error {
	return func(t *testing.T) error {
		tr := &http.Transport{}
		if sdk {
			tr = derive(awshttp.NewBuildableClient()).(*awshttp.BuildableClient).GetTransport()
		}
		return through(t, "http", answering(t, func(c net.Conn) { io.WriteString(c, "HTTP/1.1 "+status+"\r\n\r\n"); io.Copy(io.Discard, c) }), tr)
	}
}

func TestProxies(t *testing.T) {
	t.Parallel()
	socks := func(answers ...string) func(*testing.T) error {
		return func(t *testing.T) error {
			return through(t, "socks5", answering(t, func(c net.Conn) {
				r := bufio.NewReader(c)
				for _, a := range answers {
					io.WriteString(c, a)
					r.ReadByte()
				}
				io.Copy(io.Discard, r)
			}), &http.Transport{})
		}
	}
	rows := []sendRow{
		{name: "not there", retry: true, connect: true, hint: "refuses connections: check HTTPS_PROXY", err: func(t *testing.T) error { return through(t, "http", refusedAddress(t), &http.Transport{}) }},
		{name: "of an unknown scheme, which net/http takes for HTTP", retry: true, connect: true, hint: "check HTTPS_PROXY", err: func(t *testing.T) error { return through(t, "ftp", refusedAddress(t), &http.Transport{}) }},
		{name: "SOCKS not there", retry: true, connect: true, hint: "check HTTPS_PROXY", err: func(t *testing.T) error { return through(t, "socks5", refusedAddress(t), &http.Transport{}) }},
		{name: "of no such port", kind: ErrInvalid, connect: true, hint: "the address of the proxy", err: func(t *testing.T) error { return through(t, "http", "127.0.0.1:99999", &http.Transport{}) }},
		{name: "of no such name", connect: true, hint: "HTTPS_PROXY", err: be(&net.OpError{Op: "proxyconnect", Net: "tcp", Err: &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "http", IsNotFound: true}}})},
		{name: "silent", retry: true, connect: true, hint: "no connection to the proxy", err: be(&net.OpError{Op: "proxyconnect", Net: "tcp", Err: &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}})},
		{name: "that closes", retry: true, err: func(t *testing.T) error {
			return through(t, "http", answering(t, func(c net.Conn) {}), &http.Transport{})
		}},
		{name: "SOCKS wants a password", connect: true, hint: "credentials", err: socks("\x05\xff")},
		{name: "SOCKS refuses the password", connect: true, hint: "credentials", err: socks("\x05\x02", "\x01\x01")},
		{name: "SOCKS forbids", connect: true, hint: "allowed", err: socks("\x05\x00", "\x05\x02\x00\x01")},
		{name: "SOCKS fails", retry: true, connect: true, hint: "no connection to the endpoint", err: socks("\x05\x00", "\x05\x04\x00\x01")},
		{name: "SOCKS that is HTTP", connect: true, hint: "SOCKS 5", err: socks("HTTP/1.1 400 Bad Request\r\n\r\n")},
		{name: "own words, net/http alone", retry: true, err: answersConnect("403 Blocked by policy", false)},
	}
	for _, sdk := range []bool{true, false} {
		for _, row := range []sendRow{
			{name: "407 Proxy Authentication Required", hint: "credentials into HTTPS_PROXY"},
			{name: "403 Forbidden", hint: "allowed"},
			{name: "405 Method Not Allowed", hint: "CONNECT"},
			{name: "501 Not Implemented", hint: "CONNECT"},
			{name: "429 Too Many Requests", retry: true, hint: "no connection"},
			{name: "502 Bad Gateway", retry: true, hint: "no connection"},
			{name: "503 Service Unavailable", retry: true, hint: "no connection"},
			{name: "504 Gateway Timeout", retry: true, hint: "no connection"},
		} {
			row.err, row.connect, row.why = answersConnect(row.name, sdk), true, row.name[4:]
			row.name = fmt.Sprintf("%s, set up here: %t", row.name, sdk)
			rows = append(rows, row)
		}
	}
	rows = append(rows,
		sendRow{name: "own words", connect: true, why: "403 Blocked by policy", hint: "allowed", err: answersConnect("403 Blocked by policy", true)},
		sendRow{name: "no words", connect: true, why: "407", hint: "credentials", err: answersConnect("407", true)},
		sendRow{name: "login page", connect: true, why: "302 Found", hint: "CONNECT", err: answersConnect("302 Found", true)})
	judgeRows(t, rows)
}

// failsInBubble sends over a pipe whose far end reads and never answers.
func failsInBubble(t *testing.T, to string, edit func(*http.Transport, *http.Client)) (err error) {
	synctest.Test(t, func(t *testing.T) {
		tr := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go io.Copy(io.Discard, far)
			return near, nil
		}}
		c := &http.Client{Transport: tr}
		edit(tr, c)
		_, err = c.Post(to, "application/json", http.NoBody)
		tr.CloseIdleConnections()
	})
	return err
}

func TestOwnTimeoutsAreFinalOnceARequestIsSent(t *testing.T) {
	t.Parallel()
	const lasts = "timeout of the HTTP client"
	for _, row := range []struct {
		sendRow
		to   string
		edit func(*http.Transport, *http.Client)
	}{
		{sendRow{name: "of the headers", hint: lasts}, "http://bedrock.test", func(tr *http.Transport, _ *http.Client) { tr.ResponseHeaderTimeout = time.Minute }},
		{sendRow{name: "of the client", hint: lasts}, "http://bedrock.test", func(_ *http.Transport, c *http.Client) { c.Timeout = time.Minute }},
		{sendRow{name: "of the SDK's reads", hint: lasts}, "http://bedrock.test", func(tr *http.Transport, c *http.Client) {
			c.Transport = readTimeout(tr, time.Minute)
		}},
		{sendRow{name: "of the handshake", retry: true, connect: true, hint: "no connection to bedrock.test"}, "https://bedrock.test", func(tr *http.Transport, _ *http.Client) { tr.TLSHandshakeTimeout = time.Minute }},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := failsInBubble(t, row.to, row.edit)
			if err == nil {
				t.Fatal("got no error, want one")
			}
			row.check(t, err)
		})
	}
}

// readTimeout is the SDK's client as a RoundTripper.
func readTimeout(tr *http.Transport, d time.Duration) http.RoundTripper {
	c := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.DialContext = tr.DialContext }).WithReadTimeout(d)
	return roundTripFunc(func(r *http.Request) (*http.Response, error) {
		r.RequestURI = ""
		resp, err := c.Do(r)
		var inner *url.Error
		if errors.As(err, &inner) {
			err = inner.Err
		}
		return resp, err
	})
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
