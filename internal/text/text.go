// Package text treats texts that come from outside: a service's messages, names that a
// caller gave, the errors of other packages.
package text

import (
	"strings"
	"unicode"
)

const maxLen = 1000 // bytes of a foreign text in an error

// OneLine makes a text from outside fit for a log line.
func OneLine(s string) string {
	if len(s) > maxLen {
		s = strings.ToValidUTF8(s[:maxLen], "") + "…"
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s))
}

// ContainsFold reports whether s contains one of some lower-case texts, in whatever
// case.
func ContainsFold(s string, lower ...string) bool {
	s = strings.ToLower(s)
	for _, text := range lower {
		if strings.Contains(s, text) {
			return true
		}
	}
	return false
}
