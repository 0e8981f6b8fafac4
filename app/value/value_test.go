package value_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ecoflow/app/value"
)

func TestParseSaysWhatAndWhere(t *testing.T) {
	for _, c := range []struct {
		source       string
		line, column int
		message      string
	}{
		{"", 1, 1, "There is no JSON value"},
		{"  \n ", 2, 2, "There is no JSON value"},
		{"nul", 1, 1, "A value cannot start with 'n'"},
		{"{\n  \"ü\": x\n}", 2, 8, "A value cannot start with 'x'"},
		{"{a: 1}", 1, 2, "Instead of a name in quotes comes 'a'"},
		{`{"a" 1}`, 1, 6, "Instead of a colon comes '1'"},
		{`{"a": 1 "b": 2}`, 1, 9, "Instead of a comma or } comes '\"'"},
		{`{"a": 1,}`, 1, 9, "Instead of a name in quotes comes '}'"},
		{`{"a": 1`, 1, 8, "The JSON ends inside an object"},
		{`[1, 2`, 1, 6, "The JSON ends inside a list"},
		{`[1 2]`, 1, 4, "Instead of a comma or ] comes '2'"},
		{`[1,]`, 1, 4, "A value cannot start with ']'"},
		{`[1] 2`, 1, 5, "After the JSON value comes '2'"},
		{`"abc`, 1, 1, "A string is not closed"},
		{"\"a\tb\"", 1, 3, "A string holds the control character 0x09; it has to be escaped"},
		{`"\x"`, 1, 2, "There is no escape like this one"},
		{`"\u12"`, 1, 2, `An escape has to be \u and four hexadecimal digits`},
		{`"\ud800"`, 1, 2, `The escape \ud800 is half a character`},
		{`"\ud800\u0041"`, 1, 2, `The escape \ud800 is half a character`},
		{"01", 1, 1, "This is not a number as JSON writes it"},
		{"-", 1, 1, "This is not a number as JSON writes it"},
		{"1.", 1, 1, "This is not a number as JSON writes it"},
		{"1e", 1, 1, "This is not a number as JSON writes it"},
		{`{"a": 1, "\u0061": 2}`, 1, 10, `The name "a" comes twice in one object`},
		{`{"x": {"a": 1}, "a": {"a": 1, "b": 1, "a": 2}}`, 1, 39, `The name "a" comes twice in one object`},
		{"\"\xff\"", 1, 2, "The text is not valid UTF-8"},
		{"\ufeff{}", 1, 1, "The JSON starts with a byte order mark"},
		{"[[[[]]]]", 1, 4, "The JSON is nested deeper than 3 levels"},
	} {
		_, parseErr := value.Parse([]byte(c.source), 3)
		_, validateErr := value.Validate([]byte(c.source), 3)
		for _, err := range []error{parseErr, validateErr} {
			var e *value.Error
			if !errors.As(err, &e) || e.Line != c.line || e.Column != c.column || e.Message != c.message {
				t.Errorf("%q: %v, want %s (line %d, column %d)", c.source, err, c.message, c.line, c.column)
			}
		}
	}
}

