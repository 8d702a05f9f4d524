package bedrock_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/eventstream"

	"example.com/bedrock"
)

// A decoder of what Bedrock sends that shares nothing with the package: the SDK's
// frame decoder and encoding/json.

// wireReply is a Converse response, decoded without the SDK.
type wireReply struct {
	Output struct {
		Message struct{ Content []wireBlock }
	}
	StopReason string
	Usage      *wireUsage
}

type wireBlock struct {
	Text             *string
	CitationsContent *struct {
		Content []struct{ Text string }
	}
	ToolUse *wireToolUse
}

type wireToolUse struct {
	ToolUseId string
	Name      string
	Input     any
}

type wireUsage struct {
	InputTokens, OutputTokens, CacheReadInputTokens, CacheWriteInputTokens int
}

func (w wireReply) text() string {
	var b strings.Builder
	for _, block := range w.Output.Message.Content {
		if block.Text != nil {
			b.WriteString(*block.Text)
		}
		if block.CitationsContent != nil {
			for _, c := range block.CitationsContent.Content {
				b.WriteString(c.Text)
			}
		}
	}
	return b.String()
}

// decodeWireStream puts a ConverseStream body together by the SDK's frame decoder and
// encoding/json.
func decodeWireStream(t *testing.T, body []byte) wireReply {
	t.Helper()
	var reply wireReply
	blocks := map[int]*wireBlock{}
	inputs := map[int]string{}
	var order []int
	for _, m := range decodeFrames(t, body) {
		var e struct {
			ContentBlockIndex int
			StopReason        string
			Usage             *wireUsage
			Start             struct{ ToolUse *wireToolUse }
			Delta             struct {
				Text    *string
				ToolUse *struct{ Input string }
			}
		}
		if err := json.Unmarshal(m.Payload, &e); err != nil {
			t.Fatal(err)
		}
		b := blocks[e.ContentBlockIndex]
		if b == nil {
			b = &wireBlock{}
			blocks[e.ContentBlockIndex] = b
		}
		if (e.Delta.Text != nil || e.Start.ToolUse != nil) && !slices.Contains(order, e.ContentBlockIndex) {
			order = append(order, e.ContentBlockIndex)
		}
		switch {
		case e.Delta.Text != nil:
			b.Text = aws.String(aws.ToString(b.Text) + *e.Delta.Text)
		case e.Delta.ToolUse != nil:
			inputs[e.ContentBlockIndex] += e.Delta.ToolUse.Input
		case e.Start.ToolUse != nil:
			b.ToolUse = e.Start.ToolUse
		}
		if e.Usage != nil {
			reply.Usage = e.Usage
		}
		if e.StopReason != "" {
			reply.StopReason = e.StopReason
		}
	}
	for _, i := range order {
		b := blocks[i]
		if b.ToolUse != nil {
			if err := json.Unmarshal([]byte(cmp.Or(inputs[i], "{}")), &b.ToolUse.Input); err != nil {
				b.ToolUse.Input = inputs[i] // cut by max_tokens
			}
		}
		reply.Output.Message.Content = append(reply.Output.Message.Content, *b)
	}
	return reply
}

type wireChunks struct {
	chunks    [][]byte
	tokens    bedrock.Tokens
	exception string
}

func decodeWireChunks(t *testing.T, body []byte) (all wireChunks) {
	t.Helper()
	for _, m := range decodeFrames(t, body) {
		if h := m.Headers.Get(":exception-type"); h != nil {
			all.exception = h.String()
			continue
		}
		var part struct{ Bytes []byte }
		if err := json.Unmarshal(m.Payload, &part); err != nil {
			t.Fatal(err)
		}
		all.chunks = append(all.chunks, part.Bytes)
		var end struct {
			Metrics struct {
				InputTokenCount, OutputTokenCount, CacheReadInputTokenCount, CacheWriteInputTokenCount int
			} `json:"amazon-bedrock-invocationMetrics"`
		}
		if err := json.Unmarshal(part.Bytes, &end); err != nil {
			t.Fatal(err)
		}
		if m := end.Metrics; m.InputTokenCount+m.OutputTokenCount > 0 {
			all.tokens = bedrock.Tokens{Input: m.InputTokenCount, Output: m.OutputTokenCount, CacheRead: m.CacheReadInputTokenCount, CacheWrite: m.CacheWriteInputTokenCount}
		}
	}
	return all
}

func decodeFrames(t *testing.T, body []byte) (all []eventstream.Message) {
	t.Helper()
	decoder, in := eventstream.NewDecoder(), bytes.NewReader(body)
	for {
		m, err := decoder.Decode(in, nil)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
}
