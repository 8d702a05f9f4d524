package bedrock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/auth/bearer"
)

// The client's secrets that go out in headers, and where they come from.
const (
	apiKeyName       = "the API key (AWS_BEARER_TOKEN_BEDROCK or WithAPIKey)"
	accessKeyName    = "the access key id (AWS_ACCESS_KEY_ID)"
	secretKeyName    = "the secret access key (AWS_SECRET_ACCESS_KEY)"
	sessionTokenName = "the session token (AWS_SESSION_TOKEN)"
)

// watchedCredentials are a client's credentials. A failure to have them is judged here,
// where it is known to be one; the SDK has no type for it. What was given last is kept to
// be taken out of foreign texts.
type watchedCredentials struct {
	aws.CredentialsProvider
	given atomic.Pointer[aws.Credentials]
}

// Retrieve returns the credentials of the provider.
func (w *watchedCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := w.CredentialsProvider.Retrieve(ctx)
	if err == nil {
		err = sendable(c)
	}
	if err != nil {
		return c, notHad(ctx, err)
	}
	if last := w.given.Load(); last == nil || *last != c {
		w.given.Store(&c)
	}
	return c, nil
}

// IsCredentialsProvider lets the SDK see the provider.
func (w *watchedCredentials) IsCredentialsProvider(target aws.CredentialsProvider) bool {
	return aws.IsCredentialsProvider(w.CredentialsProvider, target)
}

// ProviderSources lets the SDK tell in the user agent where credentials come from.
func (w *watchedCredentials) ProviderSources() []aws.CredentialSource {
	if p, ok := w.CredentialsProvider.(aws.CredentialProviderSource); ok {
		return p.ProviderSources()
	}
	return nil
}

// source tells where the credentials come from at last, as far as the provider says.
func (w *watchedCredentials) source() aws.CredentialSource {
	if w == nil || len(w.ProviderSources()) == 0 {
		return aws.CredentialSourceUndefined
	}
	sources := w.ProviderSources()
	return sources[len(sources)-1]
}

// readOnce reports whether the credentials come from where the SDK looks only once: the
// environment or the credentials file.
func (w *watchedCredentials) readOnce() bool {
	source := w.source()
	return source == aws.CredentialSourceEnvVars || source == aws.CredentialSourceProfile
}

// renew reports whether there are other credentials than the ones that a request was
// signed with. It asks the provider once more, past the cache, if the cache has no others.
func (w *watchedCredentials) renew(ctx context.Context, signed http.Header) bool {
	if !strings.HasPrefix(signed.Get("Authorization"), "AWS4-") {
		return false
	}
	others := func() bool {
		c, err := w.CredentialsProvider.Retrieve(ctx)
		return err != nil || !signs(signed, c) // the next attempt tells the error
	}
	if others() {
		return true
	}
	cache, ok := w.CredentialsProvider.(*aws.CredentialsCache)
	if ok {
		cache.Invalidate()
	}
	return ok && others()
}

// signs reports whether a request was signed with the credentials.
func signs(signed http.Header, c aws.Credentials) bool {
	return strings.Contains(signed.Get("Authorization"), "Credential="+c.AccessKeyID+"/") && signed.Get("X-Amz-Security-Token") == c.SessionToken
}

// watchedToken is a client's API key, watched as credentials are.
type watchedToken struct {
	bearer.TokenProvider
	given atomic.Pointer[string]
}

// RetrieveBearerToken returns the token of the provider.
func (w *watchedToken) RetrieveBearerToken(ctx context.Context) (bearer.Token, error) {
	t, err := w.TokenProvider.RetrieveBearerToken(ctx)
	if err == nil {
		err = checkSendable(apiKeyName, t.Value)
	}
	if err != nil {
		return t, notHad(ctx, err)
	}
	if last := w.given.Load(); last == nil || *last != t.Value {
		w.given.Store(&t.Value)
	}
	return t, nil
}

// watch puts the watch around what a client authenticates with.
func (o *origin) watch(options *bedrockruntime.Options) {
	if options.Credentials != nil {
		o.credentials = &watchedCredentials{CredentialsProvider: options.Credentials}
		options.Credentials = o.credentials
	}
	if usesAPIKey(*options) {
		o.token = &watchedToken{TokenProvider: options.BearerAuthTokenProvider}
		options.BearerAuthTokenProvider = o.token
	}
}

