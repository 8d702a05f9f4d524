package body

// AnthropicVersion is the value that [AnthropicRequest] needs as its AnthropicVersion.
const AnthropicVersion = "bedrock-2023-05-31"

// AnthropicRequest is the body for Anthropic Claude's Messages, from Claude 3 on, by
// "Anthropic Claude Messages API" in the Amazon Bedrock User Guide.
type AnthropicRequest struct {
	AnthropicVersion string             `json:"anthropic_version"`       // required: the constant of this name
	AnthropicBeta    []string           `json:"anthropic_beta,omitzero"` // names of beta features to switch on
	MaxTokens        int                `json:"max_tokens"`              // required: the most to generate; the model has its own maximum
	System           AnthropicContent   `json:"system,omitzero"`         // the system prompt: a text, or text blocks
	Messages         []AnthropicMessage `json:"messages"`                // required
	Temperature      *float64           `json:"temperature,omitzero"`    // 0 to 1, default 1; newer models take this or TopP, not both
	TopP             *float64           `json:"top_p,omitzero"`          // 0 to 1, default 0.999
	TopK             *int               `json:"top_k,omitzero"`          // 0 to 500, default off
	StopSequences    []string           `json:"stop_sequences,omitzero"` // up to 8,191 texts that end the answer

	Tools        []AnthropicTool        `json:"tools,omitzero"`
	ToolChoice   *AnthropicToolChoice   `json:"tool_choice,omitzero"` // default: auto
	Thinking     *AnthropicThinking     `json:"thinking,omitzero"`    // default: off
	OutputConfig *AnthropicOutputConfig `json:"output_config,omitzero"`
	Metadata     *AnthropicMetadata     `json:"metadata,omitzero"`
	// ContextManagement clears old tool results and thinking in long conversations; a beta.
	ContextManagement *AnthropicContextManagement `json:"context_management,omitzero"`

	GuardrailConfig *GuardrailConfig `json:"amazon-bedrock-guardrailConfig,omitzero"`
}

// AnthropicMessage is a turn of the conversation, by "Anthropic Claude Messages API" in
// the Amazon Bedrock User Guide.
type AnthropicMessage struct {
	Role    string           `json:"role"`    // required: "user", "assistant"; an assistant's last is the beginning of the answer
	Content AnthropicContent `json:"content"` // required
}

// AnthropicTool is a tool that the model may use, by "Anthropic Claude tool use" in the
// Amazon Bedrock User Guide.
//
// With Type "custom" or none it is the caller's own, with a Description and an
// InputSchema. Anthropic's own have a Type that ends in a date, a Name that goes with it, and neither of those:
// "computer_20251124" is "computer" and takes the Display fields, "bash_20250124" "bash",
// "text_editor_20250728" "str_replace_based_edit_tool" with MaxCharacters, "memory_20250818" "memory";
// "tool_search_tool_regex" finds tools whose DeferLoading is on.
type AnthropicTool struct {
	Type            string                 `json:"type,omitzero"`
	Name            string                 `json:"name"`                       // required, unique
	Description     string                 `json:"description,omitzero"`       // what it does and when to use it
	InputSchema     any                    `json:"input_schema,omitzero"`      // JSON schema of an object, required for custom tools
	InputExamples   []any                  `json:"input_examples,omitzero"`    // up to 20 inputs that fit the schema; a beta
	Strict          bool                   `json:"strict,omitzero"`            // inputs hold to the schema
	DeferLoading    bool                   `json:"defer_loading,omitzero"`     // seen only once a tool search found it; a beta
	CacheControl    *AnthropicCacheControl `json:"cache_control,omitzero"`     // cache everything up to here
	DisplayWidthPx  int                    `json:"display_width_px,omitzero"`  // of a computer, pixels; required there
	DisplayHeightPx int                    `json:"display_height_px,omitzero"` // of a computer, pixels; required there
	DisplayNumber   *int                   `json:"display_number,omitzero"`    // of a computer with X11
	EnableZoom      bool                   `json:"enable_zoom,omitzero"`       // of a computer from 20251124 on: may look at a part
	MaxCharacters   int                    `json:"max_characters,omitzero"`    // of a text editor from 20250728 on: most to show of a file
}

