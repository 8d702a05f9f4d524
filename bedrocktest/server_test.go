package bedrocktest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

func TestEveryServerEchoes(t *testing.T) {
	t.Parallel()
	servers := map[string]func() *Server{"HTTP/2": NewServer, "HTTP/1.1": NewHTTP1Server, "pipe": NewPipeServer}
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start()
			defer s.Close()
			c := once(s)
			out, err := converse(c, "say it again")
			if err != nil {
				t.Fatal(err)
			}
			if got, want := replyText(out), "say it again"; got != want {
				t.Errorf("Converse: got %q, want %q", got, want)
			}
			events, err := stream(context.Background(), c, "say it again")
			if err != nil {
				t.Fatal(err)
			}
			if got, want := deltas(events), []string{"say", " it", " again"}; !slices.Equal(got, want) {
				t.Errorf("ConverseStream: got %q, want %q", got, want)
			}
			want := "HTTP/2.0"
			if name == "HTTP/1.1" {
				want = "HTTP/1.1"
			}
			if got := s.Requests()[0].Proto; got != want {
				t.Errorf("protocol: got %s, want %s", got, want)
			}
			if got := s.Connections(); got < 1 {
				t.Errorf("connections: got %d, want at least 1", got)
			}
		})
	}
}

func TestConnectionsAreCounted(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := once(s)
	for range 3 {
		if _, err := converse(c, "hi"); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Connections(); got != 1 {
		t.Errorf("got %d, want 1 for calls in a row", got)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	type step struct {
		wait time.Duration
		ok   bool
	}
	tests := map[string]struct {
		limit func(*Server)
		steps []step
	}{
		"none":                {func(*Server) {}, []step{{0, true}, {0, true}}},
		"burst, then rate":    {func(s *Server) { s.Limit(2, 2) }, []step{{0, true}, {0, true}, {0, false}, {500 * time.Millisecond, true}, {0, false}, {time.Minute, true}, {0, true}, {0, false}}},
		"burst of at least 1": {func(s *Server) { s.Limit(1, 0) }, []step{{0, true}, {0, false}, {time.Second, true}}},
		"no rate":             {func(s *Server) { s.Limit(0, 1) }, []step{{0, true}, {time.Hour, false}}},
		"taken off":           {func(s *Server) { s.Limit(0, 1); s.Limit(0, 0) }, []step{{0, true}, {0, true}}},
		"model":               {func(s *Server) { s.LimitModel(model, 1, 1) }, []step{{0, true}, {0, false}, {time.Second, true}}},
		"model for good":      {func(s *Server) { s.LimitModel(model, 0, 0) }, []step{{0, false}, {time.Hour, false}}},
		"other model":         {func(s *Server) { s.LimitModel("other", 0, 0) }, []step{{0, true}}},
		"model taken off":     {func(s *Server) { s.LimitModel(model, 0, 0); s.LimitModel(model, 0, -1) }, []step{{0, true}}},
		"both":                {func(s *Server) { s.Limit(0, 1); s.LimitModel(model, 0.1, 1) }, []step{{0, true}, {10 * time.Second, false}}},
	}
	for name, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			s := NewPipeServer()
			defer s.Close()
			c := once(s)
			tt.limit(s)
			for i, step := range tt.steps {
				time.Sleep(step.wait)
				_, err := converse(c, "hi")
				var throttling *types.ThrottlingException
				if ok := err == nil; ok != step.ok || !ok && !errors.As(err, &throttling) {
					t.Errorf("%s, request %d: got %v, want admitted %t", name, i, err, step.ok)
				}
			}
		})
	}
}

