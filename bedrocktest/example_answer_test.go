package bedrocktest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// withTools gives the model one tool for each name, which takes a city.
func withTools(names ...string) bedrock.RequestOption {
	return func(r *bedrock.Request) {
		r.ToolConfig = &types.ToolConfiguration{}
		for _, name := range names {
			schema := document.NewLazyDocument(map[string]any{
				"type":       "object",
				"properties": map[string]any{"city": map[string]any{"type": "string"}},
				"required":   []string{"city"},
			})
			r.ToolConfig.Tools = append(r.ToolConfig.Tools, &types.ToolMemberToolSpec{Value: types.ToolSpecification{
				Name: aws.String(name), InputSchema: &types.ToolInputSchemaMemberJson{Value: schema},
			}})
		}
	}
}

// results answers each tool use of a reply with the same text.
func results(reply *bedrock.Reply, text string) types.Message {
	m := types.Message{Role: types.ConversationRoleUser}
	for _, use := range reply.ToolUses() {
		m.Content = append(m.Content, &types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{
			ToolUseId: use.ToolUseId, Content: []types.ToolResultContentBlock{&types.ToolResultContentBlockMemberText{Value: text}},
		}})
	}
	return m
}

func ExampleOutput() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	type capital struct {
		City string `json:"city"`
	}
	srv.Queue(bedrocktest.Output(capital{"Paris"}), bedrocktest.Output(capital{"Paris"}))
	client, ctx := srv.Client(), context.Background()

	reply, err := client.Converse(ctx, model, bedrock.Prompt("Capital of France, as JSON?"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reply.Text())

	forced := func(r *bedrock.Request) {
		r.ToolConfig.ToolChoice = &types.ToolChoiceMemberTool{Value: types.SpecificToolChoice{Name: aws.String("capital")}}
	}
	reply, err = client.Converse(ctx, model, bedrock.Prompt("Capital of France?"), withTools("capital"), forced)
	if err != nil {
		fmt.Println(err)
		return
	}
	var input json.RawMessage
	if err := bedrock.DecodeJSON(reply.ToolUses()[0].Input, &input); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reply.StopReason, string(input))
	// Output:
	// {"city":"Paris"}
	// tool_use {"city":"Paris"}
}

func ExampleEmbeddings() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Handle(func(*bedrocktest.Request) bedrocktest.Response { return bedrocktest.Embeddings(256) })

	type embedding struct {
		Embedding           []float64
		InputTextTokenCount int
	}
	embed := func(text string) embedding {
		out, err := bedrock.Invoke[embedding](context.Background(), srv.Client(), "amazon.titan-embed-text-v2:0",
			map[string]any{"inputText": text, "dimensions": 256})
		if err != nil {
			panic(err)
		}
		return out.Value
	}
	cosine := func(a, b embedding) (sum float64) {
		for i := range a.Embedding {
			sum += a.Embedding[i] * b.Embedding[i]
		}
		return sum
	}
	question := embed("What is the capital of France?")
	paris, bread := embed("Paris is the capital of France."), embed("Bread needs flour and water.")
	fmt.Println(len(question.Embedding), question.InputTextTokenCount)
	fmt.Println(cosine(question, paris) > cosine(question, bread))
	// Output:
	// 256 6
	// true
}

func ExampleRefusal() {
	reply := replyTo(bedrocktest.Refusal("I can't talk about that."))
	fmt.Println(reply.StopReason, reply.Text())
	// Output: guardrail_intervened I can't talk about that.
}

func ExampleSample() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Handle(func(*bedrocktest.Request) bedrocktest.Response { return bedrocktest.Sample() })
	client, ctx := srv.Client(), context.Background()

	talk := bedrock.Prompt("How is the weather?")
	reply, err := client.Converse(ctx, model, talk, withTools("weather", "clock"))
	if err != nil {
		fmt.Println(err)
		return
	}
	uses := reply.ToolUses()
	for _, use := range uses {
		var input json.RawMessage
		if err := bedrock.DecodeJSON(use.Input, &input); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(reply.StopReason, *use.Name, string(input))
	}

	talk = append(talk, reply.Message(), bedrock.User("",
		bedrock.ToolResult(*uses[0].ToolUseId, "Rain"), bedrock.ToolResult(*uses[1].ToolUseId, "12:00")))
	reply, err = client.Converse(ctx, model, talk, withTools("weather", "clock"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reply.Text())
	// Output:
	// tool_use weather {"city":"sample"}
	// tool_use clock {"city":"sample"}
	// The tools say: Rain; 12:00
}

// A script of two turns: the model asks for two tools at once, then answers.
func ExampleServer_Queue_tools() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	oslo, rome := map[string]string{"city": "Oslo"}, map[string]string{"city": "Rome"}
	srv.Queue(
		bedrocktest.ToolUse("weather", "t1", oslo).And(bedrocktest.ToolUse("weather", "t2", rome)),
		bedrocktest.Text("Rome is warmer."),
	)
	client, talk := srv.Client(), bedrock.Prompt("Is Oslo warmer than Rome?")
	for {
		reply, err := client.Converse(context.Background(), model, talk, withTools("weather"))
		if err != nil {
			fmt.Println(err)
			return
		}
		if reply.StopReason != types.StopReasonToolUse {
			fmt.Println(reply.Text())
			return
		}
		fmt.Println(len(reply.ToolUses()), "tools")
		talk = append(talk, reply.Message(), results(reply, "20 °C"))
	}
	// Output:
	// 2 tools
	// Rome is warmer.
}

// What Bedrock refuses is refused here too, and leaves the queue as it was.
func ExampleServer_lenient() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Paris"))
	client := srv.Client()

	_, err := client.Converse(context.Background(), model, bedrock.Prompt(" "))
	var failure *bedrock.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Code, failure.Message)
	}
	srv.Lenient = true
	reply, err := client.Converse(context.Background(), model, bedrock.Prompt(" "))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reply.Text())
	// Output:
	// ValidationException The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again.
	// Paris
}
