package bedrocktest

import (
	"fmt"
	"slices"
	"strings"
)

// Anthropic's models and a few others take a conversation that the assistant
// begins; these makers' don't. The text is quoted by langgenius/dify 12340. An
// empty conversation gets it too.
func startsWithUser(c *conversation) string {
	const message = "A conversation must start with a user message. Try again with a conversation that starts with a user message."
	if c.prompt() {
		return "" // the prompt comes first
	}
	if len(c.Messages) == 0 {
		return message
	}
	first := slices.IndexFunc(c.Messages, func(m turn) bool { return m.Role != "system" })
	if first < 0 || c.Messages[first].Role != "assistant" {
		return ""
	}
	switch provider(c.model) {
	case "ai21", "amazon", "cohere", "meta", "mistral":
		return message
	}
	return ""
}

// earendil-works/pi 3443 and theopenco/llmgateway 3127.
func emptyContent(c *conversation) string {
	for i, m := range c.Messages {
		if len(m.Content) == 0 {
			return fmt.Sprintf("The content field in the Message object at messages.%d is empty. "+
				"Add a ContentBlock object to the content field and try again.", i)
		}
	}
	return ""
}

// White space alone is blank too: earendil-works/pi 4975, langchain-ai/langchain-aws
// 403.
func blankText(c *conversation) string {
	for i, m := range c.Messages {
		for j, b := range m.Content {
			if b.Text != nil && strings.TrimSpace(*b.Text) == "" {
				return fmt.Sprintf("The text field in the ContentBlock object at messages.%d.content.%d is blank. "+
					"Add text to the text field, and try again.", i, j)
			}
		}
	}
	return ""
}

// vxcontrol/pentagi 160, onyx-dot-app/onyx 7842.
func undefinedTools(c *conversation) string {
	if c.ToolConfig != nil || c.prompt() {
		return ""
	}
	for _, m := range c.Messages {
		if len(m.uses()) > 0 || len(m.results()) > 0 {
			return "The toolConfig field must be defined when using toolUse and toolResult content blocks."
		}
	}
	return ""
}

// The user message after an assistant's holds a result for each tool use of
// it: agno-agi/agno 6698, genkit-ai/aws-bedrock-js-plugin 664. No message has
// more results than there were uses: pydantic/pydantic-ai 2327. Messages of
// one role in a row are one turn, as recorded requests have them.
func toolTurns(c *conversation) string {
	if c.prompt() {
		return "" // whose messages aren't known
	}
	var uses []string // of the assistant's last turn
	for i, m := range c.Messages {
		follows := i > 0 && c.Messages[i-1].Role == "assistant"
		switch {
		case m.Role == "assistant" && follows:
			uses = append(uses, m.uses()...)
			continue
		case m.Role == "assistant":
			uses = m.uses()
			continue
		case m.Role != "user":
			continue
		}
		if len(m.results()) > len(uses) {
			return fmt.Sprintf("The number of toolResult blocks at messages.%d.content exceeds the number of toolUse blocks of previous turn.", i)
		}
		if missing := unanswered(uses, m.results()); follows && missing != nil {
			return fmt.Sprintf("Expected toolResult blocks at messages.%d.content for the following Ids: %s", i, strings.Join(missing, ", "))
		}
	}
	return ""
}

func unanswered(uses []string, results []*toolResult) (missing []string) {
	for _, id := range uses {
		if !slices.ContainsFunc(results, func(r *toolResult) bool { return r.ToolUseID == id }) {
			missing = append(missing, id)
		}
	}
	return missing
}

// aws-samples/sample-multi-agent-orchestration-chat-on-agentcore 15.
func emptyErrorResult(c *conversation) string {
	for i, m := range c.Messages {
		for j, b := range m.Content {
			if r := b.ToolResult; r != nil && r.Status == "error" && len(r.Content) == 0 {
				return fmt.Sprintf("The content field at messages.%d.content.%d.toolResult cannot be empty when status value is error.", i, j)
			}
		}
	}
	return ""
}

// DocumentBlock, API reference. What counts as white space was measured by
// aws-samples/generative-ai-use-cases 1671: a space does, a tab and U+3000
// don't; an underscore is accepted, and recorded.
func documentNames(c *conversation) string {
	wrong := func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune(" -_()[]", r) }
	var names []string
	for _, d := range c.documents() {
		if strings.ContainsFunc(d, wrong) || strings.Contains(d, "  ") {
			return "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, " +
				"and square brackets. The name can't contain more than one consecutive whitespace character. " +
				"Check that the file name conforms to these restrictions and retry your request."
		}
		if slices.Contains(names, d) { // in the whole request: maximhq/bifrost 7003
			return "Messages can't contain duplicate document names. Rename the document and retry your request."
		}
		names = append(names, d)
	}
	return ""
}

