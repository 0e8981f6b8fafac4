package storage

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"ecoflow/app/fault"
)

// R15: a folder that vanishes in the middle of writes, and comes back. Nothing is
// acknowledged that is not in the folder that came back, whatever open files would
// still take; it goes on by itself.
func TestFolderThatVanishesAndReturns(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file keeps its folder in place there")
	}
	vanish := map[string]func(t *testing.T, dir, away string){
		"moved": func(t *testing.T, dir, away string) { must(t, os.Rename(dir, away)) },
		"unmounted": func(t *testing.T, dir, away string) {
			shell(t, "umount", "-l", dir)
		},
		"copied": func(t *testing.T, dir, away string) { must(t, os.Rename(dir, away)) },
	}
	come := map[string]func(t *testing.T, dir, away string){
		"moved":     func(t *testing.T, dir, away string) { must(t, os.Rename(away, dir)) },
		"unmounted": func(t *testing.T, dir, away string) { shell(t, "mount", "--bind", away, dir) },
		"copied": func(t *testing.T, dir, away string) { // other files with the same content
			must(t, os.CopyFS(dir, os.DirFS(away)))
			must(t, os.RemoveAll(away))
		},
	}
	for _, how := range []string{"moved", "unmounted", "copied"} {
		t.Run(how, func(t *testing.T) {
			base := t.TempDir()
			dir, away := filepath.Join(base, "data"), filepath.Join(base, "away")
			must(t, os.Mkdir(dir, 0o700))
			if how == "unmounted" {
				must(t, os.Mkdir(away, 0o700))
				if out, err := exec.Command("mount", "--bind", away, dir).CombinedOutput(); err != nil {
					t.Skipf("nothing can be mounted here: %s", out)
				}
				t.Cleanup(func() { exec.Command("umount", "-l", dir).Run() }) //nolint:errcheck // it may be unmounted
			}
			o := testOptions(t, filepath.Join(dir, "ecoflow.db"))
			back := 0
			o.Back = func() error { back++; return nil }
			o.Lost = func(err error) { t.Errorf("it was given up: %v", err) }
			db, err := Open(t.Context(), o)
			must(t, err)
			t.Cleanup(func() { db.Close() })
			table(t, db)

			kept := map[string]bool{}
			rounds := 2
			if os.Getenv(fullVariable) != "" {
				rounds = 20
			}
			for round := range rounds {
				var mu sync.Mutex
				var wg sync.WaitGroup
				started := make(chan struct{}, 4)
				for w := range 4 {
					wg.Go(func() {
						for n := 0; ; n++ {
							name := fmt.Sprintf("%d-%d-%d", round, w, n)
							err := writeTwice(t.Context(), db, name)
							if err != nil {
								if f, ok := fault.As(err); !ok || f.Kind != fault.Unavailable || f.RetryAfter == 0 {
									t.Errorf("a write was answered with %v", err)
								}
								return
							}
							mu.Lock()
							kept[name] = true
							mu.Unlock()
							if n == 5 {
								started <- struct{}{}
							}
						}
					})
				}
				for range 4 {
					<-started
				}
				vanish[how](t, dir, away)
				wg.Wait()
				if _, _, err := one(t.Context(), db.reads, column[int], `SELECT count(*) FROM play`); !fault.Is(err, fault.Unavailable) {
					t.Errorf("reading what is gone: %v", err)
				}
				if f, ok := fault.As(db.Healthy()); !ok || f.Code != "storage_gone" {
					t.Errorf("healthy: %v", db.Healthy())
				}
				come[how](t, dir, away)
				name := fmt.Sprintf("%d-after", round)
				for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
					if err = writeTwice(t.Context(), db, name); err == nil || time.Now().After(deadline) {
						break
					}
				}
				must(t, err)
				kept[name] = true
			}
			if back != rounds {
				t.Errorf("it heard %d times of the return, want %d", back, rounds)
			}
			must(t, db.Close())
			db = reopen(t, o.Path)
			names, err := all(t.Context(), db.reads, column[string], `SELECT name FROM play`)
			must(t, err)
			there := map[string]bool{}
			for _, name := range names {
				there[name[:len(name)-1]] = true
			}
			for name := range kept {
				if !there[name] {
					t.Errorf("%s was acknowledged and is not there", name)
				}
			}
			found, _, err := one(t.Context(), db.reads, column[string], `PRAGMA integrity_check`)
			if err != nil || found != "ok" {
				t.Errorf("%s, %v", found, err)
			}
			if v, err := db.Audit().Verify(t.Context()); err != nil || !v.Sound() {
				t.Errorf("audit chain: %+v, %v", v, err)
			}
		})
	}
}

