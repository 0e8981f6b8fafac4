package storage

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ecoflow/app/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		child()
		return
	}
	if os.Getenv(migratingVariable) != "" {
		migrating()
		return
	}
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// masterKey is the key of every test database.
var masterKey = bytes.Repeat([]byte{7}, 32)

func testOptions(t testing.TB, path string) Options {
	t.Helper()
	keys, err := secret.NewKeyring(masterKey)
	if err != nil {
		t.Fatal(err)
	}
	return Options{Path: path, Keys: keys, Log: slog.New(slog.DiscardHandler), Version: "1.0.0"}
}

// openTest opens a fresh database that is closed when the test ends.
func openTest(t testing.TB) *DB {
	t.Helper()
	return reopen(t, filepath.Join(t.TempDir(), "ecoflow.db"))
}

// reopen opens the database at path, which is closed when the test ends.
func reopen(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(t.Context(), testOptions(t, path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// table makes a table to play with.
func table(t testing.TB, db *DB) {
	t.Helper()
	err := db.change(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`CREATE TABLE play (name TEXT PRIMARY KEY, n INTEGER NOT NULL DEFAULT 0) STRICT`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func insert(ctx context.Context, db *DB, name string) error {
	return db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO play (name) VALUES (?)`, name)
		return taken(err, "%s is taken.", name)
	})
}

func names(t testing.TB, db *DB) string {
	t.Helper()
	list, err := all(t.Context(), db.reads, column[string], `SELECT name FROM play ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, " ")
}

func TestSchema(t *testing.T) {
	list, err := openTest(t).Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(list, ";\n\n") + ";\n"
	golden := filepath.Join("testdata", "schema.sql")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the schema is not that of %s; if it should be, run with -update:\n%s", golden, diff)
	}
}

func TestWritersAtOnce(t *testing.T) {
	db := openTest(t)
	table(t, db)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for range 20 {
				if err := insert(t.Context(), db, rand.Text()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	n, _, err := one(t.Context(), db.reads, column[int], `SELECT count(*) FROM play`)
	if err != nil || n != 640 {
		t.Fatalf("%d rows (%v), want 640", n, err)
	}
}
