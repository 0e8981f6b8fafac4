package storage

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/editor"
	"ecoflow/app/fault"
	"ecoflow/app/recovery"
)

// lettered makes a database with something in most tables, and closes it.
func lettered(t *testing.T, entries int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ecoflow.db")
	db := reopen(t, path)
	accounts := db.Accounts()
	must(t, accounts.AddFirstUser(t.Context(), auth.User{Username: "ada", Name: "Ada", Email: "ada@example.com", Hash: "h", Active: true}, auth.Role{Name: "Administrator", Default: true}, nil))
	for i := range 20 {
		content := fmt.Appendf(nil, `{"n": %d, "text": %q}`, i, strings.Repeat("flow ", 100))
		_, err := db.Flows().SaveDrafts(t.Context(), []editor.Save{{Name: fmt.Sprintf("flow %d", i), Content: content, By: "ada", At: time.Now()}})
		must(t, err)
	}
	for i := range entries {
		must(t, db.Audit().Append(t.Context(), &audit.Entry{Action: "play", Message: fmt.Sprintf("%04d%s", i, strings.Repeat("x", 300))}))
	}
	must(t, db.Close())
	return path
}

// broken returns the file as recovery gets it, after the next start found it damaged.
func broken(t *testing.T, path string) *Broken {
	t.Helper()
	must(t, os.WriteFile(path+suspectName, nil, 0o600))
	db, err := Open(t.Context(), testOptions(t, path))
	if err == nil {
		db.Close()
		t.Fatal("the damage is not found")
	}
	b, ok := BrokenFile(path, "1.0.0", slog.New(slog.DiscardHandler), err)
	if !ok || b.Found().Problem != recovery.Damaged || b.Found().Detail == "" || b.Found().Size == 0 || b.Found().Modified.IsZero() {
		t.Fatalf("%v: %+v", err, b)
	}
	return b
}

func rowsOf(r recovery.Salvaged, name string) recovery.Table {
	for _, t := range r.Tables {
		if t.Name == name {
			return t
		}
	}
	return recovery.Table{}
}

// R18: of a damaged database everything else is saved, what is lost is said, and the
// damaged file stays as it is.
func TestSalvage(t *testing.T) {
	path := lettered(t, 400)
	damagePages(t, path, "0200xxxxxxxx")
	before, err := os.ReadFile(path)
	must(t, err)
	b := broken(t, path)
	var told []string
	result, err := b.Salvage(t.Context(), func(table recovery.Table) { told = append(told, table.Name) })
	must(t, err)
	audited := rowsOf(result, "audit")
	if audited.Rows < 380 || audited.Rows >= 400 || audited.Problem == "" || result.Whole {
		t.Errorf("of the audit log: %+v", audited)
	}
	for name, want := range map[string]int{"users": 1, "roles": 1, "user_roles": 1, "flows": 20, "flow_contents": 20, "instance": 1} {
		if got := rowsOf(result, name); got.Rows != want || got.Problem != "" || got.Dropped != 0 {
			t.Errorf("of %s: %+v, want %d rows", name, got, want)
		}
	}
	if len(told) != len(result.Tables) {
		t.Errorf("told of %v", told)
	}
	if hash(t, path) != sha256.Sum256(before) {
		t.Error("salvaging changed the damaged file")
	}
	must(t, os.WriteFile(path+"-wal", []byte("whatever was there"), 0o600))
	name, kind, write, err := b.Download()
	must(t, err)
	var down bytes.Buffer
	must(t, write(&down))
	archive, err := zip.NewReader(bytes.NewReader(down.Bytes()), int64(down.Len()))
	must(t, err)
	if name != "ecoflow.db.zip" || kind != "application/zip" || len(archive.File) != 2 {
		t.Errorf("the download: %s %s", name, kind)
	}
	part, err := archive.Open("ecoflow.db")
	must(t, err)
	if got, err := io.ReadAll(part); err != nil || !bytes.Equal(got, before) {
		t.Errorf("the downloaded file is another one: %v", err)
	}

	aside, err := b.Adopt()
	must(t, err)
	if hash(t, filepath.Join(filepath.Dir(path), aside)) != sha256.Sum256(before) || !strings.HasPrefix(aside, "ecoflow.db.damaged-20") {
		t.Errorf("the damaged file is not kept as it was: %s", aside)
	}
	if left, err := os.ReadFile(filepath.Join(filepath.Dir(path), aside) + "-wal"); err != nil || string(left) != "whatever was there" {
		t.Errorf("nor is its log: %v", err)
	}
	db := reopen(t, path)
	if drafts, err := db.Flows().Drafts(t.Context()); err != nil || len(drafts) != 20 {
		t.Errorf("%d drafts, %v", len(drafts), err)
	}
	if _, err := db.Accounts().UserByName(t.Context(), "ada"); err != nil {
		t.Error(err)
	}
	if v, err := db.Audit().Verify(t.Context()); err != nil || v.Sound() {
		t.Errorf("the audit log hides its gap: %+v, %v", v, err)
	}
}

