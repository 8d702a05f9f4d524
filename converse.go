package bedrock

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// Converse sends a conversation and returns the model's whole reply. model is a
// model id, the id of an inference profile, or an ARN, sent as it is.
//
// A reply is complete; why the model stopped is in StopReason, and max_tokens or
// guardrail_intervened is no error. Throttles and transient faults are retried as the
// package documentation says. The error is an *[Error], the reply nil then.
func (c *Client) Converse(ctx context.Context, model string, messages []types.Message, opts ...RequestOption) (*Reply, error) {
	return c.converse(ctx, time.Now(), newRequest(model, messages, opts))
}

// converse makes one call.
func (c *Client) converse(ctx context.Context, start time.Time, r *Request) (*Reply, error) {
	in, err := r.unary()
	if err != nil {
		return nil, c.fail(ctx, opConverse, r.model, start, err)
	}
	out, err := c.SDK().Converse(ctx, in)
	if err != nil {
		return nil, c.fail(ctx, opConverse, r.model, start, err)
	}
	reply, err := newReply(out)
	if err != nil {
		return nil, c.fail(ctx, opConverse, r.model, start, err)
	}
	reply.wanted = r.wanted
	return reply, nil
}

// CountTokens returns how many input tokens [Client.Converse] would be charged for the
// same arguments. Of the options, System, the tools and the additional model fields
// count; the others aren't sent. Not every model can count: those that can't refuse
// with [ErrInvalid]. Source: CountTokens in the Amazon Bedrock API Reference.
func (c *Client) CountTokens(ctx context.Context, model string, messages []types.Message, opts ...RequestOption) (int, error) {
	start := time.Now()
	r := newRequest(model, messages, opts)
	if r.err != nil {
		return 0, c.fail(ctx, opCountTokens, model, start, r.err)
	}
	out, err := c.SDK().CountTokens(ctx, &bedrockruntime.CountTokensInput{ModelId: r.ModelId, Input: &types.CountTokensInputMemberConverse{Value: types.ConverseTokensRequest{
		Messages: r.Messages, System: r.System, ToolConfig: r.ToolConfig, AdditionalModelRequestFields: r.AdditionalModelRequestFields,
	}}})
	if err == nil && out.InputTokens == nil {
		err = emptyReply(out.ResultMetadata)
	}
	if err != nil {
		return 0, c.fail(ctx, opCountTokens, model, start, err)
	}
	return int(*out.InputTokens), nil
}

// unary makes the SDK's ConverseInput.
func (r *Request) unary() (*bedrockruntime.ConverseInput, error) {
	if r.err != nil {
		return nil, r.err
	}
	in, left := unaryInput(&r.ConverseStreamInput)
	return in, unsent(left)
}

// unsent is the error of a field that the unary call doesn't have, nil of none.
func unsent(field string) error {
	if field == "" {
		return nil
	}
	return refused(fmt.Errorf("Converse can't send the field %s, only ConverseStream can with this version of the SDK", field))
}

// unaryInput makes the input of the unary call of the stream's; the guardrail's
// StreamProcessingMode is left out. Fields that this version of the SDK doesn't have yet
// are copied by name, so that those of a newer one come along; left names one that is
// set and can't.
func unaryInput(stream *bedrockruntime.ConverseStreamInput) (in *bedrockruntime.ConverseInput, left string) {
	in = &bedrockruntime.ConverseInput{
		ModelId:                           stream.ModelId,
		AdditionalModelRequestFields:      stream.AdditionalModelRequestFields,
		AdditionalModelResponseFieldPaths: stream.AdditionalModelResponseFieldPaths,
		InferenceConfig:                   stream.InferenceConfig,
		Messages:                          stream.Messages,
		OutputConfig:                      stream.OutputConfig,
		PerformanceConfig:                 stream.PerformanceConfig,
		PromptVariables:                   stream.PromptVariables,
		RequestMetadata:                   stream.RequestMetadata,
		ServiceTier:                       stream.ServiceTier,
		System:                            stream.System,
		ToolConfig:                        stream.ToolConfig,
	}
	if g := stream.GuardrailConfig; g != nil {
		in.GuardrailConfig = &types.GuardrailConfiguration{GuardrailIdentifier: g.GuardrailIdentifier, GuardrailVersion: g.GuardrailVersion, Trace: g.Trace}
		if left := newOfGuardrail.copy(in.GuardrailConfig, g); left != "" {
			return nil, left
		}
	}
	return in, newOfRequest.copy(in, stream)
}

// Fields that this version of the SDK doesn't have.
var (
	newOfRequest = matchFields[bedrockruntime.ConverseInput, bedrockruntime.ConverseStreamInput]("ModelId", "AdditionalModelRequestFields",
		"AdditionalModelResponseFieldPaths", "InferenceConfig", "Messages", "OutputConfig", "PerformanceConfig", "PromptVariables",
		"RequestMetadata", "ServiceTier", "System", "ToolConfig", "GuardrailConfig")
	newOfGuardrail = matchFields[types.GuardrailConfiguration, types.GuardrailStreamConfiguration]("GuardrailIdentifier", "GuardrailVersion",
		"Trace", "StreamProcessingMode")
)

// plan says which field of From goes to which of To: worked out once, as reflection is
// slow.
type fieldPlan[To, From any] struct {
	pairs     []fieldPair
	unmatched []int // fields of From to copy that have no counterpart
}

type fieldPair struct{ from, to int }

// matchFields plans to copy all exported fields but some.
func matchFields[To, From any](except ...string) fieldPlan[To, From] {
	var p fieldPlan[To, From]
	to, from := reflect.TypeFor[To](), reflect.TypeFor[From]()
	for i := range from.NumField() {
		f := from.Field(i)
		if !f.IsExported() || slices.Contains(except, f.Name) {
			continue
		}
		if t, ok := to.FieldByName(f.Name); ok && t.Type == f.Type {
			p.pairs = append(p.pairs, fieldPair{i, t.Index[0]})
		} else {
			p.unmatched = append(p.unmatched, i)
		}
	}
	return p
}

// copy copies what is set, and returns the name of a field that is set and has no
// counterpart, "" when there is none.
func (p fieldPlan[To, From]) copy(to *To, from *From) (left string) {
	if p.pairs == nil && p.unmatched == nil {
		return ""
	}
	dst, src := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
	for _, pair := range p.pairs {
		if f := src.Field(pair.from); !f.IsZero() {
			dst.Field(pair.to).Set(f)
		}
	}
	for _, i := range p.unmatched {
		if !src.Field(i).IsZero() {
			return src.Type().Field(i).Name
		}
	}
	return ""
}
