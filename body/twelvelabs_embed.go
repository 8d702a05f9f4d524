package body

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

// Marengo2EmbedRequest is the body for TwelveLabs Marengo Embed 2.7
// (twelvelabs.marengo-embed-2-7-v1:0), by "TwelveLabs Marengo Embed 2.7" in the Amazon
// Bedrock User Guide. InvokeModel takes text and images, StartAsyncInvoke everything.
type Marengo2EmbedRequest struct {
	InputType         string        `json:"inputType"`                  // required: "text", "image", "video", "audio"
	InputText         string        `json:"inputText,omitzero"`         // the text, up to 77 tokens
	TextTruncate      string        `json:"textTruncate,omitzero"`      // too long a text is cut: "end" (default), or an error: "none"
	MediaSource       *MarengoMedia `json:"mediaSource,omitzero"`       // all but text: image up to 5 MB, video and audio up to 2 GB in S3
	EmbeddingOption   []string      `json:"embeddingOption,omitzero"`   // of video: "visual-text", "visual-image", "audio"; default all
	StartSec          *float64      `json:"startSec,omitzero"`          // of video and audio: where to start, in seconds; default 0
	LengthSec         *float64      `json:"lengthSec,omitzero"`         // seconds from there; default to the end
	UseFixedLengthSec float64       `json:"useFixedLengthSec,omitzero"` // clips of 2 to 10 s; default: video by shots, audio near 10 s
	MinClipSec        int           `json:"minClipSec,omitzero"`        // shortest clip of a video: 1 to 5 s, default 4
}

// MarengoMedia is an image, video or sound, inline or in S3, by "TwelveLabs Marengo
// Embed 2.7" and "TwelveLabs Marengo Embed 3.0" in the Amazon Bedrock User Guide.
type MarengoMedia struct {
	Base64String []byte      `json:"base64String,omitzero"` // a request has 25 MB at most
	S3Location   *S3Location `json:"s3Location,omitzero"`   // BucketOwner is required
}

// Marengo3EmbedRequest is the body for TwelveLabs Marengo Embed 3.0
// (twelvelabs.marengo-embed-3-0-v1:0), by "TwelveLabs Marengo Embed 3.0" in the Amazon
// Bedrock User Guide. InputType says which one of the other fields is set; video and audio are for StartAsyncInvoke.
type Marengo3EmbedRequest struct {
	InputType   string         `json:"inputType"` // required: "text", "image", "text_image", "audio", "video", "multi_input"
	Text        *Marengo3Input `json:"text,omitzero"`
	Image       *Marengo3Input `json:"image,omitzero"`
	TextImage   *Marengo3Input `json:"text_image,omitzero"`
	Audio       *Marengo3Clip  `json:"audio,omitzero"`
	Video       *Marengo3Clip  `json:"video,omitzero"`
	MultiInput  *Marengo3Multi `json:"multi_input,omitzero"`
	InferenceID string         `json:"inferenceId,omitzero"` // a name of the caller's for this request
}

// Marengo3Input is a text, an image, or both as one input, by "TwelveLabs Marengo Embed
// 3.0" in the Amazon Bedrock User Guide.
type Marengo3Input struct {
	InputText   string        `json:"inputText,omitzero"`   // up to 500 tokens
	MediaSource *MarengoMedia `json:"mediaSource,omitzero"` // an image up to 5 MB
}

// Marengo3Clip is a video or a sound, up to 4 hours and 6 GB in S3, by "TwelveLabs
// Marengo Embed 3.0" in the Amazon Bedrock User Guide.
type Marengo3Clip struct {
	MediaSource     MarengoMedia          `json:"mediaSource"`              // required
	StartSec        *float64              `json:"startSec,omitzero"`        // where to start, in seconds; default 0
	EndSec          *float64              `json:"endSec,omitzero"`          // where to stop, in seconds; default the end
	Segmentation    *Marengo3Segmentation `json:"segmentation,omitzero"`    // default: video by shots, audio near 10 s
	EmbeddingOption []string              `json:"embeddingOption,omitzero"` // "visual" (video), "audio", "transcription"; default all
	EmbeddingType   []string              `json:"embeddingType,omitzero"`   // "separate_embedding" (default), "fused_embedding"
	EmbeddingScope  []string              `json:"embeddingScope,omitzero"`  // "clip", "asset" or both
}

