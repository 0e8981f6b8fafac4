//go:build unix

package process_test

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ecoflow/web/drive"
)

// restart asks the program, through the window's endpoint, to start anew, and waits
// until the successor says that it is ready.
func restart(t *testing.T, p *drive.Program, who *drive.Client, body string) {
	t.Helper()
	before := readies(p)
	if a := ask(t, who, "POST", "/systemApi/server", body); a.Status != 200 {
		t.Fatalf("restart: %s", a)
	}
	awaitReady(t, p, before+1)
}

func readies(p *drive.Program) int { return strings.Count(p.Output(), "EcoFlow is ready at ") }

// awaitReady waits until the program has said n times that it is ready.
func awaitReady(t *testing.T, p *drive.Program, n int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); readies(p) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody took over")
		}
	}
}

// traffic calls a route at a steady rate, half of the calls over connections that
// stay open and half over new ones, and keeps what was not answered as it should.
type traffic struct {
	stop    chan struct{}
	done    sync.WaitGroup
	calls   atomic.Int64
	longest atomic.Int64
	mu      sync.Mutex
	wrong   []string
}

func newTraffic(p *drive.Program, perSecond int) *traffic {
	f := &traffic{stop: make(chan struct{})}
	const callers = 20
	for i := range callers {
		f.done.Go(func() {
			c := p.Client()
			if i%2 == 0 {
				c.HTTP.Transport = &http.Transport{DisableKeepAlives: true}
			}
			tick := time.NewTicker(time.Second * callers / time.Duration(perSecond))
			defer tick.Stop()
			for {
				select {
				case <-f.stop:
					return
				case <-tick.C:
				}
				start := time.Now()
				a, err := c.Do("POST", "/api/echo", `{"a":1}`)
				f.calls.Add(1)
				f.longest.Store(max(f.longest.Load(), int64(time.Since(start))))
				if err != nil || a.Status != 200 || strings.TrimSpace(a.Body) != `{"msg":{"a":1}}` {
					f.mu.Lock()
					f.wrong = append(f.wrong, errors.Join(err, errors.New(a.String())).Error())
					f.mu.Unlock()
				}
			}
		})
	}
	return f
}

func (f *traffic) end(t *testing.T) {
	t.Helper()
	close(f.stop)
	f.done.Wait()
	t.Logf("%d calls, the longest took %s", f.calls.Load(), time.Duration(f.longest.Load()))
	if f.calls.Load() == 0 {
		t.Error("nobody called, so this proves nothing")
	}
	if len(f.wrong) > 0 {
		t.Errorf("%d of %d calls went wrong, the first: %s", len(f.wrong), f.calls.Load(), f.wrong[0])
	}
}

// R11: twenty restarts at 200 calls a second; nobody is refused, and what was taken
// is answered.
func TestRestartsUnderLoad(t *testing.T) {
	p := start(t, t.TempDir(), "--auth")
	ada := administrator(t, p)
	must(t, ada.Deploy(simple()))
	calls := newTraffic(p, 200)
	rounds := 20
	if testing.Short() {
		rounds = 4
	}
	for range rounds {
		before := calls.calls.Load()
		restart(t, p, ada, `{"Mode": "restart"}`)
		for deadline := time.Now().Add(time.Minute); calls.calls.Load() < before+20; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the calls do not get through")
			}
		}
	}
	calls.end(t)
	answers(t, p)
	stop(t, p)
}

