package storage

import (
	"context"
	"database/sql"
	"errors"
)

// source is what a query runs on: db.reads, or the transaction of a change.
type source interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// row is what a scan function reads the columns of one row from.
type row interface {
	Scan(columns ...any) error
}

// all returns every row of the query as scan reads it, never nil. A scan function
// that only wants the one column is column[T].
func all[T any](ctx context.Context, from source, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, notice(from, err)
	}
	defer rows.Close()
	list := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, notice(from, rows.Err())
}

// one returns the first row of the query; ok is false when there is none.
func one[T any](ctx context.Context, from source, scan func(row) (T, error), query string, args ...any) (v T, ok bool, err error) {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return v, false, notice(from, err)
	}
	defer rows.Close()
	if !rows.Next() {
		return v, false, notice(from, rows.Err())
	}
	if v, err = scan(rows); err != nil {
		return v, false, err
	}
	return v, true, notice(from, errors.Join(rows.Close(), rows.Err()))
}

// column scans a row of one column.
func column[T any](r row) (v T, err error) {
	err = r.Scan(&v)
	return v, err
}

// pool is the connections that read. They refuse while the database is not where
// it was opened: what they would find is not what is kept.
type pool struct {
	*sql.DB
	of *DB
}

// QueryContext implements source.
func (p *pool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if f := p.of.gone.Load(); f != nil {
		return nil, f
	}
	return p.DB.QueryContext(ctx, query, args...)
}

// BeginTx begins a look at one moment of the database.
func (p *pool) BeginTx(ctx context.Context, o *sql.TxOptions) (*view, error) {
	if f := p.of.gone.Load(); f != nil {
		return nil, f
	}
	tx, err := p.DB.BeginTx(ctx, o)
	return &view{tx, p.of}, err
}

// known is pool for who somebody is: people who are signed in stay so while the
// database is gone, and can be told.
type known struct{ *pool }

// QueryContext implements source.
func (k known) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return k.DB.QueryContext(ctx, query, args...)
}

// view is a transaction that reads.
type view struct {
	*sql.Tx
	of *DB
}

func (p *pool) noticed(err error) error { return p.of.noticed(err) }
func (v *view) noticed(err error) error { return v.of.noticed(err) }

// notice is explain for what was read from a source; the database hears of damage.
func notice(from source, err error) error {
	err = explain(err)
	if n, ok := from.(interface{ noticed(error) error }); ok {
		return n.noticed(err)
	}
	return err
}
