package bedrock

import (
	"context"
	"errors"
	"io"
	"iter"
	"net"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/bedrock/internal/frame"
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
		if p.body, ok = resp.Body.(*guardedBody); !ok {
			err = errors.New("the stream's body was replaced by a middleware of the caller's")
		}
	}
	return out, md, err
}

// sdkStream is one of the SDK's streams.
type sdkStream[Event any] interface {
	Events() <-chan Event
	Err() error
	Close() error
}

// source is what this package's streams read from: frames, or the SDK's events.
type source[Event any] struct {
	body   *guardedBody
	sdk    sdkStream[Event] // nil: frames
	fail   func(error) error
	err    error // sticky; io.EOF after a complete end
	closed atomic.Bool
}

// open makes p's response a source. sdk is nil when p took the place of it.
func (p *pull) open(c *Client, op, model string, start time.Time) (body *guardedBody, fail func(error) error) {
	return p.body, func(err error) error {
		k := p.body.call
		if k == nil {
			return c.fail(op, model, start, err)
		}
		e := k.report(err)
		e.Events = p.body.events
		if e.RequestID == "" {
			e.RequestID = p.body.requestID
		}
		if err != net.ErrClosed {
			k.logFailure(e)
		}
		return e
	}
}

// next returns the next frame; with an SDK stream, the next event. The error is
// final, io.EOF at a complete end.
func (s *source[Event]) next() (f frame.Frame, event Event, err error) {
	switch {
	case s.err != nil:
		return f, event, s.err
	case s.closed.Load():
		err = net.ErrClosed
	case s.sdk == nil:
		f, err = s.body.nextFrame()
	default:
		event, err = nextEvent(s.sdk)
	}
	if err != nil {
		err = s.end(err)
	}
	return f, event, err
}

func nextEvent[Event any](s sdkStream[Event]) (event Event, err error) {
	event, ok := <-s.Events()
	if ok {
		return event, nil
	}
	if err := s.Err(); err != nil {
		return event, err
	}
	return event, io.EOF
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

// Close ends the stream and frees its connection. A loop that waits on it ends with
// [net.ErrClosed]. It is needed only for a stream that is not read to its end, and
// does no harm after it. The error is always nil.
func (s *source[Event]) Close() error {
	s.closed.Store(true)
	if s.sdk != nil {
		s.sdk.Close()
	}
	s.body.Close()
	return nil
}

// each makes an iterator of a stream's next function, which returns io.EOF at the
// end, and closes the stream when the loop is left.
func each[T any](s io.Closer, next func() (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		left := true
		defer func() { // by break, return, or a panic
			if left {
				s.Close()
			}
		}()
		for {
			v, err := next()
			if err == io.EOF {
				left = false
				return
			}
			if !yield(v, err) || err != nil {
				left = err == nil
				return
			}
		}
	}
}
