package storage

import "ecoflow/app"

// Stores returns all that the features need kept.
func (db *DB) Stores() app.Stores {
	return app.Stores{Accounts: db.Accounts(), Audit: db.Audit(), Env: db.Env(), Flows: db.Flows(), Database: db}
}
