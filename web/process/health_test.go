package process_test

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ecoflow/web/drive"
)

// partIs waits until the health says that a part is in a state, for such a reason:
// it has 10 s for that (R25), on a machine that does nothing else.
func partIs(t *testing.T, who *drive.Client, part, state, reason string) {
	t.Helper()
	var report struct {
		Parts []struct{ Part, State, Reason string }
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		a := ask(t, who, "GET", "/systemApi/health", nil)
		if a.Status != 200 {
			t.Fatalf("the health: %s", a)
		}
		must(t, a.Payload(&report))
		said := "nothing"
		for _, p := range report.Parts {
			if p.Part == part {
				said = p.State + ": " + p.Reason
				if p.State == state && strings.Contains(p.Reason, reason) {
					return
				}
			}
		}
		if time.Now().After(deadline) {
			t.Errorf("of the part %s the health says %s; want %s: …%s…", part, said, state, reason)
			return
		}
	}
}

// A key file that is gone is made anew, which the health says; what was signed with the
// one before cannot be checked any more, which is neither whole nor changed.
func TestTheKeyFileIsGone(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	if a := ask(t, ada, "POST", "/systemApi/environment/import", map[string]any{"text": "API_KEY=s3cr3t", "secrets": []string{"API_KEY"}}); a.Status != 200 {
		t.Fatal(a)
	}
	partIs(t, ada, "secrets", "ok", "the key is there")
	stop(t, p)
	must(t, os.Remove(filepath.Join(dir, "secret.key")))
	p = start(t, dir, "--auth")
	ada = p.Client()
	must(t, ada.SignIn())
	if !strings.Contains(p.Output(), "The key file was missing") {
		t.Error("nobody was told")
	}
	partIs(t, ada, "secrets", "warning", "a new one was made")
	partIs(t, ada, "environment", "failed", "cannot be read")
	var chain struct {
		State            string
		Entries, Unknown int
	}
	must(t, ask(t, ada, "POST", "/systemApi/audit/verify", "{}").Payload(&chain))
	if chain.State != "partial" || chain.Unknown == 0 || chain.Unknown >= chain.Entries {
		t.Errorf("the audit log: %+v", chain)
	}
	partIs(t, ada, "audit", "warning", fmt.Sprintf("%d entries of the audit log were signed with a key that is lost", chain.Unknown))
	must(t, ask(t, ada, "GET", "/systemApi/audit/chain", nil).Payload(&chain))
	if chain.State != "partial" {
		t.Errorf("what is known of the audit log: %+v", chain)
	}
	stop(t, p)
	if stdout, stderr, code := run(t, nil, "--dir", dir, "audit", "verify"); code != 0 || !strings.Contains(stdout, "nobody can say") || !strings.Contains(stdout, "The rest of the audit log is whole") {
		t.Errorf("audit verify ended with %d: %s%s", code, stdout, stderr)
	}
	p = start(t, dir, "--auth") // with the new key there
	ada = p.Client()
	must(t, ada.SignIn())
	partIs(t, ada, "secrets", "ok", "the key is there")
}

