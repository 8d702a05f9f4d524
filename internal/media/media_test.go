package media

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"
)

// office makes an Office Open XML document of empty parts.
func office(t testing.TB, parts ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, part := range parts {
		if _, err := w.Create(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func box(kind, brand string) string { return "\x00\x00\x00\x18" + kind + brand + "\x00\x00\x02\x00" }

const (
	png  = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
	jpeg = "\xff\xd8\xff\xe0\x00\x10JFIF\x00"
	pdf  = "%PDF-1.7\n%\xe2\xe3\xcf\xd3"
	ole  = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00"
	elf  = "\x7fELF\x02\x01\x01\x00"

	id3v2 = "ID3\x04\x00\x00\x00\x00\x01\x02" + // 1<<7 + 2 bytes follow
		"0123456789012345678901234567890123456789012345678901234567890123456789" +
		"012345678901234567890123456789012345678901234567890123456789"

	webm = "\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm"
	mkv  = "\x1a\x45\xdf\xa3\xa3B\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x88matroska"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	docx := office(t, "[Content_Types].xml", "word/document.xml")
	xlsx := office(t, "[Content_Types].xml", "xl/workbook.xml")
	packet := "G" + strings.Repeat("\x00", 187)
	tests := []struct {
		kind             Kind
		extension, input string
		want             string
	}{
		{Image, ".png", png, "png"},
		{Image, ".jpg", jpeg, "jpeg"},
		{Image, ".JPEG", jpeg, "jpeg"},
		{Image, "", "GIF89a\x01", "gif"},
		{Image, "", "GIF87a\x01", "gif"},
		{Image, ".webp", "RIFF\x10\x00\x00\x00WEBPVP8 ", "webp"},
		{Image, ".jpg", png, "png"},
		{Image, ".pdf", png, "png"},

		{Document, ".pdf", pdf, "pdf"},
		{Document, ".txt", pdf, "pdf"},
		{Document, ".pdf", "\r\n\x00junk\n%PDF-1.4\n", "pdf"},
		{Document, ".docx", docx, "docx"},
		{Document, ".xlsx", xlsx, "xlsx"},
		{Document, ".xlsx", docx, "docx"},
		{Document, "", xlsx, "xlsx"},
		{Document, ".doc", ole, "doc"},
		{Document, ".XLS", ole, "xls"},
		{Document, ".txt", "Grüße\n", "txt"},
		{Document, ".md", "# Title", "md"},
		{Document, ".markdown", "# Title", "md"},
		{Document, ".csv", "a,b\n1,2\n", "csv"},
		{Document, ".htm", "<p>hello", "html"},
		{Document, "", "\ufeff\n<!DOCTYPE html><html>", "html"},
		{Document, ".md", "<html>", "md"},
		{Document, "", "read me", "txt"},
		{Document, ".go", "package main\n", "txt"},
		{Document, ".md", "In %PDF-1.4 files", "md"},
		{Document, ".pdf", "%PDF-1.4 in ASCII", "pdf"},
		{Document, ".pdf", "junk\n%PDF-1.4 in ASCII", "pdf"},
		{Document, ".txt", "\ufeffread me", "txt"},
		{Document, ".txt", "a log\x08\x01\n", "txt"},

		{Video, ".mp4", box("ftyp", "isom"), "mp4"},
		{Video, ".m4v", box("ftyp", "M4V "), "mp4"},
		{Video, ".mov", box("ftyp", "qt  "), "mov"},
		{Video, ".mp4", box("ftyp", "qt  "), "mov"},
		{Video, ".mov", box("moov", "\x00\x00\x00\x6c"), "mov"},
		{Video, ".mov", "\x01\x20\x00\x00mdat\x00\x00", "mov"},
		{Video, ".mov", "\x00\x00\x00\x08free\x00\x00", "mov"},
		{Video, ".3gp", box("ftyp", "3gp5"), "three_gp"},
		{Video, ".3gp", box("ftyp", "isom"), "three_gp"},
		{Video, ".webm", webm, "webm"},
		{Video, ".webm", mkv, "mkv"},
		{Video, ".flv", "FLV\x01\x05", "flv"},
		{Video, ".mpeg", "\x00\x00\x01\xba\x44", "mpeg"},
		{Video, ".mpg", "\x00\x00\x01\xb3\x44", "mpg"},
		{Video, ".ts", packet + packet + packet, "mpeg"},
		{Video, ".wmv", "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6", "wmv"},

		{Audio, ".mp3", "ID3\x04\x00", "mp3"},
		{Audio, "", id3v2 + "\xff\xfb\x90\x64", "mp3"},
		{Audio, ".mp3", id3v2 + "\x00\x00", "mp3"},
		{Audio, ".aac", id3v2 + "\xff\xf1\x50\x80", "aac"},
		{Audio, ".flac", id3v2 + "fLaC\x00", "flac"},
		{Audio, ".mp3", "\xff\xfb\x90\x64", "mp3"},
		{Audio, ".mpga", "\xff\xfb\x90\x64", "mpga"},
		{Audio, ".mp3", "\xff\xf1\x50\x80", "aac"},
		{Audio, ".aac", "ADIF\x00", "aac"},
		{Audio, ".wav", "RIFF\x10\x00\x00\x00WAVEfmt ", "wav"},
		{Audio, ".flac", "fLaC\x00", "flac"},
		{Audio, ".ogg", "OggS\x00\x02" + strings.Repeat("\x00", 22) + "\x01vorbis", "ogg"},
		{Audio, ".opus", "OggS\x00\x02" + strings.Repeat("\x00", 22) + "OpusHead", "opus"},
		{Audio, ".ogg", "OggS\x00\x02" + strings.Repeat("\x00", 22) + "OpusHead", "ogg"},
		{Audio, ".m4a", box("ftyp", "M4A "), "m4a"},
		{Audio, ".m4a", box("ftyp", "isom"), "m4a"},
		{Audio, "", box("ftyp", "isom"), "mp4"},
		{Audio, ".mka", mkv, "mka"},
		{Audio, ".webm", webm, "webm"},
		{Audio, ".pcm", "silence", "pcm"},
		{Audio, ".pcm", "\x01\x80\x02\x80", "pcm"},
		{Audio, ".mp3", "\x00\x00\x00\x00\xff\xfb", "mp3"},
		{Audio, ".x-aac", "\x56\xe0\x00\x00", "x-aac"},
		{Video, ".mpg", "\x00\x00\x00\x00\x47", "mpg"},
	}
	for _, tt := range tests {
		got, err := Format(tt.extension, []byte(tt.input), tt.kind)
		if err != nil || got != tt.want {
			t.Errorf("%s file %q that begins with %.12q: got %q, %v, want %q", tt.kind, tt.extension, tt.input, got, err, tt.want)
		}
	}
}

func TestFormatRefusesWhatIsSomethingElse(t *testing.T) {
	t.Parallel()
	damaged := office(t, "[Content_Types].xml", "word/document.xml")[:40]
	tests := []struct {
		kind             Kind
		extension, input string
		want             []string
	}{
		{Image, ".png", "", []string{"empty"}},
		{Image, ".png", pdf, []string{"a PDF", "png, jpeg, gif, webp"}},
		{Image, ".png", "<html>not found</html>", []string{"text"}},
		{Image, ".jpg", box("ftyp", "heic"), []string{"HEIF"}},
		{Image, ".tiff", "II*\x00", []string{"TIFF"}},
		{Image, ".bin", "\x00\x01", []string{"of no known format"}},
		{Image, ".txt", "GIF89a is older than PNG.", []string{"text"}},
		{Document, ".pdf", png, []string{"a PNG image", "pdf, docx"}},
		{Document, ".pdf", "<html>log in</html>", []string{"text"}},
		{Document, ".pdf", ole, []string{"older Office", "extension", "doc, xls"}},
		{Document, ".docx", damaged, []string{"damaged ZIP"}},
		{Document, ".pptx", office(t, "[Content_Types].xml", "ppt/presentation.xml"), []string{"a ZIP archive"}},
		{Document, ".rtf", "{\\rtf1 hello}", []string{"RTF"}},
		{Document, ".json", "caf\xe9", []string{"of no known format"}},
		{Document, ".docx", "PK\x05\x06" + strings.Repeat("\x00", 18), []string{"a ZIP archive"}},
		{Document, ".txt", "caf\xe9", []string{"text that isn't UTF-8", "txt"}},
		{Document, ".md", "\xff\xfeh\x00i\x00", []string{"text that isn't UTF-8"}},
		{Document, ".html", "\xfe\xff\x00h\x00i", []string{"text that isn't UTF-8"}},
		{Document, ".csv", "a,b\x00\n", []string{"binary"}},
		{Document, ".txt", png, []string{"a PNG image"}},
		{Document, ".txt", "The ftyp caf\xe9", []string{"text that isn't UTF-8"}},
		{Document, ".txt", "The moov caf\xe9", []string{"text that isn't UTF-8"}},
		{Video, ".mp4", box("ftyp", "M4A "), []string{"M4A audio"}},
		{Video, ".avi", "RIFF\x10\x00\x00\x00AVI LIST", []string{"AVI"}},
		{Audio, ".mp3", "\x00\x00\x01\xba\x44", []string{"MPEG video"}},
		{Audio, ".wma", "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6", []string{"Windows Media"}},
	}
	for _, tt := range tests {
		got, err := Format(tt.extension, []byte(tt.input), tt.kind)
		if err == nil {
			t.Errorf("%s file %q that begins with %.12q: got %q, want an error", tt.kind, tt.extension, tt.input, got)
			continue
		}
		for _, part := range tt.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("got error %q, want it to say %q", err, part)
			}
		}
	}
}

// A format whose files all begin with a mark isn't taken at its extension's word.
func TestFormatAsksForTheMark(t *testing.T) {
	t.Parallel()
	may := map[Kind]string{Audio: "mp3 mpga mpeg aac x-aac pcm", Video: "mpeg mpg"}
	for kind, formats := range accepted {
		for _, format := range formats {
			for _, input := range []string{elf, "\x8b\x03\xfa\x1c\x99\x00\x41\xd0"} {
				got, err := Format("."+format, []byte(input), kind)
				if slices.Contains(strings.Fields(may[kind]), format) {
					if err != nil || got != format {
						t.Errorf("%s of %q as %s: got %q, %v, want the extension's format", format, input, kind, got, err)
					}
				} else if err == nil {
					t.Errorf("%s of %q as %s: got %q, want an error", format, input, kind, got)
				}
			}
		}
	}
}

func TestTextMayBeginWithTheLettersOfAMark(t *testing.T) {
	t.Parallel()
	for _, input := range []string{
		"ID3 is a decision tree algorithm.", "ID3,Name\n", "The ftyp box…", "GIF89a is a format of images.", "%PDF-1.7 is the magic of PDF.",
		"{\\rtf1 begins RTF.", "RIFF is not WAVE", "fLaC is FLAC's mark", "OggS begins a page", "ADIF", "The moov box",
		"G" + strings.Repeat("GGGG", 188), "\ufeffID3",
	} {
		for _, format := range textual {
			if got, err := Format("."+format, []byte(input), Document); err != nil || got != format {
				t.Errorf("%s file that begins with %.12q: got %q, %v, want %s", format, input, got, err, format)
			}
		}
	}
	for _, input := range []string{"ID3 is an algorithm.", "GIF89a", "The ftyp box", "RIFF is not WAVE", "fLaC", "OggS", "ADIF"} {
		if got, err := Format(".go", []byte(input), Document); err != nil || got != "txt" {
			t.Errorf("Go file that begins with %.12q: got %q, %v, want txt", input, got, err)
		}
	}
}

// The mark of ID3 is a word; what follows tells a tag.
func TestID3NeedsItsHeader(t *testing.T) {
	t.Parallel()
	for _, input := range []string{"ID3", "ID3 \xe9t\xe9", "ID3\x05\x00\x00\x00\x00\x00\x00", "ID3\x01\x00\x00\x00\x00\x00\x00", "ID3\x03\x00\x00\x00\x80\x00\x00"} {
		if got, err := Format("", []byte(input), Audio); err == nil {
			t.Errorf("%q: got %q, want an error", input, got)
		}
	}
}

// Any bytes have a format that the API knows, or an error.
func FuzzFormat(f *testing.F) {
	for _, seed := range []string{png, pdf, ole, webm, mkv, box("ftyp", "isom"), "\xff\xfb", "RIFF", "text"} {
		f.Add([]byte(seed), ".png")
	}
	f.Add([]byte(office(f, "[Content_Types].xml", "word/document.xml")), ".docx")
	f.Fuzz(func(t *testing.T, data []byte, extension string) {
		for kind, formats := range accepted {
			got, err := Format(extension, data, kind)
			if (err == nil) != (got != "") || err == nil && !strings.Contains(strings.Join(formats, " "), got) {
				t.Errorf("got %q, %v as %s, want a format or an error", got, err, kind)
			}
		}
	})
}
