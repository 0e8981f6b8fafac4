-- When the password was last given in a session; signing in counts.

ALTER TABLE sessions ADD COLUMN consented INTEGER NOT NULL DEFAULT 0;
