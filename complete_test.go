package bedrock

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"example.com/bedrock/internal/frame"
)

// Members of a chunk that Bedrock adds.
const (
	metricsMember    = `"amazon-bedrock-invocationMetrics":{"inputTokenCount":9,"outputTokenCount":2}`
	intervenedMember = `"amazon-bedrock-guardrailAction":"INTERVENED"`
	traceMember      = `"amazon-bedrock-trace":{"guardrail":{"actionReason":"Guardrail blocked."}}`
	titanMember      = `"totalOutputTextTokenCount":3.0`
)

func chunkFrames(chunks ...string) (frames []string) {
	for _, c := range chunks {
		frames = append(frames, chunkFrame(c))
	}
	return frames
}

// eventFrames makes frames without a payload.
func eventFrames(names ...string) (frames []string) {
	for _, name := range names {
		frames = append(frames, eventFrame(name, "{}"))
	}
	return frames
}

// noteAll reads the frames and notes them.
func noteAll(t *testing.T, c *completeness, frames []string) {
	t.Helper()
	for r := frame.NewReader(strings.NewReader(strings.Join(frames, ""))); ; {
		f, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		c.note(f)
	}
}

func TestCompleteness(t *testing.T) {
	t.Parallel()
	const never, clean, always = 0, 1, 2 // complete never, at a clean end, however the bytes end between two frames
	converse, invoke, unmarked := completeness{converse: true}, completeness{}, completeness{unmarkedEnd: true}
	for name, tt := range map[string]struct {
		c      completeness
		frames []string
		want   int
	}{
		"nothing came, ConverseStream":  {converse, nil, never},
		"nothing came, InvokeModel":     {invoke, nil, never},
		"nothing came, unmarked end":    {unmarked, nil, never},
		"before messageStop":            {converse, eventFrames("messageStart", "contentBlockDelta", "contentBlockStop"), never},
		"messageStop":                   {converse, eventFrames("messageStart", "contentBlockDelta", "messageStop"), clean},
		"messageStop alone":             {converse, eventFrames("messageStop"), clean},
		"messageStop and metadata":      {converse, eventFrames("messageStart", "messageStop", "metadata"), always},
		"metadata alone":                {converse, eventFrames("messageStart", "metadata"), never},
		"metadata first":                {converse, eventFrames("metadata", "messageStop"), always},
		"a new event after metadata":    {converse, eventFrames("messageStop", "metadata", "new"), always},
		"chunks in a ConverseStream":    {converse, chunkFrames(`{` + metricsMember + `}`), never},
		"ConverseStream, unmarked end":  {completeness{converse: true, unmarkedEnd: true}, eventFrames("messageStart", "contentBlockDelta"), never},
		"messageStop in an InvokeModel": {invoke, eventFrames("messageStop", "metadata"), never},
		"unmarked end without a chunk":  {unmarked, eventFrames("new"), never},
		"unmarked end":                  {unmarked, chunkFrames(`{"a":1}`), clean},
		"unmarked end, empty chunk":     {unmarked, []string{eventFrame("chunk", "")}, clean},
		"unmarked end, with metrics":    {unmarked, chunkFrames(`{` + metricsMember + `}`), always},

		"a chunk":                            {invoke, chunkFrames(`{"a":1}`), never},
		"metrics":                            {invoke, chunkFrames(`{"a":1}`, `{"a":2,`+metricsMember+`}`), always},
		"metrics in the only chunk":          {invoke, chunkFrames(`{` + metricsMember + `}`), always},
		"empty metrics":                      {invoke, chunkFrames(`{"amazon-bedrock-invocationMetrics": {} }`), always},
		"a new event after the metrics":      {invoke, append(chunkFrames(`{`+metricsMember+`}`), eventFrames("new")...), always},
		"a chunk after the metrics":          {invoke, chunkFrames(`{`+metricsMember+`}`, `{"a":1}`), never},
		"metrics twice":                      {invoke, chunkFrames(`{`+metricsMember+`}`, `{`+metricsMember+`}`), always},
		"metrics that are null":              {invoke, chunkFrames(`{"amazon-bedrock-invocationMetrics":null}`), never},
		"metrics that are text":              {invoke, chunkFrames(`{"amazon-bedrock-invocationMetrics":"{}"}`), never},
		"metrics that are a list":            {invoke, chunkFrames(`{"amazon-bedrock-invocationMetrics":[{}]}`), never},
		"metrics, then null":                 {invoke, chunkFrames(`{` + metricsMember + `,"amazon-bedrock-invocationMetrics":null}`), never},
		"metrics within the chunk's JSON":    {invoke, chunkFrames(`{"delta":{` + metricsMember + `}}`), never},
		"metrics in a list":                  {invoke, chunkFrames(`[{` + metricsMember + `}]`), never},
		"metrics in the model's text":        {invoke, chunkFrames(`{"text":"{\"amazon-bedrock-invocationMetrics\":{}}"}`), never},
		"metrics in the model's text, alone": {invoke, chunkFrames(`"{\"amazon-bedrock-invocationMetrics\":{}}"`), never},
		"metrics beside the chunk's bytes":   {invoke, []string{eventFrame("chunk", `{"bytes":"e30=",`+metricsMember+`}`)}, never},
		"broken metrics":                     {invoke, chunkFrames(`{"amazon-bedrock-invocationMetrics":{`), never},
		"JSON after the metrics":             {invoke, chunkFrames(`{` + metricsMember + `}{}`), never},
		"no JSON":                            {invoke, chunkFrames(metricsMember), never},
		"no base64":                          {invoke, []string{eventFrame("chunk", `{"bytes":"{}"}`)}, never},
		"no bytes":                           {invoke, []string{eventFrame("chunk", `{"bytes":5}`)}, never},
		"no payload":                         {invoke, []string{eventFrame("chunk", "")}, never},
		"a payload that is null":             {invoke, []string{eventFrame("chunk", "null")}, never},
		"metrics in another event":           {invoke, []string{chunkFrame(`{"a":1}`), eventFrame("new", `{"bytes":"e30=",`+metricsMember+`}`)}, never},

		"blocked":                          {invoke, chunkFrames(`{"a":1,` + intervenedMember + `,` + traceMember + `}`), clean},
		"blocked, as Titan says it":        {invoke, chunkFrames(`{"outputText":"No.",` + titanMember + `,` + intervenedMember + `}`), clean},
		"blocked, with metrics":            {invoke, chunkFrames(`{` + intervenedMember + `,` + traceMember + `,` + metricsMember + `}`), always},
		"blocked, then another chunk":      {invoke, chunkFrames(`{`+intervenedMember+`,`+traceMember+`}`, `{"a":1}`), never},
		"blocked after another chunk":      {invoke, chunkFrames(`{"a":1}`, `{`+intervenedMember+`,`+traceMember+`}`), never},
		"INTERVENED alone":                 {invoke, chunkFrames(`{"a":1,` + intervenedMember + `}`), never},
		"INTERVENED alone, unmarked end":   {unmarked, chunkFrames(`{"a":1,` + intervenedMember + `}`), clean},
		"masked":                           {invoke, chunkFrames(`{"a":1,`+intervenedMember+`}`, `{"a":2,`+intervenedMember+`}`), never},
		"masked, with the last chunk":      {invoke, chunkFrames(`{"a":1,`+intervenedMember+`}`, `{"a":2,`+intervenedMember+`,`+traceMember+`,`+metricsMember+`}`), always},
		"masked, Titan isn't done":         {invoke, chunkFrames(`{"totalOutputTextTokenCount":null,` + intervenedMember + `}`), never},
		"a trace that is null":             {invoke, chunkFrames(`{"amazon-bedrock-trace":null,` + intervenedMember + `}`), never},
		"a trace that is text":             {invoke, chunkFrames(`{"amazon-bedrock-trace":"{}",` + intervenedMember + `}`), never},
		"a trace alone":                    {invoke, chunkFrames(`{` + traceMember + `,` + titanMember + `}`), never},
		"the guardrail let it pass":        {invoke, chunkFrames(`{"amazon-bedrock-guardrailAction":"NONE",` + traceMember + `}`), never},
		"INTERVENED in an inner object":    {invoke, chunkFrames(`{"a":{` + intervenedMember + `},` + traceMember + `}`), never},
		"INTERVENED in the model's text":   {invoke, chunkFrames(`{"a":"\"amazon-bedrock-guardrailAction\":\"INTERVENED\"",` + traceMember + `}`), never},
		"an action that is no text":        {invoke, chunkFrames(`{"amazon-bedrock-guardrailAction":["INTERVENED"],` + traceMember + `}`), never},
		"metrics, an action of a new type": {invoke, chunkFrames(`{"amazon-bedrock-guardrailAction":{"masked":true},` + metricsMember + `}`), always},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tt.c
			noteAll(t, &c, tt.frames)
			if got := c.complete(true, true); got != (tt.want >= clean) {
				t.Errorf("at a clean end: %v", got)
			}
			if got := c.complete(false, true); got != (tt.want >= always) {
				t.Errorf("at a reset: %v", got)
			}
			if c.complete(true, false) || c.complete(false, false) {
				t.Error("complete within a frame")
			}
		})
	}
}

// A frame that is noted costs no allocation once the longest chunk has come.
func TestNotingCostsNothing(t *testing.T) { // not parallel: it counts allocations
	long := chunkFrame(fmt.Sprintf(`{"text":%q}`, strings.Repeat("a", 1000)))
	f, err := frame.NewReader(strings.NewReader(long)).Next()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []completeness{{}, {converse: true}} {
		c.note(f)
		if n := testing.AllocsPerRun(100, func() { c.note(f) }); n != 0 {
			t.Errorf("%+v: %v allocations a frame", c.converse, n)
		}
	}
}
