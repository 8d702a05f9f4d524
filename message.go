package bedrock

import "github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

// Prompt is a conversation of one question: a [User] message.
func Prompt(text string, more ...types.ContentBlock) []types.Message {
	return []types.Message{User(text, more...)}
}

// User makes a message of the user: text, and content blocks after it. Empty text
// is left out, as Bedrock refuses blank text.
func User(text string, more ...types.ContentBlock) types.Message {
	return message(types.ConversationRoleUser, text, more)
}

// Assistant makes a message of the model, for a conversation that wasn't kept as
// replies ([Reply.Message]). It takes content as [User] does.
func Assistant(text string, more ...types.ContentBlock) types.Message {
	return message(types.ConversationRoleAssistant, text, more)
}

func message(role types.ConversationRole, text string, more []types.ContentBlock) types.Message {
	if text == "" {
		return types.Message{Role: role, Content: more}
	}
	content := make([]types.ContentBlock, 1, 1+len(more))
	content[0] = &types.ContentBlockMemberText{Value: text}
	return types.Message{Role: role, Content: append(content, more...)}
}
