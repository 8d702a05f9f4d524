package bedrock_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

// showBody calls Converse and prints the body of the request.
func showBody(messages []types.Message, opts ...bedrock.RequestOption) {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Lenient = true // one message without the rest of its conversation
	srv.Queue(bedrocktest.Text("A reply."))
	if _, err := srv.Client().Converse(context.Background(), "amazon.nova-lite-v1:0", messages, opts...); err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(srv.Requests()[0].Body))
}

// file writes a file for an example.
func file(name, content string) string {
	dir, err := os.MkdirTemp("", "bedrock")
	if err != nil {
		log.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		log.Fatal(err)
	}
	return path
}

func ExampleSystemMessage() {
	showBody([]types.Message{bedrock.User("Capital of France?"), bedrock.SystemMessage("Answer in one word.")})
	// Output: {"messages":[{"content":[{"text":"Capital of France?"}],"role":"user"},{"content":[{"text":"Answer in one word."}],"role":"system"}]}
}

func ExampleImage() {
	showBody(bedrock.Prompt("What is this?", bedrock.Image(types.ImageFormatPng, []byte("pixels"))))
	// Output: {"messages":[{"content":[{"text":"What is this?"},{"image":{"format":"png","source":{"bytes":"cGl4ZWxz"}}}],"role":"user"}]}
}

func ExampleImageFile() {
	path := file("photo.png", "\x89PNG\r\n\x1a\n")
	defer os.RemoveAll(filepath.Dir(path))

	image, err := bedrock.ImageFile(path)
	if err != nil {
		log.Fatal(err)
	}
	showBody(bedrock.Prompt("What is this?", image))
	// Output: {"messages":[{"content":[{"text":"What is this?"},{"image":{"format":"png","source":{"bytes":"iVBORw0KGgo="}}}],"role":"user"}]}
}

// An object in the bucket of another account.
func ExampleImageS3() {
	image := bedrock.ImageS3(types.ImageFormatPng, "s3://pictures/cat.png")
	image.Value.Source.(*types.ImageSourceMemberS3Location).Value.BucketOwner = aws.String("123456789012")
	showBody(bedrock.Prompt("What is this?", image))
	// Output: {"messages":[{"content":[{"text":"What is this?"},{"image":{"format":"png","source":{"s3Location":{"bucketOwner":"123456789012","uri":"s3://pictures/cat.png"}}}}],"role":"user"}]}
}

func ExampleVideo() {
	showBody(bedrock.Prompt("What happens?", bedrock.Video(types.VideoFormatMp4, []byte("frames"))))
	// Output: {"messages":[{"content":[{"text":"What happens?"},{"video":{"format":"mp4","source":{"bytes":"ZnJhbWVz"}}}],"role":"user"}]}
}

