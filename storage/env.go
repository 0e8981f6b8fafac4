package storage

import (
	"context"
	"database/sql"
	"time"

	"ecoflow/app/auth"
	"ecoflow/app/env"
	"ecoflow/app/fault"
	"ecoflow/app/secret"
)

// Env keeps the environment variables.
type Env struct{ db *DB }

// Env returns the store of environment variables.
func (db *DB) Env() *Env { return &Env{db} }

// Vars returns every variable.
func (s *Env) Vars(ctx context.Context) ([]env.Var, error) {
	return all(ctx, s.db.reads, s.scan, `SELECT kind, name, value, sealed, readable, note, changed, changed_by, revision FROM env`)
}

// Revision returns the number of the last change.
func (s *Env) Revision(ctx context.Context) (int64, error) {
	n, _, err := one(ctx, s.db.reads, column[int64], `SELECT revision FROM env_state`)
	return n, err
}

func (s *Env) scan(r row) (v env.Var, err error) {
	var value string
	var sealed []byte
	var changed int64
	if err := r.Scan(&v.Kind, &v.Name, &value, &sealed, &v.Readable, &v.Note, &changed, &v.By, &v.Revision); err != nil {
		return v, err
	}
	if changed > 0 {
		v.Changed = time.UnixMilli(changed).UTC()
	}
	if sealed != nil {
		v.Secret = true
		plain, err := s.db.keys.Open(sealedName(v), sealed)
		v.Lost, value = err != nil, string(plain)
	}
	v.Value = secret.New(value)
	return v, nil
}

func sealedName(v env.Var) string { return "env/" + string(v.Kind) + "/" + v.Name }

// SetVars adds the variables or replaces those of the same kind and name, and
// removes the dropped ones, in one transaction. It fails with fault.NotFound when
// one of those is not there. When and by whom they are changed follows from ctx.
func (s *Env) SetVars(ctx context.Context, vars []env.Var, dropped ...env.ID) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		revision, _, err := one(ctx, tx, column[int64], `UPDATE env_state SET revision = revision + 1 RETURNING revision`)
		if err != nil {
			return err
		}
		for _, id := range dropped {
			res, err := tx.ExecContext(ctx, `DELETE FROM env WHERE kind = ? AND name = ?`, string(id.Kind), id.Name)
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil || n == 0 {
				return fault.New(fault.NotFound, "There is no variable %s.", id.Name).Because(err)
			}
		}
		now, by := time.Now().UnixMilli(), auth.ActorFrom(ctx).Username
		for _, v := range vars {
			value, sealed := v.Value.Reveal(), []byte(nil)
			if v.Secret {
				if sealed, err = s.db.keys.Seal(sealedName(v), []byte(value)); err != nil {
					return err
				}
				value = ""
			}
			_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO env (kind, name, value, sealed, readable, note, changed, changed_by, revision)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, string(v.Kind), v.Name, value, sealed, v.Readable, v.Note, now, by, revision)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
