package js

import (
	"context"
	"runtime"
	"testing"

	"ecoflow/app/value"
)

const order = `{"id":17,"name":"Ada Lovelace","email":"ada@example.org","items":[{"sku":"a-1","price":2.5,"count":2},{"sku":"b-2","price":10,"count":1},{"sku":"c-3","price":4,"count":7}],"note":"please ring twice"}`

const total = `return { total: msg.items.reduce((n, i) => n + i.price * i.count, 0), name: msg.name.toUpperCase() }`

// BenchmarkBody is a whole run with one script: body in, body out.
func BenchmarkBody(b *testing.B) {
	e := engine(b, Options{})
	s := compile(b, e, total)
	ctx := context.Background()
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		raw, err := value.Validate([]byte(order), 500)
		if err != nil {
			b.Fatal(err)
		}
		l, err := e.Lease(ctx, Run{})
		if err != nil {
			b.Fatal(err)
		}
		p, err := l.Move(ctx, []string{"msg"}, func(string) any { return raw })
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Call(ctx, s, p); err != nil {
			b.Fatal(err)
		}
		if out, err = p.AppendJSON(out[:0], "msg"); err != nil {
			b.Fatal(err)
		}
		_ = l.Close()
	}
}

// BenchmarkNode is one more script on a payload that is in the runtime already.
func BenchmarkNode(b *testing.B) {
	e := engine(b, Options{})
	s := compile(b, e, "return msg")
	l, p := lease(b, e, Run{}, order)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Call(ctx, s, p); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAwait is a script that awaits what is there.
func BenchmarkAwait(b *testing.B) {
	e := engine(b, Options{})
	s := compile(b, e, "return await Promise.resolve(msg)")
	l, p := lease(b, e, Run{}, order)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Call(ctx, s, p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	e := engine(b, Options{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Compile("bench", total); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRuntime is how long a runtime takes to make, and what it weighs.
func BenchmarkRuntime(b *testing.B) {
	e := engine(b, Options{})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var kept []*machine
	for b.Loop() {
		kept = append(kept, newMachine(e))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(len(kept)), "B/runtime")
	runtime.KeepAlive(kept)
}
