package process_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

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
	case <-time.After(10 * time.Second):
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
