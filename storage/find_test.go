package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
)

// filled makes a database with n signed entries of many kinds, a second apart.
func filled(t testing.TB, n int) *DB {
	t.Helper()
	db := openTest(t)
	ctx := t.Context()
	for done := 0; done < n; {
		tx, err := db.writer.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		head := db.chain.head
		for range min(n-done, 50_000) {
			i := done
			done++
			e := &audit.Entry{
				Actor: fmt.Sprintf("user%d", i%7), Action: fmt.Sprintf("area%d.act%d", i%5, i%3), Object: fmt.Sprintf("flow f%d", i%97),
				Message: fmt.Sprintf("Changed 50%% of flow_%d", i), RequestID: fmt.Sprintf("REQ%d", i), Result: audit.Done,
				Before: map[string]int{"n": i}, After: map[string]int{"n": i + 1},
			}
			switch {
			case i%11 == 0:
				e.Result = audit.Refused
			case i%101 == 0:
				e.Result, e.Type = audit.Failed, audit.Error
			}
			if i%1000 == 7 {
				e.Actor, e.Object = "rare", "flow rare"
			}
			at := auth.WithActor(ctx, auth.Actor{Address: fmt.Sprintf("10.0.0.%d", i%13)})
			r, err := db.chain.add(at, tx, head, e)
			if err != nil {
				t.Fatal(err)
			}
			head = audit.Head{Last: r.ID, MAC: r.MAC, Key: r.Key}
		}
		if err := db.chain.save(ctx, tx, head); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		db.chain.head = head
	}
	return db
}

// chosen says the plain way whether a record is what the filter asks for.
func chosen(r audit.Record, f audit.Filter) bool {
	holds := func(text string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(f.Text)) }
	area, isArea := strings.CutSuffix(f.Action, ".")
	return (f.Text == "" || slices.ContainsFunc([]string{r.Message, r.Object, r.Actor, r.Address, r.Action, r.RequestID}, holds)) &&
		(f.Actor == "" || f.Actor == r.Actor || f.Actor == audit.Nobody && r.Actor == "") &&
		(f.Action == "" || f.Action == r.Action || isArea && strings.HasPrefix(r.Action, area+".")) &&
		(f.Object == "" || f.Object == r.Object) && (f.Result == "" || f.Result == string(r.Result)) &&
		(f.Type == "" || f.Type == r.Type) && (f.Address == "" || f.Address == r.Address) &&
		(f.From.IsZero() || !r.Time.Before(f.From)) && (f.To.IsZero() || r.Time.Before(f.To))
}

