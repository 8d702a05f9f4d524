package bedrock

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// replyOf makes a reply of the JSON of its content blocks.
func replyOf(t *testing.T, content string) *Reply {
	t.Helper()
	reply, err := ask(context.Background(), stubClient(t, always(200, `{"output":{"message":{"role":"assistant","content":`+content+`}},"stopReason":"end_turn"}`)))
	if err != nil {
		t.Fatalf("%s: %v", content, err)
	}
	return reply
}

// kinds tells of what type each content block is.
func kinds[T any](content []T) string {
	text := ""
	for _, block := range content {
		switch block := any(block).(type) {
		case nil:
			text += "nil "
		case *types.UnknownUnionMember:
			text += "? "
		case *types.ContentBlockMemberText:
			text += block.Value + " "
		case *types.ToolResultContentBlockMemberText:
			text += block.Value + " "
		case *types.CitationGeneratedContentMemberText:
			text += block.Value + " "
		case *types.ContentBlockMemberToolUse:
			text += aws.ToString(block.Value.ToolUseId) + " "
		default:
			text += fmt.Sprintf("%T ", block)
		}
	}
	return text
}

func TestUnknownContentBlocksDoNotRepeatTheirNeighbour(t *testing.T) {
	t.Parallel()
	const pay = `{"toolUse":{"toolUseId":"pay","name":"f","input":{}}}`
	for content, want := range map[string]string{
		`[{"text":"a"},{"hologram":{}},{"text":"b"}]`:              "a ? b ",
		`[{"hologram":{}},{"text":"b"}]`:                           "? b ",
		`[{"text":"a"},{"hologram":{}},{"smell":{}},{"smell":{}}]`: "a ? ? ? ",
		`[{"hologram":{}}]`:                                        "? ",
		`[` + pay + `,{"hologram":{}}]`:                            "pay ? ",
		`[` + pay + `,` + pay + `]`:                                "pay pay ",
		`[{"text":"a"},{"text":"a"}]`:                              "a a ",
		`[{"text":"a"},{}]`:                                        "a ? ",
		`[]`:                                                       "",
	} {
		reply := replyOf(t, content)
		if got := kinds(reply.Message().Content); got != want {
			t.Errorf("%s: got %q, want %q", content, got, want)
		}
	}
	if uses := replyOf(t, `[`+pay+`,{"hologram":{}}]`).ToolUses(); len(uses) != 1 {
		t.Errorf("got %d tool uses, want 1: a tool must not run twice", len(uses))
	}
}

func TestUnknownMembersInsideOfContentBlocks(t *testing.T) {
	t.Parallel()
	reply := replyOf(t, `[{"toolResult":{"toolUseId":"t","content":[{"text":"a"},{"hologram":{}}]}},
		{"citationsContent":{"content":[{"text":"b"},{"hologram":{}},{"text":"c"}],"citations":[{"title":"T","sourceContent":[{"text":"s"},{"hologram":{}}]}]}}]`)
	content := reply.Message().Content
	result := content[0].(*types.ContentBlockMemberToolResult).Value.Content
	cited := content[1].(*types.ContentBlockMemberCitationsContent).Value
	if got := kinds(result) + kinds(cited.Content); got != "a ? b ? c " {
		t.Errorf("got %q, want a ? b ? c", got)
	}
	source := cited.Citations[0].SourceContent
	if _, unknown := any(source[1]).(*types.UnknownUnionMember); !unknown || len(source) != 2 {
		t.Errorf("got source content %v, want an unknown member at its end", source)
	}
	if reply.Text() != "bc" {
		t.Errorf("got text %q, want bc", reply.Text())
	}
}

