package bedrocktest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// usage is the tokens that a response reports, which Bedrock does in three
// ways.
type usage struct {
	input, output         int
	cacheRead, cacheWrite int
	set, cached           bool
}

func (u usage) or(input, output int) usage {
	if !u.set {
		u.input, u.output = input, output
	}
	return u
}

// converse is the usage member of Converse and of a stream's metadata event.
func (u usage) converse() map[string]any {
	m := map[string]any{
		"inputTokens":     u.input,
		"outputTokens":    u.output,
		"serverToolUsage": struct{}{},
		"totalTokens":     u.input + u.output + u.cacheRead + u.cacheWrite,
	}
	if u.cached {
		m["cacheReadInputTokenCount"], m["cacheReadInputTokens"] = u.cacheRead, u.cacheRead
		m["cacheWriteInputTokenCount"], m["cacheWriteInputTokens"] = u.cacheWrite, u.cacheWrite
	}
	return m
}

// metrics is the last member of an InvokeModelWithResponseStream.
func (u usage) metrics() any {
	m := struct {
		Input      int   `json:"inputTokenCount"`
		Output     int   `json:"outputTokenCount"`
		Latency    int64 `json:"invocationLatency"`
		FirstByte  int64 `json:"firstByteLatency"`
		CacheRead  *int  `json:"cacheReadInputTokenCount,omitempty"`
		CacheWrite *int  `json:"cacheWriteInputTokenCount,omitempty"`
	}{Input: u.input, Output: u.output, Latency: latency.Milliseconds(), FirstByte: latency.Milliseconds()}
	if u.cached {
		m.CacheRead, m.CacheWrite = &u.cacheRead, &u.cacheWrite
	}
	return m
}

// describe sets the headers of InvokeModel.
func (u usage) describe(h http.Header) {
	h.Set("X-Amzn-Bedrock-Input-Token-Count", strconv.Itoa(u.input))
	h.Set("X-Amzn-Bedrock-Output-Token-Count", strconv.Itoa(u.output))
	h.Set("X-Amzn-Bedrock-Invocation-Latency", strconv.FormatInt(latency.Milliseconds(), 10))
	if u.cached {
		h.Set("X-Amzn-Bedrock-Cache-Read-Input-Token-Count", strconv.Itoa(u.cacheRead))
		h.Set("X-Amzn-Bedrock-Cache-Write-Input-Token-Count", strconv.Itoa(u.cacheWrite))
	}
}

func countWords(text string) int { return len(strings.Fields(text)) }

// requestWords stands in for the input tokens of a request: the words of its
// text blocks, or of the whole body where there are none.
func requestWords(req *Request) int {
	var body any
	if json.Unmarshal(req.Body, &body) != nil {
		return 0
	}
	if n := textWords(body); n > 0 {
		return n
	}
	return countWords(string(req.Body))
}

func textWords(v any) int {
	n := 0
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			n += textWords(element)
		}
	case map[string]any:
		for name, member := range v {
			if text, ok := member.(string); ok && name == "text" {
				n += countWords(text)
			}
			n += textWords(member)
		}
	}
	return n
}
