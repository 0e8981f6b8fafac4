package log_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ecoflow/app/log"
)

func TestMain(m *testing.M) {
	// The rotating writer keeps a goroutine that waits for its next rotation.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun"),
		goleak.IgnoreTopFunction("gopkg.in/natefinch/lumberjack.v2.(*Logger).millRun"))
}

func TestLog(t *testing.T) {
	var console bytes.Buffer
	file := filepath.Join(t.TempDir(), "logs", "ecoflow.log")
	l := log.Open(log.Options{Level: slog.LevelInfo, Console: &console, File: file, JSON: true})
	l.Debug("not yet")
	l.Info("first", "password", "canary")
	l.SetLevel(slog.LevelDebug)
	l.Debug("now")
	l.SetLevel(slog.LevelError)
	l.Warn("not any more")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l.Error("late")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil || string(b) != console.String() {
		t.Errorf("the file has %q, %v", b, err)
	}
	var got []string
	for line := range strings.Lines(string(b)) {
		var record struct{ Msg, Password string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		got = append(got, record.Msg+record.Password)
	}
	if want := "first*** now"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Loggers that were taken before the settings were known follow them.
func TestChange(t *testing.T) {
	dir := t.TempDir()
	var before, after bytes.Buffer
	l := log.Open(log.Options{Console: &before, File: filepath.Join(dir, "never.log")})
	logger := l.With("flow", "shop").WithGroup("node")
	if err := l.Change(log.Options{Level: slog.LevelDebug, JSON: true, Console: &after, File: filepath.Join(dir, "now.log")}); err != nil {
		t.Fatal(err)
	}
	logger.Debug("ran", "id", "n1")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "now.log"))
	if err != nil || string(b) != after.String() || before.Len() > 0 {
		t.Errorf("file %q, %v; console %q, before %q", b, err, &after, &before)
	}
	var record struct {
		Level, Flow string
		Node        struct{ ID string }
	}
	if err := json.Unmarshal(b, &record); err != nil || record.Level != "DEBUG" || record.Flow != "shop" || record.Node.ID != "n1" {
		t.Errorf("%v: %s", err, b)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("files %v, %v", list, err)
	}
}

// On the console a record may be spread over lines; in the file it stays one.
func TestPretty(t *testing.T) {
	var console bytes.Buffer
	file := filepath.Join(t.TempDir(), "ecoflow.log")
	l := log.Open(log.Options{Console: &console, File: file, Pretty: true})
	forged := "a \\\" b\ntime=2026-01-01T00:00:00Z level=INFO msg=forged"
	l.Info("flows deployed", "flow", forged, "took", time.Second)
	l.Info("plain")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("the file has %q", b)
	}
	head, _, _ := strings.Cut(lines[0], " flow=")
	want := head + "\n    flow=" + strconv.Quote(forged) + "\n    took=1s\n" + lines[1] + "\n"
	if console.String() != want {
		t.Errorf("the console has\n%s\nwant\n%s", &console, want)
	}

	console.Reset()
	l = log.Open(log.Options{Console: &console, File: file, JSON: true, Pretty: true})
	l.Info("flows deployed", "flow", "shop")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, b[bytes.IndexByte(b, '{'):], "", "  "); err != nil || console.String() != indented.String() || !strings.Contains(console.String(), "\n  \"flow\": \"shop\"\n}\n") {
		t.Errorf("%v: the console has\n%s", err, &console)
	}
}

// stuck is a console that takes nothing until it is let go.
type stuck struct {
	reached chan struct{}
	release chan struct{}
	lines   int
}

func (s *stuck) Write(b []byte) (int, error) {
	if s.lines++; s.lines == 1 {
		close(s.reached)
		<-s.release
	}
	return len(b), nil
}

func TestLoggingNeverWaits(t *testing.T) {
	s := &stuck{reached: make(chan struct{}), release: make(chan struct{})}
	l := log.Open(log.Options{Console: s})
	l.Info("first")
	<-s.reached
	const records = 10_000
	for range records {
		l.Info("more") // would hang here
	}
	dropped := l.Dropped()
	if dropped == 0 || dropped >= records {
		t.Errorf("%d dropped", dropped)
	}
	close(s.release)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if s.lines < records-int(dropped) {
		t.Errorf("%d written, %d dropped", s.lines, dropped)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestDiskThatTakesNoMore(t *testing.T) {
	l := log.Open(log.Options{Console: broken{}})
	l.Info("x")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l.Dropped() == 0 {
		t.Error("none counts as dropped")
	}
}

// While it rests the file takes nothing, whoever follows the log does, and what is
// missing is told.
func TestRest(t *testing.T) {
	var console bytes.Buffer
	l, file := written(t, false, func(*log.Log) {})
	l = log.Open(log.Options{File: file, Console: &console})
	wait := func(text string) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
			page, err := l.Tail(t.Context(), log.TailRequest{Text: text})
			if err == nil && len(page.Records) > 0 {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s was not logged: %v", text, err)
			}
		}
	}
	l.Rest(true)
	l.Info("resting")
	for deadline := time.Now().Add(30 * time.Second); l.Failing() == ""; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody is told")
		}
	}
	l.Rest(false)
	l.Info("awake")
	wait("awake")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(content), "resting") || !strings.Contains(string(content), "awake") || !strings.Contains(string(content), "records dropped") {
		t.Errorf("the file has %s, %v", content, err)
	}
	if !strings.Contains(console.String(), "resting") || l.Dropped() != 1 || l.Failing() != "" {
		t.Errorf("the console has %s; %d dropped, %q", console.String(), l.Dropped(), l.Failing())
	}
}

func TestRotation(t *testing.T) {
	dir := t.TempDir()
	l := log.Open(log.Options{File: filepath.Join(dir, "ecoflow.log")})
	line := strings.Repeat("x", 60<<10)
	for range 21 << 20 / len(line) {
		l.Info(line)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 2 {
		t.Fatalf("files %v, %v", list, err)
	}
	for _, e := range list {
		info, err := e.Info()
		if err != nil || info.Size() > 20<<20 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %d bytes, mode %v, %v", e.Name(), info.Size(), info.Mode(), err)
		}
	}
}
