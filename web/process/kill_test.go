package process_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ecoflow/web/drive"
)

// full says that the numbers of a release are asked for, instead of those of every
// run.
var full = os.Getenv("ECOFLOW_FULL") != ""

// times is how often something is done that a release does so many times: a tenth
// of them, and a fiftieth under the race detector, which slows everything down.
func times(release int) int {
	switch {
	case full:
		return release
	case testing.Short():
		return max(1, release/50)
	}
	return max(1, release/10)
}

// script returns a client that shows a token with every right, as scripts do: it
// outlives the process.
func script(t *testing.T, p *drive.Program, ada *drive.Client) (token string) {
	t.Helper()
	var made struct {
		Token string `json:"token"`
	}
	a := ask(t, ada, "POST", "/systemApi/me/tokens", map[string]any{"name": "script", "permissions": []string{"administrator"}})
	if a.Status >= 300 {
		t.Fatal(a)
	}
	must(t, a.Payload(&made))
	return made.Token
}

func withToken(p *drive.Program, token string) *drive.Client {
	c := p.Client()
	c.Header.Set("Authorization", "Bearer "+token)
	return c
}

// variables returns the values of the users' variables by their names.
func variables(t *testing.T, c *drive.Client) map[string]string {
	t.Helper()
	a := ask(t, c, "GET", "/systemApi/admin/environment/userEnvs", nil)
	if a.Status != 200 {
		t.Fatal(a)
	}
	var list []struct{ Name, Value string }
	must(t, a.Payload(&list))
	values := map[string]string{}
	for _, v := range list {
		values[v.Name] = v.Value
	}
	return values
}

// uncounted takes away the report of a process that was killed: three of them within a
// minute are crashes, and what comes then is told by TestKillsLeadToSafeMode.
func uncounted(t *testing.T, dir string) {
	t.Helper()
	for _, path := range crashReports(t, dir) {
		must(t, os.Remove(path))
	}
}

// R1 through the front door: killed at any moment under 8 writers, the program
// starts again with everything that it had acknowledged, each write whole and with
// its audit entry.
func TestKilledUnderEightWriters(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	must(t, ada.Deploy(simple()))
	token := script(t, p, ada)

	const writers = 8
	var last, tried [writers]int // what was acknowledged, and what was sent
	acknowledged, there := 0, 0
	var longest time.Duration
	for range times(200) {
		until := int64(1 + rand.IntN(200))
		var seen atomic.Int64
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				c := withToken(p, token)
				for {
					tried[w]++
					text := fmt.Sprintf("A%[1]d=%[2]d\nB%[1]d=%[2]d", w, tried[w])
					a, err := c.Do("POST", "/systemApi/environment/import", map[string]string{"text": text})
					if err != nil {
						return // it was killed
					}
					if a.Status != 200 {
						t.Errorf("a write: %s", a)
						p.Kill()
						return
					}
					last[w] = tried[w]
					if seen.Add(1) == until {
						p.Kill()
						return
					}
				}
			})
		}
		all.Wait()
		acknowledged += int(seen.Load())
		uncounted(t, dir)

		begun := time.Now()
		p = start(t, dir, "--auth")
		longest = max(longest, time.Since(begun))
		c := withToken(p, token)
		values := variables(t, c)
		there += int(seen.Load())
		for w := range writers {
			var a, b int
			fmt.Sscan(values[fmt.Sprintf("A%d", w)], &a) //nolint:errcheck // 0: never written
			fmt.Sscan(values[fmt.Sprintf("B%d", w)], &b) //nolint:errcheck // 0: never written
			if a != b {
				t.Errorf("half of a write of %d is there: %d and %d", w, a, b)
			}
			if a < last[w] || a > tried[w] {
				t.Errorf("writer %d: %d was acknowledged, %d sent, and %d is there", w, last[w], tried[w], a)
			}
			if a > last[w] {
				there++ // it was kept, and the answer was cut off
			}
			last[w] = a
		}
		answers(t, p)
		if t.Failed() {
			return
		}
	}
	stop(t, p)
	if stdout, stderr, code := run(t, nil, "--dir", dir, "audit", "verify"); code != 0 || !strings.Contains(stdout, "is whole") {
		t.Errorf("the audit log: %d %s%s", code, stdout, stderr)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "ecoflow.db"))
	must(t, err)
	defer db.Close()
	var entries int
	must(t, db.QueryRow(`SELECT count(*) FROM audit WHERE action = 'environment.import' AND result = 'done'`).Scan(&entries))
	if entries != there {
		t.Errorf("%d writes are there, and %d audit entries of them", there, entries)
	}
	var sound string
	must(t, db.QueryRow(`PRAGMA integrity_check`).Scan(&sound))
	if sound != "ok" {
		t.Errorf("the database: %s", sound)
	}
	t.Logf("%d writes acknowledged, %d kept, the longest start took %s", acknowledged, there, longest)
}

// generation is a program of some size whose every answer tells its number.
func generation(n int) map[string]*drive.Flow {
	flows := simple()
	changing := drive.NewFlow()
	for i := range 40 {
		id := fmt.Sprintf("c%d", i)
		changing.Request(id, "GET", fmt.Sprintf("/changing/%d", i)).Text(id+"t", fmt.Sprint(n)).Response(id+"r", "msg").Edge(id, id+"t", id+"r")
	}
	flows["changing"] = changing
	return flows
}

