package bedrock_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/bedrock"
)

func TestTokensAddUp(t *testing.T) {
	t.Parallel()
	a, b := bedrock.Tokens{Input: 1, Output: 2, CacheRead: 3, CacheWrite: 4}, bedrock.Tokens{Input: 10, Output: 20, CacheRead: 30, CacheWrite: 40}
	if got, want := a.Add(b), (bedrock.Tokens{Input: 11, Output: 22, CacheRead: 33, CacheWrite: 44}); got != want || b.Add(a) != want {
		t.Errorf("got the sum %+v, want %+v", got, want)
	}
	if a.TotalInput() != 8 || a.Total() != 10 {
		t.Errorf("got %d in and %d in all, want 8 and 10", a.TotalInput(), a.Total())
	}
	if got := (bedrock.Tokens{}); got.Add(a) != a || got.Total() != 0 {
		t.Errorf("got %+v plus nothing, want the same", got.Add(a))
	}
}

func TestRecordedTotalsOfConverse(t *testing.T) {
	wantTotals(t, "converse", func(c *bedrock.Client, model string) (*bedrock.Reply, error) {
		return c.Converse(context.Background(), model, bedrock.Prompt("Hello"))
	})
}

func TestRecordedTotalsOfConverseStream(t *testing.T) {
	wantTotals(t, "converse-stream", func(c *bedrock.Client, model string) (*bedrock.Reply, error) {
		stream, err := c.ConverseStream(context.Background(), model, bedrock.Prompt("Hello"))
		if err != nil {
			return nil, err
		}
		return stream.Reply()
	})
}

// wantTotals compares with usage.totalTokens of every recorded reply.
func wantTotals(t *testing.T, operation string, call func(*bedrock.Client, string) (*bedrock.Reply, error)) {
	same, cached := 0, 0
	t.Cleanup(func() {
		t.Logf("%s: the total is that of the service in %d replies, %d of them with a cache", operation, same, cached)
	})
	replay(t, operation, func(t *testing.T, c *bedrock.Client, r recording) {
		if r.Status != 200 {
			return
		}
		reply, err := call(c, r.model(t))
		if err != nil {
			t.Fatal(err)
		}
		tokens := reply.Tokens()
		if reply.Usage == nil || reply.Usage.TotalTokens == nil {
			return
		}
		if want := int(aws.ToInt32(reply.Usage.TotalTokens)); tokens.Total() != want {
			t.Errorf("got %d of %+v, want %d", tokens.Total(), tokens, want)
			return
		}
		if same++; tokens.CacheRead+tokens.CacheWrite > 0 {
			cached++
		}
	})
}
