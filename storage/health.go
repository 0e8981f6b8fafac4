package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
	"ecoflow/app/file"
	"ecoflow/app/system"
)

// longLog is how large the write-ahead log may be: it grows while a reader keeps
// it from being folded back.
const longLog = 256 << 20

// Part is the database as a part whose health is watched.
func (db *DB) Part() system.Part { return system.Part{Name: "storage", Look: db.look} }

// WatchAilments has fn called after each write that failed for the storage's own
// reasons, and after the first that works again. It must not wait. It replaces the
// one before.
func (db *DB) WatchAilments(fn func()) { db.ailing.Store(&fn) }

// roomBytes is what has to fit before a disk that was full counts as having room.
const roomBytes = 256 << 10

// room reports whether a disk that was full takes writes again: only writing tells.
func (db *DB) room(ctx context.Context) bool {
	probe := db.path + file.Unfinished
	if err := errors.Join(os.WriteFile(probe, make([]byte, roomBytes), 0o600), os.Remove(probe)); err != nil {
		return false
	}
	return db.change(audit.WithEntry(ctx, nil), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE instance SET version = version`)
		return err
	}) == nil
}

// look says how the database is. It writes only after a write failed for want of
// room.
func (db *DB) look(ctx context.Context) system.Finding {
	failed := func(reason string) system.Finding {
		return system.Finding{Condition: system.Failed, Reason: reason, Trouble: "storage"}
	}
	if db.gone.Load() != nil {
		db.attendNow(ctx)
	}
	if f, ok := fault.As(db.Healthy()); ok {
		return failed(f.Message)
	}
	now, err := db.stat()
	if err != nil {
		return failed(gone().Message)
	}
	if f := db.ill.Load(); f != nil && !(f.Kind == fault.Full && db.room(ctx)) {
		return failed(f.Message)
	}
	if _, _, err := one(ctx, db.reads, column[string], `SELECT id FROM instance`); err != nil {
		return failed(sentence(err))
	}
	size := "The database has " + system.Bytes(uint64(now.size)) //nolint:gosec // a size
	log, err := sight(db.path + "-wal")
	if err != nil || log.size == 0 {
		return system.Finding{Reason: size + "."}
	}
	size = fmt.Sprintf("%s, and %s more in its log", size, system.Bytes(uint64(log.size))) //nolint:gosec // a size
	if log.size > longLog {
		return system.Finding{Condition: system.Warning, Reason: size + ": something keeps it from being folded back. A restart does so."}
	}
	return system.Finding{Reason: size + "."}
}

// note remembers why a write failed where the reason is the storage's own.
func (db *DB) note(err error) {
	was := db.ill.Load()
	var f *fault.Fault
	switch {
	case err == nil:
		if was == nil {
			return
		}
	case ailment(err):
		f = fault.New(fault.Unavailable, "%s", sentence(err))
		if fault.Is(err, fault.Full) {
			f.Kind = fault.Full
		}
	default:
		return
	}
	db.ill.Store(f)
	db.nudge()
}

// nudge says that something happened to the storage.
func (db *DB) nudge() {
	if fn := db.ailing.Load(); fn != nil {
		(*fn)()
	}
}

// ailment reports whether a write failed for the storage's own reasons.
func ailment(err error) bool {
	if _, damaged := errors.AsType[*DamagedError](err); damaged || fault.Is(err, fault.Full) {
		return true
	}
	f, ok := fault.As(err)
	return ok && f.Kind == fault.Unavailable && f.Code != "stopping" && code(err) != 0
}

// sentence is an error for people.
func sentence(err error) string {
	if damaged, ok := errors.AsType[*DamagedError](err); ok {
		return damaged.Error()
	}
	if f, ok := fault.As(explain(err)); ok {
		return f.Message
	}
	return fault.Sentence(err.Error())
}
