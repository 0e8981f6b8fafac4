-- Each index ends with the id, so that the entries of one value are read from the
-- newest on without sorting.
CREATE INDEX audit_by_actor ON audit (actor);
CREATE INDEX audit_by_action ON audit (action);
CREATE INDEX audit_by_object ON audit (object);
CREATE INDEX audit_by_address ON audit (address);
CREATE INDEX audit_by_result ON audit (result);
CREATE INDEX audit_by_type ON audit (type);
