package body

import (
	"bytes"
	"encoding/json"
)

// encode is json.Marshal without HTML escapes: a prompt is full of tags, and a caller
// who wants the escapes gets them from the outer encoder.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
