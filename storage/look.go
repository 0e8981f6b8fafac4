package storage

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"

	sqlite3 "modernc.org/sqlite/lib"
)

// Look reads the saved settings of a database without changing anything, whoever
// else has it open. It fails where Open would because the file is damaged, or newer
// than this product; of one that cannot be looked into it says nothing.
func Look(ctx context.Context, path, version string) (settings []byte, err error) {
	db := &DB{path: path, version: version, log: slog.New(slog.DiscardHandler)}
	look, err := sql.Open("sqlite", db.dsn("mode=ro", "_pragma=busy_timeout(1000)", "_pragma=query_only(ON)"))
	if err != nil {
		return nil, err
	}
	defer look.Close()
	look.SetMaxOpenConns(1)
	if _, err = db.schema(ctx, look); err == nil {
		err = look.QueryRowContext(ctx, `SELECT json FROM settings WHERE state = 'saved' ORDER BY version DESC LIMIT 1`).Scan(&settings)
	}
	switch code(err) & 0xff {
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_ERROR: // the table may be yet to come
		return nil, nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	err = explain(err)
	if damaged, ok := errors.AsType[*DamagedError](err); ok {
		damaged.Path = path
	}
	return settings, err
}