// What carries a hash and does not fit it is not taken along.
func TestSalvageDropsWhatDoesNotFit(t *testing.T) {
	path := lettered(t, 300)
	db := reopen(t, path)
	run(t, db.writer, `UPDATE flow_contents SET data = x'00' WHERE hash = (SELECT content FROM flows WHERE name = 'flow 3')`)
	run(t, db.writer, `PRAGMA foreign_keys = OFF`)
	run(t, db.writer, `INSERT INTO user_roles (user_id, role_id) VALUES (77, 1)`)
	must(t, db.Close())
	damagePages(t, path, "0200xxxxxxxx")
	b := broken(t, path)
	result, err := b.Salvage(t.Context(), func(recovery.Table) {})
	must(t, err)
	for name, want := range map[string]recovery.Table{
		"flow_contents": {Name: "flow_contents", Rows: 19, Dropped: 1},
		"flows":         {Name: "flows", Rows: 19, Dropped: 1},
		"user_roles":    {Name: "user_roles", Rows: 1, Dropped: 1},
	} {
		if got := rowsOf(result, name); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	_, err = b.Adopt()
	must(t, err)
	db = reopen(t, path)
	if drafts, err := db.Flows().Drafts(t.Context()); err != nil || len(drafts) != 19 {
		t.Errorf("%d drafts, %v", len(drafts), err)
	}
}

// Damage can hit the schema so that SQLite still reads it: a start, or the first
// statement that does not run, takes it for the damage it is, and nothing is lost.
func TestSalvageOfAChangedSchema(t *testing.T) {
	for name, test := range map[string]struct {
		column, damaged string
		starts          bool // the damage is where no start looks
	}{
		"at the start": {column: "version TEXT NOT NULL\n", damaged: "vershon TEXT NOT NULL\n"},
		"in use":       {column: "must_change", damaged: "mvst_change", starts: true},
	} {
		t.Run(name, func(t *testing.T) {
			path := lettered(t, 10)
			content, err := os.ReadFile(path)
			must(t, err)
			if !bytes.Contains(content, []byte(test.column)) {
				t.Fatal("the column is not in the file")
			}
			must(t, os.WriteFile(path, bytes.ReplaceAll(content, []byte(test.column), []byte(test.damaged)), 0o600))
			o := testOptions(t, path)
			if test.starts {
				db := reopen(t, path)
				_, err := db.Accounts().UserByName(t.Context(), "ada")
				if f, ok := fault.As(err); !ok || f.Code != "database_damaged" {
					t.Errorf("a statement that does not run: %v", err)
				}
				if err := db.Audit().Append(t.Context(), &audit.Entry{Action: "play"}); !fault.Is(err, fault.Unavailable) {
					t.Errorf("a write after that: %v", err)
				}
				must(t, db.Close())
			}
			db, err := Open(t.Context(), o)
			if err == nil {
				db.Close()
				t.Fatal("the damage is not found")
			}
			b, ok := BrokenFile(path, "1.0.0", o.Log, err)
			if !ok || b.Found().Problem != recovery.Damaged {
				t.Fatalf("no recovery for %v", err)
			}
			result, err := b.Salvage(t.Context(), func(recovery.Table) {})
			must(t, err)
			if !result.Whole {
				t.Errorf("not all was salvaged: %+v", result)
			}
			_, err = b.Adopt()
			must(t, err)
			db = reopen(t, path)
			if u, err := db.Accounts().UserByName(t.Context(), "ada"); err != nil || u.Email != "ada@example.com" {
				t.Errorf("%+v, %v", u, err)
			}
			if drafts, err := db.Flows().Drafts(t.Context()); err != nil || len(drafts) != 20 {
				t.Errorf("%d drafts, %v", len(drafts), err)
			}
		})
	}
}

// Of a file that was cut off, what is left of it is salvaged.
func TestSalvageOfAShortFile(t *testing.T) {
	path := lettered(t, 300)
	content, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, content[:len(content)*3/4+100], 0o600))
	b := broken(t, path)
	result, err := b.Salvage(t.Context(), func(recovery.Table) {})
	must(t, err)
	if result.Whole || rowsOf(result, "users").Rows != 1 || rowsOf(result, "audit").Rows == 0 || rowsOf(result, "audit").Rows >= 300 {
		t.Errorf("%+v", result)
	}
	_, err = b.Adopt()
	must(t, err)
	if u, err := reopen(t, path).Accounts().UserByName(t.Context(), "ada"); err != nil || u.Email != "ada@example.com" {
		t.Errorf("%+v, %v", u, err)
	}
}

