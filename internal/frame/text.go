package frame

import (
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
	rest, ok := cutPrefix(payload, `{"contentBlockIndex":`)
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
	if rest, ok = cutPrefix(rest[i:], `,"delta":{"text":`); !ok {
		return 0, "", false
	}
	n, escaped := stringLen(rest)
	if n == 0 || !onlyPadding(rest[n:]) || !utf8.Valid(rest[:n]) {
		return 0, "", false
	}
	if !escaped {
		return block, string(rest[1 : n-1]), true
	}
	if text, ok = unquote(rest[:n]); !ok {
		return 0, "", false
	}
	return block, text, true
}

func cutPrefix(b []byte, prefix string) ([]byte, bool) {
	if len(b) < len(prefix) || string(b[:len(prefix)]) != prefix {
		return nil, false
	}
	return b[len(prefix):], true
}

// unquote is a function of its own because s escapes to the heap, which text
// without escapes is spared.
func unquote(b []byte) (s string, ok bool) {
	err := json.Unmarshal(b, &s)
	return s, err == nil
}

// onlyPadding tells whether a delta event ends here, but for the padding that
// Bedrock adds against guessing a text by its length.
func onlyPadding(b []byte) bool {
	if string(b) == "}}" {
		return true
	}
	b, ok := cutPrefix(b, `},"p":`)
	if !ok {
		return false
	}
	n, escaped := stringLen(b)
	return n > 0 && !escaped && string(b[n:]) == "}"
}

// stringLen returns the length of the JSON string that b begins with, its quotes
// included, and 0 if there is none. Escapes are only skipped, not checked.
func stringLen(b []byte) (n int, escaped bool) {
	if len(b) == 0 || b[0] != '"' {
		return 0, false
	}
	for i := 1; i < len(b); i++ {
		if !special[b[i]] {
			continue
		}
		switch b[i] {
		case '"':
			return i + 1, escaped
		case '\\':
			escaped = true
			i++
		default:
			return 0, false
		}
	}
	return 0, false
}

// special has the bytes that a JSON string can't hold as they are.
var special = func() (s [256]bool) {
	for c := range ' ' {
		s[c] = true
	}
	s['"'], s['\\'] = true, true
	return s
}()
