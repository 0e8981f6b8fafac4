package process_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecoflow/web/drive"
)

// scratch damages the database of a folder whose process was killed.
func scratch(t *testing.T, dir, text string) {
	t.Helper()
	name := filepath.Join(dir, "ecoflow.db")
	content, err := os.ReadFile(name)
	must(t, err)
	damaged := 0
	for at := 4096; at < len(content); at += 4096 {
		if page := content[at:min(at+4096, len(content))]; bytes.Contains(page, []byte(text)) {
			copy(page, bytes.Repeat([]byte{0xa5}, 64))
			damaged++
		}
	}
	if damaged == 0 {
		t.Fatalf("no page holds %q", text)
	}
	must(t, os.WriteFile(name, content, 0o600))
	must(t, os.WriteFile(name+"-wal", nil, 0o600)) // as after a power cut
}

// damagedFolder is a folder with flows, users and a scratched audit log.
func damagedFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	must(t, ada.Deploy(simple()))
	for i := range 60 {
		ask(t, ada, "PATCH", "/systemApi/me/preferences", map[string]int{"n": i})
	}
	stop(t, p)
	scratch(t, dir, "me.setPreferences")
	return dir
}

type recovering struct {
	Found    struct{ Problem, Detail, Needs, Path string }
	Running  bool
	Problem  string
	Aside    string
	Salvaged *struct {
		Rows   int
		Whole  bool
		Tables []struct {
			Name          string
			Rows, Dropped int
			Problem       string
		}
	}
}

func recoveryState(t *testing.T, c *drive.Client) (s recovering) {
	t.Helper()
	a := ask(t, c, "GET", "/systemApi/recovery", nil)
	if a.Status != 200 {
		t.Fatal(a)
	}
	must(t, a.Payload(&s))
	return s
}

// salvage makes the copy and waits for it.
func salvage(t *testing.T, c *drive.Client) recovering {
	t.Helper()
	if a := ask(t, c, "POST", "/systemApi/recovery/salvage", "{}"); a.Status != 200 {
		t.Fatal(a)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if s := recoveryState(t, c); !s.Running {
			if s.Salvaged == nil {
				t.Fatalf("salvaging failed: %s", s.Problem)
			}
			return s
		}
		if time.Now().After(deadline) {
			t.Fatal("salvaging does not end")
		}
	}
}

