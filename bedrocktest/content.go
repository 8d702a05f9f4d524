package bedrocktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

var errNotContent = errors.New("And joins responses made by Text, Output, Reasoning, ToolUse, Block and Refusal only")

// content is the message that a model replies with.
type content []block

// A block of content has two shapes: its JSON in a message, and what starts it
// and the deltas that make it up in a stream. A nil start means that no start
// event comes, as on Bedrock for all but tools.
type block interface {
	message() any
	events(chunkSize int) (start any, deltas []any)
	words() int
}

type textBlock []string

func (b textBlock) message() any { return map[string]any{"text": strings.Join(b, "")} }

func (b textBlock) events(chunkSize int) (any, []any) {
	pieces := []string(b)
	if len(pieces) == 1 {
		pieces = split(pieces[0], chunkSize)
	}
	var deltas []any
	for _, piece := range pieces {
		deltas = append(deltas, map[string]any{"text": piece})
	}
	return nil, deltas
}

func (b textBlock) words() int { return countWords(strings.Join(b, "")) }

type reasoningBlock struct{ text, signature string }

func (b reasoningBlock) message() any {
	text := map[string]any{"text": b.text}
	if b.signature != "" {
		text["signature"] = b.signature
	}
	return map[string]any{"reasoningContent": map[string]any{"reasoningText": text}}
}

func (b reasoningBlock) events(chunkSize int) (any, []any) {
	var deltas []any
	for _, piece := range split(b.text, chunkSize) {
		deltas = append(deltas, map[string]any{"reasoningContent": map[string]any{"text": piece}})
	}
	if b.signature != "" {
		deltas = append(deltas, map[string]any{"reasoningContent": map[string]any{"signature": b.signature}})
	}
	return nil, deltas
}

func (b reasoningBlock) words() int { return countWords(b.text) }

type toolUseBlock struct {
	name, id string
	input    []byte
}

func (b toolUseBlock) message() any {
	return map[string]any{"toolUse": map[string]any{"input": json.RawMessage(b.input), "name": b.name, "toolUseId": b.id}}
}

func (b toolUseBlock) events(chunkSize int) (any, []any) {
	pieces := []string{string(b.input)}
	if chunkSize > 0 {
		pieces = split(pieces[0], chunkSize)
	}
	var deltas []any
	for _, piece := range pieces {
		deltas = append(deltas, map[string]any{"toolUse": map[string]any{"input": piece}})
	}
	return map[string]any{"toolUse": map[string]any{"name": b.name, "toolUseId": b.id}}, deltas
}

func (b toolUseBlock) words() int { return countWords(string(b.input)) }

type rawBlock []byte

func (b rawBlock) message() any            { return json.RawMessage(b) }
func (b rawBlock) events(int) (any, []any) { return nil, []any{json.RawMessage(b)} }
func (b rawBlock) words() int              { return 1 }

func (c content) answer(req *Request, r Response) (answer, error) {
	switch req.Operation {
	case "Converse":
		return c.shaped(req).converse(req, r)
	case "ConverseStream":
		return c.shaped(req).converseStream(req, r)
	}
	return answer{}, fmt.Errorf("a response made by Text, Output, Reasoning, ToolUse, Block or Refusal answers Converse and ConverseStream; for %s use JSON, Error or Recorded", req.Operation)
}

func (c content) converse(req *Request, r Response) (answer, error) {
	blocks := []any{}
	for _, b := range c {
		blocks = append(blocks, b.message())
	}
	return unary(r.addTrace(req, map[string]any{
		"metrics":    map[string]any{"latencyMs": latency.Milliseconds()},
		"output":     map[string]any{"message": map[string]any{"content": blocks, "role": "assistant"}},
		"stopReason": c.stopReason(r),
		"usage":      r.usage.or(requestWords(req), c.words()).converse(),
	}))
}

func (c content) converseStream(req *Request, r Response) (answer, error) {
	s := eventStream{}
	s.add("messageStart", map[string]any{"role": "assistant"})
	for i, b := range c {
		start, deltas := b.events(r.chunkSize)
		if start != nil {
			s.add("contentBlockStart", map[string]any{"contentBlockIndex": i, "start": start})
		}
		for _, delta := range deltas {
			s.add("contentBlockDelta", map[string]any{"contentBlockIndex": i, "delta": delta})
		}
		s.add("contentBlockStop", map[string]any{"contentBlockIndex": i})
	}
	s.add("messageStop", map[string]any{"stopReason": c.stopReason(r)})
	s.add("metadata", r.addTrace(req, map[string]any{
		"metrics": map[string]any{"latencyMs": latency.Milliseconds()},
		"usage":   r.usage.or(requestWords(req), c.words()).converse(),
	}))
	return s.answer()
}

func (c content) stopReason(r Response) types.StopReason {
	if r.stopReason != "" {
		return r.stopReason
	}
	for _, b := range c {
		if _, ok := b.(toolUseBlock); ok {
			return types.StopReasonToolUse
		}
	}
	return types.StopReasonEndTurn
}

func (c content) words() int {
	n := 0
	for _, b := range c {
		n += b.words()
	}
	return n
}

// split cuts text into pieces of size characters, or with size 0 before the
// white space of each word, so that the pieces joined are the text again.
func split(text string, size int) []string {
	var pieces []string
	begin, length, inWord := 0, 0, false
	for i, c := range text {
		space := unicode.IsSpace(c)
		if size > 0 && length == size || size == 0 && space && inWord {
			pieces = append(pieces, text[begin:i])
			begin, length = i, 0
		}
		length++
		inWord = !space
	}
	if begin < len(text) {
		pieces = append(pieces, text[begin:])
	}
	return pieces
}
