package js

import (
	"testing"
)

// probes try to leave something behind or to get hold of something. Each runs as
// one run, then look runs as the next one in the same runtime; both answer what
// they must.
var probes = []struct{ leave, left, look, want string }{
	// What a run leaves behind.
	{"leak = 1; return leak", "1", "return typeof leak", `"undefined"`},
	{"var leak = 1; return leak", "1", "return typeof leak", `"undefined"`},
	{"function leak() {} return typeof leak", `"function"`, "return typeof leak", `"undefined"`},
	{"globalThis.leak = 1; return typeof globalThis.leak", `"undefined"`, "return typeof leak", `"undefined"`},
	{"(function () { this.leak = 1 })(); return typeof leak", `"undefined"`, "return typeof leak", `"undefined"`},
	{"new Function('leak = 1')(); return 1", "1", "return typeof leak", `"undefined"`},
	{"try { eval('var leak = 1') } catch (e) {} return 1", "1", "return typeof leak", `"undefined"`},
	{"try { eval('leak = 1') } catch (e) {} return 1", "1", "return typeof leak", `"undefined"`},
	{"try { eval('function leak() {}') } catch (e) {} return 1", "1", "return typeof leak", `"undefined"`},
	{"try { (0, eval)('let leak = 1') } catch (e) {} return 1", "1", "return typeof leak", `"undefined"`},
	{"arguments.callee.leak = 1; return typeof arguments.callee.leak", `"undefined"`, "return typeof arguments.callee.leak", `"undefined"`},
	{"arguments.callee.prototype.leak = 1; return 1", "1", "return typeof arguments.callee.prototype.leak", `"undefined"`},
	{"Object.prototype.leak = 1; return ({}).leak", "null", "return typeof ({}).leak", `"undefined"`},
	{"({}).__proto__.leak = 1; return 1", "1", "return typeof ({}).leak", `"undefined"`},
	{"({}).constructor.prototype.leak = 1; return 1", "1", "return typeof ({}).leak", `"undefined"`},
	{"Object.prototype.toString = () => 'leak'; return String({})", `"[object Object]"`, "return String({})", `"[object Object]"`},
	{"Object.setPrototypeOf(Object.prototype, { leak: 1 }); return 1", "error", "return typeof ({}).leak", `"undefined"`},
	{"Object.defineProperty(Object.prototype, 'leak', { get() { return 1 } }); return 1", "error", "return typeof ({}).leak", `"undefined"`},
	{"try { msg.__proto__ = { leak: 1 } } catch (e) {} return msg.leak", "1", "return typeof ({}).leak", `"undefined"`},
	{"Array.prototype.push = () => 'leak'; return [].push(1)", "1", "return [].push(1)", "1"},
	{"Array.prototype[Symbol.iterator] = null; return [...[1]]", "[1]", "return [...[1]]", "[1]"},
	{"[].__proto__.__proto__.leak = 1; return 1", "1", "return typeof [].leak", `"undefined"`},
	{"Array.from = () => 'leak'; Array.isArray = 1; return Array.from([1])", "[1]", "return Array.isArray([])", "true"},
	{"String.prototype.trim = () => 'leak'; return ' a '.trim()", `"a"`, "return ' a '.trim()", `"a"`},
	{"JSON.parse = () => 'leak'; return JSON.parse('1')", "1", "return JSON.parse('1')", "1"},
	{"JSON.stringify.leak = 1; return 1", "1", "return typeof JSON.stringify.leak", `"undefined"`},
	{"Math.max = () => 'leak'; return Math.max(1)", "1", "return Math.max(1)", "1"},
	{"Promise.prototype.then = () => 'leak'; return await Promise.resolve(1)", "1", "return await Promise.resolve(1)", "1"},
	{"Promise.resolve = () => 'leak'; return await Promise.resolve(1)", "1", "return await Promise.resolve(1)", "1"},
	{"RegExp.prototype.exec = () => null; return /a/.test('a')", "true", "return /a/.test('a')", "true"},
	{"RegExp.prototype.lastIndex = 5; /a/g.leak = 1; return 1", "1", "return [RegExp.prototype.lastIndex, /a/g.leak]", "[null,null]"},
	{"Function.prototype.call = () => 'leak'; return (() => 1).call()", "1", "return (() => 1).call()", "1"},
	{"(function* () {}).__proto__.leak = 1; return 1", "1", "return typeof (function* () {}).leak", `"undefined"`},
	{"(function* () {})().__proto__.__proto__.next = 1; return [...(function* () { yield 1 })()]", "[1]", "return [...(function* () { yield 1 })()]", "[1]"},
	{"(async () => {}).constructor.leak = 1; return 1", "1", "return typeof (async () => {}).constructor.leak", `"undefined"`},
	{"new Map().entries().__proto__.leak = 1; return 1", "1", "return typeof new Map().entries().leak", `"undefined"`},
	{"Error.prototype.name = 'leak'; return new Error('x').name", `"Error"`, "return String(new TypeError('x'))", `"TypeError: x"`},
	{"Error.stackTraceLimit = 0; Error.leak = 1; return 1", "1", "return typeof Error.leak", `"undefined"`},
	{"Date.now = () => 0; return Date.now() > 0", "true", "return Date.now() > 0", "true"},
	{"console.leak = 1; log.info = 1; console.log = 1; return 1", "1", "return [typeof console.leak, typeof log.info]", `["undefined","function"]`},
	{"env.LEAK = '1'; return typeof env.LEAK", `"undefined"`, "return typeof env.LEAK", `"undefined"`},
	{"fetch.leak = 1; URL.prototype.leak = 1; crypto.leak = 1; return 1", "1", "return [typeof fetch.leak, typeof URL.prototype.leak, typeof crypto.leak]", `["undefined","undefined","undefined"]`},
	{"setTimeout(() => { leak = 1 }, 1); return 1", "1", "await new Promise(r => setTimeout(r, 10)); return typeof leak", `"undefined"`},
	{"const f = s => s; f`x`.leak = 1; return 1", "1", "const f = s => s; return typeof f`x`.leak", `"undefined"`},
	{"undefined = 1; NaN = 1; Infinity = 1; return undefined", "null", "return undefined === void 0 && NaN !== NaN", "true"},
	{"try { delete globalThis.Array; delete Array.prototype.map } catch (e) {} return typeof Array", `"function"`, "return [1].map(x => x)", "[1]"},
	{"request.leak = 1; return 1", "error", "return typeof request", `"undefined"`},
	// What a run must not get hold of.
	{"return typeof require + typeof process + typeof module + typeof Deno + typeof Go + typeof java", `"undefinedundefinedundefinedundefinedundefinedundefined"`, "return 1", "1"},
	{"return Object.getOwnPropertyNames(env)", "[]", "return Object.keys(env)", "[]"},
	{"return this.constructor === Object && (function () { return this })() === globalThis", "true", "return Object.isFrozen(globalThis)", "true"},
	{"const names = Object.getOwnPropertyNames(log).concat(Object.getOwnPropertyNames(console), Object.getOwnPropertyNames(crypto)); return names.filter(n => /^[A-Z]/.test(n))", "[]", "return 1", "1"},
	{"return (() => {}).constructor('return typeof process')()", `"undefined"`, "return 1", "1"},
	{"return new Error('x').stack.includes('/go/') || new Error('x').stack.includes('.go:')", "false", "return 1", "1"},
	{"try { null.x } catch (e) { return Object.keys(e) }", "[]", "return 1", "1"},
	{"try { eval('//# sourceMappingURL=/etc/hostname\\n1') } catch (e) {} return eval('1\\n//# sourceMappingURL=/etc/hostname')", "1", "return 1", "1"},
	{"return await import('fs')", "error", "return 1", "1"},
	{"return Object.getOwnPropertyNames(globalThis).filter(n => !Object.isFrozen(globalThis[n]) && n !== 'env')", "[]", "return 1", "1"},
}

