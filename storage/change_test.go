package storage

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"modernc.org/sqlite"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

// together hands the writes to the writer as one group, and returns their
// errors in the same order.
func together(t *testing.T, db *DB, writes ...func() error) []error {
	t.Helper()
	busy, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := db.change(t.Context(), func(*sql.Tx) error {
			close(busy)
			<-release
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	<-busy // the writer is held, so what comes now waits
	errs := make([]error, len(writes))
	for i, w := range writes {
		wg.Go(func() { errs[i] = w() })
		for len(db.queue) <= i && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
	}
	close(release)
	wg.Wait()
	return errs
}

func TestNeighboursInAGroup(t *testing.T) {
	broken := errors.New("no")
	tests := []struct {
		name  string
		fn    func(ctx context.Context, tx *sql.Tx) error
		want  string // in the error
		where fault.Kind
	}{
		{name: "an error", fn: func(context.Context, *sql.Tx) error { return broken }, want: "no"},
		{name: "a panic", fn: func(context.Context, *sql.Tx) error { panic("ouch") }, want: "panic in a write: ouch"},
		{
			name: "a constraint", want: "One is taken", where: fault.Conflict,
			fn: func(_ context.Context, tx *sql.Tx) error {
				_, err := tx.Exec(`INSERT INTO play (name) VALUES ('one')`)
				return taken(err, "One is taken.")
			},
		},
		{
			// What SQLite does by itself on a full disk or an interrupt.
			name: "the end of the transaction", want: "no",
			fn: func(_ context.Context, tx *sql.Tx) error {
				_, err := tx.Exec(`ROLLBACK`)
				return errors.Join(err, broken)
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db := openTest(t)
			table(t, db)
			if err := insert(t.Context(), db, "one"); err != nil {
				t.Fatal(err)
			}
			errs := together(t, db,
				func() error { return insert(t.Context(), db, "two") },
				func() error {
					return db.change(t.Context(), func(tx *sql.Tx) error {
						if _, err := tx.Exec(`INSERT INTO play (name) VALUES ('half')`); err != nil {
							return err
						}
						return tt.fn(t.Context(), tx)
					})
				},
				func() error { return insert(t.Context(), db, "three") },
			)
			if errs[0] != nil || errs[2] != nil {
				t.Errorf("neighbours failed: %v, %v", errs[0], errs[2])
			}
			if errs[1] == nil || !strings.Contains(errs[1].Error(), tt.want) {
				t.Errorf("got %v, want %q", errs[1], tt.want)
			}
			if tt.where != 0 && !fault.Is(errs[1], tt.where) {
				t.Errorf("%v is no fault of kind %d", errs[1], tt.where)
			}
			if got := names(t, db); got != "one three two" {
				t.Errorf("kept %q", got)
			}
		})
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	db := openTest(t)
	table(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	errs := together(t, db,
		func() error {
			err := insert(ctx, db, "never")
			gone <- err
			return err
		},
		func() error { // in the queue behind it, this ends the wait of the first
			return db.change(t.Context(), func(*sql.Tx) error { return nil })
		},
		func() error {
			cancel()
			<-gone // before the writer is let go
			return db.change(t.Context(), func(*sql.Tx) error { return nil })
		},
	)
	if !errors.Is(errs[0], context.Canceled) || errs[1] != nil || errs[2] != nil {
		t.Errorf("got %v", errs)
	}
	if got := names(t, db); got != "" {
		t.Errorf("kept %q", got)
	}
}

func TestAuditEntryRidesAlong(t *testing.T) {
	db := openTest(t)
	table(t, db)
	var heard []audit.Record
	db.Audit().Watch(func(r audit.Record) {
		heard = append(heard, r)
		panic("a listener that fails fails nobody else")
	})
	ctx := auth.WithActor(t.Context(), auth.Actor{UserID: "1", Username: "ann", Address: "10.0.0.9"})
	ctx = fault.WithRequest(ctx, "R1")

	entry := &audit.Entry{Action: "play.add", Message: "Added one", Object: "play one", After: map[string]any{"name": "one"}}
	with := audit.WithEntry(ctx, entry)
	if err := db.change(with, func(*sql.Tx) error { return errors.New("no") }); err == nil {
		t.Fatal("no error")
	}
	if audit.EntryFrom(with) == nil {
		t.Error("the entry counts as stored though the change failed")
	}
	if err := insert(with, db, "one"); err != nil {
		t.Fatal(err)
	}
	if audit.EntryFrom(with) != nil {
		t.Error("the entry does not count as stored")
	}
	if err := insert(with, db, "two"); err != nil { // a second write of the same request
		t.Fatal(err)
	}
	if len(heard) != 1 || heard[0].Object != "play one" {
		t.Errorf("heard %+v", heard)
	}
	list, total, err := db.Audit().Page(ctx, 0, 10)
	if err != nil || total != 1 {
		t.Fatalf("%d entries, %v", total, err)
	}
	r := list[0]
	got := fmt.Sprintf("%d %s %s %s|%s|%s %s %s %s %s", r.ID, r.Actor, r.Address, r.Action, r.Object, r.Message, r.Type, r.Result, r.After, r.RequestID)
	if want := `1 ann 10.0.0.9 play.add|play one|Added one Info done {"name":"one"} R1`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if since := time.Since(r.Time); since < 0 || since > time.Minute || r.Time.Location() != time.UTC {
		t.Errorf("time %v", r.Time)
	}
}

func TestChainSkipsWhatWasUndone(t *testing.T) {
	db := openTest(t)
	table(t, db)
	with := func(action string) context.Context {
		return audit.WithEntry(t.Context(), &audit.Entry{Action: action})
	}
	errs := together(t, db,
		func() error { return insert(with("one"), db, "one") },
		func() error { return insert(with("again"), db, "one") },
		func() error { return insert(with("two"), db, "two") },
		func() error { // the entry itself cannot be stored
			ctx := audit.WithEntry(t.Context(), &audit.Entry{Action: "bad", After: make(chan int)})
			return insert(ctx, db, "three")
		},
		func() error { return insert(with("four"), db, "four") },
	)
	for i, failed := range []bool{false, true, false, true, false} {
		if (errs[i] != nil) != failed {
			t.Errorf("write %d: %v", i, errs[i])
		}
	}
	if got := names(t, db); got != "four one two" {
		t.Errorf("kept %q", got)
	}
	v, err := db.Audit().Verify(t.Context())
	if err != nil || !v.Sound() || v.Entries != 3 {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestWhatSQLiteSays(t *testing.T) {
	tests := []struct {
		name   string
		spoil  func(t *testing.T, db *DB)
		kind   fault.Kind
		code   string
		repair func(t *testing.T, db *DB)
	}{
		{
			name: "locked by another program", kind: fault.Unavailable, code: "database_busy",
			spoil: func(t *testing.T, db *DB) {
				run(t, db.writer, `PRAGMA busy_timeout = 20`)
				other, err := sql.Open("sqlite", dsn(db.path, "_txlock=immediate"))
				if err != nil {
					t.Fatal(err)
				}
				tx, err := other.Begin()
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { tx.Rollback(); other.Close() })
			},
		},
		{
			name: "a folder that cannot be written", kind: fault.Unavailable, code: "read_only",
			spoil:  func(t *testing.T, db *DB) { run(t, db.writer, `PRAGMA query_only = ON`) },
			repair: func(t *testing.T, db *DB) { run(t, db.writer, `PRAGMA query_only = OFF`) },
		},
		{
			name: "a full disk", kind: fault.Full, code: "storage_full",
			spoil:  func(t *testing.T, db *DB) { run(t, db.writer, `PRAGMA max_page_count = 1`) },
			repair: func(t *testing.T, db *DB) { run(t, db.writer, `PRAGMA max_page_count = 1000000`) },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db := openTest(t)
			table(t, db)
			tt.spoil(t, db)
			err := insert(t.Context(), db, strings.Repeat("x", 20_000))
			f, ok := fault.As(err)
			if !ok || f.Kind != tt.kind || f.Code != tt.code {
				t.Fatalf("got %v, want kind %d, code %s", err, tt.kind, tt.code)
			}
			if db.Healthy() != nil {
				t.Error("the database gave up")
			}
			if tt.repair != nil {
				tt.repair(t, db)
				if err := insert(t.Context(), db, "after"); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func run(t *testing.T, pool *sql.DB, query string) {
	t.Helper()
	if _, err := pool.Exec(query); err != nil {
		t.Fatal(err)
	}
}

// A commit that fails leaves open what is on disk: nobody is told that it
// worked, and nothing more is written before a new start.
func TestFailedCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ecoflow.db")
	db := reopen(t, path)
	table(t, db)
	if err := insert(t.Context(), db, "before"); err != nil {
		t.Fatal(err)
	}
	conn, err := db.writer.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	commits := 0
	err = conn.Raw(func(c any) error {
		c.(sqlite.HookRegisterer).RegisterCommitHook(func() int32 {
			commits++
			return int32(min(commits-1, 1)) // all but the first, which holds the writer
		})
		return nil
	})
	if err := errors.Join(err, conn.Close()); err != nil {
		t.Fatal(err)
	}
	errs := together(t, db,
		func() error { return insert(t.Context(), db, "one") },
		func() error { return insert(t.Context(), db, "two") },
	)
	for _, err := range append(errs, insert(t.Context(), db, "three"), db.Healthy()) {
		if f, ok := fault.As(err); !ok || f.Kind != fault.Unavailable || f.Code != "write_failed" {
			t.Errorf("got %v", err)
		}
	}
	if got := names(t, db); got != "before" {
		t.Errorf("reads see %q", got)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = reopen(t, path)
	if err := insert(t.Context(), db, "after"); err != nil {
		t.Error(err)
	}
	if got := names(t, db); got != "after before" {
		t.Errorf("kept %q", got)
	}
}

func TestIdleFoldsTheLogBack(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(dir, "ecoflow.db")
		db, err := Open(t.Context(), testOptions(t, path))
		if err != nil {
			t.Fatal(err)
		}
		table(t, db)
		if err := insert(t.Context(), db, "one"); err != nil {
			t.Fatal(err)
		}
		size := func() int64 {
			info, err := os.Stat(path + "-wal")
			if err != nil {
				t.Fatal(err)
			}
			return info.Size()
		}
		if size() == 0 {
			t.Fatal("nothing is in the log")
		}
		time.Sleep(foldAfter + time.Second)
		synctest.Wait()
		if n := size(); n != 0 {
			t.Errorf("%d bytes are still in the log", n)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestLargeLogIsFoldedBack(t *testing.T) {
	db := openTest(t)
	table(t, db)
	for range 12 {
		if err := insert(t.Context(), db, rand.Text()+strings.Repeat("x", 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(db.path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 3*foldBytes {
		t.Errorf("the log has %d bytes", info.Size())
	}
}

func TestAfterClose(t *testing.T) {
	db := openTest(t)
	table(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := insert(t.Context(), db, "late"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(db.path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a log stayed: %v", err)
	}
}
