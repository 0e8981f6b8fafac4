package process_test

import (
	"bufio"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
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
	flows := simple()
	delete(flows, "echo")
	must(t, ada.DeployMore(flows)) // beside the live ones, which safe mode must not forget
	stop(t, p)

	answers(t, start(t, dir, "--auth"))
}

// Three crashes one after the other end in safe mode; being killed is no crash.
func TestCrashesLeadToSafeMode(t *testing.T) {
	unixOnly(t)
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	must(t, administrator(t, p).Deploy(simple()))
	for range 4 {
		p.Kill()
		p = start(t, dir, "--auth")
	}
	answers(t, p)
	for range 3 {
		must(t, p.Signal(syscall.SIGABRT)) // the runtime dies as of a fault that nothing recovers
		if _, err := p.Wait(20 * time.Second); err != nil {
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
	if code, err := p.Wait(20 * time.Second); code != 0 || err != nil {
		t.Errorf("it ended with %d, %v", code, err)
	}
	if took := time.Since(begin); took > 15*time.Second {
		t.Errorf("the stream held the end up for %s", took)
	}
}
