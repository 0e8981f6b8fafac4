package js

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/dop251/goja"
)

// hosts makes the globals that are ours. They are native objects whose members
// are functions; nothing of Go is reachable through them.
func (m *machine) hosts() {
	m.logging()
	m.environment()
	m.timers()
	m.web()
}

// longestLog bounds one line that a script logs.
const longestLog = 8 << 10

// logging makes log and console.
func (m *machine) logging() {
	log, console := m.vm.NewObject(), m.vm.NewObject()
	for name, level := range map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
		"log": slog.LevelInfo, "trace": slog.LevelDebug,
	} {
		write := func(c goja.FunctionCall) goja.Value {
			if m.call == nil || m.call.seat.lease.run.Log == nil {
				return goja.Undefined()
			}
			var b strings.Builder
			for i, arg := range c.Arguments {
				if i > 0 {
					b.WriteByte(' ')
				}
				b.WriteString(m.print(arg))
				if b.Len() > longestLog {
					break
				}
			}
			text := b.String()
			if len(text) > longestLog {
				text = strings.ToValidUTF8(text[:longestLog], "") + "…"
			}
			m.call.seat.lease.run.Log.Log(context.Background(), level, "script", "text", text)
			return goja.Undefined()
		}
		m.method(log, name, write)
		m.method(console, name, write)
	}
	m.global("log", log)
	m.global("console", console)
}

// print is a value as console shows it.
func (m *machine) print(v goja.Value) string {
	o, ok := v.(*goja.Object)
	if !ok {
		return v.String()
	}
	if class := o.ClassName(); class == "Error" || isFunction(class) || class == "RegExp" || class == "Symbol" {
		return o.String()
	}
	b, err := m.marshal(nil, v)
	if err != nil {
		return "[" + o.ClassName() + "]"
	}
	return string(b)
}

// variables is env: what a script reads there is asked for by name.
type variables struct{ m *machine }

func (e variables) Get(key string) goja.Value {
	if e.m.call == nil || e.m.call.seat.lease.run.Env == nil {
		return goja.Undefined()
	}
	if v, ok := e.m.call.seat.lease.run.Env(key); ok {
		return e.m.vm.ToValue(v)
	}
	return goja.Undefined()
}
func (e variables) Set(string, goja.Value) bool { return false }
func (e variables) Has(key string) bool         { return !goja.IsUndefined(e.Get(key)) }
func (e variables) Delete(string) bool          { return false }
func (e variables) Keys() []string              { return nil }

func (m *machine) environment() {
	o := m.vm.NewDynamicObject(variables{m})
	_ = o.SetPrototype(nil)
	m.global("env", o)
}

// timers makes setTimeout and its kin. They live as long as the call that set
// them; what is still waiting when the script is done is dropped.
func (m *machine) timers() {
	global := m.vm.GlobalObject()
	set := func(name string, repeat, hasDelay bool) {
		m.method(global, name, func(c goja.FunctionCall) goja.Value {
			f, ok := goja.AssertFunction(c.Argument(0))
			if !ok {
				m.must(m.typeError(name + " takes a function"))
			}
			var delay time.Duration
			rest := c.Arguments[1:]
			if hasDelay {
				if ms := c.Argument(1).ToFloat(); ms > 0 {
					delay = time.Duration(min(ms, 1e9) * float64(time.Millisecond))
				}
				rest = c.Arguments[min(2, len(c.Arguments)):]
			}
			return m.vm.ToValue(m.call.timer(f, append([]goja.Value(nil), rest...), delay, repeat))
		})
	}
	set("setTimeout", false, true)
	set("setInterval", true, true)
	set("setImmediate", false, false)
	for _, name := range []string{"clearTimeout", "clearInterval", "clearImmediate"} {
		m.method(global, name, func(c goja.FunctionCall) goja.Value {
			if id := c.Argument(0); goja.IsNumber(id) && m.call != nil {
				m.call.clear(id.ToInteger())
			}
			return goja.Undefined()
		})
	}
	resolved := m.callable("Promise", "resolve")
	then, _ := goja.AssertFunction(m.at("Promise", "prototype").Get("then"))
	promise := m.at("Promise")
	m.method(global, "queueMicrotask", func(c goja.FunctionCall) goja.Value {
		if _, ok := goja.AssertFunction(c.Argument(0)); !ok {
			m.must(m.typeError("queueMicrotask takes a function"))
		}
		p, err := resolved(promise)
		m.must(err)
		_, err = then(p, c.Argument(0))
		m.must(err)
		return goja.Undefined()
	})
	m.method(global, "structuredClone", func(c goja.FunctionCall) goja.Value {
		v, err := m.clone(c.Argument(0), structuredOnly)
		m.must(err)
		return v
	})
}

// mostTimers bounds the timers that one call may have waiting.
const mostTimers = 10_000

// timer sets a timer of the call and returns its number.
func (c *call) timer(f goja.Callable, args []goja.Value, delay time.Duration, repeat bool) int64 {
	if len(c.timers) >= mostTimers {
		c.seat.machine.tooMuch("More than %d timers are too many", mostTimers)
	}
	ctx := c.begin()
	c.lastTimer++
	id := c.lastTimer
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timers == nil {
		c.timers = map[int64]*time.Timer{}
	}
	var fire func()
	fire = func() {
		if ctx.Err() != nil {
			return
		}
		c.post(func() error {
			if repeat {
				if !c.again(id, delay) {
					return nil
				}
			} else if !c.clear(id) {
				return nil
			}
			_, err := f(goja.Undefined(), args...)
			return err
		})
	}
	c.timers[id] = time.AfterFunc(delay, fire)
	return id
}

// clear stops a timer; false when it is not waiting.
func (c *call) clear(id int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.timers[id]
	if ok {
		t.Stop()
		delete(c.timers, id)
		c.jobs--
	}
	return ok
}

// again sets a repeating timer once more; false when it was cleared.
func (c *call) again(id int64, delay time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.timers[id]
	if ok {
		t.Reset(max(delay, time.Millisecond))
	}
	return ok
}
