package js

import (
	"context"
	"fmt"
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

// What a script may log: bytes in a line, lines in a call. Further lines are
// dropped, with one that says so.
const (
	longestLog = 8 << 10
	mostLogged = 1000
)

// logging makes log and console.
func (m *machine) logging() {
	log, console := m.vm.NewObject(), m.vm.NewObject()
	for name, level := range map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
		"log": slog.LevelInfo, "trace": slog.LevelDebug,
	} {
		write := func(c goja.FunctionCall) goja.Value {
			if m.call == nil || m.call.seat.lease.run.Log == nil && m.call.seat.lease.run.Say == nil {
				return goja.Undefined()
			}
			if m.call.logged++; m.call.logged > mostLogged {
				if m.call.logged == mostLogged+1 {
					m.call.say(slog.LevelWarn, fmt.Sprintf("The script logs more than %d lines: the others are left out.", mostLogged))
				}
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
			m.call.say(level, text)
			return goja.Undefined()
		}
		m.method(log, name, write)
		m.method(console, name, write)
	}
	m.global("log", log)
	m.global("console", console)
}

// say hands on a line that the script logs.
func (c *call) say(level slog.Level, text string) {
	run := &c.seat.lease.run
	if run.Say != nil {
		run.Say(c.by, level, text)
		return
	}
	run.Log.Log(context.Background(), level, "script", "text", text)
}

// print is a value as console shows it.
func (m *machine) print(v goja.Value) string {
	o, ok := v.(*goja.Object)
	if !ok {
		return v.String()
	}
	if class := o.ClassName(); class == "Error" || isFunction(o) || class == "RegExp" || class == "Symbol" {
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

// A timer waits for its time; one alarm of the call wakes it for the next.
type timer struct {
	id     int64
	due    time.Time
	repeat time.Duration // 0: once
	f      goja.Callable
	args   []goja.Value
}

// timer sets a timer and returns its number. Timers run in the order in which
// they are due, those of one moment in the order in which they were set.
func (c *call) timer(f goja.Callable, args []goja.Value, delay time.Duration, repeat bool) int64 {
	if len(c.timers) >= mostTimers {
		c.seat.machine.tooMuch("More than %d timers are too many", mostTimers)
	}
	c.begin()
	c.lastTimer++
	delay = max(delay, time.Millisecond)
	t := &timer{id: c.lastTimer, due: time.Now().Add(delay), f: f, args: args}
	if repeat {
		t.repeat = delay
	}
	if c.timers == nil {
		c.timers = map[int64]*timer{}
	}
	c.timers[t.id] = t
	c.setAlarm()
	return t.id
}

// clear stops a timer.
func (c *call) clear(id int64) {
	if _, ok := c.timers[id]; ok {
		delete(c.timers, id)
		c.jobs--
	}
}

// next returns the timer that is due first, nil when none waits.
func (c *call) next() *timer {
	var first *timer
	for _, t := range c.timers {
		if first == nil || t.due.Before(first.due) || t.due.Equal(first.due) && t.id < first.id {
			first = t
		}
	}
	return first
}

// setAlarm has the call woken when the next timer is due.
func (c *call) setAlarm() {
	t := c.next()
	if t == nil {
		return
	}
	wait := time.Until(t.due)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
	case c.alarm == nil:
		c.alarm = time.AfterFunc(wait, func() { c.post(c.ring) })
	default:
		c.alarm.Reset(wait)
	}
}

// ring runs the timers that are due; it runs in the machine's turn.
func (c *call) ring() error {
	now := time.Now()
	for t := c.next(); t != nil && !t.due.After(now); t = c.next() {
		if t.repeat > 0 {
			t.due = time.Now().Add(t.repeat)
		} else {
			c.clear(t.id)
		}
		if _, err := t.f(goja.Undefined(), t.args...); err != nil {
			return err
		}
	}
	c.setAlarm()
	return nil
}
