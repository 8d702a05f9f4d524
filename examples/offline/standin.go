package main

import (
	"cmp"
	"slices"
	"strings"

	test "example.com/bedrock/bedrocktest"
	"example.com/bedrock/body"
)

// prepare sets the server up for a program: samples answer it, but for what some of the
// examples are about.
func prepare(srv *test.Server, example string) {
	srv.Region = "" // any
	srv.Handle(answer)
	switch example {
	case "tools":
		srv.Queue(use("t1", "weather", "city", "Rome").And(use("t2", "clock", "name", "Europe/Rome")))
	case "toolstream":
		srv.Queue(test.Text("I'll look both up.").And(use("t1", "weather", "city", "Oslo"), use("t2", "weather", "city", "Rome")))
	case "batch":
		srv.Limit(10, 5) // some of its 8 calls at once are throttled, and try again
	}
}

// use is a tool use with one argument.
func use(id, tool, name, value string) test.Response {
	return test.ToolUse(tool, id, map[string]string{name: value})
}

// answer is a sample, or what a sample has nothing of.
func answer(r *test.Request) test.Response {
	if strings.Contains(r.Model, ".rerank") {
		return rank(r)
	}
	var conversation struct {
		GuardrailConfig *struct{}
		Messages        []struct {
			Content []struct{ Document *document }
		}
	}
	if r.Operation != "Converse" || r.Decode(&conversation) != nil {
		return test.Sample()
	}
	if conversation.GuardrailConfig != nil && strings.Contains(r.Text(), "password") {
		return test.Refusal("The guardrail lets no password pass.")
	}
	for _, m := range conversation.Messages {
		for _, c := range m.Content {
			if c.Document != nil && c.Document.Citations.Enabled {
				return c.Document.cited()
			}
		}
	}
	return test.Sample()
}

// document is one of a request.
type document struct {
	Name      string
	Citations struct{ Enabled bool }
	Source    struct {
		Text  string
		Bytes []byte
	}
}

// cited quotes the first sentence of a text, and names it as the source.
func (d *document) cited() test.Response {
	sentence, _, _ := strings.Cut(cmp.Or(d.Source.Text, string(d.Source.Bytes)), ".")
	return test.Text("The document begins: ").And(test.Block(map[string]any{"citationsContent": map[string]any{
		"content": []any{map[string]string{"text": sentence}},
		"citations": []any{map[string]any{
			"title":         d.Name,
			"sourceContent": []any{map[string]string{"text": sentence}},
			"location":      map[string]any{"documentChar": map[string]int{"documentIndex": 0, "start": 0, "end": len(sentence)}},
		}},
	}}))
}

// rank scores documents by how many of the query's words they have.
func rank(r *test.Request) test.Response {
	var asked body.CohereRerankRequest
	if err := r.Decode(&asked); err != nil {
		return test.Error("ValidationException", "Malformed input request.")
	}
	words := strings.Fields(strings.ToLower(asked.Query))
	var ranked body.RerankResponse
	for i, text := range asked.Documents {
		found := 0
		for _, word := range words {
			if strings.Contains(strings.ToLower(text), strings.Trim(word, "?.,!")) {
				found++
			}
		}
		ranked.Results = append(ranked.Results, body.RerankResult{Index: i, RelevanceScore: float64(found) / float64(len(words))})
	}
	slices.SortStableFunc(ranked.Results, func(a, b body.RerankResult) int { return cmp.Compare(b.RelevanceScore, a.RelevanceScore) })
	if asked.TopN > 0 {
		ranked.Results = ranked.Results[:min(asked.TopN, len(ranked.Results))]
	}
	return test.JSON(ranked)
}
