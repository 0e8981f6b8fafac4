package js

import (
	"reflect"

	"github.com/dop251/goja"
)

// How many keys native functions may walk over at once where each is a character of a
// text, a number of a typed array or a place of a list. They look at nothing between
// two of them.
const (
	mostKeys   = 1 << 16
	mostListed = 1 << 18 // of a list
	mostSaid   = 1 << 20 // in JSON, which looks up between two
)

// guardKeys bounds the functions that walk over an object's keys. What a script has
// put into an object one by one is walked over in less time than that took; a text or a
// typed array has millions of keys at once.
func (m *machine) guardKeys() {
	object, reflection := m.at("Object"), m.at("Reflect")
	first := func(c goja.FunctionCall) goja.Value { m.checkKeys(c.Argument(0), mostListed); return nil }
	for _, name := range []string{
		"keys", "values", "entries", "getOwnPropertyNames", "getOwnPropertySymbols", "freeze", "seal", "isFrozen", "isSealed",
	} {
		m.wrap(object, name, first)
	}
	m.wrap(reflection, "ownKeys", first)
	m.wrap(object, "getOwnPropertyDescriptors", func(c goja.FunctionCall) goja.Value {
		m.checkKeys(c.Argument(0), mostKeys)
		return nil
	})
	for _, name := range []string{"create", "defineProperties"} {
		m.wrap(object, name, func(c goja.FunctionCall) goja.Value { m.checkKeys(c.Argument(1), mostKeys); return nil })
	}
	assign, _ := goja.AssertFunction(object.Get("assign"))
	m.replace(object, "assign", func(c goja.FunctionCall) goja.Value {
		to, err := assign(goja.Undefined(), c.Argument(0))
		m.must(err)
		for _, from := range c.Arguments[min(1, len(c.Arguments)):] {
			m.yield()
			m.checkKeys(from, mostListed)
			_, err := assign(goja.Undefined(), to, from)
			m.must(err)
		}
		return to
	})
}

// checkKeys refuses an object with more keys than a native function may walk over;
// listed is how many those of a list may be.
func (m *machine) checkKeys(v goja.Value, listed int64) {
	n, list := m.places(v)
	most := int64(mostKeys)
	if list {
		most = listed
	}
	if n > most {
		m.tooMuch("%d keys are too many for this; %d are the most", n, most)
	}
}

// keysOf returns an object's own keys, of which there may be no more than are said in
// JSON.
func (m *machine) keysOf(o *goja.Object) ([]string, error) {
	if n, _ := m.places(o); n > mostSaid {
		return nil, m.rangeError("The object has too many keys")
	}
	return o.Keys(), nil
}

// places returns how many keys a value has that nobody gave it one by one, and whether
// they are those of a list. A proxy has those of what it stands for.
func (m *machine) places(v goja.Value) (n int64, list bool) {
	for range mostProxies {
		o, ok := v.(*goja.Object)
		if !ok {
			return lengthOf(v), false
		}
		switch class := o.ClassName(); class {
		case "String", "Array":
			return lengthOf(o), class == "Array"
		case "Object":
		default:
			return 0, false
		}
		if o.ExportType() != proxyType {
			return m.numbers(o), false
		}
		proxy, ok := o.Export().(goja.Proxy)
		if !ok || proxy.Target() == nil {
			return 0, false
		}
		v = proxy.Target()
	}
	return 0, false
}

// numbers returns the length of a typed array, whatever its members say; 0 for what is
// none.
func (m *machine) numbers(o *goja.Object) int64 {
	if t := o.ExportType(); t.Kind() != reflect.Slice || t == setType || t == mapType {
		return 0
	}
	n, err := m.builtins.numbers(o)
	if err != nil {
		return 0
	}
	return n.ToInteger()
}
