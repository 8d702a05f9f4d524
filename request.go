package bedrock

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock/internal/jsondoc"
)

// Request is what a [RequestOption] changes: the fields of the SDK's
// ConverseStreamInput, which has all of ConverseInput's and the guardrail's
// StreamProcessingMode, which a call without a stream leaves out.
type Request struct {
	bedrockruntime.ConverseStreamInput
	model     string // as given; ModelId points here
	err       error
	wanted    *wanted // structured output
	maxRounds int     // of Run; 0: the default
}

// Fail lets an option reject the request: the call returns the first such error, in an
// [Error] that is [ErrInvalid], and sends nothing. A nil error changes nothing.
func (r *Request) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// RequestOption sets a part of a Converse request. For a field without an option
// here, write one in place:
//
//	func(r *bedrock.Request) { r.ToolConfig = tools }
type RequestOption func(*Request)

// System adds a system prompt. Given twice, both are sent, in order.
func System(text string) RequestOption {
	return func(r *Request) {
		r.System = append(slices.Clip(r.System), &types.SystemContentBlockMemberText{Value: text})
	}
}

// MaxTokens bounds the reply, at least 1. Default: the model's maximum, which
// Bedrock reserves from the tokens-per-minute quota for every call. A reply that was
// cut by the bound has StopReason max_tokens. API field: inferenceConfig.maxTokens.
func MaxTokens(n int) RequestOption {
	return func(r *Request) {
		if n < 1 || n > math.MaxInt32 {
			r.Fail(fmt.Errorf("MaxTokens(%d): between 1 and %d", n, math.MaxInt32))
			return
		}
		own(&r.InferenceConfig).MaxTokens = aws.Int32(int32(n))
	}
}

// Temperature sets how freely the model chooses among likely words: 0 is the
// most predictable; 1 is the most that the API documents. Default: the
// model's. API field: inferenceConfig.temperature.
func Temperature(t float64) RequestOption {
	return func(r *Request) {
		if r.refuseNumber("Temperature", t) {
			return
		}
		own(&r.InferenceConfig).Temperature = aws.Float32(float32(t))
	}
}

// TopP makes the model choose among the most likely words that together have the
// probability p, between 0 and 1. Default: the model's. API field: inferenceConfig.topP.
func TopP(p float64) RequestOption {
	return func(r *Request) {
		if r.refuseNumber("TopP", p) {
			return
		}
		own(&r.InferenceConfig).TopP = aws.Float32(float32(p))
	}
}

// StopSequences ends the reply where the model writes one of these, StopReason
// stop_sequence. How many and how long they may be depends on the model. API field:
// inferenceConfig.stopSequences.
func StopSequences(s ...string) RequestOption {
	s = slices.Clip(slices.Clone(s))
	return func(r *Request) { own(&r.InferenceConfig).StopSequences = s }
}

// ModelFields adds parameters that only some models have, such as thinking: an object, by
// the rules of [JSON]; nil adds nothing. Given twice, the members of both are sent; of one
// name, the later. API field: additionalModelRequestFields.
func ModelFields(v any) RequestOption {
	fields, err := jsonObject(v)
	return func(r *Request) {
		if fields == nil {
			r.Fail(err)
			return
		}
		all, failed := jsonObject(r.AdditionalModelRequestFields)
		if failed == nil {
			r.AdditionalModelRequestFields, failed = JSON(merged(all, fields))
		}
		r.Fail(failed)
	}
}

// ModelResponseFields asks for fields of the model's own response by JSON Pointers, such as
// "/stop_sequence"; they are in AdditionalModelResponseFields of the reply, for [DecodeJSON].
// API field: additionalModelResponseFieldPaths.
func ModelResponseFields(paths ...string) RequestOption {
	paths = slices.Clone(paths)
	return func(r *Request) {
		for _, path := range paths {
			if !strings.HasPrefix(path, "/") {
				r.Fail(fmt.Errorf("ModelResponseFields: %q is no JSON Pointer, which begins with /", path))
			}
		}
		r.AdditionalModelResponseFieldPaths = append(slices.Clip(r.AdditionalModelResponseFieldPaths), paths...)
	}
}

