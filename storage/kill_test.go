package storage

import (
	"bufio"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/secret"
)

// childVariable makes the test binary a process that writes into the database
// at this path until somebody kills it.
const childVariable = "ECOFLOW_STORAGE_CHILD"

// fullVariable asks for the numbers of a release instead of those of every run.
const fullVariable = "ECOFLOW_FULL"

// child writes with 8 writers and prints the name of each write once it was
// acknowledged, or why one failed. A write is two rows and an audit entry, so
// that half of one can be told.
func child() {
	keys, err := secret.NewKeyring(masterKey)
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	db, err := Open(ctx, Options{Path: os.Getenv(childVariable), Keys: keys, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		fmt.Println("open:", err)
		return
	}
	defer db.Close()
	var out sync.Mutex
	say := func(format string, args ...any) {
		out.Lock()
		defer out.Unlock()
		fmt.Printf(format+"\n", args...)
	}
	say("ready")
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for n := range 1_000_000 {
				name := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, n)
				if err := writeTwice(ctx, db, name); err != nil {
					say("failed %s: %v", name, err)
					return
				}
				say("kept %s", name)
			}
		})
	}
	writers.Wait()
}

func writeTwice(ctx context.Context, db *DB, name string) error {
	ctx = audit.WithEntry(ctx, &audit.Entry{Action: "play.write", Object: name})
	return db.change(ctx, func(tx *sql.Tx) error {
		for _, half := range []string{"a", "b"} {
			if _, err := tx.ExecContext(ctx, `INSERT INTO play (name) VALUES (?)`, name+half); err != nil {
				return err
			}
		}
		return nil
	})
}

// startChild starts a writing process over the database, through the wrapper
// command where one is given.
func startChild(t *testing.T, path string, wrapper ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	line := append(wrapper, os.Args[0], "-test.run=^$")
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = append(os.Environ(), childVariable+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// checkKept opens the database as a start does and compares it with what was
// acknowledged.
func checkKept(t *testing.T, path string, kept map[string]bool) {
	t.Helper()
	start := time.Now()
	db, err := Open(t.Context(), testOptions(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	took := time.Since(start)
	for _, check := range []string{"integrity_check", "foreign_key_check"} {
		found, err := all(t.Context(), db.reads, column[any], "PRAGMA "+check)
		if err != nil || len(found) > 1 || len(found) == 1 && found[0] != "ok" {
			t.Fatalf("%s: %v, %v", check, found, err)
		}
	}
	rows, err := all(t.Context(), db.reads, column[string], `SELECT name FROM play`)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, name := range rows {
		found[strings.TrimRight(name, "ab")]++
	}
	for name := range kept {
		if found[name] != 2 {
			t.Errorf("%s was acknowledged, and %d of its 2 rows are there", name, found[name])
		}
	}
	for name, halves := range found {
		if halves != 2 {
			t.Errorf("half of %s is there", name)
		}
	}
	entries, err := all(t.Context(), db.reads, column[string], `SELECT object FROM audit WHERE action = 'play.write'`)
	if err != nil || len(entries) != len(found) {
		t.Errorf("%d audit entries for %d writes, %v", len(entries), len(found), err)
	}
	if v, err := db.Audit().Verify(t.Context()); err != nil || !v.Sound() {
		t.Errorf("audit chain: %+v, %v", v, err)
	}
	t.Logf("%d acknowledged, %d there, open in %v", len(kept), len(found), took)
}

// pick returns a number from 0 to below n.
func pick(n int) int {
	i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err)
	}
	return int(i.Int64())
}

func playground(t *testing.T, path string) {
	t.Helper()
	db, err := Open(t.Context(), testOptions(t, path))
	if err != nil {
		t.Fatal(err)
	}
	table(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestKill(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("has no kill -9")
	}
	rounds := 20
	if os.Getenv(fullVariable) != "" {
		rounds = 200
	}
	path := filepath.Join(t.TempDir(), "ecoflow.db")
	playground(t, path)
	kept := map[string]bool{}
	for range rounds {
		cmd, lines := startChild(t, path)
		// The moment of the end is counted in writes, so that it falls anywhere
		// between two of them whatever the speed of the machine.
		until := 1 + pick(400)
		for seen := 0; lines.Scan(); {
			line := lines.Text()
			name, ok := strings.CutPrefix(line, "kept ")
			if !ok {
				if line != "ready" {
					t.Fatal(line)
				}
				continue
			}
			kept[name] = true
			if seen++; seen == until {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		cmd.Wait()
		checkKept(t, path, kept)
		if t.Failed() {
			return
		}
	}
	if len(kept) < rounds {
		t.Errorf("only %d writes were acknowledged", len(kept))
	}
}
