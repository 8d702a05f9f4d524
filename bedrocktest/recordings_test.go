package bedrocktest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// notRules are recorded refusals that are no rule here, and why.
var notRules = map[string]string{
	"The provided model identifier is invalid.":                                    "the server knows no list of models",
	"The model returned the following errors: Input Tokens Exceeded":               "no tokens are counted, and the recording has placeholders for its texts",
	"too many total text bytes":                                                    "the recording has placeholders for its texts",
	"Input is too long for requested model.":                                       "no tokens are counted, and the recording has placeholders for its texts",
	"Malformed input request":                                                      "the body of InvokeModel is checked for embedding models only",
	"messages.0.content.1.image.source.base64.data: URL sources are not supported": "the body of InvokeModel is checked for embedding models only",
}

// TestValidatorAgreesWithRecordings sends recorded requests to the validator:
// none that the service answered is refused, and what it refused is refused
// with the same words, or in notRules.
func TestValidatorAgreesWithRecordings(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("BEDROCK_RECORDINGS")
	if dir == "" {
		t.Skip("BEDROCK_RECORDINGS is unset: it names the folder of recorded exchanges, which this repository doesn't hold")
	}
	left := map[string]int{}
	for file, operation := range map[string]string{
		"converse":                          "Converse",
		"converse-stream":                   "ConverseStream",
		"invoke-model":                      "InvokeModel",
		"invoke-model-with-response-stream": "InvokeModelWithResponseStream",
	} {
		raw, err := os.ReadFile(filepath.Join(dir, file+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		accepted, refused := 0, 0
		for d := json.NewDecoder(bytes.NewReader(raw)); ; {
			var r struct {
				Source, Path, Request string
				Status                int
				Body                  []byte
			}
			if err := d.Decode(&r); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			req := request(operation, r.Request)
			if req.Model, err = url.PathUnescape(strings.Split(r.Path, "/")[2]); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(operation, "Converse") && req.conversation() == nil {
				t.Errorf("%s: the request can't be read", r.Source)
			}
			got := ""
			if f := (&Server{}).validate(req); f != nil {
				got = f.message
			}
			var failure struct{ Message string }
			if r.Status == 400 {
				if err := json.Unmarshal(r.Body, &failure); err != nil {
					t.Fatal(err)
				}
			}
			switch why := unruled(failure.Message); {
			case got != failure.Message && why == "":
				t.Errorf("%s, status %d: got %q, want %q", r.Source, r.Status, got, failure.Message)
			case got != "" && why != "":
				t.Errorf("%q is a rule after all", failure.Message)
			case why != "":
				left[failure.Message+" ("+why+")"]++
			case r.Status == 400:
				refused++
			case r.Status == 200:
				accepted++
			}
		}
		t.Logf("%s: %d answered requests are accepted, %d refused ones are refused with the recorded message", operation, accepted, refused)
	}
	for _, message := range slices.Sorted(maps.Keys(left)) {
		t.Logf("no rule, %d times: %s", left[message], message)
	}
}

func unruled(message string) string {
	for prefix, why := range notRules {
		if strings.HasPrefix(message, prefix) {
			return why
		}
	}
	return ""
}
