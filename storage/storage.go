// Package storage keeps everything in one SQLite file: it implements the stores
// that the features declare, and nothing else knows SQL.
//
// One connection writes. Whatever waits to be written is grouped into one
// transaction with a savepoint each, so that an acknowledged write is on disk
// and many at once cost one wait for the disk.
package storage

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
	"ecoflow/app/file"
	"ecoflow/app/secret"
)

const (
	// oldestSQLite is the first version without the WAL-reset corruption.
	oldestSQLite = "3.51.3"
	// checkTime bounds the check of a database that was not closed.
	checkTime = 10 * time.Second
	// checkEvery is how often a database that is in use is checked for damage.
	checkEvery = 7 * 24 * time.Hour
	// lockWait is how long SQLite waits for a lock of another process.
	lockWait = 5 * time.Second
)

// Options says where the database is and what it needs.
type Options struct {
	Path string // of the database file; its folder must exist
	// Backups is the folder for the copies made before a migration; "backups"
	// beside the database by default.
	Backups string
	Keys    *secret.Keyring // seals secret columns; needed
	Log     *slog.Logger    // slog.Default by default
	Version string          // of the product, named to whoever opens the file with an older one
	Full    func()          // called after each write that found the disk full; may be nil
	// ReadOnly is for a folder that cannot be written: what is there can be read, and
	// sessions live in memory until the end.
	ReadOnly bool
	// Back is called when the folder has come back after it was gone, before anything
	// is read from it again: whether it may be used. It may be nil.
	Back func() error
	// Lost is called once when what has come back cannot be used; may be nil.
	Lost func(error)

	vfs string // of SQLite, for tests of other file systems
}

// DB is the open database. Its methods may be called concurrently.
type DB struct {
	path    string
	backups string
	version string
	keys    *secret.Keyring
	log     *slog.Logger
	full    func()
	vfs     string

	writer *sql.DB // one connection
	reads  *pool   // query_only ones; the writer's own where sharing is impossible

	queue  chan *write
	quit   chan struct{}      // closed by Close
	ask    chan chan struct{} // for a look whether what is gone is back
	ended  chan struct{}      // closed when the writer goroutine is done
	closed atomic.Bool
	checks sync.WaitGroup              // looks for damage under way
	broken atomic.Pointer[fault.Fault] // set for ever when a write did not reach the disk
	chain  chain                       // the writer goroutine's own
	foldAt int64                       // the writer goroutine's own: size of the log
	ill    atomic.Pointer[fault.Fault] // why the last write failed, nil since one worked

	readOnly bool
	back     func() error
	lost     func(error)
	lostOnce sync.Once
	file     atomic.Pointer[sighting]    // what was opened
	wal      *sighting                   // the writer goroutine's own: the log beside it
	gone     atomic.Pointer[fault.Fault] // set while that is not where it was

	audited atomic.Pointer[func(audit.Record)] // hears what was stored
	ailing  atomic.Pointer[func()]             // hears when writes fail

	instance string
	created  bool // by this Open
	tampered bool // the audit chain did not end where it should

	cut atomic.Int64 // the last audit entry that was moved to an archive
}

// DamagedError says that the database file is not sound. The file was left as
// it is.
type DamagedError struct {
	Path   string // "" when it was found while the database was in use
	Detail string // what SQLite found
}

// Unwrap gives callers the fault to act on.
func (e *DamagedError) Unwrap() error {
	return fault.New(fault.Unavailable, "The database is damaged. Start EcoFlow again to repair it.").WithCode("database_damaged")
}

// Error is a sentence for the user.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("The database %s is damaged (%s). It is left as it is; restore a backup, or move the file aside to start empty.", or(e.Path, "file"), e.Detail)
}

// NewerError says that the database was last used by a newer product.
type NewerError struct {
	Path    string
	Has     int    // schema version of the file
	Knows   int    // newest schema version this binary knows
	Product string // version of the product that wrote it, "" when unknown
	Binary  string // version of this product
}

