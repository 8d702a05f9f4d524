package bedrock

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/auth/bearer"
)

// Option configures a [Client]. Options are checked when all have been applied;
// of two that set the same thing, the later one counts.
type Option func(*settings)

// settings are what a client was told, checked once by check.
type settings struct {
	region      string
	pinned      bool // by WithRegion
	maxAttempts int
	maxBackoff  time.Duration
	stall       time.Duration
	unmarkedEnd bool
	log         *slog.Logger
	auth        *auth // nil: what the AWS chain finds
	sdk         []func(*bedrockruntime.Options)
}

// auth is what WithCredentials or WithAPIKey said.
type auth struct {
	credentials aws.CredentialsProvider
	apiKey      string
	isAPIKey    bool
}

func newSettings(cfg aws.Config) settings {
	s := settings{region: cfg.Region, maxAttempts: defaultMaxAttempts, maxBackoff: defaultMaxBackoff}
	if cfg.RetryMaxAttempts > 0 { // AWS_MAX_ATTEMPTS=-1 means unset
		s.maxAttempts = cfg.RetryMaxAttempts
	}
	return s
}

// with returns a copy with more options applied.
func (s settings) with(opts []Option) settings {
	s.sdk = s.sdk[:len(s.sdk):len(s.sdk)]
	for _, opt := range opts {
		if opt != nil {
			opt(&s)
		}
	}
	return s
}

func (s settings) check() error {
	var errs []error
	if s.maxAttempts < 1 {
		errs = append(errs, fmt.Errorf("WithMaxAttempts(%d): at least 1, the first request itself", s.maxAttempts))
	}
	if s.maxBackoff < 0 {
		errs = append(errs, fmt.Errorf("WithMaxBackoff(%v): a wait can't be negative", s.maxBackoff))
	}
	if s.stall < 0 {
		errs = append(errs, fmt.Errorf("WithStallTimeout(%v): a wait can't be negative; 0 turns it off", s.stall))
	}
	if s.auth != nil {
		errs = append(errs, s.auth.check())
	}
	return errors.Join(errs...)
}

func (a *auth) check() error {
	switch {
	case a.isAPIKey && a.apiKey == "":
		return errors.New("WithAPIKey: the key is empty")
	case a.isAPIKey && unsendable(a.apiKey):
		f := refused(errors.New("WithAPIKey: " + unsendableText("the key")))
		f.also = ErrCredentials
		return f
	case !a.isAPIKey && isNil(a.credentials):
		return errors.New("WithCredentials: the provider is nil")
	case !a.isAPIKey && (aws.IsCredentialsProvider(a.credentials, aws.AnonymousCredentials{}) || aws.IsCredentialsProvider(a.credentials, (*aws.AnonymousCredentials)(nil))):
		return errors.New("WithCredentials: Bedrock takes no anonymous requests")
	}
	return nil
}

// apply sets the authentication in an SDK client's options, where it wins over
// AWS_BEARER_TOKEN_BEDROCK.
func (a *auth) apply(o *bedrockruntime.Options) {
	if a.isAPIKey {
		o.BearerAuthTokenProvider = bearer.StaticTokenProvider{Token: bearer.Token{Value: a.apiKey}}
		o.AuthSchemePreference = []string{"httpBearerAuth"}
		return
	}
	o.Credentials = a.credentials
	o.AuthSchemePreference = []string{"sigv4"}
}

// WithRegion pins the region that requests go to and are signed for, "us-east-1".
// It wins over AWS_REGION, AWS_DEFAULT_REGION and the profile's region, which are
// the default in this order.
//
// The shape of the name is checked, not that the region exists: new ones work at
// once. On a client with a custom endpoint (AWS_ENDPOINT_URL_BEDROCK_RUNTIME, a
// VPC endpoint) requests still go there and only the signature changes; an
// endpoint of another region refuses them. Which region serves a request to a
// cross-region inference profile is for Bedrock to choose.
func WithRegion(region string) Option {
	return func(s *settings) { s.region, s.pinned = region, true }
}

