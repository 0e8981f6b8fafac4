package storage

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ecoflow/app/audit"
	"ecoflow/app/config"
	"ecoflow/app/env"
	"ecoflow/app/fault"
	"ecoflow/app/secret"
)

const canary = "canary-4711-of-the-secret"

func fileOptions(t *testing.T, dir string) Options {
	t.Helper()
	o := testOptions(t, filepath.Join(dir, "ecoflow.db"))
	o.Keys = secret.OpenKeyring(filepath.Join(dir, "secret.key"), "")
	return o
}

func openWith(t *testing.T, o Options) *DB {
	t.Helper()
	db, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func setVar(t *testing.T, db *DB, name string) {
	t.Helper()
	err := db.Env().SetVars(t.Context(), []env.Var{{Kind: env.User, Name: name, Value: secret.New(canary), Secret: true, Readable: true}})
	if err != nil {
		t.Fatal(err)
	}
}

func theVar(t *testing.T, db *DB, name string) env.Var {
	t.Helper()
	list, err := db.Env().Vars(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(v env.Var) bool { return v.Name == name })
	if i < 0 {
		t.Fatalf("no variable %s", name)
	}
	return list[i]
}

func TestSecretsAreSealed(t *testing.T) {
	dir := t.TempDir()
	db := openWith(t, fileOptions(t, dir))
	setVar(t, db, "A")
	setVar(t, db, "B")
	if v := theVar(t, db, "A"); v.Value.Reveal() != canary || !v.Secret || v.Lost {
		t.Errorf("got %+v %q", v, v.Value.Reveal())
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(canary)) {
			t.Errorf("%s holds the secret", e.Name())
		}
	}
	// A sealed value belongs to its row.
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	tamper(t, filepath.Join(dir, "ecoflow.db"), `UPDATE env SET sealed = (SELECT sealed FROM env WHERE name = 'B') WHERE name = 'A'`)
	db = openWith(t, fileOptions(t, dir))
	if v := theVar(t, db, "A"); !v.Lost || v.Value.IsSet() {
		t.Errorf("a swapped value was read: %+v", v)
	}
	if v := theVar(t, db, "B"); v.Lost {
		t.Error("the other one is lost too")
	}
}

