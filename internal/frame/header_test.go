package frame

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go/eventstream"
)

// everyType are headers of all value types, strings first, last and between.
var everyType = eventstream.Headers{
	header("first", "1st"),
	{Name: "true", Value: eventstream.BoolValue(true)},
	{Name: "false", Value: eventstream.BoolValue(false)},
	{Name: "int8", Value: eventstream.Int8Value(-8)},
	{Name: "int16", Value: eventstream.Int16Value(-16)},
	{Name: "int32", Value: eventstream.Int32Value(-32)},
	header(eventType, "chunk"),
	{Name: "int64", Value: eventstream.Int64Value(-64)},
	{Name: "bytes", Value: eventstream.BytesValue("abc")},
	{Name: "timestamp", Value: eventstream.TimestampValue(time.UnixMilli(1))},
	{Name: "uuid", Value: eventstream.UUIDValue{1, 2, 3}},
	header("empty", ""),
	header(strings.Repeat("n", 255), strings.Repeat("v", 1<<15-1)),
	header(messageType, "event"),
}

func readOne(tb testing.TB, b []byte) Frame {
	tb.Helper()
	f, err := NewReader(bytes.NewReader(b)).Next()
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func TestHeaderFindsStringsAmongAllTypes(t *testing.T) {
	t.Parallel()
	f := readOne(t, encode(t, "payload", everyType...))
	for _, h := range everyType {
		want, isString := h.Value.(eventstream.StringValue)
		if got := f.Header(h.Name); string(got) != string(want) || (got != nil) != isString {
			t.Errorf("%.20s: got %.20q, want %.20q (a string: %t)", h.Name, got, want, isString)
		}
	}
	for _, name := range []string{"", "firs", "first ", "FIRST", "payload", ":exception-type"} {
		if got := f.Header(name); got != nil {
			t.Errorf("%q, which isn't there: got %q, want nil", name, got)
		}
	}
	if got := (Frame{}).Header(messageType); got != nil {
		t.Errorf("of no frame: got %q, want nil", got)
	}
}

// As in the SDK, which keeps headers by name.
func TestLastOfSeveralHeadersCounts(t *testing.T) {
	t.Parallel()
	for _, name := range []string{messageType, eventType, ":exception-type"} {
		text := func(value string) string {
			return string(byte(len(name))) + name + "\x07\x00" + string(byte(len(value))) + value
		}
		yes := string(byte(len(name))) + name + "\x00"
		for _, tt := range []struct{ block, want string }{
			{text("a"), "a"},
			{text("a") + text("bc"), "bc"},
			{yes + text("a"), "a"},
			{text("a") + yes, ""},
		} {
			f := readOne(t, sealed([]byte(tt.block), ""))
			if got := f.Header(name); string(got) != tt.want || (got == nil) != (tt.want == "") {
				t.Errorf("%q: got %q, want %q", tt.block, got, tt.want)
			}
		}
	}
}

func TestHeaderBlockThatCantBeReadIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		block string
		ok    bool
	}{
		"none":                       {"", true},
		"a name of no bytes":         {"\x00\x00", true}, // the SDK takes it
		"a string of no bytes":       {"\x01a\x07\x00\x00", true},
		"the longest string":         {"\x01a\x07\xff\xff" + strings.Repeat("v", 1<<16-1), true},
		"the longest bytes":          {"\x01a\x06\xff\xff" + strings.Repeat("v", 1<<16-1), true},
		"only a name's length":       {"\x01", false},
		"a name cut":                 {"\x02a", false},
		"no type":                    {"\x01a", false},
		"unknown type":               {"\x01a\x0a", false},
		"type 255":                   {"\x01a\xff", false},
		"a string's length cut":      {"\x01a\x07\x00", false},
		"a string cut":               {"\x01a\x07\x00\x02v", false},
		"bytes cut":                  {"\x01a\x06\x00\x02v", false},
		"a number cut":               {"\x01a\x05\x00\x00\x00\x00\x00\x00\x00", false},
		"garbage after a good one":   {"\x01a\x00\x01", false},
		"a good one after a bad one": {"\x01a\x0a\x01b\x00", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := event(t, "ping", "{}")
			frames, err := drain(t, NewReader(bytes.NewReader(append(sealed([]byte(tt.block), "payload"), good...))))
			if tt.ok && (err != io.EOF || len(frames) != 2 || string(frames[0].Payload) != "payload") {
				t.Errorf("got %d frames, %v, want 2, EOF", len(frames), err)
			}
			if !tt.ok && (!errors.Is(err, ErrFormat) || len(frames) != 0) {
				t.Errorf("got %d frames, %v, want %v", len(frames), err, ErrFormat)
			}
		})
	}
}

func TestHeaderBlockCutWithinAHeaderIsRefused(t *testing.T) {
	t.Parallel()
	var block []byte
	whole := map[int]bool{0: true}
	for _, h := range everyType {
		if len(h.Name) == 255 {
			continue // as the others, only longer
		}
		block = append(block, readOne(t, encode(t, "", h)).Headers...)
		whole[len(block)] = true
	}
	for cut := range len(block) + 1 {
		var want error
		if !whole[cut] {
			want = ErrFormat
		}
		if _, err := NewReader(bytes.NewReader(sealed(block[:cut], "{}"))).Next(); !errors.Is(err, want) {
			t.Errorf("cut at %d: got %v, want %v", cut, err, want)
		}
	}
}
