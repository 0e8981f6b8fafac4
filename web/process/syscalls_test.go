//go:build linux

package process_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecoflow/web/drive"
)

// fileCalls are the calls by which files come about and change, and how many of each
// a thread of what is killed here makes, at most.
var fileCalls = map[string]int{
	"openat": 24, "write": 3, "pwrite64": 36, "fsync": 6, "ftruncate": 2, "renameat": 2, "unlinkat": 2, "unlink": 2, "fchmodat": 2, "mkdirat": 4,
}

// moments returns commands each of which is killed at another file-system call: the
// first, second, third … of a kind in one of its threads. A release tries all of them,
// every run some.
func moments(t *testing.T) (wrap [][]string) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	if err := exec.Command(strace, "-o", filepath.Join(t.TempDir(), "probe"), "true").Run(); err != nil {
		t.Skip("processes may not be traced here")
	}
	at := func(call string, when int) []string {
		return []string{
			strace, "-f", "-o", os.DevNull, "-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, when),
		}
	}
	for call, most := range fileCalls {
		for when := range most {
			wrap = append(wrap, at(call, when+1))
		}
	}
	rand.Shuffle(len(wrap), func(i, j int) { wrap[i], wrap[j] = wrap[j], wrap[i] })
	wrap[0] = at("fsync", 1) // one that is there for certain
	if !full {
		wrap = wrap[:4]
	}
	return wrap
}

// wrapped runs the program to its end, or to the call at which it is killed.
func wrapped(t *testing.T, wrap []string, args ...string) (killed bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	line := append(append(append([]string{}, wrap[1:]...), binary), args...)
	_, stderr, code := drive.Run(ctx, wrap[0], nil, line...)
	if ctx.Err() != nil {
		t.Fatalf("%v does not end: %s", line, stderr)
	}
	return code != 0
}

// R4: whenever the very first start is killed, the next one is the first, or goes on
// where it was; no file is there by half.
func TestFirstStartKilledAtEachCall(t *testing.T) {
	killed := 0
	for _, wrap := range moments(t) {
		dir := t.TempDir()
		// A start that is not killed is asked to stop; one that is has ended already.
		ended := make(chan bool, 1)
		go func() { ended <- wrapped(t, wrap, "--dir", dir, "--auth", "--no-browser", "--port", "0") }()
		for waiting := true; waiting; {
			select {
			case dead := <-ended:
				if dead {
					killed++
				}
				waiting = false
			case <-time.After(50 * time.Millisecond):
				_, _, _ = run(t, nil, "--dir", dir, "stop") // there may be nobody yet
			}
		}
		p := start(t, dir, "--auth")
		if p.SetupCode == "" {
			t.Fatalf("%s: nobody can set it up", strings.Join(wrap, " "))
		}
		must(t, administrator(t, p).Deploy(simple()))
		answers(t, p)
		key, err := os.ReadFile(filepath.Join(dir, "secret.key"))
		if err != nil || len(key) != 32 {
			t.Errorf("%s: a key of %d bytes, %v", strings.Join(wrap, " "), len(key), err)
		}
		stop(t, p)
	}
	t.Logf("%d starts were killed", killed)
	if killed == 0 {
		t.Error("none was, so this proves nothing")
	}
}

// R4, S37: whenever the exchange of the key is killed, secrets can be read with the
// old key or with the new one, and the audit log is whole.
func TestRekeyKilledAtEachCall(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	reading := simple()
	reading["secret"] = drive.NewFlow().Request("s1", "GET", "/secret").Function("s2", "return env.SECRET").Response("s3", "msg").Edge("s1", "s2", "s3")
	must(t, ada.Deploy(reading))
	if a := ask(t, ada, "PATCH", "/systemApi/environment", map[string]any{"base": 0, "add": []any{
		map[string]any{"name": "SECRET", "value": "a treasure", "secret": true, "readable": true},
	}}); a.Status != 200 {
		t.Fatal(a)
	}
	want(t, p.Client(), "GET", "/api/secret", nil, 200, `{"msg":"a treasure"}`)
	stop(t, p)

	killed := 0
	for _, wrap := range moments(t) {
		if wrapped(t, wrap, "--dir", dir, "rekey") {
			killed++
		}
		p := start(t, dir, "--auth")
		want(t, p.Client(), "GET", "/api/secret", nil, 200, `{"msg":"a treasure"}`)
		must(t, p.Client().SignIn())
		stop(t, p)
		if t.Failed() {
			t.Fatal(strings.Join(wrap, " "))
		}
	}
	if stdout, stderr, code := run(t, nil, "--dir", dir, "audit", "verify"); code != 0 || !strings.Contains(stdout, "is whole") {
		t.Errorf("the audit log: %d %s%s", code, stdout, stderr)
	}
	t.Logf("%d exchanges were killed", killed)
	if killed == 0 {
		t.Error("none was, so this proves nothing")
	}
}
