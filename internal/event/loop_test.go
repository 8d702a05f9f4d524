package event

import (
	"errors"
	"io"
	"slices"
	"testing"
)

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
		for v, err := range Each(s, s.next) {
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
	for range Each(s, s.next) {
		break
	}
	if s.closed != 1 {
		t.Errorf("got %d times closed after a break, want 1", s.closed)
	}
	func() {
		defer func() { recover() }()
		for range Each(s, s.next) {
			panic("in the loop")
		}
	}()
	if s.closed != 2 {
		t.Errorf("got %d times closed after a panic, want 2", s.closed)
	}
	for range Each(s, s.next) { // it goes on
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
		if v, err := Next(s); v != 7 || err != nil {
			t.Errorf("got %d, %v, want 7", v, err)
		}
		want := end
		if end == nil {
			want = io.EOF
		}
		if _, err := Next(s); err != want {
			t.Errorf("got %v at the end, want %v", err, want)
		}
	}
}
