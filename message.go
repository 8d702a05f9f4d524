package bedrock

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock/internal/media"
)

// Prompt is a conversation of one question: a [User] message.
func Prompt(text string, more ...types.ContentBlock) []types.Message {
	return []types.Message{User(text, more...)}
}

// User makes a message of the user: text, and content blocks after it. Empty text
// is left out, as Bedrock refuses blank text. Documents of one name are numbered, "report
// (2)": it refuses a name that repeats. In other messages it mustn't repeat either.
func User(text string, more ...types.ContentBlock) types.Message {
	return message(types.ConversationRoleUser, text, more)
}

// Assistant makes a message of the model, for a conversation that wasn't kept as
// replies ([Reply.Message]). It takes content as [User] does.
func Assistant(text string, more ...types.ContentBlock) types.Message {
	return message(types.ConversationRoleAssistant, text, more)
}

// SystemMessage makes a message that instructs the model in the middle of a conversation,
// where the model has that role; every model has [System].
func SystemMessage(text string, more ...types.ContentBlock) types.Message {
	return message(types.ConversationRoleSystem, text, more)
}

func message(role types.ConversationRole, text string, more []types.ContentBlock) types.Message {
	more = media.NumberDocuments(more)
	if text == "" { // a copy: the list may be the caller's own
		return types.Message{Role: role, Content: append([]types.ContentBlock(nil), more...)}
	}
	content := make([]types.ContentBlock, 1, 1+len(more))
	content[0] = &types.ContentBlockMemberText{Value: text}
	return types.Message{Role: role, Content: append(content, more...)}
}

// Image is a picture. Bedrock leaves limits to the models; up to 20 of 3.75 MB and 8000 px
// a side are widely accepted ("API restrictions" in the User Guide; Message in the API
// Reference).
func Image(format types.ImageFormat, data []byte) *types.ContentBlockMemberImage {
	return &types.ContentBlockMemberImage{Value: types.ImageBlock{Format: format, Source: &types.ImageSourceMemberBytes{Value: data}}}
}

// ImageFile reads an [Image] from a regular file. Like the other File functions it goes by
// the file's content and refuses what is something else. By its extension go text, and MP3,
// AAC, PCM and MPEG where the content doesn't show them, as these may come without a mark.
func ImageFile(path string) (*types.ContentBlockMemberImage, error) {
	return media.ReadBlock(path, media.Image, Image)
}

// ImageS3 is an [Image] at s3://bucket/key. For a bucket of another account, set
// BucketOwner in the Value that an S3 function returns.
func ImageS3(format types.ImageFormat, uri string) *types.ContentBlockMemberImage {
	return &types.ContentBlockMemberImage{Value: types.ImageBlock{Format: format, Source: &types.ImageSourceMemberS3Location{Value: s3(uri)}}}
}

// Video is a film of less than 25 MB in base64, which is 18.75 MB of data; [VideoS3] takes
// up to 1 GB (VideoSource in the API Reference).
func Video(format types.VideoFormat, data []byte) *types.ContentBlockMemberVideo {
	return &types.ContentBlockMemberVideo{Value: types.VideoBlock{Format: format, Source: &types.VideoSourceMemberBytes{Value: data}}}
}

// VideoFile reads a [Video], as [ImageFile] does.
func VideoFile(path string) (*types.ContentBlockMemberVideo, error) {
	return media.ReadBlock(path, media.Video, Video)
}

// VideoS3 is a [Video] in S3, as [ImageS3] says.
func VideoS3(format types.VideoFormat, uri string) *types.ContentBlockMemberVideo {
	return &types.ContentBlockMemberVideo{Value: types.VideoBlock{Format: format, Source: &types.VideoSourceMemberS3Location{Value: s3(uri)}}}
}

// Audio is a sound. Its limits are the model's: the API Reference gives none.
func Audio(format types.AudioFormat, data []byte) *types.ContentBlockMemberAudio {
	return &types.ContentBlockMemberAudio{Value: types.AudioBlock{Format: format, Source: &types.AudioSourceMemberBytes{Value: data}}}
}

// AudioFile reads an [Audio], as [ImageFile] does.
func AudioFile(path string) (*types.ContentBlockMemberAudio, error) {
	return media.ReadBlock(path, media.Audio, Audio)
}

// AudioS3 is an [Audio] in S3, as [ImageS3] says.
func AudioS3(format types.AudioFormat, uri string) *types.ContentBlockMemberAudio {
	return &types.ContentBlockMemberAudio{Value: types.AudioBlock{Format: format, Source: &types.AudioSourceMemberS3Location{Value: s3(uri)}}}
}

