package bedrock

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// inParallel calls do for 0 to n-1, at most limit at once, and take for each result, in
// the caller's goroutine and as the results come. After take has returned false no more
// calls are begun. However it ends, no call is under way any more. Of a do that panics or
// leaves by [runtime.Goexit] it makes the caller do the same.
func inParallel[T any](n, limit int, do func(i int) T, take func(i int, result T) bool) {
	if n == 1 || limit <= 1 {
		for i := range n {
			if !take(i, do(i)) {
				return
			}
		}
		return
	}
	ends, begun, running := make(chan ended[T]), 0, 0
	defer func() { // also after a panic of take
		for ; running > 0; running-- {
			<-ends
		}
	}()
	var left *ended[T] // the first that didn't return
	for more := true; ; {
		for ; more && begun < n && running < limit; begun++ {
			running++
			go ended[T]{i: begun}.run(do, ends)
		}
		if running == 0 {
			break
		}
		e := <-ends
		running--
		switch {
		case !e.returned && left == nil:
			left, more = &e, false
		case left == nil:
			more = take(e.i, e.result) && more
		}
	}
	switch {
	case left == nil:
	case left.panicked != nil:
		panic(left.panicked)
	default:
		runtime.Goexit()
	}
}

// ended is how one call ended.
type ended[T any] struct {
	i        int
	result   T
	returned bool
	panicked error
}

func (e ended[T]) run(do func(int) T, ends chan<- ended[T]) {
	defer func() {
		if v := recover(); v != nil {
			e.panicked = panicError(v)
		}
		ends <- e
	}()
	e.result = do(e.i)
	e.returned = true
}

// panicError is what a function panicked with, and where. It wraps a value that is an error.
func panicError(value any) error {
	if err, ok := value.(error); ok {
		return fmt.Errorf("%w\n\n%s", err, debug.Stack())
	}
	return fmt.Errorf("%v\n\n%s", value, debug.Stack())
}
