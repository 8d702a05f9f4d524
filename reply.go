package bedrock

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/middleware"

	"example.com/bedrock/internal/assemble"
)

// Reply is a model's answer: the SDK's ConverseOutput, with StopReason, Usage,
// Metrics, Trace and the rest, and shortcuts into it. A [Stream] gives the same.
type Reply struct {
	*bedrockruntime.ConverseOutput
	RequestID string // AWS request id, for AWS support
	Attempts  int    // requests sent, at least 1

	wanted *wanted // what Decode is to find
}

// Tokens counts the tokens of a call. Bedrock's input count leaves out what was
// read from or written to the prompt cache, so that nothing is in two of the fields.
type Tokens struct {
	Input      int // neither read from nor written to the cache
	Output     int
	CacheRead  int // input read from the cache
	CacheWrite int // input written to the cache
}

// Add returns the sum of two calls' tokens.
func (t Tokens) Add(u Tokens) Tokens {
	return Tokens{t.Input + u.Input, t.Output + u.Output, t.CacheRead + u.CacheRead, t.CacheWrite + u.CacheWrite}
}

// TotalInput is all of the prompt, cached or not, which other APIs report as input.
func (t Tokens) TotalInput() int { return t.Input + t.CacheRead + t.CacheWrite }

// Total is [Tokens.TotalInput] and the output. API field: usage.totalTokens.
func (t Tokens) Total() int { return t.TotalInput() + t.Output }

// newReply checks that there is a message.
func newReply(out *bedrockruntime.ConverseOutput) (*Reply, error) {
	m, ok := out.Output.(*types.ConverseOutputMemberMessage)
	if !ok {
		return nil, emptyReply(out.ResultMetadata)
	}
	assemble.Complete(m.Value.Content)
	return wrapReply(out), nil
}

func wrapReply(out *bedrockruntime.ConverseOutput) *Reply {
	id, _ := awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	return &Reply{ConverseOutput: out, RequestID: id, Attempts: attempts(out.ResultMetadata)}
}

// attempts of a call that succeeded.
func attempts(md middleware.Metadata) int {
	results, _ := retry.GetAttemptResults(md)
	return max(1, len(results.Results))
}

// emptyReply is the failure of an answer that came whole and has no reply.
func emptyReply(md middleware.Metadata) error {
	id, _ := awsmiddleware.GetRequestIDMetadata(md)
	return badReply(ErrEmptyReply, nil, id, attempts(md))
}

// Message returns the reply as a message, to append to the conversation.
func (r *Reply) Message() types.Message {
	if r.ConverseOutput != nil {
		if m, ok := r.Output.(*types.ConverseOutputMemberMessage); ok {
			return m.Value
		}
	}
	return types.Message{Role: types.ConversationRoleAssistant}
}

// Text returns all that the model said, cited text included, joined as it came.
func (r *Reply) Text() string {
	var few [4]string // mostly it is one, which Join returns as it is
	parts := few[:0]
	for _, block := range r.Message().Content {
		switch block := block.(type) {
		case *types.ContentBlockMemberText:
			parts = append(parts, block.Value)
		case *types.ContentBlockMemberCitationsContent:
			for _, c := range block.Value.Content {
				if text, ok := c.(*types.CitationGeneratedContentMemberText); ok {
					parts = append(parts, text.Value)
				}
			}
		}
	}
	return strings.Join(parts, "")
}

// ToolUses returns the tools that the model asks to run, in order, those that ran
// at the service (Type server_tool_use) included. Input is read by [DecodeJSON]: it
// is {} for a tool without input; where max_tokens cut a stream in the middle of it, a
// JSON string that holds the fragment.
func (r *Reply) ToolUses() []types.ToolUseBlock {
	var uses []types.ToolUseBlock
	for _, block := range r.Message().Content {
		if use, ok := block.(*types.ContentBlockMemberToolUse); ok {
			uses = append(uses, use.Value)
		}
	}
	return uses
}

// Reasoning returns the model's reasoning as far as it is readable, "" when there is
// none. To continue a conversation with it, append [Reply.Message], which has
// the signatures and the redacted parts too.
func (r *Reply) Reasoning() string {
	var b strings.Builder
	for _, block := range r.Message().Content {
		reasoning, ok := block.(*types.ContentBlockMemberReasoningContent)
		if !ok {
			continue
		}
		if text, ok := reasoning.Value.(*types.ReasoningContentBlockMemberReasoningText); ok {
			b.WriteString(aws.ToString(text.Value.Text))
		}
	}
	return b.String()
}

// Citations returns the sources that the model cited, in order.
func (r *Reply) Citations() []types.Citation {
	var all []types.Citation
	for _, block := range r.Message().Content {
		if c, ok := block.(*types.ContentBlockMemberCitationsContent); ok {
			all = append(all, c.Value.Citations...)
		}
	}
	return all
}

// Tokens returns what the call used: zeros when the service didn't say, which a nil
// Usage tells.
func (r *Reply) Tokens() Tokens {
	if r.ConverseOutput == nil || r.Usage == nil {
		return Tokens{}
	}
	u := r.Usage
	return Tokens{
		Input: int(aws.ToInt32(u.InputTokens)), Output: int(aws.ToInt32(u.OutputTokens)),
		CacheRead: int(aws.ToInt32(u.CacheReadInputTokens)), CacheWrite: int(aws.ToInt32(u.CacheWriteInputTokens)),
	}
}
