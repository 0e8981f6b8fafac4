package storage

import (
	"context"
	"database/sql"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

// Accounts keeps users, roles, sessions, tokens, failed attempts and preferences.
type Accounts struct{ db *DB }

// Accounts returns the store of accounts.
func (db *DB) Accounts() *Accounts { return &Accounts{db} }

var _ auth.Store = (*Accounts)(nil)

// aside writes something that is not what the audit entry in ctx speaks of: the
// entry stays with the act itself.
func (s *Accounts) aside(ctx context.Context, query string, args ...any) error {
	return s.db.change(audit.WithEntry(ctx, nil), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}

// touch runs a statement that has to meet a row, else notFound.
func touch(ctx context.Context, tx *sql.Tx, notFound *fault.Fault, query string, args ...any) error {
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return notFound
}

// moment reads a time kept in milliseconds.
func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// user is a user id as it is kept: NULL for the person at the machine.
func user(owner int64) sql.NullInt64 { return sql.NullInt64{Int64: owner, Valid: owner != 0} }

func unknownUser() *fault.Fault { return fault.New(fault.NotFound, "There is no such user.") }

const (
	userColumns = `id, username, name, email, hash, previous_hash, is_active, is_permanent, must_change, created, updated, version, signed_in`
	roleColumns = `id, name, is_default, permissions, roles.version`
)

func scanUser(r row) (u auth.User, err error) {
	var created, updated int64
	var signedIn sql.NullInt64
	err = r.Scan(&u.ID, &u.Username, &u.Name, &u.Email, &u.Hash, &u.Previous,
		&u.Active, &u.Permanent, &u.MustChange, &created, &updated, &u.Version, &signedIn)
	u.Created, u.Updated = moment(created), moment(updated)
	if signedIn.Valid {
		u.SignedIn = moment(signedIn.Int64)
	}
	return u, err
}

func scanRole(r row) (role auth.Role, err error) {
	err = r.Scan(&role.ID, &role.Name, &role.Default, &role.Permissions, &role.Version)
	return role, err
}

// HasUsers implements auth.Store.
func (s *Accounts) HasUsers(ctx context.Context) (bool, error) {
	has, _, err := one(ctx, s.db.reads, column[bool], `SELECT EXISTS (SELECT 1 FROM users)`)
	return has, err
}

// HasAdministrator implements auth.Store.
func (s *Accounts) HasAdministrator(ctx context.Context) (bool, error) {
	has, _, err := one(ctx, s.db.reads, column[bool], `SELECT EXISTS (
		SELECT 1 FROM users JOIN user_roles ON user_id = users.id JOIN roles ON role_id = roles.id
		WHERE is_active AND hash <> '' AND (is_default OR permissions & ?))`, auth.Administrator)
	return has, err
}

// User implements auth.Store.
func (s *Accounts) User(ctx context.Context, id int64) (auth.User, error) {
	return findUser(ctx, known{s.db.reads}, `SELECT `+userColumns+` FROM users WHERE id = ?`, id)
}

// UserByName implements auth.Store.
func (s *Accounts) UserByName(ctx context.Context, username string) (auth.User, error) {
	return findUser(ctx, known{s.db.reads}, `SELECT `+userColumns+` FROM users WHERE username = ?`, username)
}

// findUser reads one user with their roles.
func findUser(ctx context.Context, from source, query string, arg any) (auth.User, error) {
	u, ok, err := one(ctx, from, scanUser, query, arg)
	if err != nil {
		return u, err
	}
	if !ok {
		return u, unknownUser()
	}
	u.Roles, err = all(ctx, from, scanRole, `SELECT `+roleColumns+`
		FROM roles JOIN user_roles ON role_id = id WHERE user_id = ? ORDER BY id`, u.ID)
	return u, err
}

// AddFirstUser implements auth.Store.
func (s *Accounts) AddFirstUser(ctx context.Context, u auth.User, r auth.Role, session *auth.Session) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		has, _, err := one(ctx, tx, column[bool], `SELECT EXISTS (SELECT 1 FROM users)`)
		if err != nil {
			return err
		}
		if has {
			return auth.ErrUsersExist
		}
		role, err := addRole(ctx, tx, r)
		if err != nil {
			return err
		}
		id, _, err := one(ctx, tx, column[int64], `INSERT INTO users
			(username, name, email, hash, is_active, is_permanent, must_change, created, updated)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
			u.Username, u.Name, u.Email, u.Hash, u.Active, u.Permanent, u.MustChange, u.Created.UnixMilli(), u.Updated.UnixMilli())
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO user_roles (user_id, role_id) VALUES (?, ?)`, id, role); err != nil {
			return err
		}
		if session == nil {
			return nil
		}
		own := *session
		own.UserID = id
		return addSession(ctx, tx, own)
	})
}

