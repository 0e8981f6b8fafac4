package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
)

const (
	maxGroup  = 256                    // writes in one commit
	slow      = 100 * time.Millisecond // a write over this is logged
	foldAfter = 5 * time.Second        // without writes, until the log is folded back
	foldBytes = 4 << 20                // of log, over which it is folded back between writes
)

// write is one call of change on its way through the writer.
type write struct {
	ctx   context.Context
	fn    func(*sql.Tx) error
	taken atomic.Bool // by the writer, or by the caller who gave up
	done  chan error

	entry  *audit.Entry // stored with it, nil for none
	record audit.Record // what became of the entry
}

// change is the one way to write: fn runs in a transaction together with the
// audit entry that rides in ctx, and change returns nil once both are on disk.
// When fn fails, nothing of it is kept and its error comes back.
//
// Writes that wait at the same time share a commit, each in a savepoint of its
// own. Should another one of them break the shared transaction, fn runs again:
// so it sets what it reports, and never adds to it. Inside fn there is no
// network, no script, no waiting, and no other change.
func (db *DB) change(ctx context.Context, fn func(tx *sql.Tx) error) error {
	if err := db.refusing(); err != nil {
		return err
	}
	w := &write{ctx: ctx, fn: fn, done: make(chan error, 1)}
	select {
	case db.queue <- w:
	case <-ctx.Done():
		return ctx.Err()
	case <-db.ended:
		return errClosed()
	}
	select {
	case err := <-w.done:
		return db.told(err)
	case <-ctx.Done():
		if w.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
	case <-db.ended:
		if w.taken.CompareAndSwap(false, true) {
			return errClosed()
		}
	}
	return db.told(<-w.done) // it runs: whether it is kept is known soon
}

// told explains what became of a write, and passes on that there is no room left.
func (db *DB) told(err error) error {
	if err = db.noticed(explain(err)); db.full != nil && fault.Is(err, fault.Full) {
		db.full()
	}
	db.note(err)
	return err
}

func errClosed() error {
	return fault.New(fault.Unavailable, "The server is stopping.").WithCode("stopping")
}

// writeLoop is the writer: it takes whatever waits, without delay, and commits
// it together. It ends when the database is closed and nothing waits any more.
func (db *DB) writeLoop() {
	defer close(db.ended)
	fold := time.NewTimer(foldAfter)
	fold.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	weekly := time.NewTicker(checkEvery)
	defer weekly.Stop()
	for {
		select {
		case <-look.C:
			db.attend()
		case <-weekly.C:
			db.checks.Add(1)
			fault.Go(db.log, "storage check", func() {
				defer db.checks.Done()
				db.check()
			})
		case done := <-db.ask:
			db.attend()
			close(done)
		case w := <-db.queue:
			db.commitAll(db.waiting(w))
			db.foldLarge()
			fold.Reset(foldAfter)
		case <-fold.C:
			if db.foldAt = foldBytes; !db.fold(true) {
				fold.Reset(foldAfter)
			}
		case <-db.quit:
			fold.Stop()
			db.commitAll(db.waiting())
			return
		}
	}
}

// waiting adds to first whatever else waits, up to a group.
func (db *DB) waiting(first ...*write) []*write {
	group := first
	for len(group) < maxGroup {
		select {
		case w := <-db.queue:
			group = append(group, w)
		default:
			return group
		}
	}
	return group
}

// commitAll answers every write of the group. One that breaks the shared
// transaction (a full disk, an interrupted statement) is answered, and the
// others go again without it.
func (db *DB) commitAll(group []*write) {
	ready := group[:0]
	for _, w := range group {
		if w.taken.CompareAndSwap(false, true) {
			ready = append(ready, w)
		}
	}
	for len(ready) > 0 {
		ready = db.commit(ready)
	}
}

// commit runs the writes in one transaction, commits it and answers them. It
// returns those that have to go again, always fewer than it was given.
func (db *DB) commit(group []*write) (again []*write) {
	start := time.Now()
	answer := func(ws []*write, err error) {
		for _, w := range ws {
			w.done <- err
		}
	}
	if err := db.refusing(); err != nil {
		answer(group, err)
		return nil
	}
	if !db.present() {
		answer(group, db.refusing())
		return nil
	}
	tx, err := db.writer.BeginTx(context.Background(), nil)
	if err != nil {
		answer(group, fmt.Errorf("begin: %w", err))
		return nil
	}
	head := db.chain.head
	kept := group[:0:0]
	for i, w := range group {
		next, err, whole := db.run(tx, w, head, len(group) == 1)
		if !whole { // SQLite has undone the others as well
			tx.Rollback() //nolint:errcheck // SQLite has undone it
			w.done <- err
			return append(kept, group[i+1:]...)
		}
		if err != nil {
			w.done <- err
			continue
		}
		head = next
		kept = append(kept, w)
	}
	if len(kept) == 0 {
		tx.Rollback() //nolint:errcheck // nothing was kept
		return nil
	}
	if head.Last != db.chain.head.Last {
		if err := db.chain.save(context.Background(), tx, head); err != nil {
			tx.Rollback() //nolint:errcheck // the error that counts is answered
			answer(kept, fmt.Errorf("end the audit chain: %w", err))
			return nil
		}
	}
	if err := tx.Commit(); err != nil {
		if uncertain(err) && db.present() {
			err = db.stop(err)
		}
		answer(kept, err)
		return nil
	}
	db.chain.head = head
	if !db.present() { // written, where nobody finds it any more
		answer(kept, db.refusing())
		return nil
	}
	for _, w := range kept {
		if w.entry != nil {
			w.entry.Stored()
			db.tell(w.record)
		}
	}
	answer(kept, nil)
	if took := time.Since(start); took > slow {
		db.log.Warn("slow write", "took", took, "writes", len(group))
	}
	return nil
}

