package bedrock_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

// serve starts a server that answers with responses in order.
func serve(t *testing.T, responses ...bedrocktest.Response) (*bedrocktest.Server, *bedrock.Client) {
	t.Helper()
	srv := bedrocktest.NewServer()
	t.Cleanup(srv.Close)
	srv.Queue(responses...)
	return srv, srv.Client()
}

func useWeather(id, city string) bedrocktest.Response {
	return bedrocktest.ToolUse("weather", id, map[string]any{"city": city})
}

func weather(t *testing.T, calls *[]string) bedrock.Tool {
	return newTool(func(_ context.Context, in cityInput) (map[string]any, error) {
		*calls = append(*calls, in.City)
		return map[string]any{"celsius": len(in.City)}, nil
	})
}

func TestRunGoesOnUntilTheModelIsDone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answers []bedrocktest.Response
		rounds  int
		calls   string
		text    string
		reason  types.StopReason
		roles   string
	}{
		"no tool":        {[]bedrocktest.Response{bedrocktest.Text("Hi")}, 1, "", "Hi", types.StopReasonEndTurn, "user assistant"},
		"one round":      {[]bedrocktest.Response{useWeather("t1", "Paris"), bedrocktest.Text("5")}, 2, "Paris", "5", types.StopReasonEndTurn, "user assistant user assistant"},
		"two rounds":     {[]bedrocktest.Response{useWeather("t1", "Paris"), bedrocktest.Text("Hm.").And(useWeather("t2", "Rome")), bedrocktest.Text("9")}, 3, "Paris,Rome", "9", types.StopReasonEndTurn, "user assistant user assistant user assistant"},
		"end_turn":       {[]bedrocktest.Response{useWeather("t1", "Paris").StopReason(types.StopReasonEndTurn), bedrocktest.Text("5")}, 2, "Paris", "5", types.StopReasonEndTurn, "user assistant user assistant"},
		"cut":            {[]bedrocktest.Response{useWeather("t1", "Paris").StopReason(types.StopReasonMaxTokens)}, 1, "", "", types.StopReasonMaxTokens, "user assistant"},
		"refused":        {[]bedrocktest.Response{useWeather("t1", "Paris"), bedrocktest.Text("No.").StopReason(types.StopReasonGuardrailIntervened)}, 2, "Paris", "No.", types.StopReasonGuardrailIntervened, "user assistant user assistant"},
		"of the service": {[]bedrocktest.Response{bedrocktest.Block(map[string]any{"toolUse": map[string]any{"name": "search", "toolUseId": "s1", "input": map[string]any{}, "type": "server_tool_use"}}).And(bedrocktest.Text("Found."))}, 1, "", "Found.", types.StopReasonEndTurn, "user assistant"},
		"throttled":      {[]bedrocktest.Response{bedrocktest.Throttle(), useWeather("t1", "Oslo"), bedrocktest.Throttle(), bedrocktest.Text("4")}, 2, "Oslo", "4", types.StopReasonEndTurn, "user assistant user assistant"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := range tt.answers {
				tt.answers[i] = tt.answers[i].Usage(10, 1).CacheUsage(100, 1000)
			}
			_, client := serve(t, tt.answers...)
			var calls []string
			question := bedrock.Prompt("How warm is it?")
			x, err := client.Run(context.Background(), testModel, question, []bedrock.Tool{weather(t, &calls)}, bedrock.MaxTokens(100))
			if err != nil {
				t.Fatal(err)
			}
			if x.Rounds != tt.rounds || strings.Join(calls, ",") != tt.calls || x.Reply.Text() != tt.text || x.Reply.StopReason != tt.reason {
				t.Errorf("got %d rounds, calls %v, %q, %s", x.Rounds, calls, x.Reply.Text(), x.Reply.StopReason)
			}
			if want := (bedrock.Tokens{Input: 10 * tt.rounds, Output: tt.rounds, CacheRead: 100 * tt.rounds, CacheWrite: 1000 * tt.rounds}); x.Tokens != want {
				t.Errorf("tokens %+v, want %+v", x.Tokens, want)
			}
			if got := rolesOf(x.Messages); got != tt.roles || len(question) != 1 {
				t.Errorf("roles %q, want %q", got, tt.roles)
			}
		})
	}
}

