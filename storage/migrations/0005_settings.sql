-- The stored settings, newest last; the last 20 are kept to go back to.
CREATE TABLE settings (
	version INTEGER PRIMARY KEY,
	time    INTEGER NOT NULL,
	json    TEXT NOT NULL CHECK (json_type(json) = 'object')
) STRICT;

-- What this database is: made once, moves with the folder.
CREATE TABLE instance (
	only    INTEGER PRIMARY KEY CHECK (only = 1),
	id      TEXT NOT NULL,
	version TEXT NOT NULL
) STRICT;
