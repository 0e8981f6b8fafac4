package trace

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/value"
)

// A Level says how much is kept of ordinary runs.
type Level string

// The levels.
const (
	Off     Level = "off"
	Summary Level = "summary" // nodes, times and outcomes
	Full    Level = "full"    // the data around each node as well
)

// Run is an ordinary run that has ended.
type Run struct {
	ID     string    `json:"id" doc:"The request's id, which its log lines carry as well."`
	Flow   string    `json:"flow"`
	Method string    `json:"method,omitempty" doc:"Not there for the run of an event."`
	Path   string    `json:"path,omitempty"`
	Start  time.Time `json:"start"`
	Micros float64   `json:"micros" doc:"How long it took, in µs."`
	Status int       `json:"status,omitzero" doc:"What was answered; not there where nobody waited for an answer."`
	Steps  []Step    `json:"steps,omitempty" doc:"What each node did, in the order in which they ended; where one run is asked for."`
}

// Runs keeps what the last ordinary runs did, while that is switched on. Nothing is
// encoded before somebody asks. The zero Runs keeps nothing.
type Runs struct {
	level atomic.Pointer[Level] // nil: off

	mu   sync.Mutex
	keep int
	ring []kept // the oldest first
	held int    // bytes, about
}

type kept struct {
	run    Run
	steps  *Keeper
	weight int
}

// runBytes bounds the data of one run that is kept as it is, runsBytes that of all.
const (
	runBytes  = 256 << 10
	runsBytes = 32 << 20
)

// Capture switches to a level and a count of runs. What is more is let go of.
func (r *Runs) Capture(l Level, keep int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l == Off {
		r.level.Store(nil)
		keep = 0
	} else {
		r.level.Store(&l)
	}
	r.keep = keep
	r.shrink()
}

// shrink lets go of the oldest runs. The caller holds mu.
func (r *Runs) shrink() {
	n := 0
	for ; len(r.ring)-n > r.keep || r.held > runsBytes; n++ {
		r.held -= r.ring[n].weight
	}
	clear(r.ring[:n])
	r.ring = r.ring[n:] // append moves the rest to the front now and then
}

// Recorder returns what records a run that starts, nil while nothing is kept.
func (r *Runs) Recorder() Recorder {
	l := r.level.Load()
	switch {
	case l == nil:
		return nil
	case *l == Full:
		return &Keeper{}
	}
	return &timekeeper{}
}

// Ended keeps a run that has ended, by what its recorder took down.
func (r *Runs) Ended(run Run, by Recorder) {
	var k kept
	switch by := by.(type) {
	case *Keeper:
		k = kept{run: run, steps: by, weight: by.settle()}
	case *timekeeper:
		k = kept{run: run, steps: &by.Keeper}
	default:
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keep == 0 {
		return // switched off meanwhile
	}
	r.held += k.weight
	r.ring = append(r.ring, k)
	r.shrink()
}

// List returns the runs that are kept, the newest first.
func (r *Runs) List(context.Context, struct{}) ([]Run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Run, 0, len(r.ring))
	for _, k := range slices.Backward(r.ring) {
		list = append(list, k.run)
	}
	return list, nil
}

// ByID names a run.
type ByID struct {
	ID string `path:"id"`
}

// Show returns a run with what each node did.
func (r *Runs) Show(_ context.Context, in ByID) (Run, error) {
	r.mu.Lock()
	i := slices.IndexFunc(r.ring, func(k kept) bool { return k.run.ID == in.ID })
	if i < 0 {
		r.mu.Unlock()
		return Run{}, fault.New(fault.NotFound, "The run %q is not among those that are kept.", in.ID).WithCode("unknown_run")
	}
	k := r.ring[i]
	r.mu.Unlock()
	k.run.Steps = k.steps.Steps()
	return k.run, nil
}

// timekeeper is a Keeper that takes no data.
type timekeeper struct{ Keeper }

// Take takes nothing.
func (*timekeeper) Take(*node.Payload) Data { return Data{} }

// settle bounds what the records hold: data that is large is encoded now. It
// returns about how many bytes are left.
func (k *Keeper) settle() (weight int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range k.records {
		for _, d := range []*Data{&k.records[i].In, &k.records[i].Out} {
			n := d.weight(runBytes - weight)
			if weight+n >= runBytes {
				d.json, d.shortened = d.read()
				d.payload, d.state = node.Payload{}, encoded
				n = len(d.json)
			}
			weight += n
		}
	}
	return weight
}

// weight returns about how many bytes the data holds, most or more for much.
func (d *Data) weight(most int) int {
	switch d.state {
	case none:
		return 0
	case written, encoded:
		return len(d.json)
	}
	w := weigher{most: most}
	for _, v := range d.payload.All() {
		w.add(v, 0)
	}
	return w.sum
}

// weigher adds up values until there is enough of them.
type weigher struct{ sum, most int }

// valueBytes is what any value weighs.
const valueBytes = 16

func (w *weigher) add(v any, depth int) {
	if w.sum += valueBytes; w.sum >= w.most || depth > limit.APIDepth {
		return
	}
	switch v := v.(type) {
	case string:
		w.sum += len(v)
	case value.Raw:
		w.sum += len(v.Bytes())
	case []byte:
		w.sum += len(v)
	case *node.File:
		w.sum += len(v.Data)
	case []any:
		for _, item := range v {
			if w.add(item, depth+1); w.sum >= w.most {
				return
			}
		}
	case map[string]any:
		for name, item := range v {
			w.sum += len(name)
			if w.add(item, depth+1); w.sum >= w.most {
				return
			}
		}
	}
}
