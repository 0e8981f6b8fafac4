package process_test

import (
	"bufio"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ecoflow/web/drive"
)

// R9: in safe mode management works and no flow runs; what is deployed there runs
// from the next ordinary start on.
func TestSafeMode(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	must(t, administrator(t, p).Deploy(simple()))
	stop(t, p)

	p = start(t, dir, "--auth", "--safe")
	if a := ask(t, p.Client(), "GET", "/api/hello", nil); a.Status != 503 {
		t.Errorf("a flow runs in safe mode: %s", a)
	}
	if stdout, _, _ := run(t, nil, "--dir", dir, "status"); !strings.Contains(stdout, "EcoFlow is safe at") {
		t.Errorf("status: %s", stdout)
	}
	ada := p.Client()
	must(t, ada.SignIn())
	if a := ask(t, ada, "GET", "/systemApi/server/state", nil); a.Status != 200 || !strings.Contains(string(a.Body), `"safe_mode"`) {
		t.Errorf("the window is not told of safe mode: %s", a)
	}
	// What a look prepared could kill the process again; a deploy checks all the same.
	var drafts []struct{ Warnings, Problems int }
	must(t, ask(t, ada, "GET", "/systemApi/drafts", nil).Payload(&drafts))
	if len(drafts) == 0 || drafts[0].Warnings != 1 || drafts[0].Problems != 0 {
		t.Errorf("the drafts: %+v", drafts)
	}
	broken := map[string]*drive.Flow{"broken": drive.NewFlow().Request("b1", "FETCH", "/broken").Text("b2", "x").Response("b3", "msg").Edge("b1", "b2", "b3")}
	if a := ask(t, ada, "POST", "/systemApi/drafts/check", map[string]any{"flowconfigurations": broken}); a.Status != 200 || !strings.Contains(a.Body, "checked when it is deployed") {
		t.Errorf("checked: %s", a)
	}
	if a := ask(t, ada, "POST", "/systemApi/flows/deploy", map[string]any{"flowconfigurations": broken, "current": true}); a.Status != 422 {
		t.Errorf("what is broken is deployed: %s", a)
	}
	flows := simple()
	delete(flows, "echo")
	must(t, ada.DeployMore(flows)) // beside the live ones, which safe mode must not forget
	stop(t, p)

	answers(t, start(t, dir, "--auth"))
}

// Three crashes one after the other end in safe mode. One that served for long and is
// killed then, or is while it ends as it was asked to, did not crash.
func TestCrashesLeadToSafeMode(t *testing.T) {
	unixOnly(t)
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	must(t, administrator(t, p).Deploy(simple()))
	for range 4 {
		p.Kill()
		long := time.Now().Add(-2 * time.Minute)
		for _, path := range crashReports(t, dir) {
			must(t, os.Chtimes(path, long, long))
		}
		p = start(t, dir, "--auth")
	}
	answers(t, p)
	if left := crashReports(t, dir); len(left) != 1 {
		t.Errorf("beside this process's there are reports: %v", left)
	}
	for range 3 {
		must(t, p.Signal(syscall.SIGABRT)) // the runtime dies as of a fault that nothing recovers
		if _, err := p.Wait(time.Minute); err != nil {
			t.Fatal(err)
		}
		p = start(t, dir, "--auth")
	}
	if !strings.Contains(p.Output(), "crashed 3 times") {
		t.Error("nobody was told")
	}
	if a := ask(t, p.Client(), "GET", "/api/hello", nil); a.Status != 503 {
		t.Errorf("a flow runs after three crashes: %s", a)
	}
}

// crashReports are the reports of crashes that count, that of a running process among
// them.
func crashReports(t *testing.T, dir string) []string {
	t.Helper()
	reports, err := filepath.Glob(filepath.Join(dir, "logs", "crash-*.log"))
	must(t, err)
	return reports
}

