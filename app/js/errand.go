package js

import (
	"context"
	"errors"
	"sync"
	"time"

	"ecoflow/app/fault"
)

// An errand is a turn that a goroutine of the engine's runs for a caller. The caller
// is answered even when the turn cannot be stopped: he leaves, and from then on the
// turn touches nothing of his.
type errand struct {
	machine *machine
	call    *call
	turn    func() error
	done    chan error    // has room for the answer
	long    chan struct{} // has room for the watch to say that the turn takes a while

	mu   sync.Mutex
	left bool
}

var errands = sync.Pool{New: func() any {
	return &errand{done: make(chan error, 1), long: make(chan struct{}, 1)}
}}

// errLeft ends a turn whose caller has gone.
var errLeft = errors.New("the run that the script belongs to has ended")

// settle runs fn, which reads or writes what belongs to the turn's caller, as long as he
// is there.
func (m *machine) settle(fn func() error) error {
	x := m.errand
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.left {
		return errLeft
	}
	return fn()
}

// run takes the machine's turn for fn, and answers no later than the turn counts as
// stuck or ctx ends. After an error the caller must not read what fn writes without
// settle.
func (m *machine) run(ctx context.Context, c *call, fn func() error) error {
	if m.engine.callTime() <= c.used {
		m.kill(ran)
		return m.explain(ran)
	}
	isOver := ctx.Err() != nil // who comes when all is over wants to know how it ended
	if err := m.enter(ctx); err != nil {
		return err
	}
	x := errands.Get().(*errand)
	x.machine, x.call, x.turn = m, c, fn
	m.errand = x
	m.engine.send(x)
	var late error
	select {
	case err := <-x.done:
		return x.answered(err)
	case <-m.stuck:
		late = m.explain(ran)
	case <-x.long: // to wait for ctx as well costs more than most turns take
		var over <-chan struct{}
		if !isOver {
			over = ctx.Done()
		}
		select {
		case err := <-x.done:
			return x.answered(err)
		case <-m.stuck:
			late = m.explain(ran)
		case <-over:
			late = overdue(ctx)
		}
	}
	select {
	case err := <-x.done:
		return x.answered(err)
	default:
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.left = true
	return late
}

// carry takes the machine's turn for fn, which runs nothing of a script's, on the
// caller's own goroutine.
func (m *machine) carry(ctx context.Context, c *call, fn func() error) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	return m.own(c, fn)
}

// answered keeps the errand for another.
func (x *errand) answered(err error) error {
	x.machine, x.call, x.turn = nil, nil, nil
	errands.Put(x)
	return err
}

// send gives the errand to a goroutine that waits for one, or to a new one.
func (e *Engine) send(x *errand) {
	select {
	case e.errands <- x:
	default:
		fault.Go(e.options.Log, "script", func() { e.work(x) })
	}
}

// patience is how long a goroutine waits for an errand before it ends.
const patience = 500 * time.Millisecond

// work runs errands; of the goroutines that have none, as many stay for a while as
// there are runtimes ready.
func (e *Engine) work(x *errand) {
	over := time.NewTimer(patience)
	defer over.Stop()
	for {
		x.done <- x.machine.own(x.call, x.turn)
		if int(e.idle.Add(1)) > e.options.Runtimes {
			e.idle.Add(-1)
			return
		}
		over.Reset(patience)
		select {
		case x = <-e.errands:
			e.idle.Add(-1)
		case <-over.C:
			e.idle.Add(-1)
			return
		case <-e.closing:
			return
		}
	}
}
