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
	plan := Match[unary, stream]("Left")
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
		if left := plan.Copy(&got, &tt.from); left != tt.left || left == "" && got != tt.want {
			t.Errorf("%s: got %+v and %q left, want %+v and %q", tt.name, got, left, tt.want, tt.left)
		}
	}
	if got, want := plan.Unmatched(), []string{"OtherType", "StreamOne"}; !slices.Equal(got, want) {
		t.Errorf("got %v without counterpart, want %v", got, want)
	}
}

func TestNothingToCopy(t *testing.T) {
	t.Parallel()
	type one struct{ A, b int }
	plan := Match[one, one]("A")
	var got one
	if left := plan.Copy(&got, &one{A: 1, b: 1}); left != "" || got != (one{}) || plan.Unmatched() != nil {
		t.Errorf("got %+v and %q left, want nothing", got, left)
	}
}