// R18: a damaged database does not end the server: its window offers to save what can
// be read, and to start with that. Only who can read the console or the folder may.
func TestRecovery(t *testing.T) {
	dir := damagedFolder(t)
	damaged, err := os.ReadFile(filepath.Join(dir, "ecoflow.db"))
	must(t, err)
	p := start(t, dir, "--auth")
	if !strings.Contains(p.Output(), "is damaged") {
		t.Errorf("nobody was told: %s", p.Output())
	}
	stranger := p.Client()
	for path, status := range map[string]int{
		"/api/hello": 503, "/systemApi/me": 503, "/systemApi/flows": 503, "/systemApi/recovery": 401, "/systemApi/recovery/file": 401,
		"/systemApi/health/live": 200, "/systemApi/health/ready": 503, "/systemApi/server/isOnline": 200, "/systemApi/init/status": 200,
	} {
		a := ask(t, stranger, "GET", path, nil)
		if a.Status != status {
			t.Errorf("%s: %s", path, a)
		}
		if status == 503 && strings.Contains(path, "hello") && (failure(a) != "recovery" || a.Header.Get("Retry-After") == "") {
			t.Errorf("%s: %s", path, a)
		}
	}
	for _, path := range []string{"/systemApi/recovery/salvage", "/systemApi/recovery/start", "/systemApi/recovery/quit", "/systemApi/users/login", "/api/echo"} {
		if a := ask(t, stranger, "POST", path, map[string]string{"username": drive.User, "password": drive.Password}); a.Status != 401 && a.Status != 503 {
			t.Errorf("%s: %s", path, a)
		}
	}
	if a := ask(t, stranger, "GET", "/systemApi/init/status", nil); !strings.Contains(a.Body, `"recovery":true`) {
		t.Errorf("the window is not told: %s", a)
	}
	noFollow := *stranger.HTTP
	noFollow.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for path, to := range map[string]string{"/": "/_/", "/_/": "/_/recovery", "/_/flows/shop": "/_/recovery", "/_/recovery": ""} {
		res, err := noFollow.Get(p.Address + path)
		must(t, err)
		res.Body.Close()
		if res.Header.Get("Location") != to || (to == "") != (res.StatusCode == 200) {
			t.Errorf("%s leads to %s, %d", path, res.Header.Get("Location"), res.StatusCode)
		}
	}
	if stdout, _, _ := run(t, nil, "--dir", dir, "status"); !strings.Contains(stdout, "EcoFlow is in recovery at") {
		t.Errorf("status: %s", stdout)
	}

	code := printedAfter(t, p, "Recovery code: ")
	kept, err := os.ReadFile(filepath.Join(dir, "recovery-code"))
	must(t, err)
	if info, err := os.Stat(filepath.Join(dir, "recovery-code")); err != nil || info.Mode().Perm() != 0o600 || strings.TrimSpace(string(kept)) != code {
		t.Errorf("the code in the folder: %q, %v", kept, err)
	}
	if a := ask(t, stranger, "POST", "/systemApi/recovery/open", map[string]string{"code": "ABCD-EFGH-IJKL-MNOP"}); a.Status != 401 {
		t.Errorf("a wrong code: %s", a)
	}
	c := p.Client()
	if a := ask(t, c, "POST", "/systemApi/recovery/open", map[string]string{"code": strings.ToLower(code)}); a.Status != 200 {
		t.Fatal(a)
	}
	s := recoveryState(t, c)
	if s.Found.Problem != "damaged" || s.Found.Detail == "" || !strings.HasSuffix(s.Found.Path, "ecoflow.db") || s.Salvaged != nil {
		t.Errorf("%+v", s)
	}
	if a := ask(t, c, "POST", "/systemApi/recovery/start", "{}"); a.Status != 409 {
		t.Errorf("starting without a copy: %s", a)
	}
	if a := ask(t, c, "GET", "/systemApi/recovery/file", nil); a.Status != 200 || !strings.Contains(a.Header.Get("Content-Disposition"), "ecoflow.db") {
		t.Errorf("the download: %d %v", a.Status, a.Header)
	} else if a.Body != string(damaged) {
		t.Error("the downloaded file is another one")
	}
	s = salvage(t, c)
	problem := false
	for _, table := range s.Salvaged.Tables {
		problem = problem || table.Name == "audit" && table.Problem != ""
		if table.Name != "audit" && (table.Problem != "" || table.Dropped != 0) {
			t.Errorf("%+v", table)
		}
	}
	if !problem || s.Salvaged.Whole {
		t.Errorf("the loss is not told: %+v", s.Salvaged)
	}
	if a := ask(t, c, "POST", "/systemApi/recovery/start", "{}"); a.Status != 200 {
		t.Fatal(a)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		a, err := p.Client().Do("GET", "/systemApi/init/status", nil)
		if err == nil && a.Status == 200 && strings.Contains(a.Body, `"recovery":false`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the product does not start: %s, %v", a, err)
		}
	}
	answers(t, p)
	must(t, p.Client().SignIn())
	aside, err := filepath.Glob(filepath.Join(dir, "ecoflow.db.damaged-*"))
	must(t, err)
	same := 0
	for _, name := range aside {
		if content, err := os.ReadFile(name); err == nil && bytes.Equal(content, damaged) {
			same++
		}
	}
	if same != 1 {
		t.Errorf("the damaged file is not kept: %v", aside)
	}
	if _, err := os.Stat(filepath.Join(dir, "recovery-code")); err == nil {
		t.Error("the code stays")
	}
	stop(t, p)
	stop(t, start(t, dir, "--auth"))
}

// In local mode the launch link lets the person at the machine in, once, also where the
// window is switched off.
func TestRecoveryInLocalMode(t *testing.T) {
	dir := damagedFolder(t)
	p := startIn(t, []string{"ECOFLOW_EDITOR_ENABLED=false"}, dir, "--port", "0", "--no-browser")
	if a := ask(t, p.Client(), "GET", "/_/recovery", nil); a.Status != 200 {
		t.Errorf("its page: %s", a)
	}
	page := printedAfter(t, p, "Open this in a browser: ")
	content, err := os.ReadFile(page)
	must(t, err)
	_, token, ok := strings.Cut(string(content), "/_/recovery#")
	if !ok {
		t.Fatalf("the launch page: %s", content)
	}
	token, _, _ = strings.Cut(token, `"`)
	if strings.Contains(p.Output(), "Recovery code") {
		t.Error("a code is of no use in local mode")
	}
	c := p.Client()
	if a := ask(t, c, "POST", "/systemApi/launch", map[string]string{"token": token}); a.Status != 200 {
		t.Fatal(a)
	}
	recoveryState(t, c)
	if a := ask(t, p.Client(), "POST", "/systemApi/launch", map[string]string{"token": token}); a.Status != 401 {
		t.Errorf("the link works twice: %s", a)
	}
	before := files(t, dir)
	if a := ask(t, c, "POST", "/systemApi/recovery/quit", "{}"); a.Status != 200 {
		t.Fatal(a)
	}
	if code, err := p.Wait(time.Minute); code != 0 || err != nil {
		t.Errorf("it ended with %d, %v", code, err)
	}
	after := files(t, dir)
	for _, name := range []string{"ecoflow.db", "ecoflow.db-wal", "secret.key"} {
		if before[name] != after[name] {
			t.Errorf("%s changed", name)
		}
	}
}

