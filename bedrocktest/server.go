package bedrocktest

import (
	"cmp"
	"context"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"

	"example.com/bedrock"
	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// clientBackoff is the longest wait between attempts of the clients that
// [Server.Client] makes.
const clientBackoff = 5 * time.Millisecond

// handshakeTimeout is generous: a handshake that takes its time in a process of its own
// tells of a busy machine, not of a fault.
const handshakeTimeout = 2 * time.Minute

const defaultRegion = "us-east-1"

// A Server is an Amazon Bedrock Runtime on its own. Its fields may be changed
// between calls, not while one is under way.
type Server struct {
	// URL is the endpoint, without a trailing slash.
	URL string

	// Region is the one region that requests may be signed for, us-east-1 if
	// it isn't changed; "" admits any.
	Region string

	// Credentials are the ones that requests may be signed with, session
	// token included. Once their Expires is past they are refused as expired.
	Credentials aws.Credentials

	// APIKey is the bearer token that is accepted instead of a signature.
	APIKey string

	// ClockOffset is how far the server's clock is ahead of the client's. It
	// shows in the Date header and in the check of a signature's time.
	ClockOffset time.Duration

	// Lenient turns the validator off, which refuses what Bedrock would: a
	// blank text, a tool result that nothing asked for, a document's name with
	// a dot. It is for tests of what Bedrock refuses, or may accept one day.
	Lenient bool

	http     *httptest.Server
	pipe     *pipeListener // nil: a loopback port
	listener *listener
	client   *awshttp.BuildableClient
	done     chan struct{}
	closing  sync.Once

	mu       sync.Mutex
	queue    []Response
	handler  func(*Request) Response
	requests []*Request
	revoked  []aws.Credentials
	limits   limits
	prefixes prefixes
	dir      string // that Environ made, "" for none
}

// NewServer starts a server that speaks HTTP/2 over TLS on a loopback port,
// and panics if there is none to be had. The caller closes it.
func NewServer() *Server {
	h := httptest.NewUnstartedServer(nil)
	h.EnableHTTP2 = true
	return start(h, nil)
}

// NewHTTP1Server is [NewServer] with HTTP/1.1, as some proxies in front of
// Bedrock speak it. The SDK alone loses some of its replies, since it closes a
// request's body as soon as an answer begins; package bedrock's clients don't.
func NewHTTP1Server() *Server {
	return start(httptest.NewUnstartedServer(nil), nil)
}

// NewPipeServer is [NewServer] without a network: its connections are pipes in
// memory, with TLS and HTTP/2 inside. Made in a testing/synctest bubble, it
// keeps the bubble's time. Only clients made from its Config or by its Client
// reach it, and it must be closed before the bubble ends. A client in the SDK's
// adaptive retry mode can spin in a bubble: some of its waits round to nothing.
func NewPipeServer() *Server {
	pipe := newPipeListener()
	return start(&httptest.Server{Listener: pipe, Config: &http.Server{}, EnableHTTP2: true}, pipe)
}

func start(h *httptest.Server, pipe *pipeListener) *Server {
	s := &Server{
		Region:      defaultRegion,
		Credentials: aws.Credentials{AccessKeyID: "AKIDBEDROCKTEST", SecretAccessKey: "bedrocktest", Source: "bedrocktest"},
		APIKey:      "bedrock-api-key-bedrocktest",
		http:        h,
		pipe:        pipe,
		done:        make(chan struct{}),
		prefixes:    prefixes{},
	}
	h.Config.Handler = http.HandlerFunc(s.serve)
	h.Config.ErrorLog = log.New(io.Discard, "", 0) // broken connections are part of the job
	h.Config.ConnContext = withConn
	s.listener = &listener{Listener: h.Listener}
	h.Listener = s.listener
	h.StartTLS()
	s.URL = h.URL

	roots := x509.NewCertPool()
	roots.AddCert(h.Certificate())
	s.client = awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.TLSClientConfig.RootCAs = roots
		t.Proxy = nil
		t.TLSHandshakeTimeout = handshakeTimeout
		if pipe != nil {
			t.DialContext = pipe.dial
		}
	})
	return s
}

// Close ends all calls at once, open streams included, and stops the server. It
// waits only for a function given to [Server.Handle] that has not returned.
func (s *Server) Close() {
	s.closing.Do(func() {
		close(s.done)
		s.http.CloseClientConnections()
		s.http.Close()
		s.removeCertificate()
	})
}

// Config is an SDK configuration for the server: region, credentials, endpoint
// and an HTTP client, an *awshttp.BuildableClient, that trusts the server's
// certificate. SDK clients made from a server's configurations share one pool
// of connections.
//
// If AWS_BEARER_TOKEN_BEDROCK is set, an SDK client made from it sends that
// token in place of a signature, because the SDK lets the variable win.
func (s *Server) Config() aws.Config {
	provider := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return s.Credentials, nil
	})
	return aws.Config{
		Region:       cmp.Or(s.Region, defaultRegion),
		Credentials:  aws.NewCredentialsCache(provider),
		BaseEndpoint: aws.String(s.URL),
		HTTPClient:   s.client,
	}
}

// Client makes a client of the server. It waits at most 5 ms between attempts, or 5 s
// longer where a response says Retry-After; one of a [NewPipeServer], where time
// is free, backs off as in production. It signs with the server's credentials
// whatever the environment holds; options can change both. A client with another region is refused unless
// Region says that one, or "". Client panics when an option is refused.
func (s *Server) Client(opts ...bedrock.Option) *bedrock.Client {
	cfg := s.Config()
	defaults := []bedrock.Option{bedrock.WithCredentials(cfg.Credentials)}
	if s.pipe == nil {
		defaults = append(defaults, bedrock.WithMaxBackoff(clientBackoff))
	}
	opts = append(defaults, opts...)
	client, err := bedrock.NewFromConfig(cfg, opts...)
	if err != nil {
		panic("bedrocktest: " + err.Error())
	}
	return client
}

// Queue lays responses ready. Each answers one request that passed the checks
// and the limits; when all are used up the handler answers.
func (s *Server) Queue(responses ...Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, responses...)
}

// Handle sets the function that answers a request when no response is queued;
// nil brings back the echo. It is called from many goroutines at once.
func (s *Server) Handle(fn func(*Request) Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handler = fn
}

// Requests is every request that arrived, in order of arrival, each attempt of
// a retried call and refused ones included.
func (s *Server) Requests() []*Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Connections is the number of connections accepted since the start.
func (s *Server) Connections() int {
	return int(s.listener.accepted.Load())
}
