package storage

import (
	"context"
	"errors"
	"os"

	"ecoflow/app/fault"
	"ecoflow/app/system"
)

// Size says how large the database is.
func (db *DB) Size(ctx context.Context) (size system.Size, err error) {
	for _, end := range []string{"", "-wal"} {
		info, err := os.Stat(db.path + end)
		if err == nil {
			size.Bytes += info.Size()
		} else if end == "" {
			return size, gone()
		}
	}
	size.Unused, _, err = one(ctx, db.reads, column[int64], `SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size`)
	return size, err
}

// Compact writes the database anew without what is unused in it. Writes wait
// meanwhile. It needs as much room on the disk again; without it nothing changes.
func (db *DB) Compact(ctx context.Context) error {
	if db.readOnly {
		return fault.New(fault.Unavailable, "The data folder cannot be written, so the database stays as it is.").WithCode("read_only")
	}
	if err := db.refusing(); err != nil {
		return err
	}
	// The writer's one connection, which it waits for: nothing is written in between.
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return explain(err)
	}
	_, err = conn.ExecContext(ctx, `VACUUM`)
	if err == nil {
		_, err = conn.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	}
	return db.told(errors.Join(err, conn.Close()))
}
