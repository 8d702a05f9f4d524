// Package media tells the format of a file, in the API's names, and makes names of
// documents that Bedrock takes.
package media

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// A Kind is what a content block holds.
type Kind string

const (
	Image    Kind = "image"
	Video    Kind = "video"
	Audio    Kind = "audio"
	Document Kind = "document"
)

// accepted are the formats of the API's enums ImageFormat, VideoFormat, AudioFormat and
// DocumentFormat.
var accepted = map[Kind][]string{
	Image:    {"png", "jpeg", "gif", "webp"},
	Video:    {"mp4", "mov", "mkv", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"},
	Audio:    {"mp3", "wav", "flac", "ogg", "opus", "aac", "x-aac", "m4a", "mp4", "mkv", "mka", "webm", "mpeg", "mpga", "pcm"},
	Document: {"pdf", "docx", "doc", "xlsx", "xls", "csv", "html", "md", "txt"},
}

// aliases are extensions that are no names of formats.
var aliases = map[string]string{
	"jpg": "jpeg", "jpe": "jpeg", "jfif": "jpeg",
	"3gp": "three_gp", "3gpp": "three_gp", "3g2": "three_gp", "m4v": "mp4", "qt": "mov",
	"oga": "ogg", "wave": "wav", "m4b": "m4a",
	"htm": "html", "markdown": "md", "text": "txt",
}

// maxSize is far over all that a request can hold: a file of this size was given by mistake.
const maxSize = 1 << 30

var errTooLarge = errors.New("it has over 1 GiB, more than a request can hold")

// unmarked are the formats that a file can have without a mark in its first bytes. Text is
// judged by sniff.
var unmarked = []string{"mp3", "mpga", "aac", "x-aac", "pcm", "mpeg", "mpg"}

// Read reads a file of a kind and tells its format.
func Read(path string, kind Kind) (format string, data []byte, err error) {
	if data, err = read(path); err == nil {
		format, err = Format(filepath.Ext(path), data, kind)
	}
	switch pathErr := (*os.PathError)(nil); {
	case errors.As(err, &pathErr): // names the file
		pathErr.Path = printable(pathErr.Path)
		return "", nil, fmt.Errorf("bedrock: %s file: %w", kind, err)
	case err != nil:
		return "", nil, fmt.Errorf("bedrock: %s file %s: %w", kind, printable(path), err)
	}
	return format, data, nil
}

// ReadBlock makes a content block of what Read reads.
func ReadBlock[F ~string, Block any](path string, kind Kind, block func(F, []byte) *Block) (*Block, error) {
	format, data, err := Read(path, kind)
	if err != nil {
		return nil, err
	}
	return block(F(format), data), nil
}

// read looks at the file before it opens it, as opening a named pipe waits for a writer.
func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := checkRegular(info); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readOpen(f)
}

// readOpen looks again: another file may have taken the path.
func readOpen(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkRegular(info); err != nil {
		return nil, err
	}
	return readLimited(f, maxSize)
}

// checkRegular refuses what may have no end.
func checkRegular(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return errors.New("it is a directory")
	case !info.Mode().IsRegular():
		return errors.New("it is no regular file, but a device, pipe or socket")
	case info.Size() > maxSize:
		return errTooLarge
	}
	return nil
}

// readLimited goes by what comes, as a file may grow, and some of Linux' have size 0.
func readLimited(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, errTooLarge
	}
	return data, nil
}

// Format tells the format of content that a file with that extension has. What the content
// says counts; where it allows several formats the extension chooses, and it decides alone
// about the formats that may come without a mark.
func Format(extension string, data []byte, kind Kind) (string, error) {
	if len(data) == 0 {
		return "", errors.New("it is empty")
	}
	named := strings.ToLower(strings.TrimPrefix(extension, "."))
	if alias, ok := aliases[named]; ok {
		named = alias
	}
	found := sniff(data, named)
	formats := found.formats[kind]
	switch {
	case slices.Contains(formats, named):
		return named, nil
	case found.needsExtension && len(formats) > 0:
		return "", fmt.Errorf("its content is %s: the extension must be one of %s", found.what, strings.Join(formats, ", "))
	case len(formats) > 0:
		return formats[0], nil
	case found.what == "" && slices.Contains(accepted[kind], named) && slices.Contains(unmarked, named):
		return named, nil
	}
	what := found.what
	if what == "" {
		what = "of no known format"
	}
	return "", fmt.Errorf("its content is %s, the accepted formats are %s", what, strings.Join(accepted[kind], ", "))
}

// printable makes the path of a file, which may hold anything, fit for a log line.
func printable(path string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, path)
}
