package bedrock

import (
	"context"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/schemas"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/middleware"

	"example.com/bedrock/internal/assemble"
	"example.com/bedrock/internal/frame"
)

// Stream is a reply that is coming in. Read it with a loop over [Stream.Text] or
// [Stream.Events], or at once with [Stream.Reply]. It is complete when the loop ends
// without an error: an end of the connection before the service's end marker is
// [ErrTruncated].
//
// A stream holds a connection until it is read to its end or left: leaving a loop
// early closes it, and so does a context that ends; else call [Stream.Close]. It has no
// goroutine. Close may be called at any time from anywhere, all else by one
// goroutine at a time.
type Stream struct {
	RequestID string // AWS request id, for AWS support
	Attempts  int    // requests sent, at least 1

	from   source[types.ConverseStreamOutput]
	md     middleware.Metadata
	parts  assemble.Assembler
	wanted *wanted // what the reply's Decode is to find
}

// ConverseStream sends a conversation and returns the model's reply as a stream.
// It returns when the model is answering: what fails before is retried as in
// [Client.Converse], and is its error. Once something has arrived nothing is retried;
// the loop ends with the error, and [Stream.Reply] has what arrived. As with Converse, a
// reply that max_tokens or a guardrail ended is no error: see its StopReason.
func (c *Client) ConverseStream(ctx context.Context, model string, messages []types.Message, opts ...RequestOption) (*Stream, error) {
	start := time.Now()
	r := newRequest(model, messages, opts)
	if r.err != nil {
		return nil, c.fail(opConverseStream, model, start, r.err)
	}
	k := &bodyKeeper{}
	out, err := c.SDK().ConverseStream(ctx, &r.ConverseStreamInput, k.option)
	if err = k.check(err); err != nil {
		return nil, c.fail(opConverseStream, model, start, err)
	}
	s := &Stream{
		RequestID: k.body.requestID, Attempts: attempts(out.ResultMetadata), md: out.ResultMetadata, wanted: r.wanted,
	}
	s.from.open(k.body, out.GetStream(), schemas.ConverseStreamOutput, assemble.Event)
	return s, nil
}

// Events returns the stream's events one by one, as the SDK has them; an event
// that it doesn't know is a [types.UnknownUnionMember]. At the end comes at most one
// error. A second loop goes on where the first ended by itself, and repeats its
// error; after a loop was left early it is [net.ErrClosed].
func (s *Stream) Events() iter.Seq2[types.ConverseStreamOutput, error] {
	return each(&s.from, s.event)
}

// Text returns all text that the model says, cited text included, as it arrives;
// reasoning, tool uses and the StopReason are in [Stream.Reply] afterwards. Errors are
// as in [Stream.Events].
func (s *Stream) Text() iter.Seq2[string, error] {
	return each(&s.from, s.text)
}

// Reply reads what is left of the stream and returns the whole reply, which is what
// [Client.Converse] would have returned. On a stream that failed or was closed it
// returns what arrived before together with the error.
func (s *Stream) Reply() (*Reply, error) {
	for _, err := range s.Text() {
		if err != nil {
			return s.reply(), err
		}
	}
	return s.reply(), nil
}

func (s *Stream) reply() *Reply {
	out := s.parts.Output()
	out.ResultMetadata = s.md
	r := wrapReply(out)
	r.RequestID, r.Attempts, r.wanted = s.RequestID, s.Attempts, s.wanted
	return r
}

// Close ends the stream and frees its connection. A loop that waits on it ends with
// [net.ErrClosed]. It is needed only for a stream that is not read to its end, and
// does no harm after it. The error is always nil.
func (s *Stream) Close() error { return s.from.Close() }

// event returns the next event.
func (s *Stream) event() (types.ConverseStreamOutput, error) {
	f, event, err := s.from.next()
	if err != nil {
		return nil, err
	}
	return s.take(f, event)
}

// text returns the next piece of text.
func (s *Stream) text() (string, error) {
	for {
		f, event, err := s.from.next()
		if err != nil {
			return "", err
		}
		switch string(f.Header(":event-type")) {
		case "contentBlockDelta":
			if block, text, ok := frame.TextDelta(f.Payload); ok {
				s.parts.AddText(block, text)
				return text, nil
			}
		case "contentBlockStop": // adds nothing to the reply
			continue
		}
		if event, err = s.take(f, event); err != nil {
			return "", err
		}
		if d, ok := event.(*types.ConverseStreamOutputMemberContentBlockDelta); ok {
			if text, ok := d.Value.Delta.(*types.ContentBlockDeltaMemberText); ok {
				return text.Value, nil
			}
		}
	}
}

// take adds what came to the reply.
func (s *Stream) take(f frame.Frame, event types.ConverseStreamOutput) (types.ConverseStreamOutput, error) {
	event, err := s.from.decode(f, event)
	if err != nil {
		return nil, err
	}
	s.parts.Add(event)
	return event, nil
}
