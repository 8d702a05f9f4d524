//go:build unix

package media

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Nobody writes: a reader would wait for ever.
func TestReadDoesNotWaitAtANamedPipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.txt")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("the file system has no named pipes: %v", err)
	}
	if _, _, err := Read(path, Document); err == nil || !strings.Contains(err.Error(), "no regular file") || strings.Count(err.Error(), path) != 1 {
		t.Errorf("got error %v, want one that says so and names the file once", err)
	}
}
