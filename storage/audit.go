package storage

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

// stateBytes is how much of the state before or after a change an entry keeps.
const stateBytes = 16 << 10

// Audit keeps the audit entries.
type Audit struct{ db *DB }

// Audit returns the store of audit entries.
func (db *DB) Audit() *Audit { return &Audit{db} }

// Append stores the entry in a transaction of its own, as the context's actor.
func (a *Audit) Append(ctx context.Context, e *audit.Entry) error {
	return a.db.change(audit.WithEntry(ctx, e), func(*sql.Tx) error { return nil })
}

// Watch has fn called with each record once it is stored, in their order, by the
// writer: it must not wait. It replaces the one before.
func (a *Audit) Watch(fn func(audit.Record)) { a.db.audited.Store(&fn) }

const recordColumns = `id, time, actor, address, action, object, message, type, result, before, after, request_id, key, mac`

func scanRecord(r row) (rec audit.Record, err error) {
	var at int64
	err = r.Scan(&rec.ID, &at, &rec.Actor, &rec.Address, &rec.Action, &rec.Object, &rec.Message, &rec.Type, &rec.Result,
		&rec.Before, &rec.After, &rec.RequestID, &rec.Key, &rec.MAC)
	rec.Time = time.UnixMilli(at).UTC()
	return rec, err
}

// Page returns up to limit records, the newest first, after skipping offset of
// them, and how many there are in all.
func (a *Audit) Page(ctx context.Context, offset, limit int) (list []audit.Record, total int, err error) {
	tx, err := a.db.reads.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, 0, explain(err)
	}
	defer tx.Rollback()
	ends, err := endsOf(ctx, tx)
	if err != nil {
		return nil, 0, err
	}
	// The ids have no gaps, so that neither counting nor skipping has to go along
	// them; somebody who made gaps gets shorter pages.
	list, err = all(ctx, tx, scanRecord, `SELECT `+recordColumns+` FROM audit WHERE id <= ? AND id > ? ORDER BY id DESC`,
		ends.last-int64(offset), ends.last-int64(offset)-int64(limit))
	return list, int(ends.total()), err
}

// ends are the ids of the oldest and the newest record.
type ends struct{ first, last int64 }

func (e ends) total() int64 {
	if e.last == 0 {
		return 0
	}
	return e.last - e.first + 1
}

func endsOf(ctx context.Context, from source) (ends, error) {
	e, _, err := one(ctx, from, func(r row) (e ends, err error) {
		var first, last sql.NullInt64
		err = r.Scan(&first, &last)
		return ends{first.Int64, last.Int64}, err
	}, `SELECT (SELECT min(id) FROM audit), (SELECT max(id) FROM audit)`)
	return e, err
}

// Tampered reports whether the chain did not end where it should when the database
// was opened.
func (a *Audit) Tampered() bool { return a.db.tampered }

// Verify goes along the whole chain.
func (a *Audit) Verify(ctx context.Context) (audit.Verdict, error) {
	tx, err := a.db.reads.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return audit.Verdict{}, explain(err)
	}
	defer tx.Rollback()
	keys, err := a.db.chainKeys(ctx, tx)
	if err != nil {
		return audit.Verdict{}, err
	}
	checker := audit.NewChecker(keys)
	cut, ok, err := one(ctx, tx, scanHead, selectCut)
	if err != nil {
		return audit.Verdict{}, err
	}
	if ok {
		checker.Begin(cut)
	}
	if err := a.checkArchives(checker, cut); err != nil {
		return audit.Verdict{}, err
	}
	rows, err := tx.QueryContext(ctx, `SELECT `+recordColumns+` FROM audit ORDER BY id`)
	if err != nil {
		return audit.Verdict{}, explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanRecord(rows)
		if err != nil {
			return audit.Verdict{}, err
		}
		checker.Next(r)
	}
	if err := rows.Err(); err != nil {
		return audit.Verdict{}, explain(err)
	}
	head, ok, err := one(ctx, tx, scanHead, selectHead)
	if err != nil {
		return audit.Verdict{}, err
	}
	if !ok {
		return checker.End(nil), nil
	}
	return checker.End(&head), nil
}

const selectHead = `SELECT last, mac, key, seal FROM audit_head`

func scanHead(r row) (h audit.Head, err error) {
	err = r.Scan(&h.Last, &h.MAC, &h.Key, &h.Seal)
	return h, err
}

// chain is what extends the audit chain. It belongs to the writer alone.
type chain struct {
	key    int64
	secret []byte
	head   audit.Head // as committed
}

// add stores the entry as the record after head, and returns it.
func (c *chain) add(ctx context.Context, tx *sql.Tx, head audit.Head, e *audit.Entry) (audit.Record, error) {
	r, err := record(ctx, e)
	if err != nil {
		return r, err
	}
	r.ID, r.Key = head.Last+1, c.key
	r.MAC = r.Sign(c.secret, head.MAC)
	_, err = tx.ExecContext(ctx, `INSERT INTO audit (`+recordColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.Time.UnixMilli(), r.Actor, r.Address, r.Action, r.Object, r.Message, r.Type, string(r.Result),
		text(r.Before), text(r.After), r.RequestID, r.Key, r.MAC)
	if err != nil {
		return r, fmt.Errorf("store audit entry: %w", err)
	}
	return r, nil
}

