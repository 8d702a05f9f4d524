package fields

import (
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// ConverseInput makes the input of the unary call of the stream's; the guardrail's
// StreamProcessingMode is left out. Fields that this version of the SDK doesn't have yet
// are copied by name, so that those of a newer one come along; left names one that is
// set and can't.
func ConverseInput(stream *bedrockruntime.ConverseStreamInput) (in *bedrockruntime.ConverseInput, left string) {
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
	newOfRequest = match[bedrockruntime.ConverseInput, bedrockruntime.ConverseStreamInput]("ModelId", "AdditionalModelRequestFields",
		"AdditionalModelResponseFieldPaths", "InferenceConfig", "Messages", "OutputConfig", "PerformanceConfig", "PromptVariables",
		"RequestMetadata", "ServiceTier", "System", "ToolConfig", "GuardrailConfig")
	newOfGuardrail = match[types.GuardrailConfiguration, types.GuardrailStreamConfiguration]("GuardrailIdentifier", "GuardrailVersion",
		"Trace", "StreamProcessingMode")
)
