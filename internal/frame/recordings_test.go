package frame

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// recorded reads the bodies of the successful streams of one operation that were
// recorded from Bedrock. Environment variable BEDROCK_RECORDINGS names the folder.
func recorded(t *testing.T, operation string) (bodies [][]byte) {
	t.Helper()
	dir := os.Getenv("BEDROCK_RECORDINGS")
	if dir == "" {
		t.Skip("BEDROCK_RECORDINGS isn't set: it names the folder of recorded Bedrock traffic")
	}
	file, err := os.Open(filepath.Join(dir, operation+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for d := json.NewDecoder(file); ; {
		var exchange struct {
			Status int
			Body   []byte
		}
		err := d.Decode(&exchange)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if exchange.Status == 200 {
			bodies = append(bodies, exchange.Body)
		}
	}
	if len(bodies) == 0 {
		t.Fatalf("no successful %s in BEDROCK_RECORDINGS=%s", operation, dir)
	}
	return bodies
}

func TestRecordedTextTakesTheFastPath(t *testing.T) {
	t.Parallel()
	bodies := recorded(t, "converse-stream")
	var all, deltas, texts, escaped int
	for i, body := range bodies {
		compareWithSDK(t, body, bytes.NewReader(body))
		frames, err := drain(t, NewReader(bytes.NewReader(body)))
		if err != io.EOF {
			t.Errorf("body %d: after %d frames got %v, want EOF", i, len(frames), err)
		}
		all += len(frames)
		for _, f := range frames {
			if string(f.Header(eventType)) != "contentBlockDelta" {
				continue
			}
			deltas++
			wantBlock, want, err := sdkText(f.Raw)
			block, text, ok := TextDelta(f.Payload)
			if ok != (err == nil) || block != wantBlock || text != want {
				t.Errorf("body %d, %s: got %d, %q, %t, the SDK %d, %q, %v", i, f.Payload, block, text, ok, wantBlock, want, err)
			}
			if ok {
				texts++
				if bytes.ContainsRune(f.Payload, '\\') {
					escaped++
				}
			}
		}
	}
	t.Logf("%d streams, %d frames, %d deltas, %d of text, %d of them with escapes: all taken", len(bodies), all, deltas, texts, escaped)
	if texts == 0 {
		t.Error("no text was recorded")
	}
}

func TestRecordedChunksAreReadAsTheSDKReadsThem(t *testing.T) {
	t.Parallel()
	bodies := recorded(t, "invoke-model-with-response-stream")
	all := 0
	for i, body := range bodies {
		compareWithSDK(t, body, bytes.NewReader(body))
		frames, err := drain(t, NewReader(bytes.NewReader(body)))
		if err != io.EOF {
			t.Errorf("body %d: after %d frames got %v, want EOF", i, len(frames), err)
		}
		all += len(frames)
	}
	t.Logf("%d streams, %d frames", len(bodies), all)
}
