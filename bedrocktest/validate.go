package bedrocktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A rule is something that Bedrock refuses, with its message, or "". Each says
// where it is known from: a page of the Amazon Bedrock API Reference or User
// Guide, recorded traffic, or an issue thread that quotes the service. What is
// refused by some models only, or isn't known for sure, is no rule: a request
// that is refused here for no reason does more harm than one that isn't.
type rule func(*conversation) string

// rules are in the order in which Bedrock is taken to look: its own checks
// before the model's.
func rules() []rule {
	return []rule{
		promptOverridden, responsePaths,
		startsWithUser, emptyContent, blankText,
		undefinedTools, toolTurns, emptyErrorResult,
		documentNames, tooManyDocuments, documentWithoutText, tooManyImages,
		schemaType, duplicateTool, unknownToolChoice,
		tooManyCachePoints, forcedWhileThinking, prefilledAfterTools,
	}
}

// validate is the refusal that the real service would give, nil if it would
// accept the request or nobody knows.
func (s *Server) validate(req *Request) *failure {
	if s.Lenient {
		return nil
	}
	message := ""
	switch req.Operation {
	case "Converse", "ConverseStream", "CountTokens":
		message = validateConverse(req.conversation())
	case "InvokeModel":
		message = validateEmbedding(req)
	}
	if message == "" {
		return nil
	}
	return &failure{code: "ValidationException" + bedrockURI, message: message}
}

func validateConverse(c *conversation) string {
	if c == nil {
		return ""
	}
	if message := c.constraints().message(); message != "" {
		return message
	}
	for _, rule := range rules() {
		if message := rule(c); message != "" {
			return message
		}
	}
	return ""
}

// violations of what the API's model says of lengths, ranges and patterns. The
// service gathers them before it looks at anything else, in the form that
// issue threads quote: BerriAI/litellm 24668 has three at once.
type violations struct {
	path string
	all  []string
}

func (v *violations) message() string {
	switch len(v.all) {
	case 0:
		return ""
	case 1:
		return "1 validation error detected: " + v.all[0]
	}
	return fmt.Sprintf("%d validation errors detected: %s", len(v.all), strings.Join(v.all, "; "))
}

func (v *violations) add(value, path, must string) {
	v.all = append(v.all, fmt.Sprintf("Value '%s' at '%s%s' failed to satisfy constraint: Member must %s", value, v.path, path, must))
}

// length checks a string against bounds in characters.
func (v *violations) length(value, path string, least, most int) {
	n := len([]rune(value))
	if n < least {
		v.add(value, path, "have length greater than or equal to "+strconv.Itoa(least))
	}
	if n > most {
		v.add(value, path, "have length less than or equal to "+strconv.Itoa(most))
	}
}

// constraints are those of the pages ToolSpecification, ToolUseBlock,
// ToolResultBlock, DocumentBlock, ToolConfiguration, SystemContentBlock and
// InferenceConfiguration of the API reference.
func (c *conversation) constraints() *violations {
	v := &violations{path: c.path}
	for i, m := range c.Messages {
		for j, b := range m.Content {
			c.blockConstraints(v, b, fmt.Sprintf("messages.%d.member.content.%d.member", i+1, j+1))
		}
	}
	for i, b := range c.System {
		if b.Text != nil {
			v.length(*b.Text, fmt.Sprintf("system.%d.member.text", i+1), 1, len(*b.Text))
		}
	}
	c.toolConstraints(v)
	c.inferenceConstraints(v)
	return v
}

func (c *conversation) blockConstraints(v *violations, b contentBlock, path string) {
	if b.ToolUse != nil && b.ToolUse.Type == "" {
		toolName(v, b.ToolUse.Name, path+".toolUse.name")
		toolUseID(v, b.ToolUse.ToolUseID, path+".toolUse.toolUseId")
	}
	if b.ToolResult != nil {
		toolUseID(v, b.ToolResult.ToolUseID, path+".toolResult.toolUseId")
	}
	if b.Document != nil {
		v.length(b.Document.Name, path+".document.name", 1, 200)
	}
}

// toolName holds a name to its pattern, in history too: NousResearch/hermes-agent
// 90008 quotes the refusal.
func toolName(v *violations, name, path string) {
	pattern(v, name, path, "[a-zA-Z0-9_-]+", "_-")
	v.length(name, path, 1, 64)
}

func toolUseID(v *violations, id, path string) {
	pattern(v, id, path, "[a-zA-Z0-9_.:-]+", "_.:-")
	v.length(id, path, 1, 64)
}

// pattern admits letters, digits and the other characters, at least one.
func pattern(v *violations, value, path, expression, others string) {
	wrong := func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune(others, r) }
	if value == "" || strings.ContainsFunc(value, wrong) {
		v.add(value, path, "satisfy regular expression pattern: "+expression)
	}
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

func (c *conversation) toolConstraints(v *violations) {
	if c.ToolConfig == nil {
		return
	}
	if c.ToolConfig.Tools != nil && len(c.ToolConfig.Tools) == 0 {
		v.add("[]", "toolConfig.tools", "have length greater than or equal to 1")
	}
	for i, t := range c.toolList() {
		if t.ToolSpec == nil {
			continue
		}
		path := fmt.Sprintf("toolConfig.tools.%d.member.toolSpec", i+1)
		toolName(v, t.ToolSpec.Name, path+".name")
		if d := t.ToolSpec.Description; d != nil {
			v.length(*d, path+".description", 1, len(*d))
		}
	}
}

