package bedrocktest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func TestErrorCodes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	tests := []struct {
		code   string
		status int
	}{
		{"AccessDeniedException", 403},
		{"ConflictException", 400},
		{"ExpiredTokenException", 403},
		{"FTUFormNotFilled", 404},
		{"IncompleteSignatureException", 400},
		{"InternalFailure", 500},
		{"InternalServerException", 500},
		{"InvalidSignatureException", 403},
		{"MissingAuthenticationTokenException", 403},
		{"ModelErrorException", 424},
		{"ModelNotReadyException", 429},
		{"ModelStreamErrorException", 424},
		{"ModelTimeoutException", 408},
		{"ResourceNotFoundException", 404},
		{"ServiceQuotaExceededException", 400},
		{"ServiceUnavailableException", 503},
		{"ThrottlingException", 429},
		{"throttlingException", 429},
		{"com.amazon.bedrock#ThrottlingException", 429},
		{"ThrottlingException" + bedrockURI, 429},
		{"TooManyRequestsException", 429},
		{"UnrecognizedClientException", 403},
		{"ValidationException", 400},
		{"HologramException", 400},
	}
	for _, tt := range tests {
		s.Queue(Error(tt.code, "why"))
		_, err := converse(once(s), "hi")
		var response *smithyhttp.ResponseError
		if !errors.As(err, &response) || response.HTTPStatusCode() != tt.status {
			t.Errorf("%s: got %v, want status %d", tt.code, err, tt.status)
			continue
		}
		if got := response.Response.Header["X-Amzn-Errortype"]; len(got) != 1 || got[0] != tt.code {
			t.Errorf("X-Amzn-Errortype: got %q, want %q", got, tt.code)
		}
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorMessage() != "why" {
			t.Errorf("%s: got %v, want message %q", tt.code, err, "why")
		}
	}
}

func TestErrorWithoutCodeAndWithHeaders(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Queue(Error("", "why").Status(429).Header("retry-after", "2").Header("Content-Type", ""))
	_, err := converse(once(s), "hi")
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) {
		t.Fatal(err)
	}
	h := response.Response.Header
	if response.HTTPStatusCode() != 429 || h.Get("Retry-After") != "2" || h["X-Amzn-Errortype"] != nil || h["Content-Type"] != nil {
		t.Errorf("got %d %v", response.HTTPStatusCode(), h)
	}
}

func TestThrottleIsRetried(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Queue(Throttle(), Text("Paris"))
	out, err := converse(attempts(s, 2), "hi")
	if err != nil {
		t.Fatal(err)
	}
	if got := replyText(out); got != "Paris" {
		t.Errorf("got %q", got)
	}
	if got := len(s.Requests()); got != 2 {
		t.Errorf("requests: got %d, want both attempts", got)
	}
}

func TestStreamFails(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		response Response
		events   int
		code     string
	}{
		"first frame":        {Text("a b").FailAt(0, "throttlingException", "slow"), 0, "ThrottlingException"},
		"after messageStart": {Text("a b").FailAt(1, "serviceUnavailableException", "slow"), 1, "ServiceUnavailableException"},
		"mid":                {Text("a b").FailAt(2, "modelStreamErrorException", "slow"), 2, "ModelStreamErrorException"},
		"at the end":         {Text("a b").FailAt(99, "internalServerException", "slow"), 6, "InternalServerException"},
		"unknown code":       {Text("a b").FailAt(2, "modelNotReadyException", "slow"), 2, "modelNotReadyException"},
		"message type error": {Text("a b").Insert(2, ErrorFrame("SlowDown", "slow")), 2, "SlowDown"},
		"in own frames":      {Frames(EventFrame("messageStart", map[string]string{"role": "assistant"})).FailAt(1, "throttlingException", "slow"), 1, "ThrottlingException"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			s.Queue(tt.response)
			events, err := stream(context.Background(), once(s), "hi")
			if got := len(events); got != tt.events {
				t.Errorf("events: got %d, want %d", got, tt.events)
			}
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != tt.code || api.ErrorMessage() != "slow" {
				t.Errorf("got %v, want code %s and its message", err, tt.code)
			}
		})
	}
}

