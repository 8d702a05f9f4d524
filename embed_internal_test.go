package bedrock

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// slowStub answers after a second, even when the call has been cancelled, and refuses
// the text "refused" at once.
type slowStub struct{ underWay, sent atomic.Int32 }

func (s *slowStub) do(r *http.Request, body string) (*http.Response, error) {
	s.sent.Add(1)
	s.underWay.Add(1)
	defer s.underWay.Add(-1)
	if strings.Contains(body, "refused") {
		return failing(400, "ValidationException", "no")(r, body)
	}
	time.Sleep(time.Second)
	return answer(r, 200, `{"embedding":[1,2],"inputTextTokenCount":1}`), nil
}

// No call is under way when Embed is left, whatever the HTTP client makes of a
// cancelled context.
func TestEmbedWaitsForItsCalls(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		texts []string
		opt   EmbedOption
		end   any // panic, or kind of the error
	}{
		"failure": {[]string{"a", "b", "refused", "c", "d", "e"}, EmbedConcurrency(3), ErrInvalid},
		"panic":   {[]string{"a", "b", "c", "d", "e", "f"}, EmbedProgress(func(int, int) { panic("enough") }), "enough"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var stub slowStub
				c := stubClient(t, stub.do)
				end := func() (end any) {
					defer func() {
						if p := recover(); p != nil {
							end = p
						}
					}()
					_, err := c.Embed(t.Context(), "amazon.titan-embed-text-v1", tt.texts, tt.opt)
					return err
				}()
				if err, ok := end.(error); ok && errors.Is(err, ErrInvalid) {
					end = ErrInvalid
				}
				if end != tt.end {
					t.Errorf("it ended with %v, want %v", end, tt.end)
				}
				if n := stub.underWay.Load(); n != 0 {
					t.Errorf("%d calls are still under way", n)
				}
				if n := stub.sent.Load(); n > 4 {
					t.Errorf("%d calls were made, want none after the end", n)
				}
			})
		})
	}
}

// countingHandler counts log records.
type countingHandler struct {
	slog.Handler
	n *atomic.Int32
}

func (h countingHandler) Handle(context.Context, slog.Record) error {
	h.n.Add(1)
	return nil
}

func TestEmbedStartsNothingAfterAFailure(t *testing.T) {
	t.Parallel()
	var logged atomic.Int32
	c := stubClient(t, always(200, `{"embedding":[1,2]}`), WithLogger(slog.New(countingHandler{slog.NewTextHandler(nil, nil), &logged})))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got, err := c.Embed(ctx, "amazon.titan-embed-text-v1", strings.Split(strings.Repeat("a", 100), ""))
	if !errors.Is(err, context.Canceled) || got == nil || len(got.Vectors) != 100 {
		t.Errorf("%v, %v, want a cancelled context and 100 places", got, err)
	}
	if n := logged.Load(); n != 4 {
		t.Errorf("%d calls were logged as cancelled, want the 4 under way", n)
	}
}
