CREATE VIEW administrators AS
	SELECT users.id FROM users
	JOIN user_roles ON user_roles.user_id = users.id
	JOIN roles ON roles.id = user_roles.role_id
	WHERE users.is_active = 1 AND (roles.is_default = 1 OR roles.permissions & 1073741824 <> 0);

CREATE TABLE attempts (
	what     TEXT NOT NULL,
	address  TEXT NOT NULL,
	failures INTEGER NOT NULL,
	since    INTEGER NOT NULL,
	last     INTEGER NOT NULL,
	PRIMARY KEY (what, address)
) STRICT, WITHOUT ROWID;

CREATE INDEX attempts_by_last ON attempts (last);

CREATE TABLE audit (
	id         INTEGER PRIMARY KEY,
	time       INTEGER NOT NULL,
	actor      TEXT NOT NULL,
	address    TEXT NOT NULL,
	action     TEXT NOT NULL CHECK (action <> ''),
	object     TEXT NOT NULL,
	message    TEXT NOT NULL,
	type       TEXT NOT NULL CHECK (type IN ('Info', 'Warning', 'Error')),
	result     TEXT NOT NULL CHECK (result IN ('done', 'refused', 'failed')),
	before     TEXT CHECK (json_valid(before)),
	after      TEXT CHECK (json_valid(after)),
	request_id TEXT NOT NULL,
	key        INTEGER NOT NULL REFERENCES audit_keys (id),
	mac        BLOB NOT NULL
) STRICT;

CREATE INDEX audit_by_action ON audit (action);

CREATE INDEX audit_by_actor ON audit (actor);

CREATE INDEX audit_by_address ON audit (address);

CREATE INDEX audit_by_object ON audit (object);

CREATE INDEX audit_by_result ON audit (result);

CREATE INDEX audit_by_type ON audit (type);

CREATE TABLE audit_cut (
	only INTEGER PRIMARY KEY CHECK (only = 1),
	last INTEGER NOT NULL,
	mac  BLOB NOT NULL,
	key  INTEGER NOT NULL REFERENCES audit_keys (id),
	seal BLOB NOT NULL
) STRICT;

CREATE TABLE audit_head (
	only INTEGER PRIMARY KEY CHECK (only = 1),
	last INTEGER NOT NULL,
	mac  BLOB NOT NULL,
	key  INTEGER NOT NULL REFERENCES audit_keys (id),
	seal BLOB NOT NULL
) STRICT;

CREATE TABLE audit_keys (
	id     INTEGER PRIMARY KEY,
	sealed BLOB
) STRICT;