// Whatever is asked for comes once, the newest first, however short the pages and
// however little time there is for each.
func TestFind(t *testing.T) {
	db := filled(t, 7000)
	// The entries are made in no time; they are to be a second apart.
	if _, err := db.writer.Exec(`UPDATE audit SET time = 1000 * id`); err != nil {
		t.Fatal(err)
	}
	everything, total, err := db.Audit().Page(t.Context(), 0, 10_000)
	if err != nil || total != 7000 || len(everything) != 7000 {
		t.Fatalf("%d of %d, %v", len(everything), total, err)
	}
	among := func(list ...string) string { return list[pick(len(list))] }
	at := func() time.Time {
		if pick(3) > 0 {
			return time.Time{}
		}
		return time.UnixMilli(int64(pick(7000 * 1000)))
	}
	filters := []audit.Filter{{}, {Text: "50%"}, {Text: "w_7 "}, {Text: `\`}, {Text: "flow_123"}, {Action: "area."}, {Action: "area1."}, {Action: "none."}, {Actor: audit.Nobody}}
	for range 200 {
		filters = append(filters, audit.Filter{
			Text: among("", "", "", "CHANGED", "f5", "req33", "nothing"), Actor: among("", "", "user1", "rare", "nobody"),
			Action: among("", "", "area1.", "area2.act1", "area"), Object: among("", "", "", "flow f5", "flow rare"),
			Result: among("", "", "done", "refused", "failed"), Type: among("", "", "Info", "Warning", "Error"),
			Address: among("", "", "10.0.0.3"), From: at(), To: at(),
		})
	}
	for _, f := range filters {
		var want, got []int64
		for _, r := range everything {
			if chosen(r, f) {
				want = append(want, r.ID)
			}
		}
		q := audit.Query{Filter: f, Limit: 1 + pick(500), Budget: time.Duration(pick(2))}
		for {
			found, err := db.Audit().Find(t.Context(), q)
			if err != nil {
				t.Fatalf("%+v: %v", q, err)
			}
			for _, r := range found.Records {
				got = append(got, r.ID)
			}
			if len(found.Records) > q.Limit || found.Total != 7000 {
				t.Fatalf("%+v: %d records of %d", q, len(found.Records), found.Total)
			}
			if found.Before == 0 {
				break
			}
			if q.Before != 0 && found.Before >= q.Before {
				t.Fatalf("%+v gets nowhere", q)
			}
			q.Before = found.Before
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+v: %d found, %d are there", q, len(got), len(want))
		}
	}
}

func TestFindInAnEmptyLog(t *testing.T) {
	db := openTest(t)
	for _, f := range []audit.Filter{{}, {Text: "x"}, {Action: "x."}, {From: time.Now()}} {
		found, err := db.Audit().Find(t.Context(), audit.Query{Filter: f, Limit: 10})
		if err != nil || len(found.Records) != 0 || found.Before != 0 || found.Total != 0 {
			t.Errorf("%+v: %+v, %v", f, found, err)
		}
	}
}

// What leads is an index, whatever the filter.
func TestFindUsesIndexes(t *testing.T) {
	db := filled(t, 10)
	for _, f := range []audit.Filter{{Actor: "a"}, {Action: "a.b"}, {Object: "o"}, {Address: "1"}, {Result: "done"}, {Type: "Error"}, {Action: "area1."}} {
		tx, err := db.reads.Begin()
		if err != nil {
			t.Fatal(err)
		}
		s := search{tx: tx, low: 1, at: 11, enough: 5}
		if err := s.prepare(t.Context(), f); err != nil || s.leading == "" || s.rest != "" {
			t.Errorf("%+v: %q leads, the rest is %q, %v", f, s.leading, s.rest, err)
		}
		tx.Rollback()
	}
}

// BenchmarkAudit measures pages of a log of 1,000,000 entries: S40 wants each in
// under 50 ms.
func BenchmarkAudit(b *testing.B) {
	const entries = 1_000_000
	db := filled(b, entries)
	store := db.Audit()
	page := func(name string, q audit.Query, want int) {
		b.Run(name, func(b *testing.B) {
			q.Limit, q.Budget = 100, 20*time.Millisecond
			var longest time.Duration
			for b.Loop() {
				start := time.Now()
				found, err := store.Find(b.Context(), q)
				longest = max(longest, time.Since(start))
				if err != nil || found.Total != entries || len(found.Records) < want {
					b.Fatalf("%d of %d, %v", len(found.Records), found.Total, err)
				}
			}
			b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
		})
	}
	page("first", audit.Query{}, 100)
	page("deep", audit.Query{Before: entries / 20}, 100)
	page("actor", audit.Query{Filter: audit.Filter{Actor: "user3"}}, 100)
	page("rare actor", audit.Query{Filter: audit.Filter{Actor: "rare"}}, 100)
	page("rare actor, deep", audit.Query{Filter: audit.Filter{Actor: "rare"}, Before: entries / 2}, 100)
	page("area", audit.Query{Filter: audit.Filter{Action: "area3."}}, 100)
	page("refused", audit.Query{Filter: audit.Filter{Result: "refused"}}, 100)
	page("errors of one user", audit.Query{Filter: audit.Filter{Type: "Error", Actor: "user3"}}, 100)
	page("object", audit.Query{Filter: audit.Filter{Object: "flow f5"}}, 100)
	page("time", audit.Query{Filter: audit.Filter{To: time.Now().Add(-2 * time.Second)}}, 0)
	page("text", audit.Query{Filter: audit.Filter{Text: "changed"}}, 100)
	page("text that is rare", audit.Query{Filter: audit.Filter{Text: "no such text"}}, 0)
	page("two that never meet", audit.Query{Filter: audit.Filter{Actor: "rare", Object: "flow f5"}}, 0)
	b.Run("contract page 9000", func(b *testing.B) {
		for b.Loop() {
			list, total, err := store.Page(b.Context(), 899_900, 100)
			if err != nil || total != entries || len(list) != 100 {
				b.Fatalf("%d of %d, %v", len(list), total, err)
			}
		}
	})
	b.Run("text that is rare, all of it", func(b *testing.B) {
		for b.Loop() {
			if _, err := store.Find(context.Background(), audit.Query{Filter: audit.Filter{Text: "no such text"}, Limit: 100}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if v, err := store.Verify(b.Context()); err != nil || !v.Sound() || v.Entries != entries {
				b.Fatalf("%+v, %v", v, err)
			}
		}
	})
}
