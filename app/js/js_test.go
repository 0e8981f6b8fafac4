package js

import (
	"context"
	"log/slog"
	"testing"

	"ecoflow/app/value"
)

func TestSmoke(t *testing.T) {
	e := New(Options{Log: slog.Default()})
	defer e.Close()
	for _, src := range []string{
		"return this.msg.msg.a + payload.msg.b + msg.a", "x = 5; y = x * 2; return {x, y, z: [1,2,3].map(v => v ** 2)}",
		"const payload = this.msg; payload.extra = 1; return {...payload.msg, d: new Date(0)}",
		"await new Promise(r => setTimeout(r, 5)); return 'late'", "return msg?.a ?? 1", "\nthrow new TypeError('no')",
		"\n  null.x", "const a = 1;\nlet 5", "}); evil(); (function(){", "while(true){}", "return /\\p{L}+/u.exec('äb1')[0]", "/x/v", "return 2n ** 3n + (1n << 4n)",
		"class A { #x = 1; get x() { return this.#x } } return new A().x", "return 3n ** 100000000n",
		"return 1; async function* g() { yield 1 } ",
		"for await (const x of [Promise.resolve(1)]) return x",
	} {
		s, serr := e.Compile("t", src)
		if serr != nil {
			t.Logf("%q: %v %d:%d", src, serr, serr.Line, serr.Column)
			continue
		}
		l, err := e.Lease(context.Background(), Run{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := l.Move(context.Background(), []string{"msg"}, func(string) any { return map[string]any{"a": int64(1), "b": 2.5} })
		if err != nil {
			t.Fatal(err)
		}
		err = l.Call(context.Background(), s, p)
		if err != nil {
			t.Logf("%q: error %v", src, err)
		}
		b, err := p.AppendJSON(nil, "")
		t.Logf("%q: %s %v", src, b, err)
		l.Close()
	}
}

func BenchmarkLease(b *testing.B) {
	e := New(Options{})
	defer e.Close()
	s, _ := e.Compile("t", "return { total: msg.items.reduce((n, i) => n + i.price * i.count, 0), name: msg.name.toUpperCase() }")
	body := value.Raw{}
	body, _ = value.Validate([]byte(`{"name":"shop","items":[{"id":1,"price":2.5,"count":2},{"id":2,"price":10,"count":1},{"id":3,"price":4,"count":7}],"note":"some text here"}`), 100)
	b.ReportAllocs()
	for b.Loop() {
		l, _ := e.Lease(context.Background(), Run{})
		p, _ := l.Move(context.Background(), []string{"msg"}, func(string) any { return body })
		if err := l.Call(context.Background(), s, p); err != nil {
			b.Fatal(err)
		}
		if _, err := p.AppendJSON(nil, "msg"); err != nil {
			b.Fatal(err)
		}
		l.Close()
	}
}

func BenchmarkCall(b *testing.B) {
	e := New(Options{})
	defer e.Close()
	s, _ := e.Compile("t", "return msg")
	l, _ := e.Lease(context.Background(), Run{})
	p, _ := l.Move(context.Background(), []string{"msg"}, func(string) any { return int64(1) })
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Call(context.Background(), s, p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMachine(b *testing.B) {
	e := New(Options{})
	defer e.Close()
	b.ReportAllocs()
	for b.Loop() {
		newMachine(e)
	}
}

func BenchmarkCompile(b *testing.B) {
	e := New(Options{})
	defer e.Close()
	for b.Loop() {
		e.Compile("t", "return { total: msg.items.reduce((n, i) => n + i.price * i.count, 0), name: msg.name.toUpperCase() }")
	}
}