// WithCredentials sets the credentials to sign with. Default: the AWS chain
// (environment, profile, container, instance role). They win over an API key in
// AWS_BEARER_TOKEN_BEDROCK and replace [WithAPIKey]. They are cached until they
// expire. Nil is an error of construction.
func WithCredentials(p aws.CredentialsProvider) Option {
	if _, cached := p.(*aws.CredentialsCache); !cached && !isNil(p) {
		p = aws.NewCredentialsCache(p)
	}
	return func(s *settings) { s.auth = &auth{credentials: p} }
}

// WithAPIKey authenticates with an Amazon Bedrock API key instead of AWS
// credentials. It wins over AWS_BEARER_TOKEN_BEDROCK and replaces
// [WithCredentials]. A key goes over HTTPS only; InvokeModelWithBidirectionalStream
// takes none. Source: "Amazon Bedrock API keys" in the Amazon Bedrock User Guide.
func WithAPIKey(key string) Option {
	return func(s *settings) { s.auth = &auth{apiKey: key, isAPIKey: true} }
}

// WithMaxAttempts bounds the requests that one call may send, the first included;
// at least 1, which turns retries off. Default: what the AWS chain says
// (AWS_MAX_ATTEMPTS, the profile's max_attempts, aws.Config.RetryMaxAttempts),
// else 10: with the default backoff, a call that is throttled every time gives up
// after about a minute. It does not apply to an aws.Config.Retryer of your own.
func WithMaxAttempts(n int) Option {
	return func(s *settings) { s.maxAttempts = n }
}

// WithMaxBackoff caps the wait before a retry, drawn evenly from between 0 and a
// bound that starts at 1 s after a throttle (50 ms after other faults) and
// doubles up to this cap. Default 20 s. 0 retries at once. A Retry-After of the
// service, in seconds or as a date, may lengthen a wait by up to 5 s. It does not apply to an
// aws.Config.Retryer of your own.
func WithMaxBackoff(d time.Duration) Option {
	return func(s *settings) { s.maxBackoff = d }
}

// WithStallTimeout ends a stream with [ErrStalled] when no event came for d.
// Default 0: off, because healthy models were seen to pause for over three
// minutes while they write a tool's arguments. It covers the streams of [Client.SDK]
// too. It starts with the response's headers: for the wait before them, and for Converse
// and Invoke, give the context a deadline.
func WithStallTimeout(d time.Duration) Option {
	return func(s *settings) { s.stall = d }
}

// WithUnmarkedStreamEnd accepts that an InvokeModelWithResponseStream ends after any
// chunk. Default: it must end as [InvocationStream] says, else it is [ErrTruncated]. For
// imported models and endpoints that mark no end; a reply that was cut between two
// chunks then passes as complete, unless the connection was lost there. ConverseStream
// is not affected.
func WithUnmarkedStreamEnd() Option {
	return func(s *settings) { s.unmarkedEnd = true }
}

// WithLogger logs retries, with the wait before each, and calls that their caller
// cancelled at [slog.LevelInfo], failed calls at [slog.LevelWarn]: operation, model,
// region, code, request id and the service's message, never a prompt, a body or a
// secret. It covers the calls of [Client.SDK] too, but for the bidirectional stream.
// Default nil: nothing is logged. The SDK's own Logger is set in aws.Config.
func WithLogger(l *slog.Logger) Option {
	return func(s *settings) { s.log = l }
}

// WithSDKOptions sets options of the SDK's client that this package has no option
// for: endpoint, interceptors, middlewares, telemetry. They are applied after this
// package's own, so one that sets the Retryer or the Protocol replaces what this package
// has put there, and one that sets the HTTPClient replaces its pool, pings and header
// bound. Only [WithRegion] comes after them, and wrappers around the HTTPClient and the
// credentials. An HTTPClient that is set for one operation alone is used as it is.
// Given twice, both apply.
//
// ClientLogMode's LogResponseWithBody reads a whole stream before the call
// returns, as it does in the SDK alone.
func WithSDKOptions(fns ...func(*bedrockruntime.Options)) Option {
	return func(s *settings) {
		for _, fn := range fns {
			if fn != nil {
				s.sdk = append(s.sdk, fn)
			}
		}
	}
}
