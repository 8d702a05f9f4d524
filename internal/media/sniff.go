package media

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// content is what the bytes of a file say.
type content struct {
	what           string            // for an error, "" where the bytes say nothing
	formats        map[Kind][]string // as which it can be sent, the usual one first
	needsExtension bool              // the bytes don't say which of the formats it is
}

func is(what string, kind Kind, formats ...string) content {
	return content{what: what, formats: map[Kind][]string{kind: formats}}
}

// marks are the fixed bytes that formats begin with.
var marks = []struct {
	magic string
	content
}{
	{"\x89PNG\r\n\x1a\n", is("a PNG image", Image, "png")},
	{"\xff\xd8\xff", is("a JPEG image", Image, "jpeg")},
	{"GIF87a", is("a GIF image", Image, "gif")},
	{"GIF89a", is("a GIF image", Image, "gif")},
	{"II*\x00", content{what: "a TIFF image"}},
	{"MM\x00*", content{what: "a TIFF image"}},
	{"%PDF-", is("a PDF", Document, "pdf")},
	{"{\\rtf", content{what: "an RTF document"}},
	{"FLV\x01", is("a Flash video", Video, "flv")},
	{"\x00\x00\x01\xba", is("an MPEG video", Video, "mpeg", "mpg")},
	{"\x00\x00\x01\xb3", is("an MPEG video", Video, "mpeg", "mpg")},
	{"\x30\x26\xb2\x75\x8e\x66\xcf\x11", is("Windows Media", Video, "wmv")},
	{"fLaC", is("FLAC audio", Audio, "flac")},
	{"ID3", mp3},
	{"ADIF", aac},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", content{"an older Office document", map[Kind][]string{Document: {"doc", "xls"}}, true}},
	{"\x1f\x8b", content{what: "compressed by gzip"}},
}

var (
	mp3 = is("MP3 audio", Audio, "mp3", "mpga", "mpeg")
	aac = is("AAC audio", Audio, "aac", "x-aac")
)

// sniff reads the signs of a format; the extension helps with weak ones.
func sniff(data []byte, extension string) content {
	for _, m := range marks {
		if bytes.HasPrefix(data, []byte(m.magic)) {
			return m.content
		}
	}
	for _, look := range []func([]byte, string) content{riff, isoMedia, matroska, ogg, archive, transportStream, mpegAudio, latePDF, plainText} {
		if found := look(data, extension); found.what != "" {
			return found
		}
	}
	return content{}
}

// at is the text of n bytes from an offset, "" beyond the end.
func at(data []byte, offset, n int) string {
	if len(data) < offset+n {
		return ""
	}
	return string(data[offset : offset+n])
}

func riff(data []byte, _ string) content {
	if at(data, 0, 4) != "RIFF" {
		return content{}
	}
	switch at(data, 8, 4) {
	case "WEBP":
		return is("a WebP image", Image, "webp")
	case "WAVE":
		return is("WAV audio", Audio, "wav")
	case "AVI ":
		return content{what: "an AVI video"}
	}
	return content{}
}

// isoMedia reads the brand of MP4 and its relatives (ISO/IEC 14496-12), and older
// QuickTime, which has none.
func isoMedia(data []byte, _ string) content {
	switch at(data, 4, 4) {
	case "moov", "mdat", "wide", "pnot":
		if data[0] == 0 { // the length of the first box
			return is("a QuickTime video", Video, "mov")
		}
		return content{}
	case "ftyp":
	default:
		return content{}
	}
	switch brand := at(data, 8, 4); {
	case brand == "qt  ":
		return is("a QuickTime video", Video, "mov")
	case strings.HasPrefix(brand, "3g"):
		return is("a 3GP video", Video, "three_gp")
	case brand == "M4A " || brand == "M4B ":
		return is("M4A audio", Audio, "m4a", "mp4")
	case slices.Contains([]string{"heic", "heix", "heim", "hevc", "mif1", "msf1", "avif", "avis"}, brand):
		return content{what: "a HEIF or AVIF image"}
	}
	return content{what: "MP4", formats: map[Kind][]string{Video: {"mp4", "mov", "three_gp"}, Audio: {"mp4", "m4a"}}}
}

