package body

// AmazonImageRequest is the body for Amazon Nova Canvas (amazon.nova-canvas-v1:0) and
// Amazon Titan Image Generator G1 (amazon.titan-image-generator-v1,
// amazon.titan-image-generator-v2:0), by "Request and response structure for image generation" in the Amazon Nova
// User Guide and "Amazon Titan Image Generator G1 models" in the Amazon Bedrock User Guide.
//
// Images are JPEG or PNG, opaque, up to 4,194,304 pixels in Canvas and 1,408 pixels on
// the longer side in Titan. A text has 1 to 1,024 characters in Canvas, up to 512 in Titan. A
// negative text names what not to show, without words of negation.
type AmazonImageRequest struct {
	// TaskType is required: "TEXT_IMAGE", "INPAINTING", "OUTPAINTING", "IMAGE_VARIATION", "COLOR_GUIDED_GENERATION" and
	// "BACKGROUND_REMOVAL" (both not in Titan V1), "VIRTUAL_TRY_ON" (only in Canvas). The params of its name go with it.
	TaskType                    string                   `json:"taskType"`
	TextToImageParams           *AmazonTextToImage       `json:"textToImageParams,omitzero"`
	InPaintingParams            *AmazonInPainting        `json:"inPaintingParams,omitzero"`
	OutPaintingParams           *AmazonOutPainting       `json:"outPaintingParams,omitzero"`
	ImageVariationParams        *AmazonImageVariation    `json:"imageVariationParams,omitzero"`
	ColorGuidedGenerationParams *AmazonColorGuided       `json:"colorGuidedGenerationParams,omitzero"`
	BackgroundRemovalParams     *AmazonBackgroundRemoval `json:"backgroundRemovalParams,omitzero"`
	VirtualTryOnParams          *AmazonVirtualTryOn      `json:"virtualTryOnParams,omitzero"`
	ImageGenerationConfig       *AmazonImageConfig       `json:"imageGenerationConfig,omitzero"` // not for BACKGROUND_REMOVAL
}

// AmazonImageConfig is what the images are like, by the pages that [AmazonImageRequest]
// names.
type AmazonImageConfig struct {
	// Width and Height are in pixels. Canvas: 320 to 4,096, multiples of 16, 1:4 to 4:1, default 1,024; Titan: as its
	// page lists, default 1,408. Both are left out where an image is edited.
	Width          int      `json:"width,omitzero"`
	Height         int      `json:"height,omitzero"`
	Quality        string   `json:"quality,omitzero"`        // "standard" (default), "premium"
	CfgScale       *float64 `json:"cfgScale,omitzero"`       // how closely to follow the text: 1.1 to 10, default 6.5 in Canvas, 8 in Titan
	Seed           *int     `json:"seed,omitzero"`           // 0 to 2,147,483,646, default 12 in Canvas, 42 in Titan
	NumberOfImages int      `json:"numberOfImages,omitzero"` // 1 (default) to 5
}

// AmazonTextToImage makes images of a text, by the pages that [AmazonImageRequest] names.
// With ConditionImage they have its layout; Titan V1 doesn't do that.
type AmazonTextToImage struct {
	Text         string `json:"text"` // required
	NegativeText string `json:"negativeText,omitzero"`
	// Style is one of Canvas's: "3D_ANIMATED_FAMILY_FILM", "DESIGN_SKETCH", "FLAT_VECTOR_ILLUSTRATION",
	// "GRAPHIC_NOVEL_ILLUSTRATION", "MAXIMALISM", "MIDCENTURY_RETRO", "PHOTOREALISM", "SOFT_DIGITAL_PAINTING".
	Style           string   `json:"style,omitzero"`
	ConditionImage  []byte   `json:"conditionImage,omitzero"`
	ControlMode     string   `json:"controlMode,omitzero"`     // what counts in it: "CANNY_EDGE" (default), "SEGMENTATION"
	ControlStrength *float64 `json:"controlStrength,omitzero"` // how closely to follow it: 0 to 1, default 0.7
}

// AmazonInPainting changes what is inside a mask, by the pages that [AmazonImageRequest]
// names. Exactly one of MaskPrompt and MaskImage is required.
type AmazonInPainting struct {
	Image        []byte `json:"image"`                 // required
	MaskPrompt   string `json:"maskPrompt,omitzero"`   // names what the mask covers
	MaskImage    []byte `json:"maskImage,omitzero"`    // of Image's size: black is inside, white outside
	Text         string `json:"text,omitzero"`         // what to put there; without it, the background
	NegativeText string `json:"negativeText,omitzero"` // what not to put there
	ReturnMask   bool   `json:"returnMask,omitzero"`   // the answer has the mask too
}

// AmazonOutPainting changes what is outside a mask, by the pages that [AmazonImageRequest]
// names. Exactly one of MaskPrompt and MaskImage is required.
type AmazonOutPainting struct {
	Image           []byte `json:"image"`                    // required
	MaskPrompt      string `json:"maskPrompt,omitzero"`      // names what the mask covers
	MaskImage       []byte `json:"maskImage,omitzero"`       // of Image's size: black is inside, white outside
	OutPaintingMode string `json:"outPaintingMode,omitzero"` // "DEFAULT" may blend into the mask, "PRECISE" leaves it
	Text            string `json:"text"`                     // required: what to put there
	NegativeText    string `json:"negativeText,omitzero"`    // what not to put there
	ReturnMask      bool   `json:"returnMask,omitzero"`      // the answer has the mask too
}

