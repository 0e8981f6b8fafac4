-- The variables that flows and the system read. A secret one has its value in
-- sealed, any other in value.
CREATE TABLE env (
	kind     TEXT NOT NULL CHECK (kind IN ('user', 'system')),
	name     TEXT NOT NULL CHECK (name <> '' AND name = upper(name)),
	value    TEXT NOT NULL,
	sealed   BLOB,
	readable INTEGER NOT NULL CHECK (readable IN (0, 1)),
	PRIMARY KEY (kind, name),
	CHECK (sealed IS NULL OR value = '')
) STRICT, WITHOUT ROWID;
