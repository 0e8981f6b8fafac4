package js

import (
	"strings"

	"github.com/dop251/goja"
)

// requestOf makes the frozen object that scripts know as request. Names of
// headers are in lower case; what was sent once is text, what was sent more
// often a list.
func (m *machine) requestOf(r *Request) *goja.Object {
	o := m.vm.NewObject()
	text := func(name, v string) { m.put(o, name, m.vm.ToValue(v)) }
	text("method", r.Method)
	text("path", r.Path)
	text("ip", r.IP)
	text("host", r.Host)
	object := func(name string, fill func(*goja.Object)) {
		member := m.vm.NewObject()
		fill(member)
		m.freeze(member)
		m.put(o, name, member)
	}
	values := func(v []string) goja.Value {
		if len(v) == 1 {
			return m.vm.ToValue(v[0])
		}
		items := make([]any, len(v))
		for i, s := range v {
			items[i] = s
		}
		list := m.vm.NewArray(items...)
		m.freeze(list)
		return list
	}
	object("params", func(o *goja.Object) {
		for _, name := range sortedNames(r.Params) {
			m.put(o, name, m.vm.ToValue(r.Params[name]))
		}
	})
	object("query", func(o *goja.Object) {
		for _, name := range sortedNames(r.Query) {
			m.put(o, name, values(r.Query[name]))
		}
	})
	object("headers", func(o *goja.Object) {
		for _, name := range sortedNames(r.Header) {
			if name != "Cookie" {
				m.put(o, strings.ToLower(name), m.vm.ToValue(strings.Join(r.Header[name], ", ")))
			}
		}
		m.put(o, "host", m.vm.ToValue(r.Host)) // which the server takes out of the headers
	})
	object("cookies", func(o *goja.Object) {
		for _, c := range r.Cookies {
			m.put(o, c.Name, m.vm.ToValue(c.Value))
		}
	})
	m.put(o, "body", m.body(r))
	m.freeze(o)
	return o
}

// body is what was sent: JSON as its value, anything else as text.
func (m *machine) body(r *Request) goja.Value {
	if len(r.Body) == 0 {
		return goja.Null()
	}
	if strings.Contains(r.Header.Get("Content-Type"), "json") {
		if v, err := m.parse(string(r.Body)); err == nil {
			m.deepFreeze(v)
			return v
		}
	}
	return m.vm.ToValue(strings.ToValidUTF8(string(r.Body), "\ufffd"))
}

// deepFreeze freezes plain objects and arrays with all they hold; the depth of
// what was parsed is bounded.
func (m *machine) deepFreeze(v goja.Value) {
	o, ok := v.(*goja.Object)
	if !ok {
		return
	}
	for _, key := range o.Keys() {
		m.deepFreeze(o.Get(key))
	}
	m.freeze(o)
}
