package bedrock

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/smithy-go"

	"example.com/bedrock/internal/frame"
)

// hinted is what a hint is made of: what is to be returned, the judgement, and the call.
type hinted struct {
	*Error
	*failure
	call    *call
	lowered string // the failure's message, in lower case
}

// hintFor says what to do about a failure, "" when there is nothing to add.
func hintFor(e *Error, f *failure, k *call) string {
	h := hinted{e, f, k, strings.ToLower(f.message)}
	for _, hint := range hints {
		if text := hint(h); text != "" {
			return text
		}
	}
	return f.hint
}

// hints from the most to the least specific.
var hints = []func(hinted) string{
	hinted.profile, hinted.otherARN, hinted.countProfile, hinted.host,
	hinted.noCredentials, hinted.apiKey, hinted.customEndpoint, hinted.credentials, hinted.notTheRuntime,
	hinted.modelAccess, hinted.otherRegion, hinted.modelID, hinted.quota, hinted.daily, hinted.uncapped,
	hinted.emptyMessage, hinted.knownRefusal, hinted.cachePoints, hinted.outputSchema, hinted.s3Location,
	hinted.truncated, hinted.notBedrock,
}

// apiKey comes before the hints on access: a stale key in the environment
// beats good credentials without a word.
func (f hinted) apiKey() string {
	if !f.call.usesAPIKey() || !f.is(ErrCredentials) {
		return ""
	}
	if f.call.shadowed {
		return "the API key in AWS_BEARER_TOKEN_BEDROCK was used, which beats AWS credentials: renew or unset it, or pass WithCredentials"
	}
	return "the API key was refused: a short-term key lasts up to 12 hours and works in the region that it was made for"
}

func (f hinted) customEndpoint() string {
	if !f.call.customEndpoint || !f.is(ErrCredentials) || !f.says("scope", "region") {
		return ""
	}
	return fmt.Sprintf("requests go to a custom endpoint and are signed for %s: WithRegion doesn't change the endpoint; give the client the endpoint of that region", f.Region)
}

// Texts about a model that the account may not call, lower case.
var noAccessTexts = []string{"don't have access to the model", "not authorized to invoke this api", "access to this model is not available", "model access is denied"}

func (f hinted) modelAccess() string {
	if f.Code == "FTUFormNotFilled" || f.says("use case details") {
		return "submit Anthropic's use case form once for the account: Amazon Bedrock console, Model catalog"
	}
	if f.says("end of its life") {
		return "this model version has been retired: choose a current one (aws bedrock list-foundation-models)"
	}
	if f.is(ErrAccessDenied) && f.says(noAccessTexts...) {
		return "IAM or an organization's policy doesn't allow bedrock:InvokeModel on this model, or it isn't enabled for the account: open it in the Amazon Bedrock console's model catalog"
	}
	return ""
}

var anyRegion = regexp.MustCompile(`arn:[a-z-]+:bedrock:([a-z0-9-]+):`) // that a text names a resource in

func (f hinted) otherRegion() string {
	if !f.is(ErrAccessDenied) {
		return ""
	}
	if strings.Contains(f.Message, ":bedrock:::") {
		return "a global inference profile needs IAM to allow the model's ARN without a region (arn:aws:bedrock:::foundation-model/…) and aws:RequestedRegion \"unspecified\""
	}
	for _, m := range anyRegion.FindAllStringSubmatch(f.Message, -1) {
		if r := m[1]; r != f.Region {
			return fmt.Sprintf("Bedrock ran this cross-region inference profile in %s: IAM, and every service control policy, must allow the profile's ARN and the foundation model's ARN in each destination region", r)
		}
	}
	return ""
}

func (f hinted) modelID() string {
	if f.says("model identifier is invalid", "could not resolve the foundation model") {
		return fmt.Sprintf("is the id spelt right, does region %s have the model, does it need an inference profile's id? (aws bedrock list-foundation-models, list-inference-profiles)", f.Region)
	}
	return ""
}

func (f hinted) quota() string {
	if f.next.why() == "" || !holds[ratelimit.QuotaExceededError](f.Error) {
		return ""
	}
	return "so many of this client's calls failed recently that it stopped retrying, to protect the service; successful calls restore the quota"
}

func (f hinted) uncapped() string {
	if f.call.uncapped && f.is(ErrThrottled) && f.Code != "ModelNotReadyException" {
		return "MaxTokens is unset, so each call reserves the model's maximum of the tokens-per-minute quota: set it near what you need"
	}
	return ""
}

// knownRefusal is for requests that are known to be refused, yet go out: a model may come
// that takes them.
func (f hinted) knownRefusal() string {
	switch {
	case !f.sentInvalid():
		return ""
	case f.says("duplicate document names"):
		return "the names of documents must differ in the whole conversation, earlier messages included"
	}
	return f.call.about.refusal
}

// says looks for lower-case texts in the message.
func (f hinted) says(texts ...string) bool { return containsAny(f.lowered, texts...) }

