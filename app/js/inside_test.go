package js

import (
	"strings"
	"testing"
)

// TestInside: text that becomes code while a script runs means what it means anywhere,
// and is bounded as the script is.
func TestInside(t *testing.T) {
	e := engine(t, Options{})
	for _, tt := range []struct{ source, want string }{
		{"return eval('1;2')", "2"},
		{"return eval('let x = 1; x')", "1"},
		{"return eval('var x = 1, [y, z = x] = [2]; x + y + z')", "4"},
		{"return eval('\"use strict\"; var q = 3; for (let i = 0; i < 2; i++) q++; q')", "5"},
		{"return eval('\"text\"') + eval('') + eval(7)", `"textundefined7"`},
		{"return eval('function f() { return 2 } f()')", "2"},
		{"return eval('this === globalThis')", "true"},
		{"return eval('v => ({ a: 1, ...v })')({ b: 2 })", `{"a":1,"b":2}`},
		{"return eval('const { a, ...rest } = { a: 1, b: 2 }; rest')", `{"b":2}`},
		{"return eval('class A { #x = 3; up() { return this.#x **= 2 } }; new A().up()')", "9"},
		{"return new Function('a', 'b = 2', 'return { ...a, b }')({ a: 1 })", `{"a":1,"b":2}`},
		{"return Function('return this === globalThis')() && new Function()()  === undefined", "true"},
		{"return new Function('a, b', 'return a + b').toString()", `"function anonymous(a, b\n) {\nreturn a + b\n}"`},
		{"class F extends Function {}; const f = new F('return 4'); return [f(), f instanceof F, f.name]", `[4,true,"anonymous"]`},
		{"const A = (async () => {}).constructor; return await new A('v', 'return await v')(5)", "5"},
		{"const G = (function* () {}).constructor; return [...new G('yield 1; yield 2')()]", "[1,2]"},
		{"try { new Function('}), (function () {') } catch (e) { return e.name }", `"SyntaxError"`},
		{"try { eval('({') } catch (e) { return e.name }", `"SyntaxError"`},
		{"const o = { a: 3, [Symbol.iterator]: 2 }; o.a **= 2; o['a'] **= 1 + 1; o[Symbol.iterator] **= o.a - 78; return [o.a, o[Symbol.iterator]]", "[81,8]"},
		{"const o = { a: 3n, b: 5n }; o.a **= o.b; o.b <<= 2n; return [String(o.a), String(o.b), String(1n << 70n >> 60n), String(-8n >> 1n)]", `["243","20","1024","-4"]`},
		{"let x = 3, y = 4; x **= y; y <<= x - 79; return [x, y, x >> y - 14, x ** y > 1, 2 ** 3, 1 << 4]", "[81,16,20,true,8,16]"},
		{"class B { get v() { return 3 } set v(x) { this.w = x } } class C extends B { up() { super.v **= this.by; return this.w } } const c = new C(); c.by = 2; return c.up()", "9"},
		{"return eval('7; var x = 1')", `7`},
		{"return eval('7; { var x = 1 }')", `7`},
		{"return eval('\"use strict\"; for (var i = 0; i < 3; i++); i')", `3`},
		{"return eval('for (var i = 0, j = 10, k; i < j; i++, j--); i + \" \" + j + k')", `"5 5undefined"`},
		{"return eval('for (var i; !i; i = 1); for (var [a, b] of [[1, 2]]); for (var k in { k: 1 }); i + a + b + k')", `"4k"`},
		{"return eval('if (true) var x = 4; else var y = 2; x + \" \" + y')", `"4 undefined"`},
		{"return eval('var q = 1; { var q = 2 } var r = q, q = 3; q + r')", `5`},
		{"return eval('q = 1; try { throw 2 } catch (e) { var q = e } q')", `2`},
		{"return eval('var fs = []; for (var i = 0; i < 2; i++) fs.push(() => i); fs.map(f => f()).join()')", `"2,2"`},
		{"return eval('var f = function () {}, { a, b: [c = 5], ...d } = { a: 1, b: [], e: 6 }; f.name + a + c + d.e')", `"f156"`},
		{"return eval('x() + typeof y; function x() { for (var y = 0; y < 3; y++); { var z = y } return z } var y; var x')", `"3undefined"`},
		{"return eval('class A { static { var q = 1; this.q = q } }; A.q + (() => { { var zz = 1 } return zz })() + typeof zz + typeof q')", `"2undefinedundefined"`},
		{"eval('var leak = 1; { var leak2 = 1 }'); return typeof leak + typeof leak2", `"undefinedundefined"`},
		{"try { eval('let v; var v') } catch (e) { return e.name }", `"SyntaxError"`},
		{"const o = { a: 3 }; o.a **= (o.a = 5, 2); const p = { o }; p.o.a **= (p.o = {}, o.a = 0, 2); let k = 'a'; o[k] **= (k = 'b', 2); o[Symbol.iterator] **= 2; return o", `{"a":6561}`},
		{"let order = ''; const say = (n, v) => { order += n; return v }, o = { get v() { return say('g', 2) }, set v(x) { say('s' + x) } }; say('o', o)[say('k', 'v')] **= say('r', 3); o.v **= say('r', 4); return order", `"okgrs8grs16"`},
		{"let called = false; try { null.x **= (called = true) } catch (e) { return e.name + called }", `"TypeErrorfalse"`},
		{"const o = Object.freeze({ a: 2 }); o.a **= 1 + 1; return o.a + (() => { 'use strict'; try { o.a **= 1 + 1 } catch (e) { return e.name } })()", `"2TypeError"`},
	} {
		check(t, e, tt.source, "{}", tt.want)
	}
	deep := "/" + strings.Repeat("(", deepestPattern+1) + strings.Repeat(")", deepestPattern+1) + "/"
	if _, err := e.Compile("test", "return "+deep); err == nil || !strings.Contains(err.Message, "groups") {
		t.Errorf("a deep pattern: %v", err)
	}
	check(t, e, "try { eval('"+deep+"') } catch (e) { return e.message }", "{}", `"The regular expression is nested deeper than 200 groups"`)
}
