package storage

import (
	"context"
	"database/sql"

	sqlite3 "modernc.org/sqlite/lib"

	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

func unknownRole() *fault.Fault { return fault.New(fault.NotFound, "There is no such role.") }

// Users implements auth.PeopleStore.
func (s *Accounts) Users(ctx context.Context) ([]auth.User, error) {
	users, err := all(ctx, s.db.reads, scanUser, `SELECT `+userColumns+` FROM users ORDER BY id`)
	if err != nil {
		return nil, err
	}
	type held struct {
		user int64
		role auth.Role
	}
	roles, err := all(ctx, s.db.reads, func(r row) (h held, err error) {
		err = r.Scan(&h.user, &h.role.ID, &h.role.Name, &h.role.Default, &h.role.Permissions, &h.role.Version)
		return h, err
	}, `SELECT user_id, `+roleColumns+` FROM user_roles JOIN roles ON role_id = id ORDER BY user_id, id`)
	if err != nil {
		return nil, err
	}
	// Both are in the order of the users.
	for i := range users {
		for len(roles) > 0 && roles[0].user <= users[i].ID {
			if roles[0].user == users[i].ID {
				users[i].Roles = append(users[i].Roles, roles[0].role)
			}
			roles = roles[1:]
		}
	}
	return users, nil
}

// AllRoles implements auth.PeopleStore.
func (s *Accounts) AllRoles(ctx context.Context) ([]auth.Role, error) {
	return all(ctx, s.db.reads, func(r row) (role auth.Role, err error) {
		err = r.Scan(&role.ID, &role.Name, &role.Default, &role.Permissions, &role.Version, &role.Members)
		return role, err
	}, `SELECT `+roleColumns+`, (SELECT count(*) FROM user_roles WHERE role_id = id) FROM roles ORDER BY id`)
}

// Members implements auth.PeopleStore.
func (s *Accounts) Members(ctx context.Context, role int64) ([]auth.User, error) {
	return all(ctx, s.db.reads, scanUser, `SELECT `+userColumns+` FROM users
		WHERE id IN (SELECT user_id FROM user_roles WHERE role_id = ?) ORDER BY username`, role)
}

// scene reads what a change of users or roles depends on.
func scene(ctx context.Context, tx *sql.Tx, actor int64) (scene auth.Scene, err error) {
	if scene.Roles, err = all(ctx, tx, scanRole, `SELECT `+roleColumns+` FROM roles ORDER BY id`); err != nil {
		return scene, err
	}
	if scene.Empty, _, err = one(ctx, tx, column[bool], `SELECT NOT EXISTS (SELECT 1 FROM users)`); err != nil {
		return scene, err
	}
	u, err := findUser(ctx, tx, `SELECT `+userColumns+` FROM users WHERE id = ?`, actor)
	if fault.Is(err, fault.NotFound) {
		return scene, nil
	}
	scene.Actor = &u
	return scene, err
}

// remaining turns the refusal to take the last administrator away into a fault;
// any other err comes back as it is.
func remaining(err error) error {
	if code(err) == sqlite3.SQLITE_CONSTRAINT_TRIGGER {
		return fault.New(fault.Conflict, "This would leave nobody who is an administrator.").WithCode("last_administrator").Because(err)
	}
	return err
}

// usernameTaken turns a name that is there already into a fault.
func usernameTaken(err error, name string) error {
	is := taken(err, "The user name %q is taken.", name)
	if f, ok := fault.As(is); ok && is != err { //nolint:errorlint // whether it is another one
		return f.WithCode("username_taken").At("username", "is taken")
	}
	return err
}

// AddUser implements auth.PeopleStore.
func (s *Accounts) AddUser(ctx context.Context, actor int64, make func(auth.Scene) (auth.User, error)) (u auth.User, err error) {
	err = s.db.change(ctx, func(tx *sql.Tx) error {
		found, err := scene(ctx, tx, actor)
		if err != nil {
			return err
		}
		if u, err = make(found); err != nil {
			return err
		}
		if n, _, err := one(ctx, tx, column[int], `SELECT count(*) FROM users`); err != nil {
			return err
		} else if n >= auth.UsersMost {
			return fault.New(fault.Conflict, "There are %d users already.", n).WithCode("users_full")
		}
		if u.ID, _, err = one(ctx, tx, column[int64], `INSERT INTO users
			(username, name, email, hash, is_active, is_permanent, must_change, created, updated)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
			u.Username, u.Name, u.Email, u.Hash, u.Active, u.Permanent, u.MustChange, u.Created.UnixMilli(), u.Updated.UnixMilli()); err != nil {
			return usernameTaken(err, u.Username)
		}
		for i, r := range u.Roles {
			if r.ID == 0 {
				if r.ID, err = addRole(ctx, tx, r); err != nil {
					return err
				}
				u.Roles[i].ID = r.ID
			}
		}
		return setRoles(ctx, tx, u)
	})
	u.Version = 1
	return u, err
}

func addRole(ctx context.Context, tx *sql.Tx, r auth.Role) (int64, error) {
	id, _, err := one(ctx, tx, column[int64], `INSERT INTO roles (name, is_default, permissions)
		VALUES (?, ?, ?) RETURNING id`, r.Name, r.Default, r.Permissions)
	return id, taken(err, "A role named %q already exists.", r.Name)
}

// setRoles gives a user their roles and takes all others. Giving comes first, so
// that who stays an administrator is one all along.
func setRoles(ctx context.Context, tx *sql.Tx, u auth.User) error {
	keep := map[int64]bool{}
	for _, r := range u.Roles {
		keep[r.ID] = true
		if _, err := tx.ExecContext(ctx, `INSERT INTO user_roles (user_id, role_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, u.ID, r.ID); err != nil {
			return err
		}
	}
	held, err := all(ctx, tx, column[int64], `SELECT role_id FROM user_roles WHERE user_id = ?`, u.ID)
	if err != nil {
		return err
	}
	for _, role := range held {
		if keep[role] {
			continue
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM user_roles WHERE user_id = ? AND role_id = ?`, u.ID, role); err != nil {
			return remaining(err)
		}
	}
	return nil
}

// ChangeUser implements auth.PeopleStore.
func (s *Accounts) ChangeUser(ctx context.Context, actor int64, username string, change func(auth.Scene, auth.User) (auth.User, error)) (is auth.User, err error) {
	err = s.onUser(ctx, actor, username, func(tx *sql.Tx, found auth.Scene, was auth.User) error {
		if is, err = change(found, was); err != nil {
			return err
		}
		is.Version = was.Version + 1
		if is.Hash != was.Hash {
			is.Previous = was.Hash
		}
		if _, err := tx.ExecContext(ctx, `UPDATE users SET username = ?, name = ?, email = ?, hash = ?, previous_hash = ?,
			is_active = ?, must_change = ?, updated = ?, version = ? WHERE id = ?`,
			is.Username, is.Name, is.Email, is.Hash, is.Previous, is.Active, is.MustChange, is.Updated.UnixMilli(), is.Version, is.ID); err != nil {
			return remaining(usernameTaken(err, is.Username))
		}
		if err := setRoles(ctx, tx, is); err != nil {
			return err
		}
		fresh := is.Hash != was.Hash
		return end(ctx, tx, is.ID, auth.Credentials{Sessions: fresh || !is.Active, Tokens: fresh})
	})
	return is, err
}

// DeleteUser implements auth.PeopleStore.
func (s *Accounts) DeleteUser(ctx context.Context, actor int64, username string, allow func(auth.Scene, auth.User) error) (was auth.User, err error) {
	err = s.onUser(ctx, actor, username, func(tx *sql.Tx, found auth.Scene, u auth.User) error {
		was = u
		if err := allow(found, u); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM users WHERE id = ?`, u.ID)
		return remaining(err)
	})
	return was, err
}

// EndAccess implements auth.PeopleStore.
func (s *Accounts) EndAccess(ctx context.Context, actor int64, username string, what auth.Credentials, allow func(auth.Scene, auth.User) error) (was auth.User, err error) {
	err = s.onUser(ctx, actor, username, func(tx *sql.Tx, found auth.Scene, u auth.User) error {
		was = u
		if err := allow(found, u); err != nil {
			return err
		}
		return end(ctx, tx, u.ID, what)
	})
	return was, err
}

// end ends credentials of a user.
func end(ctx context.Context, tx *sql.Tx, id int64, what auth.Credentials) error {
	if what.Session != "" {
		if err := touch(ctx, tx, unknownSession(), `DELETE FROM sessions WHERE user_id = ? AND public_id = ?`, id, what.Session); err != nil {
			return err
		}
	}
	if what.Token != "" {
		if err := touch(ctx, tx, unknownToken(), `DELETE FROM tokens WHERE user_id = ? AND public_id = ?`, id, what.Token); err != nil {
			return err
		}
	}
	if what.Sessions {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_id = ?`, id); err != nil {
			return err
		}
	}
	if what.Tokens {
		if _, err := tx.ExecContext(ctx, `DELETE FROM tokens WHERE user_id = ?`, id); err != nil {
			return err
		}
	}
	return nil
}

// onUser runs fn with the scene and the user of the name.
func (s *Accounts) onUser(ctx context.Context, actor int64, username string, fn func(*sql.Tx, auth.Scene, auth.User) error) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		found, err := scene(ctx, tx, actor)
		if err != nil {
			return err
		}
		u, err := findUser(ctx, tx, `SELECT `+userColumns+` FROM users WHERE username = ?`, username)
		if err != nil {
			return err
		}
		return fn(tx, found, u)
	})
}

// AddRole implements auth.PeopleStore.
func (s *Accounts) AddRole(ctx context.Context, actor int64, make func(auth.Scene) (auth.Role, error)) (r auth.Role, err error) {
	err = s.db.change(ctx, func(tx *sql.Tx) error {
		found, err := scene(ctx, tx, actor)
		if err != nil {
			return err
		}
		if r, err = make(found); err != nil {
			return err
		}
		if n := len(found.Roles); n >= auth.RolesMost {
			return fault.New(fault.Conflict, "There are %d roles already.", n).WithCode("roles_full")
		}
		r.ID, err = addRole(ctx, tx, r)
		return err
	})
	r.Version = 1
	return r, err
}

// ChangeRole implements auth.PeopleStore.
func (s *Accounts) ChangeRole(ctx context.Context, actor, id int64, change func(auth.Scene, auth.Role) (auth.Role, error)) ([]int64, error) {
	return s.onRole(ctx, actor, id, func(tx *sql.Tx, found auth.Scene, was auth.Role) error {
		is, err := change(found, was)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE roles SET name = ?, permissions = ?, version = version + 1 WHERE id = ?`, is.Name, is.Permissions, id)
		return taken(remaining(err), "A role named %q already exists.", is.Name)
	})
}

