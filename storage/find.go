package storage

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"ecoflow/app/audit"
)

const (
	// scanned is how many records one look goes along where no index helps …
	scanned = 2000
	// … and how many of those that an index names.
	indexed = 1000
	// clockSlack is how many records around a moment may be out of order in time,
	// because the clock was set.
	clockSlack = 4096
)

// Find returns the records that the query chooses, the newest first.
//
// It looks at one stretch of the log after the other until it has enough or the
// budget is spent, so that it is quick whatever is asked: an index leads from one
// candidate to the next, and what it does not decide is checked for each.
func (a *Audit) Find(ctx context.Context, q audit.Query) (found audit.Found, err error) {
	start := time.Now()
	tx, err := a.db.reads.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return found, explain(err)
	}
	defer tx.Rollback()
	whole, err := endsOf(ctx, tx)
	if err != nil {
		return found, err
	}
	found.Total = whole.total()
	found.Records = []audit.Record{}
	if found.Total == 0 {
		return found, nil
	}
	s := search{tx: tx, low: whole.first, at: whole.last + 1, enough: q.Limit}
	if q.Before > 0 {
		s.at = min(s.at, q.Before)
	}
	if err := s.prepare(ctx, q.Filter); err != nil {
		return found, err
	}
	for s.at > s.low && !s.nothing {
		list, err := s.look(ctx, q.Limit-len(found.Records))
		if err != nil {
			return found, err
		}
		if found.Records = append(found.Records, list...); len(found.Records) >= q.Limit {
			break
		}
		if q.Budget > 0 && time.Since(start) > q.Budget {
			break
		}
	}
	if s.at > s.low && !s.nothing {
		found.Before = s.at
	}
	return found, nil
}

// search is a query under way.
type search struct {
	tx      source
	low, at int64 // ids: the search goes from below at down to low
	enough  int
	nothing bool // the filter can choose nothing

	leading string   // the column whose index leads; "" for none
	values  []string // that it may have
	rest    string   // what else a record has to be: "AND …"
	args    []any    // of rest
}

// prepare translates the filter.
func (s *search) prepare(ctx context.Context, f audit.Filter) error {
	var rest strings.Builder
	and := func(condition string, args ...any) {
		rest.WriteString(" AND " + condition)
		s.args = append(s.args, args...)
	}
	// The first of these that is given leads, the others are checked: what chooses
	// few comes first.
	one := func(name, value string) {
		switch {
		case value == "":
		case s.leading == "":
			s.leading, s.values = name, []string{value}
		default:
			and(name+" = ?", value)
		}
	}
	one("object", f.Object)
	if f.Result != string(audit.Done) {
		one("result", f.Result)
	}
	if f.Type != audit.Info {
		one("type", f.Type)
	}
	one("address", f.Address)
	if area, whole := strings.CutSuffix(f.Action, "."); !whole {
		one("action", f.Action)
	} else if s.leading != "" || f.Actor != "" {
		and("action >= ? AND action < ?", area+".", area+"/") // the character after the dot
	} else if err := s.area(ctx, area); err != nil {
		return err
	}
	switch f.Actor {
	case "":
	case audit.Nobody:
		if s.leading == "" {
			s.leading, s.values = "actor", []string{""}
		} else {
			and("actor = ''")
		}
	default:
		one("actor", f.Actor)
	}
	if f.Result == string(audit.Done) {
		one("result", f.Result)
	}
	if f.Type == audit.Info {
		one("type", f.Type)
	}
	if f.Text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(f.Text) + "%"
		var columns []string
		for _, name := range []string{"message", "object", "actor", "address", "action", "request_id"} {
			columns = append(columns, name+` LIKE ? ESCAPE '\'`)
			s.args = append(s.args, like)
		}
		rest.WriteString(" AND (" + strings.Join(columns, " OR ") + ")")
	}
	if !f.From.IsZero() {
		and("time >= ?", f.From.UnixMilli())
		id, err := s.moment(ctx, f.From)
		if err != nil {
			return err
		}
		s.low = max(s.low, id-clockSlack)
	}
	if !f.To.IsZero() {
		and("time < ?", f.To.UnixMilli())
		id, err := s.moment(ctx, f.To)
		if err != nil {
			return err
		}
		s.at = min(s.at, id+clockSlack)
	}
	s.rest = rest.String()
	return nil
}

// area has the actions of an area lead: those that occur, from one to the next by
// the index.
func (s *search) area(ctx context.Context, name string) error {
	list, err := all(ctx, s.tx, column[string], `WITH RECURSIVE found (action) AS (
			SELECT min(action) FROM audit WHERE action >= ?1 AND action < ?2
			UNION ALL
			SELECT (SELECT min(action) FROM audit WHERE action > found.action AND action < ?2) FROM found WHERE found.action IS NOT NULL
		) SELECT action FROM found WHERE action IS NOT NULL`, name+".", name+"/")
	if err != nil {
		return err
	}
	s.leading, s.values, s.nothing = "action", list, len(list) == 0
	return nil
}

// moment returns the id of about the first record that is not before t.
func (s *search) moment(ctx context.Context, t time.Time) (int64, error) {
	low, high := s.low, s.at
	for low < high {
		middle := low + (high-low)/2
		at, ok, err := one(ctx, s.tx, column[int64], `SELECT time FROM audit WHERE id >= ? ORDER BY id LIMIT 1`, middle)
		if err != nil {
			return 0, err
		}
		if ok && at < t.UnixMilli() {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}

// look goes along the next stretch of the log and returns up to enough records of
// it; at is how far it came.
func (s *search) look(ctx context.Context, enough int) ([]audit.Record, error) {
	next := max(s.at-scanned, s.low)
	condition, args := "", []any{}
	table := "audit NOT INDEXED"
	if s.leading != "" {
		var err error
		if next, err = s.stretch(ctx); err != nil {
			return nil, err
		}
		table = "audit INDEXED BY audit_by_" + s.leading
		condition = " AND " + s.leading + " IN (?" + strings.Repeat(", ?", len(s.values)-1) + ")"
		for _, v := range s.values {
			args = append(args, v)
		}
	}
	list, err := all(ctx, s.tx, scanRecord, `SELECT `+recordColumns+` FROM `+table+` WHERE id < ? AND id >= ?`+condition+s.rest+
		` ORDER BY id DESC LIMIT ?`, append(append(append([]any{s.at, next}, args...), s.args...), enough)...)
	if err != nil {
		return nil, err
	}
	if s.at = next; len(list) == enough {
		s.at = list[enough-1].ID
	}
	return list, nil
}

// stretch returns the id at which a stretch ends that has no more records than a
// look goes along.
func (s *search) stretch(ctx context.Context) (int64, error) {
	most := indexed
	if s.rest == "" {
		most = s.enough // each of them is one that is looked for
	}
	newest := fmt.Sprintf(`SELECT id FROM (SELECT id FROM audit INDEXED BY audit_by_%s WHERE %s = ? AND id < ? AND id >= ? ORDER BY id DESC LIMIT %d)`, s.leading, s.leading, most)
	var args []any
	for _, v := range s.values {
		args = append(args, v, s.at, s.low)
	}
	id, ok, err := one(ctx, s.tx, column[int64],
		strings.Repeat(newest+" UNION ALL ", len(s.values)-1)+newest+fmt.Sprintf(` ORDER BY id DESC LIMIT 1 OFFSET %d`, most-1), args...)
	if err != nil || !ok {
		return s.low, err // the rest has fewer
	}
	return id, nil
}
