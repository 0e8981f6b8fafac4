package js

import (
	"context"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dop251/goja"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

// stubborn gives a payload the member stick, a native function that looks at nothing
// until release is closed.
func stubborn(p *Payload, release <-chan struct{}) (entered chan struct{}) {
	entered = make(chan struct{}, 8)
	_ = p.object.Set("stick", p.seat.machine.vm.ToValue(func(goja.FunctionCall) goja.Value {
		entered <- struct{}{}
		<-release
		return goja.Undefined()
	}))
	return entered
}

// TestStuck: who waits for a turn that ignores its interrupt is answered, whatever asked
// for the turn, and what it does later changes nothing of his.
func TestStuck(t *testing.T) {
	for name, source := range map[string]string{
		"call":   "payload.stick()",
		"await":  "await new Promise(r => setTimeout(r, 1)); payload.stick()",
		"result": "return { toJSON() { payload.stick() } }",
	} {
		t.Run(name, func(t *testing.T) {
			var callTime atomic.Int64
			callTime.Store(int64(limit.RunTime))
			e := engine(t, Options{CallTime: func() time.Duration { return time.Duration(callTime.Load()) }})
			release := make(chan struct{})
			l, p := lease(t, e, Run{}, `{"a": 1}`)
			stubborn(p, release)
			s := compile(t, e, source)
			callTime.Store(int64(50 * time.Millisecond))
			err := l.Call(t.Context(), s, p)
			if err == nil {
				_, err = p.AppendJSON(nil, "")
			}
			if f, ok := fault.As(err); !ok || f.Code != "script_time" {
				t.Errorf("%v, want script_time", err)
			}
			if s := e.Stats(); s.Stuck != 1 || s.StuckNow != 1 || s.Discarded != 1 {
				t.Errorf("stats: %+v", s)
			}
			callTime.Store(int64(limit.RunTime))
			_ = p.Fork()
			if _, _, err := p.Get("msg"); err == nil || !strings.Contains(err.Error(), "another script") {
				t.Errorf("the payload is still there: %v", err)
			}
			_ = l.Close()
			check(t, e, "return msg", "7", "7") // the next run finds another runtime
			close(release)
			for deadline := time.Now().Add(limit.RunTime); e.Stats().StuckNow > 0; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("the turn goes on")
				}
			}
		})
	}
}

// TestStuckRunEnds: the end of the run answers who waits for a turn; the runtime goes on
// when the turn ends in time.
func TestStuckRunEnds(t *testing.T) {
	e := engine(t, Options{CallTime: lasting(limit.RunTime)})
	release := make(chan struct{})
	l, p := lease(t, e, Run{}, `{"a": 1}`)
	entered := stubborn(p, release)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-entered; cancel() }()
	err := l.Call(ctx, compile(t, e, "payload.stick(); return 2"), p)
	if f, ok := fault.As(err); !ok || f.Code != "timeout" {
		t.Errorf("%v, want timeout", err)
	}
	close(release)
	_ = l.Close()
	check(t, e, "return msg", "1", "1")
	if s := e.Stats(); s.Discarded != 0 || s.Stuck != 0 {
		t.Errorf("stats: %+v", s)
	}
}

// TestMostStuck: while too many turns do not stop, no more are begun.
func TestMostStuck(t *testing.T) {
	e := engine(t, Options{CallTime: lasting(20 * time.Millisecond)})
	release := make(chan struct{})
	for range mostStuck {
		l, p := lease(t, e, Run{}, "1")
		stubborn(p, release)
		if err := l.Call(t.Context(), compile(t, e, "payload.stick()"), p); err == nil {
			t.Fatal("no error")
		}
		_ = l.Close()
	}
	_, err := e.Lease(t.Context(), Run{})
	if f, ok := fault.As(err); !ok || f.Code != "scripts_stuck" || f.Kind != fault.Unavailable {
		t.Errorf("%v, want scripts_stuck", err)
	}
	close(release)
	for deadline := time.Now().Add(limit.RunTime); ; time.Sleep(time.Millisecond) {
		if l, err := e.Lease(t.Context(), Run{}); err == nil {
			_ = l.Close()
			return
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// TestStuckGivesBack: what a turn held that ends long after its interrupt goes back to
// the machine, though nothing else happens.
func TestStuckGivesBack(t *testing.T) {
	collections := func() uint64 {
		s := []metrics.Sample{{Name: "/gc/cycles/forced:gc-cycles"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	until := func(what string, ok func() bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s; the heap has %d MiB", what, heap()>>20)
			}
		}
	}
	e := engine(t, Options{CallTime: lasting(time.Second)})
	release := make(chan struct{})
	tidied := collections()
	t.Run("call", func(t *testing.T) { // with its end goes what holds the lease
		l, p := lease(t, e, Run{}, `{"a": 1}`)
		stubborn(p, release)
		if err := l.Call(t.Context(), compile(t, e, "const held = new Uint8Array(60 << 20); payload.stick(); return held[0]"), p); err == nil {
			t.Error("no error")
		}
	})
	until("nothing was given back when the runtime was thrown away", func() bool { return collections() > tidied })
	runtime.GC()
	held := heap()
	close(release)
	until("the turn's memory is still held", func() bool { return heap() < held-(50<<20) })
}