// A restart keeps the process, its address and everybody's session; an open stream
// hears of it, and the successor's is there for whoever comes back.
func TestARestartKeepsWhoIsThere(t *testing.T) {
	for _, mode := range []string{"--auth=false", "--auth"} {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			p := start(t, dir, mode)
			var who *drive.Client
			if mode == "--auth" {
				who = administrator(t, p)
			} else {
				who = p.Client()
				var pages []string
				for deadline := time.Now().Add(time.Minute); len(pages) == 0 && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
					var err error
					pages, err = filepath.Glob(filepath.Join(dir, "launch-*.html"))
					must(t, err)
				}
				if len(pages) == 0 {
					t.Fatal("no launch page")
				}
				page, err := os.ReadFile(pages[0])
				must(t, err)
				if status := exchange(t, who, token(t, string(page))); status != 200 {
					t.Fatalf("not signed in: %d", status)
				}
			}
			res, err := stream(p, who)
			must(t, err)
			said := make(chan string, 1)
			go func() {
				defer res.Body.Close()
				var last string
				for lines := bufio.NewScanner(res.Body); lines.Scan(); {
					if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
						last = data
					}
				}
				said <- last
			}()
			restart(t, p, who, `{"Mode": "restart"}`)
			if last := <-said; last != `{"state":"restarting"}` {
				t.Errorf("the stream ended with %s", last)
			}
			if a := ask(t, who, "GET", "/systemApi/server/state", nil); a.Status != 200 {
				t.Errorf("the session did not survive: %s", a)
			}
			again, err := stream(p, who)
			must(t, err)
			again.Body.Close()
			if stdout, stderr, code := run(t, nil, "--dir", dir, "restart"); code != 0 || !strings.Contains(stdout, "has restarted") {
				t.Errorf("%d %s%s", code, stdout, stderr)
			}
			if a := ask(t, who, "GET", "/systemApi/server/state", nil); a.Status != 200 {
				t.Errorf("the session did not survive the second: %s", a)
			}
			if n := strings.Count(p.Output(), "Open this in a browser"); mode != "--auth" && n != 1 || strings.Count(p.Output(), p.Address) < 3 {
				t.Errorf("it was shown %d times, or elsewhere:\n%s", n, p.Output())
			}
			stop(t, p)
		})
	}
}

func stream(p *drive.Program, who *drive.Client) (*http.Response, error) {
	req, err := http.NewRequest(http.MethodGet, p.Address+"/systemApi/events", nil)
	if err != nil {
		return nil, err
	}
	res, err := who.HTTP.Do(req)
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(res.Status)
	}
	return res, err
}

// rehearsed is a script that is EcoFlow, and for the start itself, though not for its
// rehearsal, one with more arguments.
func rehearsed(arguments string) string {
	return `for last; do :; done; [ "$last" = check ] && exec ` + binary + ` "$@"; exec ` + binary + ` "$@" ` + arguments
}

// told checks that the console says why a restart did not work.
func told(t *testing.T, p *drive.Program, why string) {
	t.Helper()
	_, said, ok := strings.Cut(p.Output(), "The restart failed, and EcoFlow goes on as before: ")
	for ok {
		var line string
		line, said, _ = strings.Cut(said, "\n")
		if strings.Contains(line, why) {
			return
		}
		_, said, ok = strings.Cut(said, "The restart failed, and EcoFlow goes on as before: ")
	}
	t.Errorf("nobody was told of %q:\n%s", why, p.Output())
}

