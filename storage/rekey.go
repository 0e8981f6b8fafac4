package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"ecoflow/app/secret"
)

// sealedColumns lists every column that the keyring seals. A value is bound to
// its row by the name "<table>/<row>".
var sealedColumns = []struct{ table, column, row string }{
	{"audit_keys", "sealed", "CAST(id AS TEXT)"},
	{"env", "sealed", "kind || '/' || name"},
}

type sealedValue struct {
	row    string
	sealed []byte
}

func scanSealed(r row) (v sealedValue, err error) {
	err = r.Scan(&v.row, &v.sealed)
	return v, err
}

// Rekey makes a new key and seals every secret with it, in one transaction. It
// returns how many there were. Cut off at any moment, it is finished at the next
// start. It fails when a secret does not open, and changes nothing then. Cookies
// signed before do not count any more: everybody signs in again.
func (db *DB) Rekey(ctx context.Context) (changed int, err error) {
	if err := db.keys.Renew(); err != nil {
		return 0, err
	}
	err = db.change(ctx, func(tx *sql.Tx) error {
		changed, err = db.reseal(ctx, tx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("rekey: %w", err)
	}
	return changed, db.keys.Settle()
}

// finishRekey ends a rekey that was cut off, before the writer starts.
func (db *DB) finishRekey(ctx context.Context) (changed int, err error) {
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	if changed, err = db.reseal(ctx, tx); err != nil {
		return 0, fmt.Errorf("finish rekey: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return 0, err
	}
	db.log.Info("rekey finished", "secrets", changed)
	return changed, db.keys.Settle()
}

func (db *DB) reseal(ctx context.Context, tx *sql.Tx) (changed int, err error) {
	for _, c := range sealedColumns {
		values, err := all(ctx, tx, scanSealed, fmt.Sprintf(`SELECT %s, %s FROM %s WHERE %s IS NOT NULL`, c.row, c.column, c.table, c.column))
		if err != nil {
			return 0, err
		}
		for _, v := range values {
			what := c.table + "/" + v.row
			plain, err := db.keys.Open(what, v.sealed)
			if errors.Is(err, secret.ErrOtherKey) {
				continue // lost with its key already
			}
			if err != nil {
				return 0, fmt.Errorf("open %s: %w", what, err)
			}
			sealed, err := db.keys.Seal(what, plain)
			if err != nil {
				return 0, err
			}
			if _, err := tx.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET %s = ? WHERE %s = ?`, c.table, c.column, c.row), sealed, v.row); err != nil {
				return 0, err
			}
			changed++
		}
	}
	return changed, nil
}

// Lost names the secrets that the present key does not open, as "<table>/<row>":
// they have to be entered anew.
func (db *DB) Lost(ctx context.Context) ([]string, error) {
	lost := []string{}
	for _, c := range sealedColumns {
		values, err := all(ctx, db.reads, scanSealed, fmt.Sprintf(`SELECT %s, %s FROM %s WHERE %s IS NOT NULL`, c.row, c.column, c.table, c.column))
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			if _, err := db.keys.Open(c.table+"/"+v.row, v.sealed); err != nil {
				lost = append(lost, c.table+"/"+v.row)
			}
		}
	}
	return lost, nil
}