// Whichever byte of the header is another one, a start works or leads to recovery.
func TestSalvageOfAHeader(t *testing.T) {
	original, err := os.ReadFile(lettered(t, 10))
	must(t, err)
	path := filepath.Join(t.TempDir(), "ecoflow.db")
	o := testOptions(t, path)
	for at := range 100 { // bytes of the header
		for _, change := range []byte{0x01, 0x10, 0xff} {
			b := bytes.Clone(original)
			b[at] ^= change
			must(t, os.WriteFile(path, b, 0o600))
			must(t, os.WriteFile(path+"-wal", nil, 0o600))
			db, err := Open(t.Context(), o)
			if err == nil {
				must(t, db.Close())
			} else if _, ok := BrokenFile(path, "1.0.0", o.Log, err); !ok {
				t.Errorf("byte %d changed by %x: no recovery for %v", at, change, err)
			}
		}
	}
}

// R18: whatever happened to the file, salvaging ends, and the next start works.
func TestSalvageOfAnything(t *testing.T) {
	rounds := 20
	if os.Getenv(fullVariable) != "" {
		rounds = 200
	}
	original, err := os.ReadFile(lettered(t, 100))
	must(t, err)
	wal, err := os.ReadFile(withLog(t) + "-wal")
	must(t, err)
	salvaged := 0
	for round := range rounds {
		b := bytes.Clone(original)
		var log []byte
		switch round % 10 {
		case 8: // the log of another database
			log = wal
			fallthrough
		default:
			for range 1 << pick(13) {
				b[pick(len(b))] ^= byte(1 + pick(255))
			}
		case 9:
			b = b[:pick(len(b))]
		}
		path := filepath.Join(t.TempDir(), "ecoflow.db")
		must(t, os.WriteFile(path, b, 0o600))
		must(t, os.WriteFile(path+"-wal", log, 0o600))
		o := testOptions(t, path)
		db, err := Open(t.Context(), o)
		if err == nil {
			db.Close()
			continue
		}
		file, ok := BrokenFile(path, "1.0.0", o.Log, err)
		if !ok {
			t.Errorf("round %d: no recovery for %v", round, err)
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		_, err = file.Salvage(ctx, func(recovery.Table) {})
		cancel()
		if err != nil {
			t.Errorf("round %d: %v", round, err)
			continue
		}
		if file.Found().Problem != recovery.Damaged {
			continue // a version that damage made up
		}
		if _, err := file.Adopt(); err != nil {
			t.Errorf("round %d: %v", round, err)
			continue
		}
		db, err = Open(t.Context(), o)
		if err != nil {
			t.Errorf("round %d: starting with the copy: %v", round, err)
			continue
		}
		must(t, db.Close())
		salvaged++
	}
	t.Logf("%d of %d salvaged", salvaged, rounds)
	if salvaged == 0 {
		t.Error("nothing was ever salvaged, so this proves nothing")
	}
}

// withLog returns a database that is in use.
func withLog(t *testing.T) string {
	t.Helper()
	db := openTest(t)
	table(t, db)
	must(t, insert(t.Context(), db, "x"))
	return db.path
}
