package process_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ecoflow/web/drive"
)

// browser stands in for the person's: it notes what it was asked to open and what
// it read there.
type browser struct {
	t      *testing.T
	folder string
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	linuxOnly(t) // where the desktop is asked by a program that can be stood in for
	b := &browser{t, t.TempDir()}
	script := fmt.Sprintf("#!/bin/sh\nf=$(mktemp '%s/visit.XXXXXX')\nprintf '%%s\\n' \"$1\" >\"$f\"\ncat \"${1#file://}\" >>\"$f\" 2>/dev/null\nmv \"$f\" \"$f.done\"\n", b.folder)
	must(t, os.WriteFile(filepath.Join(b.folder, "xdg-open"), []byte(script), 0o700))
	return b
}

func (b *browser) env() []string {
	return []string{"PATH=" + b.folder + string(os.PathListSeparator) + os.Getenv("PATH")}
}

// visits waits for the number of visits and returns each as what was opened and
// what it held.
func (b *browser) visits(count int) (list []string) {
	b.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		names, err := filepath.Glob(filepath.Join(b.folder, "visit.*.done"))
		must(b.t, err)
		if len(names) < count {
			continue
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			must(b.t, err)
			list = append(list, string(text))
		}
		return list
	}
	b.t.Fatalf("the browser was not opened %d times", count)
	return nil
}

var launchLink = regexp.MustCompile(`(http://localhost:\d+/_/launch)#([A-Za-z0-9_-]{43})`)

// token finds the launch token in what the browser read.
func token(t *testing.T, visit string) string {
	t.Helper()
	m := launchLink.FindStringSubmatch(visit)
	if m == nil {
		t.Fatalf("no launch link in %q", visit)
	}
	return m[2]
}

func exchange(t *testing.T, c *drive.Client, token string) int {
	t.Helper()
	return ask(t, c, "POST", "/systemApi/launch", map[string]string{"token": token}).Status
}

func TestLaunchSignsInThePersonAtTheMachine(t *testing.T) {
	b := newBrowser(t)
	dir := t.TempDir()
	p := startIn(t, b.env(), dir, "--port", "0", "--verbose")

	visit := b.visits(1)[0]
	opened, _, _ := strings.Cut(visit, "\n")
	if !strings.HasPrefix(opened, "file://"+dir+"/launch-") {
		t.Errorf("the browser was pointed at %s", opened)
	}
	secret := token(t, visit)

	me := p.Client()
	if a := ask(t, me, "GET", "/systemApi/me", nil); a.Status != 401 {
		t.Errorf("a stranger is let in: %s", a)
	}
	if status := exchange(t, p.Client(), secret[:42]+"x"); status != 401 {
		t.Errorf("a guessed token: %d", status)
	}
	if status := exchange(t, me, secret); status != 200 {
		t.Fatalf("the token: %d", status)
	}
	if a := ask(t, me, "GET", "/systemApi/me", nil); a.Status != 200 {
		t.Errorf("signed in, and not known: %s", a)
	}
	if status := exchange(t, p.Client(), secret); status != 401 {
		t.Errorf("the token again: %d", status)
	}

	// A second start opens another window, with a token of its own.
	if stdout, stderr, code := run(t, b.env(), "--dir", dir); code != 0 {
		t.Fatalf("second start: %d %s%s", code, stdout, stderr)
	}
	for _, visit := range b.visits(2) {
		if again := token(t, visit); again != secret {
			if status := exchange(t, p.Client(), again); status != 200 {
				t.Errorf("the second window's token: %d", status)
			}
		}
	}

	// The token was nowhere but in the page, which is gone.
	stop(t, p)
	for name, content := range files(t, dir) {
		if strings.Contains(content, secret) {
			t.Errorf("the launch token is in %s", name)
		}
	}
	if strings.Contains(p.Output(), secret) {
		t.Error("the launch token was printed")
	}
}

// The token is in no argument of any process while the browser can read the page.
func TestLaunchTokenIsNoArgument(t *testing.T) {
	b := newBrowser(t)
	p := startIn(t, b.env(), t.TempDir(), "--port", "0")
	secret := token(t, b.visits(1)[0])
	arguments, err := filepath.Glob("/proc/[0-9]*/cmdline")
	must(t, err)
	if len(arguments) == 0 {
		t.Fatal("no processes are shown")
	}
	for _, name := range arguments {
		if text, err := os.ReadFile(name); err == nil && strings.Contains(string(text), secret) {
			t.Errorf("%s shows the launch token", name)
		}
	}
	if status := exchange(t, p.Client(), secret); status != 200 {
		t.Errorf("the token was not good: %d", status)
	}
}

// A browser in a sandbox cannot read the page; it gets the link itself.
func TestLaunchReachesABrowserInASandbox(t *testing.T) {
	t.Parallel() // it mostly waits
	if testing.Short() {
		t.Skip("waits as long as a person would")
	}
	b := newBrowser(t)
	p := startIn(t, b.env(), t.TempDir(), "--port", "0")
	for _, visit := range b.visits(2) {
		if opened, _, _ := strings.Cut(visit, "\n"); strings.HasPrefix(opened, "http") {
			if status := exchange(t, p.Client(), token(t, opened)); status != 200 {
				t.Errorf("the link's token: %d", status)
			}
			return
		}
	}
	t.Error("the browser never got the link itself")
}
