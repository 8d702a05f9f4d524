package hint

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"

	"example.com/bedrock/internal/frame"
	"example.com/bedrock/internal/kind"
)

const denied = "User: x is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:%s::foundation-model/y"

var (
	ofEurope  = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0"
	noHost    = &net.DNSError{Name: "bedrock-runtime.us-esat-1.amazonaws.com", IsNotFound: true}
	quotaUsed = errors.Join(kind.Unavailable, ratelimit.QuotaExceededError{})
	ownPrompt = &bedrockruntime.ConverseInput{
		ModelId:         aws.String("arn:aws:bedrock:us-east-1:123456789012:prompt/PROMPT12345:1"),
		InferenceConfig: &types.InferenceConfiguration{MaxTokens: aws.Int32(1)},
	}
)

// missing is the SDK's error of a field that isn't set, in the structures from the
// innermost to the outermost.
func missing(field string, within ...string) error {
	params := smithy.InvalidParamsError{}
	params.Add(smithy.NewErrParamRequired(field))
	for _, name := range within {
		outer := smithy.InvalidParamsError{Context: "ConverseInput"}
		outer.AddNested(name, params)
		params = outer
	}
	return fmt.Errorf("converse: %w", params)
}

func TestHints(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		failure Failure
		want    string // a part of the hint; "": there is none
	}{
		{"nothing known", Failure{Err: errors.New("odd")}, ""},
		{"on-demand throughput", Failure{Err: kind.NeedsProfile, Region: "eu-central-1"}, "from eu-central-1 one of eu., global."},
		{"on-demand throughput of an ARN", Failure{Err: kind.NeedsProfile, Region: "eu-west-1", Model: ofEurope}, "the id or ARN of an inference profile"},
		{"on-demand throughput where no profile is known", Failure{Err: kind.NeedsProfile, Region: "cn-north-1"}, "the id or ARN of an inference profile"},

		{"ARN of another region, invalid", Failure{Err: kind.Invalid, Region: "us-east-1", Model: ofEurope}, `of region eu-west-1 and the client calls us-east-1: use WithRegion("eu-west-1")`},
		{"ARN of another region, not found", Failure{Err: kind.NotFound, Region: "us-east-1", Model: ofEurope}, "WithRegion"},
		{"ARN of another region, denied", Failure{Err: kind.AccessDenied, Region: "us-east-1", Model: ofEurope}, "WithRegion"},
		{"ARN of another region, throttled", Failure{Err: kind.Throttled, Region: "us-east-1", Model: ofEurope}, ""},
		{"ARN of this region", Failure{Err: kind.Invalid, Region: "eu-west-1", Model: ofEurope}, ""},

		{"misspelt region", Failure{Err: noHost, Region: "us-esat-1"}, "did you mean us-east-1?"},
		{"region unlike any", Failure{Err: noHost, Region: "xx-nowhere-9"}, "does Bedrock exist in region xx-nowhere-9"},
		{"region spelt right", Failure{Err: noHost, Region: "us-east-1"}, "is the endpoint right"},
		{"slow name resolution", Failure{Err: &net.DNSError{IsTimeout: true}, Region: "us-esat-1"}, ""},

		{"API key refused", Failure{Err: kind.Credentials, APIKey: true}, "the API key was refused"},
		{"API key expired", Failure{Err: kind.AccessDenied, APIKey: true, Message: "Bearer Token has expired"}, "the API key was refused"},
		{"API key of the environment", Failure{Err: kind.Credentials, APIKey: true, Shadowed: true}, "AWS_BEARER_TOKEN_BEDROCK was used"},
		{"API key without access", Failure{Err: kind.AccessDenied, APIKey: true, Message: "no"}, ""},
		{"API key and an invalid request", Failure{Err: kind.Invalid, APIKey: true}, ""},

		{"custom endpoint of another region", Failure{Err: kind.Credentials, CustomEndpoint: true, Region: "eu-west-1", Message: "Credential should be scoped to a valid region."}, "signed for eu-west-1"},
		{"custom endpoint, another refusal", Failure{Err: kind.Credentials, CustomEndpoint: true, Message: "no"}, "get-caller-identity"},

		{"session of a profile over", Failure{Err: kind.Credentials, NoIdentity: true, Message: "the SSO session has expired"}, "aws sso login, with --profile"},
		{"no credentials", Failure{Err: kind.Credentials, NoIdentity: true}, "no credentials could be fetched"},
		{"session expired", Failure{Err: kind.Credentials, Code: "ExpiredTokenException"}, "the session has expired"},
		{"clock behind", Failure{Err: kind.Credentials, Message: "Signature expired: now"}, "clock"},
		{"clock ahead", Failure{Err: kind.Credentials, Message: "Signature not yet current"}, "clock"},

		{"use case form, by code", Failure{Err: kind.AccessDenied, Code: "FTUFormNotFilled"}, "use case form"},
		{"use case form, by text", Failure{Err: kind.NotFound, Message: "Model use case details have not been submitted"}, "use case form"},
		{"model retired", Failure{Err: kind.NotFound, Message: "has reached the end of its life"}, "has been retired"},
		{"model not enabled", Failure{Err: kind.AccessDenied, Message: "You don't have access to the model"}, "isn't enabled for the account"},
		{"model id unknown", Failure{Err: kind.Invalid, Region: "us-east-1", Message: "The provided model identifier is invalid."}, "does region us-east-1 have the model"},

		{"denied in another region", Failure{Err: kind.AccessDenied, Region: "us-east-1", Message: fmt.Sprintf(denied, "us-west-2")}, "in us-west-2"},
		{"denied in this region", Failure{Err: kind.AccessDenied, Region: "us-east-1", Message: fmt.Sprintf(denied, "us-east-1")}, ""},
		{"denied for a global profile", Failure{Err: kind.AccessDenied, Region: "us-east-1", Message: fmt.Sprintf(denied, "")}, "without a region"},

		{"retry quota", Failure{Err: quotaUsed}, "stopped retrying"},
		{"daily tokens", Failure{Err: kind.Throttled, Uncapped: true, Message: "Too many tokens per day"}, "daily token quota"},
		{"throttled without a bound", Failure{Err: kind.Throttled, Uncapped: true}, "MaxTokens is unset"},
		{"throttled with a bound", Failure{Err: kind.Throttled}, ""},
		{"model not ready", Failure{Err: kind.Throttled, Uncapped: true, Code: "ModelNotReadyException"}, ""},

		{"empty message", Failure{Err: missing("Content", "[0]", "Messages")}, "a message has no content"},
		{"empty message to count", Failure{Err: missing("Content", "[10]", "Messages", "[converse]", "Input")}, "a message has no content"},
		{"tool use without input", Failure{Err: missing("Input", "[toolUse]", "[0]", "Content", "[1]", "Messages")}, ""},
		{"image without a format", Failure{Err: missing("Format", "[image]", "[1]", "Content", "[0]", "Messages")}, ""},
		{"tool result without content", Failure{Err: missing("Content", "[toolResult]", "[1]", "Content", "[0]", "Messages")}, ""},
		{"another missing parameter", Failure{Err: missing("ModelId")}, ""},
		{"document names", Failure{Err: kind.Invalid, Attempts: 1, Message: "Messages can't contain duplicate document names."}, "must differ in the whole conversation"},
		{"known refusal", Failure{Err: kind.Invalid, Attempts: 1, Input: ownPrompt}, "Prompt management"},
		{"known refusal, not sent", Failure{Err: kind.Invalid, Input: ownPrompt}, ""},
		{"known refusal, too long", Failure{Err: errors.Join(kind.Invalid, kind.ContextWindow), Attempts: 1, Input: ownPrompt}, ""},

		{"chunks without an end mark", Failure{Err: kind.Truncated, Events: 2, Op: "InvokeModelWithResponseStream"}, "WithUnmarkedStreamEnd"},
		{"conversation without an end mark", Failure{Err: kind.Truncated, Events: 2, Op: "ConverseStream"}, "part of the reply was delivered"},
		{"stalled", Failure{Err: kind.Stalled, Events: 2}, "part of the reply was delivered"},
		{"another failure in a stream", Failure{Err: kind.ModelError, Events: 2}, ""},
		{"nothing at all", Failure{Err: kind.Truncated}, ""},

		{"no frames", Failure{Err: frame.ErrChecksum}, "proxy or gateway"},
		{"no reply", Failure{Err: kind.EmptyReply}, "proxy or gateway"},
		{"no reply, by a code", Failure{Err: kind.EmptyReply, Code: "Odd"}, ""},
	}
	for _, test := range tests {
		got := For(test.failure)
		if !strings.Contains(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