func TestProbes(t *testing.T) {
	if len(probes) < 50 {
		t.Fatalf("only %d probes", len(probes))
	}
	e := engine(t, Options{})
	answer := func(source string) string {
		s, serr := e.Compile("probe", source)
		if serr != nil {
			return "error"
		}
		l, p := lease(t, e, Run{}, "{}")
		defer l.Close()
		if err := l.Call(t.Context(), s, p); err != nil {
			return "error"
		}
		b, err := p.AppendJSON(nil, "msg")
		if err != nil {
			return "error"
		}
		return string(b)
	}
	for _, p := range probes {
		if got := answer(p.leave); got != p.left {
			t.Errorf("%s\n got %s\nwant %s", p.leave, got, p.left)
		}
		if got := answer(p.look); got != p.want {
			t.Errorf("%s\nafter %s\n got %s\nwant %s", p.look, p.leave, got, p.want)
		}
	}
	if s := e.Stats(); s.Discarded != 0 {
		t.Errorf("%d runtimes were thrown away: the probes did not meet in one", s.Discarded)
	}
}

// TestAccumulating: two runs at once, and two engines, share nothing either.
func TestAccumulating(t *testing.T) {
	e := engine(t, Options{})
	for range 3 {
		check(t, e, "n = typeof n === 'number' ? n + 1 : 1; return n", "{}", "1")
		check(t, e, "this.n = (this.n || 0) + 1; return this.n", "{}", "1")
	}
}
