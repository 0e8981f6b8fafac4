package storage

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"ecoflow/app/config"
)

// A look at a database that is in use sees the settings, changes nothing, and
// refuses what a start would refuse.
func TestLook(t *testing.T) {
	db := openTest(t)
	look := func() (string, error) {
		settings, err := Look(t.Context(), db.path, "test")
		return string(settings), err
	}
	if settings, err := look(); settings != "" || err != nil {
		t.Errorf("nothing saved: %q, %v", settings, err)
	}
	if _, err := db.Settings().AddSettings(t.Context(), config.Version{State: config.Saved, Object: []byte(`{"Port": 1}`)}, 0); err != nil {
		t.Fatal(err)
	}
	if settings, err := look(); settings != `{"Port": 1}` || err != nil {
		t.Errorf("%q, %v", settings, err)
	}
	if _, err := db.writer.Exec(`PRAGMA user_version = 9999`); err != nil {
		t.Fatal(err)
	}
	_, err := look()
	if newer, ok := errors.AsType[*NewerError](err); !ok || newer.Has != 9999 {
		t.Errorf("a newer database: %v", err)
	}

	garbage := filepath.Join(t.TempDir(), "ecoflow.db")
	if err := os.WriteFile(garbage, []byte("this is no database, and never was one, whatever its name says it is"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Look(t.Context(), garbage, "test")
	if damaged, ok := errors.AsType[*DamagedError](err); !ok || damaged.Path != garbage {
		t.Errorf("garbage: %v", err)
	}
	if _, err := Look(t.Context(), filepath.Join(t.TempDir(), "absent.db"), "test"); err != nil {
		t.Errorf("no database: %v", err)
	}
}
