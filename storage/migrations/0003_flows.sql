-- What flows hold, kept once for each different content: drafts and deployments
-- point at it by the SHA-256 of the JSON, which is compared whenever it is read.
CREATE TABLE flow_contents (
	hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
	data BLOB NOT NULL -- the JSON, deflated
) STRICT, WITHOUT ROWID;

-- Flows by the id that outlives their name, each with its draft. A deleted draft
-- leaves the row behind, so that its tests and history wait for its return.
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

CREATE UNIQUE INDEX flows_key ON flows (key) WHERE content IS NOT NULL;
CREATE INDEX flows_content ON flows (content);

-- Requests saved with a flow, and what must be answered.
CREATE TABLE flow_tests (
	flow TEXT NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
	key  TEXT NOT NULL CHECK (key <> ''),
	name TEXT NOT NULL CHECK (name <> ''),
	body TEXT NOT NULL CHECK (json_valid(body)),
	PRIMARY KEY (flow, key)
) STRICT, WITHOUT ROWID;

-- Deployments; the one with the greatest number is live.
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

-- The flows of each deployment, and what each one means against the deployment
-- before it. A removed flow has a row without content.
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

-- How each user likes the canvas.
CREATE TABLE editor_settings (
	user     TEXT NOT NULL PRIMARY KEY,
	settings TEXT NOT NULL CHECK (json_valid(settings))
) STRICT, WITHOUT ROWID;
