package storage

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/file"
	"ecoflow/app/recovery"
)

const (
	salvagedName = ".salvaged" // ends the name of the copy
	asideForm    = "20060102T150405Z"
	gapTries     = 512 // pieces in which a gap between what could be read is tried
)

// beside are the ends of the names of what belongs to a database file.
var beside = []string{"-wal", "-shm", "-journal"}

// notSalvaged are tables that the copy starts without: everybody signs in anew.
var notSalvaged = map[string]bool{"sessions": true, "attempts": true, "sqlite_sequence": true}

// Broken is a database file that Open refused. It implements recovery.File.
type Broken struct {
	path  string
	log   *slog.Logger
	found recovery.Found
}

var _ recovery.File = (*Broken)(nil)

// BrokenFile returns the file at path when err, of Open or of using what it opened,
// is for recovery: the file is damaged, or newer than the product.
func BrokenFile(path, version string, log *slog.Logger, err error) (*Broken, bool) {
	b := &Broken{path: path, log: log, found: recovery.Found{Path: path, Version: version}}
	if damage, ok := errors.AsType[*DamagedError](err); ok {
		b.found.Problem = recovery.Damaged
		b.found.Detail = strings.TrimSpace(strings.TrimPrefix(damage.Detail, "*** in database main ***"))
	} else if newer, ok := errors.AsType[*NewerError](err); ok {
		b.found.Problem = recovery.Newer
		b.found.Detail = fmt.Sprintf("The file has schema %d; this EcoFlow knows schema %d at most.", newer.Has, newer.Knows)
		b.found.Needs = or(newer.Product, "of a later date")
	} else {
		return nil, false
	}
	for _, end := range append([]string{""}, beside...) {
		info, err := os.Stat(path + end)
		if err != nil || end == "-shm" {
			continue
		}
		b.found.Size += info.Size()
		if info.ModTime().After(b.found.Modified) {
			b.found.Modified = info.ModTime().UTC().Truncate(time.Second)
		}
	}
	return b, true
}

// Found implements recovery.File.
func (b *Broken) Found() recovery.Found { return b.found }

// Settings returns the saved settings where they can be read, nil else: they say
// where people look for the server.
func (b *Broken) Settings(ctx context.Context) []byte {
	db := &DB{path: b.path}
	for _, query := range []string{
		`SELECT json FROM settings WHERE state = 'saved' ORDER BY version DESC LIMIT 1`,
		`SELECT json FROM settings ORDER BY version DESC LIMIT 1`, // of an earlier schema
	} {
		if object, err := db.peek(ctx, query); err == nil {
			return []byte(object)
		}
	}
	return nil
}

// Salvage implements recovery.File. The copy has the schema that the file says it
// has; a start brings it up to date.
func (b *Broken) Salvage(ctx context.Context, told func(recovery.Table)) (result recovery.Salvaged, err error) {
	copied := b.path + salvagedName
	for _, end := range append([]string{""}, beside...) {
		if err := os.Remove(copied + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return result, fault.New(fault.Unavailable, "The earlier copy %s in the data folder cannot be replaced. Delete it, and salvage again.", filepath.Base(copied)).Because(err)
		}
	}
	f, err := os.OpenFile(copied, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return result, explainFile(err)
	}
	if err := f.Close(); err != nil {
		return result, explainFile(err)
	}
	to, err := sql.Open("sqlite", dsn(copied, "_pragma=synchronous(FULL)", "_pragma=foreign_keys(OFF)"))
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(explain(err), to.Close()) }()
	to.SetMaxOpenConns(1)

	s := &salvage{of: b, to: to}
	defer func() { err = errors.Join(err, s.leave()) }()
	if err := s.open(ctx); err != nil {
		return result, err
	}
	var schema error
	if panicked := b.attempt(func() { schema = s.makeSchema(ctx) }); panicked != "" {
		schema = errors.Join(s.open(ctx), makeSchema(ctx, to, newestSchema()))
	}
	if schema != nil {
		return result, schema
	}
	names, err := all(ctx, to, column[string], `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`)
	if err != nil {
		return result, err
	}
	result.Whole = true
	for _, name := range names {
		if notSalvaged[name] {
			continue
		}
		var t recovery.Table
		var err error
		if panicked := b.attempt(func() { t, err = s.table(ctx, name) }); panicked != "" {
			t = recovery.Table{Name: name, Problem: "It could not be read; the log has why under " + panicked + "."}
			err = s.open(ctx)
		}
		if err != nil {
			return result, err
		}
		told(t)
		result.Tables = append(result.Tables, t)
	}
	if err := s.tidy(ctx, result.Tables); err != nil {
		return result, err
	}
	for _, t := range result.Tables {
		result.Rows += t.Rows
		result.Whole = result.Whole && t.Problem == "" && t.Dropped == 0
	}
	sound, _, err := one(ctx, to, column[string], `PRAGMA integrity_check(1)`)
	if err == nil && sound != "ok" {
		err = fmt.Errorf("the copy is not sound: %s", sound)
	}
	return result, err
}