// Error is a sentence for the user.
func (e *NewerError) Error() string {
	return fmt.Sprintf("The database %s was made by EcoFlow %s (schema %d). This is EcoFlow %s, which knows schema %d at most. Nothing was changed; use the newer version.",
		e.Path, or(e.Product, "of a later version"), e.Has, or(e.Binary, "of an earlier version"), e.Knows)
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// Open opens the database, makes it when it is missing and brings its schema up
// to date, after a copy of it was kept. A database that was not closed is checked
// first. It fails with a *DamagedError, a *NewerError, or a fault where the file
// cannot be used; the file is untouched then. The caller closes the DB.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Keys == nil {
		return nil, errors.New("open database: no keyring")
	}
	db := &DB{
		path: o.Path, backups: o.Backups, version: o.Version, keys: o.Keys, log: o.Log, full: o.Full, vfs: o.vfs,
		queue: make(chan *write, maxGroup), quit: make(chan struct{}), ask: make(chan chan struct{}), ended: make(chan struct{}),
		foldAt: foldBytes, readOnly: o.ReadOnly, back: o.Back, lost: o.Lost,
	}
	if db.backups == "" {
		db.backups = filepath.Join(filepath.Dir(o.Path), "backups")
	}
	if db.log == nil {
		db.log = slog.Default()
	}
	if err := db.open(ctx); err != nil {
		db.closePools()
		err = db.misshapen(explain(err))
		if damaged, ok := errors.AsType[*DamagedError](err); ok {
			damaged.Path = o.Path
		}
		return nil, err
	}
	fault.Go(db.log, "storage writer", db.writeLoop)
	return db, nil
}

func (db *DB) open(ctx context.Context) error {
	if db.readOnly {
		return db.openReadOnly(ctx)
	}
	if err := db.prepareFile(ctx); err != nil {
		return err
	}
	if err := db.openPools(ctx); err != nil {
		return err
	}
	if err := db.assertVersion(ctx); err != nil {
		return err
	}
	if err := db.migrate(ctx); err != nil {
		return err
	}
	if err := db.identify(ctx); err != nil {
		return err
	}
	if db.keys.Interrupted() {
		if _, err := db.finishRekey(ctx); err != nil {
			return err
		}
	}
	if err := db.recognise(); err != nil {
		return err
	}
	return db.loadChain(ctx)
}

// prepareFile makes the file, readable by its owner alone, or looks at the one
// that is there through a connection that cannot change it.
func (db *DB) prepareFile(ctx context.Context) error {
	if err := file.Sweep(db.backups); err != nil {
		db.log.Warn("unfinished copies stay", "error", err)
	}
	f, err := os.OpenFile(db.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		return errors.Join(f.Close(), file.SyncFolder(filepath.Dir(db.path)))
	}
	if !errors.Is(err, fs.ErrExist) {
		return fault.New(fault.Unavailable, "The database %s cannot be made.", db.path).Because(err)
	}
	if err := os.Chmod(db.path, 0o600); err != nil {
		db.log.Warn("database file may be readable by others", "path", db.path, "error", err)
	}
	return db.inspect(ctx)
}

// inspect refuses a file that is newer or, after an unclean stop, damaged,
// before anything could write to it: even closing a writing connection would.
func (db *DB) inspect(ctx context.Context) error {
	if _, err := os.Stat(db.path + "-journal"); err == nil {
		return nil // needs a writer to be rolled back first
	}
	// A database that was closed has no write-ahead log beside it.
	_, err := os.Stat(db.path + "-wal")
	_, suspected := os.Stat(db.path + suspectName)
	unclean := err == nil || suspected == nil

	look, err := sql.Open("sqlite", db.dsn("mode=ro", "_pragma=query_only(ON)"))
	if err != nil {
		return err
	}
	defer look.Close()
	look.SetMaxOpenConns(1)

	_, err = db.schema(ctx, look)
	if code(err)&0xff == sqlite3.SQLITE_CANTOPEN {
		return nil // a log that a mere look cannot read here: see openExclusive
	}
	// A number that damage made up looks like a newer schema.
	newer, isNewer := errors.AsType[*NewerError](err)
	if !isNewer && (err != nil || !unclean) {
		return err
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	var found string
	err = look.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&found)
	switch {
	case isNewer && found != "" && found != "ok":
		return &DamagedError{Path: db.path, Detail: found}
	case isNewer:
		if _, damaged := errors.AsType[*DamagedError](explain(err)); damaged {
			return err
		}
		return newer
	case err != nil && ctx.Err() == context.DeadlineExceeded:
		db.log.Warn("database was not closed and is too large to check at start", "path", db.path)
		return nil
	case err != nil:
		return err
	case found != "ok":
		return &DamagedError{Path: db.path, Detail: found}
	}
	if suspected == nil {
		if err := checkSchema(ctx, db.dsn("mode=ro", "_pragma=query_only(ON)")); err != nil {
			return err
		}
	}
	db.log.Info("database was not closed; checked", "path", db.path, "took", time.Since(start))
	if suspected == nil {
		return os.Remove(db.path + suspectName)
	}
	return nil
}

