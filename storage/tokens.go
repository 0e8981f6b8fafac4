package storage

import (
	"context"
	"database/sql"
	"time"

	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

func unknownToken() *fault.Fault { return fault.New(fault.NotFound, "There is no such token.") }

const tokenColumns = `hash, public_id, ifnull(user_id, 0), name, permissions, created, expires, used` //nolint:gosec // names of columns

func scanToken(r row) (t auth.Token, err error) {
	var created, expires int64
	var used sql.NullInt64
	err = r.Scan(&t.Hash, &t.Public, &t.UserID, &t.Name, &t.Permissions, &created, &expires, &used)
	t.Created, t.Expires = moment(created), moment(expires)
	if used.Valid {
		t.Used = moment(used.Int64)
	}
	return t, err
}

// AddToken implements auth.Store.
func (s *Accounts) AddToken(ctx context.Context, t auth.Token, most int) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		n, _, err := one(ctx, tx, column[int], `SELECT count(*) FROM tokens WHERE user_id IS ?`, user(t.UserID))
		if err != nil {
			return err
		}
		if n >= most {
			return fault.New(fault.Conflict, "You have %d tokens already. Remove one that is not used any more.", n).WithCode("tokens_full")
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO tokens (hash, public_id, user_id, name, permissions, created, expires)
			VALUES (?, ?, ?, ?, ?, ?, ?)`,
			t.Hash, t.Public, user(t.UserID), t.Name, t.Permissions, t.Created.UnixMilli(), t.Expires.UnixMilli())
		return err
	})
}

// Token implements auth.Store.
func (s *Accounts) Token(ctx context.Context, key auth.TokenKey) (auth.Token, error) {
	t, ok, err := one(ctx, known{s.db.reads}, scanToken, `SELECT `+tokenColumns+` FROM tokens
		WHERE hash = ? OR public_id = ?`, key.Hash, key.Public)
	if err == nil && !ok {
		err = unknownToken()
	}
	return t, err
}

// Tokens implements auth.Store.
func (s *Accounts) Tokens(ctx context.Context, owner int64) ([]auth.Token, error) {
	return all(ctx, s.db.reads, scanToken, `SELECT `+tokenColumns+` FROM tokens WHERE user_id IS ? ORDER BY created DESC, rowid DESC`, user(owner))
}

// TouchToken implements auth.Store.
func (s *Accounts) TouchToken(ctx context.Context, public string, used time.Time) error {
	return s.aside(ctx, `UPDATE tokens SET used = ? WHERE public_id = ?`, used.UnixMilli(), public)
}

// EndToken implements auth.Store.
func (s *Accounts) EndToken(ctx context.Context, owner int64, public string) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		return touch(ctx, tx, unknownToken(), `DELETE FROM tokens WHERE user_id IS ? AND public_id = ?`, user(owner), public)
	})
}
