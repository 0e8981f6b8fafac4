package log_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/log"
	"ecoflow/app/secret"
)

// S39: ten thousand lines that try to be others stay one record each, from file to
// file as they are rotated.
func TestTenThousandHostileLines(t *testing.T) {
	if testing.Short() {
		t.Skip("writes more than a file holds")
	}
	dir := t.TempDir()
	l := log.Open(log.Options{Level: slog.LevelDebug, File: filepath.Join(dir, "ecoflow.log")})
	const lines = 10_000
	filling := strings.Repeat("fill\ning ", 300)
	for i := range lines {
		text := hostile[i%len(hostile)]
		if len(text) > 10_000 {
			text = text[:10_000]
		}
		for dropped := l.Dropped(); ; dropped = l.Dropped() { // logging never waits, so this does
			l.Info("line", "number", i, "text", text, "more", filling)
			if l.Dropped() == dropped {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) < 2 {
		t.Fatalf("nothing was rotated: %v, %v", names, err)
	}
	seen := map[string]bool{}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(content) {
			_, rest, ok := bytes.Cut(line, []byte(" level=INFO msg=line number="))
			number, _, _ := bytes.Cut(rest, []byte(" "))
			if !ok || !bytes.HasPrefix(line, []byte("time=")) || seen[string(number)] {
				t.Fatalf("%s: %.200q", name, line)
			}
			seen[string(number)] = true
			if bytes.ContainsFunc(bytes.TrimSuffix(line, []byte("\n")), func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Fatalf("a control character: %.200q", line)
			}
		}
	}
	if len(seen) != lines {
		t.Errorf("%d records of %d lines", len(seen), lines)
	}
}

// S39: whatever a panic carries, the log has its stack and not its secrets.
func TestPanicsKeepTheirSecrets(t *testing.T) {
	const canary = "canary-5f0c1b7e"
	type holder struct {
		Name string
		Key  secret.Secret
	}
	values := []any{
		secret.New(canary),
		&holder{"x", secret.New(canary)},
		[]holder{{"x", secret.New(canary)}},
		map[string]secret.Secret{"a": secret.New(canary)},
		http.Header{"Authorization": {"Bearer " + canary}, "X-Api-Key": {canary}, "Cookie": {"a=" + canary}},
		errors.New("dial postgres://ada:" + canary + "@db.example/shop: refused"),
		fmt.Errorf("open: %w", errors.New("password="+canary)),
		"authorization: bearer " + canary,
		`{"password":"` + canary + `"}`,
		"GET https://api.example/x?token=" + canary,
		"host=db password=" + canary + " user=ada",
		"ecf_" + canary,
	}
	for _, asJSON := range []bool{false, true} {
		_, file := written(t, asJSON, func(l *log.Log) {
			for _, v := range values {
				func() {
					defer fault.Recover(l.Logger, "a test")
					panic(v)
				}()
			}
		})
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(content) {
			if bytes.Contains(line, []byte(canary)) {
				t.Errorf("%.300s", line)
			}
		}
		if n := bytes.Count(content, []byte("TestPanicsKeepTheirSecrets")); n < len(values) {
			t.Errorf("%d stacks of %d panics", n, len(values))
		}
	}
}
