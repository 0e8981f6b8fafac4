package trace_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"ecoflow/app/node"
	"ecoflow/app/trace"
	"ecoflow/app/value"
)

func TestSnapshotMasksSecrets(t *testing.T) {
	raw, err := value.Validate([]byte(`{"user": {"Password": "p", "apiKey": 7, "name": "Ann"}, "list": [{"accessToken": ""}]}`), 9)
	if err != nil {
		t.Fatal(err)
	}
	p := node.NewPayload(raw)
	if err := p.Set("authorization", "Bearer x"); err != nil {
		t.Fatal(err)
	}
	got, shortened := trace.Snapshot(&p)
	want := `{"authorization":"***","msg":{"list":[{"accessToken":""}],"user":{"Password":"***","apiKey":"***","name":"Ann"}}}`
	if string(got) != want || shortened {
		t.Errorf("%s %v, want %s", got, shortened, want)
	}
	if v, _ := p.Peek("msg"); v != any(raw) {
		t.Error("the snapshot decoded the payload in place")
	}
}

func TestShortenIsBounded(t *testing.T) {
	deep := any("x")
	for range 100_000 {
		deep = []any{deep}
	}
	wide := make([]any, 100_000)
	for i := range wide {
		wide[i] = wide[:min(i, 500)]
	}
	pages := make([]any, 200)
	for i := range pages {
		pages[i] = strings.Repeat("x", 1999)
	}
	for name, v := range map[string]any{
		"much text": pages,
		"deep":      deep, "wide": wide, "long": strings.Repeat("ü", 100_000), "bytes": make([]byte, 1<<20), "no number": math.NaN(),
	} {
		got, shortened := trace.Shorten(v)
		if !shortened || len(got) > 70<<10 || !json.Valid(got) || !utf8.Valid(got) {
			t.Errorf("%s: %d bytes, shortened %v: %.100s", name, len(got), shortened, got)
		}
	}
	if got, shortened := trace.Shorten(map[string]any{"n": json.Number("1.50")}); string(got) != `{"n":1.50}` || shortened {
		t.Errorf("%s %v", got, shortened)
	}
}
