-- The keys that sign audit entries, each sealed with the product's key, so that
-- entries keep verifying after a rekey. A key that could not be kept is NULL.
CREATE TABLE audit_keys (
	id     INTEGER PRIMARY KEY,
	sealed BLOB
) STRICT;

-- mac signs every field and the mac of the entry before.
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

-- Where the chain ends, outside the table of entries and signed itself.
CREATE TABLE audit_head (
	only INTEGER PRIMARY KEY CHECK (only = 1),
	last INTEGER NOT NULL,
	mac  BLOB NOT NULL,
	key  INTEGER NOT NULL REFERENCES audit_keys (id),
	seal BLOB NOT NULL
) STRICT;
