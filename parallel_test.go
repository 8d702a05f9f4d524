package bedrock

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestEachRunsAllWithinTheBound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ n, limit, most int }{{0, 3, 0}, {1, 3, 1}, {5, 1, 1}, {5, 0, 1}, {5, 3, 3}, {3, 9, 3}} {
		t.Run(fmt.Sprint(tt), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var now, most atomic.Int64
				ran := make([]int, tt.n)
				inParallel(tt.n, tt.limit, func(i int) {
					running := now.Add(1)
					for m := most.Load(); running > m && !most.CompareAndSwap(m, running); m = most.Load() {
					}
					time.Sleep(time.Second)
					ran[i]++
					now.Add(-1)
				})
				for i, times := range ran {
					if times != 1 {
						t.Errorf("%d ran %d times", i, times)
					}
				}
				if got := most.Load(); got != int64(tt.most) {
					t.Errorf("%d at once, want %d", got, tt.most)
				}
			})
		})
	}
}

func TestPanicIsTheCallers(t *testing.T) {
	t.Parallel()
	cause := errors.New("boom")
	for _, n := range []int{1, 4} {
		synctest.Test(t, func(t *testing.T) {
			ended := atomic.Int64{}
			defer func() {
				err, ok := recover().(error)
				if !ok || !errors.Is(err, cause) {
					t.Errorf("%d: got %v, want the panic", n, err)
				}
				if n > 1 && (!strings.Contains(err.Error(), "boom") || !strings.Contains(err.Error(), "parallel_test.go")) {
					t.Errorf("%d: got %v, want value and stack", n, err)
				}
				if got := ended.Load(); n > 1 && got > 1 {
					t.Errorf("%d went on after the panic", got)
				}
			}()
			inParallel(n, 2, func(i int) {
				if i == 0 {
					panic(cause)
				}
				time.Sleep(time.Millisecond)
				ended.Add(1)
			})
			t.Error("no panic")
		})
	}
}

func TestValueOfAPanicNeedNotBeAnError(t *testing.T) {
	t.Parallel()
	defer func() {
		if p, ok := recover().(*toolPanic); !ok || p.Value != 42 || p.Unwrap() != nil {
			t.Errorf("got %v, want 42", p)
		}
	}()
	inParallel(2, 2, func(int) { panic(42) })
}

func TestGoexitIsTheCallers(t *testing.T) {
	t.Parallel()
	var wait sync.WaitGroup
	left := true
	wait.Add(1)
	go func() {
		defer wait.Done()
		inParallel(2, 2, func(int) { runtime.Goexit() })
		left = false
	}()
	wait.Wait()
	if !left {
		t.Error("the caller went on")
	}
}