// What the system kills for want of memory says nothing any more: ended three times
// without a word, soon after it began, EcoFlow comes back in safe mode all the same.
// Orderly stops, restarts and ends that were cut off in between count not.
func TestKillsLeadToSafeMode(t *testing.T) {
	unixOnly(t)
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	slow := simple()
	slow["slow"] = drive.NewFlow().Request("z1", "GET", "/slow").
		Node("z2", "Middleware", "ecoflow", "Delay", drive.Inputs{"duration": 29_000}).Text("z3", "done").Response("z4", "msg").Edge("z1", "z2", "z3", "z4")
	must(t, ada.Deploy(slow))
	for range 3 {
		stop(t, p)
		p = start(t, dir, "--auth")
		ada = p.Client()
		must(t, ada.SignIn())
		restart(t, p, ada, `{"Mode": "restart"}`)
	}
	for range 3 { // whoever asked it to end does not wait for the run in flight
		answer := inFlight(t, p, ada, "/api/slow")
		must(t, p.Interrupt())
		waitForLeaving(t, dir)
		p.Kill()
		if got := <-answer; strings.HasPrefix(got, "200") {
			t.Errorf("it was not cut off: %s", got)
		}
		p = start(t, dir, "--auth")
		ada = p.Client()
		must(t, ada.SignIn())
	}
	answers(t, p)
	for range 2 {
		p.Kill()
		p = start(t, dir, "--auth")
	}
	answers(t, p)
	p.Kill()
	p = start(t, dir, "--auth")
	if !strings.Contains(p.Output(), "crashed 3 times") {
		t.Error("nobody was told")
	}
	if a := ask(t, p.Client(), "GET", "/api/hello", nil); a.Status != 503 {
		t.Errorf("a flow runs after three ends without a word: %s", a)
	}
	ada = p.Client()
	must(t, ada.SignIn())
	var state struct {
		SafeMode struct {
			Crashes int
			Suspect struct{ Kind string }
		}
	}
	must(t, ask(t, ada, "GET", "/systemApi/server/state", nil).Payload(&state))
	if state.SafeMode.Crashes != 3 || state.SafeMode.Suspect.Kind != "deployment" {
		t.Errorf("%+v", state)
	}
	texts := 0
	for _, path := range crashReports(t, dir) {
		text, err := os.ReadFile(path)
		must(t, err)
		texts += strings.Count(string(text), "was killed")
	}
	if texts != 3 {
		t.Errorf("%d reports say that it was killed", texts)
	}
}

// waitForLeaving waits until the running process has begun to end.
func waitForLeaving(t *testing.T, dir string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		for _, path := range crashReports(t, dir) {
			if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > time.Hour {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("it does not begin to end")
		}
	}
}

// Safe mode names what changed last before the crashes, and is left through the
// window: back to what was live before, then on. The crashes count no more.
func TestTheWayOutOfSafeMode(t *testing.T) {
	t.Parallel() // it measures nothing
	unixOnly(t)
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	must(t, ada.Deploy(simple()))
	must(t, ada.Deploy(map[string]*drive.Flow{"worse": drive.NewFlow().Request("w1", "GET", "/worse").Text("w2", "x").Response("w3", "msg").Edge("w1", "w2", "w3")}))
	crash := func() {
		t.Helper()
		must(t, p.Signal(syscall.SIGABRT))
		if _, err := p.Wait(time.Minute); err != nil {
			t.Fatal(err)
		}
		p = start(t, dir, "--auth")
	}
	for range 3 {
		crash()
	}
	ada = p.Client()
	must(t, ada.SignIn())
	type suspect struct {
		Kind           string
		Number, GoBack int64
		By             string
	}
	var state struct {
		State    string
		SafeMode struct {
			Crashes int
			Suspect suspect
			Mended  bool
		}
		Troubles []struct{ Code, Message string }
	}
	look := func() {
		t.Helper()
		must(t, ask(t, ada, "GET", "/systemApi/server/state", nil).Payload(&state))
	}
	look()
	if got := state.SafeMode; state.State != "safe" || got.Crashes != 3 || got.Mended || got.Suspect != (suspect{"deployment", 2, 1, drive.User}) {
		t.Errorf("%s: %+v", state.State, got)
	}
	if len(state.Troubles) != 1 || !strings.Contains(state.Troubles[0].Message, "Deployment 2") {
		t.Errorf("%+v", state.Troubles)
	}
	if a := ask(t, ada, "POST", "/systemApi/deployments/1/restore", `{"to": "live"}`); a.Status != 200 {
		t.Fatalf("going back: %s", a)
	}
	if look(); !state.SafeMode.Mended {
		t.Error("going back is no change")
	}
	before := strings.Count(p.Output(), "EcoFlow is ready at ")
	if a := ask(t, ada, "POST", "/systemApi/server", `{"Mode": "restart", "safe": false}`); a.Status != 200 {
		t.Fatalf("leaving: %s", a)
	}
	for deadline := time.Now().Add(30 * time.Second); strings.Count(p.Output(), "EcoFlow is ready at ") == before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not come back")
		}
	}
	answers(t, p)
	crash() // one more is not three
	answers(t, p)
}

