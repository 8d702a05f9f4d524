package bedrock

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

func (r *Request) tools() *types.ToolConfiguration {
	var c types.ToolConfiguration
	if r.ToolConfig != nil {
		c = *r.ToolConfig
	}
	r.ToolConfig = &c
	return &c
}
func ToolChoiceTool(name string) RequestOption {
	return func(r *Request) {
		r.tools().ToolChoice = &types.ToolChoiceMemberTool{Value: types.SpecificToolChoice{Name: aws.String(name)}}
	}
}
func ToolResult(id, text string) *types.ContentBlockMemberToolResult {
	if strings.TrimSpace(text) == "" {
		text = "(empty)"
	}
	return &types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{ToolUseId: &id, Content: []types.ToolResultContentBlock{&types.ToolResultContentBlockMemberText{Value: text}}}}
}
func ToolError(id, text string) *types.ContentBlockMemberToolResult {
	r := ToolResult(id, text)
	r.Value.Status = types.ToolResultStatusError
	return r
}
func (t Tokens) Add(u Tokens) Tokens {
	return Tokens{t.Input + u.Input, t.Output + u.Output, t.CacheRead + u.CacheRead, t.CacheWrite + u.CacheWrite}
}
func (r *Request) output() *types.OutputConfig {
	var c types.OutputConfig
	if r.OutputConfig != nil {
		c = *r.OutputConfig
	}
	r.OutputConfig = &c
	return &c
}