// R12: a database of a later EcoFlow is not touched; its page says which one it needs.
func TestNewerDatabase(t *testing.T) {
	dir := t.TempDir()
	stop(t, start(t, dir, "--auth"))
	name := filepath.Join(dir, "ecoflow.db")
	content, err := os.ReadFile(name)
	must(t, err)
	content[60+2], content[60+3] = 0x27, 0x0f // user_version is 9999
	must(t, os.WriteFile(name, content, 0o600))

	p := start(t, dir, "--auth")
	c := p.Client()
	if a := ask(t, c, "POST", "/systemApi/recovery/open", map[string]string{"code": printedAfter(t, p, "Recovery code: ")}); a.Status != 200 {
		t.Fatal(a)
	}
	s := recoveryState(t, c)
	if s.Found.Problem != "newer" || s.Found.Needs == "" || !strings.Contains(s.Found.Detail, "9999") {
		t.Errorf("%+v", s.Found)
	}
	if a := ask(t, c, "POST", "/systemApi/recovery/salvage", "{}"); a.Status != 409 || failure(a) != "database_newer" {
		t.Errorf("salvaging what is sound: %s", a)
	}
	if a := ask(t, c, "GET", "/systemApi/recovery/file", nil); a.Status != 200 || a.Body != string(content) {
		t.Errorf("the download: %d", a.Status)
	}
	stop(t, p)
	if after, err := os.ReadFile(name); err != nil || !bytes.Equal(after, content) {
		t.Errorf("the file changed: %v", err)
	}
}

// Whatever the damage, the page answers: no panic, no hang, no end.
func TestRecoveryOfAnything(t *testing.T) {
	t.Parallel() // it measures nothing
	dir := damagedFolder(t)
	sound, err := os.ReadFile(filepath.Join(dir, "ecoflow.db"))
	must(t, err)
	for name, damage := range map[string]func([]byte) []byte{
		"no database":  func(b []byte) []byte { return bytes.Repeat([]byte("no database. "), 5000) },
		"a bad header": func(b []byte) []byte { copy(b[16:], "\xff\xff\xff\xff"); return b },
		"a third":      func(b []byte) []byte { return b[:len(b)/3] },
		"zeros":        func(b []byte) []byte { clear(b[4096 : len(b)/2]); return b },
		"its schema":   func(b []byte) []byte { clear(b[100:4096]); return b },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.WriteFile(filepath.Join(dir, "ecoflow.db"), damage(bytes.Clone(sound)), 0o600))
			must(t, os.WriteFile(filepath.Join(dir, "ecoflow.db-wal"), []byte("no log"), 0o600))
			p := start(t, dir, "--auth")
			c := p.Client()
			if a := ask(t, c, "POST", "/systemApi/recovery/open", map[string]string{"code": printedAfter(t, p, "Recovery code: ")}); a.Status != 200 {
				t.Fatal(a)
			}
			a := ask(t, c, "GET", "/systemApi/recovery/file", nil)
			archive, err := zip.NewReader(strings.NewReader(a.Body), int64(len(a.Body)))
			must(t, err)
			log, err := archive.Open("ecoflow.db-wal")
			must(t, err)
			if content, err := io.ReadAll(log); err != nil || string(content) != "no log" {
				t.Errorf("the log in the download: %q %v", content, err)
			}
			s := salvage(t, c)
			if s.Salvaged.Whole {
				t.Errorf("it says that nothing is lost: %s", fmt.Sprintf("%+v", s.Salvaged))
			}
			if a := ask(t, c, "POST", "/systemApi/recovery/start", "{}"); a.Status != 200 {
				t.Fatal(a)
			}
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
				a, err := p.Client().Do("GET", "/systemApi/init/status", nil)
				if err == nil && strings.Contains(a.Body, `"recovery":false`) {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("the product does not start: %s, %v", a, err)
				}
			}
			stop(t, p)
		})
	}
}