// R25: whatever breaks, the health says which part and why, and that it is sound again
// once it is. The certificate's part is with the settings', the full disk's with R16's,
// the overload's with R21's and the pulled stick's with R15's.
func TestHealthSaysWhatBroke(t *testing.T) {
	t.Parallel() // it measures nothing
	linuxOnly(t) // /dev/full
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	again := func(env ...string) {
		t.Helper()
		p = startIn(t, env, dir, "--port", "0", "--no-browser", "--auth")
		ada = p.Client()
		must(t, ada.SignIn())
	}
	must(t, ada.Set(map[string]any{"apiRouterOptions.sensitive": true}))
	flows := simple()
	flows["same"] = drive.NewFlow().Request("s1", "GET", "/HELLO").Text("s2", "x").Response("s3", "msg").Edge("s1", "s2", "s3")
	must(t, ada.Deploy(flows))
	partIs(t, ada, "flows", "ok", "")
	partIs(t, ada, "process", "ok", "")
	partIs(t, ada, "memory", "ok", "")
	partIs(t, ada, "storage", "ok", "")

	// flows: two routes become one
	a := ask(t, ada, "PATCH", "/systemApi/settings", `{"changes": {"apiRouterOptions.sensitive": false}}`)
	if a.Status != 200 {
		t.Fatal(a)
	}
	partIs(t, ada, "flows", "warning", "Not everything that is deployed works.")
	must(t, ada.Set(map[string]any{"apiRouterOptions.sensitive": true}))
	partIs(t, ada, "flows", "ok", "")

	// log: it goes where nothing can be written
	partIs(t, ada, "log", "ok", "")
	must(t, os.Symlink("/dev/full", filepath.Join(dir, "logs", "full.log")))
	must(t, ada.Set(map[string]any{"logging.file.filename": "full.log", "logging.level": 5}))
	partIs(t, ada, "log", "failed", "The log cannot be written")
	must(t, ada.Set(map[string]any{"logging.file.filename": nil}))
	partIs(t, ada, "log", "ok", "")
	must(t, os.Remove(filepath.Join(dir, "logs", "full.log")))

	// storage: its file is away
	name := filepath.Join(dir, "ecoflow.db")
	must(t, os.Rename(name, name+".away"))
	partIs(t, ada, "storage", "failed", "")
	must(t, os.Rename(name+".away", name))
	partIs(t, ada, "storage", "ok", "")

	// memory: hardly any
	stop(t, p)
	again("GOMEMLIMIT=8MiB")
	partIs(t, ada, "memory", "warning", "are in use")

	// doors: a port is taken, and a folder away; they open once they can
	stop(t, p)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	again("ECOFLOW_API_ADDRESS=" + taken.Addr().String())
	partIs(t, ada, "doors", "failed", "The API has no address of its own.")
	must(t, taken.Close())
	partIs(t, ada, "doors", "ok", "")
	api := p.Client()
	api.Base = "http://" + taken.Addr().String()
	want(t, api, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
	public := filepath.Join(dir, "public")
	must(t, os.WriteFile(filepath.Join(public, "a.txt"), []byte("here"), 0o600))
	must(t, os.Rename(public, public+".away"))
	partIs(t, ada, "doors", "failed", "No static files are served from their folder.")
	must(t, os.Rename(public+".away", public))
	partIs(t, ada, "doors", "ok", "")
	want(t, ada, "GET", "/public/a.txt", nil, 200, "here")

	// audit: somebody changes what is on record
	stop(t, p)
	db, err := sql.Open("sqlite", filepath.Join(dir, "ecoflow.db"))
	must(t, err)
	_, err = db.Exec(`UPDATE audit SET message = 'nothing happened' WHERE id = 2`)
	must(t, err)
	must(t, db.Close())
	again()
	if a := ask(t, ada, "POST", "/systemApi/audit/verify", "{}"); a.Status != 200 {
		t.Fatal(a)
	}
	partIs(t, ada, "audit", "failed", "2")

	// secrets: their key is lost
	a = ask(t, ada, "POST", "/systemApi/environment/import", map[string]any{"text": "API_KEY=s3cr3t", "secrets": []string{"API_KEY"}})
	if a.Status != 200 {
		t.Fatal(a)
	}
	partIs(t, ada, "environment", "ok", "")
	stop(t, p)
	must(t, os.WriteFile(filepath.Join(dir, "secret.key"), []byte("short"), 0o600))
	again()
	partIs(t, ada, "secrets", "failed", "")
	partIs(t, ada, "environment", "failed", "cannot be read")

	// process: it cannot be restarted, and then it crashes
	must(t, os.Rename(public, public+".away"))
	must(t, os.WriteFile(public, nil, 0o600))
	if a := ask(t, ada, "POST", "/systemApi/server", `{"Mode": "restart"}`); a.Status != 503 {
		t.Errorf("a restart into nothing: %s", a)
	}
	partIs(t, ada, "process", "warning", "could not be restarted")
	must(t, os.Remove(public))
	must(t, os.Rename(public+".away", public))
	for range 3 {
		must(t, p.Signal(syscall.SIGABRT))
		if _, err := p.Wait(time.Minute); err != nil {
			t.Fatal(err)
		}
		again()
	}
	partIs(t, ada, "process", "ok", "")
	partIs(t, ada, "flows", "warning", "safe mode")
}
