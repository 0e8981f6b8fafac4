-- Who there is, what they may do, and what they are signed in with.
-- Times are milliseconds since 1970, UTC. An owner without a user id is the person
-- at the machine in local mode.

CREATE TABLE users (
	id            INTEGER PRIMARY KEY AUTOINCREMENT, -- never given out twice
	username      TEXT NOT NULL UNIQUE CHECK (username = lower(username) AND length(username) BETWEEN 1 AND 64),
	name          TEXT NOT NULL,
	email         TEXT NOT NULL,
	hash          TEXT NOT NULL,
	previous_hash TEXT NOT NULL DEFAULT '',
	is_active     INTEGER NOT NULL CHECK (is_active IN (0, 1)),
	is_permanent  INTEGER NOT NULL CHECK (is_permanent IN (0, 1)),
	must_change   INTEGER NOT NULL CHECK (must_change IN (0, 1)),
	created       INTEGER NOT NULL,
	updated       INTEGER NOT NULL
) STRICT;

CREATE TABLE roles (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	name        TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 100),
	is_default  INTEGER NOT NULL CHECK (is_default IN (0, 1)),
	permissions INTEGER NOT NULL CHECK (permissions BETWEEN 0 AND 2147483647) -- the bits of auth.Permission
) STRICT;

CREATE TABLE user_roles (
	user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
	role_id INTEGER NOT NULL REFERENCES roles ON DELETE CASCADE,
	PRIMARY KEY (user_id, role_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX user_roles_by_role ON user_roles (role_id);

CREATE TABLE sessions (
	id_hash        BLOB NOT NULL UNIQUE,
	access_hash    BLOB NOT NULL UNIQUE,
	access_expires INTEGER NOT NULL,
	public_id      TEXT NOT NULL PRIMARY KEY,
	user_id        INTEGER REFERENCES users ON DELETE CASCADE,
	process        TEXT NOT NULL,
	created        INTEGER NOT NULL,
	seen           INTEGER NOT NULL,
	expires        INTEGER NOT NULL,
	address        TEXT NOT NULL,
	user_agent     TEXT NOT NULL,
	CHECK ((user_id IS NULL) = (process <> ''))
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE tokens (
	hash        BLOB NOT NULL UNIQUE,
	public_id   TEXT NOT NULL PRIMARY KEY,
	user_id     INTEGER REFERENCES users ON DELETE CASCADE,
	name        TEXT NOT NULL,
	permissions INTEGER NOT NULL CHECK (permissions BETWEEN 0 AND 2147483647),
	created     INTEGER NOT NULL,
	expires     INTEGER NOT NULL,
	used        INTEGER
) STRICT;

CREATE INDEX tokens_by_user ON tokens (user_id);

-- Failures of guessing, by thing and address; what is '' counts all of an address.
CREATE TABLE attempts (
	what     TEXT NOT NULL,
	address  TEXT NOT NULL,
	failures INTEGER NOT NULL,
	since    INTEGER NOT NULL,
	last     INTEGER NOT NULL,
	PRIMARY KEY (what, address)
) STRICT, WITHOUT ROWID;

CREATE INDEX attempts_by_last ON attempts (last);

CREATE TABLE preferences (
	user_id INTEGER REFERENCES users ON DELETE CASCADE,
	value   TEXT NOT NULL CHECK (json_valid(value))
) STRICT;

CREATE UNIQUE INDEX preferences_of ON preferences (ifnull(user_id, 0));

-- There is always an administrator, once there was one: whatever takes the last
-- one's right away, in any order and from anywhere, fails.
CREATE VIEW administrators AS
	SELECT users.id FROM users
	JOIN user_roles ON user_roles.user_id = users.id
	JOIN roles ON roles.id = user_roles.role_id
	WHERE users.is_active = 1 AND (roles.is_default = 1 OR roles.permissions & 1073741824 <> 0);

CREATE TRIGGER last_administrator_disabled AFTER UPDATE OF is_active ON users
WHEN OLD.is_active = 1 AND NEW.is_active = 0
	AND EXISTS (SELECT 1 FROM user_roles JOIN roles ON roles.id = role_id
		WHERE user_id = OLD.id AND (is_default = 1 OR permissions & 1073741824 <> 0))
	AND NOT EXISTS (SELECT 1 FROM administrators)
BEGIN SELECT RAISE(ABORT, 'last administrator'); END;

CREATE TRIGGER last_administrator_deleted BEFORE DELETE ON users
WHEN OLD.id IN administrators AND NOT EXISTS (SELECT 1 FROM administrators WHERE id <> OLD.id)
BEGIN SELECT RAISE(ABORT, 'last administrator'); END;

CREATE TRIGGER last_administrator_demoted AFTER DELETE ON user_roles
WHEN EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id AND is_active = 1)
	AND EXISTS (SELECT 1 FROM roles WHERE id = OLD.role_id AND (is_default = 1 OR permissions & 1073741824 <> 0))
	AND NOT EXISTS (SELECT 1 FROM administrators)
BEGIN SELECT RAISE(ABORT, 'last administrator'); END;

CREATE TRIGGER last_administrating_role_changed AFTER UPDATE OF is_default, permissions ON roles
WHEN (OLD.is_default = 1 OR OLD.permissions & 1073741824 <> 0)
	AND EXISTS (SELECT 1 FROM user_roles JOIN users ON users.id = user_id WHERE role_id = OLD.id AND is_active = 1)
	AND NOT EXISTS (SELECT 1 FROM administrators)
BEGIN SELECT RAISE(ABORT, 'last administrator'); END;

CREATE TRIGGER last_administrating_role_deleted BEFORE DELETE ON roles
WHEN (OLD.is_default = 1 OR OLD.permissions & 1073741824 <> 0)
	AND EXISTS (SELECT 1 FROM administrators)
	AND NOT EXISTS (SELECT 1 FROM users JOIN user_roles ON user_id = users.id JOIN roles ON roles.id = role_id
		WHERE is_active = 1 AND roles.id <> OLD.id AND (is_default = 1 OR permissions & 1073741824 <> 0))
BEGIN SELECT RAISE(ABORT, 'last administrator'); END;