// checkSendable refuses at construction what it can see without asking anybody: keys that
// don't change, and the API key of the environment, where no option replaces it.
func (o *origin) checkSendable() error {
	source := o.credentials.source()
	switch {
	case o.usesAPIKey():
		return checkSendable(apiKeyName, o.environmentKey())
	case source != aws.CredentialSourceCode && !o.credentials.readOnce():
		return nil
	}
	c, err := o.credentials.CredentialsProvider.Retrieve(context.Background())
	if err != nil {
		return nil // the first call tells it
	}
	return sendable(c)
}

// environmentKey is the provider of the API key in AWS_BEARER_TOKEN_BEDROCK.
type environmentKey struct {
	bearer.TokenProvider
	key string
}

// environmentKey returns the API key of the environment if the client uses it, else "".
func (o *origin) environmentKey() string {
	if o.token == nil {
		return ""
	}
	if k, ok := o.token.TokenProvider.(*environmentKey); ok {
		return k.key
	}
	return ""
}

// notHad is the failure of a provider. Nobody asks it again: it has tried already.
func notHad(ctx context.Context, err error) error {
	switch {
	case failureOf(err) != nil:
		return err
	case ctx.Err() != nil: // whatever the provider makes of it
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return noIdentity(err.Error(), err)
}

// noIdentity is a failure to have credentials.
func noIdentity(text string, err error) *failure {
	return &failure{err: err, judgement: judgement{by: byCredentials, kind: ErrCredentials, message: oneLine(withoutOutput(text))}}
}

// secretMembers are members of JSON whose values are no one's affair.
var secretMembers = regexp.MustCompile(`(?i)("[a-z_]*(?:secret|token|password)[a-z_]*"\s*:\s*)"[^"]*"?`)

// withoutOutput takes out of a provider's text what a program or a server gave it, in
// which the credentials may be.
func withoutOutput(text string) string {
	if before, _, ok := strings.Cut(text, "process output: "); ok { // of credential_process
		text = before + "process output, which is not the JSON that it should be"
	}
	return secretMembers.ReplaceAllString(text, `$1"[secret]"`)
}

// notLoaded is the failure to load the AWS configuration. It names the variable that is
// to blame, where the SDK's text doesn't.
func notLoaded(ctx context.Context, err error) error {
	if endedBy(ctx, err) {
		return err
	}
	f := refused(err)
	var missing config.SharedConfigProfileNotExistError
	var role config.SharedConfigAssumeRoleError
	var file *fs.PathError
	said := err.Error()
	blame := func(name string) {
		if !strings.Contains(said, name) {
			f.message = name + ": " + f.message
		}
	}
	switch {
	case strings.Contains(said, "AWS_"):
	case errors.As(err, &role):
		f.kind = ErrCredentials
	case errors.As(err, &missing):
		if name := cmp.Or(os.Getenv("AWS_PROFILE"), os.Getenv("AWS_DEFAULT_PROFILE")); name == missing.Profile {
			blame("AWS_PROFILE")
		}
	case errors.As(err, &file) && file.Path == os.Getenv("AWS_CA_BUNDLE"), strings.Contains(said, "CA bundle") && os.Getenv("AWS_CA_BUNDLE") != "":
		blame("AWS_CA_BUNDLE")
	case errors.As(err, &file) && !holds[config.SharedConfigLoadError](err):
		blame("ca_bundle of the profile")
	case said == "role ARN is not set":
		f.kind = ErrCredentials
		blame("AWS_ROLE_ARN")
	case os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") != "" && containsAny(said, "host", "URL"):
		f.kind = ErrCredentials
		blame("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	case holds[config.SharedConfigLoadError](err): // a file that can't be read or parsed
	case containsAny(strings.ToLower(said), "credential", "role_arn", "assume role", "to use sso", "sso session", "token file"):
		f.kind = ErrCredentials
	}
	return f
}

// sendable refuses credentials that can't work: that no header can carry, or a secret
// key that was copied with a line break.
func sendable(c aws.Credentials) error {
	return cmp.Or(checkSendable(accessKeyName, c.AccessKeyID), checkSendable(secretKeyName, c.SecretAccessKey), checkSendable(sessionTokenName, c.SessionToken))
}

func checkSendable(name, secret string) error {
	if !unsendable(secret) {
		return nil
	}
	text := unsendableText(name)
	return noIdentity(text, errors.New(text))
}

func unsendableText(name string) string {
	return name + " holds a line break, a space or another character that it can't have"
}

// unsendable reports whether a header can't carry a secret, or would change it: a line
// break fails the request, a space at an end is cut off.
func unsendable(secret string) bool {
	return strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' })
}

// clean makes a text from outside fit for an error or a log line: without the client's
// secrets, in one line of at most 1,000 bytes.
func (k *call) clean(foreign string) string {
	if foreign == "" {
		return ""
	}
	return oneLine(k.withoutSecrets(foreign))
}

// withoutSecrets takes the client's API key, session token and secret key, parts of them
// that are long, and the Authorization header of its request out of a text.
func (k *call) withoutSecrets(foreign string) string {
	foreign = strings.ToValidUTF8(foreign[:min(len(foreign), maxForeign)], "")
	if signature := k.signed.Get("Authorization"); signature != "" {
		foreign = strings.ReplaceAll(foreign, signature, "[secret]")
	}
	for _, secret := range k.secrets() {
		if len(secret) >= leastSecret {
			foreign = without(foreign, secret)
		}
	}
	return foreign
}

const (
	leastSecret = 8  // bytes; a shorter value is in innocent words
	leastPart   = 16 // bytes of a secret, which may come back cut or escaped in part
)

// without takes a secret out of a text, and each part of leastPart bytes or more.
func without(text, secret string) string {
	text = strings.ReplaceAll(text, secret, "[secret]")
	if strings.ContainsAny(text, `%\`) {
		for _, escaped := range escapedForms(secret) {
			text = strings.ReplaceAll(text, escaped, "[secret]")
		}
	}
	for {
		first, last := sharedPart(text, secret)
		if last == 0 {
			return text
		}
		text = text[:first] + "[secret]" + text[last:]
	}
}

// sharedPart finds leastPart bytes or more of a text that are in a secret, 0, 0 if there
// are none. Such a part has a whole block of leastPart/2 bytes of either in it, so the
// blocks of the shorter one are looked for in the longer.
func sharedPart(text, secret string) (first, last int) {
	const block = leastPart / 2
	short, long := secret, text
	if len(text) < len(secret) {
		short, long = text, secret
	}
	for at := 0; at+block <= len(short); at += block {
		for from := 0; ; {
			found := strings.Index(long[from:], short[at:at+block])
			if found < 0 {
				break
			}
			found += from
			before, after := 0, block
			for before < at && before < found && short[at-before-1] == long[found-before-1] {
				before++
			}
			for at+after < len(short) && found+after < len(long) && short[at+after] == long[found+after] {
				after++
			}
			switch {
			case before+after < leastPart:
				from = found + 1
			case len(text) < len(secret):
				return at - before, at + after
			default:
				return found - before, found + after
			}
		}
	}
	return 0, 0
}

var urlEscape = regexp.MustCompile("%[0-9A-F]{2}")

// escapedForms are a secret as in a URL, and as in JSON that hides what HTML knows.
func escapedForms(secret string) [4]string {
	query := url.QueryEscape(secret)
	lower := urlEscape.ReplaceAllStringFunc(query, strings.ToLower)
	slashes := strings.ReplaceAll(secret, "/", `\/`)
	return [4]string{query, lower, slashes, strings.NewReplacer("=", `\u003d`, "+", `\u002b`, "/", `\u002f`).Replace(secret)}
}

// secrets are those of the client, "" where it has none.
func (k *call) secrets() (all [4]string) {
	all[0] = k.signed.Get("X-Amz-Security-Token")
	if k.credentials != nil {
		if c := k.credentials.given.Load(); c != nil {
			all[1], all[2] = c.SecretAccessKey, c.SessionToken
		}
	}
	if key, ok := strings.CutPrefix(k.signed.Get("Authorization"), "Bearer "); ok {
		all[3] = key
	} else if k.token != nil {
		if t := k.token.given.Load(); t != nil {
			all[3] = *t
		}
	}
	if all[2] == all[0] {
		all[2] = ""
	}
	return all
}
