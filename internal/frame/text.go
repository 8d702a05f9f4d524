package frame

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// TextDelta reads the payload of a plain text delta,
//
//	{"contentBlockIndex":0,"delta":{"text":"Hello"},"p":"abcd"}
//
// the form that all recorded ones have. ok is false for anything else (another
// delta, another order of keys, more keys, text that isn't UTF-8), which is then to be
// decoded in full.
func TextDelta(payload []byte) (block int32, text string, ok bool) {
	rest, ok := bytes.CutPrefix(payload, []byte(`{"contentBlockIndex":`))
	if !ok {
		return 0, "", false
	}
	i := 0
	for ; i < len(rest) && i < 9 && '0' <= rest[i] && rest[i] <= '9'; i++ {
		block = block*10 + int32(rest[i]-'0')
	}
	if i == 0 || i > 1 && rest[0] == '0' {
		return 0, "", false
	}
	if rest, ok = bytes.CutPrefix(rest[i:], []byte(`,"delta":{"text":`)); !ok || len(rest) == 0 || rest[0] != '"' {
		return 0, "", false
	}
	text, rest, ok = cutString(rest)
	if !ok || !onlyPadding(rest) {
		return 0, "", false
	}
	return block, text, true
}

// cutString takes a JSON string off the front of b; b[0] is its quote.
func cutString(b []byte) (s string, rest []byte, ok bool) {
	end, escaped := 1, false
	for ; ; end++ {
		if end >= len(b) || b[end] < ' ' {
			return "", nil, false
		}
		if b[end] == '"' {
			break
		}
		if b[end] == '\\' {
			escaped = true
			end++
		}
	}
	if !utf8.Valid(b[1:end]) {
		return "", nil, false
	}
	if !escaped {
		return string(b[1:end]), b[end+1:], true
	}
	if json.Unmarshal(b[:end+1], &s) != nil {
		return "", nil, false
	}
	return s, b[end+1:], true
}

// onlyPadding tells whether a delta event ends here, but for the padding that
// Bedrock adds against guessing a text by its length.
func onlyPadding(b []byte) bool {
	b, ok := bytes.CutPrefix(b, []byte(`}`))
	if !ok {
		return false
	}
	if string(b) == "}" {
		return true
	}
	if b, ok = bytes.CutPrefix(b, []byte(`,"p":"`)); !ok {
		return false
	}
	end := bytes.IndexByte(b, '"')
	return end >= 0 && string(b[end+1:]) == "}" && plain(b[:end])
}

// plain tells whether b needs no look inside as a JSON string.
func plain(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
