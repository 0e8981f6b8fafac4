package storage

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// 8 writers and 32 readers never meet a locked database.
func TestReadersAndWriters(t *testing.T) {
	db := openTest(t)
	table(t, db)
	var writers, readers sync.WaitGroup
	var over atomic.Bool
	for w := range 8 {
		writers.Go(func() {
			for n := range 100 {
				if err := writeTwice(t.Context(), db, fmt.Sprintf("%d-%d", w, n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 32 {
		readers.Go(func() {
			for !over.Load() {
				n, _, err := one(t.Context(), db.reads, column[int], `SELECT count(*) FROM play`)
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
	if n, _, err := one(t.Context(), db.reads, column[int], `SELECT count(*) FROM play`); n != 1600 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}
