// Package process_test builds the program once and drives it as its users do:
// from the command line, over HTTP and with signals.
package process_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"ecoflow/web/drive"
)

// binary is the built program.
var binary string

func TestMain(m *testing.M) {
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "ecoflow-process-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if binary, err = drive.Build(dir, raceDetector); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// start starts the program on dir, on any free port and without a browser. The
// test ends it.
func start(t *testing.T, dir string, args ...string) *drive.Program {
	t.Helper()
	return startIn(t, nil, dir, append([]string{"--port", "0", "--no-browser"}, args...)...)
}

// startIn is start with an environment and all arguments given.
func startIn(t *testing.T, env []string, dir string, args ...string) *drive.Program {
	t.Helper()
	p, err := drive.Start(binary, dir, env, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("the program printed:\n%s", p.Output())
		}
		if strings.Contains(p.Output(), "DATA RACE") {
			t.Errorf("a data race:\n%s", p.Output())
		}
	})
	return p
}

// run runs the program to its end.
func run(t *testing.T, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return drive.Run(ctx, binary, env, args...)
}

// stop ends the program as Ctrl+C does, and well.
func stop(t *testing.T, p *drive.Program) {
	t.Helper()
	if code, err := p.Stop(); code != 0 || err != nil {
		t.Fatalf("the program ended with %d, %v:\n%s", code, err, p.Output())
	}
}

// administrator sets a program in sign-in mode up and returns its administrator.
func administrator(t *testing.T, p *drive.Program) *drive.Client {
	t.Helper()
	c := p.Client()
	must(t, c.SetUp(p.SetupCode))
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ask sends a request that has to be answered, whatever with.
func ask(t *testing.T, c *drive.Client, method, path string, body any) drive.Answer {
	t.Helper()
	a, err := c.Do(method, path, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// want checks an answer of a deployed route.
func want(t *testing.T, c *drive.Client, method, path string, body any, status int, answer string) {
	t.Helper()
	a := ask(t, c, method, path, body)
	if a.Status != status || strings.TrimSpace(a.Body) != answer {
		t.Errorf("%s %s: %s; want %d %s", method, path, a, status, answer)
	}
}

// freePort returns a port that nobody listens on, with free ones after it.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// files returns the content of every file below dir by its name. What vanishes
// while it looks was not there.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		found[strings.TrimPrefix(name, dir+string(filepath.Separator))] = string(data)
		return err
	})
	must(t, err)
	return found
}

func unixOnly(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs signals and modes of Unix")
	}
}

func linuxOnly(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs what Linux shows of processes")
	}
}

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	must(t, err)
	return u
}
