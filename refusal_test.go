package bedrock

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// unencodable is a document of which nothing can be known.
type unencodable struct{ document.Interface }

func (unencodable) MarshalSmithyDocument() ([]byte, error) { return nil, errors.New("no") }

func TestReason(t *testing.T) {
	t.Parallel()
	var points []types.ContentBlock
	for range 5 {
		points = append(points, &types.ContentBlockMemberCachePoint{})
	}
	messages := []types.Message{{Content: points}}
	forced := &types.ToolConfiguration{ToolChoice: &types.ToolChoiceMemberAny{}}
	thinking := document.NewLazyDocument(map[string]any{"thinking": map[string]any{"type": "adaptive"}})
	prompt := aws.String("arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:prompt/P")
	tests := []struct {
		name  string
		input any
		want  string
	}{
		{"cache points", &bedrockruntime.ConverseInput{Messages: messages}, "5 cache points"},
		{"cache points of a stream", &bedrockruntime.ConverseStreamInput{Messages: messages}, "5 cache points"},
		{"thinking and a forced tool", &bedrockruntime.ConverseInput{ToolConfig: forced, AdditionalModelRequestFields: thinking}, "ToolChoiceAuto"},
		{"thinking", &bedrockruntime.ConverseInput{AdditionalModelRequestFields: thinking}, ""},
		{"a forced tool and no fields", &bedrockruntime.ConverseInput{ToolConfig: forced}, ""},
		{"a forced tool and fields that are no object", &bedrockruntime.ConverseInput{ToolConfig: forced, AdditionalModelRequestFields: document.NewLazyDocument(5)}, ""},
		{"a forced tool and fields that can't be read", &bedrockruntime.ConverseInput{ToolConfig: forced, AdditionalModelRequestFields: unencodable{}}, ""},
		{"a prompt with parameters", &bedrockruntime.ConverseInput{ModelId: prompt, InferenceConfig: &types.InferenceConfiguration{}}, "Prompt management"},
		{"a prompt", &bedrockruntime.ConverseInput{ModelId: prompt, Messages: messages[:0]}, ""},
		{"nothing", &bedrockruntime.ConverseInput{}, ""},
		{"another operation", &bedrockruntime.InvokeModelInput{}, ""},
		{"no input", nil, ""},
	}
	for _, tt := range tests {
		if got := knownRefusal(tt.input); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q in it", tt.name, got, tt.want)
		}
	}
}
