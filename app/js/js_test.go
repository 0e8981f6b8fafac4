package js

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/value"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// The clock of regular expressions ends by itself a while after the last match.
		goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock"),
	)
}

// lasting is a time of a call that stays.
func lasting(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

// engine returns an engine of one runtime that every run shares.
func engine(t testing.TB, o Options) *Engine {
	t.Helper()
	if o.Runtimes == 0 {
		o.Runtimes, o.MaxRuntimes = 1, 2
	}
	e := New(o)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// lease returns a run's hold and its payload, whose msg is the JSON given.
func lease(t testing.TB, e *Engine, run Run, body string) (*Lease, *Payload) {
	t.Helper()
	raw, err := value.Validate([]byte(body), 500)
	if err != nil {
		t.Fatal(err)
	}
	l, err := e.Lease(context.Background(), run)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p, err := l.Move(context.Background(), []string{"msg"}, func(string) any { return raw })
	if err != nil {
		t.Fatal(err)
	}
	return l, p
}

func compile(t testing.TB, e *Engine, source string) *Script {
	t.Helper()
	s, err := e.Compile("test", source)
	if err != nil {
		t.Fatalf("%q: %v (%d:%d)", source, err, err.Line, err.Column)
	}
	return s
}

// run returns the JSON of what a script makes of a body.
func run(t testing.TB, e *Engine, source, body string) (string, error) {
	t.Helper()
	l, p := lease(t, e, Run{}, body)
	defer l.Close()
	if err := l.Call(context.Background(), compile(t, e, source), p); err != nil {
		return "", err
	}
	b, err := p.AppendJSON(nil, "msg")
	return string(b), err
}

func check(t *testing.T, e *Engine, source, body, want string) {
	t.Helper()
	got, err := run(t, e, source, body)
	if err != nil {
		got = "error: " + err.Error()
	}
	if got != want {
		t.Errorf("%s\n got %s\nwant %s", source, got, want)
	}
}

// TestIdioms: what people do with a payload works as in Node.js.
func TestIdioms(t *testing.T) {
	e := engine(t, Options{})
	const body = `{"b": 1, "a": {"x": [1, 2, 3]}, "tags": ["p"], "n": 12345678901234567890, "d": "2020-01-02T03:04:05.678Z", "10": true, "2": false}`
	for source, want := range map[string]string{
		"payload.d = new Date(5); return payload.d.getTime()": "5",
		"msg.tags.push('q'); return msg.tags":                 `["p","q"]`,
		"return msg.a === msg.a":                              "true",
		"return payload.msg === msg && this.msg === payload":  "true",
		"return Object.keys(msg)":                             `["2","10","b","a","tags","n","d"]`,
		"return JSON.stringify(msg.a)":                        `"{\"x\":[1,2,3]}"`,
		"return Array.isArray(msg.tags) && msg.tags instanceof Array && msg.tags.constructor === Array": "true",
		"return msg instanceof Object && Object.getPrototypeOf(msg) === Object.prototype":               "true",
		"return msg.a.x.map(v => v * 2).filter(v => v > 2).reduce((a, b) => a + b, 0)":                  "10",
		"delete msg.a; return 'a' in msg":                              "false",
		"msg.a.x.length = 1; return msg.a.x":                           "[1]",
		"const { a, ...rest } = msg; return Object.keys(rest).length":  "6",
		"return { ...msg.a, y: 1 }":                                    `{"x":[1,2,3],"y":1}`,
		"return [...msg.tags, ...msg.a.x]":                             `["p",1,2,3]`,
		"const [first, ...others] = msg.a.x; return { first, others }": `{"first":1,"others":[2,3]}`,
		"for (const k in msg.a) return k":                              `"x"`,
		"let s = 0; for (const v of msg.a.x) s += v; return s":         "6",
		"return msg.n": "12345678901234567000",
		"return typeof msg.b + typeof msg.d + typeof msg.a + typeof msg.nothing":                                `"numberstringobjectundefined"`,
		"return new Date(msg.d).toISOString() === msg.d":                                                        "true",
		"msg.a.x.sort((p, q) => q - p); return msg.a.x":                                                         "[3,2,1]",
		"return Object.entries(msg.a).map(([k, v]) => k + v.length)":                                            `["x3"]`,
		"return Object.assign({}, msg.a, { z: 1 })":                                                             `{"x":[1,2,3],"z":1}`,
		"msg.self = { get twice() { return 4 } }; return msg.self":                                              `{"twice":4}`,
		"msg.f = () => 1; return [msg.f(), JSON.stringify(msg).includes('f\"')]":                                "[1,false]",
		"return msg?.a?.y?.z ?? 'none'":                                                                         `"none"`,
		"msg.b ||= 5; msg.c ??= 6; return msg.b + msg.c":                                                        "7",
		"const m = new Map([['k', msg.a]]); m.get('k').y = 1; return msg.a.y":                                   "1",
		"return msg.tags.includes('p') && msg.tags.indexOf('z') === -1":                                         "true",
		"return msg.hasOwnProperty('a') && !msg.hasOwnProperty('toString')":                                     "true",
		"class P { constructor(v) { this.v = v } get twice() { return this.v * 2 } } return new P(4).twice":     "8",
		"return structuredClone(msg.a) !== msg.a":                                                               "true",
		"return { undefined: undefined, nan: NaN, inf: -Infinity, f() {}, s: Symbol() }":                        `{"nan":null,"inf":null}`,
		"return [undefined, () => 1, NaN, -0]":                                                                  "[null,null,null,0]",
		"msg.tags[3] = 'z'; return msg.tags":                                                                    `["p",null,null,"z"]`,
		"return { d: new Date(NaN), e: new Date(0), m: new Map([[1, 2]]), r: /x/, u: new URL('http://x.test')}": `{"d":null,"e":"1970-01-01T00:00:00.000Z","m":{},"r":{},"u":"http://x.test/"}`,
		"":       "null",
		"return": "null",
		"return [\"__proto__\", JSON.parse('{\"__proto__\": {\"x\": 1}}').x === undefined]": `["__proto__",true]`,
	} {
		check(t, e, source, body, want)
	}
}

// TestLanguage: what flows rely on of the language, lowered or not.
func TestLanguage(t *testing.T) {
	e := engine(t, Options{})
	for source, want := range map[string]string{
		"x = 1; y = x + 1; function f() { z = y } f(); return z":     "2",
		"function f() { return this === globalThis } return f()":     "true",
		"for (i = 0, s = 0; i < 4; i++) s += i; return s":            "6",
		"[p, { q, ...r }] = [1, { q: 2, w: 3 }]; return { p, q, r }": `{"p":1,"q":2,"r":{"w":3}}`,
		"with ({ v: 3 }) return v":                                   "3",
		"return 010 + 0o10 + 0b11":                                   "19",
		"class A { #v = 1; static s = 2; get v() { return this.#v } static { A.t = 3 } } return new A().v + A.s + A.t": "6",
		"async function* g() { yield 1; yield 2 } const r = []; for await (const v of g()) r.push(v); return r":        "[1,2]",
		"return await Promise.all([1, Promise.resolve(2), new Promise(r => setTimeout(r, 1, 3))])":                     "[1,2,3]",
		"try { await Promise.reject(new TypeError('no')) } catch (e) { return e.name + ':' + e.message }":              `"TypeError:no"`,
		"return (await Promise.allSettled([Promise.reject(1)]))[0].status":                                             `"rejected"`,
		"return await Promise.any([Promise.reject(1), Promise.resolve(2)])":                                            "2",
		"return Promise.resolve({ a: 1 })":                                               `{"a":1}`,
		"return [2n ** 64n, 1n << 3n, 7n * 6n].map(String)":                              `["18446744073709551616","8","42"]`,
		"let b = 2n; b **= 10n; b <<= 1n; return String(b)":                              `"2048"`,
		"return 2 ** 3 ** 2 + (BigInt(1) ? 1 << 4 : 0)":                                  "528",
		"return 'äöü-ß'.match(/^\\p{L}+-\\p{Ll}$/u)[0].length":                           "5",
		"return new RegExp('\\\\P{L}', 'u').exec('ab1')[0]":                              `"1"`,
		"return 'a1b2'.replace(/(?<l>[a-z])(\\d)/g, '$2$<l>')":                           `"1a2b"`,
		"return 'x'.replaceAll('x', '$&$&') + 'aXbX'.split('X') + 'abc'.at(-1)":          `"xxa,b,c"`,
		"return [...'a1b22'.matchAll(/\\d+/g)].map(m => m[0] + '@' + m.index)":           `["1@1","22@3"]`,
		"const r = /o/y; r.lastIndex = 1; return r.test('fo')":                           "true",
		"return /a.c/s.test('a\\nc') && /(?<!x)y/.test('ay')":                            "true",
		"return [3, 1, 2].toSorted() + '|' + [1, [2, [3, [4]]]].flat(2).length":          `"1,2,3|4"`,
		"return [1, [2, [3, [4]]]].flat(Infinity)":                                       "[1,2,3,4]",
		"return [1, , 3].join() + [[1, 2], [3]].join(';') + [null, undefined].join('-')": `"1,,31,2;3-"`,
		"return new Array(3).fill(7).concat([1]).indexOf(1)":                             "3",
		"return Array.from({ length: 3 }, (_, i) => i * i)":                              "[0,1,4]",
		"const e = new Error('x'); e.name = 'Mine'; return [String(e), Object.keys(e)]":  `["Mine: x",["name"]]`,
		"class E extends Error { constructor(m) { super(m); this.name = 'E' } } try { throw new E('q') } catch (e) { return [e instanceof E, e instanceof Error, String(e)] }":                                              `[true,true,"E: q"]`,
		"function Old() {} Old.prototype = Object.create(Error.prototype); Old.prototype.constructor = Old; Old.prototype.name = 'Old'; return [new Old() instanceof Error, new Old().name, new Old().constructor === Old]": `[true,"Old",true]`,
		"const o = {}; o.toString = () => 'mine'; return '' + o":                                                            `"mine"`,
		"function* g() { const x = yield 1; return x } const i = g(); i.next(); return i.next(5).value":                     "5",
		"const p = new Proxy({}, { get: (t, k) => k }); return p.anything":                                                  `"anything"`,
		"return eval('1 + 1') + new Function('a', 'return a * 2')(4)":                                                       "10",
		"label: for (const a of [1, 2]) { for (const b of [1, 2]) { if (b === 2) continue label; if (a === 2) return a } }": "2",
		"return JSON.stringify({ a: [1, { b: 2 }] }, null, 2)":                                                              `"{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ]\n}"`,
		"return JSON.stringify({ a: 1, b: 2, c: { a: 3, b: 4 } }, ['a', 'c'])":                                              `"{\"a\":1,\"c\":{\"a\":3}}"`,
		"return JSON.stringify({ a: 1, b: 'x' }, (k, v) => typeof v === 'number' ? v + 1 : v)":                              `"{\"a\":2,\"b\":\"x\"}"`,
		"return JSON.parse('[1, {\"a\": 2}]', (k, v) => typeof v === 'number' ? v * 10 : v)":                                `[10,{"a":20}]`,
		"try { JSON.parse('{\"a\": }') } catch (e) { return [e instanceof SyntaxError, e.message] }":                        `[true,"Unexpected token '}' in JSON at position 6"]`,
		"return JSON.parse('\"\\\\ud83d\\\\ude00 \\\\ud800\"').length":                                                      "4",
		"return JSON.stringify('\\ud800')":                                                                                  `"\"\\ud800\""`,
		"const a = {}; a.a = a; try { JSON.stringify(a) } catch (e) { return e.name }":                                      `"TypeError"`,
		"return [typeof require, typeof process, typeof module, typeof exports, typeof Buffer, typeof global]":              `["undefined","undefined","undefined","undefined","undefined","undefined"]`,
		"return (12345.678).toFixed(1) + (0.1 + 0.2) + 1e21 + parseInt('12px') + (255).toString(16)":                        `"12345.70.300000000000000041e+2112ff"`,
		"return arguments.length": "3",
		"return async () => 1":    "null",
	} {
		check(t, e, source, "{}", want)
	}
}

// TestWeb: the globals that browsers have beyond the language.
func TestWeb(t *testing.T) {
	e := engine(t, Options{})
	for source, want := range map[string]string{
		"return new URL('../c?x=1#h', 'https://me:pw@h.test:443/a/b/d').href":                                                                  `"https://me:pw@h.test/a/c?x=1#h"`,
		"const u = new URL('http://h.test:8080/a'); u.searchParams.append('q', 'a b&c'); u.port = 80; return [u.href, u.host, u.origin]":       `["http://h.test/a?q=a+b%26c","h.test","http://h.test"]`,
		"try { new URL('nonsense') } catch (e) { return e instanceof TypeError }":                                                              "true",
		"const p = new URLSearchParams('?a=1&b=%20x&a=2'); p.set('b', 'ä'); return [p.getAll('a'), p.get('b'), p.get('z'), String(p), p.size]": `[["1","2"],"ä",null,"a=1&b=%C3%A4&a=2",3]`,
		"return [...new URLSearchParams({ a: 1 })]":                                                                                            `[["a","1"]]`,
		"return [...new TextEncoder().encode('aé')]":                                                                                           "[97,195,169]",
		"return new TextDecoder().decode(new Uint8Array([226, 130, 172]))":                                                                     `"€"`,
		"return [btoa('hi'), atob('aGk='), atob('aGk')]":                                                                                       `["aGk=","hi","hi"]`,
		"const o = { d: new Date(1), m: new Map([[1, { a: 1 }]]), s: new Set([1]), b: new Uint8Array([1, 2]) }; o.o = o; const c = structuredClone(o); return [c !== o, c.o === c, c.d.getTime(), c.m.get(1).a, c.s.has(1), c.b[1], c.b !== o.b]": "[true,true,1,1,true,2,true]",
		"try { structuredClone({ f() {} }) } catch (e) { return e.name }": `"TypeError"`,
		"const a = new AbortController(); let n = 0; a.signal.addEventListener('abort', () => n++); a.abort(); a.abort(); return [n, a.signal.aborted, a.signal.reason.name]":        `[1,true,"AbortError"]`,
		"return /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())":                                                                   "true",
		"return crypto.getRandomValues(new Uint8Array(4)).length":                                                                                                                    "4",
		"return crypto.createHash('sha256').update('a').update('b').digest('hex').slice(0, 8)":                                                                                       `"fb8e20fc"`,
		"return crypto.createHmac('sha1', 'key').update('x').digest('base64')":                                                                                                       `"KgDo6DQ9+GxMGIsmPuyjMa+jFUg="`,
		"return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode('ab')))[0]":                                                                            "251",
		"return typeof performance.now() + typeof performance.timeOrigin":                                                                                                            `"numbernumber"`,
		"const r = []; queueMicrotask(() => r.push(1)); await null; return r":                                                                                                        "[1]",
		"const r = []; const i = setInterval(() => { r.push(1); if (r.length === 3) clearInterval(i) }, 1); while (r.length < 3) await new Promise(f => setTimeout(f, 1)); return r": "[1,1,1]",
		"let n = 0; const i = setTimeout(() => n++, 1); clearTimeout(i); await new Promise(f => setTimeout(f, 5)); return n":                                                         "0",
		"const h = new Headers({ A: 1 }); h.append('a', 2); return [...h]":                                                                                                           `[["a","1, 2"]]`,
		"return await new Response('{\"a\": 1}', { status: 201 }).json()":                                                                                                            `{"a":1}`,
		"try { await fetch('http://x.test') } catch (e) { return e.message }":                                                                                                        `"fetch is not available here"`,
		"console.log('x', { a: 1 }); log.warn('y'); return 1":                                                                                                                        "1",
		"return env.ANYTHING === undefined && !('X' in env)":                                                                                                                         "true",
	} {
		check(t, e, source, "{}", want)
	}
}

// TestPromiseOrder: jobs run in the order that the language prescribes.
func TestPromiseOrder(t *testing.T) {
	e := engine(t, Options{})
	check(t, e, `
		const order = [];
		const say = (s) => () => { order.push(s) };
		setTimeout(say("timeout 500"), 500);
		setTimeout(say("timeout 0"), 0);
		Promise.resolve().then(say("then 1")).then(say("then 3"));
		queueMicrotask(say("micro 2"));
		(async () => { order.push("sync 1"); await null; order.push("after await") })();
		order.push("sync 2");
		await new Promise((r) => setTimeout(r, 500));
		return order`, "{}",
		`["sync 1","sync 2","then 1","micro 2","after await","then 3","timeout 0","timeout 500"]`)
}

// TestWords: mistakes that people make every day are told as elsewhere, and name what
// was undefined or no function.
func TestWords(t *testing.T) {
	e := engine(t, Options{})
	for source, want := range map[string]string{
		"return msg.user.name":                       "Cannot read property 'name' of undefined or null",
		"return msg.none.name":                       "Cannot read property 'name' of undefined or null",
		"return msg.list[0].name":                    "Cannot read property '0' of undefined or null",
		"return msg.user.trim()":                     "Cannot read property 'trim' of undefined or null",
		"await null; return msg.user.name":           "Cannot read property 'name' of undefined or null",
		"msg.user.name = 1":                          "Cannot convert undefined or null to object",
		"return msg.greet()":                         "greet is not a function",
		"return 'a'.shout()":                         "shout is not a function",
		"return msg['gr' + 'eet']()":                 "greet is not a function",
		"const f = 5; f()":                           "5 is not an object or a function",
		"new msg.Thing()":                            "undefined is not an object or a function",
		"const o = {}; o()":                          "[object Object] is not a function",
		"return [1].map()":                           "undefined is not an object or a function",
		"const { a } = msg.user; return a":           "Cannot destructure undefined or null",
		"const { a: { b } } = msg; return b":         "Cannot destructure undefined or null",
		"const { a, ...b } = msg.none; return b":     "Cannot destructure undefined or null",
		"const f = async ({ a }) => a; await f()":    "Cannot destructure undefined or null",
		"return ''.trim.call(msg.user)":              "Cannot convert undefined or null to object",
		"return msg.empty.reduce((a, b) => a + b)":   "Reduce of an empty array with no initial value",
		"for (const x of msg) {}":                    "object is not iterable",
		"return nothing.name":                        "nothing is not defined",
		"return JSON.parse('{\"a\": tru}')":          `Unexpected token '}' in JSON at position 9`,
		"throw new TypeError('Value is not of use')": "Value is not of use",
		"throw new Error('No initial value')":        "No initial value",
	} {
		_, err := run(t, e, source, `{"none": null, "empty": []}`)
		var js *Error
		if !errors.As(err, &js) || js.Message != want {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
}

// TestPlaces: errors name the line and the column of the author's text.
func TestPlaces(t *testing.T) {
	e := engine(t, Options{})
	for _, test := range []struct {
		source       string
		line, column int
	}{
		{"throw new Error('x')", 1, 7},
		{"const a = 1\n\n  throw new Error('x')", 3, 9},
		{"const { a, ...b } = msg;\nconst c = b?.d ?? 1;\n\tthrow new TypeError(c)", 3, 8},
		{"function f() {\n  return nothing\n}\nreturn f()", 2, 10},
		{"const äöü = '😀'; undefinedName()", 1, 33},
		{"await null;\nawait (async () => {\n  await null;\n  throw new Error('x')\n})()", 4, 9},
		{"class A {\n  #x = 1;\n  m() { this.y.z }\n}\nnew A().m()", 3, 16},
		{"return [1].map(() => {\n  throw new RangeError('x')\n})", 2, 9},
	} {
		_, err := run(t, e, test.source, "{}")
		var js *Error
		if !errors.As(err, &js) || js.Line != test.line || js.Column != test.column {
			t.Errorf("%q: %v, want %d:%d", test.source, err, test.line, test.column)
		}
	}
	for _, test := range []struct {
		source       string
		line, column int
	}{
		{"return (", 1, 8},
		{"return { express: true,\n  length: env.KEY.length", 1, 8},
		{"if (msg) {\n  const s = `a${{b: 1}}`\n", 1, 10},
		{"return `a${(b}`", 1, 14},
		{"let a = 1;\nlet a = 2;", 2, 5},
		{"const s = 'open\nreturn s", 1, 16},
		{"}", 1, 1},
		{"return 1 }\n{", 1, 10},
		{"}); evil(); (function () {", 1, 1},
		{"}, function () {", 1, 1},
		{"return import('x')", 1, 8},
		{"import(a)\n", 1, 1},
		{"const r = /import(x)/, s = 'import(', o = { import: 1 }\n// import(\nlet t = `import( ${o.import} ${ await import /* it */ ('z') }`", 3, 39},
		{"import x from 'y'", 1, 8},
		{"/a/v.test('')", 1, 1},
		{"const 😀 = 1", 1, 7},
		{strings.Repeat("(", 500_000), 1, 1001},
		{strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000), 1, 1001},
		{strings.Repeat("{", 500_000), 1, 1001},
		{"x" + strings.Repeat("+x", 400_000), 1, 0},
		{"`" + strings.Repeat("${`", 300_000), 1, 0},
		{strings.Repeat("!", 500_000) + "1", 1, 0},
		{strings.Repeat("if(1)", 150_000) + ";", 1, 0},
		{strings.Repeat("a=>", 300_000) + "1", 1, 0},
		{strings.Repeat("x", 2<<20), 1, 1},
	} {
		_, err := e.Compile("test", test.source)
		if err == nil || err.Line != test.line || test.column > 0 && err.Column != test.column {
			t.Errorf("%.40q: %v %+v, want %d:%d", test.source, err, *err, test.line, test.column)
		}
	}
}

// TestAwaitingShares: while one run awaits, others have its runtime; all of them
// together take about as long as one.
func TestAwaitingShares(t *testing.T) {
	e := engine(t, Options{Runtimes: 1, MaxRuntimes: 1})
	s := compile(t, e, "await new Promise(r => setTimeout(r, 200)); return msg.i")
	var wg sync.WaitGroup
	begun := time.Now()
	const runs = 40
	for range runs {
		l, p := lease(t, e, Run{}, `{"i": 1}`)
		wg.Go(func() {
			if err := l.Call(context.Background(), s, p); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if took := time.Since(begun); took > runs*200*time.Millisecond/2 {
		t.Errorf("%d runs that wait 200 ms each took %s: they waited for each other", runs, took)
	}
}

// TestStrict: with MaxInFlight 1 a second run waits for the first one's end.
func TestStrict(t *testing.T) {
	e := engine(t, Options{Runtimes: 1, MaxRuntimes: 1, MaxInFlight: 1})
	l, _ := lease(t, e, Run{}, "{}")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := e.Lease(ctx, Run{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a second run got a full runtime: %v", err)
	}
	_ = l.Close()
	if l, err := e.Lease(context.Background(), Run{}); err != nil {
		t.Error(err)
	} else {
		_ = l.Close()
	}
}

// TestDiscard: a runtime is thrown away after an interrupt, siblings on it are
// answered 503, and the next run finds another one.
func TestDiscard(t *testing.T) {
	e := engine(t, Options{CallTime: lasting(100 * time.Millisecond), Runtimes: 1, MaxRuntimes: 2})
	sibling, held := lease(t, e, Run{}, `{"kept": true}`)
	for source, code := range map[string]string{
		"for (;;) {}": "script_time",
		"async function f() { for (;;) {} } await f()":           "script_time",
		"await null; for (;;) {}":                                "script_time",
		"try { for (;;) {} } catch (e) { } finally { return 1 }": "script_time",
	} {
		_, err := run(t, e, source, "{}")
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.Internal || f.Code != code {
			t.Errorf("%s: %v, want %s", source, err, code)
		}
	}
	if _, _, err := held.Get("msg"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("the sibling's payload: %v, want that its runtime is gone", err)
	}
	// A branch that starts anew, as behind a Catch, gets another runtime.
	p, err := sibling.Move(context.Background(), []string{"msg"}, func(string) any { return int64(1) })
	if err != nil {
		t.Fatal(err)
	}
	if err := sibling.Call(context.Background(), compile(t, e, "return msg + 1"), p); err != nil {
		t.Fatal(err)
	}
	if v, _, err := p.Get("msg"); err != nil || v != int64(2) {
		t.Errorf("in the next runtime: %v (%v)", v, err)
	}
	if e.Stats().Discarded < 4 {
		t.Errorf("stats: %+v", e.Stats())
	}
}

// TestReplaced: a runtime serves a bounded number of runs.
func TestReplaced(t *testing.T) {
	e := engine(t, Options{Runtimes: 1, MaxRuntimes: 3, MaxRuns: 5})
	for range 30 {
		check(t, e, "return 1", "{}", "1")
	}
	if s := e.Stats(); s.Discarded != 0 || s.InFlight != 0 {
		t.Errorf("stats: %+v", s)
	}
}

// TestWaits: what a call waits for is bounded by its context, and a promise that
// nothing settles ends it at once.
func TestWaits(t *testing.T) {
	e := engine(t, Options{})
	if _, err := run(t, e, "await new Promise(() => {})", "{}"); err == nil || !strings.Contains(err.Error(), "never comes") {
		t.Errorf("a promise that nothing settles: %v", err)
	}
	l, p := lease(t, e, Run{}, "{}")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := l.Call(ctx, compile(t, e, "await new Promise(r => setTimeout(r, 1e6))"), p); !fault.Is(err, fault.Overdue) {
		t.Errorf("a run whose time is over: %v", err)
	}
}

// TestFork: branches never see each other's writes, whatever they share.
func TestFork(t *testing.T) {
	e := engine(t, Options{})
	l, p := lease(t, e, Run{}, `{"list": [1], "deep": {"n": 1}}`)
	ctx := context.Background()
	if err := l.Call(ctx, compile(t, e, "payload.when = new Date(0); payload.map = new Map([[1, 2]]); payload.same = msg.deep; payload.f = () => 7; return msg"), p); err != nil {
		t.Fatal(err)
	}
	q := p.Fork()
	r := q.Fork()
	if err := l.Call(ctx, compile(t, e, "msg.list.push(2); payload.same.n = 5; return [msg.deep.n, payload.when.getTime(), payload.map.get(1), payload.f()]"), q); err != nil {
		t.Fatal(err)
	}
	if err := r.Set("msg", "other"); err != nil {
		t.Fatal(err)
	}
	if err := p.Delete("same"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		p    *Payload
		want string
	}{
		{p, `{"msg":{"list":[1],"deep":{"n":1}},"when":"1970-01-01T00:00:00.000Z","map":{}}`},
		{q, `{"msg":[5,0,2,7],"when":"1970-01-01T00:00:00.000Z","map":{},"same":{"n":5}}`},
		{r, `{"msg":"other","when":"1970-01-01T00:00:00.000Z","map":{},"same":{"n":1}}`},
	} {
		if b, err := test.p.AppendJSON(nil, ""); err != nil || string(b) != test.want {
			t.Errorf("got %s (%v)\nwant %s", b, err, test.want)
		}
	}
	if got := strings.Join(q.Keys(), " "); got != "msg when map same f" {
		t.Errorf("keys %s", got)
	}
	_ = l.Close()
	if _, _, err := p.Get("msg"); err == nil {
		t.Error("a payload outlives its run")
	}
}

// TestGoValues: Go values come back as they went in where nobody changed them.
func TestGoValues(t *testing.T) {
	e := engine(t, Options{})
	l, p := lease(t, e, Run{}, "{}")
	type file struct {
		Name string `json:"name"`
		data []byte
	}
	f := &file{"a.txt", []byte("x")}
	now := time.UnixMilli(1_700_000_000_123).UTC()
	for _, v := range []any{nil, true, "text ☃ 😀", int64(-5), 2.5, now, []byte{0, 1, 255}, f} {
		if err := p.Set("v", v); err != nil {
			t.Fatal(err)
		}
		got, ok, err := p.Get("v")
		if err != nil || !ok {
			t.Fatal(err)
		}
		if b, isBytes := v.([]byte); isBytes {
			if string(got.([]byte)) != string(b) {
				t.Errorf("%v came back as %v", v, got)
			}
		} else if got != v {
			t.Errorf("%#v came back as %#v", v, got)
		}
	}
	if err := l.Call(context.Background(), compile(t, e, "payload.copy = payload.v; return [payload.v.name, Object.keys(payload.v)]"), p); err != nil {
		t.Fatal(err)
	}
	if got, _, _ := p.Fork().Get("copy"); got != f {
		t.Errorf("the file came back as %#v", got)
	}
	if b, _ := p.AppendJSON(nil, "msg"); string(b) != `["a.txt",["name"]]` {
		t.Errorf("a script sees %s of the file", b)
	}
}

// TestLog: what scripts log reaches the run's log, bounded.
func TestLog(t *testing.T) {
	e := engine(t, Options{})
	var b strings.Builder
	l, p := lease(t, e, Run{Log: slog.New(slog.NewTextHandler(&b, nil))}, "{}")
	if err := l.Call(context.Background(), compile(t, e, "log.warn('a', { b: [1] }, null, undefined, new TypeError('no')); console.log('x'.repeat(1e6))"), p); err != nil {
		t.Fatal(err)
	}
	if err := l.Call(context.Background(), compile(t, e, "for (let i = 0; i < 5000; i++) log.info('line')"), p); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "text=line"); n != mostLogged {
		t.Errorf("%d lines of one call were logged", n)
	}
	if s, _, _ := strings.Cut(b.String(), "text=line"); !strings.Contains(s, `level=WARN msg=script text="a {\"b\":[1]} null undefined TypeError: no"`) || len(s) > 2*longestLog {
		t.Errorf("logged %.300s", s)
	}
}

func TestClosed(t *testing.T) {
	e := New(Options{Runtimes: 1})
	l, p := lease(t, e, Run{}, "{}")
	_ = e.Close()
	if _, err := e.Lease(context.Background(), Run{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a closed engine gave a lease: %v", err)
	}
	if err := l.Call(context.Background(), compile(t, e, "return 1"), p); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a closed engine ran a script: %v", err)
	}
}

// Whoever comes while a script runs for long gets a runtime that is free.
func TestLongTurnsKeepNobodyWaiting(t *testing.T) {
	e := engine(t, Options{Runtimes: 2, CallTime: lasting(20 * time.Second)})
	l, p := lease(t, e, Run{}, "{}")
	long := make(chan error)
	s := compile(t, e, "for (;;) {}")
	go func() { long <- l.Call(t.Context(), s, p) }()
	for m := l.seat.machine; !m.held.Load(); {
		runtime.Gosched()
	}
	for range 20 {
		check(t, e, "return 1", "{}", "1")
	}
	select {
	case err := <-long:
		t.Fatalf("the long turn ended first: %v", err)
	default:
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-long; err == nil {
		t.Error("the long turn ended well")
	}
}

// TestSplit: a text is split as ever, by whatever.
func TestSplit(t *testing.T) {
	e := engine(t, Options{})
	for source, want := range map[string]string{
		`"a,b,,c,".split(",")`:                  `["a","b","","c",""]`,
		`",".split(",")`:                        `["",""]`,
		`"abc".split("")`:                       `["a","b","c"]`,
		`"abc".split("abc")`:                    `["",""]`,
		`"abc".split("abcd")`:                   `["abc"]`,
		`"".split("")`:                          `[]`,
		`"".split(",")`:                         `[""]`,
		`"a-b-c".split("-", 2)`:                 `["a","b"]`,
		`"a-b-c".split("-", 0)`:                 `[]`,
		`"a-b-c".split("-", -1)`:                `["a","b","c"]`,
		`"a-b-c".split("-", 4294967297)`:        `["a"]`,
		`"abc".split("", 2)`:                    `["a","b"]`,
		`"abc".split()`:                         `["abc"]`,
		`"a1b2".split(/\d/)`:                    `["a","b",""]`,
		`"a1b2".split(1)`:                       `["a","b2"]`,
		`"aüb".split("ü")`:                      `["a","b"]`,
		`"ab".split("ü")`:                       `["ab"]`,
		`"aaa".split("aa")`:                     `["","a"]`,
		`"a:b".split({ toString: () => ":" })`:  `["a","b"]`,
		`String.prototype.split.call(123, "2")`: `["1","3"]`,
		`"x,y".split({ [Symbol.split]: (s, n) => [s, n] }, 7)`: `["x,y",7]`,
		`"abcd".repeat(1e5).split("d").length`:                 `100001`,
	} {
		check(t, e, "return "+source, "{}", want)
	}
}

// TestLongSteps: what looks up while it walks over much gives what it ever gave.
func TestLongSteps(t *testing.T) {
	e := engine(t, Options{CallTime: lasting(limit.RunTime)})
	const much = "const n = 20000, a = Array.from({ length: n }, (x, i) => i), sum = x => [...x].reduce((s, v) => s + +v, 0); "
	for source, want := range map[string]string{
		"return [sum(a), sum(a.keys()), sum(new Float64Array(a)), sum(new Set(a)), sum(new Map(a.map(v => [v, v])).values())]":                                                             "[199990000,199990000,199990000,199990000,199990000]",
		"let s = 0; for (const [i, v] of a.entries()) s += i - v + 1; return s":                                                                                                            "20000",
		"let s = 0; for (const [k, v] of new Map(a.map(v => [v, 1]))) s += v; return s":                                                                                                    "20000",
		"return ['ab'.repeat(3), 'ü'.repeat(5), 'a'.repeat(0), ''.repeat(9), 'x'.repeat(2.9), 'x'.repeat('2'), 'x'.repeat(1), 'ab'.repeat(n).length, String.prototype.repeat.call(12, 2)]": `["ababab","üüüüü","","","xx","xx","x",40000,"1212"]`,
		"try { 'x'.repeat(-1) } catch (e) { try { 'x'.repeat(Infinity) } catch (f) { return [e.name, f.name] } }":                                                                          `["RangeError","RangeError"]`,
		"return [...'a\\u{1F600}'.repeat(n)].length":                                                                                                                                       "40000",
		"const it = a[Symbol.iterator](); it.next(); return [it.next().value, it.next.call(it).value, [...it].length, it.next().done]":                                                     "[1,2,19997,true]",
		"const [x, y, ...rest] = 'ab' + 'c'.repeat(n); return [x, y, rest.length]":                                                                                                         `["a","b",20000]`,
		"return [[].values === [][Symbol.iterator], new Set().keys === new Set().values, new Map().entries === new Map()[Symbol.iterator], [].values.name, ''[Symbol.iterator].name]":      `[true,true,true,"values","[Symbol.iterator]"]`,
		"const r = a.map(String).reverse(); delete r[3]; r[4] = undefined; r.sort(); return [r[0], r[1], r[2], r[n - 3], r[n - 2] === undefined, n - 1 in r]":                              `["0","1","10","9999",true,false]`,
		"const r = a.toSorted(); return [r[1], r[2], r[3], a[2]]":                                                                                                                          "[1,10,100,2]",
		"const r = a.map(v => v % 2 ? '\\uFFFF' : '\\u{1F600}').sort(); return r[0] === '\\u{1F600}'":                                                                                      "true",
		"return ['Ä'.repeat(n).toLowerCase().length, 'a'.repeat(5e6).toUpperCase().length, 'ä'.normalize('NFD').length]":                                                                   "[20000,5000000,2]",
		"return [parseFloat('1.5e3x'), Number.parseFloat === parseFloat, parseFloat('  -7' + ' '.repeat(20000)), parseFloat('x')]":                                                         "[1500,true,-7,null]",
		"return ['a'.repeat(1e5) + 'b'].map(s => [/b$/.test(s), s.replace(/a/g, '').length, /^(a|b)*$/.test(s)])[0]":                                                                       "[true,1,true]",
	} {
		check(t, e, much+source, "{}", want)
	}
	for source, says := range map[string]string{
		"'ä'.repeat(2e6).normalize()":                         "too long for this",
		"'ä'.repeat(5e6).toUpperCase()":                       "too long for this",
		"'ä'.repeat(2e6).localeCompare('ä'.repeat(2e6))":      "too long to be compared",
		"new RegExp('a'.repeat(60000)).test('a'.repeat(1e6))": "too long for this regular expression",
	} {
		if got, err := run(t, e, "return "+source, "{}"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %s, %v; want %q", source, got, err, says)
		}
	}
}
