package process_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // another program that uses the database

	"ecoflow/web/drive"
)

// mount shows the folder from at the folder at, until the test ends.
func mount(t *testing.T, from, at string, how ...string) {
	t.Helper()
	linuxOnly(t)
	if out, err := exec.Command("mount", "--bind", from, at).CombinedOutput(); err != nil {
		t.Skipf("no mounts here: %v %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", at).Run() }) //nolint:errcheck // it may be unmounted already
	for _, option := range how {
		out, err := exec.Command("mount", "-o", option, at).CombinedOutput()
		if err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
}

// bars returns what the bars above every page say.
func bars(t *testing.T, c *drive.Client) (codes, messages string) {
	t.Helper()
	var now struct {
		Troubles []struct{ Code, Message string } `json:"troubles"`
	}
	a := ask(t, c, "GET", "/systemApi/server/state", nil)
	if a.Status != 200 {
		t.Fatalf("the state: %s", a)
	}
	must(t, a.Payload(&now))
	for _, trouble := range now.Troubles {
		codes += trouble.Code + " "
		messages += trouble.Message + "\n"
	}
	return strings.TrimSpace(codes), messages
}

// printedAfter returns the word that the program prints after a text.
func printedAfter(t *testing.T, p *drive.Program, text string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, rest, ok := strings.Cut(p.Output(), text); ok {
			if word, _, whole := strings.Cut(rest, "\n"); whole {
				return strings.TrimSpace(word)
			}
		}
	}
	t.Fatalf("it does not print %s: %s", text, p.Output())
	return ""
}

// failure is the code of a failed request's envelope.
func failure(a drive.Answer) string {
	var envelope struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal([]byte(a.Body), &envelope) // "" when it is none
	return envelope.Code
}

// R15: the stick is pulled while it runs. What needs it says so, routes that need
// only memory go on, and all goes on by itself when the stick is back.
func TestPulledStick(t *testing.T) {
	stick, dir := t.TempDir(), t.TempDir()
	mount(t, stick, dir)
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	must(t, ada.Deploy(simple()))

	for round := range max(3, times(20)) {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		a := ask(t, ada, "PATCH", "/systemApi/me/preferences", map[string]int{"round": round})
		if a.Status != 503 || failure(a) != "storage_gone" || a.Header.Get("Retry-After") == "" {
			t.Errorf("a write: %s, Retry-After %q", a, a.Header.Get("Retry-After"))
		}
		if a := ask(t, ada, "GET", "/systemApi/drafts", nil); a.Status != 503 {
			t.Errorf("a read: %s", a)
		}
		if a := ask(t, ada, "POST", "/systemApi/flows/deploy", map[string]any{"flowconfigurations": simple()}); a.Status != 503 {
			t.Errorf("a deploy: %s", a)
		}
		if codes, messages := bars(t, ada); codes != "storage" || !strings.Contains(messages, "Put the disk or the folder back") {
			t.Errorf("the bars: %s %s", codes, messages)
		}
		answers(t, p)
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("it wrote beside: %v %v", left, err)
		}

		mount(t, stick, dir)
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			if a = ask(t, ada, "PATCH", "/systemApi/me/preferences", map[string]int{"back": round}); a.Status != 503 || time.Now().After(deadline) {
				break
			}
		}
		if a.Status != 200 {
			t.Errorf("with the stick again: %s", a)
		}
		if codes, _ := bars(t, ada); codes != "" {
			t.Errorf("a bar stays: %s", codes)
		}
		answers(t, p)
	}
	// It is the owner still, and others find it.
	if stdout, _, code := run(t, nil, "--dir", dir, "status"); code != 0 || !strings.Contains(stdout, p.Address) {
		t.Errorf("status: %d %s", code, stdout)
	}
	stop(t, p)
}

// Somebody else's folder in its place ends it, with a clear message.
func TestAnotherFolderInItsPlace(t *testing.T) {
	unixOnly(t)
	base := t.TempDir()
	dir, other := filepath.Join(base, "mine"), filepath.Join(base, "other")
	stop(t, start(t, other, "--auth"))
	p := start(t, dir, "--auth")
	must(t, os.Rename(dir, filepath.Join(base, "away")))
	must(t, os.Rename(other, dir))
	code, err := p.Wait(time.Minute)
	if err != nil || code != 1 || !strings.Contains(p.Output(), "Another EcoFlow's data is now at") {
		t.Errorf("%d, %v: %s", code, err, p.Output())
	}
}

// R15: a folder is carried elsewhere between two starts.
func TestMovedFolder(t *testing.T) {
	base := t.TempDir()
	first, second := filepath.Join(base, "first"), filepath.Join(base, "a second place")
	p := start(t, first, "--auth")
	must(t, administrator(t, p).Deploy(simple()))
	stop(t, p)
	must(t, os.Rename(first, second))
	p = start(t, second, "--auth")
	answers(t, p)
	must(t, p.Client().SignIn())
}

