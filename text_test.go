package bedrock

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestOneLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ in, want string }{
		{"", ""},
		{"plain text, ünïcode too", "plain text, ünïcode too"},
		{"two\nlines\r\n", "two lines"},
		{"\x1b[31mred\x1b[0m \x07\x00\x7fend", "[31mred [0m    end"},
		{"\u202etxet", "txet"},
		{strings.Repeat("x", maxText), strings.Repeat("x", maxText)},
		{strings.Repeat("x", maxText+1), strings.Repeat("x", maxText) + "…"},
		{strings.Repeat("x", maxText-1) + "é", strings.Repeat("x", maxText-1) + "…"},
	} {
		got := oneLine(test.in)
		if got != test.want || !utf8.ValidString(got) {
			t.Errorf("%q: got %q, want %q", test.in, got, test.want)
		}
	}
}

func TestContainsAny(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		s     string
		lower []string
		want  bool
	}{
		{"your api key has expired", []string{"api key"}, true},
		{"your api key has expired", []string{"bearer token", "expired"}, true},
		{"your api key has expired", []string{"bearer token", "scope"}, false},
		{"", []string{"scope"}, false},
		{"anything", nil, false},
	} {
		if got := containsAny(test.s, test.lower...); got != test.want {
			t.Errorf("%q in %q: got %t, want %t", test.lower, test.s, got, test.want)
		}
	}
}
