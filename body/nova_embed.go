package body

// NovaEmbedRequest is the body for Amazon Nova Multimodal Embeddings
// (amazon.nova-2-multimodal-embeddings-v1:0), by "Complete embeddings request and
// response schema" in the Amazon Nova User Guide.
type NovaEmbedRequest struct {
	SchemaVersion string `json:"schemaVersion,omitzero"` // "nova-multimodal-embed-v1" (default)
	// TaskType is required: "SINGLE_EMBEDDING" for InvokeModel, with SingleEmbeddingParams;
	// "SEGMENTED_EMBEDDING" for StartAsyncInvoke, with SegmentedEmbeddingParams.
	TaskType                 string           `json:"taskType"`
	SingleEmbeddingParams    *NovaEmbedParams `json:"singleEmbeddingParams,omitzero"`
	SegmentedEmbeddingParams *NovaEmbedParams `json:"segmentedEmbeddingParams,omitzero"`
}

// NovaEmbedParams is what to embed, exactly one of Text, Image, Video and Audio, and
// for which purpose, by "Complete embeddings request and response schema" in the Amazon Nova User Guide.
type NovaEmbedParams struct {
	// EmbeddingPurpose is required: "GENERIC_INDEX" to fill an index of whatever; to search one,
	// "GENERIC_RETRIEVAL", or what it holds alone: "TEXT_RETRIEVAL", "IMAGE_RETRIEVAL", "VIDEO_RETRIEVAL",
	// "DOCUMENT_RETRIEVAL" (images at DOCUMENT_IMAGE), "AUDIO_RETRIEVAL"; else "CLASSIFICATION", "CLUSTERING".
	EmbeddingPurpose   string          `json:"embeddingPurpose"`
	EmbeddingDimension int             `json:"embeddingDimension,omitzero"` // 256, 384, 1024 or 3072 (default)
	Text               *NovaEmbedText  `json:"text,omitzero"`
	Image              *NovaEmbedImage `json:"image,omitzero"`
	Video              *NovaEmbedVideo `json:"video,omitzero"`
	Audio              *NovaEmbedAudio `json:"audio,omitzero"`
}

// NovaEmbedText is a text to embed, inline or in S3, by "Complete embeddings request
// and response schema" in the Amazon Nova User Guide.
type NovaEmbedText struct {
	// TruncationMode is required: cut the "START" or the "END" of a text that is too long, or fail: "NONE".
	TruncationMode string `json:"truncationMode"`
	// Value is the text, up to 8,192 characters; in its place Source, a file in S3 (InvokeModel: up to 1 MB and
	// 50,000 characters).
	Value  string      `json:"value,omitzero"`
	Source *NovaSource `json:"source,omitzero"`
	// SegmentationConfig is required for segmented embeddings, and for them only.
	SegmentationConfig *NovaTextSegmentation `json:"segmentationConfig,omitzero"`
}

// NovaTextSegmentation says how text is cut into segments, at the ends of words, by
// "Complete embeddings request and response schema" in the Amazon Nova User Guide.
type NovaTextSegmentation struct {
	MaxLengthChars int `json:"maxLengthChars,omitzero"` // 800 to 50,000 characters, default 32,000; at most 1,900 segments
}

// NovaEmbedImage is an image to embed, by "Complete embeddings request and response
// schema" in the Amazon Nova User Guide.
type NovaEmbedImage struct {
	Format      string     `json:"format"`               // required: "png", "jpeg", "gif", "webp"
	Source      NovaSource `json:"source"`               // required; up to 50 MB in S3
	DetailLevel string     `json:"detailLevel,omitzero"` // "STANDARD_IMAGE" (default), "DOCUMENT_IMAGE": finer, to read text
}

// NovaEmbedVideo is a video to embed, by "Complete embeddings request and response
// schema" in the Amazon Nova User Guide.
type NovaEmbedVideo struct {
	Format string     `json:"format"` // required: "mp4", "mov", "mkv", "webm", "flv", "mpeg", "mpg", "wmv", "3gp"
	Source NovaSource `json:"source"` // required; 30 s and 100 MB in InvokeModel, 2 hours and 2 GB in StartAsyncInvoke
	// EmbeddingMode is required: "AUDIO_VIDEO_COMBINED" gives one vector of sound and picture, "AUDIO_VIDEO_SEPARATE" two.
	EmbeddingMode string `json:"embeddingMode"`
	// SegmentationConfig is required for segmented embeddings, and for them only.
	SegmentationConfig *NovaMediaSegmentation `json:"segmentationConfig,omitzero"`
}

