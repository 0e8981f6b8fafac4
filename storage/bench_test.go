package storage

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkWrite compares writes through change, which shares commits, with a
// commit for each, at 1 and 32 writers.
func BenchmarkWrite(b *testing.B) {
	for _, writers := range []int{1, 32} {
		b.Run(fmt.Sprintf("grouped/%d", writers), func(b *testing.B) {
			db := openTest(b)
			table(b, db)
			atOnce(b, writers, func(n int) error { return insert(b.Context(), db, fmt.Sprint(n)) })
		})
		b.Run(fmt.Sprintf("each/%d", writers), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "ecoflow.db")
			pool, err := sql.Open("sqlite", dsn(path, append(shared(), "_txlock=immediate")...))
			if err != nil {
				b.Fatal(err)
			}
			defer pool.Close()
			pool.SetMaxOpenConns(1)
			if _, err := pool.Exec(`CREATE TABLE play (name TEXT PRIMARY KEY, n INTEGER NOT NULL DEFAULT 0) STRICT`); err != nil {
				b.Fatal(err)
			}
			atOnce(b, writers, func(n int) error {
				tx, err := pool.Begin()
				if err != nil {
					return err
				}
				defer tx.Rollback()
				if _, err := tx.Exec(`INSERT INTO play (name) VALUES (?)`, fmt.Sprint(n)); err != nil {
					return err
				}
				return tx.Commit()
			})
		})
	}
}

// atOnce shares b.N writes among writers.
func atOnce(b *testing.B, writers int, write func(n int) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range writers {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if err := write(int(n)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