// readBody sends a request that the server answers with the response and returns
// what arrived of the body.
func readBody(t *testing.T, s *Server, response Response) ([]byte, error) {
	t.Helper()
	s.Queue(response)
	var got []byte
	var failed error
	c := once(s, func(o *bedrockruntime.Options) {
		inner := o.HTTPClient
		o.HTTPClient = doFunc(func(r *http.Request) (*http.Response, error) {
			resp, err := inner.Do(r)
			if err != nil {
				failed = err
				return nil, err
			}
			got, failed = io.ReadAll(resp.Body)
			resp.Body.Close()
			resp.Body = io.NopCloser(bytes.NewReader(got))
			return resp, nil
		})
	})
	stream(context.Background(), c, "hi")
	return got, failed
}

type doFunc func(*http.Request) (*http.Response, error)

func (f doFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	whole, err := readBody(t, s, Text("a b").Usage(1, 2))
	if err != nil {
		t.Fatal(err)
	}
	for offset := range len(whole) + 2 {
		want := whole[:min(offset, len(whole))]
		r := Text("a b").Usage(1, 2).CutAt(offset, CleanEnd)
		a, err := r.answer(request("ConverseStream", `{}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Join(a.parts, nil); !bytes.Equal(got, want) {
			t.Fatalf("cut at %d: got %d bytes, want %d", offset, len(got), len(want))
		}
		if offset%50 != 0 { // not all of them over the wire
			continue
		}
		got, err := readBody(t, s, r)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("cut at %d: got %d bytes, want %d; %v", offset, len(got), len(want), err)
		}
	}
}

func TestEndings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		start func() *Server
		how   Ending
		want  string // regular expression for the error of the read; none if empty
	}{
		"HTTP/2 clean":            {NewServer, CleanEnd, ""},
		"HTTP/2 stream reset":     {NewServer, StreamReset, "stream error"},
		"HTTP/2 close":            {NewServer, ConnectionClose, "EOF"},
		"HTTP/2 reset":            {NewServer, ConnectionReset, "connection reset by peer|EOF"}, // EOF if a write of the client met the reset first,
		"HTTP/1.1 clean":          {NewHTTP1Server, CleanEnd, ""},
		"HTTP/1.1 stream reset":   {NewHTTP1Server, StreamReset, "unexpected EOF"},
		"HTTP/1.1 close":          {NewHTTP1Server, ConnectionClose, "unexpected EOF"},
		"HTTP/1.1 reset":          {NewHTTP1Server, ConnectionReset, "connection reset by peer"},
		"pipe stream reset":       {NewPipeServer, StreamReset, "stream error"},
		"pipe close":              {NewPipeServer, ConnectionClose, "EOF"},
		"pipe reset":              {NewPipeServer, ConnectionReset, "EOF"},
		"HTTP/2 ending unknown":   {NewServer, Ending(99), "stream error"},
		"HTTP/1.1 ending unknown": {NewHTTP1Server, Ending(99), "unexpected EOF"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tt.start()
			defer s.Close()
			check := func(err error) {
				t.Helper()
				if tt.want == "" && err != nil || tt.want != "" && (err == nil || !regexp.MustCompile(tt.want).MatchString(err.Error())) {
					t.Errorf("got error %v, want %q", err, tt.want)
				}
			}
			got, err := readBody(t, s, Text("a b").CutAfter(2, tt.how))
			if n := len(splitFrames(got)); n != 2 {
				t.Errorf("frames: got %d, want 2", n)
			}
			check(err)

			whole, err := readBody(t, s, Text("a b").CutAfter(99, tt.how))
			if n := len(splitFrames(whole)); n != 6 {
				t.Errorf("frames of a whole body: got %d, want 6", n)
			}
			check(err)
		})
	}
}

func TestCutUnaryBody(t *testing.T) {
	t.Parallel()
	for _, how := range []Ending{CleanEnd, StreamReset, ConnectionClose, ConnectionReset} {
		s := newServer(t)
		got, err := readBody(t, s, Error("ThrottlingException", "slow").CutAt(5, how))
		if string(got) != `{"mes` || (err == nil) != (how == CleanEnd) {
			t.Errorf("ending %d: got %q, %v", how, got, err)
		}
	}
}

func TestEmptyBodyIsCut(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	if _, err := readBody(t, s, Recorded(200, nil, nil).CutAt(1, ConnectionClose)); err == nil {
		t.Error("got a complete response")
	}
}

func TestNoReply(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func() *Server{"HTTP/2": NewServer, "HTTP/1.1": NewHTTP1Server, "pipe": NewPipeServer} {
		for _, how := range []Ending{StreamReset, ConnectionClose, ConnectionReset} {
			s := start()
			s.Queue(NoReply(how), Text("Paris"))
			out, err := converse(attempts(s, 2), "hi")
			if err != nil || replyText(out) != "Paris" {
				t.Errorf("%s, ending %d: got %v, want it retried", name, how, err)
			}
			s.Close()
		}
	}
}

func TestNoReplyWithCleanEndIsEmptyResponse(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Queue(NoReply(CleanEnd))
	out, err := converse(once(s), "hi")
	if err != nil || out.Output != nil {
		t.Errorf("got %+v, %v; want an output without members", out, err)
	}
}

func TestBrokenFramesArrive(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	bad := EventFrame("messageStart", map[string]string{"role": "assistant"})
	bad[len(bad)-1]++
	s.Queue(Frames(bad))
	if _, err := stream(context.Background(), once(s), "hi"); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("got %v, want a checksum error", err)
	}
}

func TestTimePassesInBubble(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		response Response
		want     time.Duration
	}{
		"delay":             {Text("a b").Delay(time.Minute), time.Minute},
		"between events":    {Text("a b").Every(10 * time.Second), 50 * time.Second},
		"both":              {Text("a b").Every(10 * time.Second).Delay(time.Minute), 110 * time.Second},
		"no events to part": {Throttle().Every(time.Hour), 0},
	}
	began := time.Now()
	for name, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			s := NewPipeServer()
			defer s.Close()
			s.Queue(tt.response)
			start := time.Now()
			stream(context.Background(), once(s), "hi")
			if got := time.Since(start); got != tt.want {
				t.Errorf("%s: took %s, want %s", name, got, tt.want)
			}
		})
	}
	if took := time.Since(began); took >= time.Minute { // all of them are 220 s
		t.Errorf("took %s of real time", took)
	}
}

