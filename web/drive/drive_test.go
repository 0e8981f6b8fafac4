//go:build unix

package drive_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecoflow/web/drive"
)

// program is one that says what EcoFlow says and then does as told.
func program(t *testing.T, then string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+then+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

const ready = "echo 'Setup code: ABCD-EFGH'; echo 'EcoFlow is ready at http://localhost:4711'\n"

func TestAProgramThatStops(t *testing.T) {
	p, err := drive.Start(program(t, ready+"trap 'echo bye; exit 3' TERM\nwhile :; do sleep 0.01; done"), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.Address != "http://localhost:4711" || p.SetupCode != "ABCD-EFGH" || p.PID == 0 {
		t.Errorf("%+v", p)
	}
	if _, err := p.Wait(time.Millisecond); err == nil {
		t.Error("ended before it was asked to")
	}
	if code, err := p.Stop(); err != nil || code != 3 {
		t.Errorf("ended with %d, %v", code, err)
	}
	if !strings.Contains(p.Output(), "bye") {
		t.Errorf("printed %s", p.Output())
	}
}

func TestAProgramThatIsKilled(t *testing.T) {
	p, err := drive.Start(program(t, ready+"exec sleep 600"), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Kill()
	select {
	case <-p.Exited():
	default:
		t.Error("lives on")
	}
}

func TestAProgramThatDoesNotStart(t *testing.T) {
	_, err := drive.Start(program(t, "echo 'no room'; exit 1"), t.TempDir(), nil)
	if err == nil || !strings.Contains(err.Error(), "ended with 1 instead of starting") || !strings.Contains(err.Error(), "no room") {
		t.Errorf("%v", err)
	}
}

func TestRun(t *testing.T) {
	stdout, stderr, code := drive.Run(t.Context(), program(t, `echo "$A $1"; echo wrong >&2; exit 2`), []string{"A=given"}, "arg")
	if stdout != "given arg\n" || stderr != "wrong\n" || code != 2 {
		t.Errorf("%q %q %d", stdout, stderr, code)
	}
}
