package bedrocktest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
)

func TestSampleReply(t *testing.T) {
	t.Parallel()
	const weather = `{"toolSpec":{"name":"weather","inputSchema":{"json":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}}`
	const format = `,"outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"]}"}}}}`
	tools := `,"toolConfig":{"tools":[` + point + `,` + weather + `,` + clock + `]`
	for name, tt := range map[string]struct{ body, want string }{
		"question":             {talk(hello), `"content":[{"text":"You said: Hello"}]`},
		"media":                {talk(hello, hi, says(`{"text":"Look"}`, `{"image":{}}`, `{"image":{}}`, `{"document":{"name":"a"}}`, `{"video":{}}`, `{"audio":{}}`)), `You said: Look [2 images] [1 document] [1 video] [1 audio clip]`},
		"nobody":               {`{}`, `"You said: "`},
		"tools":                {talk(hello, tools+`}`), `"toolUse":{"input":{"city":"sample"},"name":"weather","toolUseId":"tooluse_1"}},{"toolUse":{"input":{},"name":"clock","toolUseId":"tooluse_2"}}]`},
		"any of several":       {talk(hello, tools+`,"toolChoice":{"any":{}}}`), `"toolUseId":"tooluse_2"`},
		"forced":               {talk(hello, tools+`,"toolChoice":{"tool":{"name":"clock"}}}`), `"toolUse":{"input":{},"name":"clock"`},
		"forced after results": {talk(hello, useClock, says(clockResult), tools+`,"toolChoice":{"tool":{"name":"weather"}}}`), `"name":"weather","toolUseId":"tooluse_2"`},
		"results":              {talk(hello, useClock, says(clockResult, `{"toolResult":{"toolUseId":"t2","content":[{"json":{"c":20}},{"image":{}}]}}`), withClock), `"The tools say: 12:00; {\"c\":20} [1 image]"`},
		"output":               {talk(hello, format), `"content":[{"text":"{\"n\":1}"}]`},
		"output after results": {talk(hello, useClock, says(clockResult), withClock+format), `"content":[{"text":"{\"n\":1}"}]`},
		"thinking":             {talk(hello, `,"additionalModelRequestFields":{"thinking":{"type":"adaptive"}}`), `"content":[{"reasoningContent":{"reasoningText":{"signature":"c2FtcGxl"`},
		"older thinking":       {talk(hello, `,"additionalModelRequestFields":{"reasoning_config":{"type":"enabled"}}`), `"reasoningContent"`},
		"Nova's thinking":      {talk(hello, `,"additionalModelRequestFields":{"reasoningConfig":{"type":"enabled"}}`), `"reasoningContent"`},
		"no thinking":          {talk(hello, `,"additionalModelRequestFields":{"thinking":{"type":"disabled"}}`), `"content":[{"text"`},
	} {
		if got := answered(t, Sample(), request("Converse", tt.body)); !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %s, want %s in it", name, got, tt.want)
		}
	}
	if got := answered(t, Sample().Usage(7, 3), request("ConverseStream", talk(hello))); !strings.Contains(got, `{"text":" Hello"}`) || !strings.Contains(got, `"inputTokens":7`) {
		t.Errorf("stream: got %s", got)
	}
}

