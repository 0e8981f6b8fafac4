//go:build linux

package process_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ecoflow/web/drive"
)

// nobody is the user that the program runs as where the tests are root's.
const nobody = 65534

// unprivileged starts the program on a folder of its own as somebody who may little:
// as the tests' own user where that is not root, for whom no right is missing.
func unprivileged(t *testing.T, dir string) *drive.Program {
	t.Helper()
	if os.Geteuid() != 0 {
		return startIn(t, nil, dir, "--no-browser")
	}
	setpriv, err := exec.LookPath("setpriv")
	if err != nil {
		t.Skip("nobody else to run as without setpriv")
	}
	place := entered(t) // the binary is in a folder that is root's alone
	program, wrapper := filepath.Join(place, "ecoflow"), filepath.Join(place, "as-nobody")
	must(t, exec.Command("cp", binary, program).Run())
	line := fmt.Sprintf("#!/bin/sh\nexec %s --reuid=%d --regid=%[2]d --clear-groups -- %s \"$@\"\n", setpriv, nobody, program)
	must(t, os.WriteFile(wrapper, []byte(line), 0o755))
	must(t, filepath.Walk(dir, func(name string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(name, nobody, nobody)
	}))
	p, err := drive.Start(wrapper, dir, nil, "--no-browser")
	must(t, err)
	t.Cleanup(p.Kill)
	return p
}

// entered is a temporary folder that everybody may enter.
func entered(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.Chmod(filepath.Dir(dir), 0o755))
	must(t, os.Chmod(dir, 0o755))
	return dir
}

// R8: what the program may not do is found before it is saved, and named; the server
// stays at the old settings.
func TestSettingsWithoutTheRightToThem(t *testing.T) {
	base := entered(t)
	dir := filepath.Join(base, "data")
	must(t, os.Mkdir(dir, 0o700))
	store(t, dir, `{"Port": 0, "signIn": true}`)
	// What somebody else has, and does not share.
	certificate(t, base, "theirs")
	closed, shown := filepath.Join(base, "closed"), filepath.Join(base, "shown")
	must(t, os.Mkdir(closed, 0o700))
	must(t, os.Mkdir(shown, 0o755))
	if os.Geteuid() != 0 { // they are our own: then without any right
		must(t, os.Chmod(filepath.Join(base, "theirs.key"), 0))
		must(t, os.Chmod(closed, 0))
		must(t, os.Chmod(shown, 0o500))
		t.Cleanup(func() { _ = os.Chmod(closed, 0o700); _ = os.Chmod(shown, 0o700) })
	}
	must(t, os.Chmod(filepath.Join(base, "theirs.pem"), 0o644))
	p := unprivileged(t, dir)
	c := administrator(t, p)
	must(t, c.Deploy(simple()))

	before := ask(t, c, "GET", "/systemApi/admin/config", nil).Body
	tried := 0
	for _, tt := range []struct {
		changes map[string]any
		wrong   string
	}{
		{map[string]any{"Port": 80}, "Port"},
		{map[string]any{"Port": 443}, "Port"},
		{map[string]any{"Host": "127.0.0.1", "Port": 1}, "Port"},
		{map[string]any{"apiAddress": "127.0.0.1:81"}, "apiAddress"},
		{map[string]any{"https.enabled": true, "https.key": filepath.Join(base, "theirs.key"), "https.cert": filepath.Join(base, "theirs.pem")}, "https.key"},
		{map[string]any{"httpStaticRoot": closed}, "httpStaticRoot"},
		{map[string]any{"httpStaticRoot": filepath.Join(closed, "inside")}, "httpStaticRoot"},
		{map[string]any{"logging.file.location": closed}, "logging.file.location"},
		{map[string]any{"logging.file.location": shown}, "logging.file.location"},
		{map[string]any{"browseRoots": []string{closed}}, "browseRoots"},
	} {
		if port, ok := tt.changes["Port"].(int); ok && port < unprivilegedPorts(t) || tt.wrong != "Port" {
			tried++
		} else {
			continue // everybody may have it on this machine
		}
		a := ask(t, c, "PATCH", "/systemApi/settings", map[string]any{"changes": tt.changes})
		if a.Status != 422 || !strings.Contains(a.Body, `"path":"`+tt.wrong+`"`) {
			t.Errorf("%v: %.300s", tt.changes, a)
		}
		want(t, c, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
	}
	if after := ask(t, c, "GET", "/systemApi/admin/config", nil).Body; after != before {
		t.Errorf("settings were changed\nfrom %s\nto   %s", before, after)
	}
	t.Logf("%d settings were refused", tried)
}

// unprivilegedPorts returns the first port that everybody may listen at.
func unprivilegedPorts(t *testing.T) (first int) {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	must(t, err)
	_, err = fmt.Sscan(string(text), &first)
	must(t, err)
	return first
}