func (c *conversation) inferenceConstraints(v *violations) {
	if c.InferenceConfig == nil {
		return
	}
	if n := c.InferenceConfig.MaxTokens; n != nil && *n < 1 {
		v.add(strconv.Itoa(*n), "inferenceConfig.maxTokens", "have value greater than or equal to 1")
	}
	fraction := func(f *float64, path string) {
		switch {
		case f == nil:
		case *f < 0:
			v.add(float(*f), path, "have value greater than or equal to 0")
		case *f > 1:
			v.add(float(*f), path, "have value less than or equal to 1")
		}
	}
	fraction(c.InferenceConfig.Temperature, "inferenceConfig.temperature")
	fraction(c.InferenceConfig.TopP, "inferenceConfig.topP")
	stops := c.InferenceConfig.StopSequences
	list := "[" + strings.Join(stops, ", ") + "]"
	if len(stops) > 2500 {
		v.add(list, "inferenceConfig.stopSequences", "have length less than or equal to 2500")
	}
	if slices.Contains(stops, "") {
		v.add(list, "inferenceConfig.stopSequences", "satisfy constraint: [Member must have length greater than or equal to 1]")
	}
}

// float is a number as the service's messages have it: 2.0.
func float(f float64) string {
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// A prompt of Prompt management brings these fields along (Converse, API
// reference). It refuses them even when they are empty:
// langchain-ai/langchainjs 9310.
func promptOverridden(c *conversation) string {
	if !c.prompt() {
		return ""
	}
	var set []string
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"additionalModelRequestFields", c.AdditionalModelRequestFields != nil},
		{"inferenceConfig", c.InferenceConfig != nil},
		{"system", c.System != nil},
		{"toolConfig", c.ToolConfig != nil},
	} {
		if f.set {
			set = append(set, f.name)
		}
	}
	if set == nil {
		return ""
	}
	return fmt.Sprintf("A prompt from Prompt management defines %s itself. Remove what the request sets of it and try again.",
		strings.Join(set, ", "))
}

func (c *conversation) prompt() bool { return strings.Contains(c.model, ":prompt/") }

// A path that is no JSON pointer is refused with status 400 (Converse, API
// reference, additionalModelResponseFieldPaths).
func responsePaths(c *conversation) string {
	for _, path := range c.AdditionalModelResponseFieldPaths {
		if !strings.HasPrefix(path, "/") {
			return fmt.Sprintf("The additionalModelResponseFieldPaths field holds %q, which is no JSON pointer. "+
				"A JSON pointer begins with a slash.", path)
		}
	}
	return ""
}

// validateEmbedding holds the body of an embedding model to its schema. The
// form of the messages is recorded of other models' bodies; those of Cohere
// are quoted by promptfoo/promptfoo 921 and langgenius/dify 3942.
func validateEmbedding(req *Request) string {
	family := embeddingFamily(req)
	var body embeddingBody
	if family == noEmbedding || strings.HasPrefix(req.Model, "arn:") || json.Unmarshal(req.Body, &body) != nil {
		return ""
	}
	faults := embeddingFaults(family, body)
	if faults == "" {
		return ""
	}
	return "Malformed input request: " + faults + ", please reformat your input and try again."
}

// embeddingFaults are by the pages "Amazon Titan Embeddings G1 - Text",
// "Amazon Titan Multimodal Embeddings G1", "Cohere Embed v3" and "v4" of the
// user guide, and "Complete embeddings request and response schema" of the
// Amazon Nova User Guide.
func embeddingFaults(family family, body embeddingBody) string {
	switch family {
	case titanV1, titanV2:
		if body.InputText == nil {
			return "#: required key [inputText] not found"
		}
		if *body.InputText == "" {
			return "#/inputText: expected minLength: 1, actual: 0"
		}
	case cohereV3, cohereV4:
		if faults := cohereFaults(family, body); faults != "" {
			return faults
		}
	}
	asked := body.dimension(family)
	if allowed := family.dimensions(); asked != 0 && allowed != nil && !slices.Contains(allowed, asked) {
		return fmt.Sprintf("#/%s: %d is not a valid enum value", family.dimensionField(), asked)
	}
	return ""
}

func cohereFaults(family family, body embeddingBody) string {
	faults := ""
	if body.Texts == nil && body.Images == nil && body.Inputs == nil {
		faults += "#: required key [texts] not found"
	}
	if body.InputType == nil {
		faults += "#: required key [input_type] not found"
	}
	if body.InputText != nil {
		faults += "#: extraneous key [inputText] is not permitted"
	}
	if faults != "" {
		return faults
	}
	if n := len(body.Texts); n > 96 {
		return fmt.Sprintf("#/texts: expected maximum item count: 96, found: %d", n)
	}
	for i, text := range body.Texts {
		if n := len([]rune(text)); n > 2048 && family == cohereV3 {
			return fmt.Sprintf("#/texts/%d: expected maxLength: 2048, actual: %d", i, n)
		}
	}
	return ""
}