// save writes the head that the transaction ends with.
func (c *chain) save(ctx context.Context, tx *sql.Tx, head audit.Head) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO audit_head (only, last, mac, key, seal) VALUES (1, ?, ?, ?, ?)
		ON CONFLICT (only) DO UPDATE SET last = excluded.last, mac = excluded.mac, key = excluded.key, seal = excluded.seal`,
		head.Last, head.MAC, head.Key, head.Sign(c.secret))
	return err
}

// record fills the entry in from the context.
func record(ctx context.Context, e *audit.Entry) (audit.Record, error) {
	who := auth.ActorFrom(ctx)
	r := audit.Record{
		Time: time.Now().UTC().Truncate(time.Millisecond), Actor: or(e.Actor, who.Username), Address: who.Address,
		Action: e.Action, Object: e.Object, Message: or(e.Message, e.Action), Type: e.Type, Result: e.Result,
		RequestID: or(e.RequestID, fault.Request(ctx)),
	}
	if r.Result == "" {
		r.Result = audit.Done
	}
	if r.Type == "" {
		r.Type = audit.Info
		if r.Result != audit.Done {
			r.Type = audit.Warning
		}
	}
	var err error
	if r.Before, err = state(e.Before); err != nil {
		return r, err
	}
	r.After, err = state(e.After)
	return r, err
}

// state encodes the state before or after a change; one that is too large is
// replaced by its size.
func state(v any) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode audit entry: %w", err)
	}
	if len(b) > stateBytes {
		return fmt.Appendf(nil, `{"omitted":true,"bytes":%d}`, len(b)), nil
	}
	return b, nil
}

// text stores JSON as TEXT, and nothing as NULL.
func text(b []byte) any {
	if b == nil {
		return nil
	}
	return string(b)
}

// loadChain finds the key that signs and where the chain ends. A chain that does
// not end where it should is not mended: it goes on after an entry that says so
// and that never will verify.
func (db *DB) loadChain(ctx context.Context) error {
	if err := db.loadChainKey(ctx); err != nil {
		return err
	}
	cut, _, err := one(ctx, db.writer, scanHead, selectCut)
	if err != nil {
		return err
	}
	db.cut.Store(cut.Last)
	head, ok, err := one(ctx, db.writer, scanHead, selectHead)
	if err != nil {
		return err
	}
	last, _, err := one(ctx, db.writer, func(r row) (h audit.Head, err error) {
		err = r.Scan(&h.Last, &h.MAC)
		return h, err
	}, `SELECT id, mac FROM audit ORDER BY id DESC LIMIT 1`)
	if err != nil {
		return err
	}
	sound := ok && head.Last == last.Last && hmac.Equal(head.MAC, last.MAC)
	if sound && head.Key == db.chain.key {
		sound = hmac.Equal(head.Seal, head.Sign(db.chain.secret))
	}
	db.chain.head = audit.Head{Last: last.Last, MAC: append([]byte{}, last.MAC...), Key: db.chain.key}
	if sound || db.created {
		return db.writeHead(ctx)
	}
	db.chain.head = audit.Head{Last: max(head.Last, last.Last), MAC: random(), Key: db.chain.key}
	w := &write{
		ctx: audit.WithEntry(ctx, &audit.Entry{
			Action: "audit.broken", Type: audit.Error, Result: audit.Failed,
			Message: "The audit log does not end where it should: it was changed outside the product.",
		}),
		fn: func(*sql.Tx) error { return nil }, done: make(chan error, 1),
	}
	db.tampered = true
	db.log.Error("audit log was changed outside the product", "recorded", head.Last, "found", last.Last)
	db.commitAll([]*write{w})
	return <-w.done
}

// loadChainKey takes the newest key that opens, or makes one.
func (db *DB) loadChainKey(ctx context.Context) error {
	keys, err := db.chainKeys(ctx, db.writer)
	if err != nil {
		return err
	}
	for id, secret := range keys {
		if id > db.chain.key {
			db.chain.key, db.chain.secret = id, secret
		}
	}
	if db.chain.secret != nil {
		return nil
	}
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	secret := random()
	var id int64
	if err := tx.QueryRowContext(ctx, `INSERT INTO audit_keys (sealed) VALUES (NULL) RETURNING id`).Scan(&id); err != nil {
		return err
	}
	// Without a lasting key the entries of this process cannot be verified later,
	// which Verify says.
	if sealed, err := db.keys.Seal(chainKeyName(id), secret); err == nil {
		if _, err := tx.ExecContext(ctx, `UPDATE audit_keys SET sealed = ? WHERE id = ?`, sealed, id); err != nil {
			return err
		}
	}
	db.chain.key, db.chain.secret = id, secret
	return tx.Commit()
}

// chainKeys returns the keys of the chain that the keyring opens, and the one in
// use, by their ids.
func (db *DB) chainKeys(ctx context.Context, from source) (map[int64][]byte, error) {
	type sealedKey struct {
		id     int64
		sealed []byte
	}
	list, err := all(ctx, from, func(r row) (k sealedKey, err error) {
		err = r.Scan(&k.id, &k.sealed)
		return k, err
	}, `SELECT id, sealed FROM audit_keys`)
	if err != nil {
		return nil, err
	}
	keys := map[int64][]byte{}
	if db.chain.secret != nil {
		keys[db.chain.key] = db.chain.secret
	}
	for _, k := range list {
		if secret, err := db.keys.Open(chainKeyName(k.id), k.sealed); err == nil {
			keys[k.id] = secret
		}
	}
	return keys, nil
}

func chainKeyName(id int64) string { return fmt.Sprintf("audit_keys/%d", id) }

func (db *DB) writeHead(ctx context.Context) error {
	stored, ok, err := one(ctx, db.writer, scanHead, selectHead)
	if err != nil || (ok && stored.Key == db.chain.key) {
		return err // as it was: starting writes nothing
	}
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	return errors.Join(db.chain.save(ctx, tx, db.chain.head), tx.Commit())
}

func random() []byte {
	b := make([]byte, 32)
	rand.Read(b)
	return b
}
