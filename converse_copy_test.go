package bedrock

import (
	"errors"
	"strings"
	"testing"
)

func TestAFieldThatOnlyAStreamTakesIsAnError(t *testing.T) {
	t.Parallel()
	if err := unsent(""); err != nil {
		t.Errorf("got %v of no field, want no error", err)
	}
	if err := unsent("Novel"); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "the field Novel,") {
		t.Errorf("got error %v, want one that is ErrInvalid and names the field", err)
	}
}