// Safe mode suspects the settings where they changed last, and before the very first
// change there is a way back as well: no flow live, every setting its default.
func TestTheWayBackBeforeTheFirst(t *testing.T) {
	t.Parallel() // it measures nothing
	unixOnly(t)
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	must(t, ada.Deploy(simple()))
	var state struct {
		SafeMode struct {
			Suspect struct {
				Kind           string
				Number, GoBack int64
			}
			Mended bool
		}
		Troubles []struct{ Message string }
	}
	for _, round := range []struct {
		change         func() error
		kind           string
		number, goBack int64
		says, back     string
	}{
		{nil, "deployment", 1, 0, "Deployment 1 was the last change", "/systemApi/deployments/0/restore"},
		{func() error {
			return errors.Join(ada.Deploy(simple()), ada.Set(map[string]any{"limits.runTime": 5000}))
		}, "settings", 1, 0, "Version 1 of the settings was the last change", "/systemApi/settings/versions/0/restore"},
		{func() error { return ada.Set(map[string]any{"limits.runTime": 7000}) }, "settings", 3, 2, "Version 3 of the settings was the last change", "/systemApi/settings/versions/2/restore"},
	} {
		if round.change != nil {
			must(t, round.change())
		}
		for range 3 {
			must(t, p.Signal(syscall.SIGABRT))
			if _, err := p.Wait(time.Minute); err != nil {
				t.Fatal(err)
			}
			p = start(t, dir, "--auth")
		}
		ada = p.Client()
		must(t, ada.SignIn())
		look := func() {
			t.Helper()
			state.SafeMode.Mended = false
			must(t, ask(t, ada, "GET", "/systemApi/server/state", nil).Payload(&state))
		}
		look()
		if got := state.SafeMode.Suspect; got.Kind != round.kind || got.Number != round.number || got.GoBack != round.goBack || state.SafeMode.Mended {
			t.Fatalf("%+v; want %+v", state.SafeMode, round)
		}
		if len(state.Troubles) != 1 || !strings.Contains(state.Troubles[0].Message, round.says) {
			t.Errorf("%+v; want %s", state.Troubles, round.says)
		}
		if a := ask(t, ada, "POST", round.back, `{"to": "live"}`); a.Status != 200 {
			t.Fatalf("going back: %s", a)
		}
		if look(); !state.SafeMode.Mended {
			t.Error("going back is no change")
		}
		restart(t, p, ada, `{"Mode": "restart", "safe": false}`)
		if round.kind == "deployment" {
			if a := ask(t, ada, "GET", "/api/hello", nil); a.Status != 404 {
				t.Errorf("with no flow live: %s", a)
			}
			continue
		}
		answers(t, p)
		var page struct {
			Fields []struct {
				Key    string
				Value  any
				Source string
			}
		}
		must(t, ask(t, ada, "GET", "/systemApi/settings", nil).Payload(&page))
		found := false
		for _, f := range page.Fields {
			if f.Key == "limits.runTime" {
				found = true
				if f.Source != "default" {
					t.Errorf("after going back it is %v, from %s", f.Value, f.Source)
				}
			}
		}
		if !found {
			t.Errorf("%+v", page)
		}
	}
	if a := ask(t, ada, "POST", "/systemApi/deployments/0/restore", `{"to": "draft"}`); a.Status != 404 {
		t.Errorf("drafts of no deployment: %s", a)
	}
}

// Asked for at the start, safe mode is left through the window, and entered again.
func TestSafeModeByHand(t *testing.T) {
	t.Parallel() // it measures nothing
	unixOnly(t)
	p := start(t, t.TempDir(), "--auth", "--safe")
	ada := administrator(t, p)
	must(t, ada.Deploy(simple()))
	for _, round := range []struct {
		body   string
		status int
	}{{`{"Mode": "restart"}`, 503}, {`{"Mode": "restart", "safe": false}`, 200}, {`{"Mode": "restart"}`, 200}, {`{"Mode": "restart", "safe": true}`, 503}} {
		before := strings.Count(p.Output(), "EcoFlow is ready at ")
		if a := ask(t, ada, "POST", "/systemApi/server", round.body); a.Status != 200 {
			t.Fatalf("%s: %s", round.body, a)
		}
		for deadline := time.Now().Add(30 * time.Second); strings.Count(p.Output(), "EcoFlow is ready at ") == before; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("it does not come back")
			}
		}
		if a := ask(t, p.Client(), "GET", "/api/hello", nil); a.Status != round.status {
			t.Errorf("after %s a flow answers %s", round.body, a)
		}
	}
}

// An open event stream hears of the end and does not hold it up.
func TestStreamsSayGoodbye(t *testing.T) {
	unixOnly(t)
	p := start(t, t.TempDir(), "--auth")
	ada := administrator(t, p)
	req, err := http.NewRequest(http.MethodGet, p.Address+"/systemApi/events", nil)
	must(t, err)
	res, err := ada.HTTP.Do(req)
	must(t, err)
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
	begin := time.Now()
	must(t, p.Interrupt())
	said := false
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		said = said || strings.Contains(lines.Text(), `"stopping"`)
	}
	if !said {
		t.Error("the stream ended without a goodbye")
	}
	if code, err := p.Wait(time.Minute); code != 0 || err != nil {
		t.Errorf("it ended with %d, %v", code, err)
	}
	if took := time.Since(begin); took > 15*time.Second {
		t.Errorf("the stream held the end up for %s", took)
	}
}
