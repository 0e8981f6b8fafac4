package process_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecoflow/web/drive"
)

// Whatever people type where a secret belongs is in no file, no line of what the
// program writes, no answer and no event, twenty times over (S37, S38, S39).
func TestSecretsLeaveNoTrace(t *testing.T) {
	t.Parallel() // it measures nothing
	dir := t.TempDir()
	const chosen = "ABCD1234CANARYCODE"
	p := startIn(t, []string{"ECOFLOW_SETUP_CODE=" + chosen}, dir, "--port", "0", "--no-browser", "--auth", "--verbose")
	c := p.Client()
	canaries := []string{drive.Password}
	secret := func(name string) string {
		text := "canary-" + name + "-5f0c1b7e"
		canaries = append(canaries, text)
		return text
	}

	c.Header.Set("X-Setup-Code", secret("setup-code"))
	ask(t, c, "POST", "/systemApi/setup/blank", map[string]any{})
	must(t, c.SetUp(chosen))

	stranger := p.Client()
	ask(t, stranger, "POST", "/systemApi/users/login", map[string]string{"username": drive.User, "password": secret("password")})
	ask(t, stranger, "POST", "/systemApi/users/login", `{"username": "ada", "password": "`+secret("broken-json"))
	ask(t, stranger, "POST", "/systemApi/launch", map[string]string{"token": secret("launch")})
	stranger.Header = http.Header{"Authorization": {"Bearer " + secret("bearer")}, "Cookie": {"ecoflow=" + secret("cookie")}}
	ask(t, stranger, "GET", "/systemApi/me?token="+secret("query"), nil)
	stranger.Header = http.Header{"Authorization": {"Basic " + secret("basic")}}
	ask(t, stranger, "GET", "/systemApi/none", nil)

	told := follow(t, p, c)
	var made struct {
		Token string `json:"token"`
	}
	a := ask(t, c, "POST", "/systemApi/me/tokens", map[string]any{"name": "script", "permissions": []string{"flowEditor"}})
	if a.Status >= 300 {
		t.Fatal(a)
	}
	must(t, a.Payload(&made))
	canaries = append(canaries, made.Token)
	for _, cookie := range c.HTTP.Jar.Cookies(mustURL(t, p.Address+"/systemApi/me")) {
		canaries = append(canaries, cookie.Value)
	}

	well := func(method, path string, body any) {
		t.Helper()
		if a := ask(t, c, method, path, body); a.Status >= 300 {
			t.Fatalf("%s %s: %s", method, path, a)
		}
	}
	well("POST", "/systemApi/environment/import", map[string]any{"text": "ONE=" + secret("variable") + "\nTWO=2", "secrets": []string{"ONE"}})
	well("PATCH", "/systemApi/environment", map[string]any{"base": 1, "add": []any{map[string]any{"name": "API_KEY", "value": secret("added"), "secret": true}}})
	well("POST", "/systemApi/admin/environment/envs", map[string]any{"type": "system", "finalEnvs": []any{map[string]any{"name": "TOKEN_SALT", "value": secret("system")}}})
	ask(t, c, "POST", "/systemApi/environment/import", map[string]any{"text": "1BAD=" + secret("refused"), "secrets": []string{"1BAD"}})
	person := map[string]any{"name": "Bob", "username": "bob", "password": secret("new-user"), "email": "", "roles": []int{}}
	well("POST", "/systemApi/admin/users", person)
	person["password"] = secret("changed-user")
	well("PATCH", "/systemApi/admin/users/bob", person)
	person["username"], person["password"] = "ada", secret("refused-user")
	ask(t, c, "POST", "/systemApi/admin/users", person)
	ask(t, c, "POST", "/systemApi/me/consent", map[string]string{"password": secret("consent")})
	ask(t, c, "PATCH", "/systemApi/user/profile", map[string]any{"name": "Ada", "oldPassword": secret("old"), "newPassword": secret("new"), "isUpdatePassword": true})

	// A flow is given secrets too, and fails while it holds them.
	failing := simple()
	failing["failing"] = drive.NewFlow().Request("f1", "POST", "/failing").Function("f2", "msg.none.there = 1").Response("f3", "msg").Edge("f1", "f2", "f3")
	must(t, c.Deploy(failing))
	stranger.Header = http.Header{"Authorization": {"Bearer " + secret("flow-bearer")}, "X-Api-Key": {secret("flow-key")}, "Cookie": {"session=" + secret("flow-cookie")}}
	for _, path := range []string{"/api/failing", "/api/echo", "/api/none"} {
		a := ask(t, stranger, "POST", path+"?token="+secret("flow-query"), map[string]string{"password": secret("flow-body")})
		if path != "/api/echo" && strings.Contains(a.Body, "canary-") {
			t.Errorf("%s: %s", path, a)
		}
	}
	if len(canaries) < 20 {
		t.Fatalf("%d canaries", len(canaries))
	}

	// Everything that can be read is read.
	shown := map[string]string{}
	var described struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	must(t, json.Unmarshal([]byte(ask(t, c, "GET", "/systemApi/openapi.json", nil).Body), &described))
	for path, methods := range described.Paths {
		if _, ok := methods["get"]; !ok || strings.HasSuffix(path, "/events") {
			continue
		}
		path = strings.NewReplacer("{envID}", "ONE", "{username}", "bob", "{name}", "failing", "{number}", "1", "{page}", "1").Replace(path)
		if a := ask(t, c, "GET", "/systemApi"+path, nil); a.Status == 200 {
			shown["GET "+path] = a.Body
		}
	}
	if len(shown) < 50 || !strings.Contains(shown["GET /environment"], `"API_KEY"`) || !strings.Contains(shown["GET /auditLogs"], "environment.import") {
		t.Fatalf("%d answers, among them %s", len(shown), shown["GET /environment"])
	}
	for _, format := range []string{"csv", "json"} {
		a := ask(t, c, "POST", "/systemApi/audit/export?format="+format, "{}")
		if a.Status != 200 {
			t.Fatal(a)
		}
		shown["the audit log as "+format] = a.Body
	}
	stop(t, p)

	key, err := os.ReadFile(filepath.Join(dir, "secret.key"))
	must(t, err)
	written := files(t, dir)
	delete(written, "secret.key")
	written["(printed)"] = p.Output()
	written["(events)"] = <-told
	if !strings.Contains(written["(events)"], "event: audit") || !strings.Contains(written["(events)"], "event: log") {
		t.Error("no event told of anything")
	}
	maps.Copy(written, shown)
	for name, content := range written {
		for _, canary := range canaries {
			if canary == "" || strings.Contains(content, canary) {
				t.Errorf("%s holds %q", name, canary)
			}
		}
		if strings.Contains(content, string(key)) {
			t.Errorf("%s holds the key", name)
		}
	}
	if !strings.Contains(p.Output(), "level=DEBUG") {
		t.Error("nothing was logged at debug level, so this proves little")
	}
}

