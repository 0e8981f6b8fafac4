package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"modernc.org/sqlite"

	"ecoflow/app/secret"
)

// migratingVariable makes the test binary a process that opens the database at this
// path, and is killed in the middle: before the statement of that number, of those
// that the steps of the schema have together.
const migratingVariable = "ECOFLOW_STORAGE_MIGRATING"

// migrating is that process.
func migrating() {
	number, path, _ := strings.Cut(os.Getenv(migratingVariable), " ")
	at, err := strconv.Atoi(number)
	if err != nil {
		panic(err)
	}
	sqlite.MustRegisterScalarFunction("die", 0, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		if err != nil {
			panic(err)
		}
		select {}
	})
	for i, m := range migrations {
		statements := statementsOf(m)
		if at <= len(statements) {
			before, after := statements[:at], statements[at:]
			migrations[i].sql = strings.Join(before, "") + ";SELECT die();\n" + strings.Join(after, "")
			break
		}
		at -= len(statements) + 1 // one place more: behind the last
	}
	keys, err := secret.NewKeyring(masterKey)
	if err != nil {
		panic(err)
	}
	db, err := Open(context.Background(), Options{Path: path, Keys: keys, Log: slog.New(slog.DiscardHandler), Version: "1.0.0"})
	fmt.Println("not killed:", err)
	if err == nil {
		_ = db.Close()
	}
}

// statementsOf takes a step apart, at the line ends that end a statement.
func statementsOf(m migration) []string {
	parts := strings.SplitAfter(m.sql, ";\n")
	if strings.TrimSpace(parts[len(parts)-1]) == "" {
		parts = parts[:len(parts)-1]
	}
	return parts
}

// leave makes a database as an earlier program left it, one that knew these steps.
func leave(t *testing.T, path string, steps []migration, rows string) {
	t.Helper()
	pool, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range steps {
		run(t, pool, m.sql)
		run(t, pool, fmt.Sprintf(`PRAGMA user_version = %d`, m.number))
	}
	run(t, pool, rows)
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
}

// R12: killed before each statement of each step, and behind the last of each, the
// next start has the schema of today and all rows of before. A release takes each, and
// every run some.
func TestKillAtEachStatementOfAMigration(t *testing.T) {
	golden, err := os.ReadFile(filepath.Join("testdata", "schema.sql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		has  int // steps that the database had
	}{{"an empty folder", 0}, {"the schema of the fifth step", 5}} {
		t.Run(tt.name, func(t *testing.T) {
			first, last := 0, 0
			for i, m := range migrations {
				if i < tt.has {
					first += len(statementsOf(m)) + 1
				}
				last += len(statementsOf(m)) + 1
			}
			every := 4
			if os.Getenv(fullVariable) != "" {
				every = 1
			} else if testing.Short() {
				every = 15
			}
			for at := first; at < last; at += every {
				path := filepath.Join(t.TempDir(), "ecoflow.db")
				if tt.has > 0 {
					leave(t, path, migrations[:tt.has], `INSERT INTO roles (name, is_default, permissions) VALUES ('keeper', 0, 5)`)
				}
				cmd := exec.Command(os.Args[0], "-test.run=^$")
				cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", migratingVariable, at, path))
				if out, _ := cmd.CombinedOutput(); len(out) > 0 {
					t.Fatalf("before statement %d: %s", at, out)
				}
				db := reopen(t, path)
				list, err := db.Schema(t.Context())
				if got := strings.Join(list, ";\n\n") + ";\n"; err != nil || got != string(golden) {
					t.Errorf("before statement %d: %v, the schema is\n%s", at, err, got)
				}
				found, _, err := one(t.Context(), db.reads, column[string], `PRAGMA integrity_check`)
				if err != nil || found != "ok" {
					t.Errorf("before statement %d: %s, %v", at, found, err)
				}
				if tt.has > 0 {
					if n, _, err := one(t.Context(), db.reads, column[int], `SELECT count(*) FROM roles WHERE name = 'keeper' AND permissions = 5`); n != 1 || err != nil {
						t.Errorf("before statement %d: %d roles, %v", at, n, err)
					}
					copies, err := filepath.Glob(filepath.Join(filepath.Dir(path), "backups", "before-migration-*-schema-5.db"))
					if err != nil || len(copies) == 0 {
						t.Errorf("before statement %d: copies %v, %v", at, copies, err)
					}
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
