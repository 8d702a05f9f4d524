package bedrock

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// inParallel calls fn for 0 to n-1, at most limit at once, and returns when all have ended. Of
// one that panics or leaves by [runtime.Goexit] it makes the caller do the same, when
// those under way have ended; no more are begun then.
func inParallel(n, limit int, fn func(i int)) {
	if n == 1 || limit <= 1 {
		for i := range n {
			fn(i)
		}
		return
	}
	var g parallelGroup
	var next atomic.Int64
	for range min(n, limit) {
		g.wait.Add(1)
		go func() {
			defer g.wait.Done()
			for i := int(next.Add(1)) - 1; i < n && !g.over(); i = int(next.Add(1)) - 1 {
				g.run(fn, i)
			}
		}()
	}
	g.wait.Wait()
	switch {
	case g.panicked != nil:
		panic(g.panicked)
	case g.exited:
		runtime.Goexit()
	}
}

type parallelGroup struct {
	wait     sync.WaitGroup
	mu       sync.Mutex
	panicked *toolPanic // the first
	exited   bool
}

func (g *parallelGroup) over() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.panicked != nil || g.exited
}

func (g *parallelGroup) run(fn func(int), i int) {
	returned := false
	defer func() {
		if returned {
			return
		}
		v := recover()
		g.mu.Lock()
		defer g.mu.Unlock()
		switch {
		case v == nil:
			g.exited = true
		case g.panicked == nil:
			g.panicked = &toolPanic{v, debug.Stack()}
		}
	}()
	fn(i)
	returned = true
}

// toolPanic is what a function panicked with, and where.
type toolPanic struct {
	Value any
	Stack []byte
}

func (p *toolPanic) Error() string { return fmt.Sprintf("%v\n\n%s", p.Value, p.Stack) }

// Unwrap returns the value if it is an error.
func (p *toolPanic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}
