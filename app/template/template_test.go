package template

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ecoflow/app/limit"
	"ecoflow/app/value"
)

// world is a scope over JSON, with variables beside.
type world map[string]any

func (w world) Lookup(root string, path []any) (any, error) {
	if root == "headers" && len(path) > 0 {
		path = append([]any{strings.ToLower(path[0].(string))}, path[1:]...)
	}
	return Descend(w[root], path)
}

func scope(t testing.TB) Scope {
	t.Helper()
	v, err := value.Parse([]byte(`{
		"msg": {
			"user": {"name": "Ada", "tags": ["x", "y"], "big": 12345678901234567890123, "price": 1.10, "id": 9007199254740993},
			"items": [{"n": 2, "price": 10.5, "k": "a"}, {"n": 1, "price": 3, "k": "b"}, {"n": 3, "price": 4, "k": "a"}],
			"numbers": [3, 1, 2.5], "nested": [[1, [2]], 3], "empty": [], "text": "a,b,c", "flag": true, "zero": 0, "quoted key": 1,
			"pair": [1, "one"]
		},
		"params": {"id": "7"}, "query": {"page": "2", "tag": ["a", "b"]}, "headers": {"x-id": "h1"}, "cookies": {"sid": "s"},
		"request": {"method": "GET"}, "env": {"API_KEY": "k"}, "item": {"n": 5}, "index": 4
	}`), 100)
	if err != nil {
		t.Fatal(err)
	}
	return world(v.(map[string]any))
}