// documents are the names of all documents outside tool results.
func (c *conversation) documents() (names []string) {
	for _, m := range c.Messages {
		for _, b := range m.Content {
			if b.Document != nil {
				names = append(names, b.Document.Name)
			}
		}
	}
	return names
}

// Message, API reference; the text is from aws-samples/generative-ai-use-cases
// 1685.
func tooManyDocuments(c *conversation) string {
	if len(c.documents()) > 5 {
		return "You can't include more than 5 documents in a request."
	}
	return ""
}

// Message, API reference; the text is from BerriAI/litellm 36499. Whether text
// for a guardrail will do isn't known.
func documentWithoutText(c *conversation) string {
	for _, m := range c.Messages {
		has := func(kind func(contentBlock) bool) bool { return slices.ContainsFunc(m.Content, kind) }
		if has(func(b contentBlock) bool { return b.Document != nil }) &&
			!has(func(b contentBlock) bool { return b.Text != nil || b.GuardContent != nil }) {
			return "A text block must be included when using documents. Add a text block and retry your request."
		}
	}
	return ""
}

// Message, API reference.
func tooManyImages(c *conversation) string {
	for i, m := range c.Messages {
		images := 0
		for _, b := range m.Content {
			if b.Image != nil {
				images++
			}
		}
		if images > 20 {
			return fmt.Sprintf("The content field in the Message object at messages.%d includes %d images. "+
				"The most that it can include is 20.", i, images)
		}
	}
	return ""
}

// Of every maker's models; mastra-ai/mastra 8494 quotes it.
func schemaType(c *conversation) string {
	for i, t := range c.toolList() {
		if t.ToolSpec != nil && !t.takesObject() {
			return fmt.Sprintf("The value at toolConfig.tools.%d.toolSpec.inputSchema.json.type must be one of the following: object.", i)
		}
	}
	return ""
}

// Read in several projects' notes of Bedrock's answers; the index is that of
// the second. Anthropic's own service has other words.
func duplicateTool(c *conversation) string {
	defined := map[string]bool{}
	for i, t := range c.toolList() {
		if t.ToolSpec == nil {
			continue
		}
		if defined[t.ToolSpec.Name] {
			return fmt.Sprintf("The tool %s is already defined at toolConfig.tools.%d.", t.ToolSpec.Name, i)
		}
		defined[t.ToolSpec.Name] = true
	}
	return ""
}

// SpecificToolChoice, API reference: the tool that the model must request is
// one of the request's.
func unknownToolChoice(c *conversation) string {
	if c.ToolConfig == nil || c.ToolConfig.ToolChoice.Tool == nil {
		return ""
	}
	name := c.ToolConfig.ToolChoice.Tool.Name
	for _, t := range c.toolList() {
		if t.ToolSpec == nil && t.CachePoint == nil || t.ToolSpec != nil && t.ToolSpec.Name == name {
			return "" // it is there, or may be one that the service runs
		}
	}
	return fmt.Sprintf("The tool %s at toolConfig.toolChoice.tool.name is not defined in toolConfig.tools.", name)
}

// "Prompt caching for faster model inference" in the user guide has 4 for
// every model; the text is Anthropic's.
func tooManyCachePoints(c *conversation) string {
	points := 0
	for _, m := range c.Messages {
		for _, b := range m.Content {
			if b.CachePoint != nil {
				points++
			}
		}
	}
	for _, b := range c.System {
		if b.CachePoint != nil {
			points++
		}
	}
	for _, t := range c.toolList() {
		if t.CachePoint != nil {
			points++
		}
	}
	if points <= 4 || !slices.Contains([]string{"amazon", "anthropic"}, provider(c.model)) {
		return ""
	}
	return fmt.Sprintf("The model returned the following errors: A maximum of 4 blocks with cache_control may be provided. Found %d.", points)
}

// langchain-ai/langchain-aws 925, strands-agents/sdk-typescript 798.
func forcedWhileThinking(c *conversation) string {
	if c.ToolConfig == nil || c.thinking() != "enabled" || provider(c.model) != "anthropic" {
		return ""
	}
	if c.ToolConfig.ToolChoice.Any == nil && c.ToolConfig.ToolChoice.Tool == nil {
		return ""
	}
	return "The model returned the following errors: Thinking may not be enabled when tool_choice forces tool use."
}

// Recorded, twice. A third recording with tools ends in an assistant message
// too and was accepted: there the turn before holds no tool result.
func prefilledAfterTools(c *conversation) string {
	last := len(c.Messages) - 1
	if c.ToolConfig == nil || provider(c.model) != "anthropic" || last < 0 || c.Messages[last].Role != "assistant" {
		return ""
	}
	for i := last - 1; i >= 0 && c.Messages[i].Role == "user"; i-- {
		if len(c.Messages[i].results()) > 0 {
			return "The model returned the following errors: Your API request included an `assistant` message in the final position, " +
				"which would pre-fill the `assistant` response. When using tools, pre-filling the `assistant` response is not supported."
		}
	}
	return ""
}
