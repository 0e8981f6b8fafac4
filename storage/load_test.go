package storage

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// R2: 8 writers and 32 readers never meet a locked database; for five minutes when
// the numbers of a release are asked for, and then no write waits long.
func TestReadersAndWriters(t *testing.T) {
	full := os.Getenv(fullVariable) != ""
	db := openTest(t)
	table(t, db)
	read := `SELECT count(*) FROM play`
	if full { // counting all of them would be slower with each that is written
		read = `SELECT count(*) FROM (SELECT 1 FROM play ORDER BY rowid DESC LIMIT 50)`
	}
	var writers, readers sync.WaitGroup
	var over atomic.Bool
	var mu sync.Mutex
	var took []time.Duration
	end := time.Now().Add(5 * time.Minute)
	for w := range 8 {
		writers.Go(func() {
			for n := 0; full && time.Now().Before(end) || !full && n < 100; n++ {
				begun := time.Now()
				if err := writeTwice(t.Context(), db, fmt.Sprintf("%d-%d", w, n)); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				took = append(took, time.Since(begun))
				mu.Unlock()
			}
		})
	}
	for range 32 {
		readers.Go(func() {
			for !over.Load() {
				n, _, err := one(t.Context(), db.reads, column[int], read)
				if err != nil || n%2 != 0 {
					t.Errorf("%d rows, %v", n, err)
					return
				}
			}
		})
	}
	writers.Wait()
	over.Store(true)
	readers.Wait()
	if n, _, err := one(t.Context(), db.reads, column[int], `SELECT count(*) FROM play`); n != 2*len(took) || n == 0 || err != nil {
		t.Errorf("%d rows of %d writes, %v", n, len(took), err)
	}
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	t.Logf("%d writes, median %s, p99 %s", len(took), took[len(took)/2], p99)
	if full && p99 >= 250*time.Millisecond {
		t.Errorf("a write in a hundred took %s", p99)
	}
}