func TestValue(t *testing.T) {
	s := scope(t)
	for _, tt := range []struct {
		text string
		want any
	}{
		{"", ""},
		{"plain", "plain"},
		{"{{ msg.user.name }}", "Ada"},
		{"Hello {{ msg.user.name }}!", "Hello Ada!"},
		{"{{msg.user.name}}{{ params.id }}", "Ada7"},
		{" {{ msg.zero }}", " 0"},
		{`\{{ x }}`, "{{ x }}"},
		{`\\{{ msg.user.name }}`, `\Ada`},
		{`\{{ a }} {{ msg.zero }}`, "{{ a }} 0"},
		{`a \ b`, `a \ b`},
		// paths keep what is there
		{"{{ msg.user.big }}", json.Number("12345678901234567890123")},
		{"{{ msg.user.price }}", json.Number("1.10")},
		{"is {{ msg.user.price }}", "is 1.10"},
		{"{{ msg.user.tags }}", []any{"x", "y"}},
		{"{{ msg.user.tags[1] }}", "y"},
		{"{{ msg.user.tags[-1] }}", "y"},
		{"{{ msg.user.tags[7] }}", nil},
		{"{{ msg.user.name[0] }}", "A"},
		{`{{ msg["quoted key"] }}`, json.Number("1")},
		{"{{ msg.nobody.name.first }}", nil},
		{"{{ msg?.nobody?.name }}", nil},
		{"{{ msg.user.name.first }}", nil},
		{`{{ headers["X-Id"] }}`, "h1"},
		{"{{ query.tag[1] }}", "b"},
		{"{{ env.API_KEY }}", "k"},
		{"{{ item.n }}", json.Number("5")},
		{"none: {{ msg.nobody }}", "none: "},
		{"{{ msg.user.tags }}.", `["x","y"].`},
		// calculation
		{"{{ msg.user.id + 1 }}", int64(9007199254740994)},
		{"{{ msg.items[0].n + index }}", int64(6)},
		{"{{ msg.items[0].price * 2 }}", 21.0},
		{"{{ msg.items[index - 4].price }}", 10.5},
		{"{{ msg.user[params.key ?? 'name'] }}", "Ada"},
		{"{{ msg[query.page] }}", nil},
		{`{{ "a" + msg.user.name + "b" }}`, "aAdab"},
		{"{{ msg.user.name == 'Ada' and msg.zero < 1 }}", true},
		{"{{ msg.nobody ? 1 : 2 }}", int64(2)},
		{"{{ query.page ? 1 : 2 }}", int64(1)},
		{"{{ !msg.nobody }}", true},
		{"{{ not msg.flag || msg.zero == 0 }}", true},
		{"{{ msg.nobody ?? 'x' }}", "x"},
		{"{{ msg.nobody?.a ?? 'x' }}", "x"},
		{"{{ msg.zero == 0.0 }}", true},
		{"{{ msg.pair == [1, 'one'] }}", true},
		{"{{ msg.pair != [1, 'two'] }}", true},
		{"{{ msg.items[1] == {n: 1, price: 3.0, k: 'b'} }}", true},
		{"{{ 3 in msg.numbers }}", true},
		{"{{ 4 not in msg.numbers }}", true},
		{"{{ 'user' in msg }}", true},
		{"{{ 'x' in msg.nobody }}", false},
		{"{{ {a: {b: msg.zero}} }}", map[string]any{"a": map[string]any{"b": int64(0)}}},
		{"{{ {'}}': 1}['}}'] }}", int64(1)},
		{"{{ 1..3 }}", []any{int64(1), int64(2), int64(3)}},
		{"{{ let n = msg.numbers[0]; n * n }}", int64(9)},
		// lists
		{"{{ filter(msg.items, .price > 3.5) | map(.k) }}", []any{"a", "a"}},
		{"{{ map(msg.numbers, # * 2) }}", []any{int64(6), int64(2), 5.0}},
		{"{{ map(msg.items, #index) }}", []any{int64(0), int64(1), int64(2)}},
		{"{{ filter(msg.items, .nobody) }}", []any{}},
		{"{{ count(msg.items, .k == 'a') }}", int64(2)},
		{"{{ sum(msg.numbers) }}", 6.5},
		{"{{ sum(msg.items, .n) }}", int64(6)},
		{"{{ mean(msg.numbers) + max(msg.numbers) + min(1, msg.zero) }}", 5.166666666666666},
		{"{{ sort(msg.numbers) }}", []any{int64(1), 2.5, int64(3)}},
		{"{{ sortBy(msg.items, .n) | map(.n) }}", []any{int64(1), int64(2), int64(3)}},
		{"{{ groupBy(msg.items, .k)['a'][1].price + 1 }}", int64(5)},
		{"{{ keys(groupBy(msg.items, .k)) }}", []any{"a", "b"}},
		{"{{ map(groupBy(msg.items, .n)[1], .k) }}", []any{"b"}},
		{"{{ len(msg.items) + len(msg.nobody) }}", int64(3)},
		{"{{ first(msg.numbers) + last(msg.numbers) }}", 5.5},
		{"{{ reduce(msg.numbers, #acc + #, 0) }}", 6.5},
		{"{{ reduce(msg.numbers, #acc + #) }}", 6.5},
		{"{{ find(msg.items, .k == 'b').price }}", int64(3)},
		{"{{ any(msg.nobody, true) }}", false},
		{"{{ flatten(msg.nested) | sum() }}", int64(6)},
		{"{{ uniq([1, 1.0, 2, 'a', 'a', [1], [1.0]]) }}", []any{int64(1), int64(2), "a", []any{int64(1)}}},
		{"{{ values({b: 1, a: 2}) }}", []any{int64(2), int64(1)}},
		{"{{ toPairs({b: 1}) }}", []any{[]any{"b", int64(1)}}},
		{"{{ fromPairs([['a', 1]]) }}", map[string]any{"a": int64(1)}},
		{"{{ get(msg, 'zero') + 1 }}", int64(1)},
		{"{{ msg.items[:1] | map(.n) }}", []any{int64(2)}},
		// text
		{"{{ upper(msg.user.name) + lower('X') }}", "ADAx"},
		{"{{ split(msg.text, ',')[1] }}", "b"},
		{"{{ split(msg.text, ',') | map(# + '!') | join('-') }}", "a!-b!-c!"},
		{"{{ join(msg.numbers, ' ') }}", "3 1 2.5"},
		{"{{ replace(msg.text, ',', ';') }}", "a;b;c"},
		{"{{ replace(msg.text, ',', '', 1) }}", "ab,c"},
		{"{{ repeat('ab', 2) }}", "abab"},
		{"{{ string(msg.user.tags) }}", `["x","y"]`},
		{"{{ json({id: msg.user.id, t: msg.user.tags}) }}", `{"id":9007199254740993,"t":["x","y"]}`},
		{"{{ json(msg.items[0]) }}", `{"k":"a","n":2,"price":10.5}`},
		{"{{ fromJSON('{\"a\": 1.50}').a }}", 1.5},
		{"{{ urlEncode('a b&c') }}", "a+b%26c"},
		{"{{ msg.user.name contains 'd' && msg.user.name matches '^A' }}", true},
		{"{{ format(date('2026-11-23'), '02.01.2006') }}", "23.11.2026"},
		{"{{ date('2026-11-23') }}", time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)},
		{"at {{ date('2026-11-23') }}", "at 2026-11-23T00:00:00Z"},
		{"{{ duration('90m') }}", "1h30m0s"},
		{"{{ len(uuid()) }}", int64(36)},
	} {
		t.Run(tt.text, func(t *testing.T) {
			text, err := Compile(tt.text)
			if err != nil {
				t.Fatalf("line %d, column %d: %v", err.Line, err.Column, err)
			}
			got, rerr := text.Value(s)
			if rerr != nil {
				t.Fatal(rerr)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Fatalf("got %T %v, want %T %v", got, got, tt.want, tt.want)
			}
			if rendered, err := text.Render(s); err != nil || rendered != value.Text(got) && !strings.Contains(tt.text, "uuid") {
				t.Fatalf("rendered %q, %v", rendered, err)
			}
		})
	}
}

