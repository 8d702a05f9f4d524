package assemble

import "github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

// Complete puts something in place of what the SDK leaves out of a reply's content, so
// that it can be read and sent back: a [types.UnknownUnionMember] for what this version
// of the SDK doesn't know, where it leaves nil or the same pointer as the block before,
// and {} for a tool use without input.
func Complete(content []types.ContentBlock) {
	mark(content)
	for _, block := range content {
		switch block := block.(type) {
		case *types.ContentBlockMemberToolUse:
			if block.Value.Input == nil {
				block.Value.Input = toolInput(nil)
			}
		case *types.ContentBlockMemberToolResult:
			mark(block.Value.Content)
		case *types.ContentBlockMemberCitationsContent:
			mark(block.Value.Content)
			for _, c := range block.Value.Citations {
				mark(c.SourceContent)
			}
		}
	}
}

// mark serves any list of one of the API's unions.
func mark[Union comparable](list []Union) {
	var before Union // nil
	for i, v := range list {
		if v == before {
			list[i], _ = any(newUnknown()).(Union)
		}
		before = v
	}
}

// newUnknown has no tag of its own: the SDK doesn't keep the name of what it
// doesn't know.
func newUnknown() *types.UnknownUnionMember { return &types.UnknownUnionMember{Tag: "unknown"} }
