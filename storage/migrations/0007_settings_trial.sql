-- Settings that change how the server is reached are in force for a while before
-- they count; until then they are pending, and returned when nobody confirmed them.
ALTER TABLE settings ADD COLUMN state TEXT NOT NULL DEFAULT 'saved' CHECK (state IN ('saved', 'pending', 'returned'));
ALTER TABLE settings ADD COLUMN author TEXT NOT NULL DEFAULT '';
-- Why they returned.
ALTER TABLE settings ADD COLUMN reason TEXT NOT NULL DEFAULT '';
