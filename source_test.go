package bedrock

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/schemas"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/eventstream"
	"github.com/aws/smithy-go/transport/http/protocol/restjson1"

	"example.com/bedrock/internal/frame"
)

// encode returns a frame of headers, names and values in turn, and a payload.
func encode(t *testing.T, payload string, headers ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	m := eventstream.Message{Payload: []byte(payload)}
	for i := 0; i < len(headers); i += 2 {
		m.Headers.Set(headers[i], eventstream.StringValue(headers[i+1]))
	}
	if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecodeReturnsEventsAndExceptions(t *testing.T) {
	t.Parallel()
	raw := encode(t, `{"role":"assistant"}`, ":message-type", "event", ":event-type", "messageStart")
	exception := encode(t, `{"message":"slower"}`, ":message-type", "exception", ":exception-type", "throttlingException")
	d := newEventDecoder(schemas.ConverseStreamOutput)
	for range 2 { // a decoder serves a whole stream
		v, err := d.Decode(frame.Frame{Raw: raw})
		if start, ok := v.(*types.MessageStartEvent); err != nil || !ok || start.Role != types.ConversationRoleAssistant {
			t.Errorf("got %#v, %v, want the start of a message", v, err)
		}
		var throttled *types.ThrottlingException
		if v, err := d.Decode(frame.Frame{Raw: exception}); !errors.As(err, &throttled) {
			t.Errorf("got %#v, %v, want a ThrottlingException", v, err)
		}
	}
	if v, err := d.Decode(frame.Frame{}); err == nil || err == io.EOF {
		t.Errorf("got %#v, %v of nothing, want an error that doesn't end a stream", v, err)
	}
}

func TestProtocolDecodesAndEncodesAsTheSDKs(t *testing.T) {
	t.Parallel()
	p := eventProtocol{restjson1.New(nil)}
	raw := encode(t, `{"role":"assistant"}`, ":message-type", "event", ":event-type", "messageStart")
	v, err := p.DeserializeEventMessage(schemas.ConverseStreamOutput, bedrockruntime.TypeRegistry, bytes.NewReader(raw))
	if start, ok := v.(*types.MessageStartEvent); err != nil || !ok || start.Role != types.ConversationRoleAssistant {
		t.Errorf("got %#v, %v, want the start of a message", v, err)
	}
	var ours, theirs bytes.Buffer
	part := &types.BidirectionalInputPayloadPart{Bytes: []byte("a")}
	union, variant := schemas.InvokeModelWithBidirectionalStreamInput, schemas.BidirectionalInputPayloadPart
	if err := p.SerializeEventMessage(union, variant, part, &ours); err != nil {
		t.Fatal(err)
	}
	if err := restjson1.New(nil).SerializeEventMessage(union, variant, part, &theirs); err != nil || !bytes.Equal(ours.Bytes(), theirs.Bytes()) {
		t.Errorf("got %q, want %q, %v", ours.Bytes(), theirs.Bytes(), err)
	}
}

var errBroken = errors.New("broken")

// numbers counts down from n to an error.
type numbers struct {
	n      int
	err    error
	closed int
}

func (s *numbers) Close() error { s.closed++; return nil }

func (s *numbers) next() (int, error) {
	if s.n == 0 {
		return 0, s.err
	}
	s.n--
	return s.n, nil
}

func TestEachYieldsAllAndOneError(t *testing.T) {
	t.Parallel()
	for _, end := range []error{io.EOF, errBroken} {
		s := &numbers{n: 3, err: end}
		var got []int
		var errs []error
		for v, err := range each(s, s.next) {
			if err != nil {
				errs = append(errs, err)
				continue
			}
			got = append(got, v)
		}
		if !slices.Equal(got, []int{2, 1, 0}) || (end == io.EOF) != (errs == nil) || len(errs) > 1 || s.closed != 0 {
			t.Errorf("%v: got %v, %v, closed %d times, want all and the error, and no Close", end, got, errs, s.closed)
		}
	}
}

func TestEachClosesWhatIsLeft(t *testing.T) {
	t.Parallel()
	s := &numbers{n: 3, err: io.EOF}
	for range each(s, s.next) {
		break
	}
	if s.closed != 1 {
		t.Errorf("got %d times closed after a break, want 1", s.closed)
	}
	func() {
		defer func() { recover() }()
		for range each(s, s.next) {
			panic("in the loop")
		}
	}()
	if s.closed != 2 {
		t.Errorf("got %d times closed after a panic, want 2", s.closed)
	}
	for range each(s, s.next) { // it goes on
	}
	if s.n != 0 || s.closed != 2 {
		t.Errorf("got %d left, closed %d times, want the rest read", s.n, s.closed)
	}
}

type channel struct {
	events chan int
	err    error
}

func (c channel) Events() <-chan int { return c.events }
func (c channel) Err() error         { return c.err }
func (c channel) Close() error       { return nil }

func TestNextReadsAStreamOfTheSDKs(t *testing.T) {
	t.Parallel()
	for _, end := range []error{nil, errBroken} {
		s := channel{make(chan int, 1), end}
		s.events <- 7
		close(s.events)
		r := sdkReader[int]{s}
		if _, v, err := r.next(); v != 7 || err != nil {
			t.Errorf("got %d, %v, want 7", v, err)
		}
		want := end
		if end == nil {
			want = io.EOF
		}
		if _, _, err := r.next(); err != want {
			t.Errorf("got %v at the end, want %v", err, want)
		}
	}
}
