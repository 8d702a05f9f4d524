package bedrock

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock/internal/fields"
)

// Request is what a [RequestOption] changes: the fields of the SDK's
// ConverseStreamInput, which has all of ConverseInput's and the guardrail's
// StreamProcessingMode, which a call without a stream leaves out.
type Request struct {
	bedrockruntime.ConverseStreamInput
	err error
}

// Fail lets an option reject the request: the call returns the first such error, in an
// [Error] that is [ErrInvalid], and sends nothing.
func (r *Request) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// RequestOption sets a part of a Converse request. For a field without an option
// here, write one in place:
//
//	func(r *bedrock.Request) { r.ServiceTier = &types.ServiceTier{Type: types.ServiceTierTypeFlex} }
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
		r.inference().MaxTokens = aws.Int32(int32(n))
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
		r.inference().Temperature = aws.Float32(float32(t))
	}
}

// TopP makes the model choose among the most likely words that together have the
// probability p, between 0 and 1. Default: the model's. API field: inferenceConfig.topP.
func TopP(p float64) RequestOption {
	return func(r *Request) {
		if r.refuseNumber("TopP", p) {
			return
		}
		r.inference().TopP = aws.Float32(float32(p))
	}
}

// StopSequences ends the reply where the model writes one of these, StopReason
// stop_sequence. How many and how long they may be depends on the model. API field:
// inferenceConfig.stopSequences.
func StopSequences(s ...string) RequestOption {
	return func(r *Request) { r.inference().StopSequences = s }
}

// inference returns the inference configuration to set a field of: a copy, as
// another option may have put the caller's own there.
func (r *Request) inference() *types.InferenceConfiguration {
	var c types.InferenceConfiguration
	if r.InferenceConfig != nil {
		c = *r.InferenceConfig
	}
	r.InferenceConfig = &c
	return &c
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

// Converse sends a conversation and returns the model's whole reply. model is a
// model id, the id of an inference profile, or an ARN, sent as it is.
//
// A reply is complete; why the model stopped is in StopReason, and max_tokens or
// guardrail_intervened is no error. Throttles and transient faults are retried as the
// package documentation says. The error is an *[Error], the reply nil then.
func (c *Client) Converse(ctx context.Context, model string, messages []types.Message, opts ...RequestOption) (*Reply, error) {
	const op = "Converse"
	start := time.Now()
	r := newRequest(model, messages, opts)
	in, err := r.unary()
	if err != nil {
		return nil, c.fail(op, model, start, err)
	}
	out, err := c.sdk.Converse(ctx, in)
	if err != nil {
		return nil, c.fail(op, model, start, err)
	}
	reply, err := newReply(out)
	if err != nil {
		return nil, c.fail(op, model, start, err)
	}
	return reply, nil
}

// CountTokens returns how many input tokens [Client.Converse] would be charged for the
// same arguments. Of the options, System, the tools and the additional model fields
// count; the others aren't sent. Not every model can count: those that can't refuse
// with [ErrInvalid]. Source: CountTokens in the Amazon Bedrock API Reference.
func (c *Client) CountTokens(ctx context.Context, model string, messages []types.Message, opts ...RequestOption) (int, error) {
	const op = "CountTokens"
	start := time.Now()
	r := newRequest(model, messages, opts)
	if r.err != nil {
		return 0, c.fail(op, model, start, r.err)
	}
	out, err := c.sdk.CountTokens(ctx, &bedrockruntime.CountTokensInput{ModelId: r.ModelId, Input: &types.CountTokensInputMemberConverse{Value: types.ConverseTokensRequest{
		Messages: r.Messages, System: r.System, ToolConfig: r.ToolConfig, AdditionalModelRequestFields: r.AdditionalModelRequestFields,
	}}})
	if err == nil && out.InputTokens == nil {
		err = badReply(out.ResultMetadata, ErrEmptyReply, nil)
	}
	if err != nil {
		return 0, c.fail(op, model, start, err)
	}
	return int(*out.InputTokens), nil
}

func newRequest(model string, messages []types.Message, opts []RequestOption) *Request {
	r := &Request{}
	r.ModelId, r.Messages = &model, messages
	for _, opt := range opts {
		if opt != nil {
			opt(r)
		}
	}
	if r.err == nil {
		r.err = checkModel(aws.ToString(r.ModelId))
	}
	if r.err != nil {
		r.err = inputError{r.err}
	}
	return r
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

// unary makes the SDK's ConverseInput.
func (r *Request) unary() (*bedrockruntime.ConverseInput, error) {
	if r.err != nil {
		return nil, r.err
	}
	in, left := fields.ConverseInput(&r.ConverseStreamInput)
	return in, unsent(left)
}

// unsent is the error of a field that the unary call doesn't have, nil of none.
func unsent(field string) error {
	if field == "" {
		return nil
	}
	return inputError{fmt.Errorf("Converse can't send the field %s, only ConverseStream can with this version of the SDK", field)}
}
