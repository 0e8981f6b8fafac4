package process_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecoflow/web/drive"
)

// adjustable starts the program in sign-in mode with nothing fixed from outside, so
// that all its settings can be changed, and returns its administrator too.
func adjustable(t *testing.T, dir string) (*drive.Program, *drive.Client) {
	t.Helper()
	store(t, dir, `{"Port": 0, "signIn": true}`)
	p := startIn(t, nil, dir, "--no-browser")
	c := administrator(t, p)
	must(t, c.Deploy(simple()))
	return p, c
}

// The settings as their page has them, as far as tests look.
type settingsPage struct {
	Version int64 `json:"version"`
	Fields  []struct {
		Key    string `json:"key"`
		Value  any    `json:"value"`
		Source string `json:"source"`
		Lock   string `json:"lock"`
	} `json:"fields"`
	Pending *struct {
		Version int64  `json:"version"`
		Address string `json:"address"`
		Seconds int64  `json:"seconds"`
	} `json:"pending"`
	Report *struct {
		Reason string `json:"reason"`
	} `json:"report"`
	Open string `json:"open"`
}

// adjust changes settings, which has to work, and returns what became of it.
func adjust(t *testing.T, c *drive.Client, changes map[string]any) (page settingsPage) {
	t.Helper()
	a := ask(t, c, "PATCH", "/systemApi/settings", map[string]any{"changes": changes})
	if a.Status != http.StatusOK {
		t.Fatalf("%v: %s", changes, a)
	}
	must(t, a.Payload(&page))
	return page
}

// conclude confirms or cancels what is on trial.
func conclude(t *testing.T, c *drive.Client, how string, page settingsPage, status int) drive.Answer {
	t.Helper()
	a := ask(t, c, "POST", "/systemApi/settings/"+how, map[string]any{"version": page.Pending.Version})
	if a.Status != status {
		t.Fatalf("%s: %.300s; want %d", how, a, status)
	}
	return a
}

// at returns the same person at another address.
func at(c *drive.Client, address string) *drive.Client {
	return &drive.Client{Base: address, Header: c.Header, HTTP: c.HTTP}
}

// unreachable checks that nobody listens at an address any more.
func unreachable(t *testing.T, address string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		conn, err := net.Dial("tcp", strings.TrimPrefix(strings.TrimPrefix(address, "http://"), "https://"))
		if err != nil {
			return
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatalf("%s still answers", address)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// certificate writes a certificate and its key into a folder.
func certificate(t *testing.T, dir, name string) {
	t.Helper()
	pattern := httptest.NewTLSServer(nil)
	pattern.Close()
	pair := pattern.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), 0o600))
}

