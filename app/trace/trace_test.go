package trace_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
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
	got, shortened := trace.Hide(nil).Snapshot(&p)
	want := `{"authorization":"***","msg":{"list":[{"accessToken":""}],"user":{"Password":"***","apiKey":"***","name":"Ann"}}}`
	if string(got) != want || shortened {
		t.Errorf("%s %v, want %s", got, shortened, want)
	}
	if v, _ := p.Peek("msg"); v != any(raw) {
		t.Error("the snapshot decoded the payload in place")
	}
}

// A Keeper and one who reads at once see the same, whatever becomes of the payload.
func TestKeptAndReadAtOnce(t *testing.T) {
	raw, err := value.Validate([]byte(`{"pin": 1, "text": "`+strings.Repeat("x", 3000)+`"}`), 9)
	if err != nil {
		t.Fatal(err)
	}
	var (
		p    = node.NewPayload(raw)
		k    trace.Keeper
		seen []trace.Step
	)
	atOnce := trace.Teller{Tell: func(s trace.Step) { seen = append(seen, s) }}
	for _, r := range []trace.Recorder{&k, atOnce} {
		r.Record(trace.Record{NodeID: "in", Flow: "shop", Out: r.Take(&p), Outcome: trace.Passed})
	}
	for i, change := range []func() error{
		func() error { _, _, err := p.Get("msg"); return err },
		func() error { return p.Set("secretName", "x") },
		func() error { return p.Delete("msg") },
		func() error { return p.Set("secretName", "") },
	} {
		kept, read := k.Take(&p), atOnce.Take(&p)
		if err := change(); err != nil {
			t.Fatal(err)
		}
		about := trace.Record{NodeID: "n", Took: time.Duration(i) * time.Microsecond, Ports: []string{"a"}, Outcome: trace.Failed, Err: errors.New("no")}
		about.In, about.Out = kept, k.Take(&p)
		k.Record(about)
		about.In, about.Out = read, atOnce.Take(&p)
		atOnce.Record(about)
	}
	want, err := json.Marshal(seen)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(k.Steps(nil)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("kept %s (%v)\nread at once %s", got, err, want)
	}
	if last := seen[4]; string(last.In) != `{"secretName":"***"}` || string(last.Out) != `{"secretName":""}` || last.Micros != 3 || last.Error != "no" || !seen[1].Shortened {
		t.Errorf("%+v", last)
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
		got, shortened := trace.Hide(nil).Shorten(v)
		if !shortened || len(got) > 70<<10 || !json.Valid(got) || !utf8.Valid(got) {
			t.Errorf("%s: %d bytes, shortened %v: %.100s", name, len(got), shortened, got)
		}
	}
	if got, shortened := trace.Hide(nil).Shorten(map[string]any{"n": json.Number("1.50")}); string(got) != `{"n":1.50}` || shortened {
		t.Errorf("%s %v", got, shortened)
	}
}

// However much runs hold, all that are kept together stay within bounds.
func TestRunsThatHoldMuchAreLetGoOfSooner(t *testing.T) {
	runs := trace.Runs{Most: 1e9}
	if runs.Recorder() != nil {
		t.Fatal("the zero Runs records")
	}
	runs.Capture(trace.Full, 1000)
	p := node.NewPayload(map[string]any{"list": []any{strings.Repeat("x", 200<<10)}})
	for range 1000 {
		r := runs.Recorder()
		r.Record(trace.Record{NodeID: "in", Out: r.Take(&p), Outcome: trace.Passed})
		runs.Ended(trace.Run{ID: "a"}, r)
	}
	list, err := runs.List(t.Context(), struct{}{})
	if err != nil || len(list) < 100 || len(list) > 32<<20/(200<<10) {
		t.Errorf("%d are kept, %v", len(list), err)
	}
	for _, keep := range []int{10, 20} { // what is kept moves along
		runs.Capture(trace.Full, keep)
		if list, _ := runs.List(t.Context(), struct{}{}); len(list) != 10 {
			t.Errorf("%d are kept of %d", len(list), keep)
		}
	}
	runs.Capture(trace.Off, 1000)
	if list, _ := runs.List(t.Context(), struct{}{}); len(list) != 0 || runs.Recorder() != nil {
		t.Errorf("%d are kept after the end", len(list))
	}
}
