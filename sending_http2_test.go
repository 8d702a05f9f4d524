package bedrock

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Frame types and error codes of HTTP/2 (RFC 9113).
const (
	h2Data, h2Headers, h2Reset, h2Settings, h2GoAway = 0, 1, 3, 4, 7

	h2NoError, h2Protocol, h2Internal, h2Refused, h2InadequateSecurity, h2UseHTTP1 = 0, 1, 2, 7, 12, 13
)

func h2Frame(kind, flags byte, stream uint32, payload ...uint32) string {
	b := []byte{0, 0, byte(4 * len(payload)), kind, flags}
	b = binary.BigEndian.AppendUint32(b, stream)
	for _, p := range payload {
		b = binary.BigEndian.AppendUint32(b, p)
	}
	return string(b)
}

// serveHTTP2 answers the first whole request of a connection with frames, and then reads
// on; with none it never answers.
func serveHTTP2(conn *tls.Conn, frames string) {
	defer conn.Close()
	greeted := make(chan struct{})
	go func() { // a pipe has no buffer, and the client writes first
		io.WriteString(conn, h2Frame(h2Settings, 0, 0))
		close(greeted)
	}()
	if _, err := io.ReadFull(conn, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	for head := make([]byte, 9); ; {
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, conn, length); err != nil {
			return
		}
		if head[3] <= h2Headers && head[4]&1 != 0 { // END_STREAM
			<-greeted
			if last, closes := strings.CutSuffix(frames, "close"); closes {
				io.WriteString(conn, last)
				return
			}
			io.WriteString(conn, frames)
		}
	}
}

func http2Config(certificate tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2"}}
}

func http2Answers(frames string) func(*testing.T) error {
	return func(t *testing.T) error {
		by := authority()
		l, err := tls.Listen("tcp", "127.0.0.1:0", http2Config(issue(&by, nil)))
		if err != nil {
			t.Fatal(err)
		}
		return send(t, &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: trusting()}, "https://"+serveEach(t, l, func(c net.Conn) { serveHTTP2(c.(*tls.Conn), frames) }))
	}
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	const unread = "before it took it up"
	judgeRows(t, []sendRow{
		{name: "shut down before the request", retry: true, why: unread, err: http2Answers(h2Frame(h2GoAway, 0, 0, 0, h2NoError))},
		{name: "refused", retry: true, why: unread, err: http2Answers(h2Frame(h2Reset, 0, 1, h2Refused))},
		{name: "protocol error", retry: true, why: unread, err: http2Answers(h2Frame(h2Reset, 0, 1, h2Protocol))},
		{name: "reset", retry: true, err: http2Answers(h2Frame(h2Reset, 0, 1, h2Internal))},
		{name: "shut down with an error", retry: true, err: http2Answers(h2Frame(h2GoAway, 0, 0, 0, h2Internal))},
		{name: "shut down and closed", retry: true, err: http2Answers(h2Frame(h2GoAway, 0, 0, 1, h2NoError) + "close")},
		{name: "closed", retry: true, err: http2Answers("close")},
		{name: "HTTP/1.1 required of a request", hint: "HTTP/2", err: http2Answers(h2Frame(h2Reset, 0, 1, h2UseHTTP1))},
		{name: "HTTP/1.1 required of a connection", hint: "HTTP/2", err: http2Answers(h2Frame(h2GoAway, 0, 0, 0, h2UseHTTP1))},
		{name: "inadequate security", hint: "HTTP/2", err: http2Answers(h2Frame(h2GoAway, 0, 0, 0, h2InadequateSecurity))},
		{name: "HTTP/1.1 in HTTP/2", hint: "not Bedrock", err: http2Answers("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\n")},
		{name: "header list too large", hint: "not Bedrock", err: func(t *testing.T) error { return hugeHeader(t, 1<<10, 8) }},
		{name: "header so large that all requests of the connection fail", retry: true, err: func(t *testing.T) error { return hugeHeader(t, 8<<10, 1) }},
		{name: "no status", hint: "not Bedrock", err: http2Answers(h2Frame(h2Headers, 0x5, 1))},
	})
}

// hugeHeader is an answer of more header bytes than the HTTP client takes, 2 KiB.
func hugeHeader(t *testing.T, size, times int) error {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range times {
			w.Header().Add("X-Big", strings.Repeat("~", size)) // no code of HPACK's is longer
		}
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return send(t, &http.Transport{ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 2 << 10, TLSClientConfig: s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()}, s.URL)
}

func TestHTTP2Waits(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		sendRow
		edit func(*http.Transport)
	}{
		{sendRow{name: "dead connection found by pings", retry: true}, func(tr *http.Transport) {
			tr.HTTP2 = &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second}
		}},
		{sendRow{name: "timeout of the headers", hint: "timeout of the HTTP client"}, func(tr *http.Transport) { tr.ResponseHeaderTimeout = time.Minute }},
	} {
		t.Run(row.name, func(t *testing.T) {
			var err error
			synctest.Test(t, func(t *testing.T) {
				config := http2Config(issue(nil, nil))
				tr := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
				tr.DialContext = func(context.Context, string, string) (net.Conn, error) {
					near, far := net.Pipe()
					go serveHTTP2(tls.Server(far, config), "")
					return near, nil
				}
				row.edit(tr)
				_, err = (&http.Client{Transport: tr}).Post("https://bedrock.test", "application/json", http.NoBody)
				tr.CloseIdleConnections()
			})
			if err == nil {
				t.Fatal("got no error, want one")
			}
			row.check(t, err)
		})
	}
}
