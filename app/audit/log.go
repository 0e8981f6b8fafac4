package audit

import (
	"context"
	"sync"
	"time"

	"ecoflow/app/event"
)

// PageRows is how many entries a page of the log has.
const PageRows = 100

// Store keeps the entries and their chain.
type Store interface {
	// Append stores an entry in a transaction of its own, as the context's actor.
	Append(ctx context.Context, e *Entry) error
	// Page returns up to limit records after skipping offset of them, the newest
	// first, and how many there are in all.
	Page(ctx context.Context, offset, limit int) ([]Record, int, error)
	// Find returns what a query finds.
	Find(ctx context.Context, q Query) (Found, error)
	// Verify goes along the whole chain.
	Verify(ctx context.Context) (Verdict, error)
	// Prune moves the entries from before the moment to signed archives. It fails with
	// fault.Conflict when they were changed.
	Prune(ctx context.Context, before time.Time) error
	// Cut returns the last entry that was moved to an archive, 0 for none.
	Cut() int64
	// Tampered reports whether the chain did not end where it should when it was
	// opened.
	Tampered() bool
	// Watch has fn called with each record once it is stored, in their order. It
	// must not wait.
	Watch(fn func(Record))
}

// Log is the audit log.
type Log struct {
	store Store
	turn  chan struct{} // held by the check or pruning that runs

	mu        sync.Mutex
	chain     Chain
	verifying bool
}

// New returns the log over its store; it publishes every entry that is stored.
func New(store Store, events *event.Stream) *Log {
	store.Watch(func(r Record) { events.Publish(event.Audit, r.Line()) })
	l := &Log{store: store, turn: make(chan struct{}, 1), chain: Chain{State: Unverified, Breaks: []Break{}}}
	if store.Tampered() {
		l.chain.State = Broken
	}
	return l
}

// Append stores an entry for what changes nothing: a refusal, a failed sign-in.
// It is stored even when the request that caused it has ended.
func (l *Log) Append(ctx context.Context, e *Entry) error {
	return l.store.Append(context.WithoutCancel(ctx), e)
}

// Page returns the page with the number, from 1, of PageRows records each, the
// newest first, and how many records there are.
func (l *Log) Page(ctx context.Context, number int) (records []Record, total int, err error) {
	return l.store.Page(ctx, (max(number, 1)-1)*PageRows, PageRows)
}
