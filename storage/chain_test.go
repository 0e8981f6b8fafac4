package storage

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"ecoflow/app/audit"
	"ecoflow/app/secret"
)

const chained = 40 // entries in the log that is tampered with

// chainedLog makes a database with entries and returns its path.
func chainedLog(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ecoflow.db")
	db := reopen(t, path)
	for i := range chained {
		err := db.Audit().Append(t.Context(), &audit.Entry{Action: "play", Object: fmt.Sprint(i), Before: i, After: i + 1, Result: audit.Refused})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// tamper does what somebody with the file and without the key can do.
func tamper(t *testing.T, path string, query string, args ...any) {
	t.Helper()
	pool, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	res, err := pool.Exec(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s changed nothing", query)
	}
}

func verify(t *testing.T, path string) audit.Verdict {
	t.Helper()
	db := reopen(t, path)
	v, err := db.Audit().Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTampering(t *testing.T) {
	sound := chainedLog(t)
	if v := verify(t, sound); !v.Sound() || v.Entries != chained {
		t.Fatalf("untouched: %+v", v)
	}
	changes := []string{
		`UPDATE audit SET time = time + 1 WHERE id = %d`,
		`UPDATE audit SET actor = actor || 'x' WHERE id = %d`,
		`UPDATE audit SET address = '::1' WHERE id = %d`,
		`UPDATE audit SET action = 'other' WHERE id = %d`,
		`UPDATE audit SET object = object || 'x' WHERE id = %d`,
		`UPDATE audit SET message = 'x' WHERE id = %d`,
		`UPDATE audit SET type = 'Error' WHERE id = %d`,
		`UPDATE audit SET result = 'done' WHERE id = %d`,
		`UPDATE audit SET before = NULL WHERE id = %d`,
		`UPDATE audit SET after = '7777' WHERE id = %d`,
		`UPDATE audit SET request_id = 'x' WHERE id = %d`,
		`UPDATE audit SET mac = zeroblob(32) WHERE id = %d`,
		`UPDATE audit SET before = after, after = before WHERE id = %d`,
		`DELETE FROM audit WHERE id = %d`,
	}
	rounds := 25
	kinds := map[string]func(dir string){
		"change": func(path string) { tamper(t, path, fmt.Sprintf(changes[pick(len(changes))], 1+pick(chained))) },
		"deletion": func(path string) {
			from := 1 + pick(chained)
			tamper(t, path, `DELETE FROM audit WHERE id BETWEEN ? AND ?`, from, from+pick(5))
		},
		"order": func(path string) {
			a := 1 + pick(chained)
			b := 1 + (a+pick(chained-1))%chained
			tamper(t, path, `UPDATE audit SET id = -id WHERE id IN (?, ?)`, a, b)
			tamper(t, path, `UPDATE audit SET id = CASE id WHEN -?1 THEN ?2 ELSE ?1 END WHERE id < 0`, a, b)
		},
		"truncation": func(path string) {
			last := pick(chained)
			tamper(t, path, `DELETE FROM audit WHERE id > ?`, last)
			if pick(2) == 0 { // with the recorded end, as far as it goes without the key
				tamper(t, path, `UPDATE audit_head SET last = ?, mac = coalesce((SELECT mac FROM audit WHERE id = ?), x'')`, last, last)
			}
		},
	}
	for kind, change := range kinds {
		t.Run(kind, func(t *testing.T) {
			for range rounds {
				path := copyOf(t, sound)
				change(path)
				// The start after it must not mend what it finds.
				if v := verify(t, path); v.Sound() {
					t.Errorf("not detected")
				}
				db := reopen(t, path)
				if err := db.Audit().Append(t.Context(), &audit.Entry{Action: "later"}); err != nil {
					t.Error(err)
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
				if v := verify(t, path); v.Sound() {
					t.Errorf("not detected any more after another entry")
				}
			}
		})
	}
}

// copyOf copies a closed database.
func copyOf(t *testing.T, path string) string {
	t.Helper()
	db := reopen(t, path)
	to := filepath.Join(t.TempDir(), "ecoflow.db")
	if err := db.Snapshot(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestEverythingTakenAway(t *testing.T) {
	path := chainedLog(t)
	for _, table := range []string{"audit", "audit_head", "audit_keys"} {
		tamper(t, path, `DELETE FROM `+table)
	}
	if v := verify(t, path); v.Sound() {
		t.Error("not detected")
	}
}

func TestLostKeyIsNoTampering(t *testing.T) {
	path := chainedLog(t)
	o := testOptions(t, path)
	var err error
	if o.Keys, err = secret.NewKeyring([]byte(strings.Repeat("z", 32))); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Audit().Append(t.Context(), &audit.Entry{Action: "later"}); err != nil {
		t.Fatal(err)
	}
	v, err := db.Audit().Verify(t.Context())
	if err != nil || !v.Sound() || v.Entries != chained+1 || v.Unknown != chained {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestLargeStateIsLeftOut(t *testing.T) {
	db := openTest(t)
	if err := db.Audit().Append(t.Context(), &audit.Entry{Action: "x", After: strings.Repeat("y", stateBytes)}); err != nil {
		t.Fatal(err)
	}
	list, _, err := db.Audit().Page(t.Context(), 0, 1)
	if err != nil || string(list[0].After) != `{"omitted":true,"bytes":16386}` {
		t.Errorf("%s, %v", list[0].After, err)
	}
}

func TestAuditPages(t *testing.T) {
	db := reopen(t, chainedLog(t))
	list, total, err := db.Audit().Page(t.Context(), 5, 10)
	if err != nil || total != chained || len(list) != 10 || list[0].ID != chained-5 || list[9].ID != chained-14 {
		t.Errorf("%d of %d, %v", len(list), total, err)
	}
	list, _, err = db.Audit().Page(t.Context(), chained, 10)
	if err != nil || len(list) != 0 {
		t.Errorf("%d beyond the end, %v", len(list), err)
	}
}