// R11: what hangs in its start, before it has opened the data folder or while it does,
// gives way to the program before after 20 s; nobody is refused meanwhile.
func TestARestartThatHangs(t *testing.T) {
	linuxOnly(t)
	for hangs, file := range map[string]string{"before the folder is opened": "ecoflow.json", "while it is opened": "secret.key"} {
		t.Run(hangs, func(t *testing.T) {
			t.Parallel() // it mostly waits
			program := filepath.Join(t.TempDir(), "ecoflow")
			must(t, exec.Command("cp", binary, program).Run())
			p, err := drive.Start(program, t.TempDir(), nil, "--port", "0", "--no-browser", "--auth")
			must(t, err)
			t.Cleanup(p.Kill)
			ada := administrator(t, p)
			must(t, ada.Deploy(simple()))

			elsewhere := t.TempDir()
			must(t, syscall.Mkfifo(filepath.Join(elsewhere, file), 0o600)) // whoever reads it waits
			must(t, os.Remove(program))
			must(t, os.WriteFile(program, []byte("#!/bin/sh\n"+rehearsed("--dir "+elsewhere)+"\n"), 0o755))
			if a := ask(t, ada, "POST", "/systemApi/server", `{"Mode": "restart"}`); a.Status != 200 {
				t.Fatalf("restart: %s", a)
			}
			for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
				if runs, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", p.PID)); err == nil && runs == binary {
					break // the one that hangs
				} else if time.Now().After(deadline) {
					t.Fatal("nobody took over")
				}
			}
			patient := p.Client()
			patient.HTTP.Timeout = 2 * time.Minute
			want(t, patient, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
			awaitReady(t, p, 2)
			told(t, p, "it was not ready within 20s")
			answers(t, p)
			if a := ask(t, ada, "GET", "/systemApi/server/state", nil); !strings.Contains(a.Body, `"code":"restart"`) {
				t.Errorf("the window is not told: %s", a)
			}
			must(t, os.Remove(program))
			must(t, exec.Command("cp", binary, program).Run())
			restart(t, p, ada, `{"Mode": "restart"}`)
			answers(t, p)
			stop(t, p)
		})
	}
}

// R11: whatever lies where the program should be, the old one serves on and says why.
func TestARestartIntoSomethingBroken(t *testing.T) {
	place := t.TempDir()
	program := filepath.Join(place, "ecoflow")
	must(t, exec.Command("cp", binary, program).Run())
	dir := t.TempDir()
	p, err := drive.Start(program, dir, nil, "--port", "0", "--no-browser", "--auth")
	must(t, err)
	t.Cleanup(p.Kill)
	ada := administrator(t, p)
	must(t, ada.Deploy(simple()))

	script := func(text string) func() error {
		return func() error { return os.WriteFile(program, []byte("#!/bin/sh\n"+text+"\n"), 0o755) }
	}
	calls := newTraffic(p, 100)
	cases := []struct {
		name  string
		make  func() error
		says  string
		later bool // it passes the rehearsal
	}{
		{"nothing", func() error { return nil }, "no such file", false},
		{"garbage", func() error { return os.WriteFile(program, []byte("\x7fELF garbage"), 0o755) }, "does not run", false},
		{"a folder", func() error { return os.Mkdir(program, 0o755) }, "does not run", false},
		{"a program that is content with everything", script("exit 0"), "is not EcoFlow", false},
		{"a program that fails", script("echo a library is missing >&2; exit 127"), "library is missing", false},
		{"one that starts only in the rehearsal", script(rehearsed("--port none")), "Some settings are not valid", true},
		{"one that has nowhere to listen", script(rehearsed("--host 203.0.113.1")), "203.0.113.1", true},
		{"one whose folder is none", script(rehearsed("--dir " + program)), "is not a folder", true},
	}
	if !testing.Short() { // 20 s
		cases = append(cases, struct {
			name  string
			make  func() error
			says  string
			later bool
		}{"a program that hangs", script("exec sleep 60"), "does not say", false})
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			must(t, os.RemoveAll(program))
			must(t, tt.make())
			if tt.later {
				restart(t, p, ada, `{"Mode": "restart"}`)
				told(t, p, tt.says)
				if stdout, stderr, code := run(t, nil, "--dir", dir, "restart"); code != 1 || !strings.Contains(stderr, "goes on as before") || !strings.Contains(stderr, tt.says) {
					t.Errorf("the command ended with %d: %s%s", code, stdout, stderr)
				}
			} else if a := ask(t, ada, "POST", "/systemApi/server", `{"Mode": "restart"}`); a.Status != 503 || !strings.Contains(a.Body, tt.says) || !strings.Contains(a.Body, "restart_refused") {
				t.Errorf("answered %s", a)
			}
			answers(t, p)
			if a := ask(t, ada, "GET", "/systemApi/server/state", nil); !strings.Contains(a.Body, `"code":"restart"`) {
				t.Errorf("the window is not told: %s", a)
			}
		})
	}
	calls.end(t)

	must(t, os.RemoveAll(program))
	must(t, exec.Command("cp", binary, program).Run())
	restart(t, p, ada, `{"Mode": "restart"}`)
	if a := ask(t, ada, "GET", "/systemApi/server/state", nil); a.Status != 200 || strings.Contains(a.Body, `"code":"restart"`) {
		t.Errorf("after a restart that works: %s", a)
	}
	stop(t, p)
}

