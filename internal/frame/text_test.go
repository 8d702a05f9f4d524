package frame

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/schemas"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/transport/http/protocol/restjson1"
)

// sdkText decodes a delta's frame as the SDK does; it is an error if it isn't one of text.
func sdkText(frame []byte) (block int32, text string, err error) {
	v, err := restjson1.New(nil).DeserializeEventMessage(schemas.ConverseStreamOutput, bedrockruntime.TypeRegistry, bytes.NewReader(frame))
	if err != nil {
		return 0, "", err
	}
	e, ok := v.(*types.ContentBlockDeltaEvent)
	if !ok {
		return 0, "", fmt.Errorf("a %T", v)
	}
	d, ok := e.Delta.(*types.ContentBlockDeltaMemberText)
	if !ok || e.ContentBlockIndex == nil {
		return 0, "", fmt.Errorf("delta %T, index %v", e.Delta, e.ContentBlockIndex)
	}
	return *e.ContentBlockIndex, d.Value, nil
}

// delta is a payload as Bedrock sends it, around a text that is JSON already.
func delta(text string) string {
	return `{"contentBlockIndex":0,"delta":{"text":"` + text + `"},"p":"abcd"}`
}

var textTests = map[string]struct {
	payload string
	block   int32
	text    string
	ok      bool
}{
	"plain":                  {delta("Hello"), 0, "Hello", true},
	"empty text":             {delta(""), 0, "", true},
	"not ASCII":              {delta("Grüße, 世界 🌍"), 0, "Grüße, 世界 🌍", true},
	"DEL and line separator": {delta("a\x7f\u2028b"), 0, "a\x7f\u2028b", true},
	"JSON within":            {delta(`{\"a\":[1]}`), 0, `{"a":[1]}`, true},
	"every short escape":     {delta(`\"\\\/\b\f\n\r\t`), 0, "\"\\/\b\f\n\r\t", true},
	"backslash at the end":   {delta(`C:\\`), 0, `C:\`, true},
	"quote at the end":       {delta(`said \"`), 0, `said "`, true},
	"\\u escape":             {delta(`\u0041\u00e9\u4E16`), 0, "Aé世", true},
	"\\u of a control":       {delta(`\u0000\u001f`), 0, "\x00\x1f", true},
	"surrogate pair":         {delta(`\ud83c\udf0d`), 0, "🌍", true},
	"lone high surrogate":    {delta(`\ud83c!`), 0, "\ufffd!", true},
	"lone low surrogate":     {delta(`\udf0d`), 0, "\ufffd", true},
	"surrogates swapped":     {delta(`\udf0d\ud83c`), 0, "\ufffd\ufffd", true},
	"escape and not ASCII":   {delta(`ü\n世`), 0, "ü\n世", true},

	"a later block":  {`{"contentBlockIndex":12,"delta":{"text":"a"},"p":"b"}`, 12, "a", true},
	"largest taken":  {`{"contentBlockIndex":999999999,"delta":{"text":"a"}}`, 999999999, "a", true},
	"no padding":     {`{"contentBlockIndex":0,"delta":{"text":"a"}}`, 0, "a", true},
	"empty padding":  {`{"contentBlockIndex":0,"delta":{"text":"a"},"p":""}`, 0, "a", true},
	"padding of any": {`{"contentBlockIndex":0,"delta":{"text":"a"},"p":"é ` + "\xff" + `}"}`, 0, "a", true},

	"unknown escape":           {payload: delta(`\x41`)},
	"unknown escape, block 12": {payload: `{"contentBlockIndex":12,"delta":{"text":"\x"}}`},
	"escaped control":          {payload: delta("\\\n")},
	"\\u cut":                  {payload: delta(`\u004`)},
	"\\u not hex":              {payload: delta(`\u00g1`)},
	"control character":        {payload: delta("a\nb")},
	"NUL":                      {payload: delta("\x00")},
	"the last control":         {payload: delta("\x1f")},
	"invalid UTF-8":            {payload: delta("a\xffb")},
	"UTF-8 cut":                {payload: delta("a\xe4\xb8")},
	"UTF-8 of a surrogate":     {payload: delta("\xed\xa0\x80")},
	"invalid UTF-8 and escape": {payload: delta("\xff\\n")},

	"larger than nine digits":  {payload: `{"contentBlockIndex":1000000000,"delta":{"text":"a"}}`},
	"larger than int32":        {payload: fmt.Sprintf(`{"contentBlockIndex":%d,"delta":{"text":"a"}}`, uint32(math.MaxInt32)+1)},
	"huge index":               {payload: `{"contentBlockIndex":` + strings.Repeat("9", 40) + `,"delta":{"text":"a"}}`},
	"leading zero":             {payload: `{"contentBlockIndex":01,"delta":{"text":"a"}}`},
	"negative index":           {payload: `{"contentBlockIndex":-1,"delta":{"text":"a"}}`},
	"fraction":                 {payload: `{"contentBlockIndex":0.0,"delta":{"text":"a"}}`},
	"exponent":                 {payload: `{"contentBlockIndex":1e0,"delta":{"text":"a"}}`},
	"index a string":           {payload: `{"contentBlockIndex":"0","delta":{"text":"a"}}`},
	"null index":               {payload: `{"contentBlockIndex":null,"delta":{"text":"a"}}`},
	"no index":                 {payload: `{"contentBlockIndex":,"delta":{"text":"a"}}`},
	"index missing":            {payload: `{"delta":{"text":"a"}}`},
	"delta first":              {payload: `{"delta":{"text":"a"},"contentBlockIndex":0}`},
	"padding first":            {payload: `{"p":"abcd","contentBlockIndex":0,"delta":{"text":"a"}}`},
	"padding before the delta": {payload: `{"contentBlockIndex":0,"p":"abcd","delta":{"text":"a"}}`},
	"key of another case":      {payload: `{"contentBlockIndex":0,"delta":{"Text":"a"}}`},
	"more in the delta":        {payload: `{"contentBlockIndex":0,"delta":{"text":"a","x":1}}`},
	"text twice":               {payload: `{"contentBlockIndex":0,"delta":{"text":"a","text":"b"}}`},
	"more in the event":        {payload: `{"contentBlockIndex":0,"delta":{"text":"a"},"x":1}`},
	"more after the padding":   {payload: `{"contentBlockIndex":0,"delta":{"text":"a"},"p":"b","contentBlockIndex":1}`},
	"spaces":                   {payload: `{"contentBlockIndex": 0, "delta": {"text": "a"}}`},
	"space before the string":  {payload: `{"contentBlockIndex":0,"delta":{"text": "a"}}`},
	"null text":                {payload: `{"contentBlockIndex":0,"delta":{"text":null}}`},
	"text a number":            {payload: `{"contentBlockIndex":0,"delta":{"text":1}}`},
	"tool use":                 {payload: `{"contentBlockIndex":0,"delta":{"toolUse":{"input":"a"}},"p":"b"}`},
	"reasoning":                {payload: `{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"a"}},"p":"b"}`},
	"padding with escapes":     {payload: `{"contentBlockIndex":0,"delta":{"text":"a"},"p":"\n"}`},
	"padding with a quote":     {payload: `{"contentBlockIndex":0,"delta":{"text":"a"},"p":"a"b"}`},
	"padding with a control":   {payload: `{"contentBlockIndex":0,"delta":{"text":"a"},"p":"` + "\n" + `"}`},
	"padding a number":         {payload: `{"contentBlockIndex":0,"delta":{"text":"a"},"p":1}`},
	"padding cut":              {payload: `{"contentBlockIndex":0,"delta":{"text":"a"},"p":"ab`},
	"trailing garbage":         {payload: delta("a") + "x"},
	"trailing space":           {payload: delta("a") + "\n"},
	"garbage without padding":  {payload: `{"contentBlockIndex":0,"delta":{"text":"a"}}}`},
	"byte order mark":          {payload: "\ufeff" + delta("a")},
	"nothing":                  {payload: ""},
	"an empty object":          {payload: "{}"},
}

