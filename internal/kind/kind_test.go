package kind

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

func TestOfACode(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code, message string
		want          error
	}{
		{"ThrottlingException", "slow", Throttled},
		{"throttlingexception", "slow", Throttled},
		{"ThrottlingException", "Too many input tokens, please wait.", Throttled},
		{"ModelNotReadyException", "", Throttled},
		{"ServiceUnavailableException", "Model is getting throttled. Try again.", Throttled},
		{"ServiceUnavailableException", "down", Unavailable},
		{"InternalServerException", "", Unavailable},
		{"ModelTimeoutException", "", ModelTimeout},
		{"ModelStreamErrorException", "", ModelError},
		{"FTUFormNotFilled", "", AccessDenied},
		{"EXPIREDTOKENEXCEPTION", "", Credentials},
		{"ResourceNotFoundException", "", NotFound},
		{"ServiceQuotaExceededException", "prompt is too long", Invalid},
		{"ValidationException", "messages: at least one", Invalid},
		{"ValidationException", "Prompt is too long: 210000 tokens", ContextWindow},
		{"ValidationException", "with on-demand throughput isn't supported", NeedsProfile},
		{"SomethingNewException", "prompt is too long", nil},
		{"", "prompt is too long", nil},
	} {
		if got := Of(test.code, test.message); got != test.want {
			t.Errorf("%s %q: got %v, want %v", test.code, test.message, got, test.want)
		}
	}
	for code := range retry.DefaultThrottleErrorCodes {
		if got := Of(code, ""); got != Throttled {
			t.Errorf("%s, a throttle to the SDK: got %v, want %v", code, got, Throttled)
		}
	}
}

func TestOfAStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]error{
		0: nil, 200: nil, 302: nil, 400: Invalid, 401: Credentials, 403: AccessDenied, 404: NotFound, 408: ModelTimeout,
		418: Invalid, 424: ModelError, 429: Throttled, 500: Unavailable, 502: Unavailable, 503: Unavailable, 529: Unavailable,
	} {
		if got := OfStatus(status); got != want {
			t.Errorf("%d: got %v, want %v", status, got, want)
		}
	}
}

// A code's documented status and its kind say the same, unless the code says more.
func TestStatusesOfCodes(t *testing.T) {
	t.Parallel()
	for lower, info := range codes {
		name, status, ok := Known(lower)
		if name != info.name || status != info.status || !ok {
			t.Errorf("%s: got %s, %d, %t, want %s, %d", lower, name, status, ok, info.name, info.status)
		}
		if got := OfStatus(status); got != info.kind && info.kind != Credentials && name != "FTUFormNotFilled" {
			t.Errorf("%s: its status %d is %v, and the code %v", name, status, got, info.kind)
		}
	}
	if name, status, ok := Known("SomethingNewException"); ok || name != "" || status != 0 {
		t.Errorf("unknown code: got %q, %d, %t", name, status, ok)
	}
}

func TestIsTellsKindsFromOtherErrors(t *testing.T) {
	t.Parallel()
	for _, kind := range all {
		if !Is(kind) {
			t.Errorf("%v: got false, want true", kind)
		}
		if wrapped := fmt.Errorf("wrapped: %w", kind); Is(wrapped) {
			t.Errorf("%v: got true, want false", wrapped)
		}
	}
	if Is(nil) {
		t.Error("nil: got true, want false")
	}
}

func TestTextInsideOfAnother(t *testing.T) {
	t.Parallel()
	if got, want := Text(Truncated), "reply ended before it was complete"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestIsDailyQuota(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]bool{
		"Too many tokens per day, please wait before trying again.": true,
		"Too many tokens, please wait before trying again.":         false,
		"": false,
	} {
		if got := IsDailyQuota(message); got != want {
			t.Errorf("%q: got %t, want %t", message, got, want)
		}
	}
}
