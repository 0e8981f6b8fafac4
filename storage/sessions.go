package storage

import (
	"context"
	"database/sql"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

func unknownSession() *fault.Fault {
	return fault.New(fault.NotFound, "There is no such session, or it has ended.")
}

const sessionColumns = `id_hash, access_hash, access_expires, public_id, ifnull(user_id, 0), process, created, seen, expires, address, user_agent, consented`

func scanSession(r row) (s auth.Session, err error) {
	var access, created, seen, expires, consented int64
	err = r.Scan(&s.ID, &s.Access, &access, &s.Public, &s.UserID, &s.Process, &created, &seen, &expires, &s.Address, &s.UserAgent, &consented)
	s.AccessExpires, s.Created, s.Seen, s.Expires, s.Consented = moment(access), moment(created), moment(seen), moment(expires), moment(consented)
	return s, err
}

func addSession(ctx context.Context, tx *sql.Tx, s auth.Session) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO sessions
		(id_hash, access_hash, access_expires, public_id, user_id, process, created, seen, expires, address, user_agent, consented)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		s.ID, s.Access, s.AccessExpires.UnixMilli(), s.Public, user(s.UserID), s.Process,
		s.Created.UnixMilli(), s.Seen.UnixMilli(), s.Expires.UnixMilli(), s.Address, s.UserAgent, s.Consented.UnixMilli())
	if err != nil || s.UserID == 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE users SET signed_in = ? WHERE id = ?`, s.Created.UnixMilli(), s.UserID)
	if code(err)&0xff == sqlite3.SQLITE_READONLY { // see shadow: the session is in memory, and the user is not
		err = nil
	}
	return err
}

// AddSession implements auth.Store.
func (s *Accounts) AddSession(ctx context.Context, session auth.Session, replaces string, keep int) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		now := session.Created
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions
			WHERE public_id = ? OR expires <= ? OR seen <= ? OR (user_id IS NULL AND process <> ? AND ? <> '')`,
			replaces, now.UnixMilli(), now.Add(-auth.SessionMost).UnixMilli(), session.Process, session.Process); err != nil {
			return err
		}
		if err := addSession(ctx, tx, session); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_id IS ?1 AND public_id NOT IN
			(SELECT public_id FROM sessions WHERE user_id IS ?1 ORDER BY seen DESC, created DESC, rowid DESC LIMIT ?2)`,
			user(session.UserID), keep)
		return err
	})
}

// Session implements auth.Store.
func (s *Accounts) Session(ctx context.Context, key auth.SessionKey) (auth.Session, error) {
	session, ok, err := one(ctx, known{s.db.reads}, scanSession, `SELECT `+sessionColumns+` FROM sessions
		WHERE id_hash = ? OR access_hash = ? OR public_id = ?`, key.ID, key.Access, key.Public)
	if err == nil && !ok {
		err = unknownSession()
	}
	return session, err
}

// Sessions implements auth.Store.
func (s *Accounts) Sessions(ctx context.Context, owner int64) ([]auth.Session, error) {
	return all(ctx, s.db.reads, scanSession, `SELECT `+sessionColumns+` FROM sessions
		WHERE user_id IS ? ORDER BY seen DESC, created DESC`, user(owner))
}

// RotateSession implements auth.Store.
func (s *Accounts) RotateSession(ctx context.Context, old []byte, session auth.Session) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		return touch(ctx, tx, unknownSession(), `UPDATE sessions SET id_hash = ?, access_hash = ?, access_expires = ?, seen = ?
			WHERE id_hash = ?`, session.ID, session.Access, session.AccessExpires.UnixMilli(), session.Seen.UnixMilli(), old)
	})
}

// TouchSession implements auth.Store.
func (s *Accounts) TouchSession(ctx context.Context, public string, seen time.Time) error {
	return s.aside(ctx, `UPDATE sessions SET seen = ? WHERE public_id = ?`, seen.UnixMilli(), public)
}

// EndSession implements auth.Store.
func (s *Accounts) EndSession(ctx context.Context, owner int64, public string) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		return touch(ctx, tx, unknownSession(), `DELETE FROM sessions WHERE user_id IS ? AND public_id = ?`, user(owner), public)
	})
}

// EndOtherSessions implements auth.Store.
func (s *Accounts) EndOtherSessions(ctx context.Context, owner int64, keep string) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_id IS ? AND public_id <> ?`, user(owner), keep)
		return err
	})
}

// Consent implements auth.Store.
func (s *Accounts) Consent(ctx context.Context, public string, at time.Time) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		return touch(ctx, tx, unknownSession(), `UPDATE sessions SET consented = ? WHERE public_id = ?`, at.UnixMilli(), public)
	})
}