// Document is a document, which needs text beside it in the message. Up to five of 4.5 MB
// fit in a request; newer Claude models take larger PDFs, Nova models also larger DOCX
// ("API restrictions"). The model reads the name. What Bedrock refuses in it becomes a
// space: it takes ASCII letters, digits, single spaces and -_()[], 200 at most. A name of
// other letters alone becomes "document" or what is left, and four digits of its own.
func Document(name string, format types.DocumentFormat, data []byte) *types.ContentBlockMemberDocument {
	return newDocument(name, format, &types.DocumentSourceMemberBytes{Value: data})
}

// DocumentFile reads a [Document], as [ImageFile] does, and gives it the file's name without
// the extension; a name in another script becomes "document" with four digits of its hash,
// always the same. Text must be UTF-8 without NUL.
func DocumentFile(path string) (*types.ContentBlockMemberDocument, error) {
	return media.ReadBlock(path, media.Document, func(format types.DocumentFormat, data []byte) *types.ContentBlockMemberDocument {
		return Document(media.BaseName(path), format, data)
	})
}

// DocumentS3 is a [Document] in S3, as [ImageS3] says.
func DocumentS3(name string, format types.DocumentFormat, uri string) *types.ContentBlockMemberDocument {
	return newDocument(name, format, &types.DocumentSourceMemberS3Location{Value: s3(uri)})
}

// DocumentText is a [Document] of plain text.
func DocumentText(name, text string) *types.ContentBlockMemberDocument {
	return newDocument(name, types.DocumentFormatTxt, &types.DocumentSourceMemberText{Value: text})
}

func newDocument(name string, format types.DocumentFormat, source types.DocumentSource) *types.ContentBlockMemberDocument {
	name = media.DocumentName(name)
	return &types.ContentBlockMemberDocument{Value: types.DocumentBlock{Name: &name, Format: format, Source: source}}
}

func s3(uri string) types.S3Location { return types.S3Location{Uri: &uri} }

// SearchResult is what a search of yours found, for the model to answer from and, if
// [Cited], to cite: its source, title and passages.
func SearchResult(source, title string, texts ...string) *types.ContentBlockMemberSearchResult {
	content := make([]types.SearchResultContentBlock, len(texts))
	for i, text := range texts {
		content[i].Text = &text
	}
	return &types.ContentBlockMemberSearchResult{Value: types.SearchResultBlock{Source: &source, Title: &title, Content: content}}
}

// Cited returns a copy of a document or search result with citations switched on: the
// model says which passages it used ([Reply.Citations]).
func Cited[Block *types.ContentBlockMemberDocument | *types.ContentBlockMemberSearchResult](block Block) Block {
	if block == nil {
		return nil
	}
	on := &types.CitationsConfig{Enabled: aws.Bool(true)}
	switch b := any(block).(type) {
	case *types.ContentBlockMemberDocument:
		own(&b).Value.Citations = on
		return any(b).(Block)
	case *types.ContentBlockMemberSearchResult:
		own(&b).Value.Citations = on
		return any(b).(Block)
	}
	return block
}

// GuardText is text for a guardrail to check: where a conversation has any, the guardrail
// ignores other text. The qualifiers say what it is to the check of contextual grounding.
func GuardText(text string, qualifiers ...types.GuardrailConverseContentQualifier) *types.ContentBlockMemberGuardContent {
	return &types.ContentBlockMemberGuardContent{Value: &types.GuardrailConverseContentBlockMemberText{
		Value: types.GuardrailConverseTextBlock{Text: &text, Qualifiers: slices.Clone(qualifiers)}}}
}

// CachePoint has the conversation up to here cached, for models that can: at most 4 points
// in a request, [CacheSystem] and [CacheTools] included. ttl is how long the cache lives
// unused: "" is Bedrock's default, 5 minutes.
func CachePoint(ttl types.CacheTTL) *types.ContentBlockMemberCachePoint {
	return &types.ContentBlockMemberCachePoint{Value: cachePoint(ttl)}
}

func cachePoint(ttl types.CacheTTL) types.CachePointBlock {
	return types.CachePointBlock{Type: types.CachePointTypeDefault, Ttl: ttl}
}

// ToolResult is the answer to one of [Reply.ToolUses], for a [User] message. Blank text,
// which Bedrock refuses, is sent as "(empty)".
func ToolResult(toolUseID, text string) *types.ContentBlockMemberToolResult {
	if strings.TrimSpace(text) == "" {
		text = "(empty)"
	}
	return &types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{
		ToolUseId: &toolUseID, Content: []types.ToolResultContentBlock{&types.ToolResultContentBlockMemberText{Value: text}}}}
}

// ToolFailure is a [ToolResult] that says that the tool failed, and why.
func ToolFailure(toolUseID, text string) *types.ContentBlockMemberToolResult {
	result := ToolResult(toolUseID, text)
	result.Value.Status = types.ToolResultStatusError
	return result
}
