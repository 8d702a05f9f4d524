package bedrock

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func TestOptionsOutOfRangeAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		opt  Option
		says string
	}{
		{"no attempts", WithMaxAttempts(0), "WithMaxAttempts(0)"},
		{"negative attempts", WithMaxAttempts(-3), "WithMaxAttempts(-3)"},
		{"negative backoff", WithMaxBackoff(-time.Second), "WithMaxBackoff(-1s)"},
		{"negative stall timeout", WithStallTimeout(-time.Second), "WithStallTimeout(-1s)"},
		{"empty API key", WithAPIKey(""), "WithAPIKey"},
		{"API key with a line break", WithAPIKey("secret\n"), "WithAPIKey"},
		{"API key with a space", WithAPIKey("sec ret"), "WithAPIKey"},
		{"API key with a letter of no key", WithAPIKey("secrét"), "WithAPIKey"},
		{"API key with a control character", WithAPIKey("sec\x7fret"), "WithAPIKey"},
		{"nil credentials", WithCredentials(nil), "WithCredentials"},
	}
	for _, tt := range tests {
		_, err := NewFromConfig(testConfig(nil), tt.opt)
		if err == nil {
			t.Errorf("%s: got no error", tt.name)
			continue
		}
		wantContains(t, err.Error(), "bedrock: ", tt.says)
		if strings.Contains(err.Error(), "sec") && tt.says == "WithAPIKey" {
			t.Errorf("%s: the error %q shows the key", tt.name, err)
		}
	}
}

func TestOptionsAreCheckedWhenAllAreApplied(t *testing.T) {
	t.Parallel()
	seen := &captured{}
	c := stubClient(t, seen.then(throttling()), nil, WithMaxAttempts(0), WithMaxBackoff(-1), WithStallTimeout(-1), WithRegion("nonsense"), WithAPIKey(""),
		WithMaxAttempts(5), WithMaxBackoff(0), WithStallTimeout(0), WithRegion("eu-west-1"), WithAPIKey("key"))
	if e := askFails(t, c); e.Attempts != 5 || seen.count() != 5 || e.Region != "eu-west-1" {
		t.Errorf("got %d requests to %s, want 5 to eu-west-1", seen.count(), e.Region)
	}
}

func TestAttemptsPrecedence(t *testing.T) {
	tests := []struct {
		name     string
		profile  string // a line of the profile
		env      []string
		cfg      int // aws.Config.RetryMaxAttempts, by NewFromConfig
		opts     []Option
		attempts int
	}{
		{"default", "", nil, 0, nil, 10},
		{"profile", "max_attempts = 4", nil, 0, nil, 4},
		{"AWS_MAX_ATTEMPTS over the profile", "max_attempts = 4", []string{"AWS_MAX_ATTEMPTS", "3"}, 0, nil, 3},
		{"AWS_MAX_ATTEMPTS above the default", "", []string{"AWS_MAX_ATTEMPTS", "13"}, 0, nil, 13},
		{"AWS_MAX_ATTEMPTS=-1 is unset", "", []string{"AWS_MAX_ATTEMPTS", "-1"}, 0, nil, 10},
		{"AWS_MAX_ATTEMPTS=0 is unset", "", []string{"AWS_MAX_ATTEMPTS", "0"}, 0, nil, 10},
		{"RetryMaxAttempts", "", nil, 6, nil, 6},
		{"RetryMaxAttempts -1 is unset", "", nil, -1, nil, 10},
		{"WithMaxAttempts over the profile", "max_attempts = 4", nil, 0, []Option{WithMaxAttempts(7)}, 7},
		{"WithMaxAttempts over AWS_MAX_ATTEMPTS", "", []string{"AWS_MAX_ATTEMPTS", "3"}, 0, []Option{WithMaxAttempts(12)}, 12},
		{"WithMaxAttempts over RetryMaxAttempts", "", nil, 2, []Option{WithMaxAttempts(5)}, 5},
		{"WithMaxAttempts(1)", "", []string{"AWS_MAX_ATTEMPTS", "3"}, 0, []Option{WithMaxAttempts(1)}, 1},
		{"the same in adaptive mode", "", []string{"AWS_MAX_ATTEMPTS", "3", "AWS_RETRY_MODE", "adaptive"}, 0, []Option{WithMaxAttempts(1)}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			setenv(t, "AWS_REGION", testRegion, "AWS_ACCESS_KEY_ID", "A", "AWS_SECRET_ACCESS_KEY", "S")
			profiles(t, "[default]\n"+tt.profile+"\n")
			setenv(t, tt.env...)
			synctest.Test(t, func(t *testing.T) {
				seen := &captured{}
				opts := append(tt.opts, WithMaxBackoff(0), viaStub(seen.then(throttling())))
				c, err := New(context.Background(), opts...)
				if tt.cfg != 0 {
					cfg := testConfig(nil)
					cfg.RetryMaxAttempts = tt.cfg
					c, err = NewFromConfig(cfg, opts...)
				}
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range []*Client{c, c.With(WithRegion("eu-west-1"))} {
					time.Sleep(time.Minute) // until the limiter of adaptive mode has its token
					before := seen.count()
					if e := askFails(t, c); e.Attempts != tt.attempts || seen.count()-before != tt.attempts {
						t.Errorf("got %d requests, Attempts %d, want %d", seen.count()-before, e.Attempts, tt.attempts)
					}
				}
			})
		})
	}
}

func TestRetryModeOfTheEnvironmentIsHeeded(t *testing.T) {
	setenv(t, "AWS_REGION", testRegion, "AWS_ACCESS_KEY_ID", "A", "AWS_SECRET_ACCESS_KEY", "S")
	for mode, adaptive := range map[string]bool{"": false, "standard": false, "adaptive": true} {
		t.Run("AWS_RETRY_MODE="+mode, func(t *testing.T) {
			t.Setenv("AWS_RETRY_MODE", mode)
			c, err := New(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if got := c.With().SDK().Options().Retryer.(*policy).adaptive; (got != nil) != adaptive || got != c.shared.adaptive {
				t.Errorf("got limiter %v, want adaptive mode to be %v, and one limiter for all", got, adaptive)
			}
		})
	}
}

func TestCredentialsOfAnOptionAreCached(t *testing.T) {
	t.Parallel()
	counting := &countingCredentials{}
	for _, p := range []aws.CredentialsProvider{counting, aws.NewCredentialsCache(counting)} {
		counting.n.Store(0)
		c := stubClient(t, always(200, okConverse), WithCredentials(p))
		for range 3 {
			if _, err := ask(context.Background(), c); err != nil {
				t.Fatal(err)
			}
		}
		if n := counting.n.Load(); n != 1 {
			t.Errorf("%T: got credentials fetched %d times, want once", p, n)
		}
	}
}

func TestCredentialsThatCannotBeFetchedFailTheCall(t *testing.T) {
	t.Parallel()
	cause := errors.New("the vault is closed")
	seen := &captured{}
	c := stubClient(t, seen.then(always(200, okConverse)), WithCredentials(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, cause
	})))
	e := askFails(t, c)
	if !errors.Is(e, ErrCredentials) || !errors.Is(e, cause) || seen.count() != 0 {
		t.Errorf("got %v after %d requests, want ErrCredentials with the cause and none", e, seen.count())
	}
}
