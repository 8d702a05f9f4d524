package bedrock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/auth/bearer"
	"github.com/aws/smithy-go/middleware"
	"github.com/aws/smithy-go/transport/http/protocol/restjson1"
)

// Client calls Amazon Bedrock Runtime in one region. It is safe for concurrent
// use; make one with [New] or [NewFromConfig] and keep it. The calls of the zero Client
// fail with [ErrInvalid].
type Client struct {
	cfg      aws.Config
	settings settings
	shared   *shared
	origin   *origin
	sdk      *bedrockruntime.Client
}

// shared is what a client and all derived from it have in common.
type shared struct {
	retryer   aws.RetryerV2 // the caller's own; nil: each client has the SDK's
	quota     retry.RateLimiter
	adaptive  *retry.AdaptiveMode
	http      aws.HTTPClient // made for the first of them
	env       environment    // as the first of them found it
	clockSkew atomic.Int64   // nanoseconds, kept by the SDK
}

// environment is what the SDK reads of it for each new client, and a derived client is
// not to read again.
type environment struct {
	endpoint *string
	apiKey   bearer.TokenProvider
	prefer   []string
}

// New returns a client set up by the AWS chain: region and credentials from the
// environment (AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_BEARER_TOKEN_BEDROCK, …),
// the shared config files, or the machine's role. For a profile, a role to assume
// or an HTTP client of your own, load an [aws.Config] and use [NewFromConfig].
//
// It sends nothing. It fails with [ErrInvalid] when there is no region, an option is out
// of range or a setting can't be read (AWS_PROFILE, AWS_CA_BUNDLE, AWS_MAX_ATTEMPTS,
// AWS_RETRY_MODE, …), and with [ErrCredentials] when the configuration has no credentials
// or a key that a request can't carry; those that the chain doesn't find fail the first
// call.
func New(ctx context.Context, opts ...Option) (*Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("bedrock: loading the AWS configuration: %w", notLoaded(ctx, err))
	}
	return NewFromConfig(cfg, opts...)
}

// NewFromConfig returns a client for a configuration made with the SDK's config
// package. Errors are those of [New]. As in the SDK, an API key in
// AWS_BEARER_TOKEN_BEDROCK beats the configuration's credentials, those of a profile
// chosen in code too; [WithCredentials] beats the key.
func NewFromConfig(cfg aws.Config, opts ...Option) (*Client, error) {
	sh := &shared{quota: ratelimit.NewTokenRateLimit(retryQuota), adaptive: newAdaptive(cfg.RetryMode)}
	if cfg.Retryer != nil {
		sh.retryer = asV2(cfg.Retryer())
	}
	c, err := build(cfg, newSettings(cfg).with(opts), sh)
	if err != nil {
		return nil, fmt.Errorf("bedrock: %w", refused(err))
	}
	return c, nil
}

// asV2 adapts a retryer of the SDK's first interface; nil stays nil.
func asV2(r aws.Retryer) aws.RetryerV2 {
	if isNil(r) {
		return nil
	}
	if v2, ok := r.(aws.RetryerV2); ok {
		return v2
	}
	return retry.AddWithMaxAttempts(r, r.MaxAttempts()).(aws.RetryerV2)
}

// With returns a client with opts applied that shares the rest with c: credentials,
// connections, the clock correction, the retry quota. It costs microseconds:
//
//	reply, err := client.With(bedrock.WithRegion("eu-west-1")).Converse(ctx, …)
//
// A bad option fails the calls of the returned client.
func (c *Client) With(opts ...Option) *Client {
	if c.sdk == nil {
		return broken(c, opts, errZeroClient)
	}
	d, err := build(c.cfg, c.settings.with(opts), c.shared)
	if err != nil {
		return broken(c, opts, err)
	}
	return d
}

// broken returns a client whose every call, through [Client.SDK] too, fails.
func broken(c *Client, opts []Option, err error) *Client {
	d := *c
	d.settings = c.settings.with(opts)
	d.sdk = bedrockruntime.New(bedrockruntime.Options{Region: d.settings.region}, func(o *bedrockruntime.Options) {
		o.APIOptions = append(o.APIOptions, func(*middleware.Stack) error {
			return refused(err)
		})
	})
	return &d
}