// NovaEmbedAudio is a sound to embed, by "Complete embeddings request and response
// schema" in the Amazon Nova User Guide.
type NovaEmbedAudio struct {
	Format string     `json:"format"` // required: "mp3", "wav", "ogg"
	Source NovaSource `json:"source"` // required; 30 s and 100 MB in InvokeModel, 2 hours and 1 GB in StartAsyncInvoke
	// SegmentationConfig is required for segmented embeddings, and for them only.
	SegmentationConfig *NovaMediaSegmentation `json:"segmentationConfig,omitzero"`
}

// NovaMediaSegmentation says how sound and video are cut into segments, by "Complete
// embeddings request and response schema" in the Amazon Nova User Guide.
type NovaMediaSegmentation struct {
	DurationSeconds int `json:"durationSeconds,omitzero"` // longest segment: 1 to 30 s, default 5; at most 1,434 segments
}

// NovaSource is where the content is: inline, up to 25 MB in base64, or in S3, the
// only way for StartAsyncInvoke. By "Complete embeddings request and response schema" in the Amazon Nova User Guide.
type NovaSource struct {
	Bytes      []byte      `json:"bytes,omitzero"` // not for text
	S3Location *S3Location `json:"s3Location,omitzero"`
}

// S3Location is a file in S3, by "S3Location" in the Amazon Bedrock API Reference.
type S3Location struct {
	URI         string `json:"uri"`                  // s3://bucket/key
	BucketOwner string `json:"bucketOwner,omitzero"` // account id, 12 digits, if the bucket is another account's
}

// NovaEmbedResponse is InvokeModel's answer, by "Complete embeddings request and
// response schema" in the Amazon Nova User Guide: one vector, or two for AUDIO_VIDEO_SEPARATE.
type NovaEmbedResponse struct {
	Embeddings []NovaEmbedding `json:"embeddings"`
}

// NovaEmbedding is a vector, by "Complete embeddings request and response schema" in
// the Amazon Nova User Guide.
type NovaEmbedding struct {
	EmbeddingType       string    `json:"embeddingType"` // "TEXT", "IMAGE", "VIDEO", "AUDIO", "AUDIO_VIDEO_COMBINED"
	Embedding           []float32 `json:"embedding"`
	TruncatedCharLength *int      `json:"truncatedCharLength,omitzero"` // characters kept of a text that was too long; nil: all
}

// NovaEmbedJob is what StartAsyncInvoke leaves in S3 as segmented-embedding-result.json,
// by "Complete embeddings request and response schema" in the Amazon Nova User Guide.
type NovaEmbedJob struct {
	SourceFileURI      string               `json:"sourceFileUri"`
	EmbeddingDimension int                  `json:"embeddingDimension"`
	EmbeddingResults   []NovaEmbedJobResult `json:"embeddingResults"`
}

// NovaEmbedJobResult is the outcome for one type of embedding, by "Complete embeddings
// request and response schema" in the Amazon Nova User Guide.
type NovaEmbedJobResult struct {
	EmbeddingType string `json:"embeddingType"` // as in [NovaEmbedding]
	Status        string `json:"status"`        // "SUCCESS", "FAILURE", "PARTIAL_SUCCESS"
	FailureReason string `json:"failureReason,omitzero"`
	Message       string `json:"message,omitzero"`
	OutputFileURI string `json:"outputFileUri,omitzero"` // the JSON lines, each a [NovaEmbedSegment]
}

// NovaEmbedSegment is a line of the files that a [NovaEmbedJob] names, by "Complete
// embeddings request and response schema" in the Amazon Nova User Guide.
type NovaEmbedSegment struct {
	Embedding       []float32           `json:"embedding,omitzero"` // nil after a failure
	SegmentMetadata NovaSegmentMetadata `json:"segmentMetadata"`
	Status          string              `json:"status"` // "SUCCESS", "FAILURE"
	// FailureReason is "RAI_VIOLATION_INPUT_TEXT_DEFLECTION", "RAI_VIOLATION_INPUT_IMAGE_DEFLECTION",
	// "INVALID_CONTENT", "RATE_LIMIT_EXCEEDED" or "INTERNAL_SERVER_EXCEPTION".
	FailureReason string `json:"failureReason,omitzero"`
	Message       string `json:"message,omitzero"`
}

// NovaSegmentMetadata is where the segment is in the source, all counted from 0, by
// "Complete embeddings request and response schema" in the Amazon Nova User Guide.
type NovaSegmentMetadata struct {
	SegmentIndex             int      `json:"segmentIndex"`
	SegmentStartCharPosition *int     `json:"segmentStartCharPosition,omitzero"` // of text
	SegmentEndCharPosition   *int     `json:"segmentEndCharPosition,omitzero"`   // of text
	TruncatedCharLength      *int     `json:"truncatedCharLength,omitzero"`      // characters kept of a text that was too long
	SegmentStartSeconds      *float64 `json:"segmentStartSeconds,omitzero"`      // of sound and video
	SegmentEndSeconds        *float64 `json:"segmentEndSeconds,omitzero"`        // of sound and video
}
