package storage

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"ecoflow/app/editor"
	"ecoflow/app/fault"
	"ecoflow/app/flow"
	"ecoflow/app/limit"
)

// Flows keeps drafts, their tests and the deployments. It implements flow.Store
// and editor.Store.
type Flows struct{ db *DB }

// Flows returns the store of flows.
func (db *DB) Flows() *Flows { return &Flows{db} }

// packed is a flow's JSON as it is kept.
type packed struct{ hash, data []byte }

func pack(content []byte) (packed, error) {
	var buf bytes.Buffer
	w, err := flate.NewWriter(&buf, flate.BestSpeed)
	if err != nil {
		return packed{}, fmt.Errorf("pack a flow: %w", err)
	}
	if _, err := w.Write(content); err != nil {
		return packed{}, fmt.Errorf("pack a flow: %w", err)
	}
	if err := w.Close(); err != nil {
		return packed{}, fmt.Errorf("pack a flow: %w", err)
	}
	sum := sha256.Sum256(content)
	return packed{sum[:], buf.Bytes()}, nil
}

// put stores content; content of the same hash that was damaged heals.
func (p packed) put(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO flow_contents (hash, data) VALUES (?, ?)
		ON CONFLICT (hash) DO UPDATE SET data = excluded.data WHERE data <> excluded.data`, p.hash, p.data)
	return err
}

// drop forgets content that nothing points at any more.
func drop(ctx context.Context, tx *sql.Tx, hash []byte) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM flow_contents WHERE hash = ?1
		AND NOT EXISTS (SELECT 1 FROM flows WHERE content = ?1)
		AND NOT EXISTS (SELECT 1 FROM deployment_flows WHERE content = ?1)`, hash)
	return err
}

// unpack returns the JSON of a hash, or a fault when it does not fit.
func unpack(ctx context.Context, from source, hash []byte) ([]byte, error) {
	data, ok, err := one(ctx, from, column[[]byte], `SELECT data FROM flow_contents WHERE hash = ?`, hash)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, damaged("it is missing")
	}
	content, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), maxContent))
	if err != nil {
		return nil, damaged(err.Error())
	}
	if sum := sha256.Sum256(content); !bytes.Equal(sum[:], hash) {
		return nil, damaged("it does not fit its hash")
	}
	return content, nil
}

// maxContent bounds what is unpacked: flows come in with limit.FlowsBody, and
// grow a little when their text is written without escapes of ours.
const maxContent = 8 * limit.FlowsBody

func damaged(how string) error {
	return fault.New(fault.Unavailable, "The stored flow is damaged and is not used: %s.", how).WithCode("flow_damaged")
}

// Content implements editor.Store.
func (s *Flows) Content(ctx context.Context, hash string) ([]byte, error) {
	sum, err := hex.DecodeString(hash)
	if err != nil {
		return nil, fmt.Errorf("content %q: %w", hash, err)
	}
	return unpack(ctx, s.db.reads, sum)
}

const draftColumns = `id, name, folder, position, locked, revision, author, saved,
	(SELECT count(*) FROM flow_tests WHERE flow = flows.id), coalesce(content, x'')`

func scanDraft(r row) (d editor.Draft, err error) {
	var saved int64
	var hash []byte
	err = r.Scan(&d.ID, &d.Name, &d.Folder, &d.Position, &d.Locked, &d.Revision, &d.SavedBy, &saved, &d.Tests, &hash)
	d.SavedAt, d.Hash = time.UnixMilli(saved).UTC(), hex.EncodeToString(hash)
	return d, err
}

// Drafts implements editor.Store.
func (s *Flows) Drafts(ctx context.Context) ([]editor.Draft, error) {
	return all(ctx, s.db.reads, scanDraft, `SELECT `+draftColumns+` FROM flows WHERE content IS NOT NULL ORDER BY position, key`)
}

// Draft implements editor.Store.
func (s *Flows) Draft(ctx context.Context, name string) (editor.Draft, bool, error) {
	return one(ctx, s.db.reads, scanDraft, `SELECT `+draftColumns+` FROM flows WHERE key = ? AND content IS NOT NULL`, flow.NameKey(name))
}

