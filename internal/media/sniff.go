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
	{"FLV\x01", is("a Flash video", Video, "flv")},
	{"\x00\x00\x01\xba", is("an MPEG video", Video, "mpeg", "mpg")},
	{"\x00\x00\x01\xb3", is("an MPEG video", Video, "mpeg", "mpg")},
	{"\x30\x26\xb2\x75\x8e\x66\xcf\x11", is("Windows Media", Video, "wmv")},
	{"fLaC", flac},
	{"ADIF", aac},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", content{"an older Office document", map[Kind][]string{Document: {"doc", "xls"}}, true}},
	{"\x1f\x8b", content{what: "compressed by gzip"}},
}

var (
	flac = is("FLAC audio", Audio, "flac")
	mp3  = is("MP3 audio", Audio, "mp3", "mpga", "mpeg")
	aac  = is("AAC audio", Audio, "aac", "x-aac")
)

// textual are the formats of text, the usual one first.
var textual = []string{"txt", "md", "csv", "html"}

type look func(data []byte, extension string) content

// sniff reads the signs of a format; the extension helps with weak ones. Text comes first,
// as it may begin with the letters that are another format's mark.
func sniff(data []byte, extension string) content {
	if extension != "pcm" && isText(data) {
		return first(data, extension, textFile, pdfHeader, rtfHeader, plainText)
	}
	for _, m := range marks {
		if bytes.HasPrefix(data, []byte(m.magic)) {
			return m.content
		}
	}
	return first(data, extension, pdfHeader, rtfHeader, riff, isoMedia, matroska, ogg, archive, transportStream, id3, mpegAudio, roughText)
}

// first is what the first of some looks finds.
func first(data []byte, extension string, looks ...look) content {
	for _, look := range looks {
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
	case "moov", "mdat", "wide", "pnot", "free", "skip":
		if data[0] < ' ' { // the box has less than 512 MiB, and isn't words
			return is("a QuickTime video", Video, "mov")
		}
		return content{}
	case "ftyp":
		if data[0] != 0 { // a box of few bytes
			return content{}
		}
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
	case at(data, 0, 5) != "OggS\x00": // with the version
		return content{}
	case bytes.Contains(data[:min(len(data), 64)], []byte("OpusHead")):
		return is("Opus audio", Audio, "opus", "ogg")
	}
	return is("Ogg", Audio, "ogg")
}

// archive looks for the parts of an Office Open XML document.
func archive(data []byte, _ string) content {
	if start := at(data, 0, 4); start != "PK\x03\x04" && start != "PK\x05\x06" { // the latter without files
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

// id3 reads the header of a tag: its version, flags, and a size of 7 bits a byte (ID3v2.4,
// "ID3v2 header"). The tag may stand before other audio than MP3.
func id3(data []byte, extension string) content {
	const header = 10
	if at(data, 0, 3) != "ID3" || len(data) < 5 || data[3] < 2 || data[3] > 4 {
		return content{}
	}
	size := 0
	for _, b := range data[min(len(data), 6):min(len(data), header)] {
		if b >= 0x80 {
			return content{}
		}
		size = size<<7 | int(b)
	}
	after := data[min(len(data), header+size):]
	if at(after, 0, 4) == "fLaC" {
		return flac
	}
	if found := mpegAudio(after, extension); found.what != "" {
		return found
	}
	return mp3
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

// pdfHeader allows a file of that extension for what some programs write before the header.
func pdfHeader(data []byte, extension string) content {
	start := bytes.Index(data[:min(len(data), 1024)], []byte("%PDF-"))
	if start == 0 || start > 0 && extension == "pdf" {
		return is("a PDF", Document, "pdf")
	}
	return content{}
}

func rtfHeader(data []byte, _ string) content {
	if at(data, 0, 5) != "{\\rtf" {
		return content{}
	}
	return content{what: "an RTF document"}
}

// textFile is text whose extension says so.
func textFile(_ []byte, extension string) content {
	if !slices.Contains(textual, extension) {
		return content{}
	}
	return is("text", Document, textual...)
}

// plainText can be sent as any of the text formats, unless the extension names another one.
func plainText(data []byte, extension string) content {
	for _, formats := range accepted {
		if slices.Contains(formats, extension) {
			return content{what: "text"}
		}
	}
	if looksLikeHTML(data) {
		return is("text", Document, "html")
	}
	return is("text", Document, textual...)
}

// roughText is a text file with control characters, such as a log, or one that is no text.
func roughText(data []byte, extension string) content {
	if slices.Contains(textual, extension) && (!utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0) {
		return content{what: "binary, or text that isn't UTF-8"}
	}
	return textFile(data, extension)
}

// isText is stricter than the text formats: in UTF-8 without control characters, marks of
// binary formats are words.
func isText(data []byte) bool {
	return utf8.Valid(data) && !bytes.ContainsFunc(data, isControl)
}

func isControl(r rune) bool {
	return r < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1b", r) || r == 0x7f
}

func looksLikeHTML(data []byte) bool {
	start := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	start = bytes.ToLower(start[:min(len(start), 16)])
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}