// attempt does what reads the file. Damage can lead the translation of SQLite to memory
// that is none; what is returned is the id under which the log has that panic, "" when
// there was none.
func (b *Broken) attempt(do func()) (panicked string) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if v := recover(); v != nil {
			panicked = fault.Panicked(b.log, "salvage", v)
		}
	}()
	do()
	return ""
}

// open opens the file, anew after a panic: the connection that had it is let go.
func (s *salvage) open(ctx context.Context) (err error) {
	if panicked := s.of.attempt(func() { s.from, err = s.of.openDamaged(ctx) }); panicked != "" {
		return fault.New(fault.Internal, "The file could not be opened; the log has why under %s.", panicked)
	}
	return err
}

// leave closes the file.
func (s *salvage) leave() (err error) {
	if s.from != nil {
		s.of.attempt(func() { err = s.from.Close() })
	}
	return err
}

// openDamaged opens the file so that nothing can change it, with what its log adds
// where that can be read. A file that was cut off, or whose schema is in part
// unreadable, SQLite opens only for who may write the schema.
func (b *Broken) openDamaged(ctx context.Context) (*sql.DB, error) {
	settings := []string{"mode=ro", "_pragma=query_only(ON)", "_pragma=writable_schema(ON)", "_pragma=trusted_schema(OFF)", "_pragma=cell_size_check(ON)", "_pragma=mmap_size(0)"}
	for _, way := range append([][]string{nil}, readOnlyWays(b.path)...) {
		db, err := sql.Open("sqlite", dsn(b.path, append(settings[:len(settings):len(settings)], way...)...))
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(1)
		var version int
		if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err == nil {
			return db, nil
		}
		if err := db.Close(); err != nil {
			return nil, err
		}
	}
	// Nothing can be read at all: the copy will be empty, and say so.
	return sql.Open("sqlite", dsn(b.path, append(settings, "immutable=1")...))
}

// salvage is one copying.
type salvage struct {
	of       *Broken
	from, to *sql.DB
}

// makeSchema gives the copy the schema of the file, the newest when nobody knows.
func (s *salvage) makeSchema(ctx context.Context) error {
	number, ok, err := one(ctx, s.from, column[int], `PRAGMA user_version`)
	if err != nil || !ok || number <= 0 || number > newestSchema() {
		return makeSchema(ctx, s.to, newestSchema())
	}
	should, err := schemaOf(ctx, number)
	if err != nil {
		return err
	}
	has, err := all(ctx, s.from, column[string], schemaQuery)
	if err != nil {
		return makeSchema(ctx, s.to, number)
	}
	isLater, err := hasLater(ctx, has, should)
	if err != nil {
		return err
	}
	if isLater { // the damage is in the number
		number = newestSchema()
	}
	return makeSchema(ctx, s.to, number)
}

