package bedrock_test

import (
	"context"
	"errors"
	"testing"

	"example.com/bedrock"
)

// The zero values of the exported types answer, or say what is wrong; none panics.
func TestZeroValuesDontPanic(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var client bedrock.Client
	_, converse := client.Converse(ctx, "m", bedrock.Prompt("x"))
	_, stream := client.ConverseStream(ctx, "m", bedrock.Prompt("x"))
	_, count := client.CountTokens(ctx, "m", bedrock.Prompt("x"))
	_, invoke := bedrock.Invoke[any](ctx, &client, "m", []byte("{}"))
	_, chunks := bedrock.InvokeStream[any](ctx, &client, "m", []byte("{}"))
	_, embed := client.Embed(ctx, "amazon.titan-embed-text-v2:0", []string{"x"})
	_, run := client.Run(ctx, "m", bedrock.Prompt("x"), nil)
	_, derived := client.With(bedrock.WithRegion("us-east-1")).Converse(ctx, "m", bedrock.Prompt("x"))
	for name, err := range map[string]error{
		"Converse": converse, "ConverseStream": stream, "CountTokens": count, "Invoke": invoke, "InvokeStream": chunks,
		"Embed": embed, "Run": run, "With": derived,
	} {
		if !errors.Is(err, bedrock.ErrInvalid) {
			t.Errorf("%s of a zero Client: got %v, want ErrInvalid", name, err)
		}
	}
	if client.Region() != "" || client.SDK() == nil {
		t.Error("a zero Client has a region, or no SDK client")
	}
}

func TestZeroRepliesAndStreamsAreEmpty(t *testing.T) {
	t.Parallel()
	var reply bedrock.Reply
	if reply.Text() != "" || reply.Reasoning() != "" || reply.ToolUses() != nil || reply.Citations() != nil ||
		reply.Tokens() != (bedrock.Tokens{}) || len(reply.Message().Content) != 0 {
		t.Error("a zero Reply has content")
	}
	if message, err := reply.CallTools(context.Background()); err != nil || len(message.Content) != 0 {
		t.Errorf("got %v, %v of a zero Reply's tools", message, err)
	}
	var v any
	if err := reply.Decode(&v); err == nil {
		t.Error("a zero Reply was decoded")
	}

	var s bedrock.Stream
	for range s.Text() {
		t.Error("a zero Stream has text")
	}
	for range s.Events() {
		t.Error("a zero Stream has events")
	}
	if r, err := s.Reply(); err != nil || r == nil || s.Close() != nil {
		t.Errorf("got %v, %v of a zero Stream", r, err)
	}
	var in bedrock.InvocationStream[any]
	for range in.Chunks() {
		t.Error("a zero InvocationStream has chunks")
	}
	if in.Close() != nil || in.Tokens() != (bedrock.Tokens{}) || in.Latency() != 0 {
		t.Error("a zero InvocationStream says something")
	}

	var e bedrock.Error
	if e.Error() == "" || e.Unwrap() != nil || errors.Is(&e, bedrock.ErrInvalid) {
		t.Errorf("got %q of a zero Error", e.Error())
	}
	for _, err := range []error{&bedrock.OutputError{}, &bedrock.EmbedError{}} {
		if err.Error() == "" {
			t.Errorf("got no text of a zero %T", err)
		}
	}
}
