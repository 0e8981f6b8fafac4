package storage

import (
	"context"
	"database/sql"

	"ecoflow/app/config"
	"ecoflow/app/fault"
)

// settingsKept is how many versions of the settings stay to go back to.
const settingsKept = 20

// Settings keeps the saved settings and their last versions.
type Settings struct{ db *DB }

// Settings returns the store of settings.
func (db *DB) Settings() *Settings { return &Settings{db} }

var _ config.Store = (*Settings)(nil)

const versionColumns = `version, time, author, state, reason, json`

func scanVersion(r row) (v config.Version, err error) {
	var at int64
	var object []byte
	err = r.Scan(&v.Number, &at, &v.Author, &v.State, &v.Reason, &object)
	v.At, v.Object = moment(at), object
	return v, err
}

// Settings implements config.Store.
func (s *Settings) Settings(ctx context.Context) (config.Version, error) {
	v, _, err := one(ctx, s.db.reads, scanVersion, `SELECT `+versionColumns+` FROM settings WHERE state = 'saved' ORDER BY version DESC LIMIT 1`)
	return v, err
}

// SettingsVersions implements config.Store.
func (s *Settings) SettingsVersions(ctx context.Context) ([]config.Version, error) {
	return all(ctx, s.db.reads, scanVersion, `SELECT `+versionColumns+` FROM settings ORDER BY version DESC`)
}

// AddSettings implements config.Store.
func (s *Settings) AddSettings(ctx context.Context, v config.Version, base int64) (number int64, err error) {
	err = s.db.change(ctx, func(tx *sql.Tx) error {
		newest, _, err := one(ctx, tx, column[int64], `SELECT ifnull(max(version), 0) FROM settings WHERE state = 'saved'`)
		if err != nil {
			return err
		}
		if newest != base {
			return config.Superseded()
		}
		number, _, err = one(ctx, tx, column[int64], `INSERT INTO settings (time, author, state, json) VALUES (?, ?, ?, ?) RETURNING version`,
			v.At.UnixMilli(), v.Author, v.State, string(v.Object))
		if err != nil {
			return err
		}
		// The version in force stays, however many trials came after it.
		_, err = tx.ExecContext(ctx, `DELETE FROM settings WHERE version <= ? AND version <> ?`, number-settingsKept, newest)
		return err
	})
	return number, err
}

// EndSettingsTrial implements config.Store.
func (s *Settings) EndSettingsTrial(ctx context.Context, number int64, state config.State, reason string) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		return touch(ctx, tx, fault.New(fault.NotFound, "There are no settings on trial with the number %d.", number),
			`UPDATE settings SET state = ?, reason = ? WHERE version = ? AND state = 'pending'`, state, reason, number)
	})
}
