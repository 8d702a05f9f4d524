package bedrock

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// connectBound is how long a call tries to connect, its waits not counted. The SDK's dial
// timeout of 30 s allows two attempts; the 3.1 s of its other defaults modes allow all ten.
const connectBound = time.Minute

// sendFault tells what an error of sending means: a request that could not be sent, or
// whose answer never came.
type sendFault struct {
	kind    error  // ErrUnavailable, ErrInvalid or ErrCredentials; nil: not an error of sending
	retry   bool   // another attempt may not meet it
	connect bool   // no connection could be made, so nothing was sent
	why     string // in one line; "": the error's own text says it
	hint    string // what to do, "" where there is nothing to add
}

// judgeSending judges an attempt that got no answer and whose context has not ended. What
// is not known to last is taken to pass, as the SDK does.
func judgeSending(err error, apiKey bool) sendFault {
	if !holds[*smithyhttp.RequestSendError](err) && !holds[net.Error](err) {
		return sendFault{}
	}
	s := sendError{err: err, text: leaf(err).Error(), apiKey: apiKey}
	for _, rule := range sendRules {
		if f := rule(&s); f.kind != nil {
			return f
		}
	}
	return mayPass("")
}

// sendError is an error of sending under judgement.
type sendError struct {
	err    error
	text   string // of the innermost cause: the texts around it quote the URL, and thereby the model
	apiKey bool   // the client authenticates with one
}

// sendRules find a fault; the first that does counts.
var sendRules = []func(*sendError) sendFault{
	(*sendError).unwritable, (*sendError).proxyRefused, (*sendError).socks, (*sendError).certificate, (*sendError).plain,
	(*sendError).alert, (*sendError).connecting, (*sendError).timedOut, (*sendError).noHTTP, (*sendError).reworded,
}

func mayPass(hint string) sendFault { return sendFault{kind: ErrUnavailable, retry: true, hint: hint} }
func lasts(hint string) sendFault   { return sendFault{kind: ErrUnavailable, hint: hint} }

const checkEndpoint = "check the endpoint (AWS_ENDPOINT_URL_BEDROCK_RUNTIME, aws.Config.BaseEndpoint)"

// unwritable is for requests that the HTTP client refuses to write. But for a URL's, it
// has no types for them: the texts are of net/http (Transport.roundTrip and Request.write;
// x/net has "invalid HTTP header value for header" instead) and of smithy-go's
// ValidateEndpointHost. They name a header and never quote its value.
func (s *sendError) unwritable() sendFault {
	unparsed := func(err error) bool { address, ok := err.(*url.Error); return ok && address.Op == "parse" }
	invalid := sendFault{kind: ErrInvalid, hint: checkEndpoint}
	switch {
	case s.says("net/http: invalid header field value", "invalid HTTP header value", "http2: invalid HTTP header value"):
		return s.header()
	case s.says("net/http: invalid header field name", "invalid HTTP header name", "http2: invalid HTTP header name"):
		invalid.hint = "a middleware or an option of the SDK adds a header that HTTP can't carry"
	case anyCause(s.err, unparsed): // its text quotes the address, and what is wrong with it may be a password
		invalid.why, invalid.hint = "the address of the endpoint or of a proxy is no URL", checkEndpoint+" and the proxy (HTTPS_PROXY); special characters of a password are written as %40 and the like"
	case s.says("unsupported protocol scheme"):
		invalid.hint = "the endpoint begins with https://, or http:// for a server of your own: " + checkEndpoint
	case s.says("request header list larger than"):
		invalid.hint = "the headers are larger than the endpoint takes: is a session token or a header of a middleware that long?"
	case s.says("net/http: invalid method", "http: RoundTripper implementation"), strings.HasSuffix(s.text, "returned (nil, nil)"):
		invalid.hint = "the aws.Config's HTTP client or a middleware is at fault"
	case s.says("http: no Host in request URL", "http: nil Request.URL", "http: invalid Host header", "invalid Host header",
		"net/http: can't write control character in Request.URL", "invalid request :path"):
	default:
		return sendFault{}
	}
	return invalid
}

// header is for a header whose value can't be sent: which of the client's secrets it is.
func (s *sendError) header() sendFault {
	secret := ""
	switch {
	case strings.Contains(s.text, `"X-Amz-Security-Token"`):
		secret = sessionTokenName
	case !strings.Contains(s.text, `"Authorization"`):
		return sendFault{kind: ErrInvalid, hint: "a header's value holds a line break or another control character"}
	case s.apiKey:
		secret = apiKeyName
	default:
		secret = accessKeyName
	}
	return sendFault{kind: ErrCredentials, why: unsendableText(secret), hint: "set it anew, without the line break that a file or a secret store may end it with"}
}

// proxyRefused is for a proxy's answer to CONNECT by an HTTP client that this package has
// not set up: it tells it by the reason phrase alone.
func (s *sendError) proxyRefused() sendFault {
	for status := 400; status < 600; status++ {
		if phrase := http.StatusText(status); phrase != "" && phrase == s.text {
			return proxyFault(status, "the proxy refused the connection: "+phrase)
		}
	}
	return sendFault{}
}

