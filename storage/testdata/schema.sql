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
	mode     TEXT    NOT NULL CHECK (mode IN ('all', 'flow')),
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
	readable INTEGER NOT NULL CHECK (readable IN (0, 1)),
	PRIMARY KEY (kind, name),
	CHECK (sealed IS NULL OR value = '')
) STRICT, WITHOUT ROWID;

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

CREATE TABLE settings (
	version INTEGER PRIMARY KEY,
	time    INTEGER NOT NULL,
	json    TEXT NOT NULL CHECK (json_type(json) = 'object')
) STRICT;
