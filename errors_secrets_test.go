package bedrock

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

const marker = "MARKER" // is in all that must not be told

func TestNoPromptBodyOrSecretIsInErrorsOrLogs(t *testing.T) {
	t.Parallel()
	secretBody := `{"output":{"message":{"role":"assistant","content":[{"text":"reply-MARKER"`
	stubs := map[string]stubFunc{
		"throttled":         throttling(),
		"fault":             failing(500, "InternalServerException", "oops"),
		"refused":           failing(400, "ValidationException", "no"),
		"no credentials":    failing(403, "UnrecognizedClientException", "no"),
		"not JSON":          always(200, "<html>body-MARKER</html>"),
		"refused, not JSON": always(400, "<html>body-MARKER</html>"),
		"fault, not JSON":   always(502, "<html>body-MARKER</html>"),
		"cut body":          always(200, secretBody),
		"lost body": func(r *http.Request, _ string) (*http.Response, error) {
			resp := answer(r, 200, "")
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(secretBody), failingReader{io.ErrUnexpectedEOF}))
			return resp, nil
		},
		"empty":               always(200, `{}`),
		"broken stream":       always(200, strings.Repeat("body-MARKER", 20), "Content-Type", "application/vnd.amazon.eventstream"),
		"truncated":           streaming(eventFrame("messageStart", `{"role":"assistant"}`), eventFrame("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"body-MARKER"}}`)),
		"broken event":        streaming(eventFrame("messageStart", `{"role":"assistant"}`), eventFrame("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"body-MARKER`)),
		"wrong chunk":         streaming(chunkFrame(`"body-MARKER"`), chunkFrame(`body-MARKER`)),
		"lost connection":     refusedBy(io.ErrUnexpectedEOF),
		"unknown host":        noSuchHost,
		"cancelled":           refusedBy(context.Canceled),
		"successful Converse": always(200, okConverse),
	}
	auth := map[string]Option{
		"credentials": WithCredentials(static("AKID", "secret-MARKER", "session-MARKER")),
		"API key":     WithAPIKey("key-MARKER"),
	}
	for how, option := range auth {
		for name, stub := range stubs {
			t.Run(how+"/"+name, func(t *testing.T) {
				t.Parallel()
				var log bytes.Buffer
				logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				c := stubClient(t, stub, option, WithLogger(logger), WithMaxAttempts(3), WithMaxBackoff(0))
				for _, err := range failAll(c) {
					if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, marker) {
						t.Errorf("the error tells a secret: %s", text)
					}
				}
				if strings.Contains(log.String(), marker) {
					t.Errorf("the log tells a secret: %s", log.String())
				}
			})
		}
	}
}

// failAll makes every kind of call, with the marker in prompt, system prompt and body.
func failAll(c *Client) []error {
	ctx := context.Background()
	prompt := Prompt("prompt-MARKER")
	document, _ := JSON(map[string]string{"k": "document-MARKER"})
	system := func(r *Request) {
		r.System = append(r.System, &types.SystemContentBlockMemberText{Value: "system-MARKER"})
		r.AdditionalModelRequestFields = document
		r.RequestMetadata = map[string]string{"m": "metadata-MARKER"}
	}
	_, e1 := c.Converse(ctx, testModel, prompt, system)
	e2 := streamReply(ctx, c, prompt, system)
	_, e3 := c.CountTokens(ctx, testModel, prompt, system)
	_, e4 := Invoke[struct{ A int }](ctx, c, testModel, map[string]string{"prompt": "prompt-MARKER"})
	e5 := secretChunks(ctx, c)
	_, e6 := c.SDK().Converse(ctx, &bedrockruntime.ConverseInput{ModelId: aws.String(testModel), Messages: prompt})
	_, e7 := c.SDK().ApplyGuardrail(ctx, &bedrockruntime.ApplyGuardrailInput{
		GuardrailIdentifier: aws.String("g"), GuardrailVersion: aws.String("1"), Source: types.GuardrailContentSourceInput,
		Content: []types.GuardrailContentBlock{&types.GuardrailContentBlockMemberText{Value: types.GuardrailTextBlock{Text: aws.String("prompt-MARKER")}}},
	})
	_, e8 := c.Converse(ctx, testModel, prompt, func(r *Request) { r.ModelId = aws.String("") })
	_, e9 := c.With(WithMaxAttempts(0)).Converse(ctx, testModel, prompt)
	_, e10 := Invoke[any](ctx, c, testModel, []byte(`{"prompt":"prompt-MARKER"`))
	return []error{e1, e2, e3, e4, e5, e6, e7, e8, e9, e10}
}

func streamReply(ctx context.Context, c *Client, messages []types.Message, opts ...RequestOption) error {
	s, err := c.ConverseStream(ctx, testModel, messages, opts...)
	if err != nil {
		return err
	}
	_, err = s.Reply()
	return err
}

func secretChunks(ctx context.Context, c *Client) error {
	s, err := InvokeStream[struct{ A int }](ctx, c, testModel, map[string]string{"prompt": "prompt-MARKER"})
	if err != nil {
		return err
	}
	for _, err := range s.Chunks() {
		if err != nil {
			return err
		}
	}
	return nil
}

// records keeps what was logged.
type records struct {
	slog.Handler
	all *[]slog.Record
}

func (r records) Handle(_ context.Context, record slog.Record) error {
	*r.all = append(*r.all, record)
	return nil
}

func logTo(all *[]slog.Record) Option {
	return WithLogger(slog.New(records{slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelDebug}), all}))
}

func attrsOf(r slog.Record) map[string]slog.Value {
	m := map[string]slog.Value{}
	r.Attrs(func(a slog.Attr) bool { m[a.Key] = a.Value; return true })
	return m
}

func TestRetriesAreLoggedWithTheirWaitAndFailuresOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var logged []slog.Record
		w := &waits{}
		c := stubClient(t, w.then(inTurn(throttling(), failing(500, "InternalServerException", "oops"), throttling("X-Amz-Retry-After", "3000"), throttling())),
			logTo(&logged), WithMaxAttempts(4))
		calls := map[string]func() error{
			"client": func() error { _, err := ask(context.Background(), c); return err },
			"SDK": func() error {
				_, err := c.With().SDK().Converse(context.Background(), &bedrockruntime.ConverseInput{ModelId: aws.String(testModel), Messages: Prompt("x")})
				return err
			},
		}
		for _, name := range []string{"client", "SDK"} {
			logged, w.at = nil, nil
			if err := calls[name](); err == nil {
				t.Fatal("got no error")
			}
			if len(logged) != 4 {
				t.Fatalf("%s: got %d log lines, want 3 retries and a failure: %v", name, len(logged), logged)
			}
			for i, waited := range w.list() {
				a := attrsOf(logged[i])
				if logged[i].Level != slog.LevelInfo || logged[i].Message != "bedrock: retrying" || a["wait"].Duration() != waited || a["attempts"].Int64() != int64(i+1) {
					t.Errorf("%s: got %v, want a retry at level info after attempt %d, with the wait %v", name, logged[i], i+1, waited)
				}
			}
			a := attrsOf(logged[3])
			if logged[3].Level != slog.LevelWarn || logged[3].Message != "bedrock: call failed" || a["code"].String() != "ThrottlingException" || a["request_id"].String() != "req-1" ||
				a["operation"].String() != "Converse" || a["model"].String() != testModel || a["region"].String() != testRegion || a["status"].Int64() != 429 {
				t.Errorf("%s: got %v, want the failure at level warn with its fields", name, logged[3])
			}
		}
	})
}

func TestFailuresFoundOutsideOfTheSDKAreLoggedOnce(t *testing.T) {
	t.Parallel()
	var logged []slog.Record
	for name, call := range map[string]func(c *Client) error{
		"an empty reply": func(c *Client) error { _, err := ask(context.Background(), c); return err },
		"an empty model": func(c *Client) error { _, err := c.Converse(context.Background(), "", Prompt("x")); return err },
		"a refusing option": func(c *Client) error {
			_, err := c.Converse(context.Background(), testModel, nil, MaxTokens(0))
			return err
		},
		"a bad option":       func(c *Client) error { _, err := ask(context.Background(), c.With(WithMaxAttempts(0))); return err },
		"a truncated stream": func(c *Client) error { return readStream(context.Background(), c, testModel) },
	} {
		logged = nil
		stub := always(200, "{}")
		if name == "a truncated stream" {
			stub = streaming(eventFrame("messageStart", `{"role":"assistant"}`), eventFrame("contentBlockStop", `{"contentBlockIndex":0}`))
		}
		if err := call(stubClient(t, stub, logTo(&logged))); err == nil {
			t.Errorf("%s: got no error", name)
		}
		if len(logged) != 1 || logged[0].Level != slog.LevelWarn {
			t.Errorf("%s: got log %v, want one line at level warn", name, logged)
		}
	}
	logged = nil
	if _, err := ask(context.Background(), stubClient(t, always(200, okConverse), logTo(&logged))); err != nil || len(logged) != 0 {
		t.Errorf("got error %v and log %v of a call that succeeds, want neither", err, logged)
	}
}

func TestACancelledCallIsLoggedAsSuch(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var logged []slog.Record
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Second, cancel)
		_, err := ask(ctx, stubClient(t, throttling("Retry-After", "4"), logTo(&logged)))
		if !errors.Is(err, context.Canceled) || len(logged) != 2 || logged[1].Level != slog.LevelInfo || logged[1].Message != "bedrock: call cancelled" {
			t.Errorf("got %v, log %v, want a retry and a cancelled call", err, logged)
		}
	})
}

func TestAnAnswerOfAnotherShapeIsNotQuoted(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := stubClient(t, always(200, `{"output":"reply-MARKER"}`), WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if e := askFails(t, c); strings.Contains(e.Error(), marker) || strings.Contains(log.String(), marker) {
		t.Errorf("got %v, log %s, want the reply in neither", e, log.String())
	}
}
