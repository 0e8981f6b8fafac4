-- Where the table of audit entries begins: those up to last were moved to signed
-- archives. Signed itself; without a row nothing was.
CREATE TABLE audit_cut (
	only INTEGER PRIMARY KEY CHECK (only = 1),
	last INTEGER NOT NULL,
	mac  BLOB NOT NULL,
	key  INTEGER NOT NULL REFERENCES audit_keys (id),
	seal BLOB NOT NULL
) STRICT;
