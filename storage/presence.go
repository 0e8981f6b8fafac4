package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"ecoflow/app/fault"
)

// lookEvery is how often the writer looks whether the database is where it was
// opened, beside every commit.
const lookEvery = 2 * time.Second

// recognise notes which file was opened, so that another one, or none, in its
// place is noticed.
func (db *DB) recognise() error {
	seen, err := sight(db.path)
	db.file.Store(&seen)
	db.wal = nil
	return err
}

// present reports whether the file that was opened is where it was, and its log
// beside it. A file that was moved or unlinked, or whose disk was unmounted, can
// still be written through an open connection; nobody would find what was. Once it
// is gone, attend brings it back.
func (db *DB) present() bool {
	if db.readOnly {
		return true
	}
	if db.gone.Load() != nil {
		return false
	}
	_, err := db.stat()
	if err == nil && db.shares() {
		err = db.presentLog()
	}
	if err == nil {
		return true
	}
	db.gone.Store(gone().Because(err))
	db.log.Error("the data folder is gone", "path", db.path, "error", err)
	db.nudge()
	return false
}

// stat looks at the file that was opened; it is an error when it is not there.
func (db *DB) stat() (sighting, error) {
	seen, err := sight(db.path)
	if err == nil && !seen.same(*db.file.Load()) {
		err = fmt.Errorf("%s is another file now", db.path)
	}
	return seen, err
}

// presentLog does the same for the write-ahead log, which is made by the first write.
func (db *DB) presentLog() error {
	seen, err := sight(db.path + "-wal")
	switch {
	case db.wal == nil && errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case db.wal == nil:
		db.wal = &seen
	case !seen.same(*db.wal):
		return fmt.Errorf("%s-wal is another file now", db.path)
	}
	return nil
}

// attend notices that the database is gone, and takes it up again once it is back:
// the same one, by its id, whatever file it is in now. It runs in the writer.
func (db *DB) attend() {
	if db.present() || db.closed.Load() {
		return
	}
	if _, err := os.Stat(db.path); err != nil {
		return
	}
	if !db.disconnect() {
		return // somebody still reads what was there
	}
	err := db.comeBack(context.Background())
	if f, ok := fault.As(err); ok && f.Kind == fault.Unavailable && f.Code != "database_damaged" {
		db.log.Warn("the data folder is back and cannot be used yet", "error", err)
		return // in use, or gone again
	}
	if err != nil {
		db.lostOnce.Do(func() {
			db.log.Error("what is at the place of the data folder cannot be used", "error", err)
			if db.lost != nil {
				db.lost(err)
			}
		})
	}
}

// attendNow has the writer attend, and waits for it.
func (db *DB) attendNow(ctx context.Context) {
	done := make(chan struct{})
	select {
	case db.ask <- done:
	case <-ctx.Done():
		return
	case <-db.ended:
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// disconnect closes every connection, and reports whether none is left: a new one
// opens what is there now.
func (db *DB) disconnect() bool {
	db.writer.SetMaxIdleConns(0)
	db.writer.SetMaxIdleConns(1)
	if db.shares() {
		db.reads.SetMaxIdleConns(0)
		db.reads.SetMaxIdleConns(readers())
	}
	return db.writer.Stats().OpenConnections == 0 && db.reads.Stats().OpenConnections == 0
}

// comeBack does what a start does with the database that is there now.
func (db *DB) comeBack(ctx context.Context) error {
	if err := db.inspect(ctx); err != nil {
		return explain(err)
	}
	id, err := db.readInstance(ctx)
	if err != nil {
		return explain(err)
	}
	if id != db.instance {
		return fault.New(fault.Conflict, "Another EcoFlow's data is now at %s. Put this one's back there and start it again.", db.path).WithCode("other_instance")
	}
	if db.back != nil {
		if err := db.back(); err != nil {
			return err
		}
	}
	was := db.gone.Load()
	if err := db.recognise(); err != nil {
		return explain(errors.Join(err, gone()))
	}
	// From here on the connections find it. What a failed write left open is settled:
	// all was read anew.
	db.broken.Store(nil)
	db.gone.Store(nil)
	if err := db.loadChain(ctx); err != nil {
		db.gone.Store(was)
		return explain(err)
	}
	db.log.Info("the data folder is back", "path", db.path)
	db.nudge()
	return nil
}

// readInstance returns the id of the database that is there now, through a
// connection that cannot change it where there is such a one.
func (db *DB) readInstance(ctx context.Context) (string, error) {
	id, err := db.peek(ctx, `SELECT id FROM instance`)
	if code(err)&0xff != sqlite3.SQLITE_CANTOPEN {
		return id, err
	}
	err = db.writer.QueryRowContext(ctx, `SELECT id FROM instance`).Scan(&id)
	return id, err
}