// Rehash implements auth.Store.
func (s *Accounts) Rehash(ctx context.Context, id int64, old, hash string) error {
	return s.aside(ctx, `UPDATE users SET hash = ? WHERE id = ? AND hash = ?`, hash, id, old)
}

// SetPassword implements auth.Store.
func (s *Accounts) SetPassword(ctx context.Context, id int64, hash string, mustChange bool, now time.Time) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		if err := touch(ctx, tx, unknownUser(), `UPDATE users SET previous_hash = hash, hash = ?, must_change = ?, updated = ?,
			version = version + 1
			WHERE id = ?`, hash, mustChange, now.UnixMilli(), id); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_id = ?`, id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM tokens WHERE user_id = ?`, id)
		return err
	})
}

// SetProfile implements auth.Store.
func (s *Accounts) SetProfile(ctx context.Context, id int64, name, email string, now time.Time) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		return touch(ctx, tx, unknownUser(), `UPDATE users SET name = ?, email = ?, updated = ?, version = version + 1 WHERE id = ?`, name, email, now.UnixMilli(), id)
	})
}

// ChangePassword implements auth.Store.
func (s *Accounts) ChangePassword(ctx context.Context, id int64, old, hash string, keep auth.Session) error {
	changed := fault.New(fault.Conflict, "Your password was changed from elsewhere at the same time.").WithCode("password_changed")
	return s.db.change(ctx, func(tx *sql.Tx) error {
		if err := touch(ctx, tx, changed, `UPDATE users SET previous_hash = hash, hash = ?, must_change = 0, updated = ?, version = version + 1
			WHERE id = ? AND hash = ?`, hash, keep.Created.UnixMilli(), id, old); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_id = ? AND public_id <> ?`, id, keep.Public); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE sessions SET id_hash = ?, access_hash = ?, access_expires = ?, seen = ?, consented = ?
			WHERE public_id = ?`, keep.ID, keep.Access, keep.AccessExpires.UnixMilli(), keep.Seen.UnixMilli(), keep.Consented.UnixMilli(), keep.Public); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM tokens WHERE user_id = ?`, id)
		return err
	})
}

// Preferences implements auth.Store.
func (s *Accounts) Preferences(ctx context.Context, owner int64) ([]byte, error) {
	return preferences(ctx, s.db.reads, owner)
}

func preferences(ctx context.Context, from source, owner int64) ([]byte, error) {
	value, _, err := one(ctx, from, column[[]byte], `SELECT value FROM preferences WHERE ifnull(user_id, 0) = ?`, owner)
	return value, err
}

// ChangePreferences implements auth.Store.
func (s *Accounts) ChangePreferences(ctx context.Context, owner int64, change func(old []byte) ([]byte, error)) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		old, err := preferences(ctx, tx, owner)
		if err != nil {
			return err
		}
		value, err := change(old)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO preferences (user_id, value) VALUES (?, ?)
			ON CONFLICT (ifnull(user_id, 0)) DO UPDATE SET value = excluded.value`, user(owner), string(value))
		return err
	})
}
