package bedrocktest

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

const model = "amazon.nova-lite-v1:0"

// TestMain keeps a developer's AWS settings out of the tests.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

func newServer(t testing.TB) *Server {
	t.Helper()
	s := NewServer()
	t.Cleanup(s.Close)
	return s
}

// once is a plain SDK client that makes one attempt.
func once(s *Server, opts ...func(*bedrockruntime.Options)) *bedrockruntime.Client {
	return attempts(s, 1, opts...)
}

// attempts is a plain SDK client that retries fast.
func attempts(s *Server, n int, opts ...func(*bedrockruntime.Options)) *bedrockruntime.Client {
	return bedrockruntime.NewFromConfig(s.Config(), append([]func(*bedrockruntime.Options){func(o *bedrockruntime.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = n
			o.MaxBackoff = time.Millisecond
		})
	}}, opts...)...)
}

func user(text string) []types.Message {
	return []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: text}}}}
}

func converse(c *bedrockruntime.Client, text string) (*bedrockruntime.ConverseOutput, error) {
	return c.Converse(context.Background(), &bedrockruntime.ConverseInput{ModelId: aws.String(model), Messages: user(text)})
}

func replyText(out *bedrockruntime.ConverseOutput) string {
	var b strings.Builder
	for _, block := range out.Output.(*types.ConverseOutputMemberMessage).Value.Content {
		if text, ok := block.(*types.ContentBlockMemberText); ok {
			b.WriteString(text.Value)
		}
	}
	return b.String()
}

// stream reads a ConverseStream to its end.
func stream(ctx context.Context, c *bedrockruntime.Client, text string) ([]types.ConverseStreamOutput, error) {
	out, err := c.ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: aws.String(model), Messages: user(text)})
	if err != nil {
		return nil, err
	}
	defer out.GetStream().Close()
	var events []types.ConverseStreamOutput
	for event := range out.GetStream().Events() {
		events = append(events, event)
	}
	return events, out.GetStream().Err()
}

// deltas are the text deltas among events.
func deltas(events []types.ConverseStreamOutput) []string {
	var texts []string
	for _, event := range events {
		delta, ok := event.(*types.ConverseStreamOutputMemberContentBlockDelta)
		if !ok {
			continue
		}
		if text, ok := delta.Value.Delta.(*types.ContentBlockDeltaMemberText); ok {
			texts = append(texts, text.Value)
		}
	}
	return texts
}
