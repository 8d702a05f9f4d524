// Package hint says what to do about well-known failures.
package hint

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/smithy-go"

	"example.com/bedrock/internal/frame"
	"example.com/bedrock/internal/kind"
	"example.com/bedrock/internal/refusal"
	"example.com/bedrock/internal/region"
	"example.com/bedrock/internal/text"
)

// Failure is what is known of a failed call.
type Failure struct {
	Op       string // API operation
	Model    string
	Region   string
	Code     string // AWS's spelling; empty when there was none
	Message  string // the service's, or the cause in one line
	Events   int    // stream events delivered before
	Attempts int    // requests sent
	Input    any    // the SDK's input struct, nil where nothing was sent
	Err      error  // errors.Is tells its kind, of internal/kind, and errors.As its causes

	NoIdentity     bool // credentials could not be fetched
	CustomEndpoint bool
	APIKey         bool // the client authenticates with one
	Shadowed       bool // the key of the environment beats credentials
	Uncapped       bool // the reply's length has no bound
}

// For says what to do about a failure, "" when there is nothing to add.
func For(f Failure) string {
	for _, hint := range hints {
		if text := hint(&f); text != "" {
			return text
		}
	}
	return ""
}

// hints from the most to the least specific.
var hints = []func(*Failure) string{
	profile, otherARN, host, apiKey, customEndpoint, credentials, modelAccess, otherRegion, modelID,
	quota, daily, uncapped, emptyMessage, knownRefusal, truncated, notBedrock,
}

func (f *Failure) is(target error) bool { return errors.Is(f.Err, target) }

// says looks for lower-case texts in the message.
func (f *Failure) says(texts ...string) bool { return text.ContainsFold(f.Message, texts...) }

func profile(f *Failure) string {
	if !f.is(kind.NeedsProfile) {
		return ""
	}
	prefixes := region.ProfilePrefixes(f.Region)
	if len(prefixes) == 0 || strings.HasPrefix(f.Model, "arn:") {
		return "call the model by the id or ARN of an inference profile (aws bedrock list-inference-profiles)"
	}
	return fmt.Sprintf("call the model by an inference profile: its id is the model's with a prefix, from %s one of %s (aws bedrock list-inference-profiles shows which exist)",
		f.Region, strings.Join(prefixes, ", "))
}

var arnRegion = regexp.MustCompile(`^arn:[^:]*:bedrock:([^:]+):`)

func otherARN(f *Failure) string {
	m := arnRegion.FindStringSubmatch(f.Model)
	if m == nil || m[1] == f.Region || !f.is(kind.Invalid) && !f.is(kind.NotFound) && !f.is(kind.AccessDenied) {
		return ""
	}
	return fmt.Sprintf("the ARN is of region %s and the client calls %s: use WithRegion(%q), or the ARN of this region", m[1], f.Region, m[1])
}

func host(f *Failure) string {
	var dns *net.DNSError
	if !errors.As(f.Err, &dns) || !dns.IsNotFound {
		return ""
	}
	if near := region.Nearest(f.Region); near != "" && near != f.Region {
		return fmt.Sprintf("there is no host %s: is the region misspelt? did you mean %s?", dns.Name, near)
	}
	return fmt.Sprintf("there is no host %s: does Bedrock exist in region %s, is the endpoint right, does name resolution work?", dns.Name, f.Region)
}

// apiKey comes before the hints on access: a stale key in the environment
// beats good credentials without a word.
func apiKey(f *Failure) string {
	if !f.APIKey || !f.is(kind.Credentials) && !f.is(kind.AccessDenied) {
		return ""
	}
	if f.is(kind.AccessDenied) && !f.says("api key", "bearer token", "expired") {
		return ""
	}
	if f.Shadowed {
		return "the API key in AWS_BEARER_TOKEN_BEDROCK was used, which beats AWS credentials: renew or unset it, or pass WithCredentials"
	}
	return "the API key was refused: a short-term key lasts up to 12 hours and works in the region that it was made for"
}

func customEndpoint(f *Failure) string {
	if !f.CustomEndpoint || !f.is(kind.Credentials) || !f.says("scope", "region") {
		return ""
	}
	return fmt.Sprintf("requests go to a custom endpoint and are signed for %s: WithRegion doesn't change the endpoint; give the client the endpoint of that region", f.Region)
}

func credentials(f *Failure) string {
	switch {
	case !f.is(kind.Credentials):
		return ""
	case f.says("sso") && f.NoIdentity:
		return "log in again: aws sso login, with --profile if you use one"
	case f.NoIdentity:
		return "no credentials could be fetched: set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_BEARER_TOKEN_BEDROCK, log in (aws sso login), or give the machine a role"
	case strings.HasPrefix(f.Code, "ExpiredToken"):
		return "the session has expired: log in again (aws sso login), or use credentials that renew themselves"
	case f.says("signature expired", "signature not yet current"):
		return "the signing time is off: check this machine's clock"
	}
	return "check which credentials are in use (aws sts get-caller-identity)"
}

