package audit

import (
	"context"
	"strconv"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

// Nobody is how entries are shown, and asked for, that no user caused.
const Nobody = "SYSTEM_LOG"

// Filter chooses entries; a zero field chooses all.
type Filter struct {
	Text    string    `query:"text" maxLength:"200" doc:"Somewhere in the message, object, actor, address, action or request id, whatever its case."`
	Actor   string    `query:"actor" maxLength:"100" doc:"User name; SYSTEM_LOG for nobody."`
	Action  string    `query:"action" maxLength:"100" doc:"An action, or with a dot at its end all of an area: draft."`
	Object  string    `query:"object" maxLength:"500"`
	Result  string    `query:"result" enum:"done,refused,failed"`
	Type    string    `query:"type" enum:"Info,Warning,Error"`
	Address string    `query:"address" maxLength:"100"`
	From    time.Time `query:"from" doc:"Not before this moment."`
	To      time.Time `query:"to" doc:"Before this moment."`
}

// Query chooses a part of the log.
type Query struct {
	Filter
	Before int64         // only entries with lower ids; 0: all
	Limit  int           // entries at most
	Budget time.Duration // how long to look at most; 0: to the end
}

// Found is what a query found, the newest first.
type Found struct {
	Records []Record
	// Before continues the query: everything from this id on was looked at. It is 0
	// when nothing is left.
	Before int64
	Total  int64 // entries in the log, whatever the filter
}

// FindRequest asks for a page of the log.
type FindRequest struct {
	Filter
	Limit  int    `query:"limit" default:"100" minimum:"1" doc:"1,000 at most."`
	Cursor string `query:"cursor" doc:"next of the page before."`
}

// Entries is a page of the log.
type Entries struct {
	List  []Full
	Total int64
	Next  string
}

// findTime is how long the search for one page takes at most. Whoever looks for
// what is rare follows the cursor.
const findTime = 20 * time.Millisecond

// Find returns a page of the entries that the filter chooses, the newest first. A
// page may be short, even empty, and not the last: then as far as its cursor was
// looked at, and the next page looks on from there.
func (l *Log) Find(ctx context.Context, r FindRequest) (Entries, error) {
	q := Query{Filter: r.Filter, Limit: limit.Rows(r.Limit), Budget: findTime}
	if r.Cursor != "" {
		n, err := strconv.ParseInt(r.Cursor, 10, 64)
		if err != nil || n < 1 {
			return Entries{}, fault.New(fault.Malformed, "The cursor is none that a page ended with.").At("cursor", "is not valid")
		}
		q.Before = n
	}
	found, err := l.store.Find(ctx, q)
	if err != nil {
		return Entries{}, err
	}
	page := Entries{List: make([]Full, 0, len(found.Records)), Total: found.Total}
	for _, r := range found.Records {
		page.List = append(page.List, r.Full())
	}
	if found.Before > 0 {
		page.Next = strconv.FormatInt(found.Before, 10)
	}
	return page, nil
}

// Each calls fn with every entry that the filter chooses, the newest first, until
// it fails.
func (l *Log) Each(ctx context.Context, f Filter, fn func(Record) error) error {
	q := Query{Filter: f, Limit: limit.PageRows}
	for {
		found, err := l.store.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range found.Records {
			if err := fn(r); err != nil {
				return err
			}
		}
		if q.Before = found.Before; q.Before == 0 {
			return nil
		}
	}
}
