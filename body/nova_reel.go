package body

// NovaReelRequest is StartAsyncInvoke's modelInput for Amazon Nova Reel
// (amazon.nova-reel-v1:1), by "Video generation access and usage" in the Amazon Nova
// User Guide. The video, without sound, comes to S3 as output.mp4.
type NovaReelRequest struct {
	// TaskType is required: "TEXT_VIDEO" (one shot of 6 s), "MULTI_SHOT_AUTOMATED" (the model makes the shots of one
	// text), "MULTI_SHOT_MANUAL" (a text a shot). The params of the same name go with it.
	TaskType                 string             `json:"taskType"`
	TextToVideoParams        *NovaReelText      `json:"textToVideoParams,omitzero"`
	MultiShotAutomatedParams *NovaReelAutomated `json:"multiShotAutomatedParams,omitzero"`
	MultiShotManualParams    *NovaReelManual    `json:"multiShotManualParams,omitzero"`
	VideoGenerationConfig    *NovaReelConfig    `json:"videoGenerationConfig,omitzero"`
}

// NovaReelText is the one shot of a video, by "Video generation access and usage" in
// the Amazon Nova User Guide.
type NovaReelText struct {
	Text   string          `json:"text"`            // required, 1 to 512 characters
	Images []NovaReelImage `json:"images,omitzero"` // one at most: the first frame
}

// NovaReelAutomated is the text that the model makes shots of, by "Video generation
// access and usage" in the Amazon Nova User Guide.
type NovaReelAutomated struct {
	Text string `json:"text"` // required, 1 to 4,000 characters
}

// NovaReelManual is a list of shots of 6 s each, by "Video generation access and usage"
// in the Amazon Nova User Guide.
type NovaReelManual struct {
	Shots []NovaReelShot `json:"shots"` // required, up to 20
}

// NovaReelShot is a shot, by "Video generation access and usage" in the Amazon Nova
// User Guide.
type NovaReelShot struct {
	Text  string         `json:"text"`           // required, 1 to 512 characters
	Image *NovaReelImage `json:"image,omitzero"` // the first frame
}

// NovaReelImage is a frame of 1280 by 720 opaque pixels, by "Video generation access
// and usage" in the Amazon Nova User Guide.
type NovaReelImage struct {
	Format string     `json:"format"` // required: "png", "jpeg"
	Source NovaSource `json:"source"` // required
}

// NovaReelConfig is what the video is like, by "Video generation access and usage" in
// the Amazon Nova User Guide.
type NovaReelConfig struct {
	DurationSeconds int    `json:"durationSeconds,omitzero"` // TEXT_VIDEO: 6; automated: 12 to 120, a multiple of 6; manual: leave out
	FPS             int    `json:"fps"`                      // required: 24 frames a second
	Dimension       string `json:"dimension"`                // required: "1280x720"
	Seed            *int   `json:"seed,omitzero"`            // 0 to 2,147,483,646, default 42
}
