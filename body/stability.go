package body

import "encoding/json"

// StabilityImageRequest is the body for Stability AI's Stable Image Core and Ultra and
// Stable Diffusion 3.5 Large (stability.stable-image-core-v1:1, stability.stable-image-ultra-v1:1,
// stability.sd3-5-large-v1:0), by "Stable Image Core request and response", "Stable Image Ultra request and response"
// and "Stability.ai Stable Diffusion 3.5 Large" in the Amazon Bedrock User Guide. Core makes images of text alone.
type StabilityImageRequest struct {
	Prompt         string   `json:"prompt"`                   // required, up to 10,000 characters
	NegativePrompt string   `json:"negative_prompt,omitzero"` // what not to show, up to 10,000 characters
	Mode           string   `json:"mode,omitzero"`            // "text-to-image" (default), "image-to-image" with Image and Strength
	Image          []byte   `json:"image,omitzero"`           // to start from: JPEG, PNG or WebP, 64 pixels a side or more
	Strength       *float64 `json:"strength,omitzero"`        // 0 keeps Image, 1 ignores it; required with it in 3.5, default 0.35 in Ultra
	AspectRatio    string   `json:"aspect_ratio,omitzero"`    // of text-to-image: "1:1" (default), 16:9, 21:9, 2:3, 3:2, 4:5, 5:4, 9:16, 9:21
	OutputFormat   string   `json:"output_format,omitzero"`   // "png" (default), "jpeg"; 3.5 also "webp"
	Seed           uint32   `json:"seed,omitzero"`            // 0 (default) is random; up to 4,294,967,294
}

// StabilityImageResponse is the answer of Stability AI's models, by the pages that
// [StabilityImageRequest] names.
type StabilityImageResponse struct {
	Images [][]byte      `json:"images,omitzero"` // nil when filtered
	Seeds  []json.Number `json:"seeds,omitzero"`  // an image's seed; the page calls them strings and shows numbers
	// FinishReasons has an entry an image: nil when all went well, else "Filter reason: prompt", "Filter reason: input image",
	// "Filter reason: output image", "Inference error".
	FinishReasons []*string `json:"finish_reasons"`
}