func TestSampleOfOtherOperations(t *testing.T) {
	t.Parallel()
	titan := request("InvokeModel", `{"inputText":"a","dimensions":256}`)
	titan.Model = "amazon.titan-embed-text-v2:0"
	if got := answered(t, Sample(), titan); !strings.Contains(got, `"inputTextTokenCount":1`) {
		t.Errorf("embedding: got %s", got)
	}
	if got := answered(t, Sample(), request("InvokeModel", `{"prompt":"a"}`)); got != `{"prompt":"a"}` {
		t.Errorf("body: got %s, want the echo", got)
	}
	if got := answered(t, Sample(), request("CountTokens", `{"input":{"converse":`+talk(hello)+`}}`)); got != `{"inputTokens":1}` {
		t.Errorf("count: got %s", got)
	}
	for body, want := range map[string]string{
		talk(hello, `,"toolConfig":{"tools":[`+clock+`],"toolChoice":{"tool":{"name":"watch"}}}`):                      `toolChoice names tool "watch"`,
		talk(hello, `,"toolConfig":{"tools":[{"toolSpec":{"name":"a"}}]}`):                                             "tool a: the schema is no JSON",
		talk(hello, `,"outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"<"}}}}`): "the schema is no JSON",
	} {
		if _, err := Sample().answer(request("Converse", body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", body, err, want)
		}
	}
}

func TestSampleCachesWhatCameBefore(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	usageOf := func(body string) string {
		req := request("Converse", body)
		req.server = s
		var reply struct {
			Usage struct{ InputTokens, OutputTokens, CacheReadInputTokens, CacheWriteInputTokens int }
		}
		if err := json.Unmarshal([]byte(answered(t, Sample(), req)), &reply); err != nil {
			t.Fatal(err)
		}
		u := reply.Usage
		return fmt.Sprint(u.InputTokens, u.OutputTokens, u.CacheReadInputTokens, u.CacheWriteInputTokens)
	}
	system := `,"system":[{"text":"Be very brief."},` + point + `]`
	for _, tt := range []struct{ name, body, want string }{
		{"no point", talk(hello), "1 3 0 0"},
		{"written", talk(hello, system), "1 3 0 3"},
		{"read", talk(hello, hi, hello, system), "3 3 3 0"},
		{"read and written", talk(hello, hi, says(`{"text":"Hello"}`, point), system), "0 3 3 3"},
		{"all read", talk(hello, hi, says(`{"text":"Hello"}`, point), system), "0 3 6 0"},
		{"another beginning", talk(hello, `,"system":[{"text":"Be long."},`+point+`]`), "1 3 0 2"},
	} {
		if got := usageOf(tt.body); got != tt.want {
			t.Errorf("%s: got %s tokens of input, output, read, written, want %s", tt.name, got, tt.want)
		}
	}
}

func TestSampleFitsTheSchema(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["b"]}`: `{"b":1}`,
		`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"number"}}}`:                   `{"a":"sample","b":1}`,
		`{"type":["null","boolean"]}`:        `true`,
		`{"type":["null"]}`:                  `null`,
		`{"type":"null"}`:                    `null`,
		`{"enum":["x","y"]}`:                 `"x"`,
		`{"const":7}`:                        `7`,
		`{"type":"string","default":"d"}`:    `"d"`,
		`{"type":"string","examples":["e"]}`: `"e"`,
		`{"anyOf":[{"type":"null"},{"type":"integer","minimum":5}]}`: `5`,
		`{"anyOf":[{"type":"null"}]}`:                                `null`,
		`{"oneOf":[{"type":"string"},{"type":"null"}]}`:              `"sample"`,
		`{"type":"object","properties":{"a":{"type":"string"}},"allOf":[{"required":["a"]},{"required":["b"],"properties":{"b":{"const":1}}}]}`: `{"a":"sample","b":1}`,
		`{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"array","items":{"type":"boolean"}}}}`:                                                   `[true]`,
		`{"type":"array","items":{"type":"integer"},"minItems":3}`:                                                                              `[1,1,1]`,
		`{"type":"array","maxItems":0}`: `[]`,
		`{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":false}`: `["sample",1]`,
		`{"items":{"const":2}}`:                         `[2]`,
		`{"properties":{"a":{}}}`:                       `{"a":"sample"}`,
		`{"type":"string","minLength":8}`:               `"sampleee"`,
		`{"type":"string","maxLength":3}`:               `"sam"`,
		`{"type":"string","format":"date"}`:             `"2026-01-31"`,
		`{"type":"string","format":"date-time"}`:        `"2026-01-31T12:00:00Z"`,
		`{"type":"string","format":"time"}`:             `"12:00:00Z"`,
		`{"type":"string","format":"duration"}`:         `"PT1H"`,
		`{"type":"string","format":"email"}`:            `"sample@example.com"`,
		`{"type":"string","format":"hostname"}`:         `"example.com"`,
		`{"type":"string","format":"ipv4"}`:             `"192.0.2.1"`,
		`{"type":"string","format":"uri"}`:              `"https://example.com/"`,
		`{"type":"string","format":"uuid"}`:             `"00000000-0000-4000-8000-000000000000"`,
		`{"type":"integer","exclusiveMinimum":1}`:       `2`,
		`{"type":"integer","maximum":-3}`:               `-3`,
		`{"type":"number","exclusiveMaximum":0}`:        `-0.0009765625`,
		`{"type":"integer","multipleOf":5}`:             `5`,
		`{"type":"integer","multipleOf":5,"maximum":4}`: `0`,
		`{}`:                                    `"sample"`,
		`true`:                                  `null`,
		`{"type":"array","items":{"$ref":"#"}}`: "",
		`{"type":"object","properties":{"next":{"$ref":"#"},"name":{"type":"string"}},"required":["name"]}`: `{"name":"sample"}`,
		`{"type":"object","properties":{"next":{"$ref":"#"}}}`:                                              "",
	} {
		got, err := sampleJSON([]byte(schema))
		if err != nil || want != "" && string(got) != want {
			t.Errorf("%s: got %s, %v, want %s", schema, got, err, want)
			continue
		}
		var s jsonschema.Schema
		if err := json.Unmarshal([]byte(schema), &s); err != nil {
			t.Fatalf("%s: %v", schema, err)
		}
		resolved, err := s.Resolve(nil)
		if err != nil {
			t.Fatalf("%s: %v", schema, err)
		}
		var value any
		if err := json.Unmarshal(got, &value); err != nil {
			t.Fatal(err)
		}
		if err := resolved.Validate(value); err != nil {
			t.Errorf("%s: %s doesn't fit: %v", schema, got, err)
		}
	}
}