// Effort says how much work the model puts into its reply: low, medium, high, xhigh or
// max, as far as the model has it. API field: outputConfig.effort.
func Effort(level string) RequestOption {
	return func(r *Request) {
		r.refuseEmpty("Effort", "level", level)
		own(&r.OutputConfig).Effort = &level
	}
}

// ToolChoiceAuto lets the model choose between text and the tools of [UseTools], as it does
// by default. API field of all three: toolConfig.toolChoice.
func ToolChoiceAuto() RequestOption {
	return func(r *Request) { r.tools().ToolChoice = &types.ToolChoiceMemberAuto{} }
}

// ToolChoiceAny makes the model use one of the tools at least.
func ToolChoiceAny() RequestOption {
	return func(r *Request) { r.tools().ToolChoice = &types.ToolChoiceMemberAny{} }
}

// ToolChoiceTool makes the model use the tool of that name.
func ToolChoiceTool(name string) RequestOption {
	return func(r *Request) {
		r.refuseEmpty("ToolChoiceTool", "name", name)
		r.tools().ToolChoice = &types.ToolChoiceMemberTool{Value: types.SpecificToolChoice{Name: &name}}
	}
}

// CacheSystem caches the system prompt of the [System] options before it; those after it
// stay out. ttl is as for [CachePoint].
func CacheSystem(ttl types.CacheTTL) RequestOption {
	return func(r *Request) {
		if len(r.System) == 0 {
			r.Fail(errors.New("CacheSystem: nothing to cache yet: give the option after System"))
		}
		r.System = append(slices.Clip(r.System), &types.SystemContentBlockMemberCachePoint{Value: cachePoint(ttl)})
	}
}

// CacheTools caches the tools that the options before it added, as [CacheSystem] does.
func CacheTools(ttl types.CacheTTL) RequestOption {
	return func(r *Request) {
		c := r.tools()
		if len(c.Tools) == 0 {
			r.Fail(errors.New("CacheTools: nothing to cache yet: give the option after the tools"))
		}
		c.Tools = append(c.Tools, &types.ToolMemberCachePoint{Value: cachePoint(ttl)})
	}
}

// Guardrail applies a guardrail: its id or ARN, and a version, which is a number or DRAFT.
// A reply that it stopped has StopReason guardrail_intervened. API field: guardrailConfig.
func Guardrail(id, version string) RequestOption {
	return func(r *Request) {
		r.refuseEmpty("Guardrail", "id", id)
		r.refuseEmpty("Guardrail", "version", version)
		g := own(&r.GuardrailConfig)
		g.GuardrailIdentifier, g.GuardrailVersion = &id, &version
	}
}

// GuardrailTrace has the reply's Trace tell what the guardrail found, which may quote the
// prompt. Default: disabled. It goes with [Guardrail], in any order.
func GuardrailTrace(trace types.GuardrailTrace) RequestOption {
	return func(r *Request) {
		r.refuseEmpty("GuardrailTrace", "trace", string(trace))
		own(&r.GuardrailConfig).Trace = trace
	}
}

// GuardrailAsync delivers a stream while the guardrail still checks it: what it then blocks
// may have been read, and nothing is masked. It goes with [Guardrail], in any order.
func GuardrailAsync() RequestOption {
	return func(r *Request) {
		own(&r.GuardrailConfig).StreamProcessingMode = types.GuardrailStreamProcessingModeAsync
	}
}

// ServiceTier chooses how fast, and at what price, the request is served. Default: default.
// API field: serviceTier.type.
func ServiceTier(tier types.ServiceTierType) RequestOption {
	return func(r *Request) {
		r.refuseEmpty("ServiceTier", "tier", string(tier))
		r.ServiceTier = &types.ServiceTier{Type: tier}
	}
}

// LatencyOptimized asks for a model's latency-optimized version. Default: the standard
// version, to which Bedrock may fall back; the reply's PerformanceConfig tells. API field:
// performanceConfig.latency.
func LatencyOptimized() RequestOption {
	return func(r *Request) {
		r.PerformanceConfig = &types.PerformanceConfiguration{Latency: types.PerformanceConfigLatencyOptimized}
	}
}