// DeleteRole implements auth.PeopleStore.
func (s *Accounts) DeleteRole(ctx context.Context, actor, id int64, allow func(auth.Scene, auth.Role) error) ([]int64, error) {
	return s.onRole(ctx, actor, id, func(tx *sql.Tx, found auth.Scene, was auth.Role) error {
		if err := allow(found, was); err != nil {
			return err
		}
		// Who loses a role is another version of themselves.
		if _, err := tx.ExecContext(ctx, `UPDATE users SET version = version + 1
			WHERE id IN (SELECT user_id FROM user_roles WHERE role_id = ?)`, id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM roles WHERE id = ?`, id)
		return remaining(err)
	})
}

// onRole runs fn with the scene and the role of the id, and returns who holds it
// before.
func (s *Accounts) onRole(ctx context.Context, actor, id int64, fn func(*sql.Tx, auth.Scene, auth.Role) error) (members []int64, err error) {
	err = s.db.change(ctx, func(tx *sql.Tx) error {
		found, err := scene(ctx, tx, actor)
		if err != nil {
			return err
		}
		if members, err = all(ctx, tx, column[int64], `SELECT user_id FROM user_roles WHERE role_id = ?`, id); err != nil {
			return err
		}
		for _, r := range found.Roles {
			if r.ID == id {
				r.Members = len(members)
				return fn(tx, found, r)
			}
		}
		return unknownRole()
	})
	return members, err
}
