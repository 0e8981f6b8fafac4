package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/file"
)

const (
	archiveEntries = 50_000 // in one archive
	pruneStep      = 2_000  // entries that one write takes away
)

// Cut returns the last entry that was moved to an archive, 0 for none.
func (a *Audit) Cut() int64 { return a.db.cut.Load() }

const selectCut = `SELECT last, mac, key, seal FROM audit_cut`

// Prune moves the entries from before the moment to signed archives. An entry says
// so, in the same transaction that takes the first of them away. It refuses entries
// that somebody changed, and those that others follow from before them in time.
func (a *Audit) Prune(ctx context.Context, before time.Time) error {
	for {
		more, err := a.prune(ctx, before)
		if err != nil || !more {
			return err
		}
	}
}

// prune moves as many entries as one archive takes.
func (a *Audit) prune(ctx context.Context, before time.Time) (more bool, err error) {
	if a.db.readOnly {
		return false, nil
	}
	name, first, last, err := a.archive(ctx, before)
	if err != nil || name == "" {
		return false, err
	}
	object := filepath.ToSlash(filepath.Join(audit.Folder, name))
	ctx = audit.WithEntry(ctx, &audit.Entry{
		Action: "audit.prune", Object: object, Result: audit.Done,
		Message: fmt.Sprintf("Moved audit entries %d to %d to %s", first, last, object),
		After:   map[string]any{"first": first, "last": last},
	})
	for at := min(first+pruneStep-1, last); ; at = min(at+pruneStep, last) {
		err := a.db.change(ctx, func(tx *sql.Tx) error {
			cut := audit.Head{Last: at, Key: a.db.chain.key}
			if err := tx.QueryRowContext(ctx, `SELECT mac FROM audit WHERE id = ?`, at).Scan(&cut.MAC); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM audit WHERE id <= ?`, at); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO audit_cut (only, last, mac, key, seal) VALUES (1, ?, ?, ?, ?)
				ON CONFLICT (only) DO UPDATE SET last = excluded.last, mac = excluded.mac, key = excluded.key, seal = excluded.seal`,
				cut.Last, cut.MAC, cut.Key, cut.SignCut(a.db.chain.secret))
			return err
		})
		if err != nil {
			return false, err
		}
		if a.db.cut.Store(at); at == last {
			return last-first+1 == archiveEntries, nil
		}
	}
}

// archive writes the archive of the next entries from before the moment, and returns
// its name, "" when there are none.
func (a *Audit) archive(ctx context.Context, before time.Time) (name string, first, last int64, err error) {
	tx, err := a.db.reads.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return "", 0, 0, explain(err)
	}
	defer tx.Rollback()
	keys, err := a.db.chainKeys(ctx, tx)
	if err != nil {
		return "", 0, 0, err
	}
	cut, _, err := one(ctx, tx, scanHead, selectCut)
	if err != nil {
		return "", 0, 0, err
	}
	oldest, ok, err := one(ctx, tx, scanRecord, `SELECT `+recordColumns+` FROM audit ORDER BY id LIMIT 1`)
	if err != nil || !ok || !oldest.Time.Before(before) {
		return "", 0, 0, err
	}
	dir := filepath.Join(filepath.Dir(a.db.path), audit.Folder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", 0, 0, err
	}
	unfinished := filepath.Join(dir, "audit"+file.Unfinished)
	out, err := os.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", 0, 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(unfinished))
		}
	}()
	first, last, err = a.fill(ctx, tx, out, keys, cut, before)
	if err = errors.Join(err, out.Close()); err != nil {
		return "", 0, 0, err
	}
	name = audit.ArchiveName(first, last)
	return name, first, last, file.Place(unfinished, filepath.Join(dir, name))
}

func (a *Audit) fill(ctx context.Context, from source, out *os.File, keys map[int64][]byte, cut audit.Head, before time.Time) (first, last int64, err error) {
	w, err := audit.NewArchive(out, keys, cut)
	if err != nil {
		return 0, 0, err
	}
	rows, err := from.QueryContext(ctx, `SELECT `+recordColumns+` FROM audit ORDER BY id LIMIT ?`, archiveEntries)
	if err != nil {
		return 0, 0, explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanRecord(rows)
		if err != nil {
			return 0, 0, err
		}
		if !r.Time.Before(before) {
			break
		}
		if err := w.Add(r); err != nil {
			return 0, 0, err
		}
	}
	if err := rows.Err(); err != nil {
		return 0, 0, explain(err)
	}
	return w.Close(a.db.chain.key, a.db.chain.secret)
}

// checkArchives looks at the archives that are still in the folder.
func (a *Audit) checkArchives(checker *audit.Checker, cut audit.Head) error {
	dir, err := os.OpenRoot(filepath.Join(filepath.Dir(a.db.path), audit.Folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	list, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range list {
		if _, ok := audit.Archived(e.Name()); !ok {
			continue
		}
		f, err := dir.Open(e.Name())
		if err != nil {
			return err
		}
		checker.Archive(e.Name(), f, cut)
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}
