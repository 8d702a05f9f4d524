package bedrocktest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func invoke(s *Server, body string) (*bedrockruntime.InvokeModelOutput, error) {
	return once(s).InvokeModel(context.Background(), &bedrockruntime.InvokeModelInput{ModelId: aws.String(model), Body: []byte(body)})
}

func invokeStream(s *Server, body string) ([]string, error) {
	out, err := once(s).InvokeModelWithResponseStream(context.Background(), &bedrockruntime.InvokeModelWithResponseStreamInput{ModelId: aws.String(model), Body: []byte(body)})
	if err != nil {
		return nil, err
	}
	defer out.GetStream().Close()
	var got []string
	for event := range out.GetStream().Events() {
		got = append(got, string(event.(*types.ResponseStreamMemberChunk).Value.Bytes))
	}
	return got, out.GetStream().Err()
}

func TestInvokeModel(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Queue(JSON(map[string]string{"completion": "<hi>"}).Usage(5, 1).CacheUsage(3, 2), JSON([]byte("not JSON")))
	out, err := invoke(s, `{"prompt":"one two"}`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out.Body), `{"completion":"<hi>"}`; got != want {
		t.Errorf("body: got %s, want %s", got, want)
	}
	raw := rawResponse(t, out.ResultMetadata)
	for name, want := range map[string]string{
		"Content-Type":                                 "application/json",
		"X-Amzn-Requestid":                             s.Requests()[0].ID,
		"X-Amzn-Bedrock-Input-Token-Count":             "5",
		"X-Amzn-Bedrock-Output-Token-Count":            "1",
		"X-Amzn-Bedrock-Invocation-Latency":            "25",
		"X-Amzn-Bedrock-Cache-Read-Input-Token-Count":  "3",
		"X-Amzn-Bedrock-Cache-Write-Input-Token-Count": "2",
	} {
		if got := raw.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if out, err = invoke(s, `{}`); err != nil || string(out.Body) != "not JSON" {
		t.Errorf("raw bytes: got %v, %v", out, err)
	}
	if out, err = invoke(s, `{"echo":1}`); err != nil || string(out.Body) != `{"echo":1}` {
		t.Errorf("echo: got %v, %v", out, err)
	}
}

func rawResponse(t *testing.T, metadata middleware.Metadata) http.Header {
	t.Helper()
	raw, ok := awsmiddleware.GetRawResponse(metadata).(*smithyhttp.Response)
	if !ok {
		t.Fatal("no raw response")
	}
	return raw.Header
}

func TestInvokeModelWithResponseStream(t *testing.T) {
	t.Parallel()
	const metrics = `"amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":1,"invocationLatency":25,"firstByteLatency":25}`
	const action = `"amazon-bedrock-guardrailAction":"INTERVENED"`
	masked := json.RawMessage(`{` + action + `}`)
	blocked := json.RawMessage(`{` + action + `,"amazon-bedrock-trace":{}}`)
	own := json.RawMessage(`{"amazon-bedrock-invocationMetrics":{}}`)
	tests := map[string]struct {
		response Response
		want     []string
	}{
		"one body":       {JSON(map[string]int{"a": 1}), []string{`{"a":1,` + metrics + `}`}},
		"chunks":         {JSONChunks(map[string]int{"a": 1}, json.RawMessage(` {"b":2} `)), []string{`{"a":1}`, `{"b":2,` + metrics + `}`}},
		"empty object":   {JSONChunks(struct{}{}), []string{`{` + metrics + `}`}},
		"no chunks":      {JSONChunks(), []string{`{` + metrics + `}`}},
		"no object":      {JSONChunks([]int{1}), []string{`[1]`, `{` + metrics + `}`}},
		"null":           {JSONChunks(nil), []string{`null`, `{` + metrics + `}`}},
		"own metrics":    {JSONChunks(1, own), []string{`1`, string(own)}},
		"masked":         {JSONChunks(masked, masked), []string{string(masked), `{` + action + `,` + metrics + `}`}},
		"blocked":        {JSONChunks(blocked), []string{string(blocked)}},
		"unmarked end":   {JSONChunks(1, 2, 3).CutAfter(2, CleanEnd), []string{`1`, `2`}},
		"frames":         {Frames(EventFrame("chunk", map[string][]byte{"bytes": []byte("x")})), []string{"x"}},
		"cache in chunk": {JSONChunks(1).CacheUsage(8, 9), []string{`1`, `{` + strings.TrimSuffix(metrics, "}") + `,"cacheReadInputTokenCount":8,"cacheWriteInputTokenCount":9}}`}},
		"echo":           {Response{}, []string{`{"x":1,` + metrics + `}`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			s.Queue(tt.response.Usage(5, 1))
			got, err := invokeStream(s, `{"x":1}`)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}
