package bedrock

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock/internal/jsondoc"
	"example.com/bedrock/internal/schema"
)

// Tool is a function that a model may ask to run. [NewTool] makes one of a Go function;
// fill in the struct for a schema of your own. API field: toolConfig.tools.toolSpec.
type Tool struct {
	Name        string // 1 to 64 letters, digits, _ and -
	Description string // what it does and when to use it: the model chooses by it
	Schema      any    // JSON schema of the input: a [json.RawMessage] or what encodes to one; nil: any object
	Strict      bool   // ask Bedrock to hold the input to the schema, where the model can

	// Call runs the tool with input that fits the schema; a schema that contains itself is
	// not checked. Up to 8 calls of one reply run at once, so it must be safe for concurrent
	// use. The result goes to the model as [Reply.CallTools] says, and so does the
	// text of an error. Nil: the tool is offered to the model, and answering it is the
	// caller's own affair.
	Call func(ctx context.Context, input json.RawMessage) (any, error)

	inferred *schema.Schema // NewTool's
}

// NewTool makes a tool of a function. In is a struct or a map: the schema of the input
// is inferred from it by google/jsonschema-go. The json tags name the fields, those
// without omitempty or omitzero are required, and a jsonschema tag describes one:
//
//	type weather struct {
//		City string `json:"city" jsonschema:"name of the city, in English"`
//		Days int    `json:"days,omitempty" jsonschema:"1 to 7, default 1"`
//	}
//
// What a type can't say, such as an enum, may be put into the tool's Schema afterwards.
//
// Left out of what Bedrock is sent, since not every model takes it, are bounds of numbers
// and lengths, and null for slices; input is checked against them all the same.
//
// NewTool panics when In has no schema that says what encoding/json reads, naming the
// field, or when the name isn't one. Write a [Tool] then.
func NewTool[In, Out any](name, description string, fn func(context.Context, In) (Out, error)) Tool {
	inferred, err := schema.For(reflect.TypeFor[In]())
	if err == nil && !inferred.IsObject {
		err = fmt.Errorf("the input %s is no struct or map, which a tool's input is", reflect.TypeFor[In]())
	}
	if err == nil {
		err = checkToolName("tool", name)
	}
	if err != nil {
		panic(fmt.Sprintf("bedrock: NewTool(%q): %v", name, err))
	}
	call := func(ctx context.Context, input json.RawMessage) (any, error) {
		var in In
		if err := json.Unmarshal(input, &in); err != nil {
			return nil, fmt.Errorf("the input doesn't fit: %w", err)
		}
		return fn(ctx, in)
	}
	return Tool{Name: name, Description: description, Schema: inferred.JSON, Call: call, inferred: inferred}
}

