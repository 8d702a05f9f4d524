package bedrocktest_test

import (
	"context"
	"fmt"
	"time"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// replyTo is what a client makes of a response.
func replyTo(response bedrocktest.Response) *bedrock.Reply {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(response)
	reply, err := srv.Client(bedrock.WithMaxAttempts(1)).Converse(context.Background(), model, bedrock.Prompt("Capital of France?"))
	if err != nil {
		panic(err)
	}
	return reply
}

// listenTo prints what a client makes of a streamed response.
func listenTo(response bedrocktest.Response) {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(response)
	listen(srv.Client(bedrock.WithMaxAttempts(1)), "Capital of France?")
}

// fail prints the error that a response makes.
func fail(response bedrocktest.Response) {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(response)
	_, err := srv.Client(bedrock.WithMaxAttempts(1)).Converse(context.Background(), model, bedrock.Prompt("Capital of France?"))
	if failure, ok := err.(*bedrock.Error); ok {
		fmt.Println(failure.HTTPStatus, failure.Code)
	}
}

func ExampleText() {
	fmt.Println(replyTo(bedrocktest.Text("The capital is Paris.")).Text())
	listenTo(bedrocktest.Text("The capital is Paris."))
	listenTo(bedrocktest.Text("The capital", " is Paris."))
	// Output:
	// The capital is Paris.
	// "The"
	// " capital"
	// " is"
	// " Paris."
	// "The capital"
	// " is Paris."
}

func ExampleToolUse() {
	reply := replyTo(bedrocktest.ToolUse("capital", "t1", map[string]string{"country": "France"}))
	use := reply.ToolUses()[0]
	var input struct{ Country string }
	if err := bedrock.DecodeJSON(use.Input, &input); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reply.StopReason, *use.Name, *use.ToolUseId, input.Country)
	// Output: tool_use capital t1 France
}

func ExampleReasoning() {
	reply := replyTo(bedrocktest.Reasoning("That is easy.", "signature").And(bedrocktest.Text("Paris")))
	fmt.Println(reply.Reasoning(), reply.Text())
	// Output: That is easy. Paris
}

func ExampleBlock() {
	reply := replyTo(bedrocktest.Text("Look:").And(bedrocktest.Block(map[string]any{"hologram": map[string]int{"depth": 3}})))
	fmt.Printf("%T\n", reply.Message().Content[1])
	// Output: *types.UnknownUnionMember
}

func ExampleJSON() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.JSON(map[string]any{"embedding": []float64{0.25, 0.5}}))

	type embedding struct{ Embedding []float64 }
	out, err := bedrock.Invoke[embedding](context.Background(), srv.Client(), "amazon.titan-embed-text-v2:0", map[string]string{"inputText": "Paris"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out.Value.Embedding)
	// Output: [0.25 0.5]
}

func ExampleJSONChunks() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	type chunk struct {
		Text string `json:"text"`
	}
	srv.Queue(bedrocktest.JSONChunks(chunk{"Pa"}, chunk{"ris"}))

	stream, err := bedrock.InvokeStream[chunk](context.Background(), srv.Client(), model, map[string]string{"prompt": "Capital of France?"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for c, err := range stream.Chunks() {
		fmt.Println(c.Text, err)
	}
	// Output:
	// Pa <nil>
	// ris <nil>
}

func ExampleFrames() {
	broken := bedrocktest.EventFrame("contentBlockDelta", map[string]any{"contentBlockIndex": 0, "delta": map[string]string{"text": "Paris"}})
	listenTo(bedrocktest.Frames(
		bedrocktest.EventFrame("messageStart", map[string]string{"role": "assistant"}),
		broken[:len(broken)-3],
	))
	// Output: no stream: truncated
}

func ExampleThrottle() {
	fail(bedrocktest.Throttle())
	// Output: 429 ThrottlingException
}

func ExampleError() {
	fail(bedrocktest.Error("ModelNotReadyException", "The model is loading."))
	fail(bedrocktest.Error("ServiceUnavailableException:http://internal.amazon.com/coral/com.amazon.bedrock/", "Too busy."))
	// Output:
	// 429 ModelNotReadyException
	// 503 ServiceUnavailableException
}

func ExampleRecorded() {
	reply := replyTo(bedrocktest.Recorded(200,
		map[string]string{"content-type": "application/json", "x-amzn-requestid": "7fdbc480-6d28-4d1c-abbc-bd7f17c7dfec"},
		[]byte(`{"output":{"message":{"role":"assistant","content":[{"text":"Paris"}]}},"stopReason":"end_turn"}`)))
	fmt.Println(reply.Text(), reply.RequestID)
	// Output: Paris 7fdbc480-6d28-4d1c-abbc-bd7f17c7dfec
}

func ExampleNoReply() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.NoReply(bedrocktest.ConnectionReset), bedrocktest.Text("Paris"))
	ask(srv.Client(), "Capital of France?")
	// Output: Paris
}

