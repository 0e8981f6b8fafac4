package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"ecoflow/app/auth"
	"ecoflow/web/webtest"
)

// S24: thirty paths, for each who asks: below the roots the names, elsewhere the one
// refusal, and for those without the right nothing at all.
func TestFoldersOfTheServer(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths are those of Unix")
	}
	base := t.TempDir()
	root, secret := filepath.Join(base, "root"), filepath.Join(base, "secret")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"root/site/css", "root/empty", "root/many", "secret/inner", "rootless"} {
		must(os.MkdirAll(filepath.Join(base, dir), 0o755))
	}
	for _, file := range []string{"root/b.txt", "root/a.txt", "root/site/index.html", "secret/key"} {
		must(os.WriteFile(filepath.Join(base, file), []byte("x"), 0o600))
	}
	for i := range 1100 {
		must(os.WriteFile(filepath.Join(root, "many", fmt.Sprint(i)), nil, 0o600))
	}
	must(os.Symlink(secret, filepath.Join(root, "out")))
	must(os.Symlink("site", filepath.Join(root, "in")))
	must(os.Symlink("/", filepath.Join(root, "top")))

	p := webtest.Start(t)
	admin := p.Admin()
	if rec := p.Do(admin.Cookie, "PATCH", "/systemApi/settings", fmt.Sprintf(`{"changes": {"browseRoots": [%q]}}`, root)); rec.Code != http.StatusOK {
		t.Fatal(rec.Body)
	}
	const absent = `404 no_folder`
	tests := []struct{ path, kind, want string }{
		{"", "", `"` + root + `"`},
		{root, "", `empty/ in/ many/ site/ a.txt b.txt`},
		{root + "/", "", `empty/ in/ many/ site/ a.txt b.txt`},
		{root + "/.", "File", `empty/ in/ many/ site/ a.txt b.txt`},
		{root, "Directory", `empty/ in/ many/ site/`},
		{root + "/site", "", `css/ index.html`},
		{root + "/site/../site", "", `css/ index.html`},
		{root + "/in", "", `css/ index.html`},
		{root + "/empty", "", ``},
		{root + "/many", "Directory", ``},
		{root + "/many", "", `1000`},
		{root + "/a.txt", "", absent},
		{root + "/nothing", "", absent},
		{root + "/site/index.html/x", "", absent},
		{root + "/out", "", absent},
		{root + "/out/inner", "", absent},
		{root + "/top", "", absent},
		{root + "/top/etc", "", absent},
		{root + "/..", "", absent},
		{root + "/../secret", "", absent},
		{root + "/site/../../secret", "", absent},
		{root + "less", "", absent},
		{secret, "", absent},
		{base, "", absent},
		{"/", "", absent},
		{"/etc", "", absent},
		{"root", "", absent},
		{".", "", absent},
		{"../secret", "", absent},
		{"~", "", absent},
		{root + "\x00/site", "", absent},
		{"//" + root[1:] + "/../secret", "", absent},
		{`\\server\share`, "", absent},
		{"file://" + root, "", absent},
	}
	if len(tests) < 30 {
		t.Fatal(len(tests))
	}
	for name, who := range map[string]webtest.Credential{
		"admin": admin.Cookie, "settings": p.User(auth.ServerConfigurationUpdate).Cookie, "new connections": p.User(auth.CreateDBConnection).Cookie,
		"connections": p.User(auth.ModifyDBConnection).Token, "who may look at settings": p.User(auth.ServerConfigurationShow).Cookie,
		"no rights": p.User(0).Cookie, "nobody": nil, "late with the setup code": nil,
	} {
		for _, tt := range tests {
			body, _ := json.Marshal(map[string]string{"path": tt.path, "type": tt.kind})
			header := []string{}
			want := tt.want
			switch name {
			case "who may look at settings", "no rights":
				want = "403 missing_permission"
			case "nobody":
				want = "401 unauthenticated"
			case "late with the setup code":
				header, want = []string{"X-Setup-Code", webtest.SetupCode}, "404 setup_over"
			}
			rec := p.Do(who, "POST", "/systemApi/directoriesStatus", string(body), header...)
			if got := listed(rec.Code, rec.Body.Bytes()); got != want {
				t.Errorf("%q %s as %s: %s, want %s", tt.path, tt.kind, name, got, want)
			}
		}
	}
}

// listed writes an answer of endpoint 1 in short.
func listed(status int, body []byte) string {
	var answer struct {
		Payload json.RawMessage `json:"payload"`
		Code    string          `json:"code"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return err.Error()
	}
	if status != http.StatusOK {
		return fmt.Sprint(status, " ", answer.Code)
	}
	var roots []string
	if json.Unmarshal(answer.Payload, &roots) == nil && len(roots) > 0 {
		return `"` + strings.Join(roots, `" "`) + `"`
	}
	var entries []struct{ Name, Type string }
	if err := json.Unmarshal(answer.Payload, &entries); err != nil {
		return err.Error()
	}
	if len(entries) > 100 {
		return fmt.Sprint(len(entries))
	}
	names := []string{}
	for _, e := range entries {
		if e.Type == "Directory" {
			e.Name += "/"
		}
		names = append(names, e.Name)
	}
	return strings.Join(names, " ")
}

// While there is no user the setup code opens the picker, a wrong one does not.
func TestFoldersDuringSetup(t *testing.T) {
	p := webtest.Start(t)
	ask := func(path string, header ...string) string {
		body, _ := json.Marshal(map[string]string{"path": path})
		rec := p.Do(nil, "POST", "/systemApi/directoriesStatus", string(body), header...)
		return listed(rec.Code, rec.Body.Bytes())
	}
	if got := ask("", "X-Setup-Code", webtest.SetupCode); got != `"`+p.Dir+`"` {
		t.Error(got)
	}
	if got := ask(p.Dir, "X-Setup-Code", webtest.SetupCode); !strings.Contains(got, "ecoflow.db") {
		t.Error(got)
	}
	if got := ask("/", "X-Setup-Code", webtest.SetupCode); got != "404 no_folder" {
		t.Error(got)
	}
	if got := ask("", "X-Setup-Code", "WRNG-CODE"); got != "401 setup_code_wrong" {
		t.Error(got)
	}
}
