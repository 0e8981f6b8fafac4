package js

import (
	"strings"
	"testing"

	"github.com/dop251/goja"
)

// TestNativeNext: whatever native function a script has for the next of an iterator,
// walking over it ends with the turn: those that go on for ever count their calls.
func TestNativeNext(t *testing.T) {
	e := engine(t, Options{})
	m := newMachine(e)
	v, err := m.vm.RunString(`(function () {
		const found = [], seen = new Set();
		const todo = [["global", globalThis], ["generator", function* () {}], ["generators", (function* () {})()], ["async", async () => {}],
			["typed", Object.getPrototypeOf(Int8Array)], ["arrays", [].values()], ["maps", new Map().entries()], ["sets", new Set().values()],
			["texts", ""[Symbol.iterator]()], ["matches", "a".matchAll(/a/g)]];
		while (todo.length > 0) {
			const [name, o] = todo.pop();
			if (o === null || typeof o !== "object" && typeof o !== "function" || seen.has(o)) continue;
			seen.add(o);
			if (typeof o === "function" && Function.prototype.toString.call(o).includes("[native code]")) found.push([name, o]);
			if (o === env) continue;
			todo.push([name + ".__proto__", Object.getPrototypeOf(o)]);
			for (const key of Reflect.ownKeys(o)) {
				const d = Object.getOwnPropertyDescriptor(o, key), path = name + "." + String(key);
				todo.push([path, d.value], [path + " get", d.get], [path + " set", d.set]);
				try { todo.push([path + " read", o[key]]); } catch {}
			}
		}
		const on = [() => ({}), () => [], () => [{}], () => () => ({}), () => class {}, () => new Map(), () => new Set(), () => new Date(), () => /a/g,
			() => new String("abc"), () => new Number(1), () => new Uint8Array(8), () => new ArrayBuffer(8), () => new DataView(new ArrayBuffer(8)),
			() => Promise.resolve(1), () => new WeakMap(), () => new WeakSet(), () => new Error("x"), () => [].values(), () => (function* () { for (;;) yield 1 })(), () => Promise,
			() => Array, () => Object, () => Uint8Array, () => RegExp, () => new URL("http://a/"), () => new Headers(), () => new Response(""), () => new Request("http://a/"),
			() => new URLSearchParams(""), () => new AbortController(), () => new TextEncoder(), () => new TextDecoder()];
		return [found, on];
	})()`)
	if err != nil {
		t.Fatal(err)
	}
	list := func(v goja.Value) (items []goja.Value) {
		o := v.(*goja.Object)
		for _, key := range o.Keys() {
			items = append(items, o.Get(key))
		}
		return items
	}
	both := list(v)
	m.call = &call{parent: t.Context(), seat: &seat{machine: m, lease: &Lease{engine: e}}}
	defer m.call.close()
	endless := 0
	for _, pair := range list(both[0]) {
		name := pair.(*goja.Object).Get("0").String()
		f, _ := goja.AssertFunction(pair.(*goja.Object).Get("1"))
		for i, make := range list(both[1]) {
			maker, _ := goja.AssertFunction(make)
			this, err := maker(goja.Undefined())
			if err != nil {
				t.Fatal(err)
			}
			before, goes := m.steps, true
			for range 20 {
				var again bool
				func() {
					defer func() { _ = recover() }() // an engine that breaks goes on no longer
					_ = m.vm.Try(func() {
						v, err := f(this)
						o, ok := v.(*goja.Object)
						again = err == nil && ok && (o.Get("done") == nil || !o.Get("done").ToBoolean())
					})
				}()
				if !again {
					goes = false
					break
				}
			}
			if !goes {
				continue
			}
			endless++
			if m.steps < before+20 && !strings.HasSuffix(name, ".call read") { // what it calls is the script's
				t.Errorf("%s goes on for ever on %d and counts nothing", name, i)
			}
		}
	}
	t.Logf("%d go on", endless)
	if endless < 20 {
		t.Errorf("%d natives go on, want more", endless)
	}
}
