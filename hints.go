package bedrock

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

// hint says what to do about a well-known failure, "" when there is nothing to add.
func hint(k *call, e *Error) string {
	for _, h := range hints {
		if text := h(k, e); text != "" {
			return text
		}
	}
	return ""
}

// hints from the most to the least specific.
var hints = []func(*call, *Error) string{
	hintProfile, hintARNRegion, hintHost, hintAPIKey, hintCustomEndpoint, hintCredentials, hintModelAccess,
	hintOtherRegion, hintModelID, hintQuota, hintDaily, hintUncapped, hintEmptyMessage, hintRequest, hintTruncated, hintNotBedrock,
}

func hintProfile(_ *call, e *Error) string {
	if !errors.Is(e, ErrNeedsProfile) {
		return ""
	}
	prefixes := region.ProfilePrefixes(e.Region)
	if len(prefixes) == 0 || strings.HasPrefix(e.Model, "arn:") {
		return "call the model by the id or ARN of an inference profile (aws bedrock list-inference-profiles)"
	}
	return fmt.Sprintf("call the model by an inference profile: its id is the model's with a prefix, from %s one of %s (aws bedrock list-inference-profiles shows which exist)",
		e.Region, strings.Join(prefixes, ", "))
}

var arnRegion = regexp.MustCompile(`^arn:[^:]*:bedrock:([^:]+):`)

func hintARNRegion(_ *call, e *Error) string {
	m := arnRegion.FindStringSubmatch(e.Model)
	if m == nil || m[1] == e.Region || !errors.Is(e, ErrInvalid) && !errors.Is(e, ErrNotFound) && !errors.Is(e, ErrAccessDenied) {
		return ""
	}
	return fmt.Sprintf("the ARN is of region %s and the client calls %s: use WithRegion(%q), or the ARN of this region", m[1], e.Region, m[1])
}

func hintHost(_ *call, e *Error) string {
	var dns *net.DNSError
	if !errors.As(e.Err, &dns) || !dns.IsNotFound {
		return ""
	}
	if near := region.Nearest(e.Region); near != "" && near != e.Region {
		return fmt.Sprintf("there is no host %s: is the region misspelt? did you mean %s?", dns.Name, near)
	}
	return fmt.Sprintf("there is no host %s: does Bedrock exist in region %s, is the endpoint right, does name resolution work?", dns.Name, e.Region)
}

// hintAPIKey comes before the hints on access: a stale key in the environment
// beats good credentials without a word.
func hintAPIKey(k *call, e *Error) string {
	if !k.apiKey || !errors.Is(e, ErrCredentials) && !errors.Is(e, ErrAccessDenied) {
		return ""
	}
	if errors.Is(e, ErrAccessDenied) && !text.ContainsFold(e.Message, "api key") && !text.ContainsFold(e.Message, "bearer token") && !text.ContainsFold(e.Message, "expired") {
		return ""
	}
	if k.shadowed {
		return "the API key in AWS_BEARER_TOKEN_BEDROCK was used, which beats AWS credentials: renew or unset it, or pass WithCredentials"
	}
	return "the API key was refused: a short-term key lasts up to 12 hours and works in the region that it was made for"
}

func hintCustomEndpoint(k *call, e *Error) string {
	if !k.customEndpoint || !errors.Is(e, ErrCredentials) || !text.ContainsFold(e.Message, "scope") && !text.ContainsFold(e.Message, "region") {
		return ""
	}
	return fmt.Sprintf("requests go to a custom endpoint and are signed for %s: WithRegion doesn't change the endpoint; give the client the endpoint of that region", e.Region)
}

func hintCredentials(k *call, e *Error) string {
	switch {
	case !errors.Is(e, ErrCredentials):
		return ""
	case text.ContainsFold(e.Message, "sso") && isIdentity(e.Err):
		return "log in again: aws sso login, with --profile if you use one"
	case isIdentity(e.Err):
		return "no credentials could be fetched: set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_BEARER_TOKEN_BEDROCK, log in (aws sso login), or give the machine a role"
	case strings.HasPrefix(e.Code, "ExpiredToken"):
		return "the session has expired: log in again (aws sso login), or use credentials that renew themselves"
	case text.ContainsFold(e.Message, "signature expired") || text.ContainsFold(e.Message, "signature not yet current"):
		return "the signing time is off: check this machine's clock"
	}
	return "check which credentials are in use (aws sts get-caller-identity)"
}

