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
				taken := make([]int, tt.n)
				inParallel(tt.n, tt.limit, func(i int) int {
					running := now.Add(1)
					for m := most.Load(); running > m && !most.CompareAndSwap(m, running); m = most.Load() {
					}
					time.Sleep(time.Second)
					ran[i]++
					now.Add(-1)
					return i * i
				}, func(i, square int) bool {
					taken[i] += square + 1
					return true
				})
				for i, times := range ran {
					if times != 1 || taken[i] != i*i+1 {
						t.Errorf("%d ran %d times, and %d was taken of it", i, times, taken[i])
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
			inParallel(n, 2, func(i int) bool {
				if i == 0 {
					panic(cause)
				}
				time.Sleep(time.Millisecond)
				ended.Add(1)
				return true
			}, func(int, bool) bool { return true })
			t.Error("no panic")
		})
	}
}

func TestValueOfAPanicNeedNotBeAnError(t *testing.T) {
	t.Parallel()
	defer func() {
		if err, ok := recover().(error); !ok || !strings.HasPrefix(err.Error(), "42\n") {
			t.Errorf("got %v, want 42", err)
		}
	}()
	inParallel(2, 2, func(int) int { panic(42) }, func(int, int) bool { return true })
}

func TestGoexitIsTheCallers(t *testing.T) {
	t.Parallel()
	var wait sync.WaitGroup
	left := true
	wait.Add(1)
	go func() {
		defer wait.Done()
		inParallel(2, 2, func(int) (none int) { runtime.Goexit(); return }, func(int, int) bool { return true })
		left = false
	}()
	wait.Wait()
	if !left {
		t.Error("the caller went on")
	}
}

// After take has said that it is enough, and after its panic, nothing is begun and nothing left.
func TestNoMoreAreBegunWhenItIsEnough(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 3} {
		for _, panics := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				var ran, ended atomic.Int64
				func() {
					defer func() { recover() }()
					inParallel(10, limit, func(i int) int {
						ran.Add(1)
						time.Sleep(time.Duration(i+1) * time.Second)
						ended.Add(1)
						return i
					}, func(int, int) bool {
						if panics {
							panic("enough")
						}
						return false
					})
				}()
				if ran.Load() != int64(limit) || ended.Load() != ran.Load() {
					t.Errorf("at most %d at once, panic %v: %d were begun and %d ended, want %d", limit, panics, ran.Load(), ended.Load(), limit)
				}
			})
		}
	}
}