// proxyFault judges a proxy's answer to CONNECT.
func proxyFault(status int, why string) sendFault {
	f := lasts("is the address in HTTPS_PROXY that of an HTTP proxy, and does it allow CONNECT to the endpoint? or name the endpoint's host in NO_PROXY")
	switch {
	case status == http.StatusProxyAuthRequired || status == http.StatusUnauthorized:
		f.hint = "put the proxy's credentials into HTTPS_PROXY (http://user:password@host:port, special characters as %40 and the like)"
	case status == http.StatusForbidden:
		f.hint = "ask for the endpoint's host to be allowed at the proxy, or name it in NO_PROXY"
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500 && status != http.StatusNotImplemented:
		f = mayPass("the proxy (HTTPS_PROXY) has no connection to the endpoint: does the host exist, may the proxy reach it?")
	}
	f.connect, f.why = true, why
	return f
}

// socks is for what a SOCKS proxy says, which net/http has texts for (socks_bundle.go).
func (s *sendError) socks() sendFault {
	if s.operation("socks connect") == nil {
		return sendFault{}
	}
	f := mayPass("the SOCKS proxy (HTTPS_PROXY) has no connection to the endpoint: does the host exist, may the proxy reach it?")
	switch {
	case strings.Contains(s.text, "authentication"), strings.Contains(s.text, "invalid username/password"):
		f = lasts("put the proxy's credentials into HTTPS_PROXY (socks5://user:password@host:port)")
	case strings.Contains(s.text, "not allowed by ruleset"):
		f = lasts("ask for the endpoint's host to be allowed at the proxy, or name it in NO_PROXY")
	case strings.Contains(s.text, "not supported"), s.says("unexpected protocol version", "unknown address type", "non-zero reserved field"):
		f = lasts("is the address in HTTPS_PROXY that of a SOCKS 5 proxy?")
	}
	f.connect = true
	return f
}

// connecting is for connections that could not be made.
func (s *sendError) connecting() sendFault {
	op, viaProxy := s.operation("dial"), s.operation("proxyconnect") != nil
	if op == nil && !viaProxy && s.text != tlsTimeout && !holds[*net.DNSError](s.err) {
		return sendFault{}
	}
	to := "the endpoint"
	if u, err := url.Parse(s.url()); err == nil && u.Host != "" {
		to = u.Host
	}
	route := "in a VPC without a NAT gateway it takes an interface endpoint (VPC endpoint) for bedrock-runtime; behind a proxy, set HTTPS_PROXY"
	if viaProxy {
		if to = "the proxy"; op != nil && op.Addr != nil {
			to += " " + op.Addr.String()
		}
		route = "check HTTPS_PROXY, or name the endpoint's host in NO_PROXY"
	}
	var name *net.DNSError
	var address *net.AddrError
	f := mayPass("")
	switch {
	case errors.As(s.err, &name) && name.IsNotFound:
		if f = lasts(""); viaProxy { // the endpoint's name has a hint of its own, which knows the region
			f.hint = "there is no host " + name.Name + ": check the proxy's address (HTTPS_PROXY); special characters of a password are written as %40 and the like"
		}
	case name != nil:
		f.hint = "name resolution fails: check the name server (in a VPC: enableDnsSupport)"
	case errors.As(s.err, &address), holds[net.UnknownNetworkError](s.err), holds[net.InvalidAddrError](s.err), holds[*net.ParseError](s.err):
		f = sendFault{kind: ErrInvalid, hint: "check the port and the address of " + to + ", and the dialer"}
	case errors.Is(s.err, fs.ErrPermission), errForbidden.is(s.err):
		f = lasts("a firewall or a sandbox of this machine forbids the connection to " + to)
	case errNoFamily.is(s.err):
		f = lasts("this machine doesn't speak the version of IP that " + to + " has an address of")
	case errTooMany.is(s.err), errTooManyAll.is(s.err):
		f.hint = "this process or machine has too many files and connections open: raise the limit (ulimit -n) or make fewer calls at a time"
	case errRefused.is(s.err):
		f.hint = to + " refuses connections: " + route
		if !viaProxy {
			f.hint = to + " refuses connections: is the endpoint right, does a firewall stand between?"
		}
	case isTimeout(s.err), errSilent.is(s.err), errNoHostRoute.is(s.err), errNoNetRoute.is(s.err), s.text == tlsTimeout:
		f.hint = "no connection to " + to + ": " + route
	}
	f.connect = true
	return f
}

const tlsTimeout = "net/http: TLS handshake timeout" // of a type that net/http doesn't export

// timedOut is for a wait for an answer that a timeout of the HTTP client's own ended: the
// model may be at work, and another attempt would be billed again. The system's own timeout
// is no such case: it tells of a lost connection. The minute that net/http gives a proxy
// to answer CONNECT is none either, but can't be told from them.
func (s *sendError) timedOut() sendFault {
	switch {
	case errSilent.is(s.err):
		return mayPass("")
	case isTimeout(s.err):
		return lasts("a timeout of the HTTP client's own ended the wait, while the model may be at work: raise it, and bound calls by their context")
	case errors.Is(s.err, context.Canceled): // by the HTTP client, not the caller
		return lasts("")
	}
	return sendFault{}
}