// columnsOf lists the columns of a table, and those of its primary key.
func columnsOf(ctx context.Context, db *sql.DB, table string) (columns, key []string, err error) {
	type info struct {
		name string
		key  bool
	}
	list, err := all(ctx, db, func(r row) (c info, err error) {
		err = r.Scan(&c.name, &c.key)
		return c, err
	}, `SELECT name, pk > 0 FROM pragma_table_info(?) ORDER BY cid`, table)
	for _, c := range list {
		columns = append(columns, c.name)
		if c.key {
			key = append(key, c.name)
		}
	}
	return columns, key, err
}

// table copies what can be read of a table: from its beginning, from its end, and of
// what lies between in ever smaller pieces.
func (s *salvage) table(ctx context.Context, name string) (recovery.Table, error) {
	t := recovery.Table{Name: name}
	wanted, key, err := columnsOf(ctx, s.to, name)
	if err != nil {
		return t, err
	}
	have, _, err := columnsOf(ctx, s.from, name)
	if err != nil || len(have) == 0 {
		t.Problem = "Nothing of it could be read" + reason(err) + "."
		return t, ctx.Err()
	}
	var read, written []string
	for i, c := range wanted {
		switch {
		case len(have) == len(wanted): // the damage may be in a name
			read, written = append(read, quote(have[i])), append(written, quote(c))
		case slices.Contains(have, c):
			read, written = append(read, quote(c)), append(written, quote(c))
		}
	}
	tx, err := s.to.BeginTx(ctx, nil)
	if err != nil {
		return t, err
	}
	defer tx.Rollback()
	c := &copier{
		salvage: s, tx: tx, table: &t, columns: strings.Join(read, ", "), width: len(read),
		insert: fmt.Sprintf(`INSERT OR REPLACE INTO %s (%s) VALUES (?%s)`, quote(name), strings.Join(written, ", "), strings.Repeat(", ?", len(written)-1)),
	}
	if err := c.copy(ctx, key); err != nil {
		return t, err
	}
	if t.Rows, _, err = one(ctx, tx, column[int], `SELECT count(*) FROM `+quote(name)); err != nil {
		return t, err
	}
	return t, tx.Commit()
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func reason(err error) string {
	if err == nil {
		return ""
	}
	if damage, ok := errors.AsType[*DamagedError](explain(err)); ok {
		return ": " + damage.Detail
	}
	return ": " + err.Error()
}

// copier copies one table.
type copier struct {
	*salvage
	tx      *sql.Tx
	table   *recovery.Table
	columns string
	width   int
	insert  string
}

func (c *copier) copy(ctx context.Context, key []string) error {
	name := quote(c.table.Name)
	_, err := c.from.ExecContext(ctx, `SELECT rowid FROM `+name+` LIMIT 0`) //nolint:gosec // quoted
	if err != nil && strings.Contains(err.Error(), "no such column") {      // a table without row numbers
		for i := range key {
			key[i] = quote(key[i])
		}
		broke, err := c.rows(ctx, true, fmt.Sprintf(`SELECT 0, %s FROM %s ORDER BY %s`, c.columns, name, strings.Join(key, ", ")), nil)
		if err != nil || broke == nil {
			return err
		}
		c.table.Problem = "Not all of it could be read" + reason(broke) + "."
		_, err = c.rows(ctx, false, fmt.Sprintf(`SELECT 0, %s FROM %s ORDER BY %s`, c.columns, name, strings.Join(key, " DESC, ")+" DESC"), nil)
		return err
	}
	query := fmt.Sprintf(`SELECT rowid, %s FROM %s NOT INDEXED WHERE rowid BETWEEN ? AND ? ORDER BY rowid`, c.columns, name)
	first, last := int64(-1<<63), int64(1<<63-1)
	low := first
	broke, err := c.rows(ctx, true, query, &low, first, last)
	if err != nil || broke == nil {
		return err
	}
	c.table.Problem = "Not all of it could be read" + reason(broke) + "."
	high := last
	if _, err := c.rows(ctx, true, query+` DESC`, &high, max(low, first+1)+1, last); err != nil {
		return err
	}
	if high == last || low == first {
		return nil // one end gave nothing: there is no telling where to look
	}
	return c.gap(ctx, query, low+1, high-1)
}

// gap tries what lies between two numbers in halves.
func (c *copier) gap(ctx context.Context, query string, low, high int64) error {
	type piece struct{ low, high int64 }
	pieces := []piece{{low, high}}
	for try := 0; try < gapTries && len(pieces) > 0; try++ {
		p := pieces[0]
		pieces = pieces[1:]
		if p.low > p.high {
			continue
		}
		at := p.low - 1
		broke, err := c.rows(ctx, true, query, &at, p.low, p.high)
		if err != nil {
			return err
		}
		if broke == nil || at >= p.high {
			continue
		}
		if rest := (piece{at + 1, p.high}); rest.low < rest.high {
			middle := rest.low + (rest.high-rest.low)/2
			pieces = append(pieces, piece{rest.low, middle}, piece{middle + 1, rest.high})
		}
	}
	return nil
}

// rows copies what a query gives until it ends or breaks, and notes the number of
// the last row in at. err is for what has nothing to do with the damage.
func (c *copier) rows(ctx context.Context, count bool, query string, at *int64, args ...any) (broke, err error) {
	rows, err := c.from.QueryContext(ctx, query, args...)
	if err != nil {
		return err, ctx.Err()
	}
	defer rows.Close()
	values := make([]any, c.width)
	var number int64
	targets := []any{&number}
	for i := range values {
		targets = append(targets, &values[i])
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err, ctx.Err()
		}
		if at != nil {
			*at = number
		}
		_, err := c.tx.ExecContext(ctx, c.insert, values...)
		if f, ok := fault.As(explain(err)); ok {
			return nil, f // the copy cannot be written
		}
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && count:
			c.table.Dropped++
		}
	}
	return rows.Err(), ctx.Err()
}

