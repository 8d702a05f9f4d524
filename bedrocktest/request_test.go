package bedrocktest

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// send sends a request that no SDK would, with a good signature.
func send(t *testing.T, s *Server, method, path, body string) (status int, message string) {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := v4.NewSigner().SignHTTP(context.Background(), s.Credentials, r, payloadHash(r, []byte(body)), "bedrock", s.Region, time.Now()); err != nil {
		t.Fatal(err)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var failure struct{ Message string }
	if err := json.Unmarshal(b, &failure); err != nil {
		t.Fatalf("body %q: %v", b, err)
	}
	return resp.StatusCode, failure.Message
}

func TestUnexpectedRequestsAreExplained(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	tests := []struct{ method, path, body, want string }{
		{"POST", "/v1/chat/completions", "{}", "POST /v1/chat/completions is no operation of Bedrock Runtime; the endpoint must be the server's URL without a path"},
		{"GET", "/", "", "GET / is no operation"},
		{"POST", "/model/arn:aws:bedrock:us-east-1:1:x/y/converse", "{}", "slashes in a model id or ARN must be sent as %2F"},
		{"POST", "/model//converse", "{}", "empty model id"},
		{"POST", "/model/m/convers", "{}", `no operation of a model is called "convers"`},
		{"GET", "/model/m/converse", "", "Converse takes POST, not GET"},
		{"POST", "/async-invoke/arn", "{}", "GetAsyncInvoke takes GET, not POST"},
		{"POST", "/model/m/converse", `{"messages":`, "the body of Converse must be JSON; these 12 bytes are not"},
		{"POST", "/model/m/invoke", "", "the body of InvokeModel must be JSON; these 0 bytes are not"},
		{"POST", "/guardrail-checks/invoke", "{}", "InvokeGuardrailChecks has no echo"},
		{"POST", "/guardrail/g/version/1/apply", "{}", "ApplyGuardrail has no echo"},
		{"POST", "/async-invoke", "{}", "StartAsyncInvoke has no echo"},
		{"GET", "/async-invoke/arn", "", "GetAsyncInvoke has no echo"},
	}
	for _, tt := range tests {
		status, message := send(t, s, tt.method, tt.path, tt.body)
		if status != 400 || !strings.HasPrefix(message, "bedrocktest: ") || !strings.Contains(message, tt.want) {
			t.Errorf("%s %s: got %d %q, want %q", tt.method, tt.path, status, message, tt.want)
		}
	}
	if got := len(s.Requests()); got != len(tests) {
		t.Errorf("requests: got %d, want all %d", got, len(tests))
	}
}

func TestModelIDThatIsNoEncoding(t *testing.T) {
	t.Parallel()
	r := &Request{Method: "POST", URL: &url.URL{}}
	if err := r.routeModel([]string{"%zz", "converse"}); err == nil {
		t.Error("got no error")
	}
}

func TestRequestText(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ operation, body, want string }{
		"last user":  {"Converse", `{"messages":[{"role":"user","content":[{"text":"a"}]},{"role":"assistant","content":[{"text":"b"}]},{"role":"user","content":[{"text":"c"},{"image":{}},{"text":"d"}]}]}`, "c\nd"},
		"prefilled":  {"ConverseStream", `{"messages":[{"role":"user","content":[{"text":"a"}]},{"role":"assistant","content":[{"text":"b"}]}]}`, "a"},
		"guarded":    {"Converse", `{"messages":[{"role":"user","content":[{"guardContent":{"text":{"text":"a"}}}]}]}`, "a"},
		"count":      {"CountTokens", `{"input":{"converse":{"messages":[{"role":"user","content":[{"text":"a"}]}]}}}`, "a"},
		"count body": {"CountTokens", `{"input":{"invokeModel":{"body":""}}}`, ""},
		"no message": {"Converse", `{}`, ""},
		"invoke":     {"InvokeModel", `{"messages":[{"role":"user","content":[{"text":"a"}]}]}`, ""},
		"no JSON":    {"Converse", `<`, ""},
	}
	for name, tt := range tests {
		if got := request(tt.operation, tt.body).Text(); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
	if got := requestWords(request("InvokeModel", `<`)); got != 0 {
		t.Errorf("words of no JSON: got %d, want 0", got)
	}
}

func TestRequestsAreKept(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	began := time.Now()
	for _, text := range []string{"one", "two"} {
		if _, err := converse(once(s), text); err != nil {
			t.Fatal(err)
		}
	}
	got := s.Requests()
	if len(got) != 2 {
		t.Fatalf("got %d requests, want 2", len(got))
	}
	first, second := got[0], got[1]
	if first.Operation != "Converse" || first.Model != model || first.Method != "POST" || first.Text() != "one" || second.Text() != "two" {
		t.Errorf("got %+v and %+v", first, second)
	}
	if first.URL.EscapedPath() != "/model/amazon.nova-lite-v1%3A0/converse" {
		t.Errorf("path: got %s", first.URL.EscapedPath())
	}
	if !strings.Contains(first.Header.Get("Amz-Sdk-Request"), "attempt=1") {
		t.Errorf("headers: got %v", first.Header)
	}
	if first.ID == second.ID || len(first.ID) != 36 {
		t.Errorf("ids: got %q and %q", first.ID, second.ID)
	}
	if first.Time.Before(began.Add(-time.Second)) || second.Time.Before(first.Time) {
		t.Errorf("times: got %s and %s", first.Time, second.Time)
	}
	var body struct{ Messages []any }
	if err := first.Decode(&body); err != nil || len(body.Messages) != 1 {
		t.Errorf("Decode: got %+v, %v", body, err)
	}
}

func TestHandler(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Handle(func(r *Request) Response {
		if strings.HasPrefix(r.Model, "meta.") {
			return Error("ResourceNotFoundException", "no llamas here")
		}
		return Response{}
	})
	s.Queue(Text("queued"))
	for _, want := range []string{"queued", "hi"} {
		out, err := converse(once(s), "hi")
		if err != nil || replyText(out) != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if status, message := send(t, s, "POST", "/model/meta.llama3/invoke", "{}"); status != 404 || message != "no llamas here" {
		t.Errorf("got %d %q", status, message)
	}
	s.Handle(nil)
	if out, err := converse(once(s), "hi"); err != nil || replyText(out) != "hi" {
		t.Errorf("after Handle(nil): got %v, want the echo", err)
	}
}

func TestPanicOfHandlerIsExplained(t *testing.T) {
	defer log.SetOutput(log.Writer())
	log.SetOutput(io.Discard)
	s := newServer(t)
	s.Handle(func(*Request) Response { panic("no idea") })
	_, err := converse(attempts(s, 3), "hi")
	if err == nil || !strings.Contains(err.Error(), "bedrocktest: the function given to Handle panicked: no idea") {
		t.Errorf("got %v", err)
	}
	if got := len(s.Requests()); got != 1 {
		t.Errorf("attempts: got %d, want 1", got)
	}
}