func TestStallLastsUntilClientGoes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		response Response
		events   int
	}{
		"before the response": {NoReply(Stall), 0},
		"after headers":       {Text("a b").CutAt(0, Stall), 0},
		"after three events":  {Text("a b").CutAfter(3, Stall), 3},
		"in mid-frame":        {Text("a b").CutAt(150, Stall), 1},
		"in a delay":          {Text("a b").Delay(time.Hour), 0},
		"between events":      {Text("a b").Every(time.Hour), 1},
	}
	for name, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			s := NewPipeServer()
			defer s.Close()
			s.Queue(tt.response)
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			start := time.Now()
			events, err := stream(ctx, once(s), "hi")
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
				t.Errorf("%s: got %v after %s, want the deadline", name, err, time.Since(start))
			}
			if len(events) != tt.events {
				t.Errorf("%s: events: got %d, want %d", name, len(events), tt.events)
			}
		})
	}
}

func TestStallsOfUnaryAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := NewPipeServer()
		defer s.Close()
		s.Queue(Text("a").CutAt(10, Stall))
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_, err := once(s).Converse(ctx, &bedrockruntime.ConverseInput{ModelId: aws.String(model), Messages: user("hi")})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
	})
}

func TestExceptionHasItsType(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Queue(Throttle())
	_, err := converse(once(s), "hi")
	var throttling *types.ThrottlingException
	if !errors.As(err, &throttling) || throttling.ErrorMessage() != "Too many requests, please wait before trying again." {
		t.Errorf("got %v", err)
	}
}
