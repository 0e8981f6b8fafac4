-- What people know about a variable: why it is there, who changed it last and
-- when. revision is the number of the change; env_state has the last one's.
ALTER TABLE env ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE env ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE env ADD COLUMN changed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE env ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

CREATE TABLE env_state (
	only     INTEGER PRIMARY KEY CHECK (only = 1),
	revision INTEGER NOT NULL CHECK (revision >= 0)
) STRICT;
INSERT INTO env_state (only, revision) VALUES (1, 0);