// SDK returns the SDK's client for everything that this package has no method
// for. It has the same region, credentials, connections, retries and stream guard;
// its errors are the SDK's own, and its streams want Close.
//
// Its InvokeModelWithBidirectionalStream makes one attempt. Over HTTP/1.1, which it
// can't work on, the SDK hangs past the context's deadline: call Close by a timer.
func (c *Client) SDK() *bedrockruntime.Client {
	if c.sdk == nil {
		return broken(c, nil, errZeroClient).sdk
	}
	return c.sdk
}

var errZeroClient = errors.New("the Client was not made by New or NewFromConfig")

// Region returns the region that the client calls.
func (c *Client) Region() string { return c.settings.region }

// build makes the SDK's client. Everything is set by functional options, which override
// the environment.
func build(cfg aws.Config, s settings, sh *shared) (*Client, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	from := &origin{log: s.log}
	ours := func(o *bedrockruntime.Options) {
		if sh.http == nil {
			sh.http, sh.env = derive(o.HTTPClient), readEnvironment(o)
		}
		o.HTTPClient, o.BaseEndpoint, o.BearerAuthTokenProvider, o.AuthSchemePreference = sh.http, sh.env.endpoint, sh.env.apiKey, sh.env.prefer
		o.RetryMaxAttempts = 0 // else AWS_MAX_ATTEMPTS caps the retryer
		o.Retryer = sh.policy(s)
		if p, ok := o.Protocol.(*restjson1.Protocol); ok {
			o.Protocol = eventProtocol{Protocol: p}
		}
		if s.auth != nil {
			s.auth.apply(o)
		}
		o.APIOptions = append(o.APIOptions, s.install(from, &sh.clockSkew))
	}
	last := func(o *bedrockruntime.Options) {
		if s.pinned {
			o.Region = s.region
		}
		if cache, ok := o.Credentials.(*aws.CredentialsCache); isNil(o.Credentials) || ok && cache.IsCredentialsProvider(nil) {
			o.Credentials = nil // else the SDK would panic
		}
		from.watch(o)
		o.HTTPClient = httpClient{o.HTTPClient}
	}
	sdk := bedrockruntime.NewFromConfig(cfg, slices.Concat([]func(*bedrockruntime.Options){ours}, s.sdk, []func(*bedrockruntime.Options){last})...)
	o := sdk.Options()
	from.customEndpoint = o.BaseEndpoint != nil
	from.shadowed = from.environmentKey() != "" && o.Credentials != nil
	if err := checkOptions(o); err != nil {
		return nil, err
	}
	if err := from.checkSendable(); err != nil {
		return nil, err
	}
	s.region = o.Region
	return &Client{cfg: cfg, settings: s, shared: sh, origin: from, sdk: sdk}, nil
}

// readEnvironment keeps what the SDK has read of the environment.
func readEnvironment(o *bedrockruntime.Options) environment {
	env := environment{o.BaseEndpoint, o.BearerAuthTokenProvider, o.AuthSchemePreference}
	if key := os.Getenv("AWS_BEARER_TOKEN_BEDROCK"); key != "" && env.apiKey != nil {
		env.apiKey = &environmentKey{env.apiKey, key}
	}
	return env
}

// policy returns the retryer of a client with the settings s.
func (sh *shared) policy(s settings) *policy {
	if sh.retryer != nil {
		return &policy{RetryerV2: sh.retryer, own: true}
	}
	return &policy{RetryerV2: s.retryer(sh.quota), adaptive: sh.adaptive}
}

var errNoCredentials = errors.New("no credentials: the configuration has none, or anonymous ones, which Bedrock doesn't take; " +
	"load it with config.LoadDefaultConfig, or pass WithCredentials or WithAPIKey")

// checkOptions refuses what would fail, or panic, in every call.
func checkOptions(o bedrockruntime.Options) error {
	if err := checkRegion(o.Region); err != nil {
		return err
	}
	if isNil(o.Credentials) && isNil(o.BearerAuthTokenProvider) {
		f := refused(errNoCredentials)
		f.kind = ErrCredentials
		return f
	}
	//lint:ignore SA1019 a configuration may still set it
	if o.EndpointResolver != nil || o.EndpointResolverV2 == nil { // deprecated, or taken away by the caller
		return nil
	}
	_, err := resolveEndpoint(context.Background(), o)
	return err
}

// isNil reports whether an interface holds nothing, or a nil pointer or function.
func isNil(v any) bool {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func:
		return r.IsNil()
	}
	return false
}
