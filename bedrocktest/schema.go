package bedrocktest

import (
	"math"
	"strings"
)

const (
	deepest = 16      // how far a schema that refers to itself is followed
	largest = 1 << 14 // schemas followed and characters made up, whatever the schema asks for
)

// A sampler makes up a value that fits a JSON schema. Patterns, if and not are
// beyond it.
type sampler struct {
	root any
	left int // of largest
}

func newSampler(root any) *sampler { return &sampler{root, largest} }

// take returns n, or what is left.
func (s *sampler) take(n int) int {
	n = min(n, s.left)
	s.left -= n
	return n
}

func (s *sampler) value(schema any, depth int) any {
	m, ok := s.resolve(schema).(map[string]any)
	if !ok || depth > deepest {
		return nil // true and {} admit anything
	}
	if v, ok := m["const"]; ok {
		return v
	}
	for _, name := range []string{"enum", "examples"} {
		if list, ok := m[name].([]any); ok && len(list) > 0 {
			return list[0]
		}
	}
	if v, ok := m["default"]; ok {
		return v
	}
	for _, name := range []string{"anyOf", "oneOf"} {
		if list, ok := m[name].([]any); ok && len(list) > 0 {
			return s.value(merged(m, name, s.notNull(list)), depth+1)
		}
	}
	if list, ok := m["allOf"].([]any); ok {
		whole := merged(m, "allOf", nil)
		for _, part := range list {
			whole = merged(whole, "", s.resolve(part))
		}
		return s.value(whole, depth+1)
	}
	return s.typed(m, depth)
}

func (s *sampler) typed(m map[string]any, depth int) any {
	switch typeOf(m) {
	case "object":
		return s.object(m, depth)
	case "array":
		return s.array(m, depth)
	case "integer":
		return sampleNumber(m, true)
	case "number":
		return sampleNumber(m, false)
	case "boolean":
		return true
	case "null":
		return nil
	}
	return s.string(m)
}

// typeOf is the first type that isn't null, told from other keywords where the
// schema names none.
func typeOf(m map[string]any) string {
	switch t := m["type"].(type) {
	case string:
		return t
	case []any:
		for _, one := range t {
			if name, ok := one.(string); ok && name != "null" {
				return name
			}
		}
		return "null"
	}
	switch {
	case m["properties"] != nil:
		return "object"
	case m["items"] != nil, m["prefixItems"] != nil:
		return "array"
	}
	return "string"
}

// object holds what is required, or everything where nothing is.
func (s *sampler) object(m map[string]any, depth int) any {
	properties, _ := m["properties"].(map[string]any)
	required, _ := m["required"].([]any)
	v := map[string]any{}
	for _, name := range required {
		if name, ok := name.(string); ok {
			v[name] = s.value(properties[name], depth+1)
		}
	}
	if len(required) == 0 && depth < deepest/4 {
		for name, property := range properties {
			v[name] = s.value(property, depth+1)
		}
	}
	return v
}

func (s *sampler) array(m map[string]any, depth int) any {
	v := []any{}
	prefix, _ := m["prefixItems"].([]any)
	for _, item := range prefix {
		v = append(v, s.value(item, depth+1))
	}
	least, most := size(m, "minItems", 1), size(m, "maxItems", largest)
	if depth >= deepest/2 {
		least = size(m, "minItems", 0) // ends a schema of a tree
	}
	for len(v) < max(least, min(len(prefix), 1)) && len(v) < most && s.left > 0 {
		v = append(v, s.value(m["items"], depth+1))
	}
	return v
}

// resolve follows $ref inside the document; what stands beside it counts too.
func (s *sampler) resolve(schema any) any {
	for range min(deepest, s.left) {
		s.take(1)
		m, ok := schema.(map[string]any)
		if !ok {
			return schema
		}
		ref, ok := m["$ref"].(string)
		if !ok {
			return schema
		}
		schema = merged(m, "$ref", s.at(ref))
	}
	return nil
}

// at is what a JSON pointer such as "#/$defs/City" refers to.
func (s *sampler) at(ref string) any {
	v := s.root
	for _, step := range strings.Split(strings.TrimPrefix(ref, "#"), "/") {
		if step == "" {
			continue
		}
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]
	}
	return v
}

func (s *sampler) notNull(list []any) any {
	for _, schema := range list {
		if m, ok := s.resolve(schema).(map[string]any); ok && m["type"] != "null" {
			return m
		}
	}
	return list[0]
}

// merged is m without the keyword, and with the keywords of more.
func merged(m map[string]any, without string, more any) map[string]any {
	whole := map[string]any{}
	for name, v := range m {
		if name != without {
			whole[name] = v
		}
	}
	added, _ := more.(map[string]any)
	for name, v := range added {
		switch old := whole[name].(type) {
		case map[string]any: // properties
			if v, ok := v.(map[string]any); ok {
				whole[name] = merged(old, "", v)
			}
		case []any: // required
			if v, ok := v.([]any); ok {
				whole[name] = append(append([]any{}, old...), v...)
			}
		default:
			whole[name] = v
		}
	}
	return whole
}

func (s *sampler) string(m map[string]any) string {
	text := "sample"
	switch m["format"] {
	case "date":
		text = "2026-01-31"
	case "date-time":
		text = "2026-01-31T12:00:00Z"
	case "time":
		text = "12:00:00Z"
	case "duration":
		text = "PT1H"
	case "email":
		text = "sample@example.com"
	case "hostname":
		text = "example.com"
	case "ipv4":
		text = "192.0.2.1"
	case "uri":
		text = "https://example.com/"
	case "uuid":
		text = "00000000-0000-4000-8000-000000000000"
	}
	if least := size(m, "minLength", 0); len(text) < least {
		text += strings.Repeat("e", least-len(text))
	}
	return text[:s.take(min(len(text), size(m, "maxLength", largest)))]
}

// sampleNumber is 1, or the number within the bounds that is nearest to it.
func sampleNumber(m map[string]any, whole bool) float64 {
	least := number(m, "minimum", math.Inf(-1))
	if over, ok := m["exclusiveMinimum"].(float64); ok {
		least = max(least, next(over, 1, whole))
	}
	most := number(m, "maximum", math.Inf(1))
	if under, ok := m["exclusiveMaximum"].(float64); ok {
		most = min(most, next(under, -1, whole))
	}
	if whole {
		least, most = math.Ceil(least), math.Floor(most)
	}
	v := min(max(1, least), most)
	step := number(m, "multipleOf", 0)
	multiple := math.Ceil(v/step) * step
	if multiple > most {
		multiple -= step
	}
	if step <= 0 || math.IsInf(multiple, 0) {
		return v
	}
	return multiple
}

// next is a number beyond an exclusive bound.
func next(bound, direction float64, whole bool) float64 {
	if whole && bound == math.Trunc(bound) {
		return bound + direction
	}
	return bound + direction/1024
}

// size is a number of characters or items, none below 0.
func size(m map[string]any, name string, otherwise float64) int {
	return int(min(max(0, number(m, name, otherwise)), largest))
}

func number(m map[string]any, name string, otherwise float64) float64 {
	if v, ok := m[name].(float64); ok {
		return v
	}
	return otherwise
}