// Also a schema that nothing fits, or only what has no end, has a sample.
func FuzzSampleJSON(f *testing.F) {
	for _, schema := range []string{
		`{"$ref":"#"}`, `{"$ref":"#/$defs/none"}`, `{"$ref":"#/type/x","type":"string"}`, `{"enum":[],"anyOf":[],"allOf":[]}`,
		`{"maxLength":-5}`, `{"minLength":1e300}`, `{"minLength":-1e300,"maxLength":1e300}`, `{"type":"string","maxLength":0.5}`,
		`{"items":{},"minItems":1e9}`, `{"items":{"items":{"minLength":1e9},"minItems":1e9},"minItems":1e9}`, `{"items":{},"minItems":-1,"maxItems":-1}`,
		`{"type":"number","multipleOf":5e-324}`, `{"type":"integer","multipleOf":1e308,"minimum":1.5e308}`, `{"type":"number","multipleOf":-1,"minimum":7,"maximum":3}`,
		`{"type":"number","exclusiveMinimum":1.7e308,"exclusiveMaximum":-1.7e308,"multipleOf":0}`,
		`{"properties":{"a":{"$ref":"#"},"b":{"$ref":"#"},"c":{"$ref":"#"},"d":{"$ref":"#"}},"required":["a","b","c","d"]}`,
		`{"allOf":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}]}`, `{"prefixItems":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}]}`,
		`{"anyOf":[{"$ref":"#"},{"$ref":"#"}],"type":["x",1]}`, `[]`, `5`, `null`,
	} {
		f.Add(schema)
	}
	f.Fuzz(func(t *testing.T, schema string) {
		if json.Unmarshal([]byte(schema), new(any)) != nil {
			t.Skip("no JSON, or a number beyond a float64")
		}
		if got, err := sampleJSON([]byte(schema)); err != nil || !json.Valid(got) {
			t.Errorf("%s: got %s, %v, want JSON", schema, got, err)
		}
	})
}