// schema returns the version of the schema; it fails with a *NewerError when that
// is not ours to touch.
func (db *DB) schema(ctx context.Context, pool *sql.DB) (has int, err error) {
	if err := pool.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&has); err != nil {
		return 0, err
	}
	if has <= newestSchema() {
		return has, nil
	}
	e := &NewerError{Path: db.path, Has: has, Knows: newestSchema(), Binary: db.version}
	// Its table may be another one by then; the versions of the schema say enough.
	_ = pool.QueryRowContext(ctx, `SELECT version FROM instance`).Scan(&e.Product)
	return has, e
}

func (db *DB) openPools(ctx context.Context) error {
	var err error
	if db.writer, err = sql.Open("sqlite", db.dsn(append(shared(), "_pragma=wal_autocheckpoint(0)", "_txlock=immediate")...)); err != nil {
		return err
	}
	db.writer.SetMaxOpenConns(1)
	var mode string
	err = db.writer.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&mode)
	if code(err)&0xff == sqlite3.SQLITE_CANTOPEN || err == nil && mode != "wal" {
		return db.openExclusive(ctx)
	}
	if err != nil {
		return err
	}
	reads, err := sql.Open("sqlite", db.dsn(append(shared(), "_pragma=query_only(ON)")...))
	if err != nil {
		return err
	}
	reads.SetMaxOpenConns(readers())
	reads.SetMaxIdleConns(readers())
	db.reads = &pool{reads, db}
	return nil
}

// readers is how many connections read at once.
func readers() int { return max(4, runtime.GOMAXPROCS(0)) }

// openExclusive is for folders whose file system cannot share memory, which the
// write-ahead log needs: one connection with a rollback journal does everything.
func (db *DB) openExclusive(ctx context.Context) error {
	if err := db.writer.Close(); err != nil {
		return err
	}
	var err error
	settings := append(pragmas("EXTRA"), "_pragma=locking_mode(EXCLUSIVE)", "_txlock=immediate")
	if db.writer, err = sql.Open("sqlite", db.dsn(settings...)); err != nil {
		return err
	}
	db.writer.SetMaxOpenConns(1)
	db.reads = &pool{db.writer, db}
	// Locked and read once, a database that came along with its log needs no memory
	// for it; only then it can do without.
	if _, err := db.schema(ctx, db.writer); err != nil {
		return err
	}
	if _, err := db.writer.ExecContext(ctx, `PRAGMA journal_mode = DELETE`); err != nil {
		return err
	}
	db.log.Warn("folder cannot share memory between connections; writes are slower and reads wait for them", "path", db.path)
	return nil
}

// shared lists how the connections are opened that share the write-ahead log.
// Waiting for locks comes first, because what follows may meet one.
func shared() []string {
	return slices.Insert(pragmas("FULL"), 1, "_pragma=journal_mode(WAL)")
}

// pragmas lists what every connection is opened with.
func pragmas(synchronous string) []string {
	return []string{
		fmt.Sprintf("_pragma=busy_timeout(%d)", lockWait.Milliseconds()),
		"_pragma=synchronous(" + synchronous + ")",
		"_pragma=foreign_keys(ON)",
		"_pragma=trusted_schema(OFF)",
		"_pragma=cell_size_check(ON)",
		"_pragma=mmap_size(0)",
		"_pragma=journal_size_limit(67108864)",
	}
}

