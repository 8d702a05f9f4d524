package bedrock

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/middleware"
)

func TestEncode(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body      any
		want, err string
	}{
		"a value":       {map[string]string{"q": "<"}, `{"q":"<"}`, ""},
		"raw JSON":      {json.RawMessage(` {`), ` {`, ""},
		"bytes":         {[]byte("no JSON"), "no JSON", ""},
		"nothing":       {nil, "", "the body is nil"},
		"no JSON value": {make(chan int), "", "encoding the body: json: unsupported type: chan int"},
	} {
		got, err := encodeBody(tt.body)
		if string(got) != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: got %s, %v, want %s, %s", name, got, err, tt.want, tt.err)
		}
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	var value struct{ A int }
	var raw json.RawMessage
	var text []byte
	if err := decodeBody([]byte(`{"a":1}`), &value); err != nil || value.A != 1 {
		t.Errorf("got %+v, %v, want 1", value, err)
	}
	if err := decodeBody([]byte(`{"a":1}`), &raw); err != nil || string(raw) != `{"a":1}` {
		t.Errorf("got %s, %v, want the JSON", raw, err)
	}
	if err := decodeBody([]byte("no JSON"), &text); err != nil || string(text) != "no JSON" {
		t.Errorf("got %s, %v, want the bytes", text, err)
	}
	if err := decodeBody([]byte("no JSON"), &raw); err == nil {
		t.Error("got no error of what is no JSON")
	}
}

func TestNote(t *testing.T) {
	t.Parallel()
	const metrics = `{"amazon-bedrock-invocationMetrics":{"inputTokenCount":1,"outputTokenCount":2,"cacheReadInputTokenCount":3,"cacheWriteInputTokenCount":4,"invocationLatency":5}}`
	all := invocationMetrics{1, 2, 3, 4, 5}
	for name, tt := range map[string]struct {
		chunk string
		want  invocationMetrics
		fails bool
	}{
		"metrics":                {metrics, all, false},
		"text":                   {`{"text":"a"}`, invocationMetrics{}, false},
		"text about metrics":     {`{"text":"\"amazon-bedrock-invocationMetrics\""}`, invocationMetrics{}, false},
		"a guardrail intervened": {`{"amazon-bedrock-guardrailAction":"INTERVENED"}`, invocationMetrics{}, false},
		"a guardrail didn't":     {`{"amazon-bedrock-guardrailAction":"NONE"}`, invocationMetrics{}, false},
		"broken":                 {`{"amazon-bedrock-invocationMetrics":`, invocationMetrics{}, true},
		"no JSON":                {`hi`, invocationMetrics{}, false},
	} {
		var got invocationMetrics
		if err := got.Note([]byte(tt.chunk)); got != tt.want || (err != nil) != tt.fails {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, tt.want)
		}
	}
	if got := all.Latency(); got != 5*time.Millisecond {
		t.Errorf("got latency %v, want 5ms", got)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) Do(r *http.Request) (*http.Response, error) { return f(r) }

func TestOfCallReadsTheHeaders(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		input, latency string
		want           invocationMetrics
	}{
		"told":     {"7", "593", invocationMetrics{InputTokens: 7, OutputTokens: 2, Milliseconds: 593}},
		"not told": {"", "", invocationMetrics{OutputTokens: 2}},
		"no count": {"-1", "soon", invocationMetrics{OutputTokens: 2}},
	} {
		sdk := bedrockruntime.New(bedrockruntime.Options{Region: "us-east-1", Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "S"}, nil
		}), HTTPClient: roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Request: r, Body: io.NopCloser(strings.NewReader("{}")), Header: http.Header{
				"X-Amzn-Bedrock-Input-Token-Count": {tt.input}, "X-Amzn-Bedrock-Output-Token-Count": {"2"}, "X-Amzn-Bedrock-Invocation-Latency": {tt.latency},
			}}, nil
		})})
		out, err := sdk.InvokeModel(context.Background(), &bedrockruntime.InvokeModelInput{ModelId: aws.String("m"), Body: []byte("{}")})
		if err != nil {
			t.Fatal(err)
		}
		if got := metricsOf(out.ResultMetadata); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tt.want)
		}
	}
	if got := metricsOf(middleware.Metadata{}); got != (invocationMetrics{}) {
		t.Errorf("got %+v of no answer, want zeros", got)
	}
}
