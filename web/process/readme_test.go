//go:build unix

package process_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ecoflow/app/instance"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	must(t, err)
	return string(text)
}

var tourStep = regexp.MustCompile("(?ms)^```(sh|json) tour( background)?\n(.*?)^```$")

// The tour of the README works word for word: each command in turn, and what it
// says comes back. Only where port 4000 is taken another one stands in for it.
func TestReadmeTour(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "go"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the tour needs %s", tool)
		}
	}
	text := readme(t)
	home := t.TempDir()
	env := append(os.Environ(), "HOME="+home, "ECOFLOW_DIR=", "ECOFLOW_HOME=")
	for _, name := range []string{"GOMODCACHE", "GOCACHE", "GOPATH"} {
		value, err := exec.Command("go", "env", name).Output()
		must(t, err)
		env = append(env, name+"="+strings.TrimSpace(string(value)))
	}
	if l, err := net.Listen("tcp", "127.0.0.1:4000"); err == nil {
		must(t, l.Close())
	} else {
		port := fmt.Sprint(freePort(t))
		text = strings.ReplaceAll(text, "localhost:4000", "localhost:"+port)
		env = append(env, "ECOFLOW_PORT="+port)
	}
	// The commands run in the repository; the files they make belong elsewhere.
	files := t.TempDir()
	shell := func(ctx context.Context, script string) *exec.Cmd {
		script = strings.NewReplacer("cookies", files+"/cookies", "flow.json", files+"/flow.json", "broken.json", files+"/broken.json").Replace(script)
		cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
		cmd.Dir, cmd.Env = filepath.Join("..", ".."), env
		return cmd
	}

	var server *exec.Cmd
	said := ""
	steps := tourStep.FindAllStringSubmatch(text, -1)
	if len(steps) < 8 {
		t.Fatalf("the tour has %d steps only", len(steps))
	}
	for _, step := range steps {
		kind, background, content := step[1], step[2] != "", step[3]
		switch {
		case background:
			// Its own group, so that a tour that fails takes what it started along.
			server = shell(t.Context(), "exec "+content)
			server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			server.Cancel = func() error { return syscall.Kill(-server.Process.Pid, syscall.SIGKILL) }
			out, err := server.StdoutPipe()
			must(t, err)
			must(t, server.Start())
			waitForLine(t, out, "EcoFlow is ready at http://localhost:")
		case kind == "sh":
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			out, err := shell(ctx, content).CombinedOutput()
			cancel()
			if err != nil {
				t.Fatalf("%s\n%v: %s", content, err, out)
			}
			said = string(out)
		default:
			if plain(said) != plain(content) {
				t.Errorf("the tour promises\n%sbut it is\n%s", content, said)
			}
		}
	}
	if server == nil {
		t.Fatal("the tour starts no server")
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server of the tour ended with %v", err)
	}
}

// waitForLine reads until a line starts with prefix, and lets the rest flow by.
func waitForLine(t *testing.T, r interface{ Read([]byte) (int, error) }, prefix string) {
	t.Helper()
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), prefix) {
			return
		}
	}
	t.Fatalf("nothing printed %q", prefix)
}

// plain compares JSON as JSON and other text line by line, without space around.
func plain(text string) string {
	var lines []string
	for line := range strings.Lines(strings.TrimSpace(text)) {
		line = strings.TrimSpace(line)
		var compact bytes.Buffer
		if json.Compact(&compact, []byte(line)) == nil {
			line = compact.String()
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// The README's table of flags is what --help says.
func TestReadmeListsEveryFlag(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| `(--[a-z-]+(?: [A-Z]+)?)` \\| (.+?) \\| (.+?) \\|$").FindAllStringSubmatch(readme(t), -1)
	listed := map[string]bool{}
	for _, row := range rows {
		flag, variables, effect := row[1], strings.ReplaceAll(row[2], "`", ""), row[3]
		listed[flag] = true
		line := regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(flag) + ` +` + regexp.QuoteMeta(effect+" ["+variables+"]") + `$`)
		if !line.MatchString(instance.Help()) {
			t.Errorf("the help says something else than the README of %s: %s [%s]", flag, effect, variables)
		}
	}
	for _, flag := range regexp.MustCompile(`(?m)^  (--[a-z-]+(?: [A-Z]+)?)  `).FindAllStringSubmatch(instance.Help(), -1) {
		if !listed[flag[1]] {
			t.Errorf("the README does not list %s", flag[1])
		}
	}
}

// The README gives a reason for each module that the sources import, and for no
// other.
func TestReadmeListsEveryDependency(t *testing.T) {
	list := exec.Command("go", "list", "-f", `{{range .Imports}}{{println .}}{{end}}{{range .TestImports}}{{println .}}{{end}}{{range .XTestImports}}{{println .}}{{end}}`, "./...")
	list.Dir = filepath.Join("..", "..")
	out, err := list.Output()
	must(t, err)
	_, table, _ := strings.Cut(readme(t), "## Dependencies")
	table, _, _ = strings.Cut(table, "## Licence")
	unused := map[string]bool{}
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(table, -1) {
		unused[m[1]] = true
	}
	listed := slices.Collect(maps.Keys(unused))
	for _, imported := range strings.Fields(string(out)) {
		first, _, _ := strings.Cut(imported, "/")
		if !strings.Contains(first, ".") {
			continue // ours, or Go's own
		}
		at := slices.IndexFunc(listed, func(module string) bool { return imported == module || strings.HasPrefix(imported, module+"/") })
		if at < 0 {
			t.Errorf("the README gives no reason for %s", imported)
			continue
		}
		delete(unused, listed[at])
	}
	for module := range unused {
		t.Errorf("the README lists %s, which nothing imports", module)
	}
}
