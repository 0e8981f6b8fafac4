package flow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/node"
	"ecoflow/app/trace"
	"ecoflow/app/value"
)

// A run is one message's way through the graph of one entry. It is the Host of
// its nodes.
type run struct {
	node.Run
	engine  *Engine
	program *Program
	env     Variables
	ctx     runContext
	inbound node.Inbound
	first   node.Message

	recorder trace.Recorder
	pinned   map[string]map[string]any
	isolated bool // a test: events stay inside
	// shows takes the debug lines of a test, which go nowhere else.
	shows func(DebugMessage)
	hops  int // events between the first run and this one

	status int // that was answered, 0 for none

	mu      sync.Mutex // guards answers, which steps side by side may give
	answers []node.Answer
	one     [1]node.Answer // room for the usual one

	rewritten bool // an answer could not be written, and its Catch was asked

	failure *failure
	steps   atomic.Uint32  // bodies of a loop count too
	caught  int            // depth of Catch nodes that run
	side    sync.WaitGroup // steps running side by side
}

// A failure is a node's error and where it happened.
type failure struct {
	*vertex
	err error
	// watched: a Catch ran that leads to no Response; what other branches answer
	// stands then.
	watched bool
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// sentence is what a Catch is told.
func (f *failure) sentence() string {
	if told, ok := fault.As(f.err); ok {
		return told.Message
	}
	if own, ok := errors.AsType[node.Thrown](f.err); ok {
		message, _, _ := own.Thrown()
		return message
	}
	return fault.Sentence(f.err.Error())
}

// told is what a Catch starts with.
func (f *failure) told() map[string]any {
	told := map[string]any{"message": f.sentence(), "node": f.label, "nodeID": f.id, "flow": f.flow}
	if own, ok := errors.AsType[node.Thrown](f.err); ok {
		if _, line, column := own.Thrown(); line > 0 {
			told["line"], told["column"] = int64(line), int64(column)
		}
	}
	return told
}

// errPanic is a node that panicked; the log has the rest.
var errPanic = fault.New(fault.Internal, "The node failed in a way that it did not expect.").WithCode("node_failed")

// A delivery is a message in the slot of an edge; none means dropped.
type delivery struct {
	m      *node.Message
	halted bool
}

// An outcome is what a step left behind.
type outcome struct {
	kind  trace.Outcome
	ports []string // chosen; none is the first
	err   error
}

// A state is what one run over a graph needs to remember, kept in the graph's
// pool between runs.
type state struct {
	slots   []delivery
	pending []int32 // deliveries a step still waits for
	ready   []int32 // a heap of steps, the earliest first
	done    chan completion
}

type completion struct {
	step   int32
	m      *node.Message
	halted bool
	out    outcome
}

// checkEvery is how many steps may pass between two looks at the clock.
const checkEvery = 16

// through lets a message run through a graph. It returns the message that reached
// the end of a loop's body, nil when none did; the error is the body's failure or
// the end of the run's time, and only bodies fail: elsewhere Catch or the run
// takes a failure.
func (r *run) through(g *graph, m *node.Message, inLoop bool) (*node.Message, error) {
	switch {
	case len(g.steps) == 0:
		return m, nil
	case g.chain:
		return r.chain(g, m, inLoop)
	}
	st := g.states.Get().(*state)
	var (
		end *node.Message
		err error
	)
	if g.parallel {
		end, err = r.sideBySide(g, st, m, inLoop)
	} else {
		end, err = r.inOrder(g, st, m, inLoop)
	}
	clear(st.slots)
	g.states.Put(st)
	return end, err
}

// chain runs a graph without forks and joins.
func (r *run) chain(g *graph, m *node.Message, inLoop bool) (*node.Message, error) {
	halted := false
	for i := range g.steps {
		s := &g.steps[i]
		o := r.step(s, m, halted)
		if o.err != nil {
			if err := r.fail(s, o.err, inLoop); err != nil || inLoop {
				return nil, err
			}
			return nil, r.overdue()
		}
		if o.kind == trace.Dropped {
			return nil, nil
		}
		halted = halted || o.kind == trace.Halted
		if len(s.out) == 0 {
			if g.ends && !s.end {
				return nil, nil
			}
			if s.end && !s.chosen(o, halted, 0) {
				return nil, nil
			}
			return m, nil
		}
		if !s.chosen(o, halted, int(s.out[0].port)) {
			return nil, nil
		}
		if err := r.overdue(); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// inOrder runs a graph step by step: in topological order every step's
// deliveries are complete when its turn comes.
func (r *run) inOrder(g *graph, st *state, m *node.Message, inLoop bool) (*node.Message, error) {
	var end *node.Message
	send(st, g.start, m, false, nil, nil)
	for i := range g.steps {
		s := &g.steps[i]
		in, halted, err := join(st, s)
		if err != nil {
			if err := r.fail(s, err, inLoop); err != nil {
				return nil, err
			}
			continue
		}
		if in == nil {
			continue
		}
		o := r.step(s, in, halted)
		if err := r.settle(g, st, s, in, halted, o, inLoop, &end); err != nil {
			return nil, err
		}
		if err := r.overdue(); err != nil {
			return nil, err
		}
	}
	if g.body && !g.ends {
		return m, nil
	}
	return end, nil
}

// settle hands on what a step left behind.
func (r *run) settle(g *graph, st *state, s *step, m *node.Message, halted bool, o outcome, inLoop bool, end **node.Message) error {
	if o.err != nil {
		return r.fail(s, o.err, inLoop)
	}
	if o.kind == trace.Dropped {
		return nil
	}
	halted = halted || o.kind == trace.Halted
	if s.end && s.chosen(o, halted, 0) {
		if *end == nil {
			*end = m
			return nil
		}
		return (*end).Merge(m)
	}
	send(st, s.out, m, halted, s, &o)
	return nil
}

// chosen reports whether a step delivers on a port: the ports it chose, else the
// first; every one after a halt, so that all Responses below still run.
func (s *step) chosen(o outcome, halted bool, port int) bool {
	if len(o.ports) > 0 {
		return port < len(s.ports) && slices.Contains(o.ports, s.ports[port].Name)
	}
	if halted {
		return true
	}
	return port == s.main()
}

// main is the first port that is not the way into a loop's body.
func (s *step) main() int {
	if s.loop == 0 {
		return 1
	}
	return 0
}

// send puts the message, or forks of it, into the slots of the chosen hops.
func send(st *state, hops []hop, m *node.Message, halted bool, s *step, o *outcome) {
	last := -1
	for i := range hops {
		if s == nil || s.chosen(*o, halted, int(hops[i].port)) {
			last = i
		}
	}
	for i := range hops[:last+1] {
		h := hops[i]
		switch {
		case i == last:
			st.slots[h.slot] = delivery{m, halted}
		case s == nil || s.chosen(*o, halted, int(h.port)):
			st.slots[h.slot] = delivery{m.Fork(), halted}
		}
	}
}

// join merges what was delivered to a step, in the order of its connections; nil
// when nothing was. A message counts as halted when all of them are.
func join(st *state, s *step) (m *node.Message, halted bool, err error) {
	halted = true
	for _, d := range st.slots[s.slot : s.slot+s.in] {
		switch {
		case d.m == nil:
			continue
		case m == nil:
			m = d.m
		default:
			if err := m.Merge(d.m); err != nil {
				return nil, false, fmt.Errorf("merge what reached the node: %w", err)
			}
		}
		halted = halted && d.halted
	}
	return m, halted, nil
}

// sideBySide runs a graph in which steps wait for something outside: those that
// are ready together run in goroutines of their own, everything else here.
func (r *run) sideBySide(g *graph, st *state, m *node.Message, inLoop bool) (*node.Message, error) {
	if st.done == nil {
		st.done = make(chan completion, g.blocking)
	}
	st.ready = st.ready[:0]
	for i := range g.steps {
		st.pending[i] = int32(g.steps[i].in) //nolint:gosec // a flow has 10 MiB at most
	}
	resolve := func(hops []hop) {
		for _, h := range hops {
			if st.pending[h.to]--; st.pending[h.to] == 0 {
				st.push(h.to)
			}
		}
	}
	var end *node.Message
	send(st, g.start, m, false, nil, nil)
	resolve(g.start)
	flying := 0
	leave := func(err error) (*node.Message, error) {
		if flying > 0 { // they will still send to this channel
			st.done = nil
		}
		return nil, err
	}
	for {
		if len(st.ready) == 0 {
			if flying == 0 {
				break
			}
			select {
			case c := <-st.done:
				flying--
				s := &g.steps[c.step]
				if err := r.settle(g, st, s, c.m, c.halted, c.out, inLoop, &end); err != nil {
					return leave(err)
				}
				resolve(s.out)
			case <-r.ctx.Done():
				return leave(r.ctx.Err())
			}
			continue
		}
		i := st.pop()
		s := &g.steps[i]
		in, halted, err := join(st, s)
		if err != nil {
			if err := r.fail(s, err, inLoop); err != nil {
				return leave(err)
			}
			resolve(s.out)
			continue
		}
		if in == nil {
			resolve(s.out)
			continue
		}
		if s.typ.Blocking && s.body == nil && (flying > 0 || len(st.ready) > 0) {
			flying++
			r.side.Add(1)
			done := st.done
			fault.Go(r.engine.log, "node", func() {
				defer r.side.Done()
				done <- completion{step: i, m: in, halted: halted, out: r.step(s, in, halted)}
			})
			continue
		}
		o := r.step(s, in, halted)
		if err := r.settle(g, st, s, in, halted, o, inLoop, &end); err != nil {
			return leave(err)
		}
		resolve(s.out)
		if err := r.overdue(); err != nil {
			return leave(err)
		}
	}
	if g.body && !g.ends {
		return m, nil
	}
	return end, nil
}

func (st *state) push(i int32) {
	at, _ := slices.BinarySearchFunc(st.ready, i, func(a, b int32) int { return int(b - a) })
	st.ready = slices.Insert(st.ready, at, i)
}

// pop takes the earliest step, which is the last of the list.
func (st *state) pop() int32 {
	i := st.ready[len(st.ready)-1]
	st.ready = st.ready[:len(st.ready)-1]
	return i
}

// step runs one node on a message.
func (r *run) step(s *step, m *node.Message, halted bool) outcome {
	if r.recorder != nil {
		return r.watched(s, m, halted)
	}
	return r.perform(s, m, halted)
}

// call lets the node's controller do its work; a panic of it is an error.
func (r *run) call(s *step, m *node.Message) (o outcome) {
	defer func() {
		if v := recover(); v != nil {
			id := fault.Panicked(r.engine.log, "node", v)
			r.engine.log.Error("node panicked", "flow", s.flow, "node", s.id, "run", r.ID, "id", id)
			o = outcome{kind: trace.Failed, err: errPanic}
		}
	}()
	if s.body != nil {
		m.Loop = func(_ context.Context, m *node.Message) (*node.Message, error) { return r.through(s.body, m, true) }
		defer func() { m.Loop = nil }()
	}
	err := s.runner.Run(&r.ctx, m)
	switch {
	case err == nil:
		return outcome{kind: trace.Passed, ports: m.TakeSent()}
	case errors.Is(err, node.Halt):
		return outcome{kind: trace.Halted, ports: m.TakeSent()}
	case errors.Is(err, node.Drop):
		return outcome{kind: trace.Dropped}
	}
	return outcome{kind: trace.Failed, err: err}
}

// watched is perform with a recorder.
func (r *run) watched(s *step, m *node.Message, halted bool) outcome {
	t := trace.Record{NodeID: s.id, Label: s.label, Flow: s.flow, In: r.recorder.Take(&m.Payload)}
	began := time.Since(r.Start) // cheaper than what time it is
	t.Start = r.Start.Add(began)
	o := r.perform(s, m, halted)
	t.Took, t.Outcome, t.Ports, t.Err = time.Since(r.Start)-began, o.kind, slices.Clone(o.ports), o.err
	if o.err != nil {
		t.Outcome = trace.Failed
	}
	t.Out = r.recorder.Take(&m.Payload)
	r.recorder.Record(t)
	return o
}

// perform lets a node do its part, which is nothing after a halt and its pinned
// output where it has one.
func (r *run) perform(s *step, m *node.Message, halted bool) outcome {
	if halted && s.typ.Kind == node.Middleware {
		return outcome{kind: trace.Skipped}
	}
	if output, pinned := r.pinned[s.id]; pinned {
		return outcome{kind: trace.Pinned, err: replace(m, output)}
	}
	return r.call(s, m)
}

// enter records that a run starts at an entry.
func (r *run) enter(at *entry, m *node.Message, how trace.Outcome) {
	if r.recorder == nil {
		return
	}
	r.recorder.Record(trace.Record{
		NodeID: at.id, Label: at.label, Flow: at.flow, Start: time.Now(), Outcome: how, Out: r.recorder.Take(&m.Payload),
	})
}

// replace makes the pinned keys the whole payload.
func replace(m *node.Message, output map[string]any) error {
	for _, key := range m.Payload.Keys() {
		if _, ok := output[key]; !ok {
			if err := m.Payload.Delete(key); err != nil {
				return err
			}
		}
	}
	for key, v := range output {
		if err := m.Payload.Set(key, v); err != nil {
			return err
		}
	}
	return nil
}

// overdue looks at the clock now and then: the error says why the run has to end.
func (r *run) overdue() error {
	if r.steps.Add(1)%checkEvery != 0 {
		return nil
	}
	return r.ctx.Err()
}

// fail deals with a node's error: inside a loop it is the body's result;
// elsewhere the flow's Catch nodes take it, else the run remembers it.
func (r *run) fail(s *step, err error, inLoop bool) error {
	var f *failure
	// What failed in a called flow is a failure of the node that called it.
	if !errors.As(err, &f) || f.flow != s.flow {
		f = &failure{vertex: s.vertex, err: err}
	}
	if inLoop {
		return f
	}
	if ended := r.ctx.Err(); ended != nil {
		return ended
	}
	r.logFailure(f)
	taken := false
	if r.caught == 0 { // a failure inside a Catch is final
		for _, c := range r.program.catches[f.flow] {
			if c.broken == nil && r.catch(c, f) {
				taken = taken || c.graph.responds
				f.watched = true
			}
		}
	}
	if !taken && r.failure == nil {
		r.failure = f
	}
	return nil
}

// log is the engine's, which tells runs of tests apart.
func (r *run) log() *slog.Logger {
	if r.isolated {
		return r.engine.log.With("test", true)
	}
	return r.engine.log
}

func (r *run) logFailure(f *failure) {
	level := slog.LevelError
	if ft, ok := fault.As(f.err); ok && ft.Kind < 500 || r.isolated {
		level = slog.LevelInfo
	}
	r.log().Log(&r.ctx, level, "node failed", "run", r.ID, "flow", f.flow, "node", f.id, "label", f.label, "error", r.env.Mask(f.err.Error()))
}

// catch runs a Catch entry on a failure and reports whether it went well.
func (r *run) catch(c *entry, f *failure) bool {
	before := r.failure
	r.failure = nil
	r.caught++
	m := &node.Message{Run: &r.Run, Payload: node.NewPayload(f.told())}
	r.enter(c, m, trace.Passed)
	_, err := r.through(c.graph, m, false)
	r.caught--
	failed := r.failure
	r.failure = before
	if failed != nil && r.failure == nil {
		r.failure = failed
	}
	return err == nil && failed == nil
}

// Env implements node.Host.
func (r *run) Env(name string) (string, bool) { return r.env.Lookup(name) }

// Emit implements node.Host.
func (r *run) Emit(_ context.Context, channel string, args ...any) {
	for i, a := range args {
		if _, outlives := a.(value.Raw); outlives {
			continue
		}
		v, err := value.Resolve(a) // a value in a script runtime ends with this run
		if err != nil {
			r.engine.log.Error("event not emitted", "run", r.ID, "channel", channel, "error", err)
			return
		}
		args[i] = v
	}
	r.engine.emit(r.program, r.hops+1, r.isolated, channel, args)
}

// Debug implements node.Host.
func (r *run) Debug(_ context.Context, d node.DebugLine, v func() any) {
	d.RunID = r.ID
	if d.Flow == "" {
		d.Flow = r.Flow
	}
	if !r.isolated {
		r.engine.debug(d, v)
	} else if r.shows != nil {
		data, shortened := trace.Hide(r.env.Mask).Shorten(v())
		r.shows(DebugMessage{At: time.Now().UTC(), Flow: d.Flow, NodeID: d.NodeID, Label: d.Label, RunID: d.RunID, Level: d.Level, Value: data, Shortened: shortened})
	}
}

// Say implements node.Host.
func (r *run) Say(d node.DebugLine, text string) {
	text = r.env.Mask(text)
	r.log().Log(&r.ctx, logLevels[d.Level], "script", "run", d.RunID, "flow", d.Flow, "node", d.NodeID, "label", d.Label, "text", text)
	if r.shows != nil {
		data, shortened := trace.Hide(nil).Shorten(text)
		r.shows(DebugMessage{
			At: time.Now().UTC(), Flow: d.Flow, NodeID: d.NodeID, Label: d.Label, RunID: d.RunID, Level: d.Level, Value: data, Shortened: shortened, Log: true,
		})
	}
}

// Answer implements node.Answerer.
func (r *run) Answer(a node.Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answers == nil {
		r.answers = r.one[:0]
	}
	r.answers = append(r.answers, a)
}

// inGraphOrder sorts the answers of steps that ran side by side.
func (r *run) inGraphOrder(g *graph) {
	if !g.parallel || len(r.answers) < 2 {
		return
	}
	place := make(map[string]int, len(g.steps))
	for i := range g.steps {
		place[g.steps[i].id] = i + 1 // what is not in the graph, a Catch's, comes first
	}
	slices.SortStableFunc(r.answers, func(a, b node.Answer) int { return place[a.NodeID] - place[b.NodeID] })
}

// end lets go of what the run held, after the last of its steps.
func (r *run) end() {
	r.ctx.cancel(context.Canceled)
	r.side.Wait()
	r.recorded()
	if err := r.Close(); err != nil {
		r.engine.log.Error("run not closed", "run", r.ID, "error", err)
	}
}

// recorded says that an ordinary run has ended, to whoever had it recorded.
func (r *run) recorded() {
	if r.recorder == nil || r.isolated || r.engine.recorded == nil {
		return
	}
	what := trace.Run{
		ID: r.ID, Flow: r.Flow, Start: r.Start, Micros: float64(time.Since(r.Start).Nanoseconds()) / 1000, Status: r.status,
	}
	if r.Request != nil {
		what.Method, what.Path = r.inbound.Method, r.inbound.Path
	}
	r.engine.recorded(what, r.recorder)
}

// eventPayload is what a listener's run starts with: the arguments as msg, msg1 …
func eventPayload(args []any) node.Payload {
	if len(args) == 0 {
		return node.NewPayload(value.EmptyObject)
	}
	p := node.NewPayload(args[0])
	for i, a := range args[1:] {
		p.Set(fmt.Sprintf("msg%d", i+1), a) //nolint:errcheck // a payload of Go values takes any value
	}
	return p
}

// A runContext ends with its parent, at its deadline, or when the run is over. It
// starts a timer only when somebody waits for it, which most nodes never do.
type runContext struct {
	parent   context.Context
	deadline time.Time

	mu    sync.Mutex
	done  chan struct{}
	err   error
	timer *time.Timer
	stop  func() bool
}

// Deadline implements context.Context.
func (c *runContext) Deadline() (time.Time, bool) { return c.deadline, true }

// Value implements context.Context.
func (c *runContext) Value(key any) any { return c.parent.Value(key) }

// Done implements context.Context.
func (c *runContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.err != nil {
			close(c.done)
			return c.done
		}
		c.timer = time.AfterFunc(time.Until(c.deadline), func() { c.cancel(context.DeadlineExceeded) })
		c.stop = context.AfterFunc(c.parent, func() { c.cancel(c.parent.Err()) })
	}
	return c.done
}

// Err implements context.Context.
func (c *runContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		if err := c.parent.Err(); err != nil {
			c.set(err)
		} else if !time.Now().Before(c.deadline) {
			c.set(context.DeadlineExceeded)
		}
	}
	return c.err
}

func (c *runContext) cancel(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(err)
}

func (c *runContext) set(err error) {
	if c.err != nil {
		return
	}
	c.err = err
	if c.done != nil {
		close(c.done)
		c.timer.Stop()
		c.stop()
	}
}