// SaveDrafts implements editor.Store.
func (s *Flows) SaveDrafts(ctx context.Context, saves []editor.Save) ([]editor.Draft, error) {
	contents := make([]packed, len(saves))
	for i, save := range saves {
		var err error
		if contents[i], err = pack(save.Content); err != nil {
			return nil, err
		}
	}
	var saved []editor.Draft
	err := s.db.change(ctx, func(tx *sql.Tx) error {
		saved = make([]editor.Draft, len(saves))
		for i, save := range saves {
			var err error
			if saved[i], err = saveDraft(ctx, tx, save, contents[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return saved, err
}

func saveDraft(ctx context.Context, tx *sql.Tx, s editor.Save, p packed) (editor.Draft, error) {
	now, known, err := savedAs(ctx, tx, s)
	if err != nil {
		return now, err
	}
	there := known && now.Hash != ""
	if there && (now.Locked || now.Revision != s.Base) || !there && s.Base != 0 {
		return now, stale(ctx, tx, now)
	}
	if err := p.put(ctx, tx); err != nil {
		return now, err
	}
	switch {
	case there:
		if _, err := tx.ExecContext(ctx, `UPDATE flows SET content = ?, revision = revision + 1, author = ?, saved = ?, folder = coalesce(?, folder) WHERE id = ?`,
			p.hash, s.By, s.At.UnixMilli(), s.Folder, now.ID); err != nil {
			return now, err
		}
		old, err := hex.DecodeString(now.Hash)
		if err != nil {
			return now, err
		}
		if err := drop(ctx, tx, old); err != nil {
			return now, err
		}
	case known:
		err := revive(ctx, tx, now.ID, s.Name, p.hash, s.By, s.At)
		if err != nil {
			return now, flowTaken(err, &s.Name)
		}
	default:
		now.ID = rand.Text()
		if err := addFlow(ctx, tx, now.ID, s, p.hash); err != nil {
			return now, err
		}
	}
	if s.Folder != nil && !there {
		if _, err := tx.ExecContext(ctx, `UPDATE flows SET folder = ? WHERE id = ?`, *s.Folder, now.ID); err != nil {
			return now, err
		}
	}
	now, _, err = one(ctx, tx, scanDraft, `SELECT `+draftColumns+` FROM flows WHERE id = ?`, now.ID)
	return now, err
}

// stale is the refusal of a change that is not based on the draft as it is. It
// carries the content, because by the time the caller looks it may be another, or
// not be committed yet.
func stale(ctx context.Context, tx *sql.Tx, now editor.Draft) error {
	e := &editor.StaleError{Now: now, Deleted: now.Hash == ""}
	if e.Deleted || now.Locked {
		return e
	}
	hash, err := hex.DecodeString(now.Hash)
	if err != nil {
		return err
	}
	if e.Content, err = unpack(ctx, tx, hash); err != nil {
		return err
	}
	return e
}

// savedAs finds the flow that a save is of, one with a draft before one without.
func savedAs(ctx context.Context, tx *sql.Tx, s editor.Save) (editor.Draft, bool, error) {
	if s.ID != "" {
		return one(ctx, tx, scanDraft, `SELECT `+draftColumns+` FROM flows WHERE id = ?`, s.ID)
	}
	return one(ctx, tx, scanDraft, `SELECT `+draftColumns+` FROM flows WHERE key = ? ORDER BY content IS NULL, saved DESC LIMIT 1`, flow.NameKey(s.Name))
}

const lastPosition = `(SELECT coalesce(max(position) + 1, 0) FROM flows WHERE content IS NOT NULL)`

func addFlow(ctx context.Context, tx *sql.Tx, id string, s editor.Save, hash []byte) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO flows (id, name, key, position, revision, author, saved, content) VALUES (?, ?, ?, `+lastPosition+`, 1, ?, ?, ?)`,
		id, s.Name, flow.NameKey(s.Name), s.By, s.At.UnixMilli(), hash)
	return err
}

// revive gives a flow whose draft was deleted a draft again.
func revive(ctx context.Context, tx *sql.Tx, id, name string, hash []byte, by string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE flows SET name = ?, key = ?, content = ?, revision = revision + 1, author = ?, saved = ?, locked = 0, position = `+lastPosition+` WHERE id = ?`,
		name, flow.NameKey(name), hash, by, at.UnixMilli(), id)
	return err
}

// ArrangeDraft implements editor.Store.
func (s *Flows) ArrangeDraft(ctx context.Context, id string, a editor.Arrangement) (editor.Draft, error) {
	var after editor.Draft
	err := s.db.change(ctx, func(tx *sql.Tx) error {
		var key *string
		if a.Name != nil {
			k := flow.NameKey(*a.Name)
			key = &k
		}
		_, err := tx.ExecContext(ctx, `UPDATE flows SET name = coalesce(?, name), key = coalesce(?, key), folder = coalesce(?, folder), locked = coalesce(?, locked) WHERE id = ? AND content IS NOT NULL`,
			a.Name, key, a.Folder, a.Locked, id)
		if err != nil {
			return flowTaken(err, a.Name)
		}
		if a.Position != nil {
			if err := place(ctx, tx, id, *a.Position); err != nil {
				return err
			}
		}
		var ok bool
		after, ok, err = one(ctx, tx, scanDraft, `SELECT `+draftColumns+` FROM flows WHERE id = ? AND content IS NOT NULL`, id)
		if err == nil && !ok {
			err = fault.New(fault.NotFound, "The flow is not there any more.").WithCode("unknown_flow")
		}
		return err
	})
	return after, err
}

// flowTaken is taken for a flow's name.
func flowTaken(err error, name *string) error {
	if name == nil {
		return err
	}
	err = taken(err, "A flow named %q already exists.", *name)
	if f, ok := fault.As(err); ok {
		f.WithCode("flow_taken").At("name", "is taken")
	}
	return err
}

// place moves a flow in the list and numbers the list anew.
func place(ctx context.Context, tx *sql.Tx, id string, position int) error {
	ids, err := all(ctx, tx, column[string], `SELECT id FROM flows WHERE content IS NOT NULL AND id <> ? ORDER BY position, key`, id)
	if err != nil {
		return err
	}
	ids = slices.Insert(ids, min(position, len(ids)), id)
	for i, id := range ids {
		if _, err := tx.ExecContext(ctx, `UPDATE flows SET position = ?1 WHERE id = ?2 AND position <> ?1`, i, id); err != nil {
			return err
		}
	}
	return nil
}

// DeleteDraft implements editor.Store.
func (s *Flows) DeleteDraft(ctx context.Context, d editor.Draft) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		now, _, err := one(ctx, tx, scanDraft, `SELECT `+draftColumns+` FROM flows WHERE id = ?`, d.ID)
		if err != nil {
			return err
		}
		if now.Hash == "" || now.Locked || now.Revision != d.Revision {
			return stale(ctx, tx, now)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE flows SET content = NULL, revision = revision + 1, author = ?, saved = ? WHERE id = ?`,
			d.SavedBy, d.SavedAt.UnixMilli(), d.ID); err != nil {
			return err
		}
		old, err := hex.DecodeString(now.Hash)
		if err != nil {
			return err
		}
		return drop(ctx, tx, old)
	})
}

func scanTest(r row) (t editor.Test, err error) {
	var id, flowName, name, body string
	if err = r.Scan(&id, &flowName, &name, &body); err != nil {
		return t, err
	}
	if err = json.Unmarshal([]byte(body), &t); err != nil {
		return t, fmt.Errorf("test %s of flow %s: %w", name, flowName, err)
	}
	t.ID, t.Flow, t.Name = id, flowName, name
	return t, nil
}

// Tests implements editor.Store.
func (s *Flows) Tests(ctx context.Context, flowID string) ([]editor.Test, error) {
	return all(ctx, s.db.reads, scanTest, `SELECT f.id, f.name, t.name, t.body FROM flow_tests t JOIN flows f ON f.id = t.flow
		WHERE f.content IS NOT NULL AND (?1 = '' OR f.id = ?1) ORDER BY f.position, f.key, t.key`, flowID)
}

// SaveTest implements editor.Store.
func (s *Flows) SaveTest(ctx context.Context, flowID string, t editor.Test, most int) error {
	body, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode test %s: %w", t.Name, err)
	}
	return s.db.change(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO flow_tests (flow, key, name, body) VALUES (?, ?, ?, ?)
			ON CONFLICT (flow, key) DO UPDATE SET name = excluded.name, body = excluded.body`, flowID, flow.NameKey(t.Name), t.Name, string(body)); err != nil {
			return err
		}
		n, _, err := one(ctx, tx, column[int], `SELECT count(*) FROM flow_tests WHERE flow = ?`, flowID)
		if err == nil && n > most {
			err = fault.New(fault.Conflict, "A flow may have %d tests at most.", most).WithCode("too_many_tests")
		}
		return err
	})
}

// DeleteTest implements editor.Store.
func (s *Flows) DeleteTest(ctx context.Context, flowID, name string) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM flow_tests WHERE flow = ? AND key = ?`, flowID, flow.NameKey(name))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return editor.UnknownTest(name)
	})
}

// Settings implements editor.Store.
func (s *Flows) Settings(ctx context.Context, user string) (out editor.Settings, err error) {
	out = editor.Settings{Controls: true}
	text, ok, err := one(ctx, s.db.reads, column[string], `SELECT settings FROM editor_settings WHERE user = ?`, user)
	if err != nil || !ok {
		return out, err
	}
	return out, json.Unmarshal([]byte(text), &out)
}

// SaveSettings implements editor.Store.
func (s *Flows) SaveSettings(ctx context.Context, user string, settings editor.Settings) error {
	text, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	return s.db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO editor_settings (user, settings) VALUES (?, ?)
			ON CONFLICT (user) DO UPDATE SET settings = excluded.settings`, user, string(text))
		return err
	})
}