// Another database at the same place is not taken for the one that is gone.
func TestAnotherFolderInItsPlace(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file keeps its folder in place there")
	}
	base := t.TempDir()
	dir := filepath.Join(base, "data")
	other := filepath.Join(base, "other")
	must(t, os.Mkdir(dir, 0o700))
	must(t, os.Mkdir(other, 0o700))
	must(t, reopen(t, filepath.Join(other, "ecoflow.db")).Close())
	before := hash(t, filepath.Join(other, "ecoflow.db"))

	o := testOptions(t, filepath.Join(dir, "ecoflow.db"))
	lost := make(chan error, 2)
	o.Lost = func(err error) { lost <- err }
	db, err := Open(t.Context(), o)
	must(t, err)
	must(t, os.Rename(dir, filepath.Join(base, "away")))
	must(t, os.Rename(other, dir))
	if err := <-lost; !fault.Is(err, fault.Conflict) {
		t.Errorf("given up for %v", err)
	}
	if err := insert(t.Context(), db, "x"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a write into somebody else's database: %v", err)
	}
	must(t, db.Close())
	if hash(t, o.Path) != before {
		t.Error("somebody else's database changed")
	}
}

// R15: nothing in a folder says where it is.
func TestFolderMovedBetweenStarts(t *testing.T) {
	base := t.TempDir()
	first, second := filepath.Join(base, "first"), filepath.Join(base, "second place")
	must(t, os.Mkdir(first, 0o700))
	db := reopen(t, filepath.Join(first, "ecoflow.db"))
	table(t, db)
	must(t, insert(t.Context(), db, "one"))
	must(t, db.Close())
	content, err := os.ReadFile(filepath.Join(first, "ecoflow.db"))
	must(t, err)
	if bytes.Contains(content, []byte(base)) {
		t.Error("the database knows where it is")
	}
	must(t, os.Rename(first, second))
	db = reopen(t, filepath.Join(second, "ecoflow.db"))
	if n, _, err := one(t.Context(), db.reads, column[int], `SELECT count(*) FROM play`); n != 1 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

// Damage that shows while the database is in use stops writes, with the reason; what
// is whole can be read, and the next start checks it all.
func TestDamageWhileRunning(t *testing.T) {
	db := openTest(t)
	table(t, db)
	for i := range 400 {
		must(t, insert(t.Context(), db, fmt.Sprintf("%05d%0500d", i, i)))
	}
	must(t, db.Checkpoint(t.Context()))
	damagePages(t, db.path, "0000000000")
	must(t, db.Checkpoint(t.Context()))
	db.disconnect() // what was read before is forgotten

	_, err := all(t.Context(), db.reads, column[string], `SELECT name FROM play ORDER BY name DESC`)
	if f, ok := fault.As(err); !ok || f.Code != "database_damaged" {
		t.Fatalf("reading damage: %v", err)
	}
	if f, ok := fault.As(db.Healthy()); !ok || f.Code != "database_damaged" {
		t.Errorf("healthy: %v", db.Healthy())
	}
	err = db.change(t.Context(), nil)
	if f, ok := fault.As(err); !ok || f.Code != "database_damaged" {
		t.Errorf("writing after damage: %v", err)
	}
	if _, _, err := one(t.Context(), db.reads, column[string], `SELECT id FROM instance`); err != nil {
		t.Errorf("what is whole cannot be read: %v", err)
	}
	must(t, db.Close())
	_, err = Open(t.Context(), testOptions(t, db.path))
	if damage, ok := err.(*DamagedError); !ok { //nolint:errorlint // Open returns it bare
		t.Errorf("the next start took it: %v, %v", damage, err)
	}
}

// The weekly check finds damage that nobody has met.
func TestWeeklyCheck(t *testing.T) {
	db := openTest(t)
	table(t, db)
	for i := range 400 {
		must(t, insert(t.Context(), db, fmt.Sprintf("%05d%0500d", i, i)))
	}
	must(t, db.Checkpoint(t.Context()))
	db.check()
	if err := db.Healthy(); err != nil {
		t.Fatalf("a sound database: %v", err)
	}
	damagePages(t, db.path, "0000000000")
	db.disconnect()
	db.check()
	if f, ok := fault.As(db.Healthy()); !ok || f.Code != "database_damaged" {
		t.Errorf("healthy: %v", db.Healthy())
	}
	must(t, db.Close())
	if _, err := os.Stat(db.path + suspectName); err != nil {
		t.Error("the next start will not look")
	}
}

// damagePages writes garbage over the head of every page that holds the text.
func damagePages(t *testing.T, path, text string) {
	t.Helper()
	content, err := os.ReadFile(path)
	must(t, err)
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	damaged := 0
	for at := 4096; at < len(content); at += 4096 {
		if bytes.Contains(content[at:min(at+4096, len(content))], []byte(text)) {
			_, err = file.WriteAt(bytes.Repeat([]byte{0xa5}, 64), int64(at))
			must(t, err)
			damaged++
		}
	}
	must(t, file.Close())
	if damaged == 0 {
		t.Fatal("the text is not in the file")
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func shell(t testing.TB, args ...string) {
	t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", args, out)
	}
}
