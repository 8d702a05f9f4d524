package bedrock

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// authority signs certificates that clients with its pool accept.
var authority = sync.OnceValue(func() tls.Certificate {
	return issue(nil, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage, c.DNSNames, c.IPAddresses = true, true, x509.KeyUsageCertSign, nil, nil
	})
})

// issue signs a certificate for 127.0.0.1, changed by edit; without an authority, by itself.
func issue(by *tls.Certificate, edit func(*x509.Certificate)) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if edit != nil {
		edit(c)
	}
	parent, signer := c, any(key)
	if by != nil {
		parent, signer = by.Leaf, by.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// trusting is a client's TLS configuration that knows the authority.
func trusting() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(authority().Leaf)
	return &tls.Config{RootCAs: pool}
}

// serveTLS starts a server with a certificate of the authority's, or with another.
func serveTLS(t *testing.T, edit func(*tls.Config)) *httptest.Server {
	t.Helper()
	by := authority()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{issue(&by, nil)}}
	if edit != nil {
		edit(s.TLS)
	}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func certified(edit func(*x509.Certificate)) func(*testing.T) error {
	return func(t *testing.T) error {
		by := authority()
		s := serveTLS(t, func(c *tls.Config) { c.Certificates = []tls.Certificate{issue(&by, edit)} })
		return send(t, &http.Transport{TLSClientConfig: trusting()}, s.URL)
	}
}

// handshake is between a server's and a client's TLS configuration.
func handshake(server, client func(*tls.Config)) func(*testing.T) error {
	return func(t *testing.T) error {
		s, c := serveTLS(t, server), trusting()
		if client != nil {
			client(c)
		}
		return send(t, &http.Transport{TLSClientConfig: c}, s.URL)
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	rows := []sendRow{
		{name: "unknown authority", hint: "AWS_CA_BUNDLE", err: func(t *testing.T) error {
			return send(t, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: x509.NewCertPool()}}, serveTLS(t, nil).URL)
		}},
		{name: "self-signed", hint: "AWS_CA_BUNDLE", err: handshake(func(c *tls.Config) { c.Certificates = []tls.Certificate{issue(nil, nil)} }, nil)},
		{name: "expired", hint: "clock", err: certified(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })},
		{name: "not yet valid", hint: "clock", err: certified(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })},
		{name: "other host", hint: "another host", err: certified(func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.test"} })},
		{name: "no host", hint: "another host", err: certified(func(c *x509.Certificate) { c.IPAddresses = nil })},
		{name: "wrong usage", hint: "certificate", err: certified(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })},
		{name: "of a proxy", hint: "AWS_CA_BUNDLE", err: func(t *testing.T) error {
			proxy, _ := url.Parse(serveTLS(t, nil).URL)
			return send(t, &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: x509.NewCertPool()}}, "https://bedrock.test/")
		}},
		{name: "expired, of a proxy", hint: "the proxy (HTTPS_PROXY) must be renewed", err: be(&net.OpError{Op: "proxyconnect", Net: "tcp", Err: &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}})},
		{name: "of a verifier of the system's", hint: "must be replaced", err: be(&tls.CertificateVerificationError{Err: errors.New("x509: “test” certificate is not trusted")})},
		{name: "no roots", hint: "ca-certificates", err: be(x509.SystemRootsError{})},
		{name: "insecure algorithm", hint: "must be replaced", err: be(x509.InsecureAlgorithmError(x509.SHA1WithRSA))},
		{name: "constraint", hint: "must be replaced", err: be(x509.ConstraintViolationError{})},
		{name: "critical extension", hint: "must be replaced", err: be(x509.UnhandledCriticalExtension{})},
	}
	for reason := x509.NotAuthorizedToSign; reason <= x509.NoValidChains; reason++ {
		if reason != x509.Expired {
			e := x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: reason}
			rows = append(rows, sendRow{name: e.Error(), err: be(e), hint: "must be replaced"})
		}
	}
	judgeRows(t, rows)
}

func TestHandshakes(t *testing.T) {
	t.Parallel()
	stranger := issue(nil, nil)
	demand := func(c *tls.Config) {
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		c.ClientCAs.AddCert(authority().Leaf)
	}
	judgeRows(t, []sendRow{
		{name: "server's versions", hint: "agree on TLS", err: handshake(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 })},
		{name: "client's versions", hint: "agree on TLS", err: handshake(func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 })},
		{name: "no cipher in common", hint: "agree on TLS", err: handshake(
			func(c *tls.Config) { c.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256} },
			func(c *tls.Config) {
				c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}
			})},
		{name: "no protocol in common", hint: "agree on TLS", err: handshake(func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} }, func(c *tls.Config) { c.NextProtos = []string{"smtp"} })},
		{name: "no versions at all", hint: "agree on TLS", err: handshake(nil, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS13, tls.VersionTLS12 })},
		{name: "no client certificate", hint: "client certificate", err: handshake(demand, nil)},
		{name: "no client certificate, TLS 1.2", hint: "agree on TLS", err: handshake(demand, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 })},
		{name: "unknown client certificate", hint: "client certificate", err: handshake(demand, func(c *tls.Config) { c.Certificates = []tls.Certificate{stranger} })},
		{name: "server's fault", retry: true, err: handshake(func(c *tls.Config) {
			c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, errors.New("busy") }
		}, nil)},
		{name: "plain HTTP", hint: "http://", err: func(t *testing.T) error {
			s := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(s.Close)
			return send(t, &http.Transport{}, strings.Replace(s.URL, "http:", "https:", 1))
		}},
		{name: "another plain protocol", hint: "no TLS", err: func(t *testing.T) error {
			return send(t, &http.Transport{}, "https://"+answering(t, func(c net.Conn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.6\r\n"); io.Copy(io.Discard, c) }))
		}},
		{name: "plain HTTP of a proxy", hint: "HTTPS_PROXY begins with http://", err: func(t *testing.T) error {
			s := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(s.Close)
			proxy, _ := url.Parse(strings.Replace(s.URL, "http://", "https://user:"+sendSecret+"@", 1))
			return send(t, &http.Transport{Proxy: http.ProxyURL(proxy)}, "https://bedrock.test/")
		}},
		{name: "alert by its exported type", hint: "agree on TLS", err: be(tls.AlertError(40))},
		{name: "passing alert by its exported type", retry: true, err: be(tls.AlertError(80))},
		{name: "garbled record", retry: true, err: be(&net.OpError{Op: "local error", Err: tls.AlertError(20)})},
		{name: "connection shut down", retry: true, err: be(errors.New("tls: protocol is shutdown"))},
		{name: "encrypted client hello", hint: "client hello", err: be(&tls.ECHRejectionError{})},
	})
}