func TestCompileErrors(t *testing.T) {
	for _, tt := range []struct {
		text         string
		line, column int
		message      string
	}{
		{"{{ msgg.user }}", 1, 4, "Unknown name msgg."},
		{"héllo\nwörld {{ msg.a + }} x", 2, 17, "Unexpected end of expression."},
		{"a\n\n  {{ 1 + true }}", 3, 8, "Invalid operation: + (mismatched types int and bool)."},
		{"x {{ msg", 1, 3, "The {{ has no closing }}."},
		{"{{ }}", 1, 3, "The expression is empty."},
		{"{{ nothing(1) }}", 1, 4, "Unknown name nothing."},
		{"{{ env }}", 1, 4, "Env needs the name of a variable, as in env.API_KEY."},
		{"{{ env[query.name] }}", 1, 4, "Env needs the name of a variable, as in env.API_KEY."},
		{"{{ keys(env) }}", 1, 9, "Env needs the name of a variable, as in env.API_KEY."},
		{"{{ json }}", 1, 4, "Json is a function: write json(…)."},
		{"{{ [len] }}", 1, 5, "Len is a function: write len(…)."},
		{"{{ let msg = 1; msg }}", 1, 8, "Cannot redeclare msg."},
		{"{{ msg matches '(' }}", 1, 8, "Error parsing regexp: missing closing ): `(`."},
		{"{{ " + strings.Repeat("1+", 600) + "1 }}", 1, 1005, "The expression has more than 1000 parts."},
		{"{{ '" + strings.Repeat("x", limit.TemplateBytes) + "' }}", 1, 3, "The expression is longer than 8 KiB."},
	} {
		_, err := Compile(tt.text)
		if err == nil {
			t.Errorf("%.40q compiles", tt.text)
			continue
		}
		if err.Line != tt.line || err.Column != tt.column || err.Message != tt.message {
			t.Errorf("%.40q: %d:%d %q, want %d:%d %q", tt.text, err.Line, err.Column, err.Message, tt.line, tt.column, tt.message)
		}
	}
}

// Nothing of Go is reachable from an expression.
func TestMethodProbes(t *testing.T) {
	for _, text := range []string{
		"now().Unix()", "now().Year", "date('2026-01-01').UTC().String()", "duration('1s').Hours()", "timezone('UTC').String()",
		"msg.Lookup('x')", "$env.scope", "$env['scope']", "get($env, 'scope')", "let f = get(now(), 'Unix'); f()",
		"msg.user.GetClass()", "[now()] | map(#.Unix())", "'x'.Len()", "payload.Set('msg', 1)", "(len)(msg)", "1.String()",
	} {
		if _, err := CompileExpression(text); err == nil {
			t.Errorf("%s compiles", text)
		}
	}
	s := scope(t)
	for _, text := range []string{"get(now(), 'Unix')", "first([now()]).Unix", "get(duration('1s'), 'String')"} {
		e, cerr := CompileExpression(text)
		if cerr != nil {
			continue
		}
		if v, err := e.Value(s); err == nil && v != nil {
			t.Errorf("%s yields %v", text, v)
		}
	}
}

