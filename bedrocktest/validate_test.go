package bedrocktest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

const (
	claude      = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
	promptARN   = "arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ:1"
	profileARN  = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl"
	hello       = `{"role":"user","content":[{"text":"Hello"}]}`
	hi          = `{"role":"assistant","content":[{"text":"Hi"}]}`
	clock       = `{"toolSpec":{"name":"clock","inputSchema":{"json":{"type":"object"}}}}`
	useClock    = `{"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"clock","input":{}}}]}`
	clockResult = `{"toolResult":{"toolUseId":"t1","content":[{"text":"12:00"}]}}`
	withClock   = `,"toolConfig":{"tools":[` + clock + `]}`
	point       = `{"cachePoint":{"type":"default"}}`
)

// A refusedCase is a body, and what the validator says to it; "" accepts.
type refusedCase struct{ name, model, body, want string }

func testValidator(t *testing.T, operation string, tests []refusedCase) {
	t.Helper()
	t.Parallel()
	for _, tt := range tests {
		req := request(operation, tt.body)
		if req.Model = tt.model; req.Model == "" {
			req.Model = model
		}
		got := ""
		if f := (&Server{}).validate(req); f != nil {
			got = f.message
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		if f := (&Server{Lenient: true}).validate(req); f != nil {
			t.Errorf("%s: a lenient server refused it: %s", tt.name, f.message)
		}
	}
}

// talk is a body with messages and, after a comma, more.
func talk(messages ...string) string {
	more := ""
	if last := messages[len(messages)-1]; strings.HasPrefix(last, ",") {
		messages, more = messages[:len(messages)-1], last
	}
	return `{"messages":[` + strings.Join(messages, ",") + `]` + more + `}`
}

// says is a user message with these blocks.
func says(blocks ...string) string {
	return `{"role":"user","content":[` + strings.Join(blocks, ",") + `]}`
}

func TestValidatorMessages(t *testing.T) {
	const start = "A conversation must start with a user message. Try again with a conversation that starts with a user message."
	blank := func(i, j int) string {
		return fmt.Sprintf("The text field in the ContentBlock object at messages.%d.content.%d is blank. Add text to the text field, and try again.", i, j)
	}
	testValidator(t, "Converse", []refusedCase{
		{"a question", "", talk(hello), ""},
		{"no messages", "", talk(""), start},
		{"no messages for a prompt", promptARN, `{"promptVariables":{"city":{"text":"Oslo"}}}`, ""},
		{"the assistant begins", "", talk(hi, hello), start},
		{"the assistant begins after the system", "meta.llama3-8b-instruct-v1:0", talk(`{"role":"system","content":[{"text":"Be brief."}]}`, hi), start},
		{"the assistant begins, Anthropic", claude, talk(hi, hello), ""},
		{"the assistant begins, who knows whose", profileARN, talk(hi, hello), ""},
		{"the assistant goes on after a prompt", promptARN, talk(hi, hello), ""},
		{"the system alone", "", talk(`{"role":"system","content":[{"text":"Be brief."}]}`), ""},
		{"two user messages", "", talk(hello, hello), ""},
		{"prefilled", "", talk(hello, hi), ""},
		{"no content", "", talk(hello, hi, says()), "The content field in the Message object at messages.2 is empty. Add a ContentBlock object to the content field and try again."},
		{"no text", "", talk(says(`{"text":""}`)), blank(0, 0)},
		{"white space", "", talk(hello, hi, says(`{"text":"a"}`, `{"text":" \n"}`)), blank(2, 1)},
		{"a bad path", "", talk(hello, `,"additionalModelResponseFieldPaths":["/a","stop_sequence"]`),
			`The additionalModelResponseFieldPaths field holds "stop_sequence", which is no JSON pointer. A JSON pointer begins with a slash.`},
		{"a good path", "", talk(hello, `,"additionalModelResponseFieldPaths":["/stop_sequence"]`), ""},
		{"a prompt with all that it brings", promptARN, talk(hello, withClock+`,"inferenceConfig":{},"system":[],"additionalModelRequestFields":{}`),
			"A prompt from Prompt management defines additionalModelRequestFields, inferenceConfig, system, toolConfig itself. Remove what the request sets of it and try again."},
		{"a prompt and tool blocks", promptARN, talk(useClock, says(clockResult)), ""},
		{"a shape that nobody can read", "", `{"messages":"Hello"}`, ""},
	})
}

func TestValidatorTools(t *testing.T) {
	exceeds := func(i int) string {
		return fmt.Sprintf("The number of toolResult blocks at messages.%d.content exceeds the number of toolUse blocks of previous turn.", i)
	}
	const (
		undefined = "The toolConfig field must be defined when using toolUse and toolResult content blocks."
		prefill   = "The model returned the following errors: Your API request included an `assistant` message in the final position, " +
			"which would pre-fill the `assistant` response. When using tools, pre-filling the `assistant` response is not supported."
		thinking = "The model returned the following errors: Thinking may not be enabled when tool_choice forces tool use."
		schema   = "The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: object."
	)
	useTwo := `{"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"clock","input":{}}},{"toolUse":{"toolUseId":"t2","name":"clock","input":{}}}]}`
	served := `{"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"code","type":"server_tool_use","input":{}}},{"text":"Done."}]}`
	chosen := func(choice string) string {
		return `,"toolConfig":{"tools":[` + clock + `],"toolChoice":` + choice + `}`
	}
	enabled := `,"additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":1024}}`
	testValidator(t, "Converse", []refusedCase{
		{"a use and its result", "", talk(hello, useClock, says(clockResult), withClock), ""},
		{"and a question beside it", "", talk(hello, useClock, says(clockResult, `{"text":"So?"}`), withClock), ""},
		{"and a question after it", "", talk(hello, useClock, says(clockResult), hello, withClock), ""},
		{"no toolConfig", "", talk(hello, useClock, says(clockResult)), undefined},
		{"no toolConfig, result only", "", talk(says(clockResult)), undefined},
		{"a result of nothing", "", talk(says(clockResult), withClock), exceeds(0)},
		{"a result too many", "", talk(hello, useClock, says(clockResult, clockResult), withClock), exceeds(2)},
		{"a result long after", "", talk(hello, useClock, says(clockResult), hi, says(clockResult), withClock), exceeds(4)},
		{"another's result", "", talk(hello, useClock, says(strings.Replace(clockResult, "t1", "t9", 1)), withClock), "Expected toolResult blocks at messages.2.content for the following Ids: t1"},
		{"no result", "", talk(hello, useTwo, hello, withClock), "Expected toolResult blocks at messages.2.content for the following Ids: t1, t2"},
		{"a result of two", "", talk(hello, useTwo, says(clockResult), says(strings.Replace(clockResult, "t1", "t2", 1)), withClock), "Expected toolResult blocks at messages.2.content for the following Ids: t2"},
		{"uses in two messages", "", talk(hello, useClock, strings.Replace(useClock, "t1", "t2", 1), says(clockResult, strings.Replace(clockResult, "t1", "t2", 1)), withClock), ""},
		{"a tool that the service ran", "", talk(hello, served, hello), ""},
		{"an error without a word", "", talk(hello, useClock, says(`{"toolResult":{"toolUseId":"t1","status":"error","content":[]}}`), withClock),
			"The content field at messages.2.content.0.toolResult cannot be empty when status value is error."},
		{"a success without a word", "", talk(hello, useClock, says(`{"toolResult":{"toolUseId":"t1","status":"success","content":[]}}`), withClock), ""},
		{"no type of input", "", talk(hello, `,"toolConfig":{"tools":[{"toolSpec":{"name":"a","inputSchema":{"json":{"anyOf":[]}}}}]}`), schema},
		{"no input", "", talk(hello, `,"toolConfig":{"tools":[{"toolSpec":{"name":"a"}}]}`), schema},
		{"a name twice", "", talk(hello, `,"toolConfig":{"tools":[`+clock+`,`+point+`,`+clock+`]}`), "The tool clock is already defined at toolConfig.tools.2."},
		{"a known choice", "", talk(hello, chosen(`{"tool":{"name":"clock"}}`)), ""},
		{"an unknown choice", "", talk(hello, chosen(`{"tool":{"name":"watch"}}`)), "The tool watch at toolConfig.toolChoice.tool.name is not defined in toolConfig.tools."},
		{"a choice of the service's tool", "", talk(hello, `,"toolConfig":{"tools":[{"systemTool":{"name":"watch"}}],"toolChoice":{"tool":{"name":"watch"}}}`), ""},
		{"forced while thinking", claude, talk(hello, chosen(`{"any":{}}`)+enabled), thinking},
		{"chosen while thinking", claude, talk(hello, chosen(`{"tool":{"name":"clock"}}`)+enabled), thinking},
		{"free while thinking", claude, talk(hello, chosen(`{"auto":{}}`)+enabled), ""},
		{"forced while thinking, who knows whose", profileARN, talk(hello, chosen(`{"any":{}}`)+enabled), ""},
		{"forced without thinking", claude, talk(hello, chosen(`{"any":{}}`)), ""},
		{"prefilled after results", claude, talk(hello, useClock, says(clockResult), hello, hi, withClock), prefill},
		{"prefilled later", claude, talk(hello, useClock, says(clockResult), hi, hello, hi, withClock), ""},
		{"prefilled after results, Amazon", "", talk(hello, useClock, says(clockResult), hi, withClock), ""},
	})
}

func TestValidatorMedia(t *testing.T) {
	document := func(name string) string {
		return `{"document":{"name":"` + name + `","format":"txt","source":{"bytes":"YQ=="}}}`
	}
	documents := func(n int) string {
		blocks := []string{`{"text":"Look"}`}
		for i := range n {
			blocks = append(blocks, document(fmt.Sprint("d", i)))
		}
		return says(blocks...)
	}
	images := func(n int) string {
		return says(`{"text":"Look"}` + strings.Repeat(`,{"image":{"format":"png","source":{"bytes":"YQ=="}}}`, n))
	}
	const name = "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, " +
		"and square brackets. The name can't contain more than one consecutive whitespace character. " +
		"Check that the file name conforms to these restrictions and retry your request."
	testValidator(t, "ConverseStream", []refusedCase{
		{"a name of all that is allowed", "", talk(says(`{"text":"a"}`, document("Report_1-a (2) [3]"))), ""},
		{"a dot", "", talk(says(`{"text":"a"}`, document("report.pdf"))), name},
		{"two spaces", "", talk(says(`{"text":"a"}`, document("a  b"))), name},
		{"a tab", "", talk(says(`{"text":"a"}`, document(`a\tb`))), name},
		{"no name", "", talk(says(`{"text":"a"}`, document(""))),
			"1 validation error detected: Value '' at 'messages.1.member.content.2.member.document.name' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"a name twice", "", talk(says(`{"text":"a"}`, document("a")), hi, says(`{"text":"a"}`, document("a"))),
			"Messages can't contain duplicate document names. Rename the document and retry your request."},
		{"5 documents", "", talk(documents(5)), ""},
		{"6 documents", "", talk(documents(6)), "You can't include more than 5 documents in a request."},
		{"a document alone", "", talk(says(document("a"))), "A text block must be included when using documents. Add a text block and retry your request."},
		{"a document and guarded text", "", talk(says(document("a"), `{"guardContent":{"text":{"text":"a"}}}`)), ""},
		{"20 images", "", talk(images(20)), ""},
		{"21 images", "", talk(images(21)), "The content field in the Message object at messages.0 includes 21 images. The most that it can include is 20."},
		{"4 cache points", "", talk(says(`{"text":"a"}`, point, `{"text":"a"}`, point), `,"system":[{"text":"a"},`+point+`],"toolConfig":{"tools":[`+clock+`,`+point+`]}`), ""},
		{"5 cache points", claude, talk(says(`{"text":"a"}`, point, `{"text":"a"}`, point, point), `,"system":[{"text":"a"},`+point+`],"toolConfig":{"tools":[`+clock+`,`+point+`]}`),
			"The model returned the following errors: A maximum of 4 blocks with cache_control may be provided. Found 5."},
		{"5 cache points, who knows where", profileARN, talk(says(`{"text":"a"}`, point, point, point, point, point)), ""},
	})
}

func TestValidatorConstraints(t *testing.T) {
	one := func(value, path, must string) string {
		return "1 validation error detected: Value '" + value + "' at '" + path + "' failed to satisfy constraint: Member must " + must
	}
	long := strings.Repeat("a", 65)
	tooled := func(name string) string {
		return `,"toolConfig":{"tools":[{"toolSpec":{"name":"` + name + `","inputSchema":{"json":{"type":"object"}}}}]}`
	}
	inference := func(members string) string { return talk(hello, `,"inferenceConfig":{`+members+`}`) }
	testValidator(t, "Converse", []refusedCase{
		{"edges", "", inference(`"maxTokens":1,"temperature":0,"topP":1,"stopSequences":[]`), ""},
		{"edges again", "", inference(`"temperature":1,"topP":0,"stopSequences":["END"]`), ""},
		{"no tokens", "", inference(`"maxTokens":0`), one("0", "inferenceConfig.maxTokens", "have value greater than or equal to 1")},
		{"hot", "", inference(`"temperature":2`), one("2.0", "inferenceConfig.temperature", "have value less than or equal to 1")},
		{"cold", "", inference(`"topP":-0.5`), one("-0.5", "inferenceConfig.topP", "have value greater than or equal to 0")},
		{"no stop", "", inference(`"stopSequences":["a",""]`), one("[a, ]", "inferenceConfig.stopSequences", "satisfy constraint: [Member must have length greater than or equal to 1]")},
		{"2500 stops", "", inference(`"stopSequences":["a"` + strings.Repeat(`,"a"`, 2499) + `]`), ""},
		{"2501 stops", "", inference(`"stopSequences":["a"` + strings.Repeat(`,"a"`, 2500) + `]`),
			one("[a"+strings.Repeat(", a", 2500)+"]", "inferenceConfig.stopSequences", "have length less than or equal to 2500")},
		{"no system", "", talk(hello, `,"system":[{"text":""}]`), one("", "system.1.member.text", "have length greater than or equal to 1")},
		{"no tools", "", talk(hello, `,"toolConfig":{"tools":[]}`), one("[]", "toolConfig.tools", "have length greater than or equal to 1")},
		{"a good name", "", talk(hello, tooled("get-time_2")), ""},
		{"a name with a space", "", talk(hello, tooled("Get time")), one("Get time", "toolConfig.tools.1.member.toolSpec.name", "satisfy regular expression pattern: [a-zA-Z0-9_-]+")},
		{"a long name", "", talk(hello, tooled(long)), one(long, "toolConfig.tools.1.member.toolSpec.name", "have length less than or equal to 64")},
		{"three at once, as quoted", "", talk(hello, `,"toolConfig":{"tools":[{"toolSpec":{"name":"","description":"","inputSchema":{"json":{"type":"object"}}}}]}`),
			"3 validation errors detected: Value '' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+; " +
				"Value '' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
				"Value '' at 'toolConfig.tools.1.member.toolSpec.description' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"a bad name in history", "", talk(hello, strings.Replace(useClock, "clock", "$clock", 1), says(clockResult), withClock),
			one("$clock", "messages.2.member.content.1.member.toolUse.name", "satisfy regular expression pattern: [a-zA-Z0-9_-]+")},
		{"a bad id", "", talk(hello, useClock, says(strings.Replace(clockResult, "t1", "t 1", 1)), withClock),
			one("t 1", "messages.3.member.content.1.member.toolResult.toolUseId", "satisfy regular expression pattern: [a-zA-Z0-9_.:-]+")},
	})
}

func TestValidatorCountTokens(t *testing.T) {
	testValidator(t, "CountTokens", []refusedCase{
		{"a question", "", `{"input":{"converse":` + talk(hello) + `}}`, ""},
		{"a body", "", `{"input":{"invokeModel":{"body":"e30="}}}`, ""},
		{"no text", "", `{"input":{"converse":` + talk(says(`{"text":""}`)) + `}}`,
			"The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again."},
		{"no system", "", `{"input":{"converse":` + talk(hello, `,"system":[{"text":""}]`) + `}}`,
			"1 validation error detected: Value '' at 'input.converse.system.1.member.text' failed to satisfy constraint: Member must have length greater than or equal to 1"},
	})
}

func TestValidatorEmbeddings(t *testing.T) {
	malformed := func(faults string) string {
		return "Malformed input request: " + faults + ", please reformat your input and try again."
	}
	texts := func(n int) string {
		return `{"input_type":"search_query","texts":["a"` + strings.Repeat(`,"a"`, n-1) + `]}`
	}
	long := func(n int) string {
		return `{"input_type":"search_query","texts":["a","` + strings.Repeat("é", n) + `"]}`
	}
	const (
		titan1, titan2, image = "amazon.titan-embed-text-v1", "amazon.titan-embed-text-v2:0", "amazon.titan-embed-image-v1"
		nova                  = "amazon.nova-2-multimodal-embeddings-v1:0"
		cohere3, cohere4      = "cohere.embed-english-v3", "us.cohere.embed-v4:0"
	)
	testValidator(t, "InvokeModel", []refusedCase{
		{"no embedding model", "", `{}`, ""},
		{"an ARN", profileARN, `{"inputText":""}`, ""},
		{"no body", titan2, `[]`, ""},
		{"text", titan1, `{"inputText":"a"}`, ""},
		{"no input", titan1, `{}`, malformed("#: required key [inputText] not found")},
		{"empty input", titan2, `{"inputText":""}`, malformed("#/inputText: expected minLength: 1, actual: 0")},
		{"512", titan2, `{"inputText":"a","dimensions":512}`, ""},
		{"300", titan2, `{"inputText":"a","dimensions":300}`, malformed("#/dimensions: 300 is not a valid enum value")},
		{"image of 384", image, `{"inputImage":"a","embeddingConfig":{"outputEmbeddingLength":384}}`, ""},
		{"image of 512", image, `{"inputImage":"a","embeddingConfig":{"outputEmbeddingLength":512}}`, malformed("#/embeddingConfig/outputEmbeddingLength: 512 is not a valid enum value")},
		{"Nova 3072", nova, `{"taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"embeddingDimension":3072}}`, ""},
		{"Nova 512", nova, `{"taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"embeddingDimension":512}}`, malformed("#/singleEmbeddingParams/embeddingDimension: 512 is not a valid enum value")},
		{"96 texts", cohere3, texts(96), ""},
		{"97 texts", cohere4, texts(97), malformed("#/texts: expected maximum item count: 96, found: 97")},
		{"a body of Titan, as quoted", cohere3, `{"inputText":"a"}`,
			malformed("#: required key [texts] not found#: required key [input_type] not found#: extraneous key [inputText] is not permitted")},
		{"no type", cohere4, `{"texts":["a"]}`, malformed("#: required key [input_type] not found")},
		{"images", cohere4, `{"input_type":"search_document","images":["a"]}`, ""},
		{"2048 characters", cohere3, long(2048), ""},
		{"2049 characters", cohere3, long(2049), malformed("#/texts/1: expected maxLength: 2048, actual: 2049")},
		{"2049 characters, v4", cohere4, long(2049), ""},
		{"1536", cohere4, `{"input_type":"search_query","texts":["a"],"output_dimension":1536}`, ""},
		{"1000", cohere4, `{"input_type":"search_query","texts":["a"],"output_dimension":1000}`, malformed("#/output_dimension: 1000 is not a valid enum value")},
	})
}

func TestRefusedRequestLeavesTheQueue(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Queue(Text("Paris"))
	_, err := converse(once(s), " ")
	var refused *types.ValidationException
	if !errors.As(err, &refused) || !strings.HasPrefix(refused.ErrorMessage(), "The text field in the ContentBlock object at messages.0.content.0 is blank.") {
		t.Errorf("got %v, want a ValidationException of a blank text", err)
	}
	if n := len(s.Requests()); n != 1 {
		t.Errorf("got %d requests, want the refused one", n)
	}
	out, err := converse(once(s), "Capital of France?")
	if err != nil || replyText(out) != "Paris" {
		t.Errorf("got %v, want the queued reply", err)
	}
	s.Lenient = true
	if _, err := converse(once(s), " "); err != nil {
		t.Errorf("lenient: got %v", err)
	}
}
