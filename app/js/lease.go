package js

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/dop251/goja"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

// Run is what scripts may know of the run they belong to.
type Run struct {
	ID  string
	Log *slog.Logger // takes what scripts log; nil drops it
	// Say takes it in the place of Log, with the By of the script; it may be nil.
	Say func(by any, level slog.Level, text string)
	// Env returns a variable that flows may read; nil knows none.
	Env func(name string) (string, bool)
	// Request is called once, when a script first names the request; nil or a nil
	// result make request undefined.
	Request func() *Request
}

// Request is the HTTP request that started a run.
type Request struct {
	Method, Path, Host, IP string
	Params                 map[string]string
	Query                  url.Values
	Header                 http.Header
	Cookies                []*http.Cookie
	Body                   []byte
}

// A Lease is one run's hold on a runtime. It may be used by the run's branches
// at once.
type Lease struct {
	engine *Engine
	run    Run
	ctx    context.Context // of the run; a payload is read without one

	mu     sync.Mutex
	seat   *seat
	closed bool
}

// A seat is a lease's place in one machine. What it holds belongs to who has the
// machine's turn.
type seat struct {
	lease   *Lease
	machine *machine
	request *goja.Object
	opaque  map[*goja.Object]any // Go values that scripts see a copy of
}

// Lease gives a run its hold on a runtime, waiting for one as long as ctx allows.
func (e *Engine) Lease(ctx context.Context, run Run) (*Lease, error) {
	m, err := e.acquire(ctx)
	if err != nil {
		return nil, err
	}
	l := &Lease{engine: e, run: run, ctx: ctx}
	l.seat = &seat{lease: l, machine: m}
	return l, nil
}

// Close ends the hold; the payloads that lived in it are gone.
func (l *Lease) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		l.engine.release(l.seat.machine)
	}
	return nil
}

// current returns the seat, in another machine where the last was thrown away.
func (l *Lease) current(ctx context.Context) (*seat, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errClosed
	}
	select {
	case <-l.seat.machine.dead:
	default:
		return l.seat, nil
	}
	m, err := l.engine.acquire(ctx)
	if err != nil {
		return nil, err
	}
	l.engine.release(l.seat.machine)
	l.seat = &seat{lease: l, machine: m}
	return l.seat, nil
}

var errClosed = errors.New("the run that the payload belongs to has ended")

