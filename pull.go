package bedrock

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/bedrock/internal/event"
	"example.com/bedrock/internal/frame"
	"example.com/bedrock/internal/null"
)

// pull takes the place of the middleware that starts the SDK's stream, and keeps the
// guarded body for a reader without goroutines. With an SDK that has no such
// middleware, the SDK's stream is read, under the same guard.
type pull struct{ body *guardedBody }

const sdkStreamID = "OperationEventStreamDeserializer"

func (*pull) ID() string { return "BedrockStream" }

func (p *pull) option(o *bedrockruntime.Options) {
	o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
		if _, err := s.Deserialize.Swap(sdkStreamID, p); err == nil {
			return nil
		}
		return s.Deserialize.Add(p, middleware.Before)
	})
}

func (p *pull) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, md, err := next.HandleDeserialize(ctx, in)
	if resp, ok := out.RawResponse.(*smithyhttp.Response); ok && err == nil {
		if p.body, ok = resp.Body.(*guardedBody); !ok && resp.Body != nil {
			resp.Body.Close()
		}
	}
	return out, md, err
}

// check reports whether there is a stream to read.
func (p *pull) check(err error) error {
	if err == nil && p.body == nil {
		return errors.New("a middleware of the caller's answered in place of the service, or replaced the stream's body")
	}
	return err
}

// source is what this package's streams read from: frames, or the SDK's events.
type source[Event any] struct {
	body   *guardedBody
	sdk    event.Stream[Event] // nil: frames
	fail   func(error) error
	err    error       // sticky; io.EOF after a complete end
	closed atomic.Bool // by the reader; an SDK stream closes the body by itself too
}

// open begins reading p's response. sdk is nil where p took the place of the SDK's stream.
func (s *source[Event]) open(p *pull, sdk event.Stream[Event]) {
	s.body = p.body
	if !null.Is(sdk) {
		s.sdk = sdk
	}
	s.fail = func(err error) error {
		f := failureOf(err)
		if f == nil { // closed by the reader
			f = &failure{err: err, by: byReply, message: err.Error()}
			p.body.failed(f)
			return p.body.call.report(f, f)
		}
		e := p.body.call.report(f, err)
		p.body.call.logFailure(e)
		return e
	}
}

// next returns the next frame; with an SDK stream, the next event. The error is
// final, io.EOF at a complete end.
func (s *source[Event]) next() (f frame.Frame, e Event, err error) {
	switch {
	case s.err != nil:
		return f, e, s.err
	case s.closed.Load():
		err = net.ErrClosed
	case s.sdk == nil:
		f, err = s.body.nextFrame()
	default:
		e, err = event.Next(s.sdk)
	}
	if err != nil {
		err = s.end(err)
	}
	return f, e, err
}

// end ends the stream for good, with io.EOF or an error.
func (s *source[Event]) end(err error) error {
	if err != io.EOF {
		err = s.fail(err)
	}
	s.err = err
	s.Close()
	return err
}

// Close may be called by any goroutine, while another waits in next.
func (s *source[Event]) Close() error {
	s.closed.Store(true)
	if s.sdk != nil {
		s.sdk.Close()
	}
	s.body.Close()
	return nil
}
