package bedrock

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
)

// certificate is for a certificate that this side doesn't accept.
func (s *sendError) certificate() sendFault {
	var (
		verification *tls.CertificateVerificationError
		unknown      x509.UnknownAuthorityError
		invalid      x509.CertificateInvalidError
		host         x509.HostnameError
		roots        x509.SystemRootsError
		algorithm    x509.InsecureAlgorithmError
		constraint   x509.ConstraintViolationError
		extension    x509.UnhandledCriticalExtension
	)
	whose := "the endpoint's certificate, or that of a proxy between,"
	if s.operation("proxyconnect") != nil {
		whose = "the certificate of the proxy (HTTPS_PROXY)"
	}
	switch {
	case errors.As(s.err, &unknown):
		return lasts("set AWS_CA_BUNDLE to a PEM file with the authority of your proxy or company; a bare container lacks the system's authorities (ca-certificates)")
	case errors.As(s.err, &roots):
		return lasts("install the system's certificate authorities (ca-certificates), or set AWS_CA_BUNDLE")
	case errors.As(s.err, &invalid) && invalid.Reason == x509.Expired:
		return lasts("check this machine's clock; if it is right, " + whose + " must be renewed")
	case errors.As(s.err, &host):
		return lasts("another host answers: is the endpoint's name right, or does a proxy answer whose authority AWS_CA_BUNDLE would name?")
	case errors.As(s.err, &verification), errors.As(s.err, &invalid), errors.As(s.err, &algorithm), errors.As(s.err, &constraint), errors.As(s.err, &extension):
		return lasts(whose + " must be replaced")
	}
	return sendFault{}
}

// plain is for a peer that speaks no TLS.
func (s *sendError) plain() sendFault {
	var record tls.RecordHeaderError
	switch {
	case !errors.As(s.err, &record) && !errors.Is(s.err, http.ErrSchemeMismatch):
		return sendFault{}
	case s.operation("proxyconnect") != nil:
		return lasts("the proxy speaks plain HTTP: its address in HTTPS_PROXY begins with http://")
	}
	return lasts("no TLS is spoken there: an endpoint in plain HTTP begins with http://, and a proxy's address belongs into HTTPS_PROXY")
}

// alert is for a handshake that failed otherwise. crypto/tls has exported types for two
// cases; its alerts are told by their operation, and the rest by the texts' prefix.
func (s *sendError) alert() sendFault {
	var exported tls.AlertError
	var hello *tls.ECHRejectionError
	remote, local := s.operation("remote error"), s.operation("local error")
	switch {
	case errors.As(s.err, &hello):
		return lasts("the peer refused the encrypted client hello")
	case remote == nil && local == nil && !errors.As(s.err, &exported):
		if s.says("tls: ") && !s.says("tls: protocol is shutdown") {
			return lasts(noTLS)
		}
		return sendFault{}
	case s.says(passingAlerts...):
		return mayPass("")
	case s.says("tls: bad certificate", "tls: certificate required", "tls: unknown certificate", "tls: unsupported certificate", "tls: revoked certificate", "tls: expired certificate", "tls: access denied"):
		return lasts("the peer asks for a client certificate, or doesn't accept the one it gets (tls.Config.Certificates of the HTTP client)")
	}
	return lasts(noTLS)
}

const noTLS = "the peer and this client can't agree on TLS: is the endpoint right, does a proxy break TLS open?"

// passingAlerts tell of a broken transfer or peer, in the words of crypto/tls (alert.go).
var passingAlerts = []string{"tls: close notify", "tls: unexpected message", "tls: bad record MAC", "tls: decryption failed", "tls: record overflow",
	"tls: error decrypting message", "tls: error decoding message", "tls: internal error", "tls: user canceled"}
