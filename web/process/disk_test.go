package process_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ecoflow/web/drive"
)

// smallDisk returns a folder with room for size alone, where mounting is allowed.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	linuxOnly(t)
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "ecoflow-test", dir).CombinedOutput(); err != nil {
		t.Skipf("no mounts here: %v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("%v %s", err, out)
		}
	})
	return dir
}

// fill takes all the room that is left.
func fill(t *testing.T, dir string) (name string) {
	t.Helper()
	name = filepath.Join(dir, "photos")
	file, err := os.Create(name)
	must(t, err)
	defer file.Close()
	for chunk := make([]byte, 4<<10); err == nil; {
		_, err = file.Write(chunk)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return name
}

// R16: a full disk stops writes in a clear sentence, and nothing else; with room
// again it goes on as if nothing had been.
func TestFullDisk(t *testing.T) {
	dir := smallDisk(t, "24m")
	p := start(t, dir, "--auth", "--verbose") // a line of log for each request
	ada := administrator(t, p)
	must(t, ada.Deploy(simple()))
	waitForFile(t, filepath.Join(dir, "reserve"))
	photos := fill(t, dir)

	refused := false
	for i := range 400 { // until the pages that the log still had are used up
		a := ask(t, ada, "PATCH", "/systemApi/me/preferences", map[string]string{"note": strings.Repeat("x", 30_000+i)})
		if a.Status == 507 {
			if !strings.Contains(a.Body, "disk is full") {
				t.Errorf("the sentence is not clear: %s", a)
			}
			refused = true
			break
		}
		if a.Status != 200 {
			t.Fatal(a)
		}
	}
	if !refused {
		t.Fatal("the disk never was full")
	}
	answers(t, p)
	waitForRoom(t, filepath.Join(dir, "reserve"))
	// The log is the first to stop: the reserve is not given up for it.
	logged := func() (size int64) {
		names, err := filepath.Glob(filepath.Join(dir, "logs", "*"))
		must(t, err)
		for _, name := range names {
			info, err := os.Stat(name)
			must(t, err)
			size += info.Size()
		}
		return size
	}
	before, lines := logged(), strings.Count(p.Output(), "\n")
	for range 100 {
		ask(t, ada, "GET", "/systemApi/me", nil)
	}
	for deadline := time.Now().Add(30 * time.Second); strings.Count(p.Output(), "\n") < lines+100; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is logged to the console either")
		}
	}
	if after := logged(); after != before {
		t.Errorf("the log grew from %d to %d bytes on a full disk", before, after)
	}
	// The name of a deleted file is gone a moment before its room is there.
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		a := ask(t, ada, "PATCH", "/systemApi/me/preferences", map[string]any{"note": nil})
		if a.Status == 200 {
			break
		}
		if a.Status != 507 || time.Now().After(deadline) {
			t.Fatalf("deleting something with the reserve's room: %s", a)
		}
	}
	partIs(t, ada, "disk", "failed", "is full")
	must(t, os.Remove(photos))
	if a := ask(t, ada, "PATCH", "/systemApi/me/preferences", map[string]string{"note": "room again"}); a.Status != 200 {
		t.Errorf("with room again: %s", a)
	}
	partIs(t, ada, "disk", "warning", "nearly full")
	stop(t, p)
}

// After a power cut on a full disk the reserve is what the next start lives on.
func TestStartOnAFullDisk(t *testing.T) {
	dir := smallDisk(t, "24m")
	p := start(t, dir, "--auth")
	must(t, administrator(t, p).Deploy(simple()))
	waitForFile(t, filepath.Join(dir, "reserve"))
	p.Kill()
	photos := fill(t, dir)

	p = start(t, dir, "--auth")
	answers(t, p)
	if !strings.Contains(p.Output(), "disk is full") {
		t.Error("nobody was told")
	}
	stop(t, p)
	must(t, os.Remove(photos))
	stop(t, start(t, dir, "--auth"))
}

func TestStartWithoutAnyRoom(t *testing.T) {
	dir := smallDisk(t, "64k")
	stdout, stderr, code := run(t, nil, "--dir", dir, "--auth", "--no-browser", "--port", "0")
	if code != 1 || !strings.Contains(stderr, "full") && !strings.Contains(stderr, "no space left") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
}

func waitForFile(t *testing.T, name string) { t.Helper(); waitForState(t, name, true) }

func waitForRoom(t *testing.T, name string) { t.Helper(); waitForState(t, name, false) }

func waitForState(t *testing.T, name string, there bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(name); (err == nil) == there {
			return
		}
	}
	t.Fatalf("%s: want it there: %t", name, there)
}

