package storage

import (
	"context"
	"errors"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"ecoflow/app/fault"
)

// taken turns a broken UNIQUE or PRIMARY KEY constraint into a fault.Conflict
// with the sentence; any other err, nil too, comes back as it is.
func taken(err error, format string, args ...any) error {
	switch code(err) {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return fault.New(fault.Conflict, format, args...).Because(err)
	}
	return err
}

// code is the extended result code of SQLite in err's chain, 0 without one.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// explain turns what SQLite says about its surroundings into faults; errors that
// are none of those, nil too, come back as they are.
func explain(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := fault.As(err); ok {
		return err
	}
	c := code(err)
	switch {
	case c&0xff == sqlite3.SQLITE_FULL, c == sqlite3.SQLITE_IOERR_SHMSIZE:
		return fault.New(fault.Full, "The disk is full. Nothing was changed; free some space and try again.").Because(err)
	case c&0xff == sqlite3.SQLITE_BUSY, c&0xff == sqlite3.SQLITE_LOCKED:
		return fault.New(fault.Unavailable, "The database is in use by another program.").WithCode("database_busy").After(lockWait).Because(err)
	case c&0xff == sqlite3.SQLITE_READONLY:
		return readOnly().Because(err)
	case c&0xff == sqlite3.SQLITE_CORRUPT, c&0xff == sqlite3.SQLITE_NOTADB:
		return &DamagedError{Detail: err.Error()}
	case c&0xff == sqlite3.SQLITE_IOERR, c&0xff == sqlite3.SQLITE_CANTOPEN:
		return gone().Because(err)
	}
	return err
}

func readOnly() *fault.Fault {
	return fault.New(fault.Unavailable, "The data folder cannot be written to: what is there can be read, and nothing changed. Make the folder writable and start EcoFlow again.").
		WithCode("read_only")
}

func gone() *fault.Fault {
	return fault.New(fault.Unavailable, "The data folder is not where it was. Put the disk or the folder back: EcoFlow then goes on by itself.").
		WithCode("storage_gone").After(lockWait)
}

// uncertain reports whether err, of a commit or of a wait for the disk, leaves
// open what reached the disk.
func uncertain(err error) bool {
	switch code(err) & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY:
		return false
	}
	return code(err) != sqlite3.SQLITE_IOERR_SHMSIZE
}

// stop makes the database read-only until the next start, which recovers it:
// after err nobody knows what reached the disk, and trying again could
// acknowledge what is not there.
func (db *DB) stop(err error) error {
	f := fault.New(fault.Unavailable, "A write did not reach the disk. Nothing more is written until the server starts again; check the disk.").
		WithCode("write_failed").Because(err)
	if db.broken.CompareAndSwap(nil, f) {
		db.log.Error("database takes no more writes", "error", err)
	}
	return f
}

// misshapen turns an error of SQLite that has no other explanation into a
// *DamagedError when the schema is not what it should be. Every statement here
// fits the schema, so that one that does not run says that something changed it.
func (db *DB) misshapen(err error) error {
	if _, explained := fault.As(err); explained || code(err) == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	found := explain(checkSchema(ctx, db.dsn("mode=ro", "_pragma=query_only(ON)")))
	if damage, ok := errors.AsType[*DamagedError](found); ok {
		damage.Detail += ": " + err.Error()
		return damage
	}
	if code(found)&0xff == sqlite3.SQLITE_ERROR { // there is no reading the schema at all
		return &DamagedError{Detail: err.Error()}
	}
	return err
}

// noticed has the database take no more writes once damage was found in it, and
// returns err. What is whole can still be read; the next start offers to repair it.
func (db *DB) noticed(err error) error {
	if code(err)&0xff == sqlite3.SQLITE_ERROR {
		err = db.misshapen(err)
	}
	damage, ok := errors.AsType[*DamagedError](err)
	if !ok || db.broken.Load() != nil {
		return err
	}
	damage.Path = db.path
	f := fault.New(fault.Unavailable, "The database is damaged. Nothing more is written, so that nothing gets worse; start EcoFlow again to repair it.").
		WithCode("database_damaged").Because(damage)
	if db.broken.CompareAndSwap(nil, f) {
		db.log.Error("database is damaged and takes no more writes", "error", damage)
		db.nudge()
	}
	return err
}

// check looks for damage while the database is in use. It takes checkTime at most.
func (db *DB) check() {
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	found, _, err := one(ctx, db.reads, column[string], `PRAGMA quick_check(1)`)
	switch {
	case err == nil && found != "ok":
		db.noticed(&DamagedError{Detail: found}) //nolint:errcheck // it remembers
	case err != nil && ctx.Err() != nil:
		db.log.Warn("database is too large to be checked while it is in use", "path", db.path)
	case err != nil:
		db.log.Warn("database not checked", "error", err)
	default:
		db.log.Info("database checked", "path", db.path)
	}
}

// suspectName ends the name of a file beside the database that has the next start
// check it, though it was closed well.
const suspectName = ".suspect"

// remember leaves that file when damage was found.
func (db *DB) remember() error {
	if f := db.broken.Load(); f == nil || f.Code != "database_damaged" {
		return nil
	}
	return os.WriteFile(db.path+suspectName, nil, 0o600)
}