// AmazonImageVariation makes images like others, by the pages that [AmazonImageRequest] names.
type AmazonImageVariation struct {
	Images             [][]byte `json:"images"`                      // required, 1 to 5
	SimilarityStrength *float64 `json:"similarityStrength,omitzero"` // 0.2 to 1, default 0.7
	Text               string   `json:"text,omitzero"`               // what to keep and what to change
	NegativeText       string   `json:"negativeText,omitzero"`
}

// AmazonColorGuided makes images in given colours, by the pages that [AmazonImageRequest] names.
type AmazonColorGuided struct {
	Colors         []string `json:"colors"`                  // required, 1 to 10 of the form #RRGGBB
	ReferenceImage []byte   `json:"referenceImage,omitzero"` // its colours count too
	Text           string   `json:"text"`                    // required
	NegativeText   string   `json:"negativeText,omitzero"`
}

// AmazonBackgroundRemoval makes an image's background transparent, by the pages that
// [AmazonImageRequest] names.
type AmazonBackgroundRemoval struct {
	Image []byte `json:"image"` // required
}

// AmazonVirtualTryOn puts what one image shows, such as a garment, into another, by "Request
// and response structure for image generation" in the Amazon Nova User Guide.
type AmazonVirtualTryOn struct {
	SourceImage      []byte                `json:"sourceImage"`    // required: a person or a room
	ReferenceImage   []byte                `json:"referenceImage"` // required: the thing to put there
	MaskType         string                `json:"maskType"`       // required: "IMAGE", "GARMENT", "PROMPT", each with the mask of its name
	ImageBasedMask   *AmazonImageMask      `json:"imageBasedMask,omitzero"`
	GarmentBasedMask *AmazonGarmentMask    `json:"garmentBasedMask,omitzero"`
	PromptBasedMask  *AmazonPromptMask     `json:"promptBasedMask,omitzero"`
	MaskExclusions   *AmazonMaskExclusions `json:"maskExclusions,omitzero"`
	MergeStyle       string                `json:"mergeStyle,omitzero"` // "BALANCED" (default), "SEAMLESS", "DETAILED"
	ReturnMask       bool                  `json:"returnMask,omitzero"` // the answer has the mask too
}

// AmazonImageMask is a mask drawn by the caller, by "Request and response structure for image
// generation" in the Amazon Nova User Guide.
type AmazonImageMask struct {
	MaskImage []byte `json:"maskImage"` // required: black is what changes
}

// AmazonGarmentMask covers a garment that the model finds, by "Request and response structure
// for image generation" in the Amazon Nova User Guide.
type AmazonGarmentMask struct {
	MaskShape string `json:"maskShape,omitzero"` // "CONTOUR", "BOUNDING_BOX", "DEFAULT"
	// GarmentClass is required: "UPPER_BODY", "LOWER_BODY", "FULL_BODY", "FOOTWEAR", or closer: "LONG_SLEEVE_SHIRT",
	// "SHORT_SLEEVE_SHIRT", "NO_SLEEVE_SHIRT", "OTHER_UPPER_BODY", "LONG_PANTS", "SHORT_PANTS", "OTHER_LOWER_BODY",
	// "LONG_DRESS", "SHORT_DRESS", "FULL_BODY_OUTFIT", "OTHER_FULL_BODY", "SHOES", "BOOTS", "OTHER_FOOTWEAR".
	GarmentClass   string                `json:"garmentClass"`
	GarmentStyling *AmazonGarmentStyling `json:"garmentStyling,omitzero"`
}

// AmazonGarmentStyling says how a garment is worn, by "Request and response structure for
// image generation" in the Amazon Nova User Guide.
type AmazonGarmentStyling struct {
	LongSleeveStyle string `json:"longSleeveStyle,omitzero"` // "SLEEVE_DOWN", "SLEEVE_UP"
	TuckingStyle    string `json:"tuckingStyle,omitzero"`    // "UNTUCKED", "TUCKED"
	OuterLayerStyle string `json:"outerLayerStyle,omitzero"` // "CLOSED", "OPEN"
}

// AmazonPromptMask covers what a text names, by "Request and response structure for image
// generation" in the Amazon Nova User Guide.
type AmazonPromptMask struct {
	MaskShape  string `json:"maskShape,omitzero"` // "BOUNDING_BOX", "CONTOUR", "DEFAULT"
	MaskPrompt string `json:"maskPrompt"`         // required
}

// AmazonMaskExclusions says what stays as it is inside the mask, "ON", "OFF" or "DEFAULT"
// each, by "Request and response structure for image generation" in the Amazon Nova User Guide.
type AmazonMaskExclusions struct {
	PreserveBodyPose string `json:"preserveBodyPose,omitzero"`
	PreserveHands    string `json:"preserveHands,omitzero"`
	PreserveFace     string `json:"preserveFace,omitzero"`
}

// AmazonImageResponse is the answer, by the pages that [AmazonImageRequest] names.
type AmazonImageResponse struct {
	Images    [][]byte `json:"images"`             // PNG; what was held back is missing
	MaskImage []byte   `json:"maskImage,omitzero"` // with ReturnMask
	Error     *string  `json:"error"`              // why images were held back; nil when none was
}
