package instance_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"ecoflow/app/instance"
)

func open(t *testing.T, path string) *instance.Folder {
	t.Helper()
	f, err := instance.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func own(t *testing.T, path string) *instance.Folder {
	t.Helper()
	f := open(t, path)
	if ok, err := f.Own(); !ok || err != nil {
		t.Fatalf("own: %t, %v", ok, err)
	}
	t.Cleanup(func() { _ = f.Release() })
	return f
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestFolderIsClosedToOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("rights come from the parent folder there")
	}
	parent := t.TempDir()
	t.Run("a new one", func(t *testing.T) {
		path := filepath.Join(parent, "deep", "new")
		open(t, path)
		if mode(t, path) != 0o700 {
			t.Errorf("mode %o", mode(t, path))
		}
	})
	t.Run("one of ours", func(t *testing.T) {
		path := filepath.Join(parent, "ours")
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		open(t, path)
		if mode(t, path) != 0o700 {
			t.Errorf("mode %o", mode(t, path))
		}
	})
	t.Run("but not somebody's folder of other things", func(t *testing.T) {
		path := filepath.Join(parent, "theirs")
		if err := os.MkdirAll(filepath.Join(path, "photos"), 0o755); err != nil {
			t.Fatal(err)
		}
		open(t, path)
		if mode(t, path) != 0o755 {
			t.Errorf("mode %o", mode(t, path))
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(file, "below")} {
		if _, err := instance.Open(path); err == nil || !strings.Contains(err.Error(), "the data folder") {
			t.Errorf("open %s: %v", path, err)
		}
	}
	if _, err := instance.Existing(t.TempDir()); err == nil || !strings.Contains(err.Error(), "there is no EcoFlow data") {
		t.Errorf("a command took an empty folder: %v", err)
	}
}

func TestOneOwner(t *testing.T) {
	path := t.TempDir()
	first := own(t, path)
	second := open(t, path)
	if ok, err := second.Own(); ok || err != nil {
		t.Fatalf("a second owner: %t, %v", ok, err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	if ok, err := second.Own(); !ok || err != nil {
		t.Fatalf("after the release: %t, %v", ok, err)
	}
	if err := second.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestSweep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd [name]*")
	f := own(t, path)
	if err := os.Mkdir(filepath.Join(path, "backups"), 0o700); err != nil {
		t.Fatal(err)
	}
	keep := []string{"ecoflow.db", "secret.key", "notes.tmp", filepath.Join("backups", "a.zip")}
	stale := []string{"running.json", "setup-code", "launch-X.html", "secret.key.unfinished", filepath.Join("backups", "b.zip.unfinished")}
	for _, name := range append(keep, stale...) {
		if err := os.WriteFile(filepath.Join(path, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Sweep(); err != nil {
		t.Fatal(err)
	}
	for _, name := range keep {
		if _, err := os.Stat(filepath.Join(path, name)); err != nil {
			t.Errorf("lost: %v", err)
		}
	}
	for _, name := range stale {
		if _, err := os.Stat(filepath.Join(path, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there", name)
		}
	}
}

func TestReserve(t *testing.T) {
	f := own(t, t.TempDir())
	path := filepath.Join(f.Path(), "reserve")
	for range 2 { // a second call finds it there
		if err := f.Reserve(); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Size() != instance.ReserveBytes {
		t.Fatalf("%v, %v", info, err)
	}
	for range 2 {
		if err := f.ReleaseReserve(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the reserve is still there")
	}
}

func TestLaunchPage(t *testing.T) {
	f := own(t, t.TempDir())
	link := `http://localhost:4000/_/launch#a"><script>alert(1)</script>`
	path, err := f.WriteLaunch(link)
	if err != nil {
		t.Fatal(err)
	}
	html, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(html), "<script>") || !strings.Contains(string(html), "http://localhost:4000/_/launch#a") {
		t.Errorf("the page is\n%s", html)
	}
	if runtime.GOOS != "windows" && mode(t, path) != 0o600 {
		t.Errorf("mode %o", mode(t, path))
	}
	if other, err := f.WriteLaunch(link); err != nil || other == path {
		t.Errorf("a second page: %s, %v", other, err)
	}
	if err := f.RemoveLaunch(path); err != nil {
		t.Error(err)
	}
}

func TestControl(t *testing.T) {
	f := own(t, t.TempDir())
	stopped := make(chan struct{})
	control, err := instance.Listen(slog.New(slog.DiscardHandler), instance.Answers{
		Status: func() instance.Status { return instance.Status{State: "ready", Address: "http://localhost:4000"} },
		Open:   func() (string, error) { return "/a/page.html", nil },
		Stop:   func() { close(stopped) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer control.Close()

	if _, err := f.Other(); !errors.Is(err, instance.ErrNotRunning) {
		t.Fatalf("before the announcement: %v", err)
	}
	if err := f.Announce(control, "http://localhost:4000", "id"); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && mode(t, filepath.Join(f.Path(), "running.json")) != 0o600 {
		t.Error("others can read the secret")
	}
	other, err := f.Other()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if s, err := other.Status(ctx); err != nil || s.State != "ready" {
		t.Errorf("status %+v, %v", s, err)
	}
	if target, err := other.Open(ctx); err != nil || target != "/a/page.html" {
		t.Errorf("open %q, %v", target, err)
	}
	for _, secret := range []string{"", "x", other.Secret + "x"} {
		res := post(t, other.Control, secret)
		if res.StatusCode != http.StatusUnauthorized {
			t.Errorf("secret %q: %s", secret, res.Status)
		}
	}
	select {
	case <-stopped:
		t.Fatal("a wrong secret stopped it")
	default:
	}
	if err := other.Stop(ctx); err != nil {
		t.Error(err)
	}
	<-stopped
}

func post(t *testing.T, address, secret string) *http.Response {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://"+address+"/stop", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res
}

func TestGarbageIsNobody(t *testing.T) {
	f := own(t, t.TempDir())
	for _, garbage := range []string{"", "{", "\x00\xff", `[1]`, strings.Repeat("[", 10_000)} {
		if err := os.WriteFile(filepath.Join(f.Path(), "running.json"), []byte(garbage), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Other(); !errors.Is(err, instance.ErrNotRunning) {
			t.Errorf("%.20q: %v", garbage, err)
		}
	}
}

func TestCrashesAreCounted(t *testing.T) {
	f := own(t, t.TempDir())
	if err := os.Mkdir(f.Logs(), 0o700); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for name, age := range map[string]time.Duration{
		"crash-1.log": 3 * time.Hour, "crash-2.log": 2 * time.Hour, "crash-3.log": time.Hour, "crash-4.log": 61 * time.Second,
		"crash-5.log": 50 * time.Second, "crash-6.log": time.Second, "crash-7.log": -time.Hour, // a clock that was set back
	} {
		path := filepath.Join(f.Logs(), name)
		if err := os.WriteFile(path, []byte("fatal error: all is lost"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	for name, age := range map[string]time.Duration{ // killed from outside: nothing was written
		"crash-81.log": 30 * time.Second, "crash-80.log": 61 * time.Second, "crash-82.log": -time.Hour, "crash-83.seen": time.Second,
	} {
		path := filepath.Join(f.Logs(), name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	recent, killed, err := f.WatchCrashes(now)
	if err != nil {
		t.Fatal(err)
	}
	if len(recent) != 3 || !killed || !recent[2].Equal(now) {
		t.Errorf("counted the crashes %v, killed %t; want 3, the last one found dead now", recent, killed)
	}
	if text, err := os.ReadFile(filepath.Join(f.Logs(), "crash-81.log")); err != nil || !strings.Contains(string(text), "was killed") {
		t.Errorf("its report says %q, %v", text, err)
	}
	// Another attempt of this process, and one that was asked to end.
	if recent, killed, err := f.WatchCrashes(now); err != nil || killed || len(recent) != 3 {
		t.Errorf("an attempt that failed counts: %v, %t, %v", recent, killed, err)
	}
	if err := f.Leaving(); err != nil {
		t.Fatal(err)
	}
	for _, name := range names(t, f.Logs()) {
		if info, err := os.Stat(filepath.Join(f.Logs(), name)); err != nil || info.Size() == 0 && now.Sub(info.ModTime()) < time.Hour {
			t.Errorf("an end that was asked for counts as a crash: %v, %v", info, err)
		}
	}
	if got := names(t, f.Logs()); len(got) != 6 { // five kept, and this process's own
		t.Errorf("reports kept: %v", got)
	}
	if err := f.Release(); err != nil {
		t.Fatal(err)
	}
	if got := names(t, f.Logs()); len(got) != 5 {
		t.Errorf("reports after a clean end: %v", got)
	}
}