// A new port is live beside the old one until somebody confirms it by the new one.
func TestPortChange(t *testing.T) {
	dir := t.TempDir()
	p, c := adjustable(t, dir)
	port := freePort(t)
	page := adjust(t, c, map[string]any{"Port": port})
	moved := at(c, page.Pending.Address)
	if want := fmt.Sprintf("http://localhost:%d", port); moved.Base != want || page.Pending.Seconds < 50 {
		t.Errorf("pending %+v, want %s", page.Pending, want)
	}
	for _, both := range []*drive.Client{c, moved} {
		want(t, both, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
	}
	if a := conclude(t, c, "confirm", page, http.StatusConflict); !strings.Contains(a.Body, "settings_old_way") || !strings.Contains(a.Body, moved.Base) {
		t.Error(a)
	}
	conclude(t, moved, "confirm", page, http.StatusOK) // the cookie knows no ports
	unreachable(t, c.Base)
	want(t, moved, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
	status, _, _ := run(t, nil, "--dir", dir, "status")
	if !strings.Contains(status, moved.Base) {
		t.Errorf("status says\n%s", status)
	}
	stop(t, p)
	again := startIn(t, nil, dir, "--no-browser")
	if again.Address != moved.Base {
		t.Errorf("started again it is at %s", again.Address)
	}
}

// Taken back, the old port serves on as if nothing had been.
func TestPortChangeTakenBack(t *testing.T) {
	_, c := adjustable(t, t.TempDir())
	page := adjust(t, c, map[string]any{"Port": freePort(t)})
	moved := at(c, page.Pending.Address)
	want(t, moved, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
	conclude(t, moved, "cancel", page, http.StatusOK) // by either way
	unreachable(t, moved.Base)
	want(t, c, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
}

// An address that covers the old one takes its port over, and gives it back.
func TestHostChange(t *testing.T) {
	_, c := adjustable(t, t.TempDir())
	for _, end := range []string{"cancel", "confirm"} {
		page := adjust(t, c, map[string]any{"Host": "0.0.0.0", "Port": mustPort(t, c.Base)})
		if page.Pending.Address != c.Base {
			t.Errorf("it would be at %s", page.Pending.Address)
		}
		want(t, c, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
		conclude(t, c, end, page, http.StatusOK)
		for range 3 {
			want(t, c, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
		}
	}
}

func mustPort(t *testing.T, address string) int {
	t.Helper()
	var port int
	_, err := fmt.Sscanf(mustURL(t, address).Port(), "%d", &port)
	must(t, err)
	return port
}

// https is switched on and off at the same port, and shown to work before it counts.
func TestHTTPSChange(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, "site")
	_, c := adjustable(t, dir)
	page := adjust(t, c, map[string]any{"https.enabled": true, "https.key": "site.key", "https.cert": "site.pem"})
	if want := "https" + strings.TrimPrefix(c.Base, "http"); page.Pending.Address != want {
		t.Errorf("it would be at %s, want %s", page.Pending.Address, want)
	}
	conclude(t, c, "confirm", page, http.StatusConflict) // without encryption
	safe := at(c, page.Pending.Address)
	safe.HTTP = &http.Client{Jar: c.HTTP.Jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	must(t, safe.SignIn()) // what was signed in without encryption is not with it
	conclude(t, safe, "confirm", page, http.StatusOK)
	want(t, safe, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
	if a := ask(t, c, "GET", "/api/hello", nil); a.Status != http.StatusBadRequest {
		t.Errorf("without encryption: %s", a)
	}
	page = adjust(t, safe, map[string]any{"https.enabled": false})
	conclude(t, safe, "confirm", page, http.StatusConflict)
	must(t, c.SignIn())
	conclude(t, c, "confirm", page, http.StatusOK)
	want(t, c, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
}

// The address of the API serves the API, and nothing of the management side.
func TestAPIAddress(t *testing.T) {
	dir := t.TempDir()
	p, c := adjustable(t, dir)
	must(t, os.WriteFile(filepath.Join(dir, "public", "page.html"), []byte("<script>1</script>"), 0o600))
	port := freePort(t)
	page := adjust(t, c, map[string]any{"apiAddress": fmt.Sprintf("127.0.0.1:%d", port)})
	conclude(t, c, "confirm", page, http.StatusOK)
	api := at(p.Client(), fmt.Sprintf("http://127.0.0.1:%d", port))
	want(t, api, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
	for _, path := range []string{"/systemApi/server/isOnline", "/systemApi/users/login", "/_/", "/", "/launch", "/auth", "/admin"} {
		if a := ask(t, api, "GET", path, nil); a.Status != http.StatusNotFound {
			t.Errorf("%s answers %s", path, a)
		}
	}
	for base, sandboxed := range map[*drive.Client]bool{api: false, c: true} {
		a := ask(t, base, "GET", "/public/page.html", nil)
		if a.Status != 200 || strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") != sandboxed || a.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %s %v", base.Base, a, a.Header)
		}
	}
	r, err := http.NewRequest(http.MethodGet, api.Base+"/api/hello", nil)
	must(t, err)
	r.Host = "evil.example.com"
	res, err := http.DefaultClient.Do(r)
	must(t, err)
	res.Body.Close()
	if res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("a foreign name: %s", res.Status)
	}
	page = adjust(t, c, map[string]any{"apiAddress": ""})
	conclude(t, c, "confirm", page, http.StatusOK)
	unreachable(t, api.Base)
}