func TestManyNames(t *testing.T) {
	var b strings.Builder
	b.WriteByte('{')
	for i := range 5000 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"k` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + json.Number(string(rune('0'+i%10))).String() + strings.Repeat("y", i/70) + `":1`)
	}
	ok := b.String() + "}"
	twice := b.String() + `,"kaaa":1,"kaaa":2}`
	_, errA := value.Validate([]byte(ok), 9)
	_, errB := value.Parse([]byte(ok), 9)
	if (errA == nil) != (errB == nil) {
		t.Errorf("validate says %v, parse %v", errA, errB)
	}
	if _, err := value.Validate([]byte(twice), 9); err == nil {
		t.Error("a name that comes twice among thousands is accepted")
	}
}

func TestNumbersAreExact(t *testing.T) {
	source := `[12345678901234567890,1.10,-0,1e400,0.1e-7]`
	v, err := value.Parse([]byte(source), 9)
	if err != nil {
		t.Fatal(err)
	}
	out, err := value.AppendJSON(nil, v)
	if err != nil || string(out) != source {
		t.Errorf("%s %v", out, err)
	}
}

func TestAppendJSON(t *testing.T) {
	at := time.Date(2026, 11, 23, 10, 0, 0, 5000, time.UTC)
	deep := any("x")
	for range 20_000 {
		deep = []any{deep}
	}
	for _, c := range []struct {
		v    any
		want string // "" is an error
	}{
		{nil, "null"},
		{map[string]any{"b": 1, "a": []any{true, nil}, "": int64(-5)}, `{"":-5,"a":[true,null],"b":1}`},
		{"<a&b>\u2028\n\x01\"\\\xff", "\"<a&b>\u2028\\n\\u0001\\\"\\\\\ufffd\""},
		{1e21, "1e+21"},
		{1e-7, "1e-7"},
		{123456789.5, "123456789.5"},
		{math.Copysign(0, -1), "0"},
		{math.NaN(), ""},
		{math.Inf(1), ""},
		{json.Number("1,2"), ""},
		{json.Number(""), ""},
		{at, `"2026-11-23T10:00:00.000005Z"`},
		{[]byte("hi"), `"aGk="`},
		{struct {
			A string `json:"a"`
		}{"<"}, `{"a":"<"}`},
		{make(chan int), ""},
		{value.EmptyObject, "{}"},
		{deep, ""},
	} {
		got, err := value.AppendJSON(nil, c.v)
		if c.want == "" && err == nil || c.want != "" && (err != nil || string(got) != c.want) {
			t.Errorf("%.60v: %.80s %v, want %s", c.v, got, err, c.want)
		}
	}
}

func TestPaths(t *testing.T) {
	parse := func(s string) any {
		v, err := value.Parse([]byte(s), 99)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	text := func(v any) string {
		b, err := value.AppendJSON(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, c := range []struct{ v, path, get, set, del string }{
		{`{"a":{"b":[1,{"c":2}]}}`, "a.b[1].c", "2", `{"a":{"b":[1,{"c":"X"}]}}`, `{"a":{"b":[1,{}]}}`},
		{`{"a":{"b":[1,2]}}`, "a.b.0", "1", `{"a":{"b":["X",2]}}`, `{"a":{"b":[2]}}`},
		{`{"a b":1}`, `["a b"]`, "1", `{"a b":"X"}`, `{}`},
		{`{}`, "a.b[2].c", "", `{"a":{"b":[null,null,{"c":"X"}]}}`, `{}`},
		{`{"a":"text"}`, "a.b", "", "", `{"a":"text"}`},
		{`[1]`, "x", "", "", `[1]`},
		{`{"0":"zero"}`, "[0]", `"zero"`, `{"0":"X"}`, `{}`},
		{`{"a":1}`, "", `{"a":1}`, `"X"`, `null`},
	} {
		p, err := value.ParsePath(c.path)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		v := parse(c.v)
		got := ""
		if found, ok := p.Get(v); ok {
			got = text(found)
		}
		if got != c.get {
			t.Errorf("get %s of %s: %s, want %s", c.path, c.v, got, c.get)
		}
		set, err := p.Set(v, "X")
		if c.set == "" && err == nil || c.set != "" && (err != nil || text(set) != c.set) {
			t.Errorf("set %s of %s: %v %v, want %s", c.path, c.v, set, err, c.set)
		}
		if del := text(p.Delete(v)); del != c.del {
			t.Errorf("delete %s of %s: %s, want %s", c.path, c.v, del, c.del)
		}
		if text(v) != text(parse(c.v)) {
			t.Errorf("%s was changed in place to %s", c.v, text(v))
		}
	}
	for _, s := range []string{".a", "a..b", "a.", "a[", "a[x]", "a[-1]", "a[999999999]", "a[\"b]", "a]b["} {
		if p, err := value.ParsePath(s); err == nil && s != "a]b[" {
			t.Errorf("%q is a path: %v", s, p)
		}
	}
}

func TestCompareAndConvert(t *testing.T) {
	ordered := []any{
		nil, false, true, json.Number("-1"), 0.5, int64(1), json.Number("9007199254740993"), json.Number("9007199254740994"), "", "a", "b",
		time.Unix(0, 0), []byte("x"),
		[]any{},
		[]any{json.Number("1")},
		map[string]any{},
	}
	for i, a := range ordered {
		for j, b := range ordered {
			if got, want := value.Compare(a, b), min(1, max(-1, i-j)); got != want {
				t.Errorf("compare %v and %v: %d, want %d", a, b, got, want)
			}
			if value.Equal(a, b) != (i == j) {
				t.Errorf("equal %v and %v: %v", a, b, i != j)
			}
		}
	}
	if !value.Equal(json.Number("1.0"), int64(1)) || !value.Equal(map[string]any{"a": 1.0}, map[string]any{"a": json.Number("1")}) {
		t.Error("numbers are compared by their text")
	}
	for _, v := range []any{nil, false, "", 0.0, json.Number("0.00"), int64(0), math.NaN()} {
		if value.Truthy(v) {
			t.Errorf("%v holds", v)
		}
	}
	for _, v := range []any{true, "0", -1.0, []any{}, map[string]any{}, value.EmptyObject} {
		if !value.Truthy(v) {
			t.Errorf("%v does not hold", v)
		}
	}
	for _, v := range []any{"", "x", " ", nil, true, "NaN", "Infinity", []any{}} {
		if n, ok := value.Number(v); ok {
			t.Errorf("%v is the number %v", v, n)
		}
	}
	if n, ok := value.Number(" 1.5 "); !ok || n != 1.5 {
		t.Error("text is no number")
	}
	n, err := value.Normal(map[string]any{"a": []int{1}, "b": uint8(2), "c": float32(0.5), "d": value.EmptyObject, "e": []any{int8(1)}})
	if want := map[string]any{"a": []any{json.Number("1")}, "b": json.Number("2"), "c": 0.5, "d": map[string]any{}, "e": []any{int64(1)}}; err != nil || !reflect.DeepEqual(n, want) {
		t.Errorf("normal %#v %v", n, err)
	}
}

// FuzzJSON holds the decoder against encoding/json: what it accepts means the
// same there, and what only it refuses is what it has to (names that come twice,
// bytes that are not UTF-8, half characters, depth).
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"a": [1, 2.50e-3, -0, true, null], "b": {"ü": "\u00fc\ud83d\ude00\n"}}`, `[[[[]]]]`, `"\ud800"`, "\"\xff\"", `{"a":1,"a":2}`,
		`  1  `, `"\u2028"`, `{"":{"":{}}}`, "[1,]", `1e999`, "\ufeff1", `{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":1,"k":1,"l":1,"m":1,"n":1,"o":1,"p":1,"q":1,"r":1}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const depth = 50
		v, err := value.Parse(b, depth)
		raw, validErr := value.Validate(b, depth)
		if (err == nil) != (validErr == nil) {
			t.Fatalf("parse says %v, validate %v", err, validErr)
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		var want any
		theirs := json.Valid(b)
		if err != nil {
			if theirs && utf8.Valid(b) && !strings.Contains(err.Error(), "twice") && !strings.Contains(err.Error(), "half") && !err.(*value.Error).TooDeep {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		if err := d.Decode(&want); err != nil || !theirs {
			t.Fatalf("encoding/json refuses: %v", err)
		}
		if !reflect.DeepEqual(v, want) {
			t.Fatalf("%#v, encoding/json says %#v", v, want)
		}
		resolved, err := raw.Resolve()
		if err != nil || !reflect.DeepEqual(resolved, want) {
			t.Fatalf("raw: %#v %v", resolved, err)
		}
		out, err := value.AppendJSON(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		again, err := value.Parse(out, depth)
		if err != nil || !reflect.DeepEqual(again, v) {
			t.Fatalf("written as %s: %#v %v", out, again, err)
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"a.b[0]", `["x"].y`, "a[", "[0][1]"} {
		f.Add(s, `{"a":[1,{"b":2}]}`)
	}
	f.Fuzz(func(t *testing.T, path, source string) {
		p, err := value.ParsePath(path)
		if err != nil {
			return
		}
		v, err := value.Parse([]byte(source), 50)
		if err != nil {
			return
		}
		set, err := p.Set(v, "X")
		if err != nil {
			return
		}
		if got, ok := p.Get(set); !ok || got != "X" {
			t.Fatalf("set %q of %s, got %v back", path, source, got)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	source := []byte(`{"id": 4711, "name": "Ann Example", "tags": ["a", "b", "c"], "address": {"street": "Main Street 1", "city": "Springfield", "zip": "12345"}, "active": true, "score": 12.75, "notes": null}`)
	b.Run("validate", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(source)))
		for b.Loop() {
			value.Validate(source, 100) //nolint:errcheck // measured, not tested
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(source)))
		for b.Loop() {
			value.Parse(source, 100) //nolint:errcheck // measured, not tested
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(source)))
		for b.Loop() {
			var v any
			json.Unmarshal(source, &v) //nolint:errcheck // measured, not tested
		}
	})
	v, err := value.Parse(source, 100)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf, _ = value.AppendJSON(buf[:0], v)
		}
	})
	b.Run("marshal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			json.Marshal(v) //nolint:errcheck // measured, not tested
		}
	})
}
