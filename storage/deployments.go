package storage

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"ecoflow/app/editor"
	"ecoflow/app/fault"
	"ecoflow/app/flow"
)

// deployedFlow is a row of deployment_flows.
type deployedFlow struct {
	id, name, change string
	content          []byte
}

func scanDeployedFlow(r row) (f deployedFlow, err error) {
	err = r.Scan(&f.id, &f.name, &f.change, &f.content)
	return f, err
}

// flowsOf returns the flows of a deployment in their order, those it removed left
// out.
func flowsOf(ctx context.Context, from source, number int64) ([]deployedFlow, error) {
	return all(ctx, from, scanDeployedFlow, `SELECT flow, name, change, content FROM deployment_flows
		WHERE deployment = ? AND content IS NOT NULL ORDER BY position`, number)
}

// seal is the hash of a deployment over its flows, so that a row that is missing
// or was changed is found.
func seal(flows []deployedFlow) []byte {
	h := sha256.New()
	for _, f := range flows {
		fmt.Fprintf(h, "%q %q %x\n", f.id, f.name, f.content)
	}
	return h.Sum(nil)
}

// LiveDeployment implements flow.Store.
func (s *Flows) LiveDeployment(ctx context.Context) (_ *flow.Deployment, err error) {
	tx, err := s.db.reads.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, explain(err)
	}
	defer func() { err = errors.Join(err, done(tx)) }()
	number, ok, err := one(ctx, tx, column[int64], `SELECT number FROM deployments ORDER BY number DESC LIMIT 1`)
	if err != nil || !ok {
		return nil, err
	}
	kept, flows, err := deployment(ctx, tx, number)
	if err != nil {
		return nil, err
	}
	d := &flow.Deployment{
		Number: number, At: kept.At, Author: kept.By, Note: kept.Note, Mode: kept.Mode, Restored: kept.Restored,
		Flows: make(flow.Document, len(flows)),
	}
	for _, f := range flows {
		content, err := unpack(ctx, tx, f.content)
		if err != nil {
			return nil, fmt.Errorf("deployment %d, flow %s: %w", number, f.name, err)
		}
		if d.Flows[f.name], err = flow.ParseFlow(f.name, content); err != nil {
			return nil, fmt.Errorf("deployment %d: %w", number, err)
		}
	}
	return d, nil
}

// done ends a transaction that only read.
func done(tx *view) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

// AddDeployment implements flow.Store. Drafts without work of their own follow:
// those that were as the flow was live become as it is now, and a flow that has
// no draft gets one. A draft that somebody changed since stays, and so does a
// locked one.
func (s *Flows) AddDeployment(ctx context.Context, d flow.Deployment) (number int64, err error) {
	names := d.Flows.Names()
	contents := make([]packed, len(names))
	for i, name := range names {
		content, err := d.Flows[name].AppendJSON(nil)
		if err != nil {
			return 0, fmt.Errorf("encode flow %s: %w", name, err)
		}
		if contents[i], err = pack(content); err != nil {
			return 0, err
		}
	}
	err = s.db.change(ctx, func(tx *sql.Tx) error {
		number, err = addDeployment(ctx, tx, d, names, contents)
		return err
	})
	return number, err
}

