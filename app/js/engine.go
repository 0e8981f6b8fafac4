// Package js runs the JavaScript of flows: it compiles function bodies once and
// runs them in a pool of runtimes that many runs share, one at a time in each. A
// message that scripts work on lives in a runtime as native objects (Payload).
//
// Scripts are guarded: every way in which one could end the process, take its
// memory or keep others waiting is bounded, and a runtime in which a bound was
// hit is thrown away.
package js

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dlclark/regexp2/v2"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

// Options say how much an engine may use. Zero values choose the defaults.
type Options struct {
	// Runtimes are kept ready; twice the number of processors by default. More
	// are made while all are full, as many as Memory allows. MaxRuntimes, where it
	// is given, is the most there may be.
	Runtimes, MaxRuntimes int
	// MaxInFlight is how many runs share a runtime: 64 by default, 1 is strict.
	MaxInFlight int
	// MaxRuns is after how many runs a runtime is replaced (100,000).
	MaxRuns int
	// CallTime returns how long one call may run at present, its waiting apart; nil
	// is limit.ScriptTime.
	CallTime func() time.Duration
	// Memory returns the size of the heap in bytes above which a script that has been
	// running for a while is ended; nil or 0 is 80 % of the process's memory limit, or
	// 1 GiB when there is none. A part of it is what the runtimes themselves may take.
	Memory func() uint64
	// HTTP makes the requests of fetch; nil refuses them.
	HTTP     *http.Client
	Log      *slog.Logger
	Counters *limit.Counters
}

// Stats are figures of an engine.
type Stats struct {
	Runtimes  int    `json:"runtimes"`
	InFlight  int    `json:"inFlight"`
	Discarded uint64 `json:"discarded"` // runtimes thrown away after a bound was hit
	Stuck     uint64 `json:"stuck"`     // turns that ignored their interrupt
	StuckNow  int64  `json:"stuckNow"`
}

// Engine compiles scripts and keeps the runtimes that run them.
type Engine struct {
	options Options
	workers sync.WaitGroup
	warm    sync.Once

	mu      sync.Mutex
	pool    []*machine
	spare   *machine // prepared beforehand
	making  int      // machines being made
	waiters []chan struct{}
	closed  bool
	broken  bool        // a machine could not be made
	tidy    *time.Timer // gives memory back
	renewed uint64      // discarded, when the machines were last renewed

	discarded, stuck atomic.Uint64
	stuckNow         atomic.Int64

	errands chan *errand
	idle    atomic.Int32  // goroutines that wait for an errand
	closing chan struct{} // closed by Close
}

var matchTimeout sync.Once

// New returns an engine. Its runtimes are made in the background once there is a
// script to run: who has none pays for none.
func New(o Options) *Engine {
	o.defaults()
	matchTimeout.Do(func() {
		regexp2.DefaultMatchTimeout = matchTime + matchLag
		regexp2.SetTimeoutCheckPeriod(matchClock)
	})
	return &Engine{options: o, errands: make(chan *errand), closing: make(chan struct{})}
}

func (e *Engine) callTime() time.Duration { return e.options.CallTime() }

// prepareAll makes the first machines and a spare one in the background.
func (e *Engine) prepareAll() {
	e.giveBack() // what making them takes
	e.mu.Lock()
	defer e.mu.Unlock()
	for range e.options.Runtimes + 1 {
		e.prepare()
	}
}

