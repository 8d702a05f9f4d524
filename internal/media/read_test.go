package media

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
)

func TestReadNamesTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	huge := file("huge.mp4", "")
	if err := os.Truncate(huge, maxSize+1); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "none.png")
	if _, _, err := Read(missing, Image); !errors.Is(err, fs.ErrNotExist) || strings.Count(err.Error(), missing) != 1 {
		t.Errorf("got error %v of a missing file, want one that is ErrNotExist and names it once", err)
	}
	tests := []struct {
		path string
		kind Kind
		want string
	}{
		{dir, Image, "directory"},
		{file("empty.png", ""), Image, "is empty"},
		{file("text.png", "hello"), Image, "text"},
		{huge, Video, "over 1 GiB"},
	}
	for _, tt := range tests {
		_, _, err := Read(tt.path, tt.kind)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Count(err.Error(), tt.path) != 1 || !strings.Contains(err.Error(), string(tt.kind)+" file") {
			t.Errorf("got error %v, want one that says %q and the file and the kind once", err, tt.want)
		}
	}
	format, data, err := Read(file("a.jpg", png), Image)
	if err != nil || format != "png" || string(data) != png {
		t.Errorf("got %q, %q, %v, want the PNG", format, data, err)
	}
}

func TestReadTakesRegularFilesOnly(t *testing.T) {
	t.Parallel()
	if info, err := os.Stat("/dev/zero"); err == nil && info.Mode()&fs.ModeDevice != 0 {
		if _, _, err := Read("/dev/zero", Document); err == nil || !strings.Contains(err.Error(), "document file /dev/zero: it is no regular file") {
			t.Errorf("got error %v of a device, want one that says so", err)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := readOpen(r); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("got error %v of a pipe that took a file's place, want one that says so", err)
	}
	r.Close()
	if _, err := readOpen(r); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("got error %v of a closed file, want fs.ErrClosed", err)
	}
}

func TestReadLimited(t *testing.T) {
	t.Parallel()
	if data, err := readLimited(strings.NewReader("four"), 4); err != nil || string(data) != "four" {
		t.Errorf("got %q, %v, want all up to the limit", data, err)
	}
	if data, err := readLimited(endless{}, 4); data != nil || !errors.Is(err, errTooLarge) {
		t.Errorf("got %q, %v of what has no end, want the error of too large a file", data, err)
	}
	broken := errors.New("broken")
	if data, err := readLimited(iotest.ErrReader(broken), 4); data != nil || !errors.Is(err, broken) {
		t.Errorf("got %q, %v of a broken disk, want its error", data, err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestReadCleansPaths(t *testing.T) {
	t.Parallel()
	const raw = "a\x1b[31m\u202e\n.png"
	missing := filepath.Join(t.TempDir(), raw)
	present := filepath.Join(t.TempDir(), raw)
	if err := os.WriteFile(present, []byte("text"), 0o600); err != nil {
		t.Skipf("the file system takes no such name: %v", err)
	}
	for _, path := range []string{missing, present} {
		_, _, err := Read(path, Image)
		if err == nil || strings.ContainsFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) }) || !strings.Contains(err.Error(), "[31m") {
			t.Errorf("got error %q, want one line that names the file", err)
		}
	}
	if _, _, err := Read(missing, Image); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got error %v, want fs.ErrNotExist", err)
	}
}