// noHTTP is for answers that no HTTP client can read, and that the same peer would give
// again. The texts are of net/http: response.go, transport.go, client.go, h2_bundle.go. Its
// other texts about malformed answers may come of one that was cut.
func (s *sendError) noHTTP() sendFault {
	line, malformed := strings.CutPrefix(s.text, `malformed HTTP response "`)
	switch {
	case malformed && strings.HasPrefix(line, `\x15\x03`): // a TLS alert
		return lasts("TLS is spoken there: the endpoint begins with https://")
	case malformed && !strings.HasPrefix(line, "HTTP/") && !strings.HasPrefix("HTTP/", strings.TrimSuffix(line, `"`)),
		s.says("net/http: server response headers exceeded"), strings.Contains(s.text, "http2: response header list larger than"),
		strings.Contains(s.err.Error(), "the frame header looked like an HTTP/1.1 header"), strings.Contains(s.text, "malformed response from server"):
		return lasts("what answers is not Bedrock: is the endpoint right, does a proxy or gateway answer in its place?")
	case s.says("stopped after 10 redirects", "failed to parse Location header"):
		return lasts("the endpoint redirects, which Bedrock doesn't: is it right, does a proxy or gateway answer in its place?")
	case strings.Contains(s.text, "HTTP_1_1_REQUIRED"), strings.Contains(s.text, "INADEQUATE_SECURITY"):
		return lasts("what answers refuses HTTP/2: is it a proxy or gateway? an HTTP client without HTTP/2 may pass it")
	}
	return sendFault{}
}

// reworded is for passing faults whose texts, of net/http, address an HTTP client's author.
func (s *sendError) reworded() sendFault {
	f := mayPass("")
	switch {
	case s.says("http2: Transport: cannot retry err"),
		s.says("stream error:") && strings.Contains(s.text, "PROTOCOL_ERROR; received from peer"): // the latter since Go 1.27
		f.why = "the server closed the connection, or refused the request, before it took it up"
	case s.says("net/http: cannot rewind body after connection loss"):
		f.why = "the connection was lost while the request was being sent"
	default:
		return sendFault{}
	}
	return f
}

// says reports whether the innermost text begins with one of some.
func (s *sendError) says(prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s.text, p) })
}

// url is where the request went, without userinfo's password.
func (s *sendError) url() string {
	var request *url.Error
	if errors.As(s.err, &request) {
		return request.URL
	}
	return ""
}

// operation returns the network operation of a name around the cause. net/http nests
// them: a dial in a "proxyconnect".
func (s *sendError) operation(name string) (found *net.OpError) {
	anyCause(s.err, func(err error) bool {
		if op, ok := err.(*net.OpError); ok && op.Op == name {
			found = op
		}
		return found != nil
	})
	return found
}

// isTimeout looks at every cause: errors.As would ask the outermost alone, and a url.Error
// asks only what it holds itself.
func isTimeout(err error) bool {
	return anyCause(err, func(err error) bool {
		t, ok := err.(interface{ Timeout() bool })
		return ok && t.Timeout()
	})
}

// leaf is the innermost cause, of joined ones the first's.
func leaf(err error) (last error) {
	anyCause(err, func(err error) bool {
		last = err
		_, inner := err.(interface{ Unwrap() error })
		_, joined := err.(interface{ Unwrap() []error })
		return !inner && !joined
	})
	return last
}

// anyCause reports whether an error or one of its causes is as asked.
func anyCause(err error, is func(error) bool) bool {
	if err == nil {
		return false
	}
	if is(err) {
		return true
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return anyCause(e.Unwrap(), is)
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), func(err error) bool { return anyCause(err, is) })
	}
	return false
}

// errno is an error of the operating system. Windows tells errors of sockets by numbers
// of its own (winsock2.h), which the syscall package's names don't stand for.
type errno struct{ posix, windows syscall.Errno }

var (
	errRefused     = errno{syscall.ECONNREFUSED, 10061}
	errSilent      = errno{syscall.ETIMEDOUT, 10060} // told by the system, not by a timeout of ours
	errNoHostRoute = errno{syscall.EHOSTUNREACH, 10065}
	errNoNetRoute  = errno{syscall.ENETUNREACH, 10051}
	errForbidden   = errno{syscall.EACCES, 10013}
	errNoFamily    = errno{syscall.EAFNOSUPPORT, 10047}
	errTooMany     = errno{syscall.EMFILE, 10024}
	errTooManyAll  = errno{syscall.ENFILE, 10055}
)

// is reports whether the system's error is in err.
func (e errno) is(err error) bool {
	return errors.Is(err, e.posix) || runtime.GOOS == "windows" && errors.Is(err, e.windows)
}
