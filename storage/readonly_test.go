package storage

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

// R17: a folder that cannot be written is read, whatever state it was left in, and
// sessions work: in memory alone.
func TestFolderThatCannotBeWritten(t *testing.T) {
	for name, leave := range map[string]func(t *testing.T, db *DB, dir string) string{
		"closed":    func(t *testing.T, db *DB, dir string) string { must(t, db.Close()); return dir },
		"in use":    func(t *testing.T, db *DB, dir string) string { return dir },
		"power cut": func(t *testing.T, db *DB, dir string) string { return withoutIndex(t, dir) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			db := reopen(t, filepath.Join(dir, "ecoflow.db"))
			table(t, db)
			must(t, insert(t.Context(), db, "one"))
			id := db.Instance()
			dir = leave(t, db, dir)
			mounted := readOnlyMount(t, dir)
			before := map[string][32]byte{}
			entries, err := os.ReadDir(dir)
			must(t, err)
			for _, e := range entries {
				if e.Name() != "ecoflow.db-shm" { // those who read note it there
					before[e.Name()] = hash(t, filepath.Join(dir, e.Name()))
				}
			}

			o := testOptions(t, filepath.Join(mounted, "ecoflow.db"))
			o.ReadOnly = true
			db, err = Open(t.Context(), o)
			must(t, err)
			t.Cleanup(func() { db.Close() })
			if db.Instance() != id {
				t.Error("it is another instance")
			}
			if n, _, err := one(t.Context(), db.reads, column[int], `SELECT count(*) FROM play`); n != 1 || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
			if f, ok := fault.As(db.Healthy()); !ok || f.Code != "read_only" {
				t.Errorf("healthy: %v", db.Healthy())
			}
			err = insert(t.Context(), db, "two")
			if f, ok := fault.As(err); !ok || f.Kind != fault.Unavailable || f.Code != "read_only" {
				t.Errorf("a write: %v", err)
			}
			entry := &audit.Entry{Action: "session.signIn"}
			ctx := audit.WithEntry(context.Background(), entry)
			now := time.Now()
			session := auth.Session{
				ID: []byte("id"), Access: []byte("access"), Public: "public", Process: "p",
				AccessExpires: now.Add(time.Hour), Created: now, Seen: now, Expires: now.Add(time.Hour),
			}
			must(t, db.Accounts().AddSession(ctx, session, "", 10))
			if audit.EntryFrom(ctx) != nil {
				t.Error("the entry would be stored once more, which cannot be")
			}
			must(t, db.Accounts().TouchSession(t.Context(), "public", now.Add(time.Minute)))
			if s, err := db.Accounts().Session(t.Context(), auth.SessionKey{Public: "public"}); err != nil || s.Process != "p" {
				t.Errorf("the session: %+v, %v", s, err)
			}
			must(t, db.Accounts().SaveAttempts(t.Context(), "user:ada", "::1", auth.Attempts{Failures: 1}, auth.Attempts{Failures: 1}, now))
			if v, err := db.Audit().Verify(t.Context()); err != nil || !v.Sound() {
				t.Errorf("audit chain: %+v, %v", v, err)
			}
			must(t, db.Close())
			for name, sum := range before {
				if hash(t, filepath.Join(dir, name)) != sum {
					t.Errorf("%s changed", name)
				}
			}
		})
	}
}

// withoutIndex copies a database that is in use as a power cut leaves it, without
// the index of its log.
func withoutIndex(t *testing.T, dir string) string {
	t.Helper()
	copied := t.TempDir()
	for _, name := range []string{"ecoflow.db", "ecoflow.db-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(copied, name), b, 0o600))
	}
	return copied
}

// readOnlyMount shows a folder at another place, where it cannot be written.
func readOnlyMount(t *testing.T, dir string) string {
	t.Helper()
	at := t.TempDir()
	if out, err := exec.Command("mount", "--bind", dir, at).CombinedOutput(); err != nil {
		t.Skipf("nothing can be mounted here: %s", out)
	}
	t.Cleanup(func() { shell(t, "umount", "-l", at) })
	shell(t, "mount", "-o", "remount,bind,ro", at)
	return at
}

// R17: while another program holds the database, a write waits 5 s and says then
// that it may be tried again; reads go on, and so do writes afterwards.
func TestForeignLock(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as a lock is waited for")
	}
	db := openTest(t)
	table(t, db)
	must(t, insert(t.Context(), db, "before"))
	other, err := sql.Open("sqlite", dsn(db.path, "_txlock=immediate"))
	must(t, err)
	defer other.Close()
	tx, err := other.Begin()
	must(t, err)

	start := time.Now()
	err = insert(t.Context(), db, "during")
	took := time.Since(start)
	if f, ok := fault.As(err); !ok || f.Kind != fault.Unavailable || f.Code != "database_busy" || f.RetryAfter == 0 {
		t.Errorf("got %v", err)
	}
	if took < lockWait-time.Second || took > 2*lockWait {
		t.Errorf("it waited %v", took)
	}
	if n, _, err := one(t.Context(), db.reads, column[int], `SELECT count(*) FROM play`); n != 1 || err != nil {
		t.Errorf("reading meanwhile: %d rows, %v", n, err)
	}
	if err := db.Healthy(); err != nil {
		t.Errorf("it gave up: %v", err)
	}
	must(t, tx.Rollback())
	must(t, insert(t.Context(), db, "after"))
}