func TestLostKey(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "secret.key")
	db := openWith(t, fileOptions(t, dir))
	setVar(t, db, "A")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		lose func() error
	}{
		{"missing", func() error { return os.Remove(key) }},
		{"short", func() error { return os.WriteFile(key, []byte("short"), 0o600) }},
		{"wrong", func() error { return os.WriteFile(key, bytes.Repeat([]byte{1}, 32), 0o600) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.lose(); err != nil {
				t.Fatal(err)
			}
			db := openWith(t, fileOptions(t, dir))
			lost, err := db.Lost(t.Context())
			if err != nil || !slices.Contains(lost, "env/user/A") {
				t.Errorf("lost %v, %v", lost, err)
			}
			setVar(t, db, "A") // entered anew
			if v := theVar(t, db, "A"); v.Lost || v.Value.Reveal() != canary {
				t.Errorf("got %+v", v)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestRekey(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "secret.key")
	db := openWith(t, fileOptions(t, dir))
	setVar(t, db, "A")
	if err := db.Audit().Append(t.Context(), &audit.Entry{Action: "before"}); err != nil {
		t.Fatal(err)
	}
	old := hash(t, key)
	n, err := db.Rekey(t.Context())
	if err != nil || n != 2 { // the variable and the key of the audit chain
		t.Fatalf("%d, %v", n, err)
	}
	if hash(t, key) == old {
		t.Error("the key stayed")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openWith(t, fileOptions(t, dir))
	if v := theVar(t, db, "A"); v.Lost || v.Value.Reveal() != canary {
		t.Errorf("got %+v", v)
	}
	if v, err := db.Audit().Verify(t.Context()); err != nil || !v.Sound() || v.Unknown != 0 || v.Entries != 1 {
		t.Errorf("audit chain: %+v, %v", v, err)
	}
}

// A rekey that is cut off, before or after its transaction, ends at the next
// start.
func TestRekeyCutOff(t *testing.T) {
	for _, committed := range []bool{false, true} {
		dir := t.TempDir()
		key := filepath.Join(dir, "secret.key")
		o := fileOptions(t, dir)
		db := openWith(t, o)
		setVar(t, db, "A")
		if err := o.Keys.Renew(); err != nil {
			t.Fatal(err)
		}
		if committed {
			setVar(t, db, "A") // sealed with the new key
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			db = openWith(t, fileOptions(t, dir))
			if v := theVar(t, db, "A"); v.Lost || v.Value.Reveal() != canary {
				t.Errorf("committed %v: got %+v", committed, v)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(key + ".new"); !os.IsNotExist(err) {
				t.Errorf("two keys stayed: %v", err)
			}
		}
	}
}

func TestKeyMovesToTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	db := openWith(t, fileOptions(t, dir))
	setVar(t, db, "A")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	o := testOptions(t, filepath.Join(dir, "ecoflow.db"))
	o.Keys = secret.OpenKeyring(filepath.Join(dir, "secret.key"), strings.Repeat("ab", 32))
	db = openWith(t, o)
	if _, err := db.Rekey(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "secret.key")); err != nil {
		t.Fatal(err)
	}
	o.Keys = secret.OpenKeyring(filepath.Join(dir, "secret.key"), strings.Repeat("ab", 32))
	db = openWith(t, o)
	if v := theVar(t, db, "A"); v.Value.Reveal() != canary {
		t.Errorf("got %+v", v)
	}
	if _, err := db.Rekey(t.Context()); !fault.Is(err, fault.Conflict) {
		t.Errorf("got %v", err)
	}
}

func TestWithoutAKeyThatLasts(t *testing.T) {
	dir := t.TempDir()
	o := testOptions(t, filepath.Join(dir, "ecoflow.db"))
	o.Keys = secret.OpenKeyring(filepath.Join(dir, "secret.key"), "too short")
	if !strings.Contains(o.Keys.Problem(), secret.KeyVariable) {
		t.Errorf("problem %q", o.Keys.Problem())
	}
	db := openWith(t, o)
	err := db.Env().SetVars(t.Context(), []env.Var{{Kind: env.User, Name: "A", Value: secret.New("x"), Secret: true}})
	if f, ok := fault.As(err); !ok || f.Code != "no_secret_key" {
		t.Errorf("got %v", err)
	}
	if err := db.Env().SetVars(t.Context(), []env.Var{{Kind: env.User, Name: "A", Value: secret.New("x")}}); err != nil {
		t.Errorf("a plain variable: %v", err)
	}
}

func TestSettingsVersions(t *testing.T) {
	db := openTest(t)
	store := db.Settings()
	if v, err := store.Settings(t.Context()); v.Object != nil || v.Number != 0 || err != nil {
		t.Errorf("at first %+v, %v", v, err)
	}
	base := int64(0)
	add := func(object string, state config.State) (number int64) {
		t.Helper()
		number, err := store.AddSettings(t.Context(), config.Version{State: state, Author: "ada", Object: []byte(object)}, base)
		if err != nil {
			t.Fatal(err)
		}
		return number
	}
	for range settingsKept + 5 {
		base = add(`{"Port":1}`, config.Saved)
	}
	base = add(`{"Port":2}`, config.Saved)
	if v, err := store.Settings(t.Context()); string(v.Object) != `{"Port":2}` || v.Number != base || v.Author != "ada" || err != nil {
		t.Errorf("got %+v, %v", v, err)
	}
	n, _, err := one(t.Context(), db.reads, column[int], `SELECT count(*) FROM settings`)
	if err != nil || n != settingsKept {
		t.Errorf("%d versions, %v", n, err)
	}
	if _, err := store.AddSettings(t.Context(), config.Version{State: config.Saved, Object: []byte(`{}`)}, base-1); !fault.Is(err, fault.Conflict) {
		t.Errorf("a stale save: %v", err)
	}

	// The version that counts stays, however many trials return after it.
	for range settingsKept + 5 {
		number := add(`{"Port":3}`, config.Pending)
		if v, err := store.Settings(t.Context()); v.Number != base || err != nil {
			t.Errorf("pending %d counts: %+v, %v", number, v, err)
		}
		if err := store.EndSettingsTrial(t.Context(), number, config.Returned, "late"); err != nil {
			t.Fatal(err)
		}
		if err := store.EndSettingsTrial(t.Context(), number, config.Saved, ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("a trial ends twice: %v", err)
		}
	}
	number := add(`{"Port":4}`, config.Pending)
	if err := store.EndSettingsTrial(t.Context(), number, config.Saved, ""); err != nil {
		t.Fatal(err)
	}
	if v, err := store.Settings(t.Context()); v.Number != number || err != nil {
		t.Errorf("confirmed: %+v, %v", v, err)
	}
	versions, err := store.SettingsVersions(t.Context())
	if err != nil || len(versions) != settingsKept+1 || versions[0].Number != number || versions[1].Reason != "late" || versions[settingsKept].Number != base {
		t.Errorf("%d versions, %v", len(versions), err)
	}
}

// Settings saved before there were trials count as saved.
func TestSettingsFromTheStepBefore(t *testing.T) {
	at := slices.IndexFunc(migrations, func(m migration) bool { return strings.HasSuffix(m.name, "_settings_trial") })
	path := filepath.Join(t.TempDir(), "ecoflow.db")
	leave(t, path, migrations[:at], `INSERT INTO settings (time, json) VALUES (1, '{"Port":1}'), (2, '{"Port":2}')`)
	list, err := reopen(t, path).Settings().SettingsVersions(t.Context())
	if err != nil || len(list) != 2 || list[0].State != config.Saved || string(list[0].Object) != `{"Port":2}` || list[0].At.UnixMilli() != 2 {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestEnvStore(t *testing.T) {
	db := openTest(t)
	vars, err := env.New(t.Context(), env.Options{Store: db.Env()})
	if err != nil {
		t.Fatal(err)
	}
	err = vars.Set(t.Context(), env.Var{Kind: env.User, Name: "plain", Value: secret.New("1"), Readable: true},
		env.Var{Kind: env.System, Name: "plain", Value: secret.New("2"), Readable: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := vars.Delete(t.Context(), env.User, "Plain"); err != nil {
		t.Error(err)
	}
	if got, ok := vars.Lookup("plain"); got != "2" || !ok {
		t.Errorf("got %q %v", got, ok)
	}
	if err := vars.Delete(t.Context(), env.User, "plain"); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v", err)
	}
}
