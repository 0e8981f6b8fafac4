package storage

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

func TestPragmas(t *testing.T) {
	db := openTest(t)
	want := map[string]string{
		"busy_timeout": "5000", "journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "trusted_schema": "0",
		"cell_size_check": "1", "mmap_size": "0", "journal_size_limit": "67108864",
	}
	for _, pool := range []struct {
		name string
		*sql.DB
		queryOnly string
	}{{"writer", db.writer, "0"}, {"reader", db.reads.DB, "1"}} {
		want["query_only"] = pool.queryOnly
		for pragma, value := range want {
			var got string
			if err := pool.QueryRow(`PRAGMA ` + pragma).Scan(&got); err != nil || got != value {
				t.Errorf("%s: %s is %s (%v), want %s", pool.name, pragma, got, err, value)
			}
		}
	}
	if _, err := db.reads.Exec(`CREATE TABLE x (y)`); err == nil {
		t.Error("a reader wrote")
	}
}

func TestOlder(t *testing.T) {
	for _, tt := range []struct {
		version string
		want    bool
	}{
		{"3.51.2", true}, {"3.51.3", false}, {"3.51.10", false}, {"3.9.99", true}, {"4.0.0", false}, {"3.52.0", false}, {"", true},
	} {
		if got := older(tt.version, oldestSQLite); got != tt.want {
			t.Errorf("older(%q) = %v", tt.version, got)
		}
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("has no such permissions")
	}
	path := filepath.Join(t.TempDir(), "a folder?with #odd %41 signs", "ecoflow.db")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	db := reopen(t, path)
	table(t, db)
	for _, end := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + end)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", info.Name(), info.Mode().Perm())
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	reopen(t, path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestInstanceStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ecoflow.db")
	first := reopen(t, path)
	id := first.Instance()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if got := reopen(t, path).Instance(); got != id || id == "" {
		t.Errorf("instance %q became %q", id, got)
	}
}

// A start and a stop without a change leave the file as it was.
func TestStartingWritesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ecoflow.db")
	if err := reopen(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	before := hash(t, path)
	if err := reopen(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if hash(t, path) != before {
		t.Error("the file changed")
	}
}

func hash(t *testing.T, path string) [32]byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

func TestNewerDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ecoflow.db")
	db := reopen(t, path)
	run(t, db.writer, fmt.Sprintf(`PRAGMA user_version = %d`, newestSchema()+7))
	run(t, db.writer, `UPDATE instance SET version = '9.8.7'`)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := hash(t, path)
	_, err := Open(t.Context(), testOptions(t, path))
	var newer *NewerError
	if !errors.As(err, &newer) {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{"9.8.7", "1.0.0", fmt.Sprint(newestSchema()), fmt.Sprint(newestSchema() + 7)} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %s", err, part)
		}
	}
	if hash(t, path) != before {
		t.Error("the file changed")
	}
}

func TestMigrationKeepsCopies(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ecoflow.db")
	present := migrations
	t.Cleanup(func() { migrations = present })

	db := reopen(t, path)
	table(t, db)
	if err := insert(t.Context(), db, "one"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range copiesKept + 2 {
		migrations = append(migrations[:len(migrations):len(migrations)],
			migration{newestSchema() + 1, "later", fmt.Sprintf(`CREATE TABLE later%d (x ANY) STRICT`, i)})
		if err := reopen(t, path).Close(); err != nil {
			t.Fatal(err)
		}
	}
	copies, err := filepath.Glob(filepath.Join(dir, "backups", "*"))
	if err != nil || len(copies) != copiesKept {
		t.Fatalf("copies %v, %v", copies, err)
	}
	// Each is a database of its own, of the schema before.
	last := copies[len(copies)-1]
	if info, err := os.Stat(last); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	kept, err := sql.Open("sqlite", dsn(last, "mode=ro"))
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	var schema int
	var name string
	if err := kept.QueryRow(`SELECT user_version, name FROM pragma_user_version, play`).Scan(&schema, &name); err != nil {
		t.Fatal(err)
	}
	if schema != newestSchema()-1 || name != "one" {
		t.Errorf("the copy has schema %d and %q", schema, name)
	}

	// One that fails leaves the schema as it was.
	migrations = append(migrations, migration{newestSchema() + 1, "broken", `CREATE TABLE half (x ANY) STRICT; CREATE TABLE later0 (x ANY) STRICT`})
	if _, err := Open(t.Context(), testOptions(t, path)); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Fatalf("got %v", err)
	}
	migrations = migrations[:len(migrations)-1]
	list, err := reopen(t, path).Schema(t.Context())
	if err != nil || strings.Contains(strings.Join(list, ""), "half") {
		t.Errorf("half a migration stayed: %v", err)
	}
}

func TestMigrationNames(t *testing.T) {
	for i, m := range migrations {
		if m.number != i+1 {
			t.Errorf("%s is number %d", m.name, i+1)
		}
	}
	for _, names := range [][]string{{"1_x.sql"}, {"x.sql"}, {"0001_x.sql", "0001_y.sql"}} {
		files := fstest.MapFS{}
		for _, name := range names {
			files["migrations/"+name] = &fstest.MapFile{Data: []byte(`SELECT 1`)}
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v was taken", names)
				}
			}()
			readMigrations(files)
		}()
	}
}

