-- Users and roles count their changes, so that somebody who saves over a newer one
-- is told; and it is known when a user was last signed in.
ALTER TABLE users ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN signed_in INTEGER;
ALTER TABLE roles ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