// R16 at each kind of write: 507 with the sentence, or done as ever; never a half. A
// 64 MiB volume is filled up before each.
func TestFullDiskAtEveryWrite(t *testing.T) {
	dir := smallDisk(t, "64m")
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	must(t, ada.Deploy(simple()))
	waitForFile(t, filepath.Join(dir, "reserve"))
	long := strings.Repeat("x", 40_000)
	note := func(i int) string { return long[:30_000+i] }

	writes := []struct {
		name, method, path string
		body               func(i int) any
	}{
		{"a deploy", "POST", "/systemApi/flows/deploy", func(i int) any {
			flows := simple()
			flows["hello"] = drive.NewFlow().Request("h1", "GET", "/hello").Text("h2", "Hello World").Response("h3", "msg").Text("h4", note(i)).Edge("h1", "h2", "h3")
			return map[string]any{"flowconfigurations": flows}
		}},
		{"a variable", "POST", "/systemApi/environment/import", func(i int) any { return map[string]any{"text": "NOTE=" + note(i)[:9_000+i]} }},
		{"a secret", "POST", "/systemApi/environment/import", func(i int) any {
			return map[string]any{"text": "KEY=" + note(i)[:9_000+i], "secrets": []string{"KEY"}}
		}},
		{"a preference", "PATCH", "/systemApi/me/preferences", func(i int) any { return map[string]string{"n": note(i)} }},
		{"a draft", "PUT", "/systemApi/drafts/notes{i}", func(i int) any {
			flow := drive.NewFlow().Request("n1", "GET", "/notes").Text("n2", note(i)).Response("n3", "msg").Edge("n1", "n2", "n3")
			return map[string]any{"base": 0, "flow": flow}
		}},
		{"the settings", "PATCH", "/systemApi/settings", func(i int) any {
			return map[string]any{"changes": map[string]any{"limits.runTime": 5000 + i}}
		}},
		{"a user", "POST", "/systemApi/admin/users", func(i int) any {
			return map[string]any{"name": "Bob", "username": fmt.Sprintf("bob%d", i), "password": "kumquat marmalade " + note(i)[:9], "email": "", "roles": []string{}}
		}},
		{"a token", "POST", "/systemApi/me/tokens", func(i int) any { return map[string]any{"name": note(i)[:90], "permissions": []string{"flowEditor"}} }},
		{"a failed sign-in", "POST", "/systemApi/users/login", func(i int) any {
			return map[string]string{"username": fmt.Sprintf("nobody%d", i), "password": "not the password"}
		}},
	}
	points := 2 // how much is left, in steps of two pages of the database
	if full {
		points = 20
	}
	for _, w := range writes {
		t.Run(w.name, func(t *testing.T) {
			write := func(i int) drive.Answer {
				return ask(t, ada, w.method, strings.ReplaceAll(w.path, "{i}", fmt.Sprint(i)), w.body(i))
			}
			for point := 1; point < points; point++ {
				photos := fill(t, dir)
				info, err := os.Stat(photos)
				must(t, err)
				must(t, os.Truncate(photos, info.Size()-int64(point*8<<10)))
				a := write(point)
				done := a.Status < 300 || a.Status == 401 // a sign-in that failed is written as well
				if !done && (a.Status != 507 || !strings.Contains(a.Body, "disk is full")) {
					t.Errorf("with %d KiB left: %s", point*8, a)
				}
				answers(t, p)
				must(t, os.Remove(photos))
			}
			photos := fill(t, dir)
			if a := write(0); a.Status != 507 || !strings.Contains(a.Body, "disk is full") {
				t.Errorf("on a full disk: %s", a)
			}
			if codes, messages := bars(t, ada); codes == "" || !strings.Contains(messages, "disk") {
				t.Errorf("the bars: %q %q", codes, messages)
			}
			answers(t, p)
			if a := ask(t, ada, "GET", "/systemApi/drafts", nil); a.Status != 200 {
				t.Errorf("a read: %s", a)
			}
			must(t, os.Remove(photos))
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
				a := ask(t, ada, "PATCH", "/systemApi/me/preferences", map[string]any{"n": nil})
				if a.Status == 200 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("with room again: %s", a)
				}
			}
		})
	}
	stop(t, p)
	if stdout, _, code := run(t, nil, "--dir", dir, "audit", "verify"); code != 0 || !strings.Contains(stdout, "is whole") {
		t.Errorf("the audit log: %d %s", code, stdout)
	}
	answers(t, start(t, dir, "--auth"))
}