// tidy drops what was read and cannot be right: flows whose content is not what its
// hash says, and rows that belong to one that is lost.
func (s *salvage) tidy(ctx context.Context, tables []recovery.Table) error {
	drop := func(name string, res sql.Result) (int, error) {
		n, err := res.RowsAffected()
		for i := range tables {
			if tables[i].Name == name {
				tables[i].Rows -= int(n)
				tables[i].Dropped += int(n)
			}
		}
		return int(n), err
	}
	if err := s.unfit(ctx, drop); err != nil {
		return err
	}
	for again := true; again; {
		again = false
		for _, t := range tables {
			refs, err := references(ctx, s.to, t.Name)
			if err != nil {
				return err
			}
			for _, r := range refs {
				orphans := fmt.Sprintf(`%[2]s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %[3]s p WHERE p.%[4]s = %[1]s.%[2]s)`,
					quote(t.Name), quote(r.column), quote(r.parent), quote(r.key))
				query := `DELETE FROM ` + quote(t.Name) + ` WHERE ` + orphans //nolint:gosec // quoted
				if t.Name == "flows" && r.column == "content" {               // the flow stays, its draft is lost
					query = `UPDATE flows SET content = NULL WHERE ` + orphans
				}
				res, err := s.to.ExecContext(ctx, query)
				if err != nil {
					return err
				}
				n, err := drop(t.Name, res)
				if err != nil {
					return err
				}
				again = again || n > 0
			}
		}
	}
	return nil
}

