package media

import (
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

func TestDocumentName(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, want string }{
		{"report", "report"},
		{"Report 2026 (final) [v-2]_x", "Report 2026 (final) [v-2]_x"},
		{"John's report.v2", "John s report v2"},
		{"  a \t\n b  ", "a b"},
		{"テスト　資料 1", "1 a015"},
		{"Übersicht", "bersicht"},
		{"日本", "document cf2a"},
		{"日本語", "document 7771"},
		{"\U0001f642", "document d06f"},
		{"報告 2024", "2024 949c"},
		{"予算 2024", "2024 583e"},
		{"2024–2025", "2024 2025"},
		{"1　2", "1 2"},
		{"日本 report", "report"},
		{"...", "document"},
		{"日" + strings.Repeat("1", 300), strings.Repeat("1", 195) + " 7c3d"},
		{"", "document"},
		{" ", "document"},
		{strings.Repeat("a", 300), strings.Repeat("a", 200)},
		{strings.Repeat("a", 199) + " b", strings.Repeat("a", 199)},
	}
	for _, tt := range tests {
		if got := DocumentName(tt.name); got != tt.want || !validName(got) {
			t.Errorf("DocumentName(%q): got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestBaseName(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"a/b/report.v2.pdf": "report.v2", "report": "report", ".env": "", "a/": "a"} {
		if got := BaseName(path); got != want {
			t.Errorf("BaseName(%q): got %q, want %q", path, got, want)
		}
	}
}

func documents(names ...string) []types.ContentBlock {
	content := []types.ContentBlock{&types.ContentBlockMemberText{Value: "Compare."}}
	for _, name := range names {
		content = append(content, &types.ContentBlockMemberDocument{Value: types.DocumentBlock{Name: aws.String(name)}})
	}
	return content
}

func TestNumberDocuments(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 200)
	tests := []struct{ names, want []string }{
		{nil, nil},
		{[]string{"a"}, []string{"a"}},
		{[]string{"a", "b"}, []string{"a", "b"}},
		{[]string{"a", "a", "a"}, []string{"a", "a (2)", "a (3)"}},
		{[]string{"a", "a (2)", "a"}, []string{"a", "a (2)", "a (3)"}},
		{[]string{"a", "a", "a (2)"}, []string{"a", "a (2)", "a (2) (2)"}},
		{[]string{"Report", "report"}, []string{"Report", "report (2)"}},
		{[]string{long, long}, []string{long, long[:196] + " (2)"}},
		{[]string{"a", "b", "c", "d", "e", "f", "a"}, []string{"a", "b", "c", "d", "e", "f", "a (2)"}},
	}
	for _, tt := range tests {
		content := documents(tt.names...)
		got := NumberDocuments(content)
		if !reflect.DeepEqual(got, documents(tt.want...)) {
			t.Errorf("%q: got other names than %q", tt.names, tt.want)
		}
		if !reflect.DeepEqual(content, documents(tt.names...)) {
			t.Errorf("%q: the caller's blocks were changed", tt.names)
		}
	}
}

func TestNumberDocumentsTakesWhatIsNone(t *testing.T) {
	t.Parallel()
	var none *types.ContentBlockMemberDocument
	content := []types.ContentBlock{nil, none, &types.ContentBlockMemberDocument{}, &types.ContentBlockMemberText{}}
	if got := NumberDocuments(content); len(got) != len(content) || &got[0] != &content[0] {
		t.Errorf("got %v, want the same list", got)
	}
}

func TestFewDocumentsCostNothing(t *testing.T) {
	for _, content := range [][]types.ContentBlock{nil, documents(), documents("a"), documents("a", "b")} {
		if n := testing.AllocsPerRun(100, func() { NumberDocuments(content) }); n != 0 {
			t.Errorf("%d blocks: got %v allocations, want none", len(content), n)
		}
	}
}
