// Package fields copies between two struct types the fields that have the same name and
// type. What matches is worked out once; a field that is set and has no counterpart
// is told, not dropped.
package fields

import (
	"reflect"
	"slices"
)

// Plan says which field of From goes to which of To.
type Plan[To, From any] struct {
	pairs     []pair
	unmatched []int // fields of From to copy that have no counterpart
}

type pair struct{ from, to int }

// Match plans to copy all exported fields but some.
func Match[To, From any](except ...string) Plan[To, From] {
	var plan Plan[To, From]
	to, from := reflect.TypeFor[To](), reflect.TypeFor[From]()
	for i := range from.NumField() {
		f := from.Field(i)
		if !f.IsExported() || slices.Contains(except, f.Name) {
			continue
		}
		if t, ok := to.FieldByName(f.Name); ok && t.Type == f.Type {
			plan.pairs = append(plan.pairs, pair{i, t.Index[0]})
		} else {
			plan.unmatched = append(plan.unmatched, i)
		}
	}
	return plan
}

// Copy copies what is set, and returns the name of a field that is set and has no
// counterpart, "" when there is none.
func (p Plan[To, From]) Copy(to *To, from *From) (left string) {
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

// Unmatched names the fields that have no counterpart.
func (p Plan[To, From]) Unmatched() []string {
	var names []string
	for _, i := range p.unmatched {
		names = append(names, reflect.TypeFor[From]().Field(i).Name)
	}
	return names
}