// What a start could not use is found before the old one leaves.
func TestARestartIntoABrokenFolder(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	must(t, ada.Deploy(simple()))
	must(t, os.Rename(filepath.Join(dir, "public"), filepath.Join(dir, "elsewhere")))
	must(t, os.WriteFile(filepath.Join(dir, "public"), nil, 0o600))
	if a := ask(t, ada, "POST", "/systemApi/server", `{"Mode": "restart"}`); a.Status != 503 {
		t.Errorf("answered %s", a)
	}
	if stdout, stderr, code := run(t, nil, "--dir", dir, "--port", "0", "check"); code != 1 {
		t.Errorf("check ended with %d: %s%s", code, stdout, stderr)
	}
	if _, stderr, code := run(t, nil, "--dir", dir, "restart"); code != 1 || strings.Count(stderr, "folder of static files") != 1 {
		t.Errorf("restart ended with %d: %s", code, stderr)
	}
	answers(t, p)
	must(t, os.Remove(filepath.Join(dir, "public")))
	restart(t, p, ada, `{"Mode": "restart"}`)
	answers(t, p)
}

// Two at once are one, and a signal in the middle of a restart ends the program.
func TestRestartsMeet(t *testing.T) {
	p := start(t, t.TempDir(), "--auth")
	ada := administrator(t, p)
	slow := map[string]*drive.Flow{"slow": drive.NewFlow().
		Request("a", "GET", "/slow").Node("b", "Middleware", "ecoflow", "Delay", drive.Inputs{"duration": 3000}).Text("c", "done").Response("d", "msg").
		Edge("a", "b", "c", "d")}
	must(t, ada.Deploy(slow))
	answer := inFlight(t, p, ada, "/api/slow")
	if a := ask(t, ada, "POST", "/systemApi/server", `{"Mode": "restart"}`); a.Status != 200 || !strings.Contains(a.Body, `"runs":1`) {
		t.Errorf("with a run in flight: %s", a)
	}
	must(t, p.Interrupt())
	if got := <-answer; got != `200 {"msg":"done"} <nil>` {
		t.Errorf("the run in flight was answered with %s", got)
	}
	if code, err := p.Wait(time.Minute); code != 0 || err != nil {
		t.Errorf("it ended with %d, %v", code, err)
	}
	if readies(p) != 1 {
		t.Error("a successor started all the same")
	}
}

// The stop of endpoint 40 is that of a signal; it says how many it waits for.
func TestStopThroughTheWindow(t *testing.T) {
	t.Parallel() // it measures nothing
	p := start(t, t.TempDir(), "--auth")
	ada := administrator(t, p)
	must(t, ada.Deploy(map[string]*drive.Flow{"slow": drive.NewFlow().
		Request("a", "GET", "/slow").Node("b", "Middleware", "ecoflow", "Delay", drive.Inputs{"duration": 3000}).Text("c", "done").Response("d", "msg").
		Edge("a", "b", "c", "d")}))
	answer := inFlight(t, p, ada, "/api/slow")
	if a := ask(t, ada, "POST", "/systemApi/server", `{"Mode": "stop"}`); a.Status != 200 || !strings.Contains(a.Body, `"runs":1`) {
		t.Errorf("with a run in flight: %s", a)
	}
	if got := <-answer; got != `200 {"msg":"done"} <nil>` {
		t.Errorf("the run in flight was answered with %s", got)
	}
	if code, err := p.Wait(time.Minute); code != 0 || err != nil {
		t.Errorf("it ended with %d, %v", code, err)
	}
}
