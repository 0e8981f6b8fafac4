package storage

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// copiesKept is how many of the copies made before migrations stay.
const copiesKept = 3

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one step of the schema: number, a name for the log, SQL.
type migration struct {
	number int
	name   string
	sql    string
}

var migrations = readMigrations(migrationFiles)

// readMigrations returns the steps in the order of their numbers. A file that is
// not NNNN_name.sql, or a number twice, is a broken build.
func readMigrations(files fs.FS) []migration {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		panic(err)
	}
	var list []migration
	for _, name := range names {
		base := strings.TrimSuffix(path.Base(name), ".sql")
		digits, _, _ := strings.Cut(base, "_")
		number, err := strconv.Atoi(digits)
		if err != nil || len(digits) != 4 {
			panic("storage: a migration is named NNNN_name.sql, not " + name)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			panic(err)
		}
		list = append(list, migration{number, base, string(text)})
	}
	slices.SortFunc(list, func(a, b migration) int { return a.number - b.number })
	for i, m := range list[1:] {
		if m.number == list[i].number {
			panic("storage: two migrations have the number of " + m.name)
		}
	}
	return list
}

func newestSchema() int { return migrations[len(migrations)-1].number }

// migrate runs the steps that the database has not had, each in a transaction
// together with the number that says so. A database with data is copied first.
func (db *DB) migrate(ctx context.Context) error {
	has, err := db.schema(ctx, db.writer)
	if err != nil || has == newestSchema() {
		return err
	}
	db.created = has == 0
	if has > 0 {
		if err := db.keepCopy(ctx, has); err != nil {
			return fmt.Errorf("copy the database before its schema changes: %w", err)
		}
	}
	for _, m := range migrations {
		if m.number <= has {
			continue
		}
		if err := step(ctx, db.writer, m); err != nil {
			return fmt.Errorf("migrate to %s: %w", m.name, err)
		}
		if has > 0 {
			db.log.Info("schema migrated", "step", m.name)
		}
	}
	return nil
}

// makeSchema gives an empty database the schema of a number.
func makeSchema(ctx context.Context, to *sql.DB, number int) error {
	for _, m := range migrations {
		if m.number > number {
			break
		}
		if err := step(ctx, to, m); err != nil {
			return err
		}
	}
	return nil
}

func step(ctx context.Context, to *sql.DB, m migration) error {
	tx, err := to.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, m.sql); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, m.number)); err != nil {
		return err
	}
	return tx.Commit()
}

// keepCopy puts a consistent copy of the database into the backups folder and
// removes the oldest of the earlier ones.
func (db *DB) keepCopy(ctx context.Context, schema int) error {
	if err := os.MkdirAll(db.backups, 0o700); err != nil {
		return err
	}
	name := fmt.Sprintf("before-migration-%s-schema-%d.db", time.Now().UTC().Format("20060102T150405.000Z"), schema)
	if err := db.Snapshot(ctx, filepath.Join(db.backups, name)); err != nil {
		return err
	}
	kept, err := filepath.Glob(filepath.Join(db.backups, "before-migration-*.db"))
	if err != nil {
		return err
	}
	slices.Sort(kept) // the time comes first in the name
	for len(kept) > copiesKept {
		if err := os.Remove(kept[0]); err != nil {
			return err
		}
		kept = kept[1:]
	}
	return nil
}

const schemaQuery = `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY tbl_name, type DESC, name`

// Schema returns the statements that make the present schema, in the order of
// their names.
func (db *DB) Schema(ctx context.Context) ([]string, error) {
	return all(ctx, db.reads, column[string], schemaQuery)
}

// schemaOf returns the statements that the migrations up to a number make.
func schemaOf(ctx context.Context, number int) ([]string, error) {
	fresh, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer fresh.Close()
	fresh.SetMaxOpenConns(1) // another one is another memory
	if err := makeSchema(ctx, fresh, number); err != nil {
		return nil, err
	}
	return all(ctx, fresh, column[string], schemaQuery)
}

// checkSchema returns a *DamagedError when the schema of the file at dsn is not
// what the migrations up to its number make: damage can leave one that SQLite
// still reads, whose tables have other names or columns, or another number.
func checkSchema(ctx context.Context, dsn string) error {
	from, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	defer from.Close()
	number, _, err := one(ctx, from, column[int], `PRAGMA user_version`)
	if err != nil {
		return err
	}
	has, err := all(ctx, from, column[string], schemaQuery)
	if err != nil {
		return err
	}
	should, err := schemaOf(ctx, number)
	if err != nil {
		return err
	}
	for _, statement := range should {
		if !slices.Contains(has, statement) {
			name, _, _ := strings.Cut(statement, "(")
			return &DamagedError{Detail: "the schema is not as it was made: " + strings.TrimSpace(name)}
		}
	}
	isLater, err := hasLater(ctx, has, should)
	if err == nil && isLater {
		err = &DamagedError{Detail: fmt.Sprintf("the schema is later than number %d", number)}
	}
	return err
}

// hasLater reports whether a schema has more of the newest one than it should.
func hasLater(ctx context.Context, has, should []string) (bool, error) {
	newest, err := schemaOf(ctx, newestSchema())
	return slices.ContainsFunc(newest, func(statement string) bool {
		return !slices.Contains(should, statement) && slices.Contains(has, statement)
	}), err
}
