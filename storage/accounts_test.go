package storage

import (
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

// people fills a database with users: admins hold the default role, chiefs a role
// with the permission administrator, others nothing.
func people(t testing.TB, admins, chiefs, others int) *DB {
	t.Helper()
	db := openTest(t)
	err := db.change(t.Context(), func(tx *sql.Tx) error {
		exec := func(query string, args ...any) {
			if _, err := tx.Exec(query, args...); err != nil {
				t.Error(err)
			}
		}
		exec(`INSERT INTO roles (id, name, is_default, permissions) VALUES (1, 'admin', 1, 0), (2, 'chief', 0, ?), (3, 'other', 0, 1)`, auth.Administrator)
		for i := range admins + chiefs + others {
			exec(`INSERT INTO users (username, name, email, hash, is_active, is_permanent, must_change, created, updated)
				VALUES (?, '', '', '', 1, 0, 0, 0, 0)`, fmt.Sprintf("u%d", i+1))
			role := 1
			switch {
			case i >= admins+chiefs:
				role = 3
			case i >= admins:
				role = 2
			}
			exec(`INSERT INTO user_roles (user_id, role_id) VALUES (?, ?)`, i+1, role)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestLastAdministratorStays(t *testing.T) {
	for _, c := range []struct {
		admins, chiefs, others int
		query                  string
		refused                bool
	}{
		{1, 0, 1, `UPDATE users SET is_active = 0 WHERE id = 1`, true},
		{0, 1, 1, `UPDATE users SET is_active = 0 WHERE id = 1`, true},
		{1, 1, 0, `UPDATE users SET is_active = 0 WHERE id = 1`, false},
		{1, 1, 1, `UPDATE users SET is_active = 0`, true},
		{1, 0, 1, `UPDATE users SET is_active = 0 WHERE id = 2`, false},
		{1, 0, 1, `UPDATE users SET name = 'x'`, false},
		{1, 0, 1, `DELETE FROM users WHERE id = 1`, true},
		{1, 0, 1, `DELETE FROM users WHERE id = 2`, false},
		{1, 1, 0, `DELETE FROM users WHERE id = 1`, false},
		{2, 2, 0, `DELETE FROM users`, true},
		{1, 0, 1, `DELETE FROM user_roles WHERE user_id = 1`, true},
		{1, 0, 1, `DELETE FROM user_roles WHERE user_id = 2`, false},
		{2, 1, 0, `DELETE FROM user_roles WHERE role_id = 1`, false},
		{2, 1, 0, `DELETE FROM user_roles`, true},
		{0, 1, 0, `UPDATE roles SET permissions = 1 WHERE id = 2`, true},
		{0, 1, 0, `UPDATE roles SET permissions = permissions | 1 WHERE id = 2`, false},
		{1, 1, 0, `UPDATE roles SET permissions = 1 WHERE id = 2`, false},
		{1, 0, 0, `UPDATE roles SET is_default = 0 WHERE id = 1`, true},
		{1, 0, 0, `DELETE FROM roles WHERE id = 1`, true},
		{1, 1, 0, `DELETE FROM roles WHERE id = 1`, false},
		{1, 0, 0, `DELETE FROM roles WHERE id = 2`, false},
		{1, 1, 0, `DELETE FROM roles`, true},
		{0, 0, 2, `DELETE FROM users`, false}, // there never was one
	} {
		t.Run(fmt.Sprintf("%d %d %d %s", c.admins, c.chiefs, c.others, c.query), func(t *testing.T) {
			db := people(t, c.admins, c.chiefs, c.others)
			err := db.change(t.Context(), func(tx *sql.Tx) error {
				_, err := tx.Exec(c.query)
				return err
			})
			if refused := err != nil && strings.Contains(err.Error(), "last administrator"); refused != c.refused || (err != nil) != refused {
				t.Errorf("error = %v, want refused %v", err, c.refused)
			}
			n, _, err := one(t.Context(), db.reads, column[int], `SELECT count(DISTINCT id) FROM administrators`)
			if err != nil || n == 0 && c.admins+c.chiefs > 0 {
				t.Errorf("%d administrators left, %v", n, err)
			}
		})
	}
}

func TestFiftyDemotionsAtOnceLeaveOne(t *testing.T) {
	db := people(t, 50, 0, 0)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			_ = db.change(t.Context(), func(tx *sql.Tx) error { // the last one is refused
				_, err := tx.Exec(`DELETE FROM user_roles WHERE user_id = ?`, i+1)
				return err
			})
		})
	}
	all.Wait()
	n, _, err := one(t.Context(), db.reads, column[int], `SELECT count(*) FROM administrators`)
	if err != nil || n != 1 {
		t.Errorf("%d administrators left, %v, want 1", n, err)
	}
}

func TestAccountsKeepWhatTheyAreGiven(t *testing.T) {
	s := openTest(t).Accounts()
	ctx := t.Context()
	now := time.Date(2026, 11, 23, 8, 0, 0, 123_000_000, time.UTC)
	session := auth.Session{
		ID: []byte{1}, Access: []byte{2}, AccessExpires: now.Add(time.Hour), Public: "one",
		Created: now, Seen: now, Expires: now.Add(auth.SessionTime), Address: "192.0.2.1", UserAgent: "x",
	}
	u := auth.User{Username: "ada", Name: "Ada", Email: "a@b.c", Hash: "h", Active: true, Permanent: true, Created: now, Updated: now}
	if err := s.AddFirstUser(ctx, u, auth.Role{Name: "admin", Default: true}, &session); err != nil {
		t.Fatal(err)
	}
	if session.UserID != 0 {
		t.Error("the caller's session was changed, which a second run of the write would see")
	}
	if err := s.AddFirstUser(ctx, u, auth.Role{Name: "other"}, nil); err != auth.ErrUsersExist { //nolint:errorlint // comes back as it is
		t.Errorf("second first user = %v, want ErrUsersExist", err)
	}
	u.ID, u.SignedIn, u.Version = 1, now, 1
	u.Roles = []auth.Role{{ID: 1, Name: "admin", Default: true, Version: 1}}
	if got, err := s.UserByName(ctx, "ada"); err != nil || fmt.Sprint(got) != fmt.Sprint(u) {
		t.Errorf("UserByName = %v, %v, want %v", got, err, u)
	}
	session.UserID = 1
	for _, key := range []auth.SessionKey{{ID: session.ID}, {Access: session.Access}, {Public: "one"}} {
		if got, err := s.Session(ctx, key); err != nil || fmt.Sprint(got) != fmt.Sprint(session) {
			t.Errorf("Session(%v) = %v, %v, want %v", key, got, err, session)
		}
	}
	for _, key := range []auth.SessionKey{{}, {ID: session.Access}, {Access: session.ID}, {Public: "two"}} {
		if _, err := s.Session(ctx, key); !fault.Is(err, fault.NotFound) {
			t.Errorf("Session(%v) = %v, want NotFound", key, err)
		}
	}
	if _, err := s.Token(ctx, auth.TokenKey{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("Token of no key = %v, want NotFound", err)
	}
}