func rolesOf(messages []types.Message) string {
	var roles []string
	for _, m := range messages {
		roles = append(roles, string(m.Role))
	}
	return strings.Join(roles, " ")
}

func TestRunSendsResultsAndOffersTools(t *testing.T) {
	t.Parallel()
	srv, client := serve(t, useWeather("t1", "Paris").And(useWeather("t2", "Rome")), bedrocktest.Text("5 and 4"))
	var calls []string
	messages := make([]types.Message, 0, 9)
	messages = append(messages, bedrock.User("How warm?"))
	one := weather(t, new([]string))
	one.Call = func(_ context.Context, input json.RawMessage) (any, error) { return len(input), nil }
	if _, err := client.Run(context.Background(), testModel, messages, []bedrock.Tool{one}, bedrock.ToolChoiceTool("weather")); err != nil {
		t.Fatal(err, calls)
	}
	if got := messages[:2][1]; got.Content != nil {
		t.Error("Run wrote into the caller's slice")
	}
	requests := srv.Requests()
	var first, second struct {
		Messages   []map[string]any
		ToolConfig map[string]any
	}
	if err := errors.Join(requests[0].Decode(&first), requests[1].Decode(&second)); err != nil {
		t.Fatal(err)
	}
	if first.ToolConfig["toolChoice"] == nil || second.ToolConfig["toolChoice"] != nil {
		t.Errorf("tool choice: %v, then %v, want it in the first round alone", first.ToolConfig["toolChoice"], second.ToolConfig["toolChoice"])
	}
	if got := fmt.Sprint(second.ToolConfig["tools"]); !strings.Contains(got, "name:weather") {
		t.Errorf("tools: %s", got)
	}
	const want = `[map[toolResult:map[content:[map[text:16]] toolUseId:t1]] map[toolResult:map[content:[map[text:15]] toolUseId:t2]]]`
	if got := fmt.Sprint(second.Messages[2]["content"]); got != want {
		t.Errorf("results: got %s, want %s", got, want)
	}
}

func TestRunReturnsAllThatHappenedWithAnError(t *testing.T) {
	t.Parallel()
	endless := slices.Repeat([]bedrocktest.Response{useWeather("t", "Paris")}, 12)
	denied := bedrocktest.Error("AccessDeniedException", "no")
	for name, tt := range map[string]struct {
		answers []bedrocktest.Response
		opts    []bedrock.RequestOption
		tools   []bedrock.Tool
		is      error
		text    string
		rounds  int
		roles   string
	}{
		"the first call fails":  {[]bedrocktest.Response{denied}, nil, nil, bedrock.ErrAccessDenied, "AccessDeniedException", 0, "user"},
		"a later call fails":    {[]bedrocktest.Response{useWeather("t", "x"), denied}, nil, nil, bedrock.ErrAccessDenied, "AccessDeniedException", 1, "user assistant user"},
		"default bound":         {endless, nil, nil, bedrock.ErrMaxRounds, "bedrock: Run amazon.nova-lite-v1:0 in us-east-1: after 10 rounds", 10, strings.TrimSuffix(strings.Repeat("user assistant ", 10), " ")},
		"bound":                 {endless, []bedrock.RequestOption{bedrock.MaxRounds(2)}, nil, bedrock.ErrMaxRounds, "after 2 rounds the model asks for tools again: raise MaxRounds", 2, "user assistant user assistant"},
		"bound of one":          {endless, []bedrock.RequestOption{bedrock.MaxRounds(1)}, nil, bedrock.ErrMaxRounds, "after 1 rounds", 1, "user assistant"},
		"bad bound":             {endless, []bedrock.RequestOption{bedrock.MaxRounds(0)}, nil, bedrock.ErrInvalid, "MaxRounds(0): at least 1", 0, "user"},
		"bad option":            {endless, []bedrock.RequestOption{bedrock.MaxTokens(0)}, nil, bedrock.ErrInvalid, "MaxTokens(0)", 0, "user"},
		"a tool without a call": {endless, nil, []bedrock.Tool{{Name: "weather"}}, nil, "tool weather has no Call", 1, "user assistant user"},
		"a bad tool":            {endless, nil, []bedrock.Tool{{Name: "the weather"}}, bedrock.ErrInvalid, "UseTools: a tool's name", 0, "user"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, client := serve(t, tt.answers...)
			if tt.tools == nil {
				tt.tools = []bedrock.Tool{weather(t, new([]string))}
			}
			x, err := client.Run(context.Background(), testModel, bedrock.Prompt("How warm?"), tt.tools, tt.opts...)
			if err == nil || tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, want %v, %q", err, tt.is, tt.text)
			}
			if tt.is != nil && !errors.As(err, new(*bedrock.Error)) {
				t.Errorf("got %T, want a *bedrock.Error", err)
			}
			if x.Rounds != tt.rounds || rolesOf(x.Messages) != tt.roles || (x.Reply == nil) != (tt.rounds == 0) {
				t.Errorf("got %d rounds, %s, reply %v", x.Rounds, rolesOf(x.Messages), x.Reply)
			}
		})
	}
}

