package js

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestRuntimeWeight: a runtime weighs what the pool reckons with, or less.
func TestRuntimeWeight(t *testing.T) {
	e := engine(t, Options{})
	check(t, e, "return 1", "1", "1") // what all runtimes share is there
	const many = 16
	kept := make([]*machine, many)
	before := lasts()
	for i := range kept {
		kept[i] = newMachine(e)
	}
	grown := lasts() - before
	runtime.KeepAlive(kept)
	t.Logf("%d KiB", grown/many>>10)
	if grown/many > weight {
		t.Errorf("a runtime weighs %d KiB; the pool reckons with %d", grown/many>>10, weight>>10)
	}
}

// lasts returns the bytes in objects that are in use.
func lasts() uint64 {
	runtime.GC()
	runtime.GC()
	return heap()
}

// TestPoolFollowsMemory: the pool grows as far as the memory for scripts allows, no
// further when there is less of it, and gives back what is no longer allowed.
func TestPoolFollowsMemory(t *testing.T) {
	var memory atomic.Uint64
	memory.Store(1 << 40)
	e := engine(t, Options{Runtimes: 2, MaxInFlight: 1, Memory: memory.Load})
	check(t, e, "return 1", "1", "1")
	var held []*Lease
	hold := func(wait time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		defer cancel()
		l, err := e.Lease(ctx, Run{})
		if err == nil {
			held = append(held, l)
		}
		return err
	}
	const many = 70 // more than a fixed number used to allow
	for range many {
		if err := hold(time.Minute); err != nil {
			t.Fatalf("with %d runtimes: %v", len(held), err)
		}
	}
	if s := e.Stats(); s.Runtimes < many || s.InFlight != many {
		t.Fatalf("stats: %+v, want %d runtimes", s, many)
	}

	memory.Store(share * weight * many / 2) // half as many
	if err := hold(20 * time.Millisecond); err == nil {
		t.Error("the pool grew although there is no memory for it")
	}
	for _, l := range held {
		_ = l.Close()
	}
	if s := e.Stats(); s.Runtimes != many/2 || s.InFlight != 0 {
		t.Errorf("stats: %+v, want %d runtimes", s, many/2)
	}
	memory.Store(1) // however little there is, scripts run
	check(t, e, "return 1", "1", "1")
	held = nil
	for range 2 {
		if err := hold(time.Minute); err != nil {
			t.Error(err)
		}
	}
	if err := hold(20 * time.Millisecond); err == nil {
		t.Error("the pool grew although there is no memory for it")
	}
	for _, l := range held {
		_ = l.Close()
	}
	if s := e.Stats(); s.Runtimes != 2 {
		t.Errorf("stats: %+v, want the 2 that are always there", s)
	}
}

// TestPoolLetsGo: once a runtime was thrown away, what scripts last worked on in the
// others is given back too.
func TestPoolLetsGo(t *testing.T) {
	const many, size = 4, 16 << 20
	var limit atomic.Int64
	limit.Store(int64(time.Minute))
	e := engine(t, Options{Runtimes: many, MaxInFlight: 1, CallTime: func() time.Duration { return time.Duration(limit.Load()) }})
	everywhere := func(source string) {
		script := compile(t, e, source)
		var all sync.WaitGroup
		for range many { // each in another runtime, as each is held until all ended
			l, err := e.Lease(t.Context(), Run{})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			p, err := l.Move(t.Context(), []string{"msg"}, func(string) any { return int64(1) })
			if err != nil {
				t.Fatal(err)
			}
			all.Go(func() {
				if err := l.Call(t.Context(), script, p); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	everywhere("return 1")
	before := lasts()
	everywhere("function f(n, text) { return n ? f(n - 1, text) : text.length } return f(50, 'я'.repeat(8e6))")
	if kept := lasts() - before; kept < 2*size {
		t.Fatalf("nothing is held that could be let go: %d MiB", kept>>20)
	}
	limit.Store(int64(100 * time.Millisecond))
	if err := attempt(e, "endless", "for (;;) {}"); err == nil {
		t.Fatal("it ended")
	}
	for deadline := time.Now().Add(time.Minute); lasts() > before+size; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d MiB are held", (lasts()-before)>>20)
		}
	}
}