// is tells kinds of error: sentinels, and others that the error holds.
func (f hinted) is(target error) bool { return f.failure.Is(target) }

// sentInvalid reports whether the service refused the request itself.
func (f hinted) sentInvalid() bool {
	return f.Error.Attempts > 0 && f.is(ErrInvalid) && !f.is(ErrContextWindow) && !f.is(ErrNeedsProfile)
}

func (f hinted) profile() string {
	if !f.is(ErrNeedsProfile) || f.Op == opCountTokens {
		return ""
	}
	prefixes := profilePrefixes(f.Region)
	if len(prefixes) == 0 || strings.HasPrefix(f.Model, "arn:") {
		return "call the model by the id or ARN of an inference profile (aws bedrock list-inference-profiles)"
	}
	return fmt.Sprintf("call the model by an inference profile: its id is the model's with a prefix, from %s one of %s (aws bedrock list-inference-profiles shows which exist)",
		f.Region, strings.Join(prefixes, ", "))
}

var arnRegion = regexp.MustCompile(`^arn:[^:]*:[^:]*:([^:]+):`) // of Bedrock, SageMaker or another service

func (f hinted) otherARN() string {
	m := arnRegion.FindStringSubmatch(f.Model)
	if m == nil || m[1] == f.Region || !f.is(ErrInvalid) && !f.is(ErrNotFound) && !f.is(ErrAccessDenied) {
		return ""
	}
	return fmt.Sprintf("the ARN is of region %s and the client calls %s: use WithRegion(%q), or the ARN of this region", m[1], f.Region, m[1])
}

// countProfile: CountTokens takes no inference profile, though the calls that it counts
// for need one.
func (f hinted) countProfile() string {
	if f.Op != opCountTokens || !f.is(ErrInvalid) && !f.is(ErrNotFound) {
		return ""
	}
	if model, ok := modelOfProfile(f.Model); ok {
		return fmt.Sprintf("CountTokens takes no inference profile: count with the model's own id, %s", oneLine(model))
	}
	if strings.HasPrefix(f.Model, "arn:") {
		return "CountTokens takes no inference profile: count with the model's own id"
	}
	return ""
}

func (f hinted) host() string {
	if f.by != bySending {
		return ""
	}
	var dns *net.DNSError
	if !errors.As(f.Error, &dns) || !dns.IsNotFound {
		return ""
	}
	if near := nearestRegion(f.Region); near != "" && near != f.Region {
		return fmt.Sprintf("there is no host %s: is the region misspelt? did you mean %s?", oneLine(dns.Name), near)
	}
	return fmt.Sprintf("there is no host %s: does Bedrock exist in region %s, is the endpoint right, does name resolution work?", oneLine(dns.Name), f.Region)
}

// What to do about credentials that could not be fetched.
const (
	ssoLogin       = "log in again: aws sso login, with --profile if you use one"
	awsLogin       = "log in again: aws login, with --profile if you use one"
	runProcess     = "the profile's credential_process failed: run its command by hand"
	webIdentity    = "the web identity's role could not be assumed: AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE and the role's trust policy must fit"
	setCredentials = "no credentials could be fetched: set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_BEARER_TOKEN_BEDROCK, log in (aws sso login), or give the machine a role"
)

// providers are the sources of credentials that can fail, and what to do then.
var providers = map[aws.CredentialSource]string{
	aws.CredentialSourceProfileProcess:       runProcess,
	aws.CredentialSourceProcess:              runProcess,
	aws.CredentialSourceHTTP:                 "the container's credentials endpoint failed (the ECS agent, the EKS Pod Identity agent, or AWS_CONTAINER_CREDENTIALS_FULL_URI): does it run, does the task or service account have a role?",
	aws.CredentialSourceIMDS:                 setCredentials + " (a container reaches it only with a metadata hop limit of 2)",
	aws.CredentialSourceSSO:                  ssoLogin,
	aws.CredentialSourceProfileSSO:           ssoLogin,
	aws.CredentialSourceSSOLegacy:            ssoLogin,
	aws.CredentialSourceProfileSSOLegacy:     ssoLogin,
	aws.CredentialSourceLogin:                awsLogin,
	aws.CredentialSourceProfileLogin:         awsLogin,
	aws.CredentialSourceSTSAssumeRole:        "the role could not be assumed: does its trust policy allow these credentials? (aws sts get-caller-identity)",
	aws.CredentialSourceSTSAssumeRoleWebID:   webIdentity,
	aws.CredentialSourceEnvVarsSTSWebIDToken: webIdentity,
	aws.CredentialSourceProfileSTSWebIDToken: "the web identity's role could not be assumed: the profile's role_arn, web_identity_token_file and the role's trust policy must fit",
}

// noCredentials is for credentials that could not be had.
func (f hinted) noCredentials() string {
	if f.by != byCredentials {
		return ""
	}
	if f.call.usesAPIKey() {
		return "the API key could not be had: check the provider of the token, or AWS_BEARER_TOKEN_BEDROCK"
	}
	if known, ok := providers[f.call.credentials.source()]; ok {
		return known
	}
	if f.says("sso") {
		return ssoLogin
	}
	return setCredentials
}