// matroska reads the EBML header, in whose first bytes is the document's type.
func matroska(data []byte, _ string) content {
	if at(data, 0, 4) != "\x1a\x45\xdf\xa3" {
		return content{}
	}
	if bytes.Contains(data[:min(len(data), 64)], []byte("webm")) {
		return content{what: "WebM", formats: map[Kind][]string{Video: {"webm"}, Audio: {"webm"}}}
	}
	return content{what: "Matroska", formats: map[Kind][]string{Video: {"mkv"}, Audio: {"mkv", "mka"}}}
}

func ogg(data []byte, _ string) content {
	switch {
	case at(data, 0, 4) != "OggS":
		return content{}
	case bytes.Contains(data[:min(len(data), 64)], []byte("OpusHead")):
		return is("Opus audio", Audio, "opus", "ogg")
	}
	return is("Ogg", Audio, "ogg")
}

// archive looks for the parts of an Office Open XML document.
func archive(data []byte, _ string) content {
	if !strings.HasPrefix(at(data, 0, 4), "PK\x03\x04") {
		return content{}
	}
	files, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return content{what: "a damaged ZIP archive"}
	}
	has := func(prefix string) bool {
		return slices.ContainsFunc(files.File, func(f *zip.File) bool { return strings.HasPrefix(f.Name, prefix) })
	}
	switch {
	case has("[Content_Types].xml") && has("word/"):
		return is("a Word document", Document, "docx")
	case has("[Content_Types].xml") && has("xl/"):
		return is("an Excel workbook", Document, "xlsx")
	}
	return content{what: "a ZIP archive"}
}

// transportStream looks for the byte that MPEG-TS packets begin with.
func transportStream(data []byte, _ string) content {
	const packet = 188
	if len(data) <= 2*packet || data[0] != 'G' || data[packet] != 'G' || data[2*packet] != 'G' {
		return content{}
	}
	return is("an MPEG video", Video, "mpeg", "mpg")
}

// mpegAudio reads the 11 set bits of a frame's beginning, and the layer: 00 is AAC's, 01 is
// that of MP3 (ISO/IEC 11172-3, 13818-7).
func mpegAudio(data []byte, _ string) content {
	if len(data) < 4 || data[0] != 0xff || data[1]&0xe0 != 0xe0 {
		return content{}
	}
	switch data[1] & 0x06 {
	case 0x00:
		if data[1]&0xf0 == 0xf0 {
			return aac
		}
	case 0x02:
		return mp3
	}
	return content{}
}

// latePDF allows for what some programs write before the header.
func latePDF(data []byte, extension string) content {
	if extension == "pdf" && bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-")) {
		return is("a PDF", Document, "pdf")
	}
	return content{}
}

// plainText is UTF-8 without control characters. It can be any of the text formats, as long as
// the extension names no other one.
func plainText(data []byte, extension string) content {
	if extension == "pcm" || !utf8.Valid(data) || bytes.ContainsFunc(data, isControl) {
		return content{}
	}
	textual := []string{"txt", "md", "csv", "html"}
	if looksLikeHTML(data) {
		textual = []string{"html", "txt", "md", "csv"}
	}
	for _, formats := range accepted {
		if slices.Contains(formats, extension) && !slices.Contains(textual, extension) {
			return content{what: "text"}
		}
	}
	return is("text", Document, textual...)
}

func isControl(r rune) bool {
	return r < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1b", r) || r == 0x7f
}

func looksLikeHTML(data []byte) bool {
	start := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	start = bytes.ToLower(start[:min(len(start), 16)])
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}
