package storage

import (
	"context"
	"database/sql"
	"time"
)

// settingsKept is how many versions of the settings stay to go back to.
const settingsKept = 20

// Settings keeps the saved settings and their last versions.
type Settings struct{ db *DB }

// Settings returns the store of settings.
func (db *DB) Settings() *Settings { return &Settings{db} }

// Settings returns the saved JSON object, nil when nothing was saved yet.
func (s *Settings) Settings(ctx context.Context) ([]byte, error) {
	object, _, err := one(ctx, s.db.reads, column[[]byte], `SELECT json FROM settings ORDER BY version DESC LIMIT 1`)
	return object, err
}

// SaveSettings keeps a new version and drops the oldest beyond the kept ones.
func (s *Settings) SaveSettings(ctx context.Context, object []byte) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		var version int
		err := tx.QueryRowContext(ctx, `INSERT INTO settings (time, json) VALUES (?, ?) RETURNING version`,
			time.Now().UnixMilli(), string(object)).Scan(&version)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM settings WHERE version <= ?`, version-settingsKept)
		return err
	})
}
