package fields

import (
	"slices"
	"testing"
)

func TestAFieldWithoutCounterpartIsTold(t *testing.T) {
	t.Parallel()
	type stream struct {
		Same      string
		OtherType string
		StreamOne bool
		Left      int
		hidden    int
	}
	type unary struct {
		Left      int
		OtherType int
		Same      string
		UnaryOne  bool
		hidden    int
	}
	p := match[unary, stream]("Left")
	tests := []struct {
		name string
		from stream
		want unary
		left string
	}{
		{"a field of both", stream{Same: "a", hidden: 1}, unary{Same: "a"}, ""},
		{"a field left out", stream{Left: 3}, unary{}, ""},
		{"a field of the stream", stream{Same: "a", StreamOne: true}, unary{}, "StreamOne"},
		{"a field of another type", stream{OtherType: "a"}, unary{}, "OtherType"},
		{"nothing", stream{}, unary{}, ""},
	}
	for _, tt := range tests {
		var got unary
		if left := p.copy(&got, &tt.from); left != tt.left || left == "" && got != tt.want {
			t.Errorf("%s: got %+v and %q left, want %+v and %q", tt.name, got, left, tt.want, tt.left)
		}
	}
	if want := []int{1, 2}; !slices.Equal(p.unmatched, want) {
		t.Errorf("got fields %v without counterpart, want %v", p.unmatched, want)
	}
}

func TestNothingToCopy(t *testing.T) {
	t.Parallel()
	type one struct{ A, b int }
	p := match[one, one]("A")
	var got one
	if left := p.copy(&got, &one{A: 1, b: 1}); left != "" || got != (one{}) || p.unmatched != nil {
		t.Errorf("got %+v and %q left, want nothing", got, left)
	}
}
