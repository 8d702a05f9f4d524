// Package fields makes the input of a unary call of a stream's, by the names of the
// fields. A field that is set and has no counterpart is told, not dropped.
package fields

import (
	"reflect"
	"slices"
)

// plan says which field of From goes to which of To: worked out once, as reflection is
// slow.
type plan[To, From any] struct {
	pairs     []pair
	unmatched []int // fields of From to copy that have no counterpart
}

type pair struct{ from, to int }

// match plans to copy all exported fields but some.
func match[To, From any](except ...string) plan[To, From] {
	var p plan[To, From]
	to, from := reflect.TypeFor[To](), reflect.TypeFor[From]()
	for i := range from.NumField() {
		f := from.Field(i)
		if !f.IsExported() || slices.Contains(except, f.Name) {
			continue
		}
		if t, ok := to.FieldByName(f.Name); ok && t.Type == f.Type {
			p.pairs = append(p.pairs, pair{i, t.Index[0]})
		} else {
			p.unmatched = append(p.unmatched, i)
		}
	}
	return p
}

// copy copies what is set, and returns the name of a field that is set and has no
// counterpart, "" when there is none.
func (p plan[To, From]) copy(to *To, from *From) (left string) {
	if p.pairs == nil && p.unmatched == nil {
		return ""
	}
	dst, src := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
	for _, pair := range p.pairs {
		if f := src.Field(pair.from); !f.IsZero() {
			dst.Field(pair.to).Set(f)
		}
	}
	for _, i := range p.unmatched {
		if !src.Field(i).IsZero() {
			return src.Type().Field(i).Name
		}
	}
	return ""
}