var toolName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`) // API field: toolSpec.name

func checkToolName(of, name string) error {
	if !toolName.MatchString(name) {
		return fmt.Errorf("a %s's name is 1 to 64 letters, digits, _ and -, not %.80q", of, name)
	}
	return nil
}

// schemaText is the schema as it is sent.
func (t Tool) schemaText() (json.RawMessage, error) {
	if t.Schema == nil {
		return json.RawMessage(`{"type":"object"}`), nil
	}
	text, err := jsondoc.Encode(t.Schema)
	if err == nil && !isObject(text) {
		err = errors.New("it must be a JSON object")
	}
	if err != nil {
		return nil, fmt.Errorf("schema of tool %s: %w", t.Name, err)
	}
	return text, nil
}

// compile returns what checks the tool's input, by the schema's text.
func (t Tool) compile(text json.RawMessage) (*schema.Schema, error) {
	if t.inferred != nil && bytes.Equal(text, t.inferred.JSON) {
		return t.inferred, nil
	}
	s, err := schema.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("schema of tool %s: %w", t.Name, err)
	}
	return s, nil
}

func isObject(text []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) }

// UseTools offers tools to the model. What it asks for is in [Reply.ToolUses];
// [Reply.CallTools] runs it, and [Client.Run] does so until the model is done. Given
// twice, all are offered. API field: toolConfig.tools.
func UseTools(tools ...Tool) RequestOption {
	specs := make([]types.Tool, len(tools))
	var bad error
	for i, t := range tools {
		text, err := t.schemaText()
		if err == nil && t.Call != nil {
			_, err = t.compile(text)
		}
		if bad = cmp.Or(checkToolName("tool", t.Name), err); bad != nil {
			break
		}
		spec := types.ToolSpecification{Name: aws.String(t.Name), InputSchema: &types.ToolInputSchemaMemberJson{Value: jsondoc.Raw(text)}}
		if t.Description != "" {
			spec.Description = aws.String(t.Description)
		}
		if t.Strict {
			spec.Strict = aws.Bool(true)
		}
		specs[i] = &types.ToolMemberToolSpec{Value: spec}
	}
	return func(r *Request) {
		if bad != nil {
			r.Fail(fmt.Errorf("UseTools: %w", bad))
			return
		}
		if len(specs) > 0 {
			c := r.tools()
			c.Tools = append(c.Tools, specs...)
		}
	}
}

// toolsAtOnce bounds how many tools of one reply run side by side.
const toolsAtOnce = 8

// CallTools runs the tools that the reply asks for, up to 8 side by side, and returns
// the message with their results, in order, to append after [Reply.Message]. It has no
// content, which ends a loop, when the model asks for none, or stopped for something else
// than tool_use or end_turn: a call that max_tokens cut isn't run. Tools that the
// service runs itself (Type server_tool_use) are left to it.
//
// A result is sent as JSON if it encodes to an object, else as text, "(empty)" if that is
// blank. Content such as [Image] or [DocumentText], one block or a slice, is sent as it is.
//
// The model is told of a tool that fails or isn't among tools, and of input that
// doesn't fit its schema, in an error result. A panic of a tool is the caller's, when the
// others have ended.
//
// CallTools fails when a tool has no Call or a schema that can't be used, or gives a
// result that has no JSON, and when ctx ends, once the tools under way have returned. The
// message then still has a result for every call, so that the conversation can go on.
func (r *Reply) CallTools(ctx context.Context, tools ...Tool) (types.Message, error) {
	uses := r.pendingTools()
	results, errs := make([]types.ContentBlock, len(uses)), make([]error, len(uses))
	inParallel(len(uses), toolsAtOnce, func(i int) (result *types.ContentBlockMemberToolResult) {
		if result, errs[i] = callTool(ctx, uses[i], tools); errs[i] != nil {
			result = ToolFailure(aws.ToString(uses[i].ToolUseId), errs[i].Error())
		}
		return result
	}, func(i int, result *types.ContentBlockMemberToolResult) bool {
		results[i] = result
		return true
	})
	for _, err := range errs {
		if err != nil {
			return User("", results...), fmt.Errorf("bedrock: calling tools: %w", err)
		}
	}
	return User("", results...), nil
}

// pendingTools are the tool uses that the caller is to answer.
func (r *Reply) pendingTools() []types.ToolUseBlock {
	if r.ConverseOutput == nil || r.StopReason != types.StopReasonToolUse && r.StopReason != types.StopReasonEndTurn {
		return nil
	}
	return slices.DeleteFunc(r.ToolUses(), func(use types.ToolUseBlock) bool { return use.Type == types.ToolUseTypeServerToolUse })
}

// callTool runs one tool. What is no affair of the model's is an error.
func callTool(ctx context.Context, use types.ToolUseBlock, tools []Tool) (*types.ContentBlockMemberToolResult, error) {
	if ctx.Err() != nil {
		return nil, endOf(ctx)
	}
	id, name := aws.ToString(use.ToolUseId), aws.ToString(use.Name)
	i := slices.IndexFunc(tools, func(t Tool) bool { return t.Name == name })
	if i < 0 {
		return ToolFailure(id, fmt.Sprintf("there is no tool %.80q; the tools are: %s", name, toolNames(tools))), nil
	}
	tool := tools[i]
	if tool.Call == nil {
		return nil, fmt.Errorf("tool %s has no Call: answer it with ToolResult", name)
	}
	text, err := tool.schemaText()
	if err != nil {
		return nil, err
	}
	s, err := tool.compile(text)
	if err != nil {
		return nil, err
	}
	var input json.RawMessage
	if err := DecodeJSON(use.Input, &input); err != nil {
		return ToolFailure(id, "the call has no input"), nil
	}
	if err := s.Check(input); err != nil {
		return ToolFailure(id, "the input doesn't fit the tool's schema: "+err.Error()), nil
	}
	out, err := tool.Call(ctx, input)
	if ctx.Err() != nil && err != nil {
		return nil, endOf(ctx)
	}
	if err != nil {
		return ToolFailure(id, err.Error()), nil
	}
	content, err := toolContent(out)
	if err != nil {
		return nil, fmt.Errorf("result of tool %s: %w", name, err)
	}
	result := ToolResult(id, "")
	result.Value.Content = content
	return result, nil
}

// endOf is why a context ended, and that it did.
func endOf(ctx context.Context) error {
	if cause := context.Cause(ctx); cause != ctx.Err() {
		return fmt.Errorf("%w: %w", ctx.Err(), cause)
	}
	return ctx.Err()
}

func toolNames(tools []Tool) string {
	names := make([]string, len(tools))
	for i, t := range tools {
		names[i] = t.Name
	}
	return strings.Join(names, ", ")
}

// toolContent is a tool's result as the model gets it.
func toolContent(v any) ([]types.ToolResultContentBlock, error) {
	if blocks, ok := blocksOf[types.ToolResultContentBlock](v); ok {
		return resultBlocks(blocks, func(b types.ToolResultContentBlock) types.ToolResultContentBlock { return b })
	}
	if blocks, ok := blocksOf[types.ContentBlock](v); ok {
		return resultBlocks(blocks, asResult)
	}
	switch v := v.(type) {
	case string:
		return toolText(v), nil
	case []byte:
		if !json.Valid(v) && utf8.Valid(v) {
			return toolText(string(v)), nil
		}
	}
	raw, err := jsondoc.Encode(v)
	if err != nil {
		return nil, err
	}
	var text string
	switch {
	case isObject(raw):
		return []types.ToolResultContentBlock{&types.ToolResultContentBlockMemberJson{Value: jsondoc.Raw(raw)}}, nil
	case json.Unmarshal(raw, &text) == nil: // a string, or null
		return toolText(text), nil
	}
	return toolText(string(raw)), nil
}

func toolText(text string) []types.ToolResultContentBlock { return ToolResult("", text).Value.Content }

// blocksOf takes a block of a union, or a list of blocks, of whichever type its elements
// are.
func blocksOf[Block any](v any) ([]Block, bool) {
	if block, ok := v.(Block); ok {
		return []Block{block}, true
	}
	list := reflect.ValueOf(v)
	if list.Kind() != reflect.Slice || !list.Type().Elem().Implements(reflect.TypeFor[Block]()) {
		return nil, false
	}
	blocks := make([]Block, list.Len())
	for i := range blocks {
		blocks[i], _ = list.Index(i).Interface().(Block) // of a nil, nil
	}
	return blocks, true
}

// resultBlocks makes a tool's result of blocks; of none, the text that says so.
func resultBlocks[Block any](blocks []Block, as func(Block) types.ToolResultContentBlock) ([]types.ToolResultContentBlock, error) {
	if len(blocks) == 0 {
		return toolText(""), nil
	}
	results := make([]types.ToolResultContentBlock, len(blocks))
	for i, block := range blocks {
		if isNil(block) {
			return nil, errors.New("a content block is nil")
		}
		if results[i] = as(block); results[i] == nil {
			return nil, fmt.Errorf("a tool's result can't hold a %T", block)
		}
	}
	return results, nil
}

// asResult is content of a message as the API takes it in a tool's result, nil if it
// doesn't.
func asResult(block types.ContentBlock) types.ToolResultContentBlock {
	switch b := block.(type) {
	case *types.ContentBlockMemberText:
		return toolText(b.Value)[0]
	case *types.ContentBlockMemberImage:
		return &types.ToolResultContentBlockMemberImage{Value: b.Value}
	case *types.ContentBlockMemberDocument:
		return &types.ToolResultContentBlockMemberDocument{Value: b.Value}
	case *types.ContentBlockMemberVideo:
		return &types.ToolResultContentBlockMemberVideo{Value: b.Value}
	case *types.ContentBlockMemberSearchResult:
		return &types.ToolResultContentBlockMemberSearchResult{Value: b.Value}
	}
	return nil
}
