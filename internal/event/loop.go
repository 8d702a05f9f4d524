package event

import (
	"io"
	"iter"
)

// Stream is one of the SDK's streams.
type Stream[Event any] interface {
	Events() <-chan Event
	Err() error
	Close() error
}

// Next returns the next event of a stream, io.EOF at its end.
func Next[Event any](s Stream[Event]) (event Event, err error) {
	event, ok := <-s.Events()
	if ok {
		return event, nil
	}
	if err := s.Err(); err != nil {
		return event, err
	}
	return event, io.EOF
}

// Each makes an iterator of a stream's next function, which returns io.EOF at the
// end, and closes the stream when the loop is left.
func Each[T any](s io.Closer, next func() (T, error)) iter.Seq2[T, error] {
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
