// Package parallel runs functions side by side, with a bound.
package parallel

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Each calls fn for 0 to n-1, at most limit at once, and returns when all have ended. Of
// one that panics or leaves by [runtime.Goexit] it makes the caller do the same, when
// those under way have ended; no more are begun then.
func Each(n, limit int, fn func(i int)) {
	if n == 1 || limit <= 1 {
		for i := range n {
			fn(i)
		}
		return
	}
	var g group
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

type group struct {
	wait     sync.WaitGroup
	mu       sync.Mutex
	panicked *Panic // the first
	exited   bool
}

func (g *group) over() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.panicked != nil || g.exited
}

func (g *group) run(fn func(int), i int) {
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
			g.panicked = &Panic{v, debug.Stack()}
		}
	}()
	fn(i)
	returned = true
}

// Panic is what a function panicked with, and where.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("%v\n\n%s", p.Value, p.Stack) }

// Unwrap returns the value if it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}