func TestThrottledRequestLeavesQueue(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.LimitModel(model, 0, 0)
	s.Queue(Text("for later"))
	if _, err := converse(once(s), "hi"); err == nil {
		t.Error("got no error")
	}
	s.LimitModel(model, 0, -1)
	if out, err := converse(once(s), "hi"); err != nil || replyText(out) != "for later" {
		t.Errorf("got %v", err)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	before, began := runtime.NumGoroutine(), time.Now()
	for name, start := range map[string]func() *Server{"HTTP/2": NewServer, "HTTP/1.1": NewHTTP1Server} {
		if took := closeWhileAllWait(t, name, start); took > guard {
			t.Errorf("%s: Close took %s", name, took)
		}
	}
	for runtime.NumGoroutine() > before {
		if time.Since(began) > 3*guard {
			stacks := make([]byte, 1<<20)
			t.Fatalf("goroutines: got %d, want the %d from before\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(time.Millisecond)
	}
	synctest.Test(t, func(t *testing.T) { // which ends when all its goroutines have
		if took := closeWhileAllWait(t, "pipe", NewPipeServer); took > 0 {
			t.Errorf("pipe: Close took %s", took)
		}
	})
}

// guard is much longer than anything takes, and much shorter than what must be cut short.
const guard = time.Minute

// closeWhileAllWait measures how long Close and the calls that it ends take.
func closeWhileAllWait(t *testing.T, name string, start func() *Server) (took time.Duration) {
	t.Helper()
	s := start()
	waiting := []Response{NoReply(Stall), Text("a b").CutAfter(2, Stall), Text("a").Delay(time.Hour), Text("a b").Every(time.Hour)}
	s.Queue(waiting...)
	ended := make(chan error)
	for range waiting {
		go func() {
			_, err := stream(context.Background(), once(s), "hi")
			ended <- err
		}()
	}
	for len(s.Requests()) < len(waiting) {
		time.Sleep(time.Millisecond)
	}
	began := time.Now()
	s.Close()
	s.Close()
	for range waiting {
		<-ended
	}
	took = time.Since(began)
	if _, err := converse(once(s), "hi"); err == nil {
		t.Errorf("%s: a closed server answered", name)
	}
	return took
}

func TestBubbleEndsWithOpenStreams(t *testing.T) {
	t.Parallel()
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		s := NewPipeServer()
		defer s.Close()
		s.Queue(Text("a b").CutAfter(2, Stall))
		out, err := once(s).ConverseStream(context.Background(), &bedrockruntime.ConverseStreamInput{ModelId: aws.String(model), Messages: user("hi")})
		if err != nil {
			t.Fatal(err)
		}
		defer out.GetStream().Close()
		time.Sleep(60 * time.Second)
	})
	if took := time.Since(began); took >= time.Minute {
		t.Errorf("a minute took %s", took)
	}
}

func TestManyCallsAtOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Handle(func(r *Request) Response { return Text(r.Text(), "!") })
	c := once(s)
	var calls sync.WaitGroup
	for i := range 50 {
		calls.Go(func() {
			text := strconv.Itoa(i)
			if out, err := converse(c, text); err != nil || replyText(out) != text+"!" {
				t.Errorf("call %d: %v", i, err)
			}
		})
	}
	calls.Wait()
	ids := map[string]bool{}
	for _, r := range s.Requests() {
		ids[r.ID] = true
	}
	if len(ids) != 50 {
		t.Errorf("request ids: got %d different ones, want 50", len(ids))
	}
}

func TestClientMakesRootClient(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	out, err := converse(s.Client().SDK(), "hi")
	if err != nil || replyText(out) != "hi" {
		t.Errorf("got %v", err)
	}
}

func TestEnviron(t *testing.T) {
	t.Setenv("AWS_PROFILE", "mine")
	t.Setenv("OTHER", "kept")
	s := newServer(t)
	s.Credentials.SessionToken = "token"
	t.Setenv("TMPDIR", t.TempDir())
	env, err := s.Environ()
	if err != nil {
		t.Fatal(err)
	}
	bundle := filepath.Join(s.dir, "ca.pem")
	for _, want := range []string{
		"OTHER=kept", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME=" + s.URL, "AWS_CA_BUNDLE=" + bundle, "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=AKIDBEDROCKTEST", "AWS_SECRET_ACCESS_KEY=bedrocktest", "AWS_SESSION_TOKEN=token",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	} {
		if !slices.Contains(env, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if slices.Contains(env, "AWS_PROFILE=mine") {
		t.Error("AWS_PROFILE is still there")
	}

	// What a process makes of these variables.
	for _, variable := range env {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value)
		}
	}
	os.Unsetenv("AWS_PROFILE")
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if out, err := converse(bedrockruntime.NewFromConfig(cfg), "hi"); err != nil || replyText(out) != "hi" {
		t.Errorf("from the environment: %v", err)
	}

	s.Close()
	if _, err := os.Stat(bundle); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Close the certificate is still there: %v", err)
	}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "absent"))
	if _, err := newServer(t).Environ(); err == nil {
		t.Error("no folder for temporary files: got no error")
	}
	piped := NewPipeServer()
	defer piped.Close()
	if _, err := piped.Environ(); err == nil {
		t.Error("pipe: got no error")
	}
}

func TestPipeDialEndsWithContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := newPipeListener().dial(ctx, "", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}