func (o *Options) defaults() {
	or := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	or(&o.Runtimes, 2*runtime.GOMAXPROCS(0))
	or(&o.MaxRuntimes, math.MaxInt)
	o.Runtimes = min(o.Runtimes, o.MaxRuntimes)
	or(&o.MaxInFlight, 64)
	or(&o.MaxRuns, 100_000)
	if o.CallTime == nil {
		o.CallTime = func() time.Duration { return limit.ScriptTime }
	}
	most := uint64(1 << 30)
	if l := debug.SetMemoryLimit(-1); l > 0 && l < 1<<60 {
		most = uint64(l) / 5 * 4
	}
	chosen := o.Memory
	o.Memory = func() uint64 {
		if chosen != nil {
			if n := chosen(); n > 0 {
				return n
			}
		}
		return most
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Counters == nil {
		o.Counters = &limit.Counters{}
	}
}

// Close ends the engine: waiting runs are refused, running ones are interrupted.
// It returns when what it made in the background is there; goroutines without a turn
// end, those with one end with it.
func (e *Engine) Close() error {
	e.mu.Lock()
	if !e.closed {
		close(e.closing)
	}
	e.closed = true
	if e.tidy != nil {
		e.tidy.Stop()
	}
	pool := e.pool
	e.pool, e.spare = nil, nil
	e.wake()
	e.mu.Unlock()
	for _, m := range pool {
		m.kill(stopped)
	}
	e.workers.Wait()
	return nil
}

// Stats returns the engine's figures.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := Stats{Runtimes: len(e.pool), Discarded: e.discarded.Load(), Stuck: e.stuck.Load(), StuckNow: e.stuckNow.Load()}
	for _, m := range e.pool {
		s.InFlight += m.inFlight
	}
	return s
}

// prepare makes a machine in the background; e.mu is held.
func (e *Engine) prepare() {
	if n := len(e.pool) + e.making; e.closed || n > e.options.MaxRuntimes || n > e.options.Runtimes && !e.affords(n) {
		return
	}
	e.making++
	e.workers.Add(1)
	fault.Go(e.options.Log, "script runtime", func() {
		defer e.workers.Done()
		var m *machine
		defer func() {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.making--
			switch {
			case m == nil:
				e.broken = true
			case !e.closed:
				e.add(m)
			}
			e.wake()
		}()
		m = newMachine(e)
	})
}

// What the pool may take: a runtime weighs some 600 KiB before it runs anything, and
// what programs leave in it comes on top. All of them get a part of the memory that
// scripts have; the rest is for what they work on.
const (
	weight = 2 << 20
	share  = 4
)

// affords reports whether there may be n runtimes; those that are kept ready always
// may.
func (e *Engine) affords(n int) bool {
	return n <= e.options.Runtimes || n <= e.options.MaxRuntimes && uint64(n) <= e.options.Memory()/share/weight //nolint:gosec // not below 0
}

// add puts a machine to use, or keeps it for the next that is thrown away; e.mu
// is held.
func (e *Engine) add(m *machine) {
	n := len(e.pool)
	switch {
	case n < e.options.Runtimes, len(e.waiters) > 0 && e.affords(n+1):
		e.pool = append(e.pool, m)
	case e.spare == nil:
		e.spare = m
	}
}

// wake lets everybody who waits for a machine look again; e.mu is held.
func (e *Engine) wake() {
	for _, w := range e.waiters {
		close(w)
	}
	e.waiters = nil
}

// mostStuck times the runtimes that are kept ready is how many turns that ignore their
// interrupt there may be: each takes a processor, and the memory of its script.
const mostStuck = 2

