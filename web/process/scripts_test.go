package process_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ecoflow/web/drive"
)

// S29: what a flow may fetch, in either mode: a server beside this one, or only
// what is allowed; never this one's own window.
func TestFetchFromAFlow(t *testing.T) {
	beside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	defer beside.Close()
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	fetching := drive.NewFlow().
		Request("f1", "POST", "/fetch").
		Function("f2", "try { return await (await fetch(msg.url)).text() } catch (e) { return e.message }").
		Response("f3", "msg").Edge("f1", "f2", "f3")
	must(t, administrator(t, p).Deploy(map[string]*drive.Flow{"configs": drive.NewFlow(), "fetch": fetching}))

	says := func(p *drive.Program, url, answer string) {
		t.Helper()
		want(t, p.Client(), "POST", "/api/fetch", map[string]string{"url": url}, 200, `{"msg":"`+answer+`"}`)
	}
	address := func(of string) string { return strings.TrimPrefix(of, "http://") }
	ownAt := func(p *drive.Program) string { return strings.Replace(p.Address, "localhost", "127.0.0.1", 1) }
	refused := func(url, reason string) string {
		return "fetch failed: Requests may not go to " + address(url) + ": it " + reason + "."
	}
	says(p, beside.URL, refused(beside.URL, "is a loopback address that outbound.allow does not list"))
	says(p, ownAt(p), refused(ownAt(p), "is this server's own window"))
	stop(t, p)

	p = startIn(t, []string{"ECOFLOW_OUTBOUND_ALLOW=127.0.0.1"}, dir, "--port", "0", "--no-browser", "--auth")
	says(p, beside.URL, "hello")
	says(p, ownAt(p), refused(ownAt(p), "is this server's own window"))
	stop(t, p)

	p = start(t, dir) // in local mode, with what was deployed
	says(p, beside.URL, "hello")
	says(p, ownAt(p), refused(ownAt(p), "is this server's own window"))
	says(p, "http://169.254.169.254/", refused("http://169.254.169.254:80", "is where clouds keep secrets"))
}

// S31: no script ends the process, keeps its memory, or keeps others waiting. Every
// script of the corpus is called beside somebody who asks whether the server is
// well; for a release 20 times each. How long answers take says more about a busy
// machine than about the server, so only a release, which has one to itself, is held
// to it.
func TestTheServerOutlivesEveryScript(t *testing.T) {
	linuxOnly(t)
	paths, err := filepath.Glob("../../app/js/testdata/hostile/*.js")
	must(t, err)
	if len(paths) < 60 {
		t.Fatalf("the corpus has %d scripts", len(paths))
	}
	scriptTime, runTime, rounds := 100*time.Millisecond, 2*time.Second, 1
	if full {
		scriptTime, runTime, rounds = time.Second, 5*time.Second, 20
	}
	p := startIn(t, []string{
		fmt.Sprintf("ECOFLOW_LIMITS_SCRIPT_TIME=%d", scriptTime.Milliseconds()), fmt.Sprintf("ECOFLOW_LIMITS_RUN_TIME=%d", runTime.Milliseconds()),
	}, t.TempDir(), "--port", "0", "--no-browser", "--auth")
	flows := simple()
	var names []string
	for _, path := range paths {
		code, err := os.ReadFile(path)
		must(t, err)
		name := strings.TrimSuffix(filepath.Base(path), ".js")
		names = append(names, name)
		flows[name] = drive.NewFlow().Request(name, "POST", "/"+name).Function(name+"-script", string(code)).Response(name+"-out", "msg").
			Edge(name, name+"-script", name+"-out")
	}
	must(t, administrator(t, p).Deploy(flows))
	answers(t, p)
	before, err := drive.Memory(p.PID)
	must(t, err)

	well := newPulse(t, p)
	calls := make(chan string)
	took := map[string]time.Duration{} // the longest
	var mu sync.Mutex
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			c := p.Client()
			for name := range calls {
				begun := time.Now()
				a, err := c.Do("POST", "/api/"+name, `{"a": [1, 2, {"b": "text"}]}`)
				mu.Lock()
				took[name] = max(took[name], time.Since(begun))
				mu.Unlock()
				if err != nil {
					t.Errorf("%s: %v", name, err)
				} else if a.Status != 200 && !strings.Contains(a.Body, `"code":`) {
					t.Errorf("%s: %s", name, a)
				}
			}
		})
	}
	for range rounds {
		for _, name := range names {
			calls <- name
		}
	}
	close(calls)
	callers.Wait()
	waits := well.end()

	late := 0
	for _, name := range names {
		if took[name] > scriptTime*3/2+100*time.Millisecond {
			late++
		}
		if full && took[name] > runTime+time.Second {
			t.Errorf("%s was answered after %s", name, took[name])
		}
	}
	slices.SortFunc(names, func(a, b string) int { return int(took[b] - took[a]) })
	t.Logf("%d of %d scripts were answered later than 1.5 of their limit and 100 ms:", late, len(names))
	for _, name := range names[:late] {
		t.Logf("%s took %s", name, took[name].Round(time.Millisecond))
	}
	p99 := waits[len(waits)*99/100]
	t.Logf("health: %d answers, median %s, p99 %s, most %s", len(waits), waits[len(waits)/2], p99, waits[len(waits)-1])
	if full && p99 >= 250*time.Millisecond {
		t.Errorf("the health check took %s in 1 of 100 cases", p99)
	}

	answers(t, p)
	bound := before + before/10 + 128<<20
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		held, err := drive.Memory(p.PID)
		must(t, err)
		if held <= bound {
			t.Logf("memory: %d MiB before, %d MiB after", before>>20, held>>20)
			break
		}
		if raceDetector { // which keeps memory of its own
			break
		}
		if time.Now().After(deadline) {
			t.Errorf("memory: %d MiB before, %d MiB after", before>>20, held>>20)
			break
		}
	}
	stop(t, p)
}

// A pulse asks again and again whether a program is well.
type pulse struct {
	stop chan struct{}
	done sync.WaitGroup
	took []time.Duration
}

func newPulse(t *testing.T, p *drive.Program) *pulse {
	t.Helper()
	u := &pulse{stop: make(chan struct{})}
	c := p.Client()
	next := time.NewTicker(5 * time.Millisecond)
	u.done.Go(func() {
		defer next.Stop()
		for {
			select {
			case <-u.stop:
				return
			case <-next.C:
			}
			begun := time.Now()
			a, err := c.Do("GET", "/systemApi/health/live", nil)
			if err != nil || a.Status != 200 {
				t.Errorf("the health check: %s %v", a, err)
			}
			u.took = append(u.took, time.Since(begun))
		}
	})
	return u
}

// end returns how long the answers took, the shortest first.
func (u *pulse) end() []time.Duration {
	close(u.stop)
	u.done.Wait()
	slices.Sort(u.took)
	return u.took
}