// Marengo3Segmentation says how a clip is cut, by "TwelveLabs Marengo Embed 3.0" in the
// Amazon Bedrock User Guide.
type Marengo3Segmentation struct {
	Method  string           `json:"method"` // required: "dynamic" (by shots, video only), "fixed"
	Dynamic *Marengo3Dynamic `json:"dynamic,omitzero"`
	Fixed   *Marengo3Fixed   `json:"fixed,omitzero"`
}

// Marengo3Dynamic cuts a video where the shot changes, by "TwelveLabs Marengo Embed
// 3.0" in the Amazon Bedrock User Guide.
type Marengo3Dynamic struct {
	MinDurationSec int `json:"minDurationSec,omitzero"` // 1 to 5 s, default 4
}

// Marengo3Fixed cuts segments of one length, by "TwelveLabs Marengo Embed 3.0" in the
// Amazon Bedrock User Guide.
type Marengo3Fixed struct {
	DurationSec int `json:"durationSec,omitzero"` // 1 to 10 s, default 6
}

// Marengo3Multi is several images with a text about them, by "TwelveLabs Marengo Embed
// 3.0" in the Amazon Bedrock User Guide.
type Marengo3Multi struct {
	InputText    string           `json:"inputText,omitzero"` // up to 500 tokens; names an image as <@name>
	MediaSources []Marengo3Source `json:"mediaSources"`       // required, one or more
}

// Marengo3Source is an image of several, by "TwelveLabs Marengo Embed 3.0" in the
// Amazon Bedrock User Guide.
type Marengo3Source struct {
	Name         string      `json:"name,omitzero"` // as the text names it
	MediaType    string      `json:"mediaType"`     // required: "image"
	Base64String []byte      `json:"base64String,omitzero"`
	S3Location   *S3Location `json:"s3Location,omitzero"`
}

// MarengoEmbedResponse is the answer of TwelveLabs Marengo Embed, in InvokeModel and in
// the output that StartAsyncInvoke leaves in S3, by "TwelveLabs Marengo Embed 2.7" and
// "TwelveLabs Marengo Embed 3.0" in the Amazon Bedrock User Guide.
type MarengoEmbedResponse struct {
	Data []MarengoEmbedding `json:"data"`
}

// UnmarshalJSON takes every form that the two pages show: embeddings under data or
// bare, a list or one alone. What has no vector is an error, not an empty embedding.
func (r *MarengoEmbedResponse) UnmarshalJSON(raw []byte) error {
	r.Data = nil
	raw = bytes.TrimSpace(raw)
	if bytes.HasPrefix(raw, []byte("{")) {
		var object struct {
			Data json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(raw, &object); err != nil {
			return err
		}
		if object.Data != nil {
			raw = object.Data
		}
	}
	if !bytes.HasPrefix(raw, []byte("[")) && !bytes.Equal(raw, []byte("null")) {
		raw = slices.Concat([]byte("["), raw, []byte("]"))
	}
	if err := json.Unmarshal(raw, &r.Data); err != nil {
		return err
	}
	if slices.ContainsFunc(r.Data, func(e MarengoEmbedding) bool { return e.Embedding == nil }) {
		return errors.New("body: the answer of Marengo holds something else than embeddings")
	}
	return nil
}

// MarengoEmbedding is a vector of 1,024 (2.7) or 512 (3.0) dimensions, by "TwelveLabs
// Marengo Embed 2.7" and "TwelveLabs Marengo Embed 3.0" in the Amazon Bedrock User Guide.
type MarengoEmbedding struct {
	Embedding       []float32 `json:"embedding"`
	EmbeddingOption string    `json:"embeddingOption,omitzero"` // as asked for, or "fused"; "" for text and images in 3.0
	EmbeddingScope  string    `json:"embeddingScope,omitzero"`  // "clip", "asset"; only 3.0
	StartSec        *float64  `json:"startSec,omitzero"`        // of video and audio, in seconds
	EndSec          *float64  `json:"endSec,omitzero"`          // of video and audio, in seconds
}