// dsn is the address of the database file.
func (db *DB) dsn(settings ...string) string {
	if db.vfs != "" {
		settings = append(settings, "vfs="+db.vfs)
	}
	return dsn(db.path, settings...)
}

// dsn is the address of the file as an URI, so that no character of its path
// means anything else.
func dsn(path string, settings ...string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // a Windows drive
		path = "/" + path
	}
	u := url.URL{Scheme: "file", Path: path}
	return u.String() + "?" + strings.Join(settings, "&")
}

func (db *DB) assertVersion(ctx context.Context) error {
	var version string
	if err := db.writer.QueryRowContext(ctx, `SELECT sqlite_version()`).Scan(&version); err != nil {
		return err
	}
	if older(version, oldestSQLite) {
		return fmt.Errorf("SQLite %s is older than %s", version, oldestSQLite)
	}
	return nil
}

// older compares versions of three numbers.
func older(version, than string) bool {
	var a, b [3]int
	fmt.Sscanf(version, "%d.%d.%d", &a[0], &a[1], &a[2]) //nolint:errcheck // what is no number counts as 0
	fmt.Sscanf(than, "%d.%d.%d", &b[0], &b[1], &b[2])    //nolint:errcheck // what is no number counts as 0
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

// identify gives a new database its instance id, and notes which version of the
// product used it last.
func (db *DB) identify(ctx context.Context) error {
	var version string
	err := db.writer.QueryRowContext(ctx, `SELECT id, version FROM instance`).Scan(&db.instance, &version)
	if err == nil && version == db.version {
		return nil // starting writes nothing
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return db.writer.QueryRowContext(ctx, `INSERT INTO instance (only, id, version) VALUES (1, ?, ?)
		ON CONFLICT (only) DO UPDATE SET version = excluded.version RETURNING id`, rand.Text(), db.version).Scan(&db.instance)
}

// Created reports whether there was no database before this one was opened.
func (db *DB) Created() bool { return db.created }

// Instance returns the id of this database: made once, and moving with the folder.
func (db *DB) Instance() string { return db.instance }

// Healthy returns nil, or the fault that keeps the database from being written.
func (db *DB) Healthy() error {
	if err := db.refusing(); err != nil {
		return err
	}
	if db.readOnly {
		return readOnly()
	}
	return nil
}

// refusing returns the fault that every write fails with, nil when there is none.
func (db *DB) refusing() error {
	if f := db.gone.Load(); f != nil {
		return f
	}
	if f := db.broken.Load(); f != nil {
		return f
	}
	return nil
}

// Checkpoint folds the write-ahead log back into the database file, so that the
// one file is whole.
func (db *DB) Checkpoint(ctx context.Context) error {
	_, err := db.writer.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return explain(err)
}

// Close finishes the writes that wait, folds the log back and closes the file.
// Writes that come later fail.
func (db *DB) Close() error {
	if db.closed.Swap(true) {
		return nil
	}
	close(db.quit)
	<-db.ended
	db.checks.Wait()
	// Readers go first: the last connection to close removes the log.
	var err error
	if db.shares() {
		err = db.reads.Close()
	}
	if db.gone.Load() == nil && !db.readOnly {
		err = errors.Join(err, db.Checkpoint(context.Background()), db.remember())
	}
	err = errors.Join(err, db.writer.Close())
	if damage, ok := errors.AsType[*DamagedError](err); ok { // for the next start to find
		return errors.New(damage.Error())
	}
	return err
}

// shares reports whether reading has connections of its own.
func (db *DB) shares() bool { return db.reads.DB != db.writer }

func (db *DB) closePools() {
	if db.reads != nil && db.shares() {
		db.reads.Close() //nolint:errcheck // it only read
	}
	if db.writer != nil {
		db.writer.Close() //nolint:errcheck // what was acknowledged is on the disk
	}
}