// acquire returns the machine with the fewest runs, counting one more on it.
func (e *Engine) acquire(ctx context.Context) (*machine, error) {
	for {
		e.mu.Lock()
		if e.closed {
			e.mu.Unlock()
			return nil, fault.New(fault.Unavailable, "The server is stopping.").WithCode("stopping")
		}
		if int(e.stuckNow.Load()) >= mostStuck*e.options.Runtimes {
			e.mu.Unlock()
			e.options.Counters.Refused("script_stuck")
			return nil, fault.New(fault.Unavailable, "Too many scripts do not stop; the next ones have to wait for them.").
				WithCode("scripts_stuck").After(time.Second)
		}
		var best *machine
		for _, m := range e.pool {
			if m.inFlight < e.options.MaxInFlight && (best == nil || m.crowd() < best.crowd()) {
				best = m
			}
		}
		if best != nil && best.held.Load() && len(e.pool) < e.options.Runtimes && !e.broken {
			best = nil // one that is being made is there sooner than a long turn ends
		}
		if best == nil && e.spare != nil && e.affords(len(e.pool)+1) {
			best = e.spare
			e.spare = nil
			e.pool = append(e.pool, best)
			e.prepare()
		}
		if best != nil {
			best.inFlight++
			best.runs++
			if best.runs >= e.options.MaxRuns {
				e.drop(best) // those on it finish
				e.prepare()
			}
			e.mu.Unlock()
			return best, nil
		}
		if e.broken {
			e.mu.Unlock()
			return nil, errors.New("a script runtime could not be made; the log says why")
		}
		if e.making == 0 {
			e.prepare()
		}
		w := make(chan struct{})
		e.waiters = append(e.waiters, w)
		e.mu.Unlock()
		select {
		case <-w:
		case <-ctx.Done():
			e.options.Counters.Refused("script_runtimes")
			return nil, fault.New(fault.Unavailable, "No script runtime became free in time.").WithCode("scripts_busy").Because(context.Cause(ctx))
		}
	}
}

// crowd is how many are ahead of one more run; who is behind a long turn is behind
// everybody. No more machines are made for that: the more long turns there are at
// once, the less of the processors is left for everything else. engine.mu is held.
func (m *machine) crowd() int {
	if m.held.Load() {
		return m.inFlight + m.engine.options.MaxInFlight
	}
	return m.inFlight
}

func (e *Engine) release(m *machine) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m.inFlight--
	if m.inFlight == 0 && !e.affords(len(e.pool)) { // there is less memory than when they were made
		excess := len(e.pool)
		e.pool = slices.DeleteFunc(e.pool, func(m *machine) bool {
			idle := m.inFlight == 0 && !e.affords(excess)
			if idle {
				excess--
			}
			return idle
		})
	}
	e.wake()
}

// drop takes a machine out of the pool, if it is there, and puts the spare one
// in its place; e.mu is held.
func (e *Engine) drop(m *machine) {
	for i, other := range e.pool {
		if other == m {
			e.pool = append(e.pool[:i], e.pool[i+1:]...)
			if e.spare != nil {
				e.pool = append(e.pool, e.spare)
				e.spare = nil
			}
			return
		}
	}
}

// discard replaces a machine in which a bound was hit.
func (e *Engine) discard(m *machine) {
	e.giveBack()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.discarded.Add(1)
	e.drop(m)
	e.prepare()
	e.wake()
}

// calm is how long no runtime has to be thrown away, and no turn in one to end, before
// what they held goes back to the machine.
const calm = 2 * time.Second

// giveBack returns memory to the machine in a while.
func (e *Engine) giveBack() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	if e.tidy != nil {
		e.tidy.Reset(calm)
		return
	}
	e.tidy = time.AfterFunc(calm, func() {
		defer fault.Recover(e.options.Log, "script memory")
		e.renew()
		debug.FreeOSMemory()
	})
}

// renew replaces the machines that ran something, once others were thrown away: a stack
// goes on holding what was last on it, however much that is, until something else comes
// to lie there. Runs on them go on.
func (e *Engine) renew() {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.discarded.Load()
	if n == e.renewed || e.closed {
		return
	}
	e.renewed = n
	for _, m := range slices.Clone(e.pool) {
		if m.runs > 0 {
			e.drop(m)
			e.prepare()
		}
	}
}

var heapSamples = sync.Pool{New: func() any {
	return &[]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
}}

// heap returns the bytes in objects and stacks, dead ones that no collection has
// found yet included.
func heap() uint64 {
	s := heapSamples.Get().(*[]metrics.Sample)
	defer heapSamples.Put(s)
	metrics.Read(*s)
	return (*s)[0].Value.Uint64() + (*s)[1].Value.Uint64()
}
