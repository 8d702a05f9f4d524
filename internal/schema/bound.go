package schema

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	maxCost  = 10_000 // steps for one place of a value
	maxDepth = 100    // of a schema's own JSON
)

// bounded reports whether checking a value takes steps in proportion to its size: of a
// schema that contains itself they may double with each level of the value, or never end.
func bounded(text json.RawMessage) bool {
	var root any
	if json.Unmarshal(text, &root) != nil {
		return false
	}
	m := measure{root: root, cost: map[string]int{}}
	return m.of(root, "", 0) < maxCost
}

// measure counts the parts of a schema, each as often as references reach it.
type measure struct {
	root any
	cost map[string]int // by JSON Pointer; while a part is counted, maxCost
}

func (m *measure) of(v any, at string, depth int) int {
	if known, ok := m.cost[at]; ok {
		return known
	}
	m.cost[at] = maxCost
	if depth > maxDepth {
		return maxCost
	}
	sum := 1
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			sum += m.of(v[name], at+"/"+escape(name), depth+1)
			if to, ok := v[name].(string); ok {
				sum += m.reference(name, to, at, depth)
			}
		}
	case []any:
		for i, element := range v {
			sum += m.of(element, at+"/"+strconv.Itoa(i), depth+1)
		}
	}
	m.cost[at] = min(sum, maxCost)
	return m.cost[at]
}

// reference follows a $ref within the schema. By an anchor, or from a part with an $id of
// its own, it could lead anywhere.
func (m *measure) reference(name, to, at string, depth int) int {
	switch name {
	case "$dynamicRef", "$recursiveRef":
		return maxCost
	case "$id":
		if at != "" {
			return maxCost
		}
		return 0
	case "$ref":
	default:
		return 0
	}
	pointer, err := url.PathUnescape(strings.TrimPrefix(to, "#"))
	if err != nil || !strings.HasPrefix(to, "#") || pointer != "" && pointer[0] != '/' {
		return maxCost
	}
	v, ok := m.find(pointer)
	if !ok {
		return maxCost
	}
	return m.of(v, pointer, depth+1)
}

func (m *measure) find(pointer string) (any, bool) {
	v := m.root
	for _, token := range strings.Split(pointer, "/")[1:] {
		switch in := v.(type) {
		case map[string]any:
			member, ok := in[strings.NewReplacer("~1", "/", "~0", "~").Replace(token)]
			if !ok {
				return nil, false
			}
			v = member
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(in) {
				return nil, false
			}
			v = in[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// deeper reports whether JSON is nested in more than some levels: the validator's decoder
// takes time in proportion to the square of them.
func deeper(v any, levels int) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, member := range v {
			if levels == 0 || deeper(member, levels-1) {
				return true
			}
		}
	case []any:
		for _, element := range v {
			if levels == 0 || deeper(element, levels-1) {
				return true
			}
		}
	}
	return false
}

func escape(name string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(name) }