// credentials is for credentials that were refused.
func (f hinted) credentials() string {
	switch source := f.call.credentials.source(); {
	case !f.is(ErrCredentials) || f.by == byInput:
		return ""
	case strings.HasPrefix(f.Code, "ExpiredToken") && f.call.credentials.readOnce():
		return "the session has expired; keys of the environment or of the credentials file are read once, when a client is made: log in again (aws sso login), then make a new client or restart the program"
	case strings.HasPrefix(f.Code, "ExpiredToken") && source == aws.CredentialSourceCode:
		return "the session has expired, and its credentials are given in code: make a new client with new ones, or give it a provider that renews them (WithCredentials)"
	case strings.HasPrefix(f.Code, "ExpiredToken") && (source == aws.CredentialSourceLogin || source == aws.CredentialSourceProfileLogin):
		return "the session has expired, and so has what the provider gave when it was asked again: log in again (aws login)"
	case strings.HasPrefix(f.Code, "ExpiredToken"):
		return "the session has expired, and so has what the provider gave when it was asked again: log in again (aws sso login), or use credentials that renew themselves"
	case f.says("signature expired", "signature not yet current"):
		return "the signing time is off: check this machine's clock"
	}
	return "check which credentials are in use (aws sts get-caller-identity)"
}

// notTheRuntime is for the endpoint of another Bedrock API.
func (f hinted) notTheRuntime() string {
	if f.Code == "UnknownOperationException" || f.says("operation is not recognized") {
		return "is it the endpoint of Bedrock Runtime, bedrock-runtime.REGION.amazonaws.com? those of bedrock, bedrock-agent-runtime and others don't know this operation"
	}
	return ""
}

func (f hinted) daily() string {
	if f.is(ErrThrottled) && f.verdict == final && f.next.why() == "" && f.says("per day") {
		return "the account's daily token quota is used up, which no retry helps: ask for more under Service Quotas"
	}
	return ""
}

var contentOfMessage = regexp.MustCompile(`\.Messages\[\d+\]\.Content$`) // as the SDK names the field

func (f hinted) emptyMessage() string {
	if f.by != byInput {
		return ""
	}
	var invalid smithy.InvalidParamsError
	errors.As(f.Error, &invalid)
	for _, err := range invalid.Errs() {
		if param, ok := err.(smithy.InvalidParamError); ok && contentOfMessage.MatchString(param.Field()) {
			return "a message has no content: Prompt and User leave empty text out, which Bedrock would refuse"
		}
	}
	return ""
}

func (f hinted) cachePoints() string {
	if f.sentInvalid() && f.says("cachepoint", "cache point", "cache_control") {
		return "cache points: at most 4; a longer TTL (1h) before a shorter (5m) in the order tools, system, messages; never first in a message, nor right after reasoning"
	}
	return ""
}

// outputSchema is for schemas that structured output doesn't take.
func (f hinted) outputSchema() string {
	if f.sentInvalid() && f.call.about.schema && !f.says("tools.", "input_schema") && f.says("schema", "additionalproperties", "output_config", "outputconfig", "grammar") {
		return "structured output takes a part of JSON Schema: closed objects (additionalProperties false), no bounds, no recursion; OutputViaTool takes more, with any model that uses tools"
	}
	return ""
}

// s3Location: other models than Nova refuse it by a text that doesn't name S3.
func (f hinted) s3Location() string {
	if f.sentInvalid() && !strings.Contains(f.Model, "amazon.nova") && f.call.about.s3 {
		return "the request has an S3 location, which Amazon Nova models take: send other models the bytes"
	}
	return ""
}

func (f hinted) truncated() string {
	switch {
	case f.Error.Events == 0:
		return ""
	case f.Op == opInvokeStream && f.is(ErrTruncated):
		return "if this model never marks its last chunk (imported models, endpoints of your own), use WithUnmarkedStreamEnd"
	case f.is(ErrTruncated), f.is(ErrStalled):
		return "part of the reply was delivered, so it was not asked for again: do that if you can start over"
	}
	return ""
}

// notBedrock is for answers that something between here and AWS gave.
func (f hinted) notBedrock() string {
	if f.HTTPStatus >= 300 && f.HTTPStatus < 400 {
		return "the endpoint redirects, which Bedrock doesn't: is it right, does a proxy or a log-in page answer in its place?"
	}
	if f.HTTPStatus == http.StatusProxyAuthRequired {
		return "a proxy wants credentials: put them into its address in HTTPS_PROXY (http://user:password@host:port)"
	}
	if f.Code == "" && (f.is(frame.ErrChecksum) || f.is(ErrEmptyReply) || isHTML(headerOf(f.failure))) {
		return "does a proxy or gateway answer in Bedrock's place?"
	}
	return ""
}