CREATE TABLE deployment_flows (
	deployment INTEGER NOT NULL REFERENCES deployments (number) ON DELETE CASCADE,
	flow       TEXT    NOT NULL REFERENCES flows (id),
	name       TEXT    NOT NULL,
	position   INTEGER NOT NULL,
	change     TEXT    NOT NULL CHECK (change IN ('same', 'added', 'changed', 'removed')),
	content    BLOB    REFERENCES flow_contents (hash),
	PRIMARY KEY (deployment, flow),
	CHECK ((change = 'removed') = (content IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX deployment_flows_content ON deployment_flows (content);

CREATE INDEX deployment_flows_flow ON deployment_flows (flow, deployment);

CREATE TABLE deployments (
	number   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	time     INTEGER NOT NULL, -- milliseconds
	author   TEXT    NOT NULL,
	mode     TEXT    NOT NULL CHECK (mode IN ('all', 'flow', 'restart')),
	note     TEXT    NOT NULL DEFAULT '',
	pinned   INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
	restored INTEGER, -- the number of the deployment that this one brought back
	hash     BLOB    NOT NULL CHECK (length(hash) = 32) -- over its flows' names and hashes
) STRICT;

CREATE TABLE editor_settings (
	user     TEXT NOT NULL PRIMARY KEY,
	settings TEXT NOT NULL CHECK (json_valid(settings))
) STRICT, WITHOUT ROWID;

CREATE TABLE env (
	kind     TEXT NOT NULL CHECK (kind IN ('user', 'system')),
	name     TEXT NOT NULL CHECK (name <> '' AND name = upper(name)),
	value    TEXT NOT NULL,
	sealed   BLOB,
	readable INTEGER NOT NULL CHECK (readable IN (0, 1)), note TEXT NOT NULL DEFAULT '', changed INTEGER NOT NULL DEFAULT 0, changed_by TEXT NOT NULL DEFAULT '', revision INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (kind, name),
	CHECK (sealed IS NULL OR value = '')
) STRICT, WITHOUT ROWID;

CREATE TABLE env_state (
	only     INTEGER PRIMARY KEY CHECK (only = 1),
	revision INTEGER NOT NULL CHECK (revision >= 0)
) STRICT;

CREATE TABLE flow_contents (
	hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
	data BLOB NOT NULL -- the JSON, deflated
) STRICT, WITHOUT ROWID;

CREATE TABLE flow_tests (
	flow TEXT NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
	key  TEXT NOT NULL CHECK (key <> ''),
	name TEXT NOT NULL CHECK (name <> ''),
	body TEXT NOT NULL CHECK (json_valid(body)),
	PRIMARY KEY (flow, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE flows (
	id       TEXT    NOT NULL PRIMARY KEY,
	name     TEXT    NOT NULL CHECK (name <> ''),
	key      TEXT    NOT NULL CHECK (key <> ''), -- the name without case and normalisation
	folder   TEXT    NOT NULL DEFAULT '',
	position INTEGER NOT NULL DEFAULT 0,
	locked   INTEGER NOT NULL DEFAULT 0 CHECK (locked IN (0, 1)),
	revision INTEGER NOT NULL CHECK (revision > 0), -- grows with every change
	author   TEXT    NOT NULL, -- of the revision
	saved    INTEGER NOT NULL, -- of the revision, milliseconds
	content  BLOB    REFERENCES flow_contents (hash) -- NULL: the draft was deleted
) STRICT;

CREATE INDEX flows_content ON flows (content);

CREATE UNIQUE INDEX flows_key ON flows (key) WHERE content IS NOT NULL;

CREATE TABLE instance (
	only    INTEGER PRIMARY KEY CHECK (only = 1),
	id      TEXT NOT NULL,
	version TEXT NOT NULL
) STRICT;

CREATE TABLE preferences (
	user_id INTEGER REFERENCES users ON DELETE CASCADE,
	value   TEXT NOT NULL CHECK (json_valid(value))
) STRICT;

CREATE UNIQUE INDEX preferences_of ON preferences (ifnull(user_id, 0));

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

CREATE TABLE roles (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	name        TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 100),
	is_default  INTEGER NOT NULL CHECK (is_default IN (0, 1)),
	permissions INTEGER NOT NULL CHECK (permissions BETWEEN 0 AND 2147483647) -- the bits of auth.Permission
, version INTEGER NOT NULL DEFAULT 1) STRICT;

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
	user_agent     TEXT NOT NULL, consented INTEGER NOT NULL DEFAULT 0,
	CHECK ((user_id IS NULL) = (process <> ''))
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE settings (
	version INTEGER PRIMARY KEY,
	time    INTEGER NOT NULL,
	json    TEXT NOT NULL CHECK (json_type(json) = 'object')
, state TEXT NOT NULL DEFAULT 'saved' CHECK (state IN ('saved', 'pending', 'returned')), author TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '') STRICT;

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

CREATE TRIGGER last_administrator_demoted AFTER DELETE ON user_roles
WHEN EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id AND is_active = 1)
	AND EXISTS (SELECT 1 FROM roles WHERE id = OLD.role_id AND (is_default = 1 OR permissions & 1073741824 <> 0))
	AND NOT EXISTS (SELECT 1 FROM administrators)
BEGIN SELECT RAISE(ABORT, 'last administrator'); END;

CREATE TABLE user_roles (
	user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
	role_id INTEGER NOT NULL REFERENCES roles ON DELETE CASCADE,
	PRIMARY KEY (user_id, role_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX user_roles_by_role ON user_roles (role_id);

CREATE TRIGGER last_administrator_deleted BEFORE DELETE ON users
WHEN OLD.id IN administrators AND NOT EXISTS (SELECT 1 FROM administrators WHERE id <> OLD.id)
BEGIN SELECT RAISE(ABORT, 'last administrator'); END;

CREATE TRIGGER last_administrator_disabled AFTER UPDATE OF is_active ON users
WHEN OLD.is_active = 1 AND NEW.is_active = 0
	AND EXISTS (SELECT 1 FROM user_roles JOIN roles ON roles.id = role_id
		WHERE user_id = OLD.id AND (is_default = 1 OR permissions & 1073741824 <> 0))
	AND NOT EXISTS (SELECT 1 FROM administrators)
BEGIN SELECT RAISE(ABORT, 'last administrator'); END;

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
, version INTEGER NOT NULL DEFAULT 1, signed_in INTEGER) STRICT;