func TestReplyShortcuts(t *testing.T) {
	t.Parallel()
	reply := replyOf(t, `[{"reasoningContent":{"reasoningText":{"text":"Let me ","signature":"sig"}}},{"reasoningContent":{"redactedContent":"AAAA"}},
		{"reasoningContent":{"reasoningText":{"text":"think."}}},{"text":"Paris "},{"toolUse":{"toolUseId":"t1","name":"f","input":{"a":1}}},
		{"citationsContent":{"content":[{"text":"is big"}],"citations":[{"title":"one"},{"title":"two"}]}},{"text":"."},
		{"toolUse":{"toolUseId":"t2","name":"g","type":"server_tool_use","input":{}}}]`)
	if got := reply.Text(); got != "Paris is big." {
		t.Errorf("got text %q", got)
	}
	if got := reply.Reasoning(); got != "Let me think." {
		t.Errorf("got reasoning %q", got)
	}
	uses := reply.ToolUses()
	if len(uses) != 2 || *uses[0].ToolUseId != "t1" || *uses[1].ToolUseId != "t2" || uses[1].Type != types.ToolUseTypeServerToolUse {
		t.Errorf("got tool uses %v, want t1 and t2", uses)
	}
	if c := reply.Citations(); len(c) != 2 || *c[0].Title != "one" || *c[1].Title != "two" {
		t.Errorf("got citations %v, want one and two", c)
	}
	if m := reply.Message(); m.Role != types.ConversationRoleAssistant || len(m.Content) != 8 {
		t.Errorf("got message %v with %d blocks, want the assistant's 8", m.Role, len(m.Content))
	}
	if reply.RequestID != "req-1" || reply.Attempts != 1 || reply.StopReason != types.StopReasonEndTurn {
		t.Errorf("got request %q, %d attempts, stop reason %q", reply.RequestID, reply.Attempts, reply.StopReason)
	}
}

func TestAToolUseWithoutInputHasAnEmptyObject(t *testing.T) {
	t.Parallel()
	for name, input := range map[string]string{"absent": ``, "null": `,"input":null`, "empty": `,"input":{}`} {
		reply := replyOf(t, `[{"toolUse":{"toolUseId":"t1","name":"now"`+input+`}}]`)
		var got map[string]any
		if err := DecodeJSON(reply.ToolUses()[0].Input, &got); err != nil || got == nil || len(got) != 0 {
			t.Errorf("%s: got input %v, %v, want {}", name, got, err)
		}
		history := sent(t, append(Prompt("when?"), reply.Message()))
		wantContains(t, history, `{"toolUse":{"input":{},"name":"now","toolUseId":"t1"}}`)
	}
}

func TestAReplyWithoutContentIsAReply(t *testing.T) {
	t.Parallel()
	reply := replyOf(t, `[]`)
	if reply.Text() != "" || reply.Reasoning() != "" || reply.ToolUses() != nil || reply.Citations() != nil || len(reply.Message().Content) != 0 {
		t.Errorf("got %+v, want nothing in it", reply)
	}
	empty := &Reply{ConverseOutput: &bedrockruntime.ConverseOutput{}}
	if m := empty.Message(); m.Role != types.ConversationRoleAssistant || m.Content != nil || empty.Text() != "" {
		t.Errorf("got message %v of a reply without output, want an empty one of the assistant", m)
	}
}

func TestAnAnswerWithoutAMessageIsAnError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `{}`, `{"output":null}`, `{"output":{}}`, `{"output":{"hologram":{}}}`, `{"stopReason":"end_turn","usage":{"inputTokens":1}}`, `null`} {
		reply, err := ask(context.Background(), stubClient(t, always(200, body)))
		if reply != nil || !errors.Is(err, ErrEmptyReply) {
			t.Errorf("%q: got reply %v, error %v, want ErrEmptyReply", body, reply, err)
			continue
		}
		if e := asError(t, err); e.RequestID != "req-1" || e.Attempts != 1 {
			t.Errorf("%q: got request %q, %d attempts, want req-1 and 1", body, e.RequestID, e.Attempts)
		}
	}
}

func TestTokensAreKnownOrNot(t *testing.T) {
	t.Parallel()
	const message = `{"output":{"message":{"role":"assistant","content":[]}}`
	for body, want := range map[string]struct {
		Tokens
		ok bool
	}{
		message + `}`: {},
		message + `,"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":10,"cacheReadInputTokens":3,"cacheWriteInputTokens":4}}`: {Tokens{1, 2, 3, 4}, true},
		message + `,"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3}}`:                                                     {Tokens{Input: 1, Output: 2}, true},
		message + `,"usage":{}}`: {Tokens{}, true},
	} {
		reply, err := ask(context.Background(), stubClient(t, always(200, body)))
		if err != nil {
			t.Fatal(err)
		}
		if got := reply.Tokens(); got != want.Tokens || (reply.Usage != nil) != want.ok {
			t.Errorf("%s: got %+v, usage %v, want %+v, %v", body, got, reply.Usage, want.Tokens, want.ok)
		}
	}
}
