package setup_test

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ecoflow/app/auth"
	"ecoflow/app/event"
	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/secret"
	"ecoflow/app/setup"
	"ecoflow/storage"
)

const code = "ABCD-2345"

// newWizard returns a wizard over an empty database, and how often it was done.
func newWizard(t *testing.T, local bool) (*setup.Wizard, *auth.Accounts, *atomic.Int64) {
	t.Helper()
	keys, err := secret.NewKeyring(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	db, err := storage.Open(t.Context(), storage.Options{Path: filepath.Join(t.TempDir(), "ecoflow.db"), Keys: keys, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	accounts := auth.New(auth.Options{Log: log, Store: db.Accounts(), Events: event.New(10), Limits: &limit.Counters{}, Local: local})
	done := new(atomic.Int64)
	w, err := setup.New(setup.Options{Accounts: accounts, Code: code, Done: func() { done.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	return w, accounts, done
}

func stranger(t *testing.T) context.Context {
	return auth.WithActor(t.Context(), auth.Actor{Address: "192.0.2.1"})
}

func blank() setup.Blank {
	return setup.Blank{
		DatabaseInfo: setup.DatabaseInfo{UseDefault: true},
		UserInfo:     auth.NewUser{Name: "Ada", Username: "ada", Password: "kumquat marmalade"},
		Code:         code,
	}
}

func TestSetupIsNoRace(t *testing.T) {
	w, accounts, done := newWizard(t, false)
	var first auth.Secrets
	var added, late atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			finished, err := w.Blank(stranger(t), blank())
			switch {
			case err == nil:
				added.Add(1)
				first = finished.Secrets
			case fault.Is(err, fault.NotFound):
				late.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if added.Load() != 1 || late.Load() != 49 || done.Load() != 1 {
		t.Errorf("%d added, %d late, %d done, want 1, 49, 1", added.Load(), late.Load(), done.Load())
	}
	who, err := accounts.Authenticate(t.Context(), auth.Credential{Session: first.ID})
	if err != nil || who.Username != "ada" || who.Permissions != auth.Everything {
		t.Errorf("the new administrator's session = %+v, %v", who, err)
	}
	if _, err := w.ValidateDatabase(stranger(t), setup.Database{Code: code}); !fault.Is(err, fault.NotFound) {
		t.Errorf("validating after setup = %v, want NotFound", err)
	}
	if shown, err := w.Code(t.Context()); shown != "" || err != nil {
		t.Errorf("Code after setup = %q, %v, want none", shown, err)
	}
	if s, err := w.Status(t.Context()); s != (setup.Status{IsAuth: true}) || err != nil {
		t.Errorf("Status = %+v, %v", s, err)
	}
}

func TestSetupCode(t *testing.T) {
	w, accounts, _ := newWizard(t, false)
	if shown, err := w.Code(t.Context()); shown != code || err != nil {
		t.Errorf("Code = %q, %v, want %q", shown, err, code)
	}
	for _, c := range []struct{ code, says string }{
		{"", "setup_code_missing"},
		{"ABCD-2346", "setup_code_wrong"},
		{"ABCD", "setup_code_wrong"},
		{"----------", "setup_code_wrong"},
	} {
		b := blank()
		b.Code = c.code
		_, err := w.Blank(stranger(t), b)
		if f, ok := fault.As(err); !ok || f.Kind != fault.Unauthenticated || f.Code != c.says {
			t.Errorf("code %q = %v, want %s", c.code, err, c.says)
		}
	}
	for _, typed := range []string{"abcd2345", " ABCD 2345", code} {
		if _, err := w.ValidateDatabase(stranger(t), setup.Database{Code: typed, DatabaseInfo: setup.DatabaseInfo{UseDefault: true}}); err != nil {
			t.Errorf("code typed %q = %v", typed, err)
		}
	}
	var last error
	for range 10 {
		b := blank()
		b.Code = "AAAA-AAAA"
		_, last = w.Blank(stranger(t), b)
	}
	if !fault.Is(last, fault.TooMany) {
		t.Errorf("tenth wrong guess = %v, want TooMany", last)
	}
	if has, err := accounts.HasUsers(t.Context()); has || err != nil {
		t.Errorf("HasUsers = %v, %v", has, err)
	}
	if _, err := setup.New(setup.Options{Accounts: accounts, Code: "ABC-DEF"}); err == nil {
		t.Error("a short code was taken")
	}
	made, err := setup.New(setup.Options{Accounts: accounts})
	if err != nil {
		t.Fatal(err)
	}
	if shown, _ := made.Code(t.Context()); !regexp.MustCompile(`^[A-Z2-7]{4}-[A-Z2-7]{4}$`).MatchString(shown) {
		t.Errorf("made-up code = %q", shown)
	}
}

func TestSetupSaysAllAtOnce(t *testing.T) {
	w, accounts, _ := newWizard(t, false)
	for _, c := range []struct {
		change func(*setup.Blank)
		paths  string
	}{
		{func(b *setup.Blank) { *b = setup.Blank{Code: code} }, "databaseInfo/databaseDriver userInfo/name userInfo/username userInfo/password"},
		{func(b *setup.Blank) { b.DatabaseInfo = setup.DatabaseInfo{DatabaseDriver: "PostgreSQL"} }, "databaseInfo/databaseDriver"},
		{func(b *setup.Blank) { b.UserInfo.Password, b.UserInfo.Email = "short", "x" }, "userInfo/email userInfo/password"},
	} {
		b := blank()
		c.change(&b)
		_, err := w.Blank(stranger(t), b)
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.Invalid {
			t.Errorf("%+v = %v, want Invalid", b, err)
			continue
		}
		var paths []string
		for _, p := range f.Places {
			paths = append(paths, p.Path)
		}
		if got := strings.Join(paths, " "); got != c.paths {
			t.Errorf("%+v: wrong are %q, want %q", b, got, c.paths)
		}
	}
	if has, _ := accounts.HasUsers(t.Context()); has {
		t.Error("a refused setup left a user")
	}
	// The role of a refused setup would stand in the way of this one.
	if _, err := w.Blank(stranger(t), blank()); err != nil {
		t.Error(err)
	}
}

func TestSetupInLocalMode(t *testing.T) {
	w, accounts, _ := newWizard(t, true)
	if shown, err := w.Code(t.Context()); shown != "" || err != nil {
		t.Errorf("Code = %q, %v, want none", shown, err)
	}
	if _, err := w.Blank(stranger(t), blank()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a stranger with the code = %v, want Unauthenticated", err)
	}
	s, err := accounts.Launch(stranger(t), auth.Launch{Token: accounts.LaunchToken()})
	if err != nil {
		t.Fatal(err)
	}
	who, err := accounts.Authenticate(t.Context(), auth.Credential{Session: s.ID})
	if err != nil {
		t.Fatal(err)
	}
	b := blank()
	b.Code = ""
	finished, err := w.Blank(auth.WithActor(t.Context(), who), b)
	if err != nil || finished.ID != "" {
		t.Errorf("at the machine = %+v, %v, want success and no other session", finished, err)
	}
	if s, err := w.Status(t.Context()); s != (setup.Status{}) || err != nil {
		t.Errorf("Status = %+v, %v", s, err)
	}
}