// unfit drops the contents of flows that do not fit their hash.
func (s *salvage) unfit(ctx context.Context, drop func(string, sql.Result) (int, error)) error {
	hashes, err := all(ctx, s.to, column[[]byte], `SELECT hash FROM flow_contents`)
	if err != nil {
		return nil //nolint:nilerr // a schema from before flows were kept
	}
	for _, hash := range hashes {
		data, _, err := one(ctx, s.to, column[[]byte], `SELECT data FROM flow_contents WHERE hash = ?`, hash)
		if err != nil {
			return err
		}
		content, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), maxContent))
		if sum := sha256.Sum256(content); err == nil && bytes.Equal(sum[:], hash) {
			continue
		}
		res, err := s.to.ExecContext(ctx, `DELETE FROM flow_contents WHERE hash = ?`, hash)
		if err != nil {
			return err
		}
		if _, err := drop("flow_contents", res); err != nil {
			return err
		}
	}
	return nil
}

// reference is a column whose values are keys of another table.
type reference struct{ column, parent, key string }

func references(ctx context.Context, db *sql.DB, table string) ([]reference, error) {
	list, err := all(ctx, db, func(r row) (f reference, err error) {
		var key *string
		if err = r.Scan(&f.column, &f.parent, &key); key != nil {
			f.key = *key
		}
		return f, err
	}, `SELECT "from", "table", "to" FROM pragma_foreign_key_list(?)`, table)
	for i := range list {
		if list[i].key != "" || err != nil {
			continue
		}
		var key []string
		if _, key, err = columnsOf(ctx, db, list[i].parent); err == nil && len(key) == 1 {
			list[i].key = key[0]
		}
	}
	return list, err
}

// Adopt implements recovery.File. Cut off at any moment, the next start finds the
// damaged file or the copy, never a mixture and never nothing.
func (b *Broken) Adopt() (aside string, err error) {
	stamp := time.Now().UTC().Format(asideForm)
	for n := 1; ; n++ {
		aside = b.path + ".damaged-" + stamp
		if n > 1 {
			aside += "-" + strconv.Itoa(n)
		}
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err := keepAs(b.path, aside); err != nil {
		return "", explainFile(err)
	}
	for _, end := range beside {
		if err := os.Rename(b.path+end, aside+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", explainFile(err)
		}
	}
	if err := file.SyncFolder(filepath.Dir(b.path)); err != nil {
		return "", explainFile(err)
	}
	if err := file.Place(b.path+salvagedName, b.path); err != nil {
		return "", explainFile(err)
	}
	if err := os.Remove(b.path + suspectName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", explainFile(err)
	}
	return filepath.Base(aside), nil
}

// keepAs gives a file a second name, or copies it where it can have only one.
func keepAs(path, as string) error {
	if os.Link(path, as) == nil {
		return nil
	}
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(as+file.Unfinished, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Sync(), to.Close()); err != nil {
		return errors.Join(err, os.Remove(as+file.Unfinished))
	}
	return file.Place(as+file.Unfinished, as)
}

// explainFile is explain for files that are no databases.
func explainFile(err error) error {
	why := err
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		why = p.Err
	}
	return fault.New(fault.Unavailable, "The data folder cannot be written: %v. The damaged file is as it was.", why).WithCode("not_written").Because(err)
}

// Download implements recovery.File.
func (b *Broken) Download() (name, contentType string, write func(io.Writer) error, err error) {
	base := filepath.Base(b.path)
	var files []string
	for _, end := range []string{"", "-wal", "-journal"} {
		if info, err := os.Stat(b.path + end); err == nil && (end == "" || info.Size() > 0) {
			files = append(files, base+end)
		}
	}
	if len(files) == 0 {
		return "", "", nil, fault.New(fault.NotFound, "The file is not there any more.")
	}
	pour := func(w io.Writer, name string) error {
		f, err := os.Open(filepath.Join(filepath.Dir(b.path), name))
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(w, f)
		return err
	}
	if len(files) == 1 {
		return base, "application/vnd.sqlite3", func(w io.Writer) error { return pour(w, base) }, nil
	}
	return base + ".zip", "application/zip", func(w io.Writer) error {
		archive := zip.NewWriter(w)
		for _, name := range files {
			part, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
			if err != nil {
				return err
			}
			if err := pour(part, name); err != nil {
				return err
			}
		}
		return archive.Close()
	}, nil
}
