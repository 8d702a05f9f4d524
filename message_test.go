package bedrock

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

func TestContentOnTheWire(t *testing.T) {
	t.Parallel()
	owned := ImageS3(types.ImageFormatPng, "s3://b/k")
	owned.Value.Source.(*types.ImageSourceMemberS3Location).Value.BucketOwner = aws.String("123456789012")
	tests := []struct {
		name  string
		block types.ContentBlock
		want  string
	}{
		{"image", Image(types.ImageFormatPng, []byte("x")), `{"image":{"format":"png","source":{"bytes":"eA=="}}}`},
		{"image in S3", ImageS3(types.ImageFormatPng, "s3://b/k"), `{"image":{"format":"png","source":{"s3Location":{"uri":"s3://b/k"}}}}`},
		{"image in another account's bucket", owned, `{"image":{"format":"png","source":{"s3Location":{"bucketOwner":"123456789012","uri":"s3://b/k"}}}}`},
		{"video", Video(types.VideoFormatThreeGp, []byte("x")), `{"video":{"format":"three_gp","source":{"bytes":"eA=="}}}`},
		{"video in S3", VideoS3(types.VideoFormatMov, "s3://b/k"), `{"video":{"format":"mov","source":{"s3Location":{"uri":"s3://b/k"}}}}`},
		{"audio", Audio(types.AudioFormatMp3, []byte("x")), `{"audio":{"format":"mp3","source":{"bytes":"eA=="}}}`},
		{"audio in S3", AudioS3("new", "s3://b/k"), `{"audio":{"format":"new","source":{"s3Location":{"uri":"s3://b/k"}}}}`},
		{"document", Document("a.b", types.DocumentFormatPdf, []byte("x")), `{"document":{"format":"pdf","name":"a b","source":{"bytes":"eA=="}}}`},
		{"document without a name", Document("", types.DocumentFormatPdf, []byte("x")), `{"document":{"format":"pdf","name":"document","source":{"bytes":"eA=="}}}`},
		{"document in S3", DocumentS3("a", types.DocumentFormatPdf, "s3://b/k"), `{"document":{"format":"pdf","name":"a","source":{"s3Location":{"uri":"s3://b/k"}}}}`},
		{"document of text", DocumentText("a", "x"), `{"document":{"format":"txt","name":"a","source":{"text":"x"}}}`},
		{"cited document", Cited(DocumentText("a", "x")), `{"document":{"citations":{"enabled":true},"format":"txt","name":"a","source":{"text":"x"}}}`},
		{"search result", SearchResult("https://example.com", "t", "x", "y"), `{"searchResult":{"content":[{"text":"x"},{"text":"y"}],"source":"https://example.com","title":"t"}}`},
		{"cited search result", Cited(SearchResult("s", "t", "x")), `{"searchResult":{"citations":{"enabled":true},"content":[{"text":"x"}],"source":"s","title":"t"}}`},
		{"text to guard", GuardText("x"), `{"guardContent":{"text":{"text":"x"}}}`},
		{"text to guard, qualified", GuardText("x", types.GuardrailConverseContentQualifierQuery), `{"guardContent":{"text":{"qualifiers":["query"],"text":"x"}}}`},
		{"cache point", CachePoint(""), `{"cachePoint":{"type":"default"}}`},
		{"cache point for an hour", CachePoint(types.CacheTTLOneHour), `{"cachePoint":{"ttl":"1h","type":"default"}}`},
		{"tool result", ToolResult("t1", "12 °C"), `{"toolResult":{"content":[{"text":"12 °C"}],"toolUseId":"t1"}}`},
		{"tool result of nothing", ToolResult("t1", " \n"), `{"toolResult":{"content":[{"text":"(empty)"}],"toolUseId":"t1"}}`},
		{"tool error", ToolFailure("t1", "no such city"), `{"toolResult":{"content":[{"text":"no such city"}],"status":"error","toolUseId":"t1"}}`},
		{"tool error of nothing", ToolFailure("t1", ""), `{"toolResult":{"content":[{"text":"(empty)"}],"status":"error","toolUseId":"t1"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := sorted(t, `{"messages":[{"content":[{"text":"see"},`+tt.want+`],"role":"user"}]}`)
			if got := sorted(t, sent(t, Prompt("see", tt.block))); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestSystemMessage(t *testing.T) {
	t.Parallel()
	got := sent(t, []types.Message{User("a"), SystemMessage("b", CachePoint(""))})
	want := `{"messages":[{"content":[{"text":"a"}],"role":"user"},{"content":[{"text":"b"},{"cachePoint":{"type":"default"}}],"role":"system"}]}`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCitedReturnsACopy(t *testing.T) {
	t.Parallel()
	doc, found := DocumentText("a", "x"), SearchResult("s", "t", "x")
	if Cited(doc) == doc || doc.Value.Citations != nil || Cited(found) == found || found.Value.Citations != nil {
		t.Error("the block given was changed")
	}
}

func TestMessagesOfOneListAreSeparate(t *testing.T) {
	t.Parallel()
	blocks := append(make([]types.ContentBlock, 0, 10), CachePoint(""))
	a, b := User("", blocks...), User("", blocks...)
	a.Content = append(a.Content, GuardText("a"))
	b.Content = append(b.Content, GuardText("b"))
	blocks[0] = GuardText("c")
	for want, m := range map[string]types.Message{"a": a, "b": b} {
		got := sent(t, []types.Message{m})
		wantContains(t, got, `[{"cachePoint":{"type":"default"}},{"guardContent":{"text":{"text":"`+want+`"}}}]`)
	}
	qualifiers := []types.GuardrailConverseContentQualifier{"query"}
	text := GuardText("x", qualifiers...)
	qualifiers[0] = "grounding_source"
	wantContains(t, sent(t, Prompt("", text)), `"qualifiers":["query"]`)
}

func names(m types.Message) (names []string) {
	for _, block := range m.Content {
		if doc, ok := block.(*types.ContentBlockMemberDocument); ok {
			names = append(names, *doc.Value.Name)
		}
	}
	return names
}

func TestDocumentsOfAMessageHaveDifferentNames(t *testing.T) {
	t.Parallel()
	blocks := []types.ContentBlock{DocumentText("report", "x"), DocumentText("report", "y"), DocumentText("", "z"), DocumentText("", "z")}
	before := slices.Clone(blocks)
	want := []string{"report", "report (2)", "document", "document (2)"}
	for name, m := range map[string]types.Message{
		"User": User("compare", blocks...), "User without text": User("", blocks...), "Assistant": Assistant("", blocks...),
		"SystemMessage": SystemMessage("x", blocks...), "Prompt": Prompt("x", blocks...)[0],
	} {
		if got := names(m); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if !slices.Equal(blocks, before) || !slices.Equal(names(types.Message{Content: blocks}), []string{"report", "report", "document", "document"}) {
		t.Error("the caller's blocks were changed")
	}
}

func TestFilesAreReadByTheirContent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	png, mp4, mp3, pdf := "\x89PNG\r\n\x1a\n\x00", "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00", "ID3\x04\x00", "%PDF-1.7\n"
	image, err1 := ImageFile(file("photo.jpg", png))
	video, err2 := VideoFile(file("film.mp4", mp4))
	audio, err3 := AudioFile(file("sound", mp3))
	doc, err4 := DocumentFile(file("Q3.report_v2.pdf", pdf))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	got := []types.ContentBlock{image, video, audio, doc}
	want := []types.ContentBlock{Image("png", []byte(png)), Video("mp4", []byte(mp4)), Audio("mp3", []byte(mp3)), Document("Q3 report_v2", "pdf", []byte(pdf))}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.png")
	if err := os.WriteFile(path, []byte("%PDF-1.7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	image, err := ImageFile(path)
	if image != nil || err == nil {
		t.Fatalf("got %v, %v, want an error", image, err)
	}
	wantContains(t, err.Error(), "bedrock: image file "+path, "a PDF", "png, jpeg, gif, webp")
	for name, err := range map[string]error{"Image": second(ImageFile("none")), "Video": second(VideoFile("none")), "Audio": second(AudioFile("none")), "Document": second(DocumentFile("none"))} {
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), strings.ToLower(name)+" file") {
			t.Errorf("%sFile: got error %v, want one that is fs.ErrNotExist and says what was read", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