// Texts about a model that the account may not call, lower case.
var noAccessTexts = []string{"don't have access to the model", "not authorized to invoke this api", "access to this model is not available", "model access is denied"}

func modelAccess(f *Failure) string {
	if f.Code == "FTUFormNotFilled" || f.says("use case details") {
		return "submit Anthropic's use case form once for the account: Amazon Bedrock console, Model catalog"
	}
	if f.says("end of its life") {
		return "this model version has been retired: choose a current one (aws bedrock list-foundation-models)"
	}
	if f.is(kind.AccessDenied) && f.says(noAccessTexts...) {
		return "IAM or an organization's policy doesn't allow bedrock:InvokeModel on this model, or it isn't enabled for the account: open it in the Amazon Bedrock console's model catalog"
	}
	return ""
}

var anyRegion = regexp.MustCompile(`\b[a-z]{2}(?:-gov)?-(?:north|south|east|west|central|northeast|southeast|northwest|southwest)-[0-9]\b`)

func otherRegion(f *Failure) string {
	if !f.is(kind.AccessDenied) {
		return ""
	}
	if strings.Contains(f.Message, ":bedrock:::") {
		return "a global inference profile needs IAM to allow the model's ARN without a region (arn:aws:bedrock:::foundation-model/…) and aws:RequestedRegion \"unspecified\""
	}
	for _, r := range anyRegion.FindAllString(f.Message, -1) {
		if r != f.Region {
			return fmt.Sprintf("Bedrock ran this cross-region inference profile in %s: IAM, and every service control policy, must allow the profile's ARN and the foundation model's ARN in each destination region", r)
		}
	}
	return ""
}

func modelID(f *Failure) string {
	if f.says("model identifier is invalid", "could not resolve the foundation model") {
		return fmt.Sprintf("is the id spelt right, does region %s have the model, does it need an inference profile's id? (aws bedrock list-foundation-models, list-inference-profiles)", f.Region)
	}
	return ""
}

func quota(f *Failure) string {
	var quota ratelimit.QuotaExceededError
	if !errors.As(f.Err, &quota) {
		return ""
	}
	return "so many of this client's calls failed recently that it stopped retrying, to protect the service; successful calls restore the quota"
}

func daily(f *Failure) string {
	if kind.IsDailyQuota(f.Message) {
		return "the account's daily token quota is used up, which no retry helps: ask for more under Service Quotas"
	}
	return ""
}

func uncapped(f *Failure) string {
	if f.Uncapped && f.is(kind.Throttled) && f.Code != "ModelNotReadyException" {
		return "MaxTokens is unset, so each call reserves the model's maximum of the tokens-per-minute quota: set it near what you need"
	}
	return ""
}

var contentOfMessage = regexp.MustCompile(`\.Messages\[\d+\]\.Content$`) // as the SDK names the field

func emptyMessage(f *Failure) string {
	var invalid smithy.InvalidParamsError
	errors.As(f.Err, &invalid)
	for _, err := range invalid.Errs() {
		if param, ok := err.(smithy.InvalidParamError); ok && contentOfMessage.MatchString(param.Field()) {
			return "a message has no content: Prompt and User leave empty text out, which Bedrock would refuse"
		}
	}
	return ""
}

// knownRefusal is for requests that are known to be refused, yet go out: a model may come
// that takes them.
func knownRefusal(f *Failure) string {
	switch {
	case f.Attempts == 0 || !f.is(kind.Invalid) || f.is(kind.ContextWindow):
		return ""
	case f.says("duplicate document names"):
		return "the names of documents must differ in the whole conversation, earlier messages included"
	}
	return refusal.Reason(f.Input)
}

func truncated(f *Failure) string {
	switch {
	case f.Events == 0:
		return ""
	case f.Op == "InvokeModelWithResponseStream" && f.is(kind.Truncated):
		return "if this model never marks its last chunk (imported models, endpoints of your own), use WithUnmarkedStreamEnd"
	case f.is(kind.Truncated), f.is(kind.Stalled):
		return "part of the reply was delivered, so it was not asked for again: do that if you can start over"
	}
	return ""
}

// notBedrock is for answers that something between here and AWS gave.
func notBedrock(f *Failure) string {
	if f.Code == "" && (f.is(frame.ErrChecksum) || f.is(kind.EmptyReply)) {
		return "does a proxy or gateway answer in Bedrock's place?"
	}
	return ""
}