func ExampleVideoFile() {
	path := file("film.mov", "\x00\x00\x00\x14ftypqt  ")
	defer os.RemoveAll(filepath.Dir(path))

	video, err := bedrock.VideoFile(path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(video.Value.Format)
	// Output: mov
}

func ExampleVideoS3() {
	showBody(bedrock.Prompt("What happens?", bedrock.VideoS3(types.VideoFormatMp4, "s3://films/cat.mp4")))
	// Output: {"messages":[{"content":[{"text":"What happens?"},{"video":{"format":"mp4","source":{"s3Location":{"uri":"s3://films/cat.mp4"}}}}],"role":"user"}]}
}

func ExampleAudio() {
	showBody(bedrock.Prompt("Who speaks?", bedrock.Audio(types.AudioFormatMp3, []byte("waves"))))
	// Output: {"messages":[{"content":[{"text":"Who speaks?"},{"audio":{"format":"mp3","source":{"bytes":"d2F2ZXM="}}}],"role":"user"}]}
}

func ExampleAudioFile() {
	path := file("call.mp3", "ID3\x04\x00")
	defer os.RemoveAll(filepath.Dir(path))

	audio, err := bedrock.AudioFile(path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(audio.Value.Format)
	// Output: mp3
}

func ExampleAudioS3() {
	showBody(bedrock.Prompt("Who speaks?", bedrock.AudioS3(types.AudioFormatWav, "s3://calls/1.wav")))
	// Output: {"messages":[{"content":[{"text":"Who speaks?"},{"audio":{"format":"wav","source":{"s3Location":{"uri":"s3://calls/1.wav"}}}}],"role":"user"}]}
}

// Documents of the same name are numbered.
func ExampleDocument() {
	showBody(bedrock.Prompt("Compare.",
		bedrock.Document("report", types.DocumentFormatPdf, []byte("old")),
		bedrock.Document("report", types.DocumentFormatPdf, []byte("new"))))
	// Output: {"messages":[{"content":[{"text":"Compare."},{"document":{"format":"pdf","name":"report","source":{"bytes":"b2xk"}}},{"document":{"format":"pdf","name":"report (2)","source":{"bytes":"bmV3"}}}],"role":"user"}]}
}

func ExampleDocumentFile() {
	path := file("report.v2.pdf", "%PDF-1.7\n")
	defer os.RemoveAll(filepath.Dir(path))

	document, err := bedrock.DocumentFile(path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*document.Value.Name, document.Value.Format)
	// Output: report v2 pdf
}

// A file that is something else is refused.
func ExampleDocumentFile_refused() {
	path := file("report.pdf", "\x89PNG\r\n\x1a\n")
	defer os.RemoveAll(filepath.Dir(path))

	_, err := bedrock.DocumentFile(path)
	fmt.Println(strings.ReplaceAll(fmt.Sprint(err), path, "report.pdf"))
	// Output: bedrock: document file report.pdf: its content is a PNG image, the accepted formats are pdf, docx, doc, xlsx, xls, csv, html, md, txt
}

func ExampleDocumentS3() {
	showBody(bedrock.Prompt("Summarize.", bedrock.DocumentS3("report", types.DocumentFormatPdf, "s3://reports/1.pdf")))
	// Output: {"messages":[{"content":[{"text":"Summarize."},{"document":{"format":"pdf","name":"report","source":{"s3Location":{"uri":"s3://reports/1.pdf"}}}}],"role":"user"}]}
}

func ExampleDocumentText() {
	showBody(bedrock.Prompt("How many days?", bedrock.DocumentText("policy", "Everybody has 30 days of leave.")))
	// Output: {"messages":[{"content":[{"text":"How many days?"},{"document":{"format":"txt","name":"policy","source":{"text":"Everybody has 30 days of leave."}}}],"role":"user"}]}
}

func ExampleCited() {
	showBody(bedrock.Prompt("How many days?", bedrock.Cited(bedrock.DocumentText("policy", "30 days."))))
	// Output: {"messages":[{"content":[{"text":"How many days?"},{"document":{"citations":{"enabled":true},"format":"txt","name":"policy","source":{"text":"30 days."}}}],"role":"user"}]}
}

func ExampleSearchResult() {
	showBody(bedrock.Prompt("How many days?", bedrock.SearchResult("https://example.com/leave", "Leave", "Everybody has 30 days.")))
	// Output: {"messages":[{"content":[{"text":"How many days?"},{"searchResult":{"content":[{"text":"Everybody has 30 days."}],"source":"https://example.com/leave","title":"Leave"}}],"role":"user"}]}
}

func ExampleGuardText() {
	showBody(bedrock.Prompt("",
		bedrock.GuardText("Paris is the capital of France.", types.GuardrailConverseContentQualifierGroundingSource),
		bedrock.GuardText("Capital of France?", types.GuardrailConverseContentQualifierQuery)))
	// Output: {"messages":[{"content":[{"guardContent":{"text":{"qualifiers":["grounding_source"],"text":"Paris is the capital of France."}}},{"guardContent":{"text":{"qualifiers":["query"],"text":"Capital of France?"}}}],"role":"user"}]}
}

func ExampleCachePoint() {
	showBody(bedrock.Prompt("A long text.", bedrock.CachePoint(types.CacheTTLOneHour), &types.ContentBlockMemberText{Value: "And a question?"}))
	// Output: {"messages":[{"content":[{"text":"A long text."},{"cachePoint":{"ttl":"1h","type":"default"}},{"text":"And a question?"}],"role":"user"}]}
}

func ExampleToolResult() {
	showBody([]types.Message{bedrock.User("", bedrock.ToolResult("t1", "12 °C"))})
	// Output: {"messages":[{"content":[{"toolResult":{"content":[{"text":"12 °C"}],"toolUseId":"t1"}}],"role":"user"}]}
}

func ExampleToolFailure() {
	showBody([]types.Message{bedrock.User("", bedrock.ToolFailure("t1", "no such city"))})
	// Output: {"messages":[{"content":[{"toolResult":{"content":[{"text":"no such city"}],"status":"error","toolUseId":"t1"}}],"role":"user"}]}
}

func ExampleTokens_Add() {
	first, second := bedrock.Tokens{Input: 100, Output: 10}, bedrock.Tokens{Input: 20, CacheRead: 100, Output: 5}
	fmt.Printf("%+v\n", first.Add(second))
	// Output: {Input:120 Output:15 CacheRead:100 CacheWrite:0}
}

func ExampleTokens_TotalInput() {
	fmt.Println(bedrock.Tokens{Input: 20, CacheRead: 100, Output: 5}.TotalInput())
	// Output: 120
}

func ExampleTokens_Total() {
	fmt.Println(bedrock.Tokens{Input: 20, CacheRead: 100, Output: 5}.Total())
	// Output: 125
}
