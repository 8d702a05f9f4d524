package bedrock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestMain keeps the AWS settings of the machine out of the tests.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			os.Unsetenv(name)
		}
	}
	os.Setenv("AWS_CONFIG_FILE", os.DevNull)
	os.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	os.Exit(m.Run())
}

const (
	testModel  = "amazon.nova-lite-v1:0"
	testRegion = "us-east-1"
	okConverse = `{"output":{"message":{"role":"assistant","content":[{"text":"hi"}]}},"stopReason":"end_turn",` +
		`"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3},"metrics":{"latencyMs":3}}`
)

// stubFunc is an HTTP client without a network. It reads the request's body, as a
// connection would, and passes it on.
type stubFunc func(r *http.Request, body string) (*http.Response, error)

func (f stubFunc) Do(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	return f(r, string(body))
}

// always answers every request alike.
func always(status int, body string, headers ...string) stubFunc {
	return func(r *http.Request, _ string) (*http.Response, error) {
		return answer(r, status, body, headers...), nil
	}
}

// inTurn answers with each stub once, then with the last one for ever.
func inTurn(stubs ...stubFunc) stubFunc {
	var mu sync.Mutex
	n := 0
	return func(r *http.Request, body string) (*http.Response, error) {
		mu.Lock()
		f := stubs[min(n, len(stubs)-1)]
		n++
		mu.Unlock()
		return f(r, body)
	}
}

// answer is a response with a request id; headers are names and values in turn.
func answer(r *http.Request, status int, body string, headers ...string) *http.Response {
	resp := &http.Response{
		StatusCode: status, Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}, "X-Amzn-Requestid": {"req-1"}},
		Body:   io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
	for i := 0; i < len(headers); i += 2 {
		resp.Header.Set(headers[i], headers[i+1])
	}
	return resp
}

// failing answers as AWS does when it refuses a request.
func failing(status int, code, message string, headers ...string) stubFunc {
	return always(status, fmt.Sprintf(`{"message":%q}`, message), append([]string{"X-Amzn-Errortype", code}, headers...)...)
}

func throttling(headers ...string) stubFunc {
	return failing(429, "ThrottlingException", "Too many requests, please wait before trying again.", headers...)
}

// refusedBy fails in the HTTP client, before there is an answer.
func refusedBy(err error) stubFunc {
	return func(*http.Request, string) (*http.Response, error) { return nil, err }
}

// captured keeps the requests that a stub got, and answers by another.
type captured struct {
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
}

func (c *captured) then(next stubFunc) stubFunc {
	return func(r *http.Request, body string) (*http.Response, error) {
		c.mu.Lock()
		c.requests, c.bodies = append(c.requests, r), append(c.bodies, body)
		c.mu.Unlock()
		return next(r, body)
	}
}

func (c *captured) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.requests)
}

// last returns the latest request and its body.
func (c *captured) last(t testing.TB) (*http.Request, string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.requests) == 0 {
		t.Fatal("no request was sent")
	}
	return c.requests[len(c.requests)-1], c.bodies[len(c.bodies)-1]
}

func testCredentials() aws.CredentialsProvider {
	return static("AKIDTEST", "secret-of-the-test", "")
}

// static are credentials that don't change.
func static(id, secret, session string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: session}, nil
	})
}

func testConfig(h aws.HTTPClient) aws.Config {
	return aws.Config{Region: testRegion, Credentials: testCredentials(), HTTPClient: h}
}

func stubClient(t testing.TB, h stubFunc, opts ...Option) *Client {
	t.Helper()
	return clientOf(t, testConfig(h), opts...)
}

func clientOf(t testing.TB, cfg aws.Config, opts ...Option) *Client {
	t.Helper()
	c, err := NewFromConfig(cfg, opts...)
	if err != nil {
		t.Fatalf("NewFromConfig: %v", err)
	}
	return c
}

// ask makes a call that has all that it needs.
func ask(ctx context.Context, c *Client) (*Reply, error) {
	return c.Converse(ctx, testModel, Prompt("hello"), MaxTokens(10))
}

// askFails makes a call that must fail.
func askFails(t testing.TB, c *Client) *Error {
	t.Helper()
	_, err := ask(context.Background(), c)
	return asError(t, err)
}

func asError(t testing.TB, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v (%T), want an *Error", err, err)
	}
	return e
}

// inBubble runs a test in a bubble, in which waits take no time.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, test)
}

func wantContains(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("got %q, want it to contain %q", text, part)
		}
	}
}
