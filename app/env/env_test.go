package env_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ecoflow/app/env"
	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/secret"
	"ecoflow/storage"
)

// stored opens the database at path, with a key made of one byte.
func stored(t testing.TB, path string, key byte) *storage.DB {
	t.Helper()
	keys, err := secret.NewKeyring(bytes.Repeat([]byte{key}, 32))
	if err != nil {
		t.Fatal(err)
	}
	db, err := storage.Open(t.Context(), storage.Options{Path: path, Keys: keys, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// open returns variables over a database that holds a secret LOST, whose key is
// gone, and what it is given.
func open(t testing.TB, vars ...env.Var) (*env.Vars, *storage.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ecoflow.db")
	db := stored(t, path, 1)
	lost := env.Var{Kind: env.User, Name: "LOST", Value: secret.New("x"), Secret: true, Readable: true}
	if err := errors.Join(db.Env().SetVars(t.Context(), []env.Var{lost}), db.Close()); err != nil {
		t.Fatal(err)
	}
	db = stored(t, path, 2)
	if err := db.Env().SetVars(t.Context(), vars); err != nil {
		t.Fatal(err)
	}
	v, err := env.New(t.Context(), env.Options{Store: db.Env()})
	if err != nil {
		t.Fatal(err)
	}
	return v, db
}

func user(name, value string) env.Var {
	return env.Var{Kind: env.User, Name: name, Value: secret.New(value), Readable: true}
}

func TestLookup(t *testing.T) {
	system := env.Var{Kind: env.System, Name: "BOTH", Value: secret.New("system"), Readable: true}
	v, _ := open(t, user("BOTH", "user"), system, user("A", "1"),
		env.Var{Kind: env.User, Name: "HIDDEN", Value: secret.New("x")},
		env.Var{Kind: env.System, Name: "SYS", Value: secret.New("s"), Readable: true})
	for name, want := range map[string]string{"A": "1", "a": "1", "both": "user", "Sys": "s", "hidden": "-", "lost": "-", "": "-", "PATH": "-"} {
		got, ok := v.Lookup(name)
		if !ok {
			got = "-"
		}
		if got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { v.Lookup("A") }); n != 0 {
		t.Errorf("a lookup makes %v allocations", n)
	}
	if x, ok := v.Get(env.User, "hidden"); !ok || x.Value.Reveal() != "x" {
		t.Error("Get does not find what flows may not read")
	}
}

func TestSet(t *testing.T) {
	many := make([]env.Var, limit.EnvVars+1)
	for i := range many {
		many[i] = user(fmt.Sprintf("V%d", i), "")
	}
	tests := []struct {
		name string
		vars []env.Var
		want string // the paths that are wrong
	}{
		{"one", []env.Var{user("_aB9", "x")}, ""},
		{"no value", []env.Var{user("A", "")}, ""},
		{"lines and signs", []env.Var{user("A", "a\nb#c=\"d\"")}, ""},
		{
			"names",
			[]env.Var{user("", ""), user("9A", ""), user("A-B", ""), user("A B", ""), user("Ä", ""), user("A=", ""), user(strings.Repeat("A", 129), "")},
			"vars/0/name vars/1/name vars/2/name vars/3/name vars/4/name vars/5/name vars/6/name",
		},
		{"the longest name and value", []env.Var{user(strings.Repeat("A", 128), strings.Repeat("x", 64<<10))}, ""},
		{"too long a value", []env.Var{user("A", strings.Repeat("x", 64<<10+1))}, "vars/0/value"},
		{"a kind that is none", []env.Var{{Kind: "other", Name: "A"}}, "vars/0/kind"},
		{"twice", []env.Var{user("a", "1"), user("A", "2")}, "vars/1/name"},
		{"a mask for nothing", []env.Var{{Kind: env.User, Name: "NEW", Secret: true, Value: secret.New(secret.Mask)}}, "vars/0/value"},
		{"a mask for what was lost", []env.Var{{Kind: env.User, Name: "LOST", Secret: true, Value: secret.New(secret.Mask)}}, "vars/0/value"},
		{"as many as there may be", many[:limit.EnvVars-2], ""},
		{"one more", many[:limit.EnvVars-1], "vars"},
		{"replacing adds none", append(many[:limit.EnvVars-2:limit.EnvVars-2], user("OLD", "x")), ""},
		{"everything at once", []env.Var{user("", strings.Repeat("x", 64<<10+1)), user("A B", "")}, "vars/0/name vars/0/value vars/1/name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, db := open(t, user("OLD", "1"))
			err := v.Set(t.Context(), tt.vars...)
			var paths []string
			if f, ok := fault.As(err); ok {
				if f.Kind != fault.Invalid {
					t.Errorf("got %v", err)
				}
				for _, p := range f.Places {
					paths = append(paths, p.Path)
				}
			}
			if got := strings.Join(paths, " "); got != tt.want {
				t.Errorf("wrong are %q, want %q", got, tt.want)
			}
			if kept, err := db.Env().Vars(t.Context()); err != nil || tt.want != "" && len(kept) != 2 {
				t.Errorf("%d are stored, %v", len(kept), err)
			}
		})
	}
}

func TestMaskChangesNothing(t *testing.T) {
	v, db := open(t)
	set := func(value string) {
		t.Helper()
		if err := v.Set(t.Context(), env.Var{Kind: env.User, Name: "a", Secret: true, Readable: true, Value: secret.New(value)}); err != nil {
			t.Fatal(err)
		}
	}
	set("one")
	set(secret.Mask)
	if got, _ := v.Lookup("A"); got != "one" {
		t.Errorf("got %q", got)
	}
	if list := v.List(env.User); len(list) != 2 || list[0].Name != "A" || list[0].Shown() != secret.Mask {
		t.Errorf("list %v", list)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := v.Set(t.Context(), user("a", "two")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
	if got, _ := v.Lookup("A"); got != "one" {
		t.Errorf("%q is read though it was not stored", got)
	}
}

func TestChangesAtOnce(t *testing.T) {
	v, _ := open(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if err := v.Set(t.Context(), user(fmt.Sprintf("v%d", i), "x")); err != nil {
				t.Error(err)
			}
			if _, ok := v.Lookup(fmt.Sprintf("V%d", i)); !ok {
				t.Error("a change is not seen at once")
			}
		})
	}
	wg.Wait()
	if n := len(v.List(env.User)); n != 21 {
		t.Errorf("%d variables", n)
	}
	if err := v.Delete(t.Context(), env.User, "v3"); err != nil {
		t.Error(err)
	}
	if _, ok := v.Lookup("V3"); ok {
		t.Error("a deleted one is seen")
	}
	if err := v.Delete(t.Context(), env.User, "v3"); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v", err)
	}
}