// Move makes a payload of keys and their values in the lease's runtime. JSON that
// nobody has read (value.Raw) becomes native objects without a detour.
func (l *Lease) Move(ctx context.Context, keys []string, get func(key string) any) (*Payload, error) {
	s, err := l.current(ctx)
	if err != nil {
		return nil, err
	}
	m := s.machine
	p := &Payload{seat: s, views: &views{n: 1}}
	err = m.carry(ctx, &call{seat: s}, func() error {
		p.object = m.vm.NewObject()
		for _, key := range keys {
			v, err := m.value(get(key))
			if err != nil {
				return fmt.Errorf("payload.%s: %w", key, err)
			}
			m.put(p.object, key, v)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Call runs a script on a payload of this lease: this.msg is the whole payload,
// what the script returns becomes its msg. A script that awaits leaves the
// runtime to others meanwhile. Errors are *Error (thrown by the script) or a
// fault: it ran too long, took too much, or its runtime is gone.
func (l *Lease) Call(ctx context.Context, s *Script, p *Payload) error {
	m := p.seat.machine
	c := &call{seat: p.seat, parent: ctx, by: s.By}
	defer c.close()
	var promise *goja.Promise
	err := m.run(ctx, c, func() error {
		if err := p.own(); err != nil {
			return err
		}
		f, err := m.function(s)
		if err != nil {
			return err
		}
		this := goja.Undefined()
		if s.this {
			o := m.vm.NewObject()
			m.put(o, "msg", p.object)
			this = o
		}
		args := [3]goja.Value{p.object, p.object.Get("msg"), goja.Undefined()}
		if args[1] == nil {
			args[1] = goja.Undefined()
		}
		if s.request {
			if err := m.settle(func() error { args[2] = p.seat.requestObject(); return nil }); err != nil {
				return err
			}
		}
		v, err := f(this, args[:]...)
		if err != nil {
			return err
		}
		promise = m.promise(v)
		if promise == nil {
			return p.returned(v)
		}
		_, err = c.settled(p, promise)
		return err
	})
	if err != nil || promise == nil {
		return err
	}
	return c.await(ctx, p, promise)
}

// promise returns the promise that v is, nil for any other value.
func (m *machine) promise(v goja.Value) *goja.Promise {
	o, ok := v.(*goja.Object)
	if !ok || o.ExportType() != promiseType {
		return nil
	}
	p, _ := o.Export().(*goja.Promise)
	return p
}

// A call is one script at work: what it waits for, and what of its time is used.
type call struct {
	seat      *seat
	parent    context.Context // of the call
	by        any             // of the script
	used      time.Duration
	done      bool // the promise settled; under the machine's turn
	jobs      int  // things that will post; under the machine's turn
	fetching  int  // requests under way
	bound     int  // functions bound
	proxies   int
	logged    int // lines
	lastTimer int64
	timers    map[int64]*timer

	mu     sync.Mutex
	inbox  []func() error
	notify chan struct{}
	closed bool
	alarm  *time.Timer
	ctx    context.Context // of what the call started; made when it starts something
	cancel context.CancelFunc
}

// settled stores what the promise was fulfilled with; false while it is pending.
// It runs in the machine's turn.
func (c *call) settled(p *Payload, promise *goja.Promise) (bool, error) {
	switch promise.State() {
	case goja.PromiseStateFulfilled:
		c.done = true
		return true, p.returned(promise.Result())
	case goja.PromiseStateRejected:
		c.done = true
		return true, c.seat.machine.exception(promise.Result(), nil)
	}
	return false, nil
}

// await gives the machine to others until something that the script started
// posts, and goes on with it, until the promise is settled.
func (c *call) await(ctx context.Context, p *Payload, promise *goja.Promise) error {
	for !c.done {
		if c.jobs == 0 {
			return &Error{Name: "Error", Message: "The script awaits something that never comes"}
		}
		select {
		case <-c.notify:
		case <-c.seat.machine.dead:
			return gone()
		case <-ctx.Done():
			return overdue(ctx)
		}
		err := c.seat.machine.run(ctx, c, func() error {
			c.mu.Lock()
			posted := c.inbox
			c.inbox = nil
			c.mu.Unlock()
			for _, fn := range posted {
				if err := fn(); err != nil {
					return err
				}
			}
			_, err := c.settled(p, promise)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// begin returns the context of something the call waits for; it ends with the
// call. It runs in the machine's turn; what was begun has to post once.
func (c *call) begin() context.Context {
	c.jobs++
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx == nil {
		c.ctx, c.cancel = context.WithCancel(c.parent)
		c.notify = make(chan struct{}, 1)
	}
	if c.closed { // the caller has gone
		c.cancel()
	}
	return c.ctx
}

// post hands the machine fn for the call's next turn. Any goroutine may post.
func (c *call) post(fn func() error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.inbox = append(c.inbox, fn)
	select {
	case c.notify <- struct{}{}:
	default:
	}
}

// close ends what the call started.
func (c *call) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.inbox = nil
	if c.alarm != nil {
		c.alarm.Stop()
	}
	if c.cancel != nil {
		c.cancel()
	}
}

// own runs fn as a turn of the call and hands the machine on.
func (m *machine) own(c *call, fn func() error) (err error) {
	m.call = c
	m.watch.begin(c.seat.lease.run.ID, m.engine.callTime()-c.used)
	defer func() {
		thrown := recover()
		took, why := m.watch.finish()
		c.used += took
		m.call, m.errand, m.matched = nil, nil, nil // a regular expression holds its last text
		if why == "" && thrown != nil {
			why = crashed
			if _, ok := thrown.(*goja.InterruptedError); !ok {
				fault.Panicked(m.engine.options.Log, "script", thrown)
			}
		}
		if overflow := (*goja.StackOverflowError)(nil); why == "" && errors.As(err, &overflow) {
			why = depth
			m.engine.options.Counters.Refused("script_depth")
		}
		if why != "" {
			m.kill(why)
			m.engine.giveBack() // it may have been thrown away long ago
			err = m.explain(why)
		}
		m.leave()
	}()
	return m.thrown(fn())
}

// explain is what the caller of an interrupted script is told.
func (m *machine) explain(why reason) error {
	switch why {
	case ran:
		return fault.New(fault.Internal, "The script ran longer than %s.", m.engine.callTime()).WithCode("script_time")
	case memory:
		return fault.New(fault.Internal, "The script took more memory than there is for scripts.").WithCode("script_memory")
	case depth:
		return fault.New(fault.Internal, "The script called functions more than %d levels deep.", limit.ScriptDepth).WithCode("script_depth")
	case stopped:
		return fault.New(fault.Unavailable, "The server is stopping.").WithCode("stopping")
	}
	return fault.New(fault.Internal, "The script failed in a way it should not.").WithCode("script_crash")
}

// Error is what a script threw, with its place in the author's text, 1-based; 0
// where it has none.
type Error struct {
	Name, Message string
	Line, Column  int
}

// Error is the thrown error's text and place.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Name != "" && e.Name != "Error" {
		b.WriteString(e.Name + ": ")
	}
	b.WriteString(e.Message)
	if e.Line > 0 {
		fmt.Fprintf(&b, " (line %d, column %d)", e.Line, e.Column)
	}
	return b.String()
}

// Thrown implements node.Thrown.
func (e *Error) Thrown() (message string, line, column int) { return e.Message, e.Line, e.Column }

// thrown turns what a call into the runtime returned into an error of ours, which can
// be read after the turn: values of the runtime's say themselves by running it.
func (m *machine) thrown(err error) error {
	var ex *goja.Exception
	if errors.As(err, &ex) {
		return m.exception(ex.Value(), ex.Stack())
	}
	var t *throw
	if errors.As(err, &t) {
		return m.exception(t.value, nil)
	}
	return err
}

// requestObject returns the request as scripts see it, made once for the run.
func (s *seat) requestObject() goja.Value {
	if s.request != nil {
		return s.request
	}
	if s.lease.run.Request == nil {
		return goja.Undefined()
	}
	r := s.lease.run.Request()
	if r == nil {
		return goja.Undefined()
	}
	s.request = s.machine.requestOf(r)
	return s.request
}

// exception describes a thrown value; it runs in the machine's turn.
func (m *machine) exception(v goja.Value, stack []goja.StackFrame) error {
	e := &Error{Message: "The script failed"}
	for _, f := range stack {
		if p := f.Position(); p.Filename == scriptName {
			e.Line, e.Column = max(p.Line-1, 1), p.Column+1
			break
		}
	}
	ex := m.vm.Try(func() {
		o, ok := v.(*goja.Object)
		if !ok {
			e.Message = v.String()
			return
		}
		if name := o.Get("name"); name != nil {
			e.Name = name.String()
		}
		if message := o.Get("message"); message != nil {
			e.Message = message.String()
		} else {
			e.Message = o.String()
		}
		trace := func() string {
			if s := o.Get("stack"); s != nil {
				return s.String()
			}
			return ""
		}
		if e.Line == 0 {
			e.Line, e.Column = placeIn(trace())
		}
		if e.Name == "TypeError" {
			e.Message = inWords(e.Message, trace)
		}
	})
	if ex != nil {
		e.Message = "The script threw something that cannot be shown"
	}
	const longest = 2000
	if len(e.Message) > longest {
		e.Message = strings.ToValidUTF8(e.Message[:longest], "") + "…"
	}
	return e
}

// placeIn finds the first place of an author's text in a stack trace.
func placeIn(stack string) (line, column int) {
	for text := range strings.Lines(stack) {
		_, at, ok := strings.Cut(text, scriptName+":")
		if !ok {
			continue
		}
		if n, err := fmt.Sscanf(at, "%d:%d", &line, &column); err == nil && n == 2 {
			return max(line-1, 1), column + 1
		}
	}
	return 0, 0
}