// AnthropicToolChoice says whether the model uses a tool, by "Anthropic Claude tool
// use" in the Amazon Bedrock User Guide.
type AnthropicToolChoice struct {
	Type                   string `json:"type"`                               // required: "auto", "any", "tool", "none"
	Name                   string `json:"name,omitzero"`                      // with "tool": which
	DisableParallelToolUse bool   `json:"disable_parallel_tool_use,omitzero"` // one tool at a time
}

// AnthropicThinking switches thinking on, by "Extended thinking" and "Adaptive
// thinking" in the Amazon Bedrock User Guide.
type AnthropicThinking struct {
	Type         string `json:"type"`                   // required: "enabled" (with a budget), "adaptive", "disabled"
	BudgetTokens int    `json:"budget_tokens,omitzero"` // tokens for thinking, at least 1,024 and less than MaxTokens
	Display      string `json:"display,omitzero"`       // of thoughts in the answer: "summarized", "omitted"
}

// AnthropicOutputConfig says how much to spend on an answer and which form it has, by
// "Anthropic Claude Messages API" and "Get validated JSON results from models" in the Amazon Bedrock User Guide.
type AnthropicOutputConfig struct {
	Effort string           `json:"effort,omitzero"` // "low", "medium", "high" (default); some models also "xhigh", "max"
	Format *AnthropicFormat `json:"format,omitzero"`
}

// AnthropicFormat holds the answer to a JSON schema, by "Get validated JSON results
// from models" in the Amazon Bedrock User Guide.
type AnthropicFormat struct {
	Type   string `json:"type"` // required: "json_schema"
	Schema any    `json:"schema"`
}

// AnthropicMetadata says who asks, by Anthropic's Messages API reference.
type AnthropicMetadata struct {
	UserID string `json:"user_id,omitzero"` // opaque: no name, no address
}

// AnthropicContextManagement is a list of edits, by "Anthropic Claude tool use" in the
// Amazon Bedrock User Guide.
type AnthropicContextManagement struct {
	Edits []AnthropicEdit `json:"edits"`
}

// AnthropicEdit is what to clear from the conversation, and when, by "Anthropic Claude
// tool use" in the Amazon Bedrock User Guide.
type AnthropicEdit struct {
	Type            string              `json:"type"`                       // required: "clear_tool_uses_20250919", "clear_thinking_20251015"
	Trigger         *AnthropicThreshold `json:"trigger,omitzero"`           // default: 100,000 input tokens
	Keep            *AnthropicThreshold `json:"keep,omitzero"`              // the newest to keep; default 3 tool uses
	ClearAtLeast    *AnthropicThreshold `json:"clear_at_least,omitzero"`    // tokens; not worth losing the cache for less
	ExcludeTools    []string            `json:"exclude_tools,omitzero"`     // names of tools whose results stay
	ClearToolInputs bool                `json:"clear_tool_inputs,omitzero"` // the calls go as well as their results
}

// AnthropicThreshold is an amount, by "Anthropic Claude tool use" in the Amazon Bedrock
// User Guide.
type AnthropicThreshold struct {
	Type  string `json:"type"` // required: "input_tokens", "tool_uses", "thinking_turns"
	Value int    `json:"value"`
}

// AnthropicCacheControl marks the end of what is cached, by "Prompt caching for faster
// model inference" in the Amazon Bedrock User Guide. A request has 4 at most.
type AnthropicCacheControl struct {
	Type string `json:"type"`         // required: "ephemeral"
	TTL  string `json:"ttl,omitzero"` // "5m" (default), "1h"
}

// GuardrailConfig is the part of a body that a guardrail reads, when the call names one, by
// "Use the Amazon Bedrock InvokeModel operation with a guardrail" in the Amazon Bedrock User Guide.
type GuardrailConfig struct {
	TagSuffix            string `json:"tagSuffix,omitzero"`            // of the tags around the input to check, 1 to 20 letters and digits
	StreamProcessingMode string `json:"streamProcessingMode,omitzero"` // "SYNCHRONOUS" (default), "ASYNCHRONOUS": sent before it is checked
}