// follow reads the events of somebody until the program ends, and delivers them then.
func follow(t *testing.T, p *drive.Program, who *drive.Client) <-chan string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.Address+"/systemApi/events", nil)
	must(t, err)
	patient := http.Client{Jar: who.HTTP.Jar}
	res, err := patient.Do(req)
	must(t, err)
	if res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
	told := make(chan string, 1)
	go func() {
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body) // however it ends
		told <- string(text)
	}()
	return told
}

// S37: with a passphrase nothing in the folder opens the secrets: it is asked at each
// start, and a restart takes it along.
func TestSecretsWithAPassphrase(t *testing.T) {
	t.Parallel() // it measures nothing
	unixOnly(t)
	dir, aside := t.TempDir(), t.TempDir()
	// typed is the program with somebody who types the text.
	typed := func(text string) string {
		script, input := filepath.Join(aside, "typed"), filepath.Join(aside, "input")
		must(t, os.WriteFile(input, []byte(text), 0o600))
		must(t, os.WriteFile(script, fmt.Appendf(nil, "#!/bin/sh\nexec '%s' \"$@\" < '%s'\n", binary, input), 0o700)) //nolint:gosec // it is run
		return script
	}
	const passphrase, value = "correct horse battery staple", "canary-value-5f0c1b7e"
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	var now struct{ Revision int64 }
	must(t, ask(t, ada, "GET", "/systemApi/environment", nil).Payload(&now))
	if a := ask(t, ada, "PATCH", "/systemApi/environment", map[string]any{"base": now.Revision, "add": []any{
		map[string]any{"name": "TOKEN", "value": value, "secret": true, "readable": true},
	}}); a.Status != 200 {
		t.Fatal(a)
	}
	must(t, ada.Deploy(map[string]*drive.Flow{"tells": drive.NewFlow().
		Request("a", "GET", "/tells").Function("b", "return env.TOKEN").Response("c", "msg").Edge("a", "b", "c")}))
	want(t, p.Client(), "GET", "/api/tells", nil, 200, `{"msg":"`+value+`"}`)
	stop(t, p)

	runTyped := func(text string, args ...string) (stdout, stderr string, code int) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		return drive.Run(ctx, typed(text), nil, append([]string{"--dir", dir}, args...)...)
	}
	if _, stderr, code := runTyped("too short\n", "rekey", "--ask-passphrase"); code != 1 || !strings.Contains(stderr, "10 characters") {
		t.Errorf("a short one: %d %s", code, stderr)
	}
	if stdout, stderr, code := runTyped(passphrase+"\n", "rekey", "--ask-passphrase"); code != 0 || !strings.Contains(stdout, "secret.key opens nothing any more") {
		t.Fatalf("rekey: %d %s%s", code, stdout, stderr)
	}
	must(t, os.Remove(filepath.Join(dir, "secret.key")))
	for text, says := range map[string]string{"": "start EcoFlow in a terminal", "another passphrase\n": "not the passphrase of the folder"} {
		if _, stderr, code := runTyped(text, "--no-browser", "--port", "0"); code != 1 || !strings.Contains(stderr, says) {
			t.Errorf("a start with %q: %d %s", text, code, stderr)
		}
	}
	p, err := drive.Start(typed(passphrase+"\n"), dir, nil, "--port", "0", "--no-browser", "--auth")
	must(t, err)
	t.Cleanup(p.Kill)
	want(t, p.Client(), "GET", "/api/tells", nil, 200, `{"msg":"`+value+`"}`)
	again := p.Client()
	must(t, again.SignIn())
	restart(t, p, again, `{"Mode": "restart"}`)
	want(t, p.Client(), "GET", "/api/tells", nil, 200, `{"msg":"`+value+`"}`)
	stop(t, p)
	for name, content := range files(t, dir) {
		if strings.Contains(content, passphrase) || strings.Contains(content, value) {
			t.Errorf("%s holds a secret", name)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "secret.key")); err == nil {
		t.Error("there is a key file again")
	}
}
