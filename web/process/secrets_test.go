package process_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ecoflow/web/drive"
)

// Whatever people type where a secret belongs is in no file and no line of what
// the program writes (S37, S39).
func TestSecretsLeaveNoTrace(t *testing.T) {
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
	stop(t, p)

	key, err := os.ReadFile(filepath.Join(dir, "secret.key"))
	must(t, err)
	written := files(t, dir)
	delete(written, "secret.key")
	written["(printed)"] = p.Output()
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
