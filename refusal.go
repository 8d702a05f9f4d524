package bedrock

import (
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

var promptARN = regexp.MustCompile(`^arn:[^:]*:bedrock:[^:]*:[^:]*:prompt/`)

// maxCachePoints is what each model takes in a request ("Prompt caching" in the User Guide).
const maxCachePoints = 4

// knownRefusal says what is known to be refused in the SDK's input of Converse or
// ConverseStream, and what to do; "" of others, and when it knows nothing.
func knownRefusal(input any) string {
	var r refusable
	switch in := input.(type) {
	case *bedrockruntime.ConverseInput:
		r = refusable{aws.ToString(in.ModelId), in.Messages, in.System, in.ToolConfig, in.InferenceConfig, in.AdditionalModelRequestFields}
	case *bedrockruntime.ConverseStreamInput:
		r = refusable{aws.ToString(in.ModelId), in.Messages, in.System, in.ToolConfig, in.InferenceConfig, in.AdditionalModelRequestFields}
	default:
		return ""
	}
	switch points := r.cachePoints(); {
	case promptARN.MatchString(r.model) && r.bringsItsOwn():
		return "the model is the ARN of a prompt: its system prompt, inference parameters, tools and model fields are set in Prompt management, and can't be in the request"
	case r.forcesTool() && r.thinks():
		return "a model that thinks can't be forced to use a tool: choose ToolChoiceAuto, or leave the thinking out"
	case shorterFirst(points):
		return "a cache point with a TTL of 1h comes after one of 5m, in the order tools, system, messages: give the longer TTL to the earlier ones"
	case len(points) > maxCachePoints:
		return fmt.Sprintf("the request has %d cache points in its messages, system prompt and tools: models take %d at most", len(points), maxCachePoints)
	}
	return ""
}

type refusable struct {
	model     string
	messages  []types.Message
	system    []types.SystemContentBlock
	tools     *types.ToolConfiguration
	inference *types.InferenceConfiguration
	fields    document.Interface
}

// bringsItsOwn reports what Converse in the API Reference excludes for a prompt's ARN.
func (r refusable) bringsItsOwn() bool {
	return r.system != nil || r.tools != nil || r.inference != nil || r.fields != nil
}

func (r refusable) forcesTool() bool {
	if r.tools == nil {
		return false
	}
	switch r.tools.ToolChoice.(type) {
	case *types.ToolChoiceMemberAny, *types.ToolChoiceMemberTool:
		return true
	}
	return false
}

// thinks knows what Claude models call the field, and Nova models.
func (r refusable) thinks() bool {
	if r.fields == nil {
		return false
	}
	raw, err := r.fields.MarshalSmithyDocument()
	if err != nil {
		return false // it can't have been sent
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return false // no object, so no thinking
	}
	for _, name := range []string{"thinking", "reasoning_config", "reasoningConfig"} {
		var mode struct{ Type string }
		if json.Unmarshal(fields[name], &mode) == nil && mode.Type != "" && mode.Type != "disabled" {
			return true
		}
	}
	return false
}

// cachePoints are in the order of the prompt: tools, system, messages.
func (r refusable) cachePoints() []types.CachePointBlock {
	var points []types.CachePointBlock
	if r.tools != nil {
		for _, t := range r.tools.Tools {
			if p, ok := t.(*types.ToolMemberCachePoint); ok {
				points = append(points, p.Value)
			}
		}
	}
	for _, b := range r.system {
		if p, ok := b.(*types.SystemContentBlockMemberCachePoint); ok {
			points = append(points, p.Value)
		}
	}
	for _, m := range r.messages {
		for _, b := range m.Content {
			if p, ok := b.(*types.ContentBlockMemberCachePoint); ok {
				points = append(points, p.Value)
			}
		}
	}
	return points
}

// shorterFirst reports whether a cache point of an hour comes after one of five minutes,
// which is the default.
func shorterFirst(points []types.CachePointBlock) bool {
	shorter := false
	for _, p := range points {
		if p.Ttl == types.CacheTTLOneHour && shorter {
			return true
		}
		shorter = shorter || p.Ttl != types.CacheTTLOneHour
	}
	return false
}

// asksForSchema reports whether a request asks for structured output.
func asksForSchema(input any) bool {
	var config *types.OutputConfig
	switch in := input.(type) {
	case *bedrockruntime.ConverseInput:
		config = in.OutputConfig
	case *bedrockruntime.ConverseStreamInput:
		config = in.OutputConfig
	}
	return config != nil && config.TextFormat != nil
}

// hasS3Location reports whether a request has media that the service is to fetch from S3.
func hasS3Location(input any) bool {
	var messages []types.Message
	switch in := input.(type) {
	case *bedrockruntime.ConverseInput:
		messages = in.Messages
	case *bedrockruntime.ConverseStreamInput:
		messages = in.Messages
	}
	for _, m := range messages {
		for _, b := range m.Content {
			if isAtS3(b) {
				return true
			}
		}
	}
	return false
}

func isAtS3(b types.ContentBlock) (ok bool) {
	switch b := b.(type) {
	case *types.ContentBlockMemberImage:
		_, ok = b.Value.Source.(*types.ImageSourceMemberS3Location)
	case *types.ContentBlockMemberDocument:
		_, ok = b.Value.Source.(*types.DocumentSourceMemberS3Location)
	case *types.ContentBlockMemberVideo:
		_, ok = b.Value.Source.(*types.VideoSourceMemberS3Location)
	case *types.ContentBlockMemberAudio:
		_, ok = b.Value.Source.(*types.AudioSourceMemberS3Location)
	}
	return ok
}

// inputFacts are what a hint asks of a request, of which the rest has been let go.
type inputFacts struct {
	refusal    string // why it is known to be refused
	schema, s3 bool   // it asks for structured output; it has media in S3
}

// factsOf looks into the input of a call that the service refused.
func factsOf(input any, f *failure) inputFacts {
	if f.attempts == 0 || !f.Is(ErrInvalid) {
		return inputFacts{}
	}
	return inputFacts{knownRefusal(input), asksForSchema(input), hasS3Location(input)}
}
