package process_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/secret"
	"ecoflow/storage"
	"ecoflow/web/drive"
)

func TestStatusAndStop(t *testing.T) {
	dir := t.TempDir()
	commands := func(code int, parts ...string) {
		t.Helper()
		for _, word := range []string{"status", "stop"} {
			stdout, stderr, got := run(t, nil, "--dir", dir, word)
			for _, part := range parts {
				if got != code || !strings.Contains(stdout+stderr, part) {
					t.Errorf("%s: exit code %d, want %d with %q\n%s%s", word, got, code, part, stdout, stderr)
				}
			}
		}
	}
	commands(1, "no EcoFlow data", dir)

	p := start(t, dir, "--auth")
	stdout, stderr, code := run(t, nil, "--dir", dir, "status")
	for _, part := range []string{"EcoFlow is ready at " + p.Address, "auth", dir, "version"} {
		if code != 0 || !strings.Contains(stdout, part) {
			t.Errorf("status: exit code %d, lacks %q\n%s%s", code, part, stdout, stderr)
		}
	}
	if stdout, stderr, code := run(t, nil, "--dir", dir, "stop"); code != 0 || !strings.Contains(stdout, "has stopped") {
		t.Errorf("stop: exit code %d\n%s%s", code, stdout, stderr)
	}
	// It returns when the folder is free again, which is the program's last act.
	select {
	case <-p.Exited():
	case <-time.After(time.Minute):
		t.Error("the program did not end")
	}
	commands(1, "does not run")

	killed := start(t, dir, "--auth") // what a killed program announced is no program
	killed.Kill()
	commands(1, "does not run")
}

func TestResetPassword(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	ada := administrator(t, p)

	if _, stderr, code := run(t, nil, "--dir", dir, "reset-password", drive.User); code != 1 || !strings.Contains(stderr, "ecoflow stop") {
		t.Errorf("while it runs: exit code %d\n%s", code, stderr)
	}
	stop(t, p)
	if _, stderr, code := run(t, nil, "--dir", dir, "reset-password", "nobody"); code != 1 || !strings.Contains(stderr, "no such user") {
		t.Errorf("of nobody: exit code %d\n%s", code, stderr)
	}
	stdout, stderr, code := run(t, nil, "--dir", dir, "reset-password", strings.ToUpper(drive.User))
	found := regexp.MustCompile(`is (\S{10,})\n`).FindStringSubmatch(stdout)
	if code != 0 || found == nil {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}

	p = start(t, dir, "--auth")
	ada.Base = p.Address
	if a := ask(t, ada, "GET", "/systemApi/me", nil); a.Status != 401 {
		t.Errorf("the old session still counts: %s", a)
	}
	if err := p.Client().SignIn(); err == nil {
		t.Error("the old password still counts")
	}
	credentials := map[string]string{"username": drive.User, "password": found[1]}
	if a := ask(t, p.Client(), "POST", "/systemApi/users/login", credentials); a.Status != 200 {
		t.Errorf("the new password does not count: %s", a)
	}
}

func TestAuditVerifyAndRekey(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	administrator(t, p)
	stop(t, p)

	verify := func(wantCode int, part string) {
		t.Helper()
		stdout, stderr, code := run(t, nil, "--dir", dir, "audit", "verify")
		if code != wantCode || !strings.Contains(stdout+stderr, part) {
			t.Errorf("exit code %d, want %d with %q\n%s%s", code, wantCode, part, stdout, stderr)
		}
	}
	verify(0, "is whole")

	key := filepath.Join(dir, "secret.key")
	before, err := os.ReadFile(key)
	must(t, err)
	if stdout, stderr, code := run(t, nil, "--dir", dir, "rekey"); code != 0 || !strings.Contains(stdout, "new key") {
		t.Fatalf("rekey: exit code %d\n%s%s", code, stdout, stderr)
	}
	after, err := os.ReadFile(key)
	must(t, err)
	if string(before) == string(after) || len(after) != 32 {
		t.Error("the key is still the old one")
	}
	verify(0, "is whole") // what the old key signed still verifies

	p = start(t, dir, "--auth")
	must(t, p.Client().SignIn())
	stop(t, p)
	verify(0, "is whole")

	// Somebody with an editor: the name in an entry, byte for byte.
	database := filepath.Join(dir, "ecoflow.db")
	data, err := os.ReadFile(database)
	must(t, err)
	forged := strings.ReplaceAll(string(data), "Signed in "+drive.User, "Signed in eve")
	if forged == string(data) {
		t.Fatal("there is no entry to forge")
	}
	must(t, os.WriteFile(database, []byte(forged), 0o600))
	verify(1, "was changed")
}

// Entries that are older than the setting says move to a signed archive; the chain
// is verified across the cut, by the command and in the window.
func TestOldAuditEntriesAreArchived(t *testing.T) {
	dir := t.TempDir()
	keys := secret.OpenKeyring(filepath.Join(dir, "secret.key"), "")
	synctest.Test(t, func(t *testing.T) { // in which it is long ago
		db, err := storage.Open(t.Context(), storage.Options{Path: filepath.Join(dir, "ecoflow.db"), Keys: keys, Log: slog.New(slog.DiscardHandler), Version: "test"})
		must(t, err)
		for range 30 {
			must(t, db.Audit().Append(t.Context(), &audit.Entry{Action: "long.ago"}))
		}
		must(t, db.Close())
	})
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	if a := ask(t, ada, "PATCH", "/systemApi/settings", map[string]any{"changes": map[string]any{"audit.keep": 29}}); a.Status != 422 {
		t.Errorf("an age of 29 days: %s", a)
	}
	adjust(t, ada, map[string]any{"audit.keep": 30})
	var chain struct {
		State    string
		Cut      int
		Archived int
		Entries  int
	}
	for end := time.Now().Add(time.Minute); chain.Cut == 0; time.Sleep(20 * time.Millisecond) {
		must(t, ask(t, ada, "GET", "/systemApi/audit/chain", nil).Payload(&chain))
		if time.Now().After(end) {
			t.Fatal("nothing is archived")
		}
	}
	must(t, ask(t, ada, "POST", "/systemApi/audit/verify", "{}").Payload(&chain))
	if chain.State != "intact" || chain.Cut != 30 || chain.Archived != 30 || chain.Entries == 0 {
		t.Errorf("%+v", chain)
	}
	if a := ask(t, ada, "GET", "/systemApi/audit?action=audit.prune", nil); !strings.Contains(a.Body, "Moved audit entries 1 to 30 to audit/audit-0000000001-0000000030.jsonl.gz") {
		t.Errorf("no entry says so: %s", a)
	}
	if a := ask(t, ada, "GET", "/systemApi/audit?action=long.ago", nil); strings.Contains(a.Body, `"_id"`) {
		t.Errorf("they are still there: %.300s", a)
	}
	stop(t, p)
	stdout, stderr, code := run(t, nil, "--dir", dir, "audit", "verify")
	if code != 0 || !strings.Contains(stdout, "Entries up to 30 were moved to signed archives; those in the folder audit have 30.") || !strings.Contains(stdout, "The audit log is whole") {
		t.Errorf("audit verify: %d\n%s%s", code, stdout, stderr)
	}
	archive := filepath.Join(dir, "audit", "audit-0000000001-0000000030.jsonl.gz")
	must(t, os.Truncate(archive, 100))
	if stdout, _, code = run(t, nil, "--dir", dir, "audit", "verify"); code != 1 || !strings.Contains(stdout, "audit-0000000001-0000000030.jsonl.gz") {
		t.Errorf("audit verify of a damaged archive: %d\n%s", code, stdout)
	}
}
