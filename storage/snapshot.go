package storage

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"

	"ecoflow/app/file"
)

// Snapshot writes a consistent copy of the database to path while the product
// runs. The copy is there whole or not at all; what was at path is replaced.
func (db *DB) Snapshot(ctx context.Context, path string) (err error) {
	// A connection of its own: neither readers nor the writer wait for it.
	from := db.writer
	if db.shares() {
		if from, err = sql.Open("sqlite", db.dsn(shared()...)); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, from.Close()) }()
	}
	tmp := path + file.Unfinished
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	defer os.Remove(tmp) // gone already when all went well
	// VACUUM INTO takes an empty file; made here, it is nobody else's to read.
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if _, err := from.ExecContext(ctx, `VACUUM INTO ?`, tmp); err != nil {
		return explain(err)
	}
	return file.Place(tmp, path)
}