// tell passes a stored record on; the writer outlives whoever listens.
func (db *DB) tell(r audit.Record) {
	if fn := db.audited.Load(); fn != nil {
		defer fault.Recover(db.log, "audit listener")
		(*fn)(r)
	}
}

// run executes one write and its audit entry, in a savepoint unless it is alone in
// the transaction. whole is false when the error ended the transaction itself, and
// everything in it is gone.
func (db *DB) run(tx *sql.Tx, w *write, head audit.Head, alone bool) (_ audit.Head, err error, whole bool) {
	ctx := context.WithoutCancel(w.ctx)
	if err := w.ctx.Err(); err != nil {
		return head, err, true
	}
	if !alone {
		if _, err := tx.ExecContext(ctx, `SAVEPOINT write`); err != nil {
			return head, err, false
		}
	}
	w.entry = nil
	err = db.protect(func() error { return w.fn(tx) })
	if err == nil && db.readOnly {
		err = db.onlyLog(w.ctx)
	} else if err == nil {
		if w.entry = audit.EntryFrom(w.ctx); w.entry != nil {
			w.record, err = db.chain.add(ctx, tx, head, w.entry)
		}
	}
	if err == nil && !alone {
		if _, err := tx.ExecContext(ctx, `RELEASE write`); err != nil {
			return head, err, false
		}
	}
	switch {
	case err == nil && w.entry != nil:
		return audit.Head{Last: w.record.ID, MAC: w.record.MAC, Key: w.record.Key}, nil, true
	case err == nil:
		return head, nil, true
	case alone:
		return head, err, false
	}
	// This fails when SQLite has rolled the transaction back by itself.
	_, undo := tx.ExecContext(ctx, `ROLLBACK TO write; RELEASE write`)
	return head, err, undo == nil
}

// protect turns a panic of fn into an error; the log has the stack.
func (db *DB) protect(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic in a write: %v, in the log as %s", v, fault.Panicked(db.log, "write", v))
		}
	}()
	return fn()
}

// foldLarge folds the log back when it has grown. SQLite would do so by itself
// inside a commit, and keep quiet about a disk that fails meanwhile. The log begins anew
// in the file that it has: of one that grows every commit has to make the size durable too.
// Over twice the size, to which it comes by what each round adds, it is made short.
func (db *DB) foldLarge() {
	log, err := sight(db.path + "-wal")
	if err != nil || log.size < db.foldAt {
		return
	}
	size := log.size
	switch isLong := size >= 2*foldBytes; {
	case !db.fold(isLong):
		db.foldAt = size + foldBytes
	case isLong:
		db.foldAt = foldBytes
	default:
		db.foldAt = size + 1
	}
}

// fold folds the write-ahead log back into the database file, so that a pulled
// stick mostly leaves one whole file, and cuts the log's file to nothing or leaves it to
// be written again. It waits for no reader; false means that one was in the way.
func (db *DB) fold(cut bool) bool {
	if db.readOnly || !db.present() {
		return true
	}
	mode := "RESTART"
	if cut {
		mode = "TRUNCATE"
	}
	ctx := context.Background()
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return true // reported by the next write
	}
	defer conn.Close()
	var busy, pages, folded int
	_, err = conn.ExecContext(ctx, `PRAGMA busy_timeout = 0`)
	if err == nil {
		err = conn.QueryRowContext(ctx, fmt.Sprintf(`PRAGMA wal_checkpoint(%s)`, mode)).Scan(&busy, &pages, &folded)
	}
	_, again := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA busy_timeout = %d`, lockWait.Milliseconds()))
	if err = errors.Join(err, again); err != nil {
		if c := code(err); c == sqlite3.SQLITE_IOERR_FSYNC || c == sqlite3.SQLITE_IOERR_DIR_FSYNC {
			db.stop(err) //nolint:errcheck // it remembers
		}
		db.log.Warn("write-ahead log not folded back", "error", err)
	}
	return busy == 0
}
