package body_test

import (
	"testing"

	"example.com/bedrock/body"
)

// TestDocumentedBodies holds every type to bodies of the structure that AWS documents:
// each decodes with unknown fields refused and comes out the same again.
func TestDocumentedBodies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		v    any
		raw  string
	}{
		{"Titan text request", new(body.TitanEmbedTextRequest),
			`{"inputText":"snow","dimensions":256,"normalize":false,"embeddingTypes":["float","binary"]}`},
		{"Titan text response, V1", new(body.TitanEmbedTextResponse), `{"embedding":[0.5,-0.25],"inputTextTokenCount":2}`},
		{"Titan text response, binary alone", new(body.TitanEmbedTextResponse),
			`{"embeddingsByType":{"binary":[1,0,0,1]},"inputTextTokenCount":0}`},
		{"Titan multimodal request", new(body.TitanEmbedImageRequest),
			`{"inputText":"snow","inputImage":"AAEC","embeddingConfig":{"outputEmbeddingLength":384}}`},
		{"Titan multimodal response", new(body.TitanEmbedImageResponse), `{"embedding":[0.5],"inputTextTokenCount":0,"message":null}`},

		{"Nova embedding of video", new(body.NovaEmbedRequest),
			`{"schemaVersion":"nova-multimodal-embed-v1","taskType":"SINGLE_EMBEDDING",
			"singleEmbeddingParams":{"embeddingPurpose":"VIDEO_RETRIEVAL",
			"embeddingDimension":1024,"video":{"format":"mp4","embeddingMode":"AUDIO_VIDEO_SEPARATE",
			"source":{"s3Location":{"uri":"s3://b/k","bucketOwner":"123456789012"}}}}}`},
		{"Nova embedding of an image", new(body.NovaEmbedRequest),
			`{"taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"embeddingPurpose":"CLUSTERING",
			"image":{"format":"png","detailLevel":"DOCUMENT_IMAGE","source":{"bytes":"AAEC"}}}}`},
		{"Nova segments of text", new(body.NovaEmbedRequest),
			`{"taskType":"SEGMENTED_EMBEDDING","segmentedEmbeddingParams":{"embeddingPurpose":"GENERIC_INDEX",
			"text":{"truncationMode":"NONE","source":{"s3Location":{"uri":"s3://b/k"}},"segmentationConfig":{}}}}`},
		{"Nova segments of sound", new(body.NovaEmbedRequest),
			`{"taskType":"SEGMENTED_EMBEDDING","segmentedEmbeddingParams":{"embeddingPurpose":"GENERIC_INDEX",
			"audio":{"format":"mp3","source":{"s3Location":{"uri":"s3://b/k"}},"segmentationConfig":{"durationSeconds":30}}}}`},
		{"Nova embeddings", new(body.NovaEmbedResponse),
			`{"embeddings":[{"embeddingType":"TEXT","embedding":[0.5],"truncatedCharLength":0},{"embeddingType":"AUDIO",
			"embedding":[1]}]}`},
		{"Nova job", new(body.NovaEmbedJob),
			`{"sourceFileUri":"s3://b/k","embeddingDimension":3072,"embeddingResults":[{"embeddingType":"VIDEO","status":"PARTIAL_SUCCESS",
			"failureReason":"INVALID_CONTENT","message":"no","outputFileUri":"s3://b/o"}]}`},
		{"Nova segment", new(body.NovaEmbedSegment),
			`{"embedding":[0.5],"segmentMetadata":{"segmentIndex":0,"segmentStartSeconds":0,"segmentEndSeconds":4.5},"status":"SUCCESS"}`},

		{"Cohere request, v4", new(body.CohereEmbedRequest),
			`{"input_type":"search_document","inputs":[{"content":[{"type":"text","text":"chart"},{"type":"image_url",
			"image_url":{"url":"data:image/png;base64,AAEC"}}]}],
			"embedding_types":["int8","ubinary"],"output_dimension":512,"max_tokens":128000,"truncate":"RIGHT"}`},
		{"Cohere request, v3", new(body.CohereEmbedRequest),
			`{"input_type":"image","images":["data:image/png;base64,AAEC"],"truncate":"END","embedding_types":[]}`},
		{"Cohere list", new(body.CohereEmbedResponse),
			`{"id":"1","response_type":"embeddings_floats","embeddings":[[0.5,-0.25],[1,2]],"texts":[],"images":[{"width":1,"height":2,
			"format":"png","bit_depth":8}]}`},
		{"Cohere by type", new(body.CohereEmbedResponse),
			`{"id":"1","response_type":"embeddings_by_type","embeddings":{"int8":[[-128,127]],"uint8":[[0,255]],"binary":[[-3]],
			"ubinary":[[253]]},
			"inputs":[{"content":[{"type":"text","text":"chart"}]}]}`},

		{"Marengo 2.7 text", new(body.Marengo2EmbedRequest), `{"inputType":"text","inputText":"a dog","textTruncate":"none"}`},
		{"Marengo 2.7 video", new(body.Marengo2EmbedRequest),
			`{"inputType":"video","mediaSource":{"s3Location":{"uri":"s3://b/k","bucketOwner":"123456789012"}},"startSec":0,"lengthSec":13,
			"useFixedLengthSec":5,"minClipSec":4,"embeddingOption":["visual-text","audio"]}`},
		{"Marengo 3.0 text and image", new(body.Marengo3EmbedRequest),
			`{"inputType":"text_image","text_image":{"inputText":"a dog","mediaSource":{"base64String":"AAEC"}},"inferenceId":"1"}`},
		{"Marengo 3.0 video", new(body.Marengo3EmbedRequest),
			`{"inputType":"video","video":{"mediaSource":{"base64String":"AAEC"},"startSec":0,"endSec":6,
			"segmentation":{"method":"dynamic","dynamic":{"minDurationSec":4}},
			"embeddingOption":["visual"],"embeddingType":["separate_embedding"],"embeddingScope":["clip","asset"]}}`},
		{"Marengo 3.0 sound", new(body.Marengo3EmbedRequest),
			`{"inputType":"audio","audio":{"mediaSource":{"base64String":"AAEC"},"segmentation":{"method":"fixed",
			"fixed":{"durationSec":6}}}}`},
		{"Marengo 3.0 images", new(body.Marengo3EmbedRequest),
			`{"inputType":"multi_input","multi_input":{"inputText":"<@a>","mediaSources":[{"name":"a","mediaType":"image",
			"base64String":"AAEC"}]}}`},
		{"Marengo embeddings", new(body.MarengoEmbedResponse),
			`{"data":[{"embedding":[0.5],"embeddingOption":"visual","embeddingScope":"clip","startSec":0,"endSec":4.2},
			{"embedding":[1]}]}`},

		{"Cohere rerank request", new(body.CohereRerankRequest),
			`{"query":"q","documents":["a","b"],"top_n":1,"max_tokens_per_doc":512,"api_version":2}`},
		{"Amazon rerank request", new(body.AmazonRerankRequest), `{"query":"q","documents":["a","b"]}`},
		{"rerank response", new(body.RerankResponse), `{"results":[{"index":1,"relevance_score":0.71},{"index":0,"relevance_score":0}]}`},

		{"text to image", new(body.AmazonImageRequest),
			`{"taskType":"TEXT_IMAGE","textToImageParams":{"text":"a","negativeText":"b","style":"PHOTOREALISM","conditionImage":"AAEC",
			"controlMode":"SEGMENTATION",
			"controlStrength":0},"imageGenerationConfig":{"width":1024,"height":512,"quality":"premium","cfgScale":1.1,"seed":0,
			"numberOfImages":5}}`},
		{"inpainting", new(body.AmazonImageRequest),
			`{"taskType":"INPAINTING","inPaintingParams":{"image":"AAEC","maskPrompt":"windows","text":"a","negativeText":"b",
			"returnMask":true}}`},
		{"outpainting", new(body.AmazonImageRequest),
			`{"taskType":"OUTPAINTING","outPaintingParams":{"image":"AAEC","maskImage":"AAEC","outPaintingMode":"PRECISE","text":"a"}}`},
		{"variation", new(body.AmazonImageRequest),
			`{"taskType":"IMAGE_VARIATION","imageVariationParams":{"images":["AAEC","AAED"],"similarityStrength":0.2,"text":"a"}}`},
		{"colours", new(body.AmazonImageRequest),
			`{"taskType":"COLOR_GUIDED_GENERATION","colorGuidedGenerationParams":{"colors":["#FF9800"],"referenceImage":"AAEC",
			"text":"a"}}`},
		{"background", new(body.AmazonImageRequest), `{"taskType":"BACKGROUND_REMOVAL","backgroundRemovalParams":{"image":"AAEC"}}`},
		{"try-on of a garment", new(body.AmazonImageRequest),
			`{"taskType":"VIRTUAL_TRY_ON","virtualTryOnParams":{"sourceImage":"AAEC","referenceImage":"AAED","maskType":"GARMENT",
			"garmentBasedMask":{"maskShape":"CONTOUR","garmentClass":"UPPER_BODY","garmentStyling":{"longSleeveStyle":"SLEEVE_UP",
			"tuckingStyle":"TUCKED","outerLayerStyle":"OPEN"}},
			"maskExclusions":{"preserveBodyPose":"ON","preserveHands":"OFF","preserveFace":"DEFAULT"},"mergeStyle":"DETAILED",
			"returnMask":true}}`},
		{"try-on by image and prompt", new(body.AmazonImageRequest),
			`{"taskType":"VIRTUAL_TRY_ON","virtualTryOnParams":{"sourceImage":"AAEC","referenceImage":"AAED","maskType":"PROMPT",
			"promptBasedMask":{"maskShape":"BOUNDING_BOX","maskPrompt":"sofa"},"imageBasedMask":{"maskImage":"AAEC"}}}`},
		{"images", new(body.AmazonImageResponse), `{"images":["AAEC"],"maskImage":"AAED","error":null}`},
		{"images held back", new(body.AmazonImageResponse), `{"images":[],"error":"blocked"}`},

		{"one shot", new(body.NovaReelRequest),
			`{"taskType":"TEXT_VIDEO","textToVideoParams":{"text":"a","images":[{"format":"png","source":{"bytes":"AAEC"}}]},
			"videoGenerationConfig":{"durationSeconds":6,"fps":24,"dimension":"1280x720","seed":0}}`},
		{"shots by the model", new(body.NovaReelRequest),
			`{"taskType":"MULTI_SHOT_AUTOMATED","multiShotAutomatedParams":{"text":"a"},"videoGenerationConfig":{"durationSeconds":12,
			"fps":24,"dimension":"1280x720"}}`},
		{"shots by hand", new(body.NovaReelRequest),
			`{"taskType":"MULTI_SHOT_MANUAL","multiShotManualParams":{"shots":[{"text":"a"},{"text":"b","image":{"format":"jpeg",
			"source":{"s3Location":{"uri":"s3://b/k"}}}}]}}`},

		{"Stability request", new(body.StabilityImageRequest),
			`{"prompt":"a","negative_prompt":"b","mode":"image-to-image","image":"AAEC","strength":0,"aspect_ratio":"16:9",
			"output_format":"webp","seed":4294967294}`},
		{"Stability images", new(body.StabilityImageResponse), `{"images":["AAEC"],"seeds":[2130420379],"finish_reasons":[null]}`},
		{"Stability filtered", new(body.StabilityImageResponse), `{"finish_reasons":["Filter reason: prompt"]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantSame(t, tt.name, tt.v, []byte(tt.raw), false)
		})
	}
}

// TestDocumentedAnthropicBodies is the same for Anthropic's Messages, beyond what is
// recorded.
func TestDocumentedAnthropicBodies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		v    any
		raw  string
	}{
		{"tools of each kind", new(body.AnthropicRequest),
			`{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["computer-use-2025-11-24"],"max_tokens":1,"messages":[],"tools":[
			{"type":"custom","name":"a","description":"b","input_schema":{"type":"object"},"input_examples":[{"x":1}],"strict":true,
			"defer_loading":true,
			"cache_control":{"type":"ephemeral","ttl":"1h"}},
			{"type":"computer_20251124","name":"computer","display_width_px":1024,"display_height_px":768,"display_number":0,"enable_zoom":true},
			{"type":"bash_20250124","name":"bash"},{"type":"text_editor_20250728","name":"str_replace_based_edit_tool","max_characters":10000},
			{"type":"memory_20250818","name":"memory"},{"type":"tool_search_tool_regex","name":"tool_search_tool_regex"}],
			"tool_choice":{"type":"tool","name":"a","disable_parallel_tool_use":true}}`},
		{"settings", new(body.AnthropicRequest),
			`{"anthropic_version":"bedrock-2023-05-31","max_tokens":1,"system":[{"type":"text","text":"",
			"cache_control":{"type":"ephemeral"}}],"messages":[],
			"temperature":0,"top_p":0,"top_k":0,"stop_sequences":[],"thinking":{"type":"adaptive","display":"summarized"},
			"output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}},"metadata":{"user_id":"u"},
			"context_management":{"edits":[{"type":"clear_tool_uses_20250919","trigger":{"type":"input_tokens","value":30000},
			"keep":{"type":"tool_uses","value":0},"clear_at_least":{"type":"input_tokens","value":5000},"exclude_tools":["a"],
			"clear_tool_inputs":true}]},
			"amazon-bedrock-guardrailConfig":{"tagSuffix":"xyz","streamProcessingMode":"ASYNCHRONOUS"}}`},
		{"content of each kind", new(body.AnthropicMessage),
			`{"role":"user","content":[{"type":"document","title":"t","context":"c","citations":{"enabled":true},
			"source":{"type":"text","media_type":"text/plain","data":"d"}},
			{"type":"document","source":{"type":"content","content":[{"type":"text","text":"a"}]},"citations":{"enabled":false}},
			{"type":"document","source":{"type":"content","content":"a"}},
			{"type":"search_result","source":"https://example.com","title":"t","content":[{"type":"text","text":"a"}],"citations":{"enabled":true}},
			{"type":"redacted_thinking","data":"d"},{"type":"thinking","thinking":"","signature":"s"},
			{"type":"tool_result","tool_use_id":"1","content":"","is_error":false},{"type":"tool_result","tool_use_id":"1"},
			{"type":"tool_result","tool_use_id":"1","content":[{"type":"tool_reference","tool_name":"a"}],"is_error":true}]}`},
		{"answer with citations and tool search", new(body.AnthropicResponse),
			`{"id":"1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"a","citations":[
			{"type":"char_location","cited_text":"c","document_index":0,"document_title":"t","start_char_index":0,"end_char_index":1},
			{"type":"page_location","cited_text":"c","document_index":1,"start_page_number":1,"end_page_number":2},
			{"type":"search_result_location","cited_text":"c","source":"s","title":"t","search_result_index":0,"start_block_index":0,
			"end_block_index":1}]},
			{"type":"text","text":"b","citations":[]},{"type":"server_tool_use","id":"2","name":"tool_search_tool_regex","input":{"pattern":"x"}},
			{"type":"tool_search_tool_result","tool_use_id":"2","content":{"type":"tool_search_tool_search_result",
			"tool_references":[{"type":"tool_reference","tool_name":"a"}]}}],"stop_reason":"tool_use","stop_sequence":null,
			"usage":{"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,
			"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0}},
			"context_management":{"applied_edits":[{"type":"clear_tool_uses_20250919","cleared_tool_uses":8,
			"cleared_input_tokens":50000}]}}`},
		{"refusal", new(body.AnthropicResponse),
			`{"id":"1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":"refusal","stop_sequence":null,
			"stop_details":{"type":"refusal","category":"cyber","explanation":null},"usage":{"input_tokens":106,"output_tokens":1}}`},
		{"details of a refusal", new(body.AnthropicStopDetails), `{"type":"refusal","category":null,"explanation":"e"}`},
		{"guardrail intervened", new(body.AnthropicResponse),
			`{"id":"1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"no"}],"stop_reason":"end_turn",
			"stop_sequence":"x",
			"usage":{"input_tokens":0,"output_tokens":0},"amazon-bedrock-guardrailAction":"INTERVENED",
			"amazon-bedrock-trace":{"guardrail":{"input":{}}}}`},
		{"ping", new(body.AnthropicChunk), `{"type":"ping"}`},
		{"error", new(body.AnthropicChunk), `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`},
		{"citation", new(body.AnthropicChunk),
			`{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"type":"char_location",
			"cited_text":"c","document_index":0}}}`},
		{"end", new(body.AnthropicChunk),
			`{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"x"},"usage":{"output_tokens":0,
			"input_tokens":0},
			"context_management":{"applied_edits":[]}}`},
		{"cached", new(body.AnthropicChunk),
			`{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":0,"outputTokenCount":1,"invocationLatency":2,
			"firstByteLatency":1,
			"cacheReadInputTokenCount":0,"cacheWriteInputTokenCount":3}}`},
		{"guardrail in a stream", new(body.AnthropicChunk), `{"amazon-bedrock-guardrailAction":"INTERVENED","amazon-bedrock-trace":{}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantSame(t, tt.name, tt.v, []byte(tt.raw), false)
		})
	}
}