func TestFailures(t *testing.T) {
	s := scope(t)
	for _, tt := range []struct{ text, want string }{
		{"msg.nobody + 1", "the expression msg.nobody + 1 failed: invalid operation: nothing + number"},
		{"upper(msg.nobody)", "there is nothing where text is needed"},
		{"upper(msg.zero)", "there is number where text is needed"},
		{"filter(msg.user, true)", "there is an object where a list is needed"},
		{"msg.user.name < 3", "invalid operation: text < number"},
		{"map(1..2000000, #)", "it makes more than 1,000,000 values"},
		{"msg.zero % 0", "failed: division by zero"},
		{"fromJSON('{')", "name in quotes"},
		{"int('x')", "invalid"},
		{"[msg.text matches msg.user.name + '(']", "missing closing"},
	} {
		e, cerr := CompileExpression(tt.text)
		if cerr != nil {
			t.Errorf("%s: %v", tt.text, cerr)
			continue
		}
		v, err := e.Value(s)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, %v; want an error with %q", tt.text, v, err, tt.want)
		}
	}
}

// Expressions that would run for ages or fill the memory end with an error, and
// soon: TestTemplateTime says how soon. The wide margin is for machines that are busy
// and the race detector; without the guards each of them runs for minutes or takes
// gigabytes.
func TestHostile(t *testing.T) {
	list := make([]any, 20000)
	for i := range list {
		list[i] = json.Number(fmt.Sprint(i))
	}
	s := world{"msg": map[string]any{"a": list, "s": strings.Repeat("x", 1<<20)}}
	doubling := func(op string) string {
		var b strings.Builder
		b.WriteString("let a0 = msg.s; ")
		for i := range 40 {
			fmt.Fprintf(&b, op+"; ", i+1, i, i)
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"nested count":      "count(msg.a, count(msg.a, # > 5) > 3)",
		"nested map":        "map(msg.a, sum(msg.a))",
		"nested any":        "any(msg.a, any(msg.a, # < 0))",
		"membership":        "filter(msg.a, # + 0.5 in msg.a)",
		"nested equal":      "filter(msg.a, msg.a == msg.a)",
		"uniq of lists":     "uniq(map(msg.a, [#]))",
		"doubling text":     doubling("let a%d = a%d + a%d") + "len(a40)",
		"doubling lists":    doubling("let a%d = [a%d, a%d]") + "json(a40)",
		"doubling result":   doubling("let a%d = [a%d, a%d]") + "a40",
		"doubling equality": doubling("let a%d = [a%d, a%d]") + "a40 == [a39, a39]",
		"doubling flatten":  doubling("let a%d = [a%d, a%d]") + "len(flatten(a40))",
		"doubling max":      "let a = msg.a; " + strings.ReplaceAll(doubling("let a%d = [a%d, a%d]"), "msg.s", "a") + "max(a40)",
		"replace":           "replace(msg.s, 'x', msg.s)",
		"replace empty":     "replace(msg.s, '', msg.s)",
		"repeat":            "repeat(msg.s, 100000)",
		"repeat overflow":   "repeat(msg.s, 9223372036854775807)",
		"join":              "join(msg.a, msg.s)",
		"split":             "map(1..1000, split(msg.s, ''))",
		"same text often":   "map(1..900000, msg.s)",
		"accumulate":        "reduce(1..900000, #acc + #acc, msg.s)",
		"base64":            strings.Repeat("toBase64(", 100) + "msg.s" + strings.Repeat(")", 100),
	} {
		t.Run(name, func(t *testing.T) {
			e, cerr := CompileExpression(text)
			if cerr != nil {
				t.Fatal(cerr)
			}
			done := make(chan error, 1)
			go func() {
				_, err := e.Value(s)
				done <- err
			}()
			select {
			case err := <-done:
				if err == nil {
					t.Fatal("no error")
				}
			case <-time.After(time.Minute):
				t.Fatal("still running")
			}
		})
	}
}

// An expression may be as large as its limits say, and not a bit larger.
func TestSizeLimits(t *testing.T) {
	text := func(bytes int) string { return "'" + strings.Repeat("x", bytes-2) + "'" }
	parts := func(n int) string { return "[" + strings.Repeat("1,", n-2) + "1]" } // the list is one of them
	for _, c := range []struct {
		name, source, wrong string
	}{
		{"size at the limit", text(limit.TemplateBytes), ""},
		{"a byte over", text(limit.TemplateBytes + 1), "longer than 8 KiB"},
		{"parts at the limit", parts(limit.TemplateNodes), ""},
		{"one part over", parts(limit.TemplateNodes + 1), "more than 1000 parts"},
	} {
		if _, err := CompileExpression(c.source); (err != nil) != (c.wrong != "") || err != nil && !strings.Contains(err.Message, c.wrong) {
			t.Errorf("%s: %v, want %q", c.name, err, c.wrong)
		}
	}
}

// S33: what runs too long ends at its time and soon after. A machine that is busy
// elsewhere adds to it, so the best of several tries counts.
func TestTemplateTime(t *testing.T) {
	list := make([]any, 20_000)
	for i := range list {
		list[i] = json.Number(fmt.Sprint(i))
	}
	s := world{"msg": map[string]any{"a": list}}
	for _, text := range []string{"count(msg.a, count(msg.a, # > 5) > 3)", "map(msg.a, sum(msg.a))", "filter(msg.a, # + 0.5 in msg.a)", "filter(msg.a, msg.a == msg.a)"} {
		e, cerr := CompileExpression(text)
		if cerr != nil {
			t.Fatal(cerr)
		}
		best := time.Hour
		for begin := time.Now(); best > limit.TemplateTime*3/2 && time.Since(begin) < time.Minute; {
			start := time.Now()
			v, err := e.Value(s)
			took := time.Since(start)
			if want := fmt.Sprintf("longer than %v", limit.TemplateTime); err == nil || !strings.Contains(err.Error(), want) || took < limit.TemplateTime {
				t.Fatalf("%s: %v, %v after %v; want an error with %q", text, v, err, took, want)
			}
			best = min(best, took)
		}
		if best > limit.TemplateTime*3/2 {
			t.Errorf("%s: ended after %v at best", text, best)
		}
	}
}

func TestReferences(t *testing.T) {
	text, err := Compile("{{ msg.user.name }} {{ env.API_KEY }} {{ filter(msg.items, .n == params.id) | map(.k) }} {{ env.API_KEY }} {{ query[msg.k] }}")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"env.API_KEY", "msg.items", "msg.k", "msg.user.name", "params.id", "query"}
	if got := text.References(); !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		"", "{{", "}}", "{{ msg.a }}", `\{{ {{ 1 }}`, "{{ {a: {b: 1}} }}", "{{ '}}' }}", "{{ filter(msg.items, .n > 1) }}", "{{ let a = 1; a }}",
		"{{ msg?.a ?? [1][0] }}", "{{ a ? b : c }}", "{{ $env }}", "{{ #.a }}", "{{ `\n` }} é {{ \xff }}", "{{ msg[1:2] }}", "{{ if msg.a { 1 } else { 2 } }}",
		"{{ now() - now() }}", "{{ x | y }}", "{{ groupBy(msg.items, .k).a }}",
	} {
		f.Add(s)
	}
	s := scope(f)
	f.Fuzz(func(t *testing.T, source string) {
		text, err := Compile(source)
		if err != nil {
			if err.Line < 1 || err.Column < 1 || err.Message == "" {
				t.Fatalf("%+v", err)
			}
			return
		}
		v, verr := text.Value(s)
		if verr != nil {
			return
		}
		if _, err := value.Normal(v); err != nil {
			t.Fatalf("%T %v is no value: %v", v, v, err)
		}
	})
}

func BenchmarkPath(b *testing.B) {
	s := scope(b)
	text, _ := Compile("{{ msg.user.name }}")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := text.Value(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExpression(b *testing.B) {
	s := scope(b)
	text, _ := Compile("{{ msg.items[0].price * 2 > index }}")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := text.Value(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := Compile("Hello {{ msg.user.name }}, {{ msg.items[0].price * 2 > index }}"); err != nil {
			b.Fatal(err)
		}
	}
}
