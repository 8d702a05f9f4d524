package bedrocktest

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	amzDate = "20060102T150405Z"

	// maxSkew is how far the time of a signature may be from the server's.
	maxSkew = 5 * time.Minute
)

// ExpireCredentials makes the present Credentials expire: requests signed with
// them get an ExpiredTokenException from now on. Setting other Credentials
// afterwards is what a refresh does.
func (s *Server) ExpireCredentials() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = append(s.revoked, s.Credentials)
}

// authenticate returns the refusal that AWS would answer, nil if there is
// none. The texts are AWS's own.
func (s *Server) authenticate(r *http.Request, body []byte) *failure {
	authorization := r.Header.Get("Authorization")
	if authorization == "" {
		return refusal("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	if key, ok := strings.CutPrefix(authorization, "Bearer "); ok {
		return s.checkAPIKey(key)
	}
	sig, ok := parseSignature(authorization)
	if !ok {
		return refusal("IncompleteSignatureException", "Authorization header requires 'Credential', 'Signature' and 'SignedHeaders' parameters.")
	}
	if f := s.checkCredentials(sig, r.Header.Get("X-Amz-Security-Token")); f != nil {
		return f
	}
	if f := s.checkScope(sig); f != nil {
		return f
	}
	at, err := time.Parse(amzDate, r.Header.Get("X-Amz-Date"))
	if err != nil {
		return refusal("IncompleteSignatureException", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	if f := checkSkew(at, s.now()); f != nil {
		return f
	}
	if !sig.matches(r, body, s.Credentials, at) {
		return refusal("InvalidSignatureException", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

func (s *Server) now() time.Time { return time.Now().Add(s.ClockOffset) }

func (s *Server) checkAPIKey(key string) *failure {
	if subtle.ConstantTimeCompare([]byte(key), []byte(s.APIKey)) == 1 {
		return nil
	}
	f := refusal("AccessDeniedException", "Authentication failed: Please make sure your API Key is valid.")
	f.member = "Message"
	return f
}

func (s *Server) checkCredentials(sig signature, token string) *failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	expired := s.Credentials.CanExpire && !time.Now().Before(s.Credentials.Expires) && sig.by(s.Credentials, token)
	for _, revoked := range s.revoked {
		expired = expired || sig.by(revoked, token)
	}
	if expired {
		return refusal("ExpiredTokenException", "The security token included in the request is expired")
	}
	if !sig.by(s.Credentials, token) {
		return refusal("UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	return nil
}

func (s *Server) checkScope(sig signature) *failure {
	if s.Region != "" && sig.region != s.Region {
		return refusal("InvalidSignatureException", "Credential should be scoped to a valid region. ")
	}
	if sig.service != "bedrock" || sig.terminator != "aws4_request" {
		return refusal("InvalidSignatureException", "Credential should be scoped to correct service: 'bedrock'. ")
	}
	return nil
}

func checkSkew(at, now time.Time) *failure {
	early, late := now.Add(-maxSkew), now.Add(maxSkew)
	if at.Before(early) {
		return refusal("InvalidSignatureException", fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - 5 min.)", stamp(at), stamp(early), stamp(now)))
	}
	if at.After(late) {
		return refusal("InvalidSignatureException", fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 5 min.)", stamp(at), stamp(late), stamp(now)))
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(amzDate) }

// A signature is what a Signature Version 4 Authorization header holds.
type signature struct {
	authorization               string
	accessKey                   string
	region, service, terminator string
	headers                     []string
}

func parseSignature(authorization string) (signature, bool) {
	rest, ok := strings.CutPrefix(authorization, "AWS4-HMAC-SHA256 ")
	if !ok {
		return signature{}, false
	}
	fields := map[string]string{}
	for field := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/") // key, date, region, service, aws4_request
	if len(scope) != 5 || fields["SignedHeaders"] == "" || fields["Signature"] == "" {
		return signature{}, false
	}
	return signature{
		authorization: authorization,
		accessKey:     scope[0],
		region:        scope[2],
		service:       scope[3],
		terminator:    scope[4],
		headers:       strings.Split(fields["SignedHeaders"], ";"),
	}, true
}

func (sig signature) by(creds aws.Credentials, token string) bool {
	return sig.accessKey == creds.AccessKeyID && token == creds.SessionToken
}

// matches signs the request again, as it was received, and compares.
func (sig signature) matches(r *http.Request, body []byte, creds aws.Credentials, at time.Time) bool {
	again := &http.Request{
		Method: r.Method,
		Host:   r.Host,
		Header: http.Header{},
		URL:    &url.URL{Scheme: "https", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery},
	}
	for _, name := range sig.headers {
		switch name {
		case "host", "x-amz-date", "x-amz-security-token": // the signer's own
		case "content-length":
			again.ContentLength = int64(len(body))
		default:
			again.Header[http.CanonicalHeaderKey(name)] = r.Header.Values(name)
		}
	}
	err := v4.NewSigner().SignHTTP(context.Background(), creds, again, payloadHash(r, body), sig.service, sig.region, at)
	if err != nil {
		return false
	}
	want := again.Header.Get("Authorization")
	return subtle.ConstantTimeCompare([]byte(want), []byte(sig.authorization)) == 1
}

// payloadHash is the hash that the signature covers: the body's, or the marker
// that a bidirectional stream names in its stead, since it has no body yet.
func payloadHash(r *http.Request, body []byte) string {
	if named := r.Header.Get("X-Amz-Content-Sha256"); strings.HasPrefix(named, "STREAMING-") {
		return named
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