func addDeployment(ctx context.Context, tx *sql.Tx, d flow.Deployment, names []string, contents []packed) (int64, error) {
	last, _, err := one(ctx, tx, column[int64], `SELECT coalesce(max(number), 0) FROM deployments`)
	if err != nil {
		return 0, err
	}
	before, err := flowsOf(ctx, tx, last)
	if err != nil {
		return 0, err
	}
	ids, err := identify(ctx, tx, names, before)
	if err != nil {
		return 0, err
	}
	was := make(map[string]deployedFlow, len(before))
	for _, f := range before {
		was[f.id] = f
	}
	flows := make([]deployedFlow, len(names))
	for i, name := range names {
		f := deployedFlow{id: ids[i], name: name, content: contents[i].hash, change: "added"}
		if err := contents[i].put(ctx, tx); err != nil {
			return 0, err
		}
		if old, ok := was[f.id]; ok {
			f.change = "same"
			if old.name != name || !bytes.Equal(old.content, f.content) {
				f.change = "changed"
			}
		}
		if f.id, err = follow(ctx, tx, d, f, was[f.id].content); err != nil {
			return 0, err
		}
		delete(was, f.id)
		flows[i] = f
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO deployments (time, author, mode, note, restored, hash) VALUES (?, ?, ?, ?, nullif(?, 0), ?)`,
		d.At.UnixMilli(), d.Author, string(d.Mode), d.Note, d.Restored, seal(flows))
	if err != nil {
		return 0, err
	}
	number, err := res.LastInsertId()
	if err != nil {
		return 0, err
	}
	for _, f := range before {
		if _, gone := was[f.id]; !gone {
			continue
		}
		if _, err := tx.ExecContext(ctx, `UPDATE flows SET content = NULL, revision = revision + 1, author = ?, saved = ? WHERE id = ? AND content = ? AND locked = 0`,
			d.Author, d.At.UnixMilli(), f.id, f.content); err != nil {
			return 0, err
		}
		flows = append(flows, deployedFlow{id: f.id, name: f.name, change: "removed"})
	}
	for i, f := range flows {
		if _, err := tx.ExecContext(ctx, `INSERT INTO deployment_flows (deployment, flow, name, position, change, content) VALUES (?, ?, ?, ?, ?, ?)`,
			number, f.id, f.name, i, f.change, f.content); err != nil {
			return 0, err
		}
	}
	return number, nil
}

// identify finds the flows that the names mean: the drafts of the names, else
// what was live under them, else a flow that once had the name; "" is a new one.
func identify(ctx context.Context, tx *sql.Tx, names []string, before []deployedFlow) ([]string, error) {
	ids := make([]string, len(names))
	used := map[string]bool{}
	find := func(i int, id string) {
		if ids[i] == "" && id != "" && !used[id] {
			ids[i], used[id] = id, true
		}
	}
	for i, name := range names {
		id, _, err := one(ctx, tx, column[string], `SELECT id FROM flows WHERE key = ? AND content IS NOT NULL`, flow.NameKey(name))
		if err != nil {
			return nil, err
		}
		find(i, id)
	}
	live := map[string]string{}
	for _, f := range before {
		live[flow.NameKey(f.name)] = f.id
	}
	for i, name := range names {
		find(i, live[flow.NameKey(name)])
		if ids[i] != "" {
			continue
		}
		id, _, err := one(ctx, tx, column[string], `SELECT id FROM flows WHERE key = ? ORDER BY saved DESC LIMIT 1`, flow.NameKey(name))
		if err != nil {
			return nil, err
		}
		find(i, id)
	}
	return ids, nil
}

// follow brings the draft of a deployed flow after it and returns the flow's id.
func follow(ctx context.Context, tx *sql.Tx, d flow.Deployment, f deployedFlow, was []byte) (string, error) {
	if f.id == "" {
		f.id = rand.Text()
		return f.id, addFlow(ctx, tx, f.id, editor.Save{Name: f.name, By: d.Author, At: d.At}, f.content)
	}
	draft, _, err := one(ctx, tx, column[[]byte], `SELECT content FROM flows WHERE id = ?`, f.id)
	if err != nil {
		return "", err
	}
	if draft == nil {
		return f.id, revive(ctx, tx, f.id, f.name, f.content, d.Author, d.At)
	}
	_, err = tx.ExecContext(ctx, `UPDATE flows SET content = ?1, revision = revision + 1, author = ?2, saved = ?3
		WHERE id = ?4 AND content = ?5 AND content <> ?1 AND locked = 0`, f.content, d.Author, d.At.UnixMilli(), f.id, was)
	return f.id, err
}

// LiveFlows implements editor.Store.
func (s *Flows) LiveFlows(ctx context.Context) ([]editor.LiveFlow, error) {
	return all(ctx, s.db.reads, scanLiveFlow, `SELECT f.flow, f.name, f.content, d.number, d.author, d.time
		FROM deployment_flows f JOIN deployments d ON d.number = coalesce(
			(SELECT max(deployment) FROM deployment_flows WHERE flow = f.flow AND change IN ('added', 'changed')),
			(SELECT min(deployment) FROM deployment_flows WHERE flow = f.flow))
		WHERE f.deployment = (SELECT max(number) FROM deployments) AND f.content IS NOT NULL ORDER BY f.position`)
}

func scanLiveFlow(r row) (l editor.LiveFlow, err error) {
	var at int64
	var hash []byte
	err = r.Scan(&l.ID, &l.Name, &hash, &l.Deployment, &l.By, &at)
	l.Hash, l.At = hex.EncodeToString(hash), time.UnixMilli(at).UTC()
	return l, err
}

const deploymentColumns = `number, time, author, mode, note, pinned, coalesce(restored, 0), number = (SELECT max(number) FROM deployments)`

func scanDeployment(r row) (d editor.Deployment, err error) {
	var at int64
	err = r.Scan(&d.Number, &at, &d.By, &d.Mode, &d.Note, &d.Pinned, &d.Restored, &d.Live)
	d.At = time.UnixMilli(at).UTC()
	d.Added, d.Changed, d.Removed = []string{}, []string{}, []string{}
	return d, err
}

// Deployments implements editor.Store.
func (s *Flows) Deployments(ctx context.Context, q editor.DeploymentQuery) (_ []editor.Deployment, total int, err error) {
	tx, err := s.db.reads.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, 0, explain(err)
	}
	defer func() { err = errors.Join(err, done(tx)) }()
	const where = ` FROM deployments WHERE (?1 = '' OR EXISTS (SELECT 1 FROM deployment_flows f
		WHERE f.deployment = number AND f.change <> 'same' AND f.flow IN (SELECT id FROM flows WHERE key = ?1)))`
	key := ""
	if q.Flow != "" {
		key = flow.NameKey(q.Flow)
	}
	if total, _, err = one(ctx, tx, column[int], `SELECT count(*)`+where, key); err != nil {
		return nil, 0, err
	}
	list, err := all(ctx, tx, scanDeployment, `SELECT `+deploymentColumns+where+` AND (?2 = 0 OR number < ?2) ORDER BY number DESC LIMIT ?3`, key, q.Before, q.Limit)
	if err != nil {
		return nil, 0, err
	}
	for i := range list {
		if err := changesOf(ctx, tx, &list[i]); err != nil {
			return nil, 0, err
		}
	}
	return list, total, nil
}

// changesOf fills in which flows a deployment changed.
func changesOf(ctx context.Context, from source, d *editor.Deployment) error {
	flows, err := all(ctx, from, scanDeployedFlow, `SELECT flow, name, change, content FROM deployment_flows
		WHERE deployment = ? AND change <> 'same' ORDER BY position`, d.Number)
	if err != nil {
		return err
	}
	for _, f := range flows {
		switch f.change {
		case "added":
			d.Added = append(d.Added, f.name)
		case "changed":
			d.Changed = append(d.Changed, f.name)
		case "removed":
			d.Removed = append(d.Removed, f.name)
		}
	}
	return nil
}

// deployment returns a deployment whose seal fits its flows.
func deployment(ctx context.Context, from source, number int64) (editor.Deployment, []deployedFlow, error) {
	d, ok, err := one(ctx, from, scanDeployment, `SELECT `+deploymentColumns+` FROM deployments WHERE number = ?`, number)
	if err != nil {
		return d, nil, err
	}
	if !ok {
		return d, nil, fault.New(fault.NotFound, "There is no deployment %d.", number).WithCode("unknown_deployment")
	}
	if err := changesOf(ctx, from, &d); err != nil {
		return d, nil, err
	}
	flows, err := flowsOf(ctx, from, number)
	if err != nil {
		return d, nil, err
	}
	sealed, _, err := one(ctx, from, column[[]byte], `SELECT hash FROM deployments WHERE number = ?`, number)
	if err == nil && !bytes.Equal(sealed, seal(flows)) {
		err = fault.New(fault.Unavailable, "Deployment %d is damaged and is not used: its flows do not fit its hash.", number).WithCode("deployment_damaged")
	}
	return d, flows, err
}

// Deployment implements editor.Store.
func (s *Flows) Deployment(ctx context.Context, number int64) (_ editor.Deployment, _ []editor.DeployedFlow, err error) {
	tx, err := s.db.reads.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return editor.Deployment{}, nil, explain(err)
	}
	defer func() { err = errors.Join(err, done(tx)) }()
	d, flows, err := deployment(ctx, tx, number)
	list := make([]editor.DeployedFlow, len(flows))
	for i, f := range flows {
		list[i] = editor.DeployedFlow{ID: f.id, Name: f.name, Hash: hex.EncodeToString(f.content)}
	}
	return d, list, err
}

// AnnotateDeployment implements editor.Store.
func (s *Flows) AnnotateDeployment(ctx context.Context, number int64, note *string, pinned *bool) (editor.Deployment, error) {
	err := s.db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE deployments SET note = coalesce(?, note), pinned = coalesce(?, pinned) WHERE number = ?`, note, pinned, number)
		return err
	})
	if err != nil {
		return editor.Deployment{}, err
	}
	d, _, err := s.Deployment(ctx, number)
	return d, err
}

// PruneDeployments implements editor.Store.
func (s *Flows) PruneDeployments(ctx context.Context, keep int) error {
	const old = ` FROM deployments WHERE note = '' AND pinned = 0 AND number NOT IN (SELECT number FROM deployments ORDER BY number DESC LIMIT max(?, 1))`
	n, _, err := one(ctx, s.db.reads, column[int], `SELECT count(*)`+old, keep)
	if err != nil || n == 0 {
		return err
	}
	return s.db.change(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE`+old, keep); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM flow_contents
			WHERE NOT EXISTS (SELECT 1 FROM flows WHERE content = hash) AND NOT EXISTS (SELECT 1 FROM deployment_flows WHERE content = hash)`)
		return err
	})
}