// Texts about a model that the account may not call, lower case.
var noAccessTexts = []string{"don't have access to the model", "not authorized to invoke this api", "access to this model is not available", "model access is denied"}

func hintModelAccess(_ *call, e *Error) string {
	if e.Code == "FTUFormNotFilled" || text.ContainsFold(e.Message, "use case details") {
		return "submit Anthropic's use case form once for the account: Amazon Bedrock console, Model catalog"
	}
	if text.ContainsFold(e.Message, "end of its life") {
		return "this model version has been retired: choose a current one (aws bedrock list-foundation-models)"
	}
	if !errors.Is(e, ErrAccessDenied) {
		return ""
	}
	if text.ContainsFold(e.Message, noAccessTexts...) {
		return "IAM or an organization's policy doesn't allow bedrock:InvokeModel on this model, or it isn't enabled for the account: open it in the Amazon Bedrock console's model catalog"
	}
	return ""
}

var anyRegion = regexp.MustCompile(`\b[a-z]{2}(?:-gov)?-(?:north|south|east|west|central|northeast|southeast|northwest|southwest)-[0-9]\b`)

func hintOtherRegion(_ *call, e *Error) string {
	if !errors.Is(e, ErrAccessDenied) {
		return ""
	}
	if strings.Contains(e.Message, ":bedrock:::") {
		return "a global inference profile needs IAM to allow the model's ARN without a region (arn:aws:bedrock:::foundation-model/…) and aws:RequestedRegion \"unspecified\""
	}
	for _, r := range anyRegion.FindAllString(e.Message, -1) {
		if r != e.Region {
			return fmt.Sprintf("Bedrock ran this cross-region inference profile in %s: IAM, and every service control policy, must allow the profile's ARN and the foundation model's ARN in each destination region", r)
		}
	}
	return ""
}

func hintModelID(_ *call, e *Error) string {
	if text.ContainsFold(e.Message, "model identifier is invalid") || text.ContainsFold(e.Message, "could not resolve the foundation model") {
		return fmt.Sprintf("is the id spelt right, does region %s have the model, does it need an inference profile's id? (aws bedrock list-foundation-models, list-inference-profiles)", e.Region)
	}
	return ""
}

func hintQuota(_ *call, e *Error) string {
	var quota ratelimit.QuotaExceededError
	if !errors.As(e.Err, &quota) {
		return ""
	}
	return "so many of this client's calls failed recently that it stopped retrying, to protect the service; successful calls restore the quota"
}

func hintDaily(_ *call, e *Error) string {
	if kind.IsDailyQuota(e.Message) {
		return "the account's daily token quota is used up, which no retry helps: ask for more under Service Quotas"
	}
	return ""
}

func hintUncapped(k *call, e *Error) string {
	if k.uncapped && errors.Is(e, ErrThrottled) && e.Code != "ModelNotReadyException" {
		return "MaxTokens is unset, so each call reserves the model's maximum of the tokens-per-minute quota: set it near what you need"
	}
	return ""
}

func hintEmptyMessage(_ *call, e *Error) string {
	var invalid smithy.InvalidParamsError
	if errors.As(e.Err, &invalid) && strings.Contains(e.Message, ".Content") {
		return "a message has no content: Prompt and User leave empty text out, which Bedrock would refuse"
	}
	return ""
}

// hintRequest is for requests that are known to be refused, yet go out: a model may come
// that takes them.
func hintRequest(k *call, e *Error) string {
	switch {
	case k.attempts == 0 || !errors.Is(e, ErrInvalid) || errors.Is(e, ErrContextWindow):
		return ""
	case text.ContainsFold(e.Message, "duplicate document names"):
		return "the names of documents must differ in the whole conversation, earlier messages included"
	}
	return refusal.Reason(k.input)
}

func hintTruncated(k *call, e *Error) string {
	switch {
	case e.Events == 0:
		return ""
	case k.op == opInvokeStream && errors.Is(e, ErrTruncated):
		return "if this model never marks its last chunk (imported models, endpoints of your own), use WithUnmarkedStreamEnd"
	case errors.Is(e, ErrTruncated), errors.Is(e, ErrStalled):
		return "part of the reply was delivered, so it was not asked for again: do that if you can start over"
	}
	return ""
}

// hintNotBedrock is for answers that something between here and AWS gave.
func hintNotBedrock(_ *call, e *Error) string {
	if e.Code == "" && (errors.Is(e.Err, frame.ErrChecksum) || errors.Is(e, ErrEmptyReply)) {
		return "does a proxy or gateway answer in Bedrock's place?"
	}
	return ""
}