// R17: on a folder that cannot be written it starts, says so, and everything can be
// looked at, whoever signs in how; what is deployed answers.
func TestReadOnlyFolder(t *testing.T) {
	dir, shown := t.TempDir(), t.TempDir()
	p := start(t, dir, "--auth")
	must(t, administrator(t, p).Deploy(simple()))
	stop(t, p)
	mount(t, dir, shown, "remount,bind,ro")
	before := files(t, dir)

	for _, mode := range []string{"--auth", "--safe=false"} {
		p = start(t, shown, mode)
		if !strings.Contains(p.Output(), "cannot be written") {
			t.Errorf("%s: nobody was told: %s", mode, p.Output())
		}
		c := p.Client()
		if mode == "--auth" {
			if a := ask(t, c, "POST", "/systemApi/users/login", map[string]string{"username": drive.User, "password": "not the password"}); a.Status != 401 {
				t.Errorf("a wrong password: %s", a)
			}
			must(t, c.SignIn())
		} else {
			token := printedAfter(t, p, "/_/launch#")
			if a := ask(t, c, "POST", "/systemApi/launch", map[string]string{"token": token}); a.Status != 200 {
				t.Fatalf("the launch: %s", a)
			}
		}
		for _, path := range []string{"/systemApi/me", "/systemApi/drafts", "/systemApi/deployments", "/systemApi/users/isAuthenticated"} {
			if a := ask(t, c, "GET", path, nil); a.Status != 200 {
				t.Errorf("%s: %s: %s", mode, path, a)
			}
		}
		a := ask(t, c, "PATCH", "/systemApi/me/preferences", map[string]int{"a": 1})
		if a.Status != 503 || failure(a) != "read_only" {
			t.Errorf("%s: a write: %s", mode, a)
		}
		if a := ask(t, c, "POST", "/systemApi/flows/deploy", map[string]any{"flowconfigurations": simple()}); a.Status != 503 || failure(a) != "read_only" {
			t.Errorf("%s: a deploy: %s", mode, a)
		}
		if codes, messages := bars(t, c); codes != "storage" || !strings.Contains(messages, "cannot be written") {
			t.Errorf("%s: the bars: %s %s", mode, codes, messages)
		}
		answers(t, p)
		if a := ask(t, c, "DELETE", "/systemApi/users/logout", nil); a.Status != 200 {
			t.Errorf("%s: sign out: %s", mode, a)
		}
		stop(t, p)
	}
	for name, content := range files(t, dir) {
		if before[name] != content {
			t.Errorf("%s changed", name)
		}
	}
}

// R17: another program holds the database. Writes wait 5 s and say then when to try
// again, reads and routes go on, and all is well once the program lets go.
func TestDatabaseInUse(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as a lock is waited for")
	}
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	must(t, ada.Deploy(simple()))
	other, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(dir, "ecoflow.db"))+"?_txlock=immediate")
	must(t, err)
	defer other.Close()
	tx, err := other.Begin()
	must(t, err)

	begin := time.Now()
	a := ask(t, ada, "PATCH", "/systemApi/me/preferences", map[string]int{"a": 1})
	took := time.Since(begin)
	if a.Status != http.StatusServiceUnavailable || failure(a) != "database_busy" || a.Header.Get("Retry-After") != "5" {
		t.Errorf("a write: %s, Retry-After %q", a, a.Header.Get("Retry-After"))
	}
	if took < 4*time.Second || took > 15*time.Second {
		t.Errorf("it waited %v", took)
	}
	if a := ask(t, ada, "GET", "/systemApi/drafts", nil); a.Status != 200 {
		t.Errorf("a read: %s", a)
	}
	answers(t, p)
	if codes, messages := bars(t, ada); codes != "storage" || !strings.Contains(messages, "in use by another program") {
		t.Errorf("the bars: %s %s", codes, messages)
	}
	must(t, tx.Rollback())
	if a := ask(t, ada, "PATCH", "/systemApi/me/preferences", map[string]int{"a": 2}); a.Status != 200 {
		t.Errorf("a write afterwards: %s", a)
	}
	if codes, messages := bars(t, ada); codes != "" {
		t.Errorf("a bar stays: %s", fmt.Sprint(codes, messages))
	}
}

// S37: without its key it starts, and says which secrets have to be entered again.
func TestLostKey(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	set := func(c *drive.Client) {
		t.Helper()
		a := ask(t, c, "POST", "/systemApi/environment/import", map[string]any{"text": "API_KEY=s3cr3t\nREGION=eu", "secrets": []string{"API_KEY"}})
		if a.Status != 200 {
			t.Fatal(a)
		}
	}
	set(ada)
	stop(t, p)
	must(t, os.Remove(filepath.Join(dir, "secret.key")))
	p = start(t, dir, "--auth")
	ada = p.Client()
	must(t, ada.SignIn())
	a := ask(t, ada, "GET", "/systemApi/server/state", nil)
	if !strings.Contains(a.Body, `"secrets_lost"`) || !strings.Contains(a.Body, `"names":"API_KEY"`) {
		t.Errorf("the bars: %s", a)
	}
	set(ada)
	if codes, _ := bars(t, ada); codes != "" {
		t.Errorf("a bar stays: %s", codes)
	}
}
