package bedrocktest

import (
	"crypto/sha256"
	"encoding/json"
)

// prefixes are the beginnings of requests that are in the prompt cache.
type prefixes map[[sha256.Size]byte]bool

// cacheUsage is the tokens that [Sample] reports: the words up to the last
// cachePoint are written to the cache, apart from those up to a point that an
// earlier request wrote, which are read. "Prompt caching for faster model
// inference" in the Amazon Bedrock User Guide gives the order: tools, system,
// messages.
func (r *Request) cacheUsage(output int) usage {
	var body struct {
		ToolConfig struct{ Tools []json.RawMessage }
		System     []json.RawMessage
		Messages   []struct{ Content []json.RawMessage }
	}
	if r.server == nil || r.Decode(&body) != nil {
		return usage{}
	}
	blocks := append(body.ToolConfig.Tools, body.System...)
	for _, m := range body.Messages {
		blocks = append(blocks, m.Content...)
	}
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	u, words, hash := usage{set: true, output: output}, 0, sha256.New()
	hash.Write([]byte(r.Model))
	for _, block := range blocks {
		hash.Write(block)
		var point struct{ CachePoint *struct{} }
		if json.Unmarshal(block, &point) == nil && point.CachePoint != nil {
			u.cached = true
			if key := [sha256.Size]byte(hash.Sum(nil)); r.server.prefixes[key] {
				u.cacheRead, u.cacheWrite = words, 0
			} else {
				u.cacheWrite = words - u.cacheRead
				r.server.prefixes[key] = true
			}
			continue
		}
		var v any
		if json.Unmarshal(block, &v) == nil {
			words += max(textWords(v), 1)
		}
	}
	if !u.cached {
		return usage{}
	}
	u.input = words - u.cacheRead - u.cacheWrite
	return u
}
