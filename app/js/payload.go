package js

import (
	"context"
	"slices"
	"sync"

	"github.com/dop251/goja"
)

// Payload is a message's payload as native objects of a runtime. Each method
// takes the runtime's turn.
type Payload struct {
	seat   *seat
	object *goja.Object
	views  *views
	whole  []byte // as JSON, once somebody asked, until it changes
}

// views counts the payloads that look at one object; one of them alone may change
// it.
type views struct {
	mu sync.Mutex
	n  int
}

// turn runs fn as a turn on the payload's machine.
func (p *Payload) turn(fn func() error) error { return p.take((*machine).run, fn) }

// glance is turn for what runs nothing of a script's: the payload itself is an object of
// ours, only what it holds may be a script's.
func (p *Payload) glance(fn func() error) error { return p.take((*machine).carry, fn) }

func (p *Payload) take(turn func(*machine, context.Context, *call, func() error) error, fn func() error) error {
	l := p.seat.lease
	l.mu.Lock()
	closed := l.closed
	l.mu.Unlock()
	if closed {
		return errClosed
	}
	m := p.seat.machine
	return turn(m, l.ctx, &call{seat: p.seat}, func() error {
		var err error
		if ex := m.vm.Try(func() { err = fn() }); ex != nil {
			return ex
		}
		return err
	})
}

// own makes the payload the only view of its object, which is about to change; it
// runs in a turn.
func (p *Payload) own() error {
	m := p.seat.machine
	shared := false
	err := m.settle(func() error {
		p.whole = nil
		p.views.mu.Lock()
		defer p.views.mu.Unlock()
		if shared = p.views.n > 1; shared {
			p.views.n--
		}
		return nil
	})
	if err != nil || !shared {
		return err
	}
	c, err := m.clone(p.object, keepFunctions)
	if err != nil {
		return err
	}
	return m.settle(func() error { p.object, p.views = c.(*goja.Object), &views{n: 1}; return nil })
}

// returned stores what a script returned; it runs in a turn.
func (p *Payload) returned(v goja.Value) error {
	return p.object.Set("msg", v)
}

// Get returns a key's value as a Go value: nil, bool, string, int64, float64,
// json.Number (of a big integer), map[string]any, []any, []byte, time.Time, or a
// value that came from Go and was not replaced.
func (p *Payload) Get(key string) (v any, ok bool, err error) {
	var exported any
	has := false
	err = p.turn(func() (err error) {
		found := p.object.Get(key)
		if found == nil || !p.has(key) {
			return nil
		}
		has = true
		exported, err = p.seat.machine.export(found, p.seat.opaque)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return exported, has, nil
}

// has reports whether the key is the object's own, not its prototype's.
func (p *Payload) has(key string) bool {
	own, err := p.seat.machine.builtins.hasOwn(p.object, p.seat.machine.vm.ToValue(key))
	return err == nil && own.ToBoolean()
}

// Set stores a Go value under a key.
func (p *Payload) Set(key string, v any) error {
	return p.turn(func() error {
		if err := p.own(); err != nil {
			return err
		}
		return p.seat.machine.settle(func() error {
			value, err := p.seat.machine.value(v)
			if err == nil {
				p.seat.machine.put(p.object, key, value)
			}
			return err
		})
	})
}

// Delete removes a key.
func (p *Payload) Delete(key string) error {
	return p.turn(func() error {
		if err := p.own(); err != nil {
			return err
		}
		return p.object.Delete(key)
	})
}

// Has reports whether there is a key; false when the runtime is gone.
func (p *Payload) Has(key string) bool {
	ok := false
	err := p.glance(func() error { ok = p.has(key); return nil })
	return err == nil && ok
}

// Keys lists the keys in order; none when the runtime is gone.
func (p *Payload) Keys() []string {
	var keys []string
	if err := p.glance(func() error { keys = p.object.Keys(); return nil }); err != nil {
		return nil
	}
	return keys
}

// AppendJSON appends the JSON of a key's value, or of the whole payload for "".
func (p *Payload) AppendJSON(dst []byte, key string) ([]byte, error) {
	var written []byte // not into dst, which is the caller's
	err := p.turn(func() (err error) {
		if key == "" && p.whole != nil {
			written = p.whole
			return nil
		}
		var v goja.Value = p.object
		if key != "" {
			if v = p.object.Get(key); v == nil || !p.has(key) {
				v = goja.Null()
			}
		}
		if written, err = p.seat.machine.marshal(nil, v); err != nil || key != "" {
			return err
		}
		return p.seat.machine.settle(func() error { p.whole = slices.Clip(written); return nil })
	})
	if err != nil {
		return dst, err
	}
	return append(dst, written...), nil
}

// Fork returns an independent view; the object is copied when one of the two is
// next changed or handed to a script.
func (p *Payload) Fork() *Payload {
	p.views.mu.Lock()
	defer p.views.mu.Unlock()
	p.views.n++
	c := *p
	return &c
}
