package storage

import (
	"context"
	"database/sql"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
)

func scanAttempts(r row) (t auth.Attempts, err error) {
	var since, last int64
	err = r.Scan(&t.Failures, &since, &last)
	t.Since, t.Last = moment(since), moment(last)
	return t, err
}

// everything is the row that counts an address's failures at all things.
const everything = ""

// Attempts implements auth.Store.
func (s *Accounts) Attempts(ctx context.Context, what, address string) (own, sum auth.Attempts, err error) {
	const query = `SELECT failures, since, last FROM attempts WHERE what = ? AND address = ?`
	if own, _, err = one(ctx, s.db.reads, scanAttempts, query, what, address); err != nil {
		return own, sum, err
	}
	sum, _, err = one(ctx, s.db.reads, scanAttempts, query, everything, address)
	return own, sum, err
}

// SaveAttempts implements auth.Store.
func (s *Accounts) SaveAttempts(ctx context.Context, what, address string, own, sum auth.Attempts, forget time.Time) error {
	return s.db.change(audit.WithEntry(ctx, nil), func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM attempts WHERE last < ?`, forget.UnixMilli()); err != nil {
			return err
		}
		save := func(what string, t auth.Attempts) error {
			_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO attempts (what, address, failures, since, last) VALUES (?, ?, ?, ?, ?)`,
				what, address, t.Failures, t.Since.UnixMilli(), t.Last.UnixMilli())
			return err
		}
		if err := save(what, own); err != nil {
			return err
		}
		return save(everything, sum)
	})
}

// ClearAttempts implements auth.Store.
func (s *Accounts) ClearAttempts(ctx context.Context, what, address string) error {
	return s.aside(ctx, `DELETE FROM attempts WHERE what = ? AND address = ?`, what, address)
}