func TestRunCanBeGoneOnWith(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	_, client := serve(t, useWeather("t1", "Paris"), bedrocktest.Text("5"))
	tools := []bedrock.Tool{weather(t, new([]string))}
	x, err := client.Run(ctx, testModel, bedrock.Prompt("How warm?"), tools, bedrock.MaxRounds(1))
	if !errors.Is(err, bedrock.ErrMaxRounds) {
		t.Fatal(err)
	}
	results, err := x.Reply.CallTools(ctx, tools...)
	if err != nil {
		t.Fatal(err)
	}
	x, err = client.Run(ctx, testModel, append(x.Messages, results), tools)
	if err != nil || x.Reply.Text() != "5" || len(x.Messages) != 4 {
		t.Errorf("got %v, %v", x, err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	tool := newTool(func(context.Context, cityInput) (string, error) { cancel(); return "", ctx.Err() })
	srv, client := serve(t, useWeather("t1", "Paris"), bedrocktest.Text("not asked for"))
	x, err := client.Run(ctx, testModel, bedrock.Prompt("How warm?"), []bedrock.Tool{tool})
	if !errors.Is(err, context.Canceled) || len(srv.Requests()) != 1 || rolesOf(x.Messages) != "user assistant user" {
		t.Errorf("got %v after %d requests, %s", err, len(srv.Requests()), rolesOf(x.Messages))
	}
}

func TestRunEndsWithTheOutput(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tools := []bedrock.Tool{weather(t, new([]string))}
	for name, tt := range map[string]struct {
		opt     bedrock.RequestOption
		answers []bedrocktest.Response
	}{
		"OutputAs":                    {bedrock.OutputAs[person](), []bedrocktest.Response{useWeather("t1", "Paris"), bedrocktest.Text(`{"name":"Ada","age":1,"tags":[]}`)}},
		"OutputViaTool":               {bedrock.OutputViaTool[person](), []bedrocktest.Response{bedrocktest.ToolUse("person", "t1", person{Name: "Ada"})}},
		"OutputViaTool, other first":  {bedrock.OutputViaTool[person](), []bedrocktest.Response{useWeather("t1", "Paris"), bedrocktest.ToolUse("person", "t2", person{Name: "Ada"})}},
		"OutputViaTool, beside other": {bedrock.OutputViaTool[person](), []bedrocktest.Response{useWeather("t1", "Paris").And(bedrocktest.ToolUse("person", "t2", person{Name: "Ada"}))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, client := serve(t, tt.answers...)
			x, err := client.Run(ctx, testModel, bedrock.Prompt("Who?"), tools, tt.opt)
			if err != nil || x.Rounds != len(tt.answers) {
				t.Fatalf("%d rounds, %v", x.Rounds, err)
			}
			for _, r := range srv.Requests() {
				if free := strings.Contains(string(r.Body), `"toolChoice":{"any":{}}`); free != strings.HasPrefix(name, "OutputViaTool") {
					t.Errorf("tool choice any: %v in %s", free, r.Body)
				}
			}
			var got person
			if err := x.Reply.Decode(&got); err != nil || got.Name != "Ada" {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
