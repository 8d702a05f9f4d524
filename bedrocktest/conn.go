package bedrocktest

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// listener counts the connections that it accepts and watches their writes.
type listener struct {
	net.Listener
	accepted atomic.Int64
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.accepted.Add(1)
	return &conn{Conn: c}, nil
}

// conn is the server's end of a connection, below TLS. It counts writes,
// because the HTTP/2 server reports a frame as flushed while it is still on its
// way here, and closing the connection then would lose it.
type conn struct {
	net.Conn
	begun, finished atomic.Int64
}

func (c *conn) Write(p []byte) (int, error) {
	c.begun.Add(1)
	defer c.finished.Add(1)
	return c.Conn.Write(p)
}

// reset drops the connection without the closing words of TLS and TCP.
func (c *conn) reset() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Conn.Close()
}

type connKey struct{}

// withConn keeps the connection in the context of its requests.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

func connsOf(r *http.Request) (*tls.Conn, *conn) {
	encrypted := r.Context().Value(connKey{}).(*tls.Conn)
	return encrypted, encrypted.NetConn().(*conn)
}

// An output is where the parts of an answer go.
type output struct {
	w       http.ResponseWriter
	r       *http.Request
	raw     *conn
	flushes bool // each part leaves at once
	closes  bool // the connection will be closed after the last part
}

func newOutput(w http.ResponseWriter, r *http.Request, a answer) output {
	_, raw := connsOf(r)
	return output{
		w:       w,
		r:       r,
		raw:     raw,
		flushes: a.stream || a.ending != CleanEnd,
		closes:  a.ending == ConnectionClose || a.ending == ConnectionReset,
	}
}

// send writes a part, or the headers alone if it is empty. When the connection
// will be closed it waits until the part has left: nothing else is under way
// after settle, so the next write is the part's. The result is false when the
// client has gone or the server closes.
func (s *Server) send(out output, part []byte) bool {
	if out.closes {
		s.settle(out.r, out.raw)
	}
	mark := out.raw.begun.Load()
	if len(part) > 0 {
		if _, err := out.w.Write(part); err != nil {
			return false
		}
	}
	if out.flushes && http.NewResponseController(out.w).Flush() != nil {
		return false
	}
	for out.closes && out.raw.finished.Load() <= mark {
		if !s.pause(out.r, 100*time.Microsecond) {
			return false
		}
	}
	return true
}

// settle waits until no write began or went on for half a millisecond.
func (s *Server) settle(r *http.Request, c *conn) {
	for {
		begun := c.begun.Load()
		if !s.pause(r, 500*time.Microsecond) {
			return
		}
		if c.begun.Load() == begun && c.finished.Load() == begun {
			return
		}
	}
}