func ExampleResponse_And() {
	reply := replyTo(bedrocktest.Text("Let me look.").And(
		bedrocktest.ToolUse("capital", "t1", map[string]string{"country": "France"}),
		bedrocktest.ToolUse("capital", "t2", map[string]string{"country": "Spain"}),
	))
	fmt.Println(reply.Text(), len(reply.ToolUses()))
	// Output: Let me look. 2
}

func ExampleResponse_StopReason() {
	fmt.Println(replyTo(bedrocktest.Text("The capital of").StopReason(types.StopReasonMaxTokens)).StopReason)
	// Output: max_tokens
}

func ExampleResponse_Usage() {
	reply := replyTo(bedrocktest.Text("Paris").Usage(12, 1))
	fmt.Println(*reply.Usage.InputTokens, *reply.Usage.OutputTokens)
	// Output: 12 1
}

func ExampleResponse_CacheUsage() {
	reply := replyTo(bedrocktest.Text("Paris").Usage(12, 1).CacheUsage(1000, 50))
	fmt.Println(*reply.Usage.CacheReadInputTokens, *reply.Usage.CacheWriteInputTokens, *reply.Usage.TotalTokens)
	// Output: 1000 50 1063
}

func ExampleResponse_Status() {
	fail(bedrocktest.Error("ThrottlingException", "Slow down.").Status(400))
	// Output: 400 ThrottlingException
}

func ExampleResponse_Header() {
	html := bedrocktest.JSON([]byte("<html>Bad gateway</html>")).Status(502).Header("Content-Type", "text/html")
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(html, bedrocktest.Throttle().Header("X-Amz-Retry-After", "1"), bedrocktest.Text("Paris"))
	ask(srv.Client(), "Capital of France?")
	// Output: Paris
}

func ExampleResponse_Delay() {
	began := time.Now()
	replyTo(bedrocktest.Text("Paris").Delay(20 * time.Millisecond))
	fmt.Println(time.Since(began) >= 20*time.Millisecond)
	// Output: true
}

func ExampleResponse_Every() {
	began := time.Now()
	listenTo(bedrocktest.Text("Paris").Every(5 * time.Millisecond)) // five events
	fmt.Println(time.Since(began) >= 20*time.Millisecond)
	// Output:
	// "Paris"
	// true
}

func ExampleResponse_ChunkSize() {
	listenTo(bedrocktest.Text("Paris").ChunkSize(2))
	// Output:
	// "Pa"
	// "ri"
	// "s"
}

func ExampleResponse_CutAt() {
	listenTo(bedrocktest.Text("The capital is Paris.").CutAt(400, bedrocktest.CleanEnd)) // in mid-frame
	// Output:
	// "The"
	// stream ended: truncated
}

func ExampleResponse_CutAfter() {
	listenTo(bedrocktest.Text("The capital is Paris.").CutAfter(3, bedrocktest.CleanEnd))
	// Output:
	// "The"
	// " capital"
	// stream ended: truncated
}

func ExampleResponse_FailAt() {
	listenTo(bedrocktest.Text("The capital is Paris.").FailAt(0, "throttlingException", "Too many requests."))
	listenTo(bedrocktest.Text("The capital is Paris.").FailAt(3, "throttlingException", "Too many requests."))
	// Output:
	// no stream: throttled
	// "The"
	// " capital"
	// stream ended: throttled
}

func ExampleResponse_Insert() {
	listenTo(bedrocktest.Text("Paris").Insert(2, bedrocktest.EventFrame("contentBlockDelta", map[string]any{
		"contentBlockIndex": 0, "delta": map[string]string{"text": "!"},
	})))
	// Output:
	// "Paris"
	// "!"
}
