package js

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

// A machine is one runtime with what belongs to it. Who holds turn owns it.
type machine struct {
	engine *Engine
	vm     *goja.Runtime
	turn   chan struct{} // one token: in the channel while somebody owns the machine
	dead   chan struct{} // closed when it was thrown away
	stuck  chan struct{} // closed when its turn ignored its interrupt
	call   *call         // whose turn it is
	errand *errand       // and for whom, nil while he does it himself
	held   atomic.Bool   // the turn takes long: whoever can goes elsewhere

	functions map[*Script]goja.Callable
	patterns  map[string]float64 // what a long text costs with them
	matched   *goja.Object       // the regular expression that was reckoned last
	reckoned  int                // and the text
	builtins  builtins
	watch     watch
	joining   []*goja.Object // arrays that are being joined
	yielding  int            // generators that run, each inside the one before
	steps     int            // calls of guarded functions

	inFlight, runs int // under engine.mu
}

// functionsKept bounds the compiled functions a machine keeps; those of programs
// long replaced go with the rest.
const functionsKept = 4096

func newMachine(e *Engine) *machine {
	m := &machine{
		engine: e, vm: goja.New(),
		turn: make(chan struct{}, 1), dead: make(chan struct{}), stuck: make(chan struct{}),
		functions: map[*Script]goja.Callable{}, patterns: map[string]float64{},
	}
	m.watch.machine = m
	m.vm.SetMaxCallStackSize(limit.ScriptDepth)
	m.vm.SetParserOptions(parser.WithDisableSourceMaps) // they would be read from disk
	m.vm.SetRandSource(random)
	m.furnish()
	return m
}

// function returns the script's function in this machine.
func (m *machine) function(s *Script) (goja.Callable, error) {
	if f, ok := m.functions[s]; ok {
		return f, nil
	}
	v, err := m.vm.RunProgram(s.program)
	if err != nil {
		return nil, fmt.Errorf("script %s: %w", s.name, err)
	}
	f, ok := goja.AssertFunction(v)
	if !ok {
		return nil, fmt.Errorf("script %s is no function", s.name)
	}
	m.freeze(v.(*goja.Object)) // arguments.callee could carry something to the next run
	if p, ok := v.(*goja.Object).Get("prototype").(*goja.Object); ok {
		m.freeze(p)
	}
	if len(m.functions) >= functionsKept {
		clear(m.functions)
	}
	m.functions[s] = f
	return f, nil
}

// enter waits for the machine's turn.
func (m *machine) enter(ctx context.Context) error {
	select {
	case <-m.dead:
		return gone()
	default:
	}
	select {
	case m.turn <- struct{}{}:
	default:
		select {
		case m.turn <- struct{}{}:
		case <-m.dead:
			return gone()
		case <-ctx.Done():
			return overdue(ctx)
		}
	}
	select {
	case <-m.dead:
		<-m.turn
		return gone()
	default:
		return nil
	}
}

func (m *machine) leave() { <-m.turn }

// kill throws the machine away; runs on it are answered that it is gone.
func (m *machine) kill(why reason) {
	if m.watch.end(why) {
		close(m.dead)
		m.engine.discard(m)
	}
}

// gone is what runs are answered whose runtime was thrown away under them.
func gone() error {
	return fault.New(fault.Unavailable, "The script's runtime was stopped because of another script. Please try again.").WithCode("script_runtime_gone").After(time.Second)
}

func overdue(ctx context.Context) error {
	return fault.New(fault.Overdue, "The run's time was over while a script waited.").WithCode("timeout").Because(context.Cause(ctx))
}

// A reason is why a turn was interrupted.
type reason string

const (
	ran     reason = "time"
	memory  reason = "memory"
	depth   reason = "depth"
	crashed reason = "panic"
	stopped reason = "stop"
)

// How often a running turn is looked at, and how long one may go on after its
// interrupt before it counts as stuck.
const (
	beat  = 5 * time.Millisecond
	grace = 100 * time.Millisecond
)

// A watch ends turns that take too long or too much. Its timer is set by the
// first turn that finds it off and goes off by itself when nothing runs, so that
// short turns pay for a lock alone.
type watch struct {
	machine *machine
	timer   *time.Timer

	mu       sync.Mutex
	armed    bool
	run      string    // whose turn it is, for the log
	errand   *errand   // that the turn is, nil for none
	begun    time.Time // of the turn, zero between turns
	deadline time.Time
	base     uint64        // the heap when the turn was first looked at, 0 before
	why      reason        // set when the turn was interrupted
	late     bool          // and it went on
	excused  time.Duration // of the turn, what it is not to blame for
	over     bool          // the machine is thrown away
}

