package trace

import (
	"cmp"
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
// encoded before somebody asks, and no run waits for another. Of very many runs a
// second only some are kept, as tracers of busy services do: the others would make
// room in an instant, and cost what they cost. The zero Runs keeps nothing.
type Runs struct {
	// Most is how many of one second's runs are kept; 0 is limit.RunsRecorded.
	Most int64
	// Hide masks secrets as they are when it is called; nil masks none.
	Hide Hide

	now atomic.Pointer[capture] // nil: off
	mu  sync.Mutex              // held while it is switched
}

// capture is a ring of runs.
type capture struct {
	level Level
	slots []atomic.Pointer[kept]
	next  atomic.Uint64
	held  atomic.Int64 // bytes, about
	mu    sync.Mutex   // held while more than one run is let go of

	began  time.Time
	second atomic.Int64 // since began, in which
	taken  atomic.Int64 // so many were recorded
}

// admits counts a run, and reports whether it is among the first of its second.
func (c *capture) admits(most int64) bool {
	now := int64(time.Since(c.began) / time.Second)
	if was := c.second.Load(); was != now && c.second.CompareAndSwap(was, now) {
		c.taken.Store(0)
	}
	return c.taken.Add(1) <= most
}

// kept records a run, and is what is kept of it after its end. Where nobody looked at
// it, it serves another run once it has left its slot: recording takes little memory
// then.
type kept struct {
	Keeper
	bare   bool // without data
	run    Run
	number uint64
	weight int
	seen   atomic.Bool // somebody looks at it, and it stays as it is for ever
}

// Take implements Recorder.
func (k *kept) Take(p *node.Payload) Data {
	if k.bare {
		return Data{}
	}
	return k.Keeper.Take(p)
}

var spare = sync.Pool{New: func() any { return &kept{} }}

// leave lets go of one that has left its slot.
func (k *kept) leave() {
	if k.seen.Load() {
		return
	}
	clear(k.records)
	k.records, k.run = k.records[:0], Run{}
	spare.Put(k)
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
	was := r.now.Load()
	switch {
	case l == Off:
		r.now.Store(nil)
		return
	case was != nil && was.level == l && len(was.slots) == keep:
		return
	}
	is := &capture{level: l, slots: make([]atomic.Pointer[kept], keep), began: time.Now()}
	if was != nil {
		all := was.all()
		for _, k := range slices.Backward(all[:min(len(all), keep)]) {
			is.add(&kept{Keeper: Keeper{records: k.records}, run: k.run, weight: k.weight})
		}
	}
	r.now.Store(is)
}

// add puts a run in the place of the oldest one.
func (c *capture) add(k *kept) {
	number := c.next.Add(1)
	k.number = number
	held := c.put(number, k)
	if held <= runsBytes {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := number + 1; i < number+uint64(len(c.slots)) && held > runsBytes; i++ { // the oldest first
		held = c.put(i, nil)
	}
}

// put changes what is in the slot of a number and returns how much is held now.
func (c *capture) put(number uint64, k *kept) (held int64) {
	change := 0
	if k != nil {
		change += k.weight // in its slot it is no longer ours: it may leave at once
	}
	old := c.slots[number%uint64(len(c.slots))].Swap(k)
	if old != nil {
		change -= old.weight
		old.leave()
	}
	return c.held.Add(int64(change))
}

// all returns the runs that are kept, the newest first.
func (c *capture) all() []*kept {
	var all []*kept
	for i := range c.slots {
		k := c.slots[i].Load()
		if k == nil {
			continue
		}
		if k.seen.Store(true); c.slots[i].Load() == k { // else it left, maybe before it was seen
			all = append(all, k)
		}
	}
	slices.SortFunc(all, func(a, b *kept) int { return cmp.Compare(b.number, a.number) })
	return all
}

// Recorder returns what records a run that starts; nil while nothing is kept, and for
// the runs of a second that are too many.
func (r *Runs) Recorder() Recorder {
	c := r.now.Load()
	if c == nil || !c.admits(cmp.Or(r.Most, limit.RunsRecorded)) {
		return nil
	}
	k := spare.Get().(*kept)
	k.bare = c.level != Full
	return k
}

// Ended keeps a run that has ended, with what the recorder that it got took down.
func (r *Runs) Ended(run Run, by Recorder) {
	c := r.now.Load()
	k, ok := by.(*kept)
	if c == nil || !ok {
		return // switched off meanwhile
	}
	k.run, k.weight = run, k.settle(r.Hide)
	c.add(k)
}

// kept returns the runs that are kept, the newest first.
func (r *Runs) kept() []*kept {
	if c := r.now.Load(); c != nil {
		return c.all()
	}
	return nil
}

// List returns the runs that are kept, the newest first.
func (r *Runs) List(context.Context, struct{}) ([]Run, error) {
	list := []Run{}
	for _, k := range r.kept() {
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
	for _, k := range r.kept() {
		if k.run.ID == in.ID {
			run := k.run
			run.Steps = k.Steps(r.Hide)
			return run, nil
		}
	}
	return Run{}, fault.New(fault.NotFound, "The run %q is not among those that are kept.", in.ID).WithCode("unknown_run")
}

// settle bounds what the records hold: data that is large is encoded now. It
// returns about how many bytes are left.
func (k *Keeper) settle(hide Hide) (weight int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var before *Data // of most nodes, what they get is what the one before gave
	for i := range k.records {
		for j := range 2 {
			d := &k.records[i].In
			if j == 1 {
				d = &k.records[i].Out
			}
			if d.state == shared && before != nil && before.payload.Same(&d.payload) {
				continue
			}
			n := d.weight(runBytes - weight)
			if weight+n >= runBytes {
				d.json, d.shortened = d.read(hide)
				d.payload, d.state = node.Payload{}, encoded
				n = len(d.json)
			}
			if weight += n; d.state == shared {
				before = d
			}
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
