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
		return nil, explain(err)
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
	return list, explain(rows.Err())
}

// one returns the first row of the query; ok is false when there is none.
func one[T any](ctx context.Context, from source, scan func(row) (T, error), query string, args ...any) (v T, ok bool, err error) {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return v, false, explain(err)
	}
	defer rows.Close()
	if !rows.Next() {
		return v, false, explain(rows.Err())
	}
	if v, err = scan(rows); err != nil {
		return v, false, err
	}
	return v, true, explain(errors.Join(rows.Close(), rows.Err()))
}

// column scans a row of one column.
func column[T any](r row) (v T, err error) {
	err = r.Scan(&v)
	return v, err
}
