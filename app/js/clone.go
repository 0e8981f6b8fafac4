package js

import (
	"fmt"

	"github.com/dop251/goja"

	"ecoflow/app/limit"
)

// cloning says what a copy does with what cannot be copied.
type cloning int

const (
	keepFunctions  cloning = iota // a branch's own view: functions are shared
	structuredOnly                // structuredClone: they are refused
)

type cloner struct {
	m     *machine
	how   cloning
	seen  map[*goja.Object]*goja.Object
	depth int
	count int
}

// clone copies a value with all it holds; what it holds twice is held twice by
// the copy too.
func (m *machine) clone(v goja.Value, how cloning) (goja.Value, error) {
	c := cloner{m: m, how: how, seen: map[*goja.Object]*goja.Object{}}
	return c.value(v)
}

func (c *cloner) refuse(what string) error {
	return c.m.typeError(what + " could not be cloned")
}

func (c *cloner) value(v goja.Value) (goja.Value, error) {
	o, ok := v.(*goja.Object)
	if !ok {
		if _, symbol := v.(*goja.Symbol); symbol && c.how == structuredOnly {
			return nil, c.refuse(v.String())
		}
		return v, nil
	}
	if copied, ok := c.seen[o]; ok {
		return copied, nil
	}
	if c.depth >= limit.APIDepth {
		return nil, c.m.rangeError(fmt.Sprintf("The value is nested deeper than %d levels", limit.APIDepth))
	}
	c.count++
	if c.count&0x3ff == 0 {
		c.m.yield()
	}
	c.depth++
	defer func() { c.depth-- }()
	return c.object(o)
}

func (c *cloner) object(o *goja.Object) (goja.Value, error) {
	m, b := c.m, &c.m.builtins
	class := o.ClassName()
	if isFunction(o) {
		if c.how == structuredOnly {
			return nil, c.refuse("A function")
		}
		return o, nil
	}
	keep := func(n *goja.Object) *goja.Object {
		c.seen[o] = n
		if original, ok := m.call.seat.opaque[o]; ok {
			m.call.seat.opaque[n] = original
		}
		return n
	}
	switch class {
	case "Array":
		return c.array(o, keep)
	case "Date":
		return keep(m.make(b.date, m.vm.ToValue(o.ToFloat()))), nil
	case "RegExp":
		return keep(m.make(b.regexp, o.Get("source"), o.Get("flags"))), nil
	case "Number", "String", "Boolean":
		boxed, err := b.object(goja.Undefined(), o.ToString())
		if class == "Number" {
			boxed, err = b.object(goja.Undefined(), o.ToNumber())
		} else if class == "Boolean" {
			var v goja.Value
			if v, err = b.booleanValue(o); err == nil {
				boxed, err = b.object(goja.Undefined(), v)
			}
		}
		if err != nil {
			return nil, err
		}
		return keep(boxed.(*goja.Object)), nil
	case "Object", "Error", "ArrayBuffer", "Arguments", "global":
	default:
		if c.how == structuredOnly {
			return nil, c.refuse("A " + class)
		}
		return o, nil
	}
	switch o.ExportType() {
	case mapType:
		return c.collection(o, "Map", keep)
	case setType:
		return c.collection(o, "Set", keep)
	}
	if bytes, ok := m.bytesOf(o, class); ok {
		copied := append([]byte(nil), bytes...)
		if class == "ArrayBuffer" || o.ExportType() == arrayBufferType {
			return keep(m.vm.ToValue(m.vm.NewArrayBuffer(copied)).(*goja.Object)), nil
		}
		constructor, ok := o.Get("constructor").(*goja.Object)
		if !ok {
			return nil, c.refuse("A typed array without constructor")
		}
		n, err := m.vm.New(constructor, m.vm.ToValue(m.vm.NewArrayBuffer(copied)))
		if err != nil {
			return nil, err
		}
		return keep(n), nil
	}
	if o.ExportType() == proxyType {
		if c.how == structuredOnly {
			return nil, c.refuse("A proxy")
		}
		return o, nil
	}
	proto := o.Prototype()
	if c.how == structuredOnly && class == "Object" {
		proto = b.objectPrototype
	}
	n := keep(m.vm.CreateObject(proto))
	keys, err := m.keysOf(o)
	if err != nil {
		return nil, err
	}
	if class == "Error" {
		for _, name := range []string{"name", "message", "stack", "cause"} {
			if v := o.Get(name); v != nil {
				copied, err := c.value(v)
				if err != nil {
					return nil, err
				}
				_ = n.DefineDataProperty(name, copied, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
			}
		}
	}
	for i, key := range keys {
		if i&0x3ff == 0x3ff {
			m.yield()
		}
		v, err := c.value(o.Get(key))
		if err != nil {
			return nil, err
		}
		m.put(n, key, v)
	}
	return n, nil
}

func (c *cloner) array(o *goja.Object, keep func(*goja.Object) *goja.Object) (goja.Value, error) {
	m := c.m
	n := o.Get("length").ToInteger()
	if n > longestArray {
		return nil, m.rangeError("The array is too long")
	}
	copied := keep(m.vm.NewArray())
	_ = copied.Set("length", n)
	for i, key := range o.Keys() {
		if i&0x3ff == 0x3ff {
			m.yield()
		}
		v, err := c.value(o.Get(key))
		if err != nil {
			return nil, err
		}
		m.put(copied, key, v)
	}
	return copied, nil
}

func (c *cloner) collection(o *goja.Object, class string, keep func(*goja.Object) *goja.Object) (goja.Value, error) {
	m, b := c.m, &c.m.builtins
	entries, add, constructor := b.mapEntries, b.mapSet, b.mapConstructor
	if class == "Set" {
		entries, add, constructor = b.setValues, b.setAdd, b.setConstructor
	}
	copied := keep(m.make(constructor))
	var items []goja.Value
	it, err := entries(o)
	if err != nil {
		return nil, err
	}
	m.vm.ForOf(it, func(v goja.Value) bool { m.step(); items = append(items, v); return true })
	for _, item := range items {
		m.step()
		args := []goja.Value{item}
		if class == "Map" {
			pair := item.(*goja.Object)
			args = []goja.Value{pair.Get("0"), pair.Get("1")}
		}
		for i := range args {
			if args[i], err = c.value(args[i]); err != nil {
				return nil, err
			}
		}
		if _, err := add(copied, args...); err != nil {
			return nil, err
		}
	}
	return copied, nil
}
