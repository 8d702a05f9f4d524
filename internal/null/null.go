// Package null looks for nothing in interfaces.
package null

import "reflect"

// Is reports whether an interface holds nothing, or a nil pointer or function.
func Is(v any) bool {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func:
		return r.IsNil()
	}
	return false
}