// RequestMetadata adds names and values to filter the invocation logs by. API field:
// requestMetadata.
func RequestMetadata(m map[string]string) RequestOption {
	m = maps.Clone(m)
	return func(r *Request) {
		if len(m) > 0 { // the API takes no empty map
			r.RequestMetadata = merged(r.RequestMetadata, m)
		}
	}
}

// PromptVariables fills in a prompt of Prompt management, whose ARN is the model: messages
// of the call, if any, follow the prompt's. API field: promptVariables.
func PromptVariables(values map[string]string) RequestOption {
	values = maps.Clone(values)
	return func(r *Request) {
		if len(values) > 0 {
			r.PromptVariables = maps.Collect(maps.All(r.PromptVariables))
		}
		for name, value := range values {
			r.PromptVariables[name] = &types.PromptVariableValuesMemberText{Value: value}
		}
	}
}

// own puts a copy in the place of what a field points to and returns it, as another
// option may have put the caller's own there.
func own[T any](field **T) *T {
	c := new(T)
	if *field != nil {
		*c = **field
	}
	*field = c
	return c
}

// tools returns the tool configuration to change: appending to its Tools is safe too.
func (r *Request) tools() *types.ToolConfiguration {
	c := own(&r.ToolConfig)
	c.Tools = slices.Clip(c.Tools)
	return c
}

// merged is a new map of both, which is never nil.
func merged[K comparable, V any](m, more map[K]V) map[K]V {
	all := make(map[K]V, len(m)+len(more))
	maps.Copy(all, m)
	maps.Copy(all, more)
	return all
}

// jsonObject returns the members of what is an object as JSON; nil of null.
func jsonObject(v any) (map[string]json.RawMessage, error) {
	raw, err := jsondoc.Encode(v)
	if err != nil {
		return nil, &jsondoc.Error{Doing: "ModelFields", Err: err}
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil, errors.New("ModelFields: what it adds, and what it is added to, must be a JSON object")
	}
	return members, nil
}

// refuseEmpty fails the request for a value that the API needs.
func (r *Request) refuseEmpty(option, what, value string) {
	if value == "" {
		r.Fail(fmt.Errorf("%s: the %s is empty", option, what))
	}
}

// refuseNumber fails the request for what is no JSON number, or negative. The upper
// bound is the model's to set.
func (r *Request) refuseNumber(option string, v float64) bool {
	if v >= 0 && v <= math.MaxFloat32 {
		return false
	}
	r.Fail(fmt.Errorf("%s(%v): give a number of 0 or more", option, v))
	return true
}

func newRequest(model string, messages []types.Message, opts []RequestOption) *Request {
	r := &Request{model: model}
	r.ModelId, r.Messages = &r.model, messages
	for _, opt := range opts {
		if opt != nil {
			opt(r)
		}
	}
	if r.err == nil {
		r.err = checkModel(aws.ToString(r.ModelId))
	}
	if r.err == nil {
		r.err = checkMessages(r.Messages)
	}
	if r.err != nil {
		r.err = refused(r.err)
	}
	return r
}

// checkMessages refuses blocks that hold nothing, at which the SDK panics.
func checkMessages(messages []types.Message) error {
	for i, m := range messages {
		for j, block := range m.Content {
			if isNil(block) {
				return fmt.Errorf("Messages[%d].Content[%d] is nil (%T)", i, j, block)
			}
		}
	}
	return nil
}

// checkModel refuses what would change the request's path, or send none.
func checkModel(model string) error {
	const maxLen = 2048 // API field: modelId
	switch {
	case model == "":
		return errors.New("the model is empty: give a model id, an inference profile's id or an ARN")
	case model == "." || model == "..":
		return fmt.Errorf("%q is no model id", model)
	case len(model) > maxLen:
		return fmt.Errorf("the model id is %d bytes long, over the API's %d", len(model), maxLen)
	case strings.ContainsFunc(model, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return fmt.Errorf("model id %.80q holds a space or a control character", model)
	}
	return nil
}