// begin starts to watch a turn.
func (w *watch) begin(run string, budget time.Duration) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.run, w.errand, w.begun, w.deadline, w.base, w.excused = run, w.machine.errand, now, now.Add(budget), 0, 0
	if w.armed {
		return
	}
	w.armed = true
	if w.timer == nil {
		w.timer = time.AfterFunc(beat, w.look)
	} else {
		w.timer.Reset(beat)
	}
}

// finish ends the watching; it returns how long the turn ran and why it was
// interrupted, "" when it was not.
func (w *watch) finish() (time.Duration, reason) {
	w.mu.Lock()
	defer w.mu.Unlock()
	took := time.Since(w.begun) - w.excused
	w.begun, w.errand = time.Time{}, nil
	w.machine.held.Store(false)
	if w.late {
		w.machine.engine.stuckNow.Add(-1)
		w.machine.engine.options.Log.Warn("script that ignored its interrupt ended", "ran", took)
	}
	return took, w.why
}

// end marks the machine as thrown away; it is true the first time. A turn that
// is running is interrupted.
func (w *watch) end(why reason) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return false
	}
	w.over = true
	if !w.begun.IsZero() && w.why == "" {
		w.why, w.deadline = why, time.Now()
		w.machine.vm.Interrupt(why)
	}
	return true
}

func (w *watch) look() {
	defer fault.Recover(w.machine.engine.options.Log, "script watch")
	if w.beat() {
		w.machine.kill(ran) // nobody gets it any more when its caller goes on
		close(w.machine.stuck)
	}
}

// beat looks at the running turn once; it is true when the turn ignores its
// interrupt.
func (w *watch) beat() (stuck bool) {
	e := w.machine.engine
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.begun.IsZero() || w.late {
		w.armed = false
		return false
	}
	now := time.Now()
	switch {
	case w.why != "":
		if now.Sub(w.deadline) >= grace {
			w.late = true
			e.stuck.Add(1)
			e.stuckNow.Add(1)
			e.options.Counters.Refused("script_stuck")
			e.options.Log.Error("script ignores its interrupt", "ran", now.Sub(w.begun), "run", w.run)
			return true
		}
	case now.After(w.deadline):
		w.interrupt(ran, now)
	case now.Sub(w.begun) >= beat:
		w.machine.held.Store(true)
		if w.errand != nil {
			select {
			case w.errand.long <- struct{}{}:
			default: // another turn of the same errand left it
			}
			w.errand = nil
		}
		if w.greedy() {
			w.interrupt(memory, now)
		}
	}
	w.timer.Reset(beat)
	return false
}

// growth is what the heap may grow by, in bytes, while one turn runs. However much
// memory there is: filling and clearing gigabytes keeps everybody waiting.
const growth = 256 << 20

// greedy reports whether the heap is too large, or grew too much since the turn
// was first looked at: steps that double a text are caught while they are short.
func (w *watch) greedy() bool {
	most, now := w.machine.engine.options.Memory(), heap()
	if w.base == 0 {
		w.base = now
	}
	return now > most || now > w.base+min(most/4, growth)
}

func (w *watch) interrupt(why reason, now time.Time) {
	w.why, w.deadline = why, now
	w.machine.engine.options.Counters.Refused("script_" + string(why))
	w.machine.vm.Interrupt(why)
}

// excuse gives the running turn back what a guard took of its time; once, so that it
// ends.
func (w *watch) excuse(took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.excused == 0 {
		w.excused = took
		w.deadline = w.deadline.Add(took)
	}
}

// left is what the running turn has of its time.
func (w *watch) left() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Until(w.deadline)
}

// overrun interrupts the running turn, as its time being over does.
func (w *watch) overrun(why reason) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.why == "" {
		w.interrupt(why, time.Now())
	}
}

// stopping reports whether the running turn was interrupted. Native functions of
// ours that loop ask it.
func (m *machine) stopping() bool {
	m.watch.mu.Lock()
	defer m.watch.mu.Unlock()
	return m.watch.why != ""
}

// weigh looks at the running turn as its watch does now and then: after a step that took
// much memory, whoever comes late comes too late.
func (m *machine) weigh() {
	w := &m.watch
	w.mu.Lock()
	if now := time.Now(); w.why == "" && !w.begun.IsZero() {
		if now.After(w.deadline) {
			w.interrupt(ran, now)
		} else if w.greedy() {
			w.interrupt(memory, now)
		}
	}
	w.mu.Unlock()
	m.yield()
}

// yield ends a native function of ours whose turn was interrupted.
func (m *machine) yield() {
	if m.stopping() {
		panic(&goja.InterruptedError{})
	}
}

// step counts a call of a guarded function, and ends it now and then when its turn was
// interrupted.
func (m *machine) step() {
	if m.steps++; m.steps&0x3ff == 0 {
		m.yield()
	}
}
