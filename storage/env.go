package storage

import (
	"context"
	"database/sql"

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
	return all(ctx, s.db.reads, s.scan, `SELECT kind, name, value, sealed, readable FROM env`)
}

func (s *Env) scan(r row) (v env.Var, err error) {
	var value string
	var sealed []byte
	if err := r.Scan(&v.Kind, &v.Name, &value, &sealed, &v.Readable); err != nil {
		return v, err
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

// SetVars adds the variables or replaces those of the same kind and name.
func (s *Env) SetVars(ctx context.Context, vars []env.Var) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		for _, v := range vars {
			value, sealed := v.Value.Reveal(), []byte(nil)
			if v.Secret {
				var err error
				if sealed, err = s.db.keys.Seal(sealedName(v), []byte(value)); err != nil {
					return err
				}
				value = ""
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO env (kind, name, value, sealed, readable) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (kind, name) DO UPDATE SET value = excluded.value, sealed = excluded.sealed, readable = excluded.readable`,
				string(v.Kind), v.Name, value, sealed, v.Readable)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// DeleteVar removes one variable; it fails with fault.NotFound.
func (s *Env) DeleteVar(ctx context.Context, kind env.Kind, name string) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM env WHERE kind = ? AND name = ?`, string(kind), name)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return fault.New(fault.NotFound, "There is no variable %s.", name).Because(err)
		}
		return nil
	})
}
