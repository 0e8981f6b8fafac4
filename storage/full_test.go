//go:build linux

package storage

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"ecoflow/app/fault"
	"ecoflow/app/system"
)

// A full disk refuses writes in a clear sentence, loses nothing and needs no
// restart once there is space again.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=24m", "none", dir).CombinedOutput(); err != nil {
		t.Skipf("no small volume can be made here: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("%s: %v", out, err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	path := filepath.Join(dir, "ecoflow.db")
	db := reopen(t, path)
	nudges := atomic.Int64{}
	db.WatchAilments(func() { nudges.Add(1) })
	table(t, db)
	kept := map[string]bool{}
	for round := range 10 {
		quiet := make(chan struct{}) // once what was written is folded back: until then the room changes
		db.ask <- quiet
		<-quiet
		var volume syscall.Statfs_t
		if err := syscall.Statfs(dir, &volume); err != nil {
			t.Fatal(err)
		}
		free := int(volume.Bavail) * int(volume.Bsize)
		if err := os.WriteFile(ballast, make([]byte, free-(200<<10)-pick(800<<10)), 0o600); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		refused := 0
		for w := range 4 {
			wg.Go(func() {
				for n := range 1000 {
					name := fmt.Sprintf("%d-%d-%d-%s", round, w, n, strings.Repeat("x", 2000))
					err := writeTwice(t.Context(), db, name)
					mu.Lock()
					if err == nil {
						kept[name] = true
					} else {
						refused++
						if f, ok := fault.As(err); !ok || f.Kind != fault.Full || !strings.Contains(f.Message, "disk is full") {
							t.Errorf("got %v", err)
						}
					}
					mu.Unlock()
					if err != nil {
						return
					}
				}
			})
		}
		wg.Wait()
		if refused == 0 {
			t.Fatal("the disk never was full")
		}
		if _, _, err := one(t.Context(), db.reads, column[int], `SELECT count(*) FROM play`); err != nil {
			t.Errorf("reading from a full disk: %v", err)
		}
		if f := db.look(t.Context()); f.Condition != system.Failed || !strings.Contains(f.Reason, "disk is full") || f.Trouble != "storage" {
			t.Errorf("health on a full disk: %+v", f)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%d-after", round)
		if err := writeTwice(t.Context(), db, name); err != nil {
			t.Fatalf("with space again: %v", err)
		}
		if f := db.look(t.Context()); f.Condition == system.Failed {
			t.Errorf("health with space again: %+v", f)
		}
		kept[name] = true
	}
	if n := nudges.Load(); n < 20 { // a failure and a recovery in each round
		t.Errorf("%d nudges", n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = reopen(t, path)
	count, _, err := one(t.Context(), db.reads, column[int], `SELECT count(*) FROM play`)
	if err != nil || count != 2*len(kept) {
		t.Errorf("%d rows for %d acknowledged writes, %v", count, len(kept), err)
	}
	found, _, err := one(t.Context(), db.reads, column[string], `PRAGMA integrity_check`)
	if err != nil || found != "ok" {
		t.Errorf("%s, %v", found, err)
	}
	if v, err := db.Audit().Verify(t.Context()); err != nil || !v.Sound() {
		t.Errorf("audit chain: %+v, %v", v, err)
	}
}