func TestTextDelta(t *testing.T) {
	t.Parallel()
	for name, tt := range textTests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			block, text, ok := TextDelta([]byte(tt.payload))
			if block != tt.block || text != tt.text || ok != tt.ok {
				t.Fatalf("got %d, %q, %t, want %d, %q, %t", block, text, ok, tt.block, tt.text, tt.ok)
			}
			if !ok {
				return
			}
			block, text, err := sdkText(event(t, "contentBlockDelta", tt.payload))
			if err != nil || block != tt.block || text != tt.text {
				t.Errorf("the SDK: got %d, %q, %v", block, text, err)
			}
		})
	}
}

func TestTextDeltaOfACutPayloadIsNotTaken(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{delta(`a\n`), `{"contentBlockIndex":10,"delta":{"text":"a"}}`} {
		for cut := range len(payload) {
			if block, text, ok := TextDelta([]byte(payload[:cut])); ok || block != 0 || text != "" {
				t.Errorf("%s: got %d, %q, %t, want 0, \"\", false", payload[:cut], block, text, ok)
			}
		}
	}
}

func TestTextOutlivesItsPayload(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{delta("Hello"), delta(`Hello\n`)} {
		b := []byte(payload)
		_, text, ok := TextDelta(b)
		clear(b)
		if !ok || !strings.HasPrefix(text, "Hello") {
			t.Errorf("%s: got %q, %t", payload, text, ok)
		}
	}
}
