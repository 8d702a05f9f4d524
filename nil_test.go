package bedrock

import (
	"io"
	"net/http"
	"testing"
)

func TestIsNil(t *testing.T) {
	t.Parallel()
	var none io.Reader
	for name, tt := range map[string]struct {
		v    any
		want bool
	}{
		"nil": {nil, true}, "a nil interface": {none, true}, "a nil pointer": {(*http.Client)(nil), true}, "a nil function": {http.HandlerFunc(nil), true},
		"a pointer": {&http.Client{}, false}, "a function": {http.HandlerFunc(http.NotFound), false}, "a struct": {http.Client{}, false}, "zero": {0, false}, "a nil slice": {[]byte(nil), false},
	} {
		if got := isNil(tt.v); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}
