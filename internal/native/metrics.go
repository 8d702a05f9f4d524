package native

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Metrics is what Bedrock says that a call used, in the last chunk of a stream or in
// the headers of a whole answer; zeros where it doesn't say.
type Metrics struct {
	InputTokens  int   `json:"inputTokenCount"`
	OutputTokens int   `json:"outputTokenCount"`
	CacheRead    int   `json:"cacheReadInputTokenCount"`
	CacheWrite   int   `json:"cacheWriteInputTokenCount"`
	Milliseconds int64 `json:"invocationLatency"`
}

// Latency is how long the model took, measured by Bedrock.
func (m Metrics) Latency() time.Duration { return time.Duration(m.Milliseconds) * time.Millisecond }

// Note takes the metrics from the chunk that has them.
func (m *Metrics) Note(chunk []byte) error {
	if !bytes.Contains(chunk, []byte(`"amazon-bedrock-invocationMetrics"`)) {
		return nil
	}
	end := struct {
		Metrics *Metrics `json:"amazon-bedrock-invocationMetrics"`
	}{m}
	return json.Unmarshal(chunk, &end)
}

// OfCall reads the headers of an answer.
func OfCall(md middleware.Metadata) Metrics {
	resp, ok := awsmiddleware.GetRawResponse(md).(*smithyhttp.Response)
	if !ok {
		return Metrics{}
	}
	return Metrics{
		InputTokens:  headerInt(resp.Header, "X-Amzn-Bedrock-Input-Token-Count"),
		OutputTokens: headerInt(resp.Header, "X-Amzn-Bedrock-Output-Token-Count"),
		CacheRead:    headerInt(resp.Header, "X-Amzn-Bedrock-Cache-Read-Input-Token-Count"),
		CacheWrite:   headerInt(resp.Header, "X-Amzn-Bedrock-Cache-Write-Input-Token-Count"),
		Milliseconds: int64(headerInt(resp.Header, "X-Amzn-Bedrock-Invocation-Latency")),
	}
}

// headerInt returns 0 for a header that is absent or no count.
func headerInt(h http.Header, name string) int {
	n, err := strconv.Atoi(h.Get(name))
	if err != nil || n < 0 {
		return 0
	}
	return n
}
