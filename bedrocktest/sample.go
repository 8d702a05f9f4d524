package bedrocktest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Sample answers any request as an obliging model would, with what it makes up
// on the spot, for demos and offline runs. To Converse and ConverseStream it
// replies, in this order:
//
//   - to toolChoice that leaves one tool, with a use of it
//   - to a request with tools whose last message holds no tool result, with a
//     use of each tool
//   - to outputConfig.textFormat, with JSON that fits the schema
//   - to tool results, with the text "The tools say: " and the results
//   - to everything else, with the text "You said: " and the last user message
//
// The input of a tool use fits the tool's schema. Where the request turns
// thinking on, a block of reasoning comes first; where it holds a cachePoint,
// the tokens before it are written to the cache and, from the second request
// with the same beginning, read. InvokeModel of an embedding model is answered
// as by [Embeddings] with dimension 0. All else is the echo.
func Sample() Response {
	return Response{body: sample{}}
}

type sample struct{}

func (sample) answer(req *Request, r Response) (answer, error) {
	c := req.conversation()
	switch {
	case req.Operation == "InvokeModel" && embeddingFamily(req) != noEmbedding:
		return embeddings(0).answer(req, r)
	case c == nil || req.Operation == "CountTokens":
		return echo(req).answer(req, r)
	}
	reply, err := c.sample()
	if err != nil {
		return answer{}, err
	}
	if thinking := c.thinking(); thinking == "enabled" || thinking == "adaptive" {
		reply = append(content{reasoningBlock{text: "No model thought about this.", signature: "c2FtcGxl"}}, reply...)
	}
	if r.usage == (usage{}) {
		r.usage = req.cacheUsage(reply.words())
	}
	return reply.answer(req, r)
}

func (c *conversation) sample() (content, error) {
	last := turn{}
	if len(c.Messages) > 0 {
		last = c.Messages[len(c.Messages)-1]
	}
	results := last.results()
	switch {
	case c.forcedTool() != "":
		return c.sampleUses(func(t tool) bool { return t.ToolSpec.Name == c.forcedTool() })
	case len(c.tools()) > 0 && len(results) == 0:
		return c.sampleUses(func(tool) bool { return true })
	case c.OutputConfig != nil && c.OutputConfig.TextFormat != nil:
		encoded, err := sampleJSON([]byte(c.OutputConfig.TextFormat.Structure.JSONSchema.Schema))
		return content{textBlock{string(encoded)}}, err
	case len(results) > 0:
		var texts []string
		for _, result := range results {
			texts = append(texts, turn{Content: result.Content}.describe())
		}
		return content{textBlock{"The tools say: " + strings.Join(texts, "; ")}}, nil
	}
	return content{textBlock{"You said: " + c.lastUser().describe()}}, nil
}

// sampleUses uses some of the tools, each once.
func (c *conversation) sampleUses(chosen func(tool) bool) (content, error) {
	n := 0
	for _, m := range c.Messages {
		n += len(m.uses())
	}
	var uses content
	for _, t := range c.tools() {
		if !chosen(t) {
			continue
		}
		input, err := sampleJSON(t.ToolSpec.InputSchema.JSON)
		if err != nil {
			return nil, fmt.Errorf("tool %s: %w", t.ToolSpec.Name, err)
		}
		n++
		uses = append(uses, toolUseBlock{name: t.ToolSpec.Name, id: fmt.Sprintf("tooluse_%d", n), input: input})
	}
	if uses == nil {
		return nil, fmt.Errorf("toolChoice names tool %q, which toolConfig.tools doesn't hold", c.forcedTool())
	}
	return uses, nil
}

func (c *conversation) lastUser() turn {
	for i := len(c.Messages) - 1; i >= 0; i-- {
		if c.Messages[i].Role == "user" {
			return c.Messages[i]
		}
	}
	return turn{}
}

// text is what is said in the message, text for a guardrail included.
func (t turn) text() string {
	var texts []string
	for _, b := range t.Content {
		switch {
		case b.Text != nil:
			texts = append(texts, *b.Text)
		case b.GuardContent != nil && b.GuardContent.Text != nil:
			texts = append(texts, b.GuardContent.Text.Text)
		case b.JSON != nil:
			texts = append(texts, string(b.JSON))
		}
	}
	return strings.Join(texts, "\n")
}

// describe is the text, and how many of each other medium there are.
func (t turn) describe() string {
	var images, documents, videos, sounds int
	for _, b := range t.Content {
		switch {
		case b.Image != nil:
			images++
		case b.Document != nil:
			documents++
		case b.Video != nil:
			videos++
		case b.Audio != nil:
			sounds++
		}
	}
	parts := []string{t.text()}
	count := func(n int, one, many string) {
		switch {
		case n == 1:
			parts = append(parts, "[1 "+one+"]")
		case n > 1:
			parts = append(parts, fmt.Sprintf("[%d %s]", n, many))
		}
	}
	count(images, "image", "images")
	count(documents, "document", "documents")
	count(videos, "video", "videos")
	count(sounds, "audio clip", "audio clips")
	return strings.TrimSpace(strings.Join(parts, " "))
}

// sampleJSON makes up a value that fits a JSON schema.
func sampleJSON(schema []byte) ([]byte, error) {
	var root any
	if err := json.Unmarshal(schema, &root); err != nil {
		return nil, fmt.Errorf("the schema is no JSON: %w", err)
	}
	return encodeJSON(newSampler(root).value(root, 0))
}
