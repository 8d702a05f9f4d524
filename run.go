package bedrock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// Exchange is what came of a conversation with tools.
type Exchange struct {
	Messages []types.Message // those given, and all that followed: replies and results of tools
	Reply    *Reply          // the last one, nil if there was none
	Tokens   Tokens          // of all rounds, as far as the service said
	Rounds   int             // replies that came
}

const defaultRounds = 10

// ErrMaxRounds says that a model still asked for tools in the last round of [Client.Run].
var ErrMaxRounds = errors.New("bedrock: the model asks for more rounds of tools")

// MaxRounds bounds how many replies [Client.Run] asks the model for, at least 1. Default
// 10. It changes nothing for other calls.
func MaxRounds(n int) RequestOption {
	return func(r *Request) {
		if n < 1 {
			r.Fail(fmt.Errorf("MaxRounds(%d): at least 1, the first reply itself", n))
			return
		}
		r.maxRounds = n
	}
}

// Run converses until the model is done with its tools: it sends the messages, runs the
// tools that the reply asks for ([Reply.CallTools]), sends their results, and so on. It
// ends with the first reply that asks for none of them, or that stopped for something else
// than tool_use or end_turn, such as max_tokens. It offers the tools without [UseTools].
//
// [ToolChoiceAny] and [ToolChoiceTool] hold for the first round; then the model is free
// to answer. With [OutputViaTool] it has to use tools, whichever, until it uses the one
// that takes the output: that reply is the last, and its tool uses are not answered.
//
// The exchange is complete also with an error, which is [ErrMaxRounds] when the model
// asks for tools once more after [MaxRounds], else that of [Client.Converse] or
// CallTools: to go on after ErrMaxRounds, append the message of CallTools to Messages and
// call Run with them.
func (c *Client) Run(ctx context.Context, model string, messages []types.Message, tools []Tool, opts ...RequestOption) (*Exchange, error) {
	start := time.Now()
	r := newRequest(model, slices.Clip(messages), append([]RequestOption{UseTools(tools...)}, opts...))
	x := &Exchange{Messages: r.Messages}
	rounds := cmp.Or(r.maxRounds, defaultRounds)
	for {
		r.Messages = x.Messages
		x.chooseTools(r)
		reply, err := c.converse(ctx, time.Now(), r)
		if err != nil {
			return x, err
		}
		x.add(reply)
		if len(reply.pendingTools()) == 0 || reply.holdsOutput() {
			return x, nil
		}
		if x.Rounds == rounds {
			return x, c.fail(ctx, "Run", model, start, tooManyRounds(rounds))
		}
		results, err := reply.CallTools(ctx, tools...)
		x.Messages = append(x.Messages, results)
		if err != nil {
			return x, err
		}
	}
}

func tooManyRounds(n int) error {
	return &failure{err: ErrMaxRounds, judgement: judgement{by: byReply, message: fmt.Sprintf(
		"after %d rounds the model asks for tools again: raise MaxRounds, or add the results of Reply.CallTools to the Exchange's Messages and run on", n)}}
}

func (x *Exchange) add(r *Reply) {
	x.Reply, x.Rounds, x.Tokens = r, x.Rounds+1, x.Tokens.Add(r.Tokens())
	x.Messages = append(x.Messages, r.Message())
}

// chooseTools lets a model that was made to use a tool use others too, or answer after it.
func (x *Exchange) chooseTools(r *Request) {
	switch c := r.ToolConfig; {
	case c == nil || c.ToolChoice == nil:
	case r.wanted != nil && r.wanted.tool != "":
		if _, forced := c.ToolChoice.(*types.ToolChoiceMemberTool); forced && len(c.Tools) > 1 {
			ToolChoiceAny()(r)
		}
	case x.Rounds > 0:
		r.tools().ToolChoice = nil
	}
}
