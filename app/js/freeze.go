package js

import (
	"github.com/dop251/goja"
)

// overridden are what code commonly assigns on its own objects although a
// prototype has it. On a frozen prototype such an assignment would be lost, so
// there these become accessors whose setter defines the object's own.
var overridden = map[string][]string{
	"Object":   {"constructor", "toString", "valueOf", "toLocaleString", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable"},
	"Function": {"constructor", "toString", "call", "apply", "bind"},
	"Array":    {"constructor", "toString", "toLocaleString", "concat", "join"},
	"Date":     {"constructor", "toString", "valueOf", "toJSON"},
	"Promise":  {"constructor", "catch", "finally"},
	"RegExp":   {"constructor", "toString", "exec", "test"},
	"Map":      {"constructor", "get", "set", "has", "delete", "clear"},
	"Set":      {"constructor", "add", "has", "delete", "clear"},
	"String":   {"constructor", "toString", "valueOf"}, "Number": {"constructor", "toString", "valueOf"},
	"Boolean": {"constructor", "toString", "valueOf"}, "Symbol": {"constructor", "toString"},
	"Error":     {"constructor", "name", "message", "toString"},
	"TypeError": {"constructor", "name", "message"}, "RangeError": {"constructor", "name", "message"},
	"SyntaxError": {"constructor", "name", "message"}, "ReferenceError": {"constructor", "name", "message"},
	"EvalError": {"constructor", "name", "message"}, "URIError": {"constructor", "name", "message"},
	"AggregateError": {"constructor", "name", "message"},
}

// everything visits all that a script can reach and freezes it; what it is given
// is the freezing itself and what no global leads to.
var everything = goja.MustCompile("freeze", `(function () {
	"use strict";
	const freeze = Object.freeze, keys = Reflect.ownKeys, descriptor = Object.getOwnPropertyDescriptor, prototype = Object.getPrototypeOf;
	const seen = new Set([env]); // env takes no writes, and cannot be frozen
	const todo = [globalThis, function* () {}, (function* () {})(), async function () {}, async () => {}, prototype(Int8Array),
		[].values(), new Map().entries(), new Set().values(), ""[Symbol.iterator](), "a".matchAll(/a/g), Symbol.iterator];
	while (todo.length > 0) {
		const o = todo.pop();
		if (o === null || typeof o !== "object" && typeof o !== "function" || seen.has(o)) continue;
		seen.add(o);
		todo.push(prototype(o));
		for (const key of keys(o)) {
			const d = descriptor(o, key);
			todo.push(d.value, d.get, d.set);
		}
		freeze(o);
	}
})()`, false)

// freezeAll makes every built-in unchangeable.
func (m *machine) freezeAll() {
	for _, name := range sortedNames(overridden) {
		proto := m.at(name, "prototype")
		for _, member := range overridden[name] {
			m.soften(proto, member)
		}
	}
	if _, err := m.vm.RunProgram(everything); err != nil {
		panic(err)
	}
	freeze := m.callable("Object", "freeze")
	m.builtins.freeze = freeze
}

// soften turns a prototype's member into an accessor that assigning on an object
// below replaces there.
func (m *machine) soften(proto *goja.Object, name string) {
	v := proto.Get(name)
	if v == nil {
		return
	}
	m.accessor(proto, name, v)
}

// accessor makes a prototype's member one that assigning on an object below replaces
// there.
func (m *machine) accessor(proto *goja.Object, name string, v goja.Value) {
	get := m.vm.ToValue(func(goja.FunctionCall) goja.Value { m.step(); return v })
	set := m.vm.ToValue(func(c goja.FunctionCall) goja.Value {
		if o, ok := c.This.(*goja.Object); ok && o != proto {
			m.must(o.DefineDataProperty(name, c.Argument(0), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE))
		}
		return goja.Undefined()
	})
	if err := proto.DefineAccessorProperty(name, get, set, goja.FLAG_FALSE, goja.FLAG_FALSE); err != nil {
		panic(err)
	}
}

// freeze makes one object unchangeable.
func (m *machine) freeze(o *goja.Object) {
	if _, err := m.builtins.freeze(goja.Undefined(), o); err != nil {
		panic(err)
	}
}
