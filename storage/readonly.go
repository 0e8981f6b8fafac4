package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

// inMemory are the tables that people need written to look at anything: they are
// shadowed by tables of the connection, which end with it.
var inMemory = []string{"sessions", "attempts"}

// openReadOnly opens the database of a folder that cannot be written (R17). One
// connection does everything; writes to anything but sessions fail.
func (db *DB) openReadOnly(ctx context.Context) error {
	var err error
	for _, way := range readOnlyWays(db.path) {
		db.closePools()
		settings := append(pragmas("FULL"), "mode=ro", "_txlock=immediate", "_pragma=temp_store(MEMORY)")
		if db.writer, err = sql.Open("sqlite", db.dsn(append(settings, way...)...)); err != nil {
			return err
		}
		db.writer.SetMaxOpenConns(1)
		db.reads = &pool{db.writer, db}
		if _, err = db.schema(ctx, db.writer); code(err)&0xff != sqlite3.SQLITE_CANTOPEN {
			break
		}
	}
	if err != nil {
		return err
	}
	has, err := db.schema(ctx, db.writer)
	if err != nil {
		return err
	}
	if has < newestSchema() {
		return fault.New(fault.Unavailable, "The database %s was made by an earlier EcoFlow and the data folder cannot be written, so it cannot be brought up to date. Make the folder writable.", db.path).
			WithCode("read_only")
	}
	if err := db.writer.QueryRowContext(ctx, `SELECT id FROM instance`).Scan(&db.instance); err != nil {
		return err
	}
	return errors.Join(db.recognise(), db.shadow(ctx))
}

// readOnlyWays lists how SQLite may be told to open a file that it cannot write
// beside: as it is, when another process keeps the log's index; with an index of its
// own, when a log was left; else as a file that nobody changes.
func readOnlyWays(path string) [][]string {
	ways := [][]string{nil}
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() == 0 {
		return append(ways, []string{"immutable=1"})
	}
	none := "vfs=unix-none"
	if runtime.GOOS == "windows" {
		none = "vfs=win32-none"
	}
	return append(ways, []string{none, "_pragma=locking_mode(EXCLUSIVE)"})
}

// shadow makes the tables in memory, with what is stored.
func (db *DB) shadow(ctx context.Context) error {
	// References do not lead out of the memory.
	if _, err := db.writer.ExecContext(ctx, `PRAGMA foreign_keys = OFF`); err != nil {
		return err
	}
	for _, table := range inMemory {
		var made string
		if err := db.writer.QueryRowContext(ctx, `SELECT sql FROM sqlite_schema WHERE name = ?`, table).Scan(&made); err != nil {
			return err
		}
		made = strings.Replace(made, "CREATE TABLE", "CREATE TEMP TABLE", 1)
		_, err := db.writer.ExecContext(ctx, made+fmt.Sprintf(`; INSERT INTO temp.%[1]s SELECT * FROM main.%[1]s`, table))
		if err != nil {
			return err
		}
	}
	return nil
}

// onlyLog is what an audit entry comes to where it cannot be stored: a line of the log.
func (db *DB) onlyLog(ctx context.Context) error {
	e := audit.EntryFrom(ctx)
	if e == nil {
		return nil
	}
	r, err := record(ctx, e)
	if err != nil {
		return err
	}
	db.log.Warn("audit entry not stored: the data folder cannot be written",
		"action", r.Action, "message", r.Message, "object", r.Object, "result", string(r.Result), "actor", auth.ActorFrom(ctx).Username, "address", r.Address)
	e.Stored()
	return nil
}

// peek answers a query of one text through a connection that cannot change the file.
func (db *DB) peek(ctx context.Context, query string) (text string, err error) {
	look, err := sql.Open("sqlite", db.dsn("mode=ro", "_pragma=query_only(ON)", fmt.Sprintf("_pragma=busy_timeout(%d)", lockWait.Milliseconds())))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, look.Close()) }()
	look.SetMaxOpenConns(1)
	err = look.QueryRowContext(ctx, query).Scan(&text)
	return text, err
}