// live returns the number of the generation that answers.
func live(t *testing.T, p *drive.Program) (n int) {
	t.Helper()
	for _, i := range []int{0, 39} {
		a := ask(t, p.Client(), "GET", fmt.Sprintf("/api/changing/%d", i), nil)
		var got int
		if _, err := fmt.Sscanf(a.Body, `{"msg":"%d"}`, &got); err != nil || a.Status != 200 || i > 0 && got != n {
			t.Fatalf("generation %d answers %s", n, a)
		}
		n = got
	}
	return n
}

// R5: killed at any moment of a deploy, the program starts again with the old one or
// the new, and what it serves is what it stores.
func TestKilledDuringADeploy(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	token := script(t, p, administrator(t, p))
	begun := time.Now()
	must(t, withToken(p, token).Deploy(generation(0)))
	takes := time.Since(begun)

	last, sent, cut := 0, 0, 0
	for range times(50) {
		c := withToken(p, token)
		sent = last + 1
		begun := time.Now()
		must(t, c.Deploy(generation(sent)))
		takes = (takes + time.Since(begun)) / 2
		last, sent = sent, sent+1
		// Each moment of the next is as likely as another.
		timer := time.AfterFunc(rand.N(takes*5/4), p.Kill)
		for {
			if err := c.Deploy(generation(sent)); err != nil {
				break
			}
			last, sent = sent, sent+1
		}
		timer.Stop()
		p.Kill()
		uncounted(t, dir)

		p = start(t, dir, "--auth")
		c = withToken(p, token)
		serves := live(t, p)
		if serves != last && serves != sent {
			t.Fatalf("%d was acknowledged, %d sent, and %d serves", last, sent, serves)
		}
		if serves == last {
			cut++
		}
		var history struct {
			Payload []struct {
				Number int64
				Live   bool
			}
		}
		must(t, json.Unmarshal([]byte(ask(t, c, "GET", "/systemApi/deployments?limit=1", nil).Body), &history))
		if len(history.Payload) != 1 || !history.Payload[0].Live {
			t.Fatalf("the newest deployment: %+v", history)
		}
		stored := ask(t, c, "GET", fmt.Sprintf("/systemApi/deployments/%d", history.Payload[0].Number), nil)
		if text := fmt.Sprintf(`"sampleText":"%d"`, serves); strings.Count(stored.Body, text) != 40 {
			t.Fatalf("%d serves, and stored is %s", serves, stored)
		}
		answers(t, p)
		last = serves
	}
	stop(t, p)
	p = start(t, dir, "--auth")
	if serves := live(t, p); serves != last {
		t.Errorf("%d serves after another start, and %d did before", serves, last)
	}
	t.Logf("%d generations; the old one was back %d times", last, cut)
}

// R5: deploy after deploy while 64 connections call what changes and what does not:
// everybody is answered, by the old program or the new, never by an older one again,
// and the memory of programs that are gone comes back.
func TestDeploysUnderLoad(t *testing.T) {
	linuxOnly(t)
	p := start(t, t.TempDir(), "--auth")
	ada := administrator(t, p)
	must(t, ada.Deploy(generation(0)))
	var acknowledged, sent atomic.Int64
	same := newLoad(p, 32, "GET", "/api/hello", "", `{"msg":"Hello World"}`, nil)
	end := make(chan struct{})
	var callers sync.WaitGroup
	var calls atomic.Int64
	for i := range 32 {
		callers.Go(func() {
			c := p.Client()
			for {
				select {
				case <-end:
					return
				default:
				}
				least := acknowledged.Load()
				a, err := c.Do("GET", fmt.Sprintf("/api/changing/%d", i), nil)
				most := sent.Load()
				var got int64
				if err == nil {
					_, err = fmt.Sscanf(a.Body, `{"msg":"%d"}`, &got)
				}
				if err != nil || a.Status != 200 || got < least || got > most {
					t.Errorf("with %d live and %d sent: %s, %v", least, most, a, err)
					return
				}
				calls.Add(1)
			}
		})
	}
	deploys := times(100)
	var first, most int64
	for n := range deploys {
		sent.Store(int64(n + 1))
		must(t, ada.Deploy(generation(n+1)))
		acknowledged.Store(int64(n + 1))
		same.waitFor(t, 20)
		held, err := drive.Memory(p.PID)
		must(t, err)
		if n < max(1, deploys/5) {
			first = max(first, held)
		}
		most = max(most, held)
	}
	close(end)
	callers.Wait()
	same.end(t)
	if calls.Load() == 0 {
		t.Error("what changes was never called")
	}
	t.Logf("%d deploys under %d calls of what stays and %d of what changes; memory %d MiB in the first fifth, %d MiB in all",
		deploys, same.requests.Load(), calls.Load(), first>>20, most>>20)
	if most > first*3/2+32<<20 && !raceDetector { // which takes memory of its own
		t.Errorf("the memory grew from %d to %d MiB", first>>20, most>>20)
	}
	answers(t, p)
}
