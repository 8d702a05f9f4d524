package bedrock

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock/internal/fields"
)

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
	reply.wanted = r.wanted
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
		err = emptyReply(out.ResultMetadata)
	}
	if err != nil {
		return 0, c.fail(op, model, start, err)
	}
	return int(*out.InputTokens), nil
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
	return refused(fmt.Errorf("Converse can't send the field %s, only ConverseStream can with this version of the SDK", field))
}
