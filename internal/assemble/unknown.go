package assemble

import "github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

// MarkUnknown puts a [types.UnknownUnionMember] in place of content that this
// version of the SDK doesn't know: the SDK leaves nil there, or the same pointer as
// the block before.
func MarkUnknown(content []types.ContentBlock) {
	mark(content)
	for _, block := range content {
		switch block := block.(type) {
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
