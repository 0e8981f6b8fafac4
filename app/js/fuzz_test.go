package js

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/dop251/goja"

	"ecoflow/app/limit"
	"ecoflow/app/value"
)

// bench is a machine with a run on it, for tests of what happens in a turn.
func bench(t testing.TB) *machine {
	t.Helper()
	e := engine(t, Options{})
	m := newMachine(e)
	m.call = &call{seat: &seat{lease: &Lease{engine: e}, machine: m}}
	return m
}

var seeds = []string{
	`{}`, `[]`, `null`, `true`, `-0`, `0.5e-7`, `1e400`, `123456789012345678901234567890`, `"a\ud83d\ude00\ud800\n"`, `{"a":{"b":[1,{"c":null}]}}`,
	`{"__proto__":{"x":1},"constructor":2,"toString":3}`, `[1,]`, `{"a" 1}`, `01`, `+1`, `.5`, `1.`, `"\x"`, `"` + "\x00" + `"`, `{"a":1,"a":2}`, ` [ 1 , 2 ] `, `tru`, "\"\xff\"", `"é☃😀"`,
}

// FuzzParse: our parser takes what encoding/json takes and reads the same from
// it, and what we write of it reads the same again.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	m := bench(f)
	f.Fuzz(func(t *testing.T, s string) {
		var want any
		err := json.Unmarshal([]byte(s), &want)
		got, ours := m.parse(s)
		if _, tooDeep := value.Validate([]byte(s), limit.APIDepth); tooDeep != nil && ours != nil {
			return // refused before it reaches us, and by us
		}
		if err != nil && ours == nil && json.Valid([]byte(s)) {
			return // a number beyond float64, which JavaScript makes infinite
		}
		if (err == nil) != (ours == nil) {
			t.Fatalf("%q: encoding/json %v, ours %v", s, err, ours)
		}
		if err != nil {
			return
		}
		text, err := m.marshal(nil, got)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		var back any
		if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(normal(want), normal(back)) {
			t.Fatalf("%q became %s (%v)", s, text, err)
		}
	})
}

// normal makes 0 of the -0 that JSON.stringify writes as 0.
func normal(v any) any {
	switch v := v.(type) {
	case float64:
		if v == 0 {
			return 0.0
		}
	case map[string]any:
		for k := range v {
			v[k] = normal(v[k])
		}
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	}
	return v
}

// FuzzConvert: a Go value that becomes native and comes back is the same, and its
// clone too; nothing of a conversion reaches a prototype.
func FuzzConvert(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	m := bench(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := value.Parse(b, 100)
		if err != nil {
			return
		}
		n, err := m.value(v)
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		c, err := m.clone(n, keepFunctions)
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		one, err1 := m.export(n, nil)
		two, err2 := m.export(c, nil)
		if err1 != nil || err2 != nil || !reflect.DeepEqual(one, two) {
			t.Fatalf("%s: %v (%v), its clone %v (%v)", b, one, err1, two, err2)
		}
		want, err := m.marshal(nil, n)
		if err != nil {
			t.Fatal(err)
		}
		again, err := m.value(one)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.marshal(nil, again)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%s: %s became %s (%v)", b, want, got, err)
		}
		if len(m.builtins.objectPrototype.Keys()) != 0 {
			t.Fatalf("%s reached Object.prototype", b)
		}
	})
}

// FuzzCompile: no text ends the process, and what compiles is one function.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		"return 1", "}); x; (function () {", "}, function () {", "} / x / function () {", "`${`", "/[/]/.test(`}`)", "a => { a }", "'\\", "/*", "//", "<!-- x",
		"return /\\p{L}[\\p{N}]/u", "class A { static { await } }", "let [a = {b}] = c", "x **= 2n", "label: for (;;) break label", "\u2028}", "with (a) b",
	} {
		f.Add(s)
	}
	e := engine(f, Options{})
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 10_000 || bytes.IndexByte([]byte(s), 0) >= 0 {
			return
		}
		script, err := e.Compile("fuzz", s)
		if err != nil {
			if err.Line < 1 || err.Column < 1 || err.Message == "" {
				t.Fatalf("%q: %+v", s, err)
			}
			return
		}
		vm := goja.New()
		v, rerr := vm.RunProgram(script.program)
		if rerr != nil {
			t.Fatalf("%q: %v", s, rerr)
		}
		if _, ok := goja.AssertFunction(v); !ok {
			t.Fatalf("%q is no function", s)
		}
	})
}
