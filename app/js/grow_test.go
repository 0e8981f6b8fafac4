package js

import (
	"slices"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

// TestGrow: what puts texts together means what it means, looked at or not.
func TestGrow(t *testing.T) {
	e := engine(t, Options{})
	for _, tt := range []struct{ source, want string }{
		{"const a = msg.a, b = msg.b; return [a + b, a + ' ' + b, a + b + a + b + a + b + a, `${a}${b}`, `<${a}|${b}>`]", `["xy","x y","xyxyxyx","xy","<x|y>"]`},
		{"const [a, b, c, d, f, g] = 'abcdfg'; return `0${a}1${b}2${c}3${d}4${f}5${g}6`", `"0a1b2c3d4f5g6"`},
		{"const [a, b, c, d, f, g, h, i, j] = 'abcdfghij'; return `${a}${b}${c}${d}${f}${g}${h}${i}${j}` + `${a}${b}${c}${d}${1}` + `${a}${b}${c}${d}`", `"abcdfghijabcd1abcd"`},
		{"let order = ''; const p = n => ({ toString() { order += n; return n } }); `${p('a')}${p('b')}${p('c')}${p('d')}${p('e')}${p('f')}`; p('g') + p('h'); return order", `"abcdefgh"`},
		{"const tag = (parts, ...values) => parts.raw.join('_') + values.join(); return tag`${msg.a}\\n${msg.b}`", `"_\\n_x,y"`},
		{"let s = msg.a; const read = s += (s = 'q', msg.b); return [s, read]", `["xy","xy"]`},
		{"const o = { s: msg.a, n: 0, get o() { this.n++; return this } }; const read = o.o.s += msg.b; return [o.s, read, o.n]", `["xy","xy",1]`},
		{"class A { #s = 'x'; add(y) { return this.#s += y } }; return new A().add(msg.b) + eval('class B { #s = 1; add(y) { return this.#s += y } }; new B().add(2)')", `"xy3"`},
		{"const add = (a, b = a + a) => a + b; return [add(1, 2), add('1', 2), add(true), String(add(1n, 2n)), add([1], {}), add(null, undefined), add(new Date(0), '').length > 9]", `[3,"12",3,"3","1[object Object]",0,true]`},
		{"try { msg.n + 1n + msg.n } catch (e) { return e.name + (() => { try { msg.a + Symbol.iterator } catch (e) { return e.name } })() }", `"TypeErrorTypeError"`},
		{"try { const s = 1; s += msg.a } catch (e) { return e.name }", `"TypeError"`},
		{"const total = msg.list.reduce((a, b) => a + b); let n = 0; for (let i = 0; i < 3; i++) n += i; n += total; return n", "9"},
		{"let n = 0; n = msg.a; const twice = n + n; { let n = 1; n += n } return twice", `"xx"`},
		{"var n; const s = n + msg.a + n; with ({ n: msg.b }) { return s + n + n }", `"undefinedxundefinedyy"`},
		{"const f = function* (a) { const b = (yield a + a) + (yield a); return b + b }, g = f('z'); return [g.next().value, g.next(1).value, g.next(2).value]", `["zz","z",6]`},
		{"let a = 3n, b = 2; a *= a; b *= b; const o = { a, b }; o.a *= -a; o.b *= b; a <<= 2n; return [a, o.a, o.b, o.b * 2.5, a * 2n << 1n, '2' * '3'].join()", `"36,-81,16,40,144,6"`},
		{"try { return BigInt(2) * msg.n } catch (e) { return e.name }", `"TypeError"`},
		{"for (const s of ['x'.repeat(65535) + '😀é', '😀'.repeat(40000), 'x' + '😀'.repeat(40000), 'é'.repeat(70000), '']) { const b = new TextEncoder().encode(s); if (new TextDecoder().decode(b) !== s) return s.length } return [...new TextEncoder().encode('\\ud800')]", "[239,191,189]"},
		{"return await Promise.resolve(msg.a) + await msg.b", `"xy"`},
	} {
		check(t, e, tt.source, `{"a": "x", "b": "y", "n": 1, "list": [1, 2, 3]}`, tt.want)
	}
}

// TestGrowLimit has texts just as long as one may be, and one over, whatever makes them.
func TestGrowLimit(t *testing.T) {
	e := engine(t, Options{CallTime: lasting(limit.RunTime)})
	for _, make := range []string{
		"a + b", "`${a}${b}`", "(a += b)", "(o.a += b)", "[a, b].join('')", "a.concat(b)", "(() => { let t = a; return t = t + b })()",
		"eval('(a, b) => a + b')(a, b)", "new Function('a', 'b', 'return `${a}${b}`')(a, b)",
	} {
		t.Run(make, func(t *testing.T) {
			source := "let a = 'x'.repeat(2 ** 24), b = 'y'.repeat(2 ** 24); const o = { a }; "
			check(t, e, source+"return ("+make+").length", "{}", "33554432")
			check(t, e, source+"a += 'z'; o.a = a; try { return ("+make+").length } catch (e) { return e.name + ': ' + e.message }", "{}",
				`"RangeError: The text is too long; 33554432 characters are the most"`)
		})
	}
	for _, grow := range []string{"x *= x", "o.x *= o.x", "x = x * x", "x = x << 100000n", "x <<= 100000n", "x = eval('x => x * x')(x)"} {
		check(t, e, "let x = 3n; const o = { x }; try { for (;;) "+grow+" } catch (e) { return e.name + ': ' + e.message }", "{}",
			`"RangeError: A big integer of more than 1048576 bits is too large"`)
	}
	for _, grow := range []string{"o.x *= o.x", "o.s += o.s"} {
		_, err := run(t, e, "const o = { s: 'x', x: 3n }; for (;;) try { "+grow+" } catch { }", "{}")
		if f, ok := fault.As(err); !ok || f.Code != "script_memory" {
			t.Errorf("%s, which is kept: %v, want script_memory", grow, err)
		}
	}
}

// TestNumbers: which variables are surely no text.
func TestNumbers(t *testing.T) {
	for source, want := range map[string]string{
		"let i = 0, n = i * 2; i++; n += i":                 "i n",
		"let s = '', n = 1; s += n":                         "n",
		"let a = 1, b = a; a = s":                           "",
		"let a; for (const b of c) a = -b":                  "a",
		"let a = 1; [a] = b":                                "",
		"let a = 1; ({ a } = b)":                            "",
		"let a = 1; for (a in b);":                          "",
		"let a = 1; const f = a => a":                       "",
		"let a = 1, c = 3; function f(b = a) { } var b = 2": "c",
		"try { } catch (a) { let b = 1 } var a = 1":         "b",
		"let a = 1; with (b) a":                             "",
		"var payload = 1, arguments = 2":                    "",
		"let a = 1 ? 2 : true, b = a || 'x', c = a ?? null": "a c",
		"let a = typeof b, c = !b":                          "c",
	} {
		p, err := goja.Parse("test", source)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for name := range numbersIn(p) {
			got = append(got, name.String())
		}
		if got := strings.Join(slices.Sorted(slices.Values(got)), " "); got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}