// unclean makes a database with n rows that looks as after a power cut: its log
// is beside it.
func unclean(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ecoflow.db")
	db := reopen(t, path)
	table(t, db)
	for i := range n {
		if err := insert(t.Context(), db, fmt.Sprintf("%05d%s", i, strings.Repeat("x", 500))); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+"-wal", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDamagedDatabase(t *testing.T) {
	sound := unclean(t, 100)
	original, err := os.ReadFile(sound)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		damage func(b []byte) []byte
	}{
		{"no database at all", func(b []byte) []byte { return bytes.Repeat([]byte("not a database. "), 1000) }},
		{"a header with garbage", func(b []byte) []byte { copy(b[16:], "\xff\xff\xff\xff"); return b }},
		{"a page of zeros", func(b []byte) []byte { clear(b[len(b)-8192:]); return b }},
		{"a page of garbage", func(b []byte) []byte {
			copy(b[len(b)-8192:], bytes.Repeat([]byte{0xa5}, 4096))
			return b
		}},
		{"half of it", func(b []byte) []byte { return b[:len(b)/2] }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ecoflow.db")
			damaged := tt.damage(bytes.Clone(original))
			for name, b := range map[string][]byte{path: damaged, path + "-wal": nil} {
				if err := os.WriteFile(name, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			db, err := Open(t.Context(), testOptions(t, path))
			if err == nil {
				db.Close()
				t.Fatal("it opened")
			}
			var damage *DamagedError
			if !errors.As(err, &damage) || damage.Path != path {
				t.Errorf("got %v", err)
			}
			if hash(t, path) != sha256.Sum256(damaged) {
				t.Error("the file changed")
			}
		})
	}
}

// Whatever bytes change, opening ends with a database or an error, never with a
// panic or a hang.
func TestRandomDamage(t *testing.T) {
	rounds := 20
	if os.Getenv(fullVariable) != "" {
		rounds = 200
	}
	original, err := os.ReadFile(unclean(t, 50))
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	for round := range rounds {
		b := bytes.Clone(original)
		if round%10 == 9 {
			b = b[:pick(len(b))]
		} else {
			for range 1 << pick(13) {
				b[pick(len(b))] ^= byte(1 + pick(255))
			}
		}
		path := filepath.Join(t.TempDir(), "ecoflow.db")
		for name, b := range map[string][]byte{path: b, path + "-wal": nil} {
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		o := testOptions(t, path)
		o.Log = slog.New(slog.DiscardHandler)
		if db, err := Open(t.Context(), o); err == nil {
			opened++
			db.Close()
		}
	}
	t.Logf("%d of %d opened", opened, rounds)
}

func TestUncleanStopIsChecked(t *testing.T) {
	path := unclean(t, 3)
	var log bytes.Buffer
	o := testOptions(t, path)
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	for _, want := range []bool{true, false} { // the second start follows a proper stop
		log.Reset()
		db, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "checked"); got != want {
			t.Errorf("checked: %v, want %v", got, want)
		}
	}
}

func TestFolderThatCannotBeUsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "ecoflow.db")
	if _, err := Open(t.Context(), testOptions(t, path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := Open(t.Context(), Options{Path: path}); err == nil {
		t.Error("opened without keys")
	}
}

// On a file system that cannot share memory one connection does everything.
func TestFolderThatCannotShareMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs the file systems that SQLite plays on Linux")
	}
	var log bytes.Buffer
	o := testOptions(t, filepath.Join(t.TempDir(), "ecoflow.db"))
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	if err := reopen(t, o.Path).Close(); err != nil { // it comes from one that can
		t.Fatal(err)
	}
	o.vfs = "unix-dotfile"
	for range 2 {
		db, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		for pragma, want := range map[string]string{"journal_mode": "delete", "synchronous": "3", "locking_mode": "exclusive", "foreign_keys": "1"} {
			if got, _, err := one(t.Context(), db.reads, column[string], `PRAGMA `+pragma); err != nil || got != want {
				t.Errorf("%s is %s (%v), want %s", pragma, got, err, want)
			}
		}
		if _, found, err := one(t.Context(), db.reads, column[int], `SELECT 1 FROM sqlite_schema WHERE name = 'play'`); err != nil {
			t.Fatal(err)
		} else if !found {
			table(t, db)
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if err := writeTwice(t.Context(), db, rand.Text()); err != nil {
					t.Error(err)
				}
				if _, err := db.Audit().Verify(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		copied := filepath.Join(t.TempDir(), "copy")
		if err := db.Snapshot(t.Context(), copied); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		checkCopy(t, copied)
	}
	db := reopen(t, o.Path) // back on one that can
	if n, _, err := one(t.Context(), db.reads, column[int], `SELECT count(*) FROM play`); n != 32 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if !strings.Contains(log.String(), "cannot share memory") {
		t.Error("nobody was told")
	}
}

func TestSnapshotWhileWriting(t *testing.T) {
	db := openTest(t)
	table(t, db)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			if err := writeTwice(t.Context(), db, fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		}
	}()
	dir := t.TempDir()
	for i := range 5 {
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := db.Snapshot(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		checkCopy(t, path)
	}
	<-done
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 5 {
		t.Errorf("%d files, %v", len(left), err)
	}
}

// checkCopy finds whole writes only in a copy.
func checkCopy(t *testing.T, path string) {
	t.Helper()
	db := reopen(t, path)
	odd, err := all(t.Context(), db.reads, column[int], `SELECT count(*) FROM play GROUP BY substr(name, 1, length(name) - 1) HAVING count(*) <> 2`)
	if err != nil || len(odd) != 0 {
		t.Errorf("%d half writes, %v", len(odd), err)
	}
	if v, err := db.Audit().Verify(t.Context()); err != nil || !v.Sound() {
		t.Errorf("audit chain of the copy: %+v, %v", v, err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
