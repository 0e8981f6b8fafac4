package process_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
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
	for deadline := time.Now().Add(time.Minute); ; {
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

// certificate writes a new certificate and its key into a folder.
func certificate(t *testing.T, dir, name string) {
	t.Helper()
	pair, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	key, err := x509.MarshalPKCS8PrivateKey(pair)
	must(t, err)
	about := x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, &about, &about, pair.Public(), pair)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600))
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

// The person at the machine is let in at the new address too: by a link for them alone,
// once.
func TestLocalPortChange(t *testing.T) {
	b := newBrowser(t)
	dir := t.TempDir()
	store(t, dir, `{"Port": 0}`)
	p := startIn(t, b.env(), dir)
	c := p.Client()
	if status := exchange(t, c, token(t, b.visits(1)[0])); status != 200 {
		t.Fatal(status)
	}
	page := adjust(t, c, map[string]any{"Port": freePort(t)})
	link := launchLink.FindStringSubmatch(page.Open)
	if link == nil || !strings.HasPrefix(page.Open, page.Pending.Address+"/") {
		t.Fatalf("to open is %q", page.Open)
	}
	moved := p.Client()
	moved.Base = page.Pending.Address
	for _, status := range []int{200, 401} {
		if got := exchange(t, moved, link[2]); got != status {
			t.Errorf("the link: %d, want %d", got, status)
		}
	}
	if a := ask(t, c, "GET", "/systemApi/settings", nil); strings.Contains(a.Body, link[2]) || strings.Contains(a.Body, "launch#") {
		t.Error("the link is told again")
	}
}

// Signing in is switched on where nobody had to, and the window follows the mode.
func TestSignInSwitch(t *testing.T) {
	b := newBrowser(t)
	dir := t.TempDir()
	store(t, dir, `{"Port": 0}`)
	p := startIn(t, b.env(), dir)
	c := p.Client()
	exchange(t, c, token(t, b.visits(1)[0]))
	a := ask(t, c, "PATCH", "/systemApi/settings", map[string]any{"changes": map[string]any{"signIn": true}})
	if a.Status != 422 || !strings.Contains(a.Body, "administrator_needed") {
		t.Errorf("without an administrator: %s", a)
	}
	must(t, c.SetUp(""))
	page := adjust(t, c, map[string]any{"signIn": true})
	if a := ask(t, c, "GET", "/systemApi/me", nil); a.Status != 401 {
		t.Errorf("the person at the machine still gets in: %s", a)
	}
	ada := p.Client()
	must(t, ada.SignIn())
	conclude(t, ada, "confirm", page, http.StatusOK)
	status, _, _ := run(t, nil, "--dir", dir, "status")
	if !strings.Contains(status, "mode     auth") {
		t.Errorf("status says\n%s", status)
	}
	page = adjust(t, ada, map[string]any{"signIn": false})
	var link string // the window opens for whoever can confirm it
	for _, visit := range b.visits(2) {
		if m := launchLink.FindStringSubmatch(visit); m != nil {
			link = m[2]
			if exchange(t, c, link) == 200 {
				break
			}
		}
	}
	conclude(t, c, "confirm", page, http.StatusOK)
	if a := ask(t, ada, "GET", "/systemApi/me", nil); a.Status != 401 {
		t.Errorf("somebody else still gets in: %s", a)
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
		if runtime.GOOS == "linux" { // where all of 127.0.0.0/8 is this machine
			conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.9:%d", mustPort(t, c.Base)))
			must(t, err)
			conn.Close()
		}
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
	res, err := safe.HTTP.Get(safe.Base + "/api/hello")
	must(t, err)
	res.Body.Close()
	if res.StatusCode != 200 || res.ProtoMajor != 2 {
		t.Errorf("encrypted: %s %s", res.Proto, res.Status)
	}
	if a := ask(t, c, "GET", "/api/hello", nil); a.Status != http.StatusBadRequest {
		t.Errorf("without encryption: %s", a)
	}
	// A renewed certificate is the one that the next caller meets.
	met := func() string {
		t.Helper()
		conn, err := tls.Dial("tcp", mustURL(t, safe.Base).Host, &tls.Config{InsecureSkipVerify: true})
		must(t, err)
		defer conn.Close()
		return string(conn.ConnectionState().PeerCertificates[0].Raw)
	}
	former := met()
	certificate(t, dir, "site")
	for _, name := range []string{"site.key", "site.pem"} {
		must(t, os.Chtimes(filepath.Join(dir, name), time.Now().Add(time.Second), time.Now().Add(time.Second)))
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "site.pem"), filepath.Join(dir, "site.key"))
	must(t, err)
	if now := met(); now == former || now != string(pair.Certificate[0]) {
		t.Error("the renewed certificate is not met")
	}
	// The health tells how the certificate is: it ends within the hour, and is broken.
	health := func(c *drive.Client, want string) {
		t.Helper()
		if a := ask(t, c, "GET", "/systemApi/health", nil); strings.Contains(a.Body, `"part":"certificate"`) != (want != "") || !strings.Contains(a.Body, want) {
			t.Errorf("the health lacks %q of the certificate: %s", want, a)
		}
	}
	health(safe, `"part":"certificate","state":"warning","reason":"It ends at `)
	must(t, os.WriteFile(filepath.Join(dir, "site.pem"), []byte("half a certif"), 0o600))
	health(safe, `"part":"certificate","state":"warning","reason":"Its files were changed and cannot be used: `)
	page = adjust(t, safe, map[string]any{"https.enabled": false})
	conclude(t, safe, "confirm", page, http.StatusConflict)
	must(t, c.SignIn())
	conclude(t, c, "confirm", page, http.StatusOK)
	health(c, "")
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

// R8: whatever is wrong with settings, they are refused as a whole, every mistake is
// named, and the server goes on as it was.
func TestThirtyBadConfigurations(t *testing.T) {
	unixOnly(t)
	dir := t.TempDir()
	_, c := adjustable(t, dir)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	certificate(t, dir, "a")
	certificate(t, dir, "b")
	key, err := os.ReadFile(filepath.Join(dir, "a.key"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "open.key"), key, 0o644))
	must(t, os.Chmod(filepath.Join(dir, "open.key"), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "garbage.pem"), []byte("-----BEGIN NONSENSE-----"), 0o600))
	must(t, os.MkdirAll(filepath.Join(dir, "readonly"), 0o500))
	must(t, os.MkdirAll(filepath.Join(dir, "audit"), 0o700))
	must(t, os.Symlink(dir, filepath.Join(dir, "sneaky")))
	site := t.TempDir()
	https := func(key, cert string) map[string]any {
		return map[string]any{"https.enabled": true, "https.key": key, "https.cert": cert}
	}
	bomb := strings.Repeat("(a+)+", 40) + "$"
	before := ask(t, c, "GET", "/systemApi/admin/config", nil).Body
	for _, tt := range []struct {
		changes map[string]any
		wrong   string // keys that are named
	}{
		{map[string]any{"Port": port}, "Port"},
		{map[string]any{"Host": "127.0.0.1", "Port": port}, "Port"},
		{map[string]any{"Port": -1}, "Port"},
		{map[string]any{"Port": 65536}, "Port"},
		{map[string]any{"Port": "http"}, "Port"},
		{map[string]any{"Host": "203.0.113.7"}, "Host"},
		{map[string]any{"Host": "nowhere.invalid"}, "Host"},
		{map[string]any{"Host": ""}, "Host"},
		{map[string]any{"Host": "http://localhost"}, "Host"},
		{map[string]any{"apiAddress": fmt.Sprintf("127.0.0.1:%d", port)}, "apiAddress"},
		{map[string]any{"apiAddress": "127.0.0.1"}, "apiAddress"},
		{map[string]any{"apiAddress": "203.0.113.7:0"}, "apiAddress"},
		{https("", ""), "https.enabled"},
		{https("no.key", "a.pem"), "https.key"},
		{https("a.key", "no.pem"), "https.cert"},
		{https("b.key", "garbage.pem"), "https.cert"},
		{https("b.key", "a.pem"), "https.cert"},
		{https("open.key", "a.pem"), "https.key"},
		{https("readonly", "a.pem"), "https.key"},
		{map[string]any{"httpStaticRoot": "no-such-folder"}, "httpStaticRoot"},
		{map[string]any{"httpStaticRoot": "a.pem"}, "httpStaticRoot"},
		{map[string]any{"httpStaticRoot": "."}, "httpStaticRoot"},
		{map[string]any{"httpStaticRoot": "/"}, "httpStaticRoot"},
		{map[string]any{"httpStaticRoot": "logs"}, "httpStaticRoot"},
		{map[string]any{"httpStaticRoot": "audit"}, "httpStaticRoot"},
		{map[string]any{"httpStatic": "/systemApi"}, "httpStatic"},
		{map[string]any{"logging.file.location": ".", "logging.file.filename": "secret.key"}, "logging.file.filename"},
		{map[string]any{"logging.file.location": ".", "logging.file.filename": "own.log"}, "logging.file.location"},
		{map[string]any{"logging.file.location": "sneaky"}, "logging.file.location"}, // a link to the folder itself
		{map[string]any{"logging.file.location": "audit"}, "logging.file.location"},
		{map[string]any{"logging.file.location": "public"}, "logging.file.location"},
		{map[string]any{"logging.file.location": site, "httpStaticRoot": site}, "logging.file.location"},
		{map[string]any{"logging.file.filename": "crash-1.log"}, "logging.file.filename"},
		{map[string]any{"flowDir": "."}, "flowDir"},
		{map[string]any{"flowDir": "logs/flows"}, "flowDir"},
		{map[string]any{"flowDir": "public/flows"}, "flowDir"},
		{map[string]any{"flowDir": "a.pem"}, "flowDir"},
		{map[string]any{"flowDir": site, "httpStaticRoot": site}, "flowDir"},
		{map[string]any{"flowNodeDefinitions": "configs.json"}, "flowNodeDefinitions"},
		{map[string]any{"apiRouterOptions.host": "api.example.com"}, "apiRouterOptions.host"},
		{map[string]any{"httpCors.origin": []string{"https://bücher.example"}}, "httpCors.origin"},
		{map[string]any{"logging.file.location": filepath.Join(dir, "nowhere")}, "logging.file.location"},
		{map[string]any{"logging.file.filename": "../../x"}, "logging.file.filename"},
		{map[string]any{"browseRoots": []string{"relative"}}, "browseRoots"},
		{map[string]any{"browseRoots": []string{filepath.Join(dir, "nowhere")}}, "browseRoots"},
		{map[string]any{"publicHosts": []string{bomb}}, "publicHosts"},
		{map[string]any{"trustedProxies": []string{bomb, "10.0.0.0/33"}}, "trustedProxies trustedProxies"},
		{map[string]any{"outbound.allow": []string{bomb}}, "outbound.allow"},
		{map[string]any{"httpCors.credentials": true}, "httpCors.credentials"},
		{map[string]any{"httpCors.origin": []string{bomb}}, "httpCors.origin"},
		{map[string]any{"apiRouterOptions.prefix": "/systemApi/x"}, "apiRouterOptions.prefix"},
		{map[string]any{"apiRouterOptions.prefix": "/public"}, "apiRouterOptions.prefix"},
		{map[string]any{"apiRouterOptions.methods": []string{}}, "apiRouterOptions.methods"},
		{map[string]any{"limits.connections": 1, "limits.scriptTime": 1e9}, "limits.connections limits.scriptTime"},
		{map[string]any{"Port": freePort(t), "https.enabled": true, "limits.runTime": 5000, "logging.level": 9}, "logging.level https.enabled"},
		{map[string]any{"moduleDir": "/no/such/folder", "database.driver": "PGSQL"}, "database.driver"},
	} {
		a := ask(t, c, "PATCH", "/systemApi/settings", map[string]any{"changes": tt.changes})
		var problem struct {
			Errors []struct{ Path, Message string }
		}
		must(t, json.Unmarshal([]byte(a.Body), &problem))
		keys := []string{}
		for _, e := range problem.Errors {
			keys = append(keys, e.Path)
			if !strings.HasSuffix(e.Message, ".") {
				t.Errorf("%v: %q is no sentence", tt.changes, e.Message)
			}
		}
		if got := strings.Join(keys, " "); a.Status != http.StatusUnprocessableEntity || got != tt.wrong {
			t.Errorf("%v: wrong are %q: %.300s", tt.changes, got, a)
		}
		want(t, c, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
	}
	if after := ask(t, c, "GET", "/systemApi/admin/config", nil).Body; after != before {
		t.Errorf("settings were changed\nfrom %s\nto   %s", before, after)
	}
	if a := ask(t, c, "GET", "/systemApi/settings/versions", nil); !strings.Contains(a.Body, `"total":1`) && !strings.Contains(a.Body, `"count":1`) {
		t.Errorf("versions: %.300s", a)
	}
}

// A setting that does nothing is not offered: each on the page is one that a test
// through a client sets, and what is kept for the original alone is only given back.
func TestEverySettingIsProven(t *testing.T) {
	_, c := adjustable(t, t.TempDir())
	var page struct{ Fields []struct{ Key string } }
	must(t, ask(t, c, "GET", "/systemApi/settings", nil).Payload(&page))
	if len(page.Fields) < 40 {
		t.Fatalf("the page has %d settings", len(page.Fields))
	}
	var tests strings.Builder
	for _, pattern := range []string{"*_test.go", "../*_test.go", "../api/*_test.go"} {
		names, err := filepath.Glob(pattern)
		must(t, err)
		for _, name := range names {
			text, err := os.ReadFile(name)
			must(t, err)
			tests.Write(text)
		}
	}
	offered := map[string]bool{}
	for _, f := range page.Fields {
		offered[f.Key] = true
		if !strings.Contains(tests.String(), `"`+f.Key+`"`) {
			t.Errorf("no test sets %s", f.Key)
		}
	}
	for _, key := range []string{
		"moduleDir", "envDir", "DB_Directory", "lang", "registry", "updateCheck", "diagnostics.enabled", "database.driver",
		"apiRouterOptions.exclusive", "editor.admin", "editor.flow", "editor.schema", "logging.web.enabled", "logging.web.host", "logging.web.port", "logging.web.path",
	} {
		if offered[key] {
			t.Errorf("%s does nothing and is offered", key)
		}
		if a := ask(t, c, "GET", "/systemApi/admin/config/"+key, nil); a.Status != 200 || !strings.Contains(a.Body, `"`+key+`":`) {
			t.Errorf("%s is not given back: %s", key, a)
		}
	}
}

// What nobody confirms returns by itself, and says so.
func TestSettingsReturnByThemselves(t *testing.T) {
	if testing.Short() {
		t.Skip("takes the minute that a confirmation has")
	}
	t.Parallel()
	dir := t.TempDir()
	_, c := adjustable(t, dir)
	page := adjust(t, c, map[string]any{"Port": freePort(t), "limits.runTime": 1234})
	moved := at(c, page.Pending.Address)
	want(t, moved, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
	var now settingsPage
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(time.Second) {
		must(t, ask(t, c, "GET", "/systemApi/settings", nil).Payload(&now))
		if now.Pending == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the settings are still on trial")
		}
	}
	if now.Report == nil || !strings.Contains(now.Report.Reason, "Nobody confirmed them") || now.Version != 1 {
		t.Errorf("the report is %+v, the version %d", now.Report, now.Version)
	}
	if a := ask(t, c, "GET", "/systemApi/auditLogs", nil); !strings.Contains(a.Body, "Settings 2 returned: nobody confirmed them in time") {
		t.Errorf("the audit log: %.500s", a)
	}
	unreachable(t, moved.Base)
	want(t, c, "GET", "/systemApi/admin/config/limits.runTime", nil, 200, `{"success":true,"payload":{"limits.runTime":30000}}`)
}

// A process that dies during a trial comes back with the settings before it.
func TestCrashDuringTrial(t *testing.T) {
	dir := t.TempDir()
	p, c := adjustable(t, dir)
	page := adjust(t, c, map[string]any{"Port": freePort(t), "limits.runTime": 1234})
	p.Kill()
	again := startIn(t, nil, dir, "--no-browser")
	if again.Address == page.Pending.Address {
		t.Errorf("it is at %s", again.Address)
	}
	c = again.Client()
	must(t, c.SignIn())
	var now settingsPage
	must(t, ask(t, c, "GET", "/systemApi/settings", nil).Payload(&now))
	if now.Report == nil || !strings.Contains(now.Report.Reason, "ended before they were confirmed") {
		t.Errorf("the report is %+v", now.Report)
	}
	want(t, c, "GET", "/systemApi/admin/config/limits.runTime", nil, 200, `{"success":true,"payload":{"limits.runTime":30000}}`)
	stop(t, again)
}

// A restart takes every door along, and ends a trial.
func TestRestartKeepsTheDoors(t *testing.T) {
	unixOnly(t)
	dir := t.TempDir()
	p, c := adjustable(t, dir)
	page := adjust(t, c, map[string]any{"apiAddress": "127.0.0.1:0", "Host": "127.0.0.1"})
	conclude(t, c, "confirm", page, http.StatusOK)
	var about struct {
		API string `json:"apiAddress"`
	}
	page = adjust(t, c, map[string]any{"apiAddress": fmt.Sprintf("127.0.0.1:%d", freePort(t))})
	conclude(t, c, "confirm", page, http.StatusOK)
	must(t, ask(t, c, "GET", "/systemApi/admin/config/apiAddress", nil).Payload(&about))
	page = adjust(t, c, map[string]any{"Port": freePort(t)})
	if _, stderr, code := run(t, nil, "--dir", dir, "restart"); code != 0 {
		t.Fatalf("restart: %d %s", code, stderr)
	}
	unreachable(t, page.Pending.Address)
	want(t, at(p.Client(), "http://"+about.API), "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
	want(t, c, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
	var now settingsPage
	must(t, ask(t, c, "GET", "/systemApi/settings", nil).Payload(&now))
	if now.Pending != nil || now.Report == nil || !strings.Contains(now.Report.Reason, "ended before") {
		t.Errorf("pending %+v, report %+v", now.Pending, now.Report)
	}
}

// Values from outside cannot be changed, and say where they come from.
func TestLockedSettings(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ecoflow.json")
	must(t, os.WriteFile(file, []byte(`{"limits": {"runTime": 9000, "apiBody": 2000}}`), 0o600))
	p := startIn(t, []string{"ECOFLOW_LIMITS_RUN_TIME=5000"}, dir, "--no-browser", "--port", "0", "--auth")
	c := administrator(t, p)
	for key, value := range map[string]any{"limits.runTime": 6000, "limits.apiBody": 3000, "Port": 4000, "signIn": false} {
		a := ask(t, c, "PATCH", "/systemApi/settings", map[string]any{"changes": map[string]any{key: value}})
		if a.Status != 422 || !strings.Contains(a.Body, "setting_locked") {
			t.Errorf("%s: %s", key, a)
		}
	}
	adjust(t, c, map[string]any{"limits.runTime": 5000, "signIn": true}) // which they are
	var page settingsPage
	must(t, ask(t, c, "GET", "/systemApi/settings", nil).Payload(&page))
	for _, f := range page.Fields {
		want := map[string]string{"limits.runTime": "ECOFLOW_LIMITS_RUN_TIME", "limits.apiBody": "file ecoflow.json", "Port": "command line", "signIn": "--auth"}[f.Key]
		if want == "" && f.Lock != "" || !strings.Contains(f.Lock, want) {
			t.Errorf("%s: %q", f.Key, f.Lock)
		}
	}
	must(t, c.Deploy(simple()))
	if a := ask(t, p.Client(), "POST", "/api/echo", `"`+strings.Repeat("x", 2000)+`"`); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body over the limit of the file: %s", a)
	}

	// What cannot be used of it is named before a start, and before a restart.
	must(t, os.WriteFile(file, []byte(`{"limits": {"apiBody": "many", "speed": 1}}`), 0o600))
	named := []string{"limits.apiBody: In ecoflow.json: It has to be a whole number", "limits.speed: In ecoflow.json: There is no such setting"}
	for _, args := range [][]string{{"check"}, {"--no-browser", "--port", "0"}} {
		_, stderr, code := run(t, nil, append([]string{"--dir", dir}, args...)...)
		for _, part := range named {
			if code != 2 || !strings.Contains(stderr, part) {
				t.Errorf("%v: exit code %d, lacks %q\n%s", args, code, part, stderr)
			}
		}
	}
	if a := ask(t, c, "POST", "/systemApi/server", `{"Mode": "restart"}`); a.Status != http.StatusServiceUnavailable || !strings.Contains(a.Body, "There is no such setting") {
		t.Errorf("a restart with it: %s", a)
	}
	want(t, p.Client(), "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
}

// What settings do is seen by those who call, from the next request on.
func TestSettingsTakeEffectAtOnce(t *testing.T) {
	t.Parallel() // it measures nothing
	dir := t.TempDir()
	p, c := adjustable(t, dir)
	anybody := p.Client()
	get := func(path string, header ...string) drive.Answer {
		t.Helper()
		r, err := http.NewRequest(http.MethodGet, p.Address+path, nil)
		must(t, err)
		if header[0] == "OPTIONS" {
			r.Method, header = header[0], header[1:]
		}
		for i := 0; i+1 < len(header); i += 2 {
			if header[i] == "Host" {
				r.Host = header[i+1]
			}
			r.Header.Set(header[i], header[i+1])
		}
		res, err := http.DefaultClient.Do(r)
		must(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		must(t, err)
		return drive.Answer{Status: res.StatusCode, Header: res.Header, Body: string(body)}
	}
	status := func(what string, a drive.Answer, want int) {
		t.Helper()
		if a.Status != want {
			t.Errorf("%s: %.200s, want %d", what, a, want)
		}
	}

	t.Run("publicHosts", func(t *testing.T) {
		status("before", get("/api/hello", "Host", "api.example.com"), 421)
		first := adjust(t, c, map[string]any{"limits.runTime": 29000}).Version
		adjust(t, c, map[string]any{"publicHosts": []string{"api.example.com"}, "limits.runTime": nil})
		status("after", get("/api/hello", "Host", "api.example.com"), 200)
		adjust(t, c, map[string]any{"publicHosts": []string{"api.example.com", "new.example.com"}})

		// Nobody takes away the name by which they came: nothing would bring it back.
		foreign := func(method, path string, body any) drive.Answer {
			t.Helper()
			text, err := json.Marshal(body)
			must(t, err)
			r, err := http.NewRequest(method, p.Address+path, bytes.NewReader(text))
			must(t, err)
			r.Header = c.Header.Clone()
			r.Header.Set("Content-Type", "application/json")
			for _, cookie := range c.HTTP.Jar.Cookies(r.URL) {
				r.AddCookie(cookie)
			}
			r.Host = "API.example.com"
			res, err := c.HTTP.Do(r)
			must(t, err)
			defer res.Body.Close()
			answer, err := io.ReadAll(res.Body)
			must(t, err)
			return drive.Answer{Status: res.StatusCode, Header: res.Header, Body: string(answer)}
		}
		for _, names := range [][]string{nil, {"new.example.com"}, {"api.exmaple.com"}} {
			changes := map[string]any{"publicHosts": names}
			for what, a := range map[string]drive.Answer{
				"a save":     foreign("PATCH", "/systemApi/settings", map[string]any{"changes": changes}),
				"a check":    foreign("POST", "/systemApi/settings/check", map[string]any{"changes": changes}),
				"endpoint 9": foreign("PUT", "/systemApi/admin/config", changes),
			} {
				if a.Status != 422 || !strings.Contains(a.Body, `"path":"publicHosts"`) || !strings.Contains(a.Body, "as API.example.com") {
					t.Errorf("%s of %v by the name itself: %.300s", what, names, a)
				}
			}
		}
		if a := foreign("POST", fmt.Sprintf("/systemApi/settings/versions/%d/restore", first), struct{}{}); a.Status != 422 || !strings.Contains(a.Body, `"path":"publicHosts"`) {
			t.Errorf("a version without the name: %.300s", a)
		}
		status("still", get("/api/hello", "Host", "api.example.com"), 200)
		status("other settings", foreign("PATCH", "/systemApi/settings", map[string]any{"changes": map[string]any{"deployments.keep": 49}}), 200)
		status("the other name", foreign("PATCH", "/systemApi/settings", map[string]any{"changes": map[string]any{"publicHosts": []string{"api.example.com"}}}), 200)
		adjust(t, c, map[string]any{"publicHosts": nil, "deployments.keep": nil}) // by the address of this machine
		status("back", get("/api/hello", "Host", "api.example.com"), 421)
	})

	t.Run("trustedProxies", func(t *testing.T) {
		strict := func() bool {
			return get("/systemApi/server/isOnline", "X-Forwarded-Proto", "https", "X-Forwarded-For", "203.0.113.9").Header.Get("Strict-Transport-Security") != ""
		}
		if strict() {
			t.Error("a stranger is believed")
		}
		adjust(t, c, map[string]any{"trustedProxies": []string{"127.0.0.0/8", "::1"}})
		if !strict() {
			t.Error("the proxy is not believed")
		}
		must(t, c.DeployMore(map[string]*drive.Flow{"who": drive.NewFlow().Request("w1", "GET", "/who").Function("w2", "return request.ip;").Response("w3", "msg").Edge("w1", "w2", "w3")}))
		if a := get("/api/who", "X-Forwarded-For", "203.0.113.9"); a.Body != `{"msg":"203.0.113.9"}` {
			t.Errorf("the caller behind the proxy: %s", a)
		}
		adjust(t, c, map[string]any{"trustedProxies": nil})
		if a := get("/api/who", "X-Forwarded-For", "203.0.113.9"); strings.Contains(a.Body, "203.0.113.9") || a.Status != 200 {
			t.Errorf("a caller who says so of themself: %s", a)
		}
	})

	t.Run("browseRoots", func(t *testing.T) {
		listed := func() string { t.Helper(); return ask(t, c, "POST", "/systemApi/directoriesStatus", "{}").Body }
		elsewhere := t.TempDir()
		if a := listed(); !strings.Contains(a, filepath.ToSlash(dir)) {
			t.Errorf("by default: %s", a)
		}
		adjust(t, c, map[string]any{"browseRoots": []string{elsewhere}})
		if a := listed(); strings.Contains(a, filepath.ToSlash(dir)) || !strings.Contains(a, filepath.ToSlash(elsewhere)) {
			t.Errorf("elsewhere: %s", a)
		}
		adjust(t, c, map[string]any{"browseRoots": nil})
	})

	t.Run("runs", func(t *testing.T) {
		kept := func(want int) {
			t.Helper()
			within(t, fmt.Sprintf("%d runs kept", want), func() bool { // a run ends after its answer
				var list []struct{ Path string }
				must(t, ask(t, c, "GET", "/systemApi/runs", nil).Payload(&list))
				return len(list) == want
			})
		}
		call := func() {
			t.Helper()
			for range 3 {
				status("a run", get("/api/hello", ""), 200)
			}
		}
		call()
		kept(0)
		adjust(t, c, map[string]any{"runs.capture": "summary", "runs.keep": 2})
		call()
		kept(2)
		adjust(t, c, map[string]any{"runs.capture": nil, "runs.keep": nil})
		kept(0)
	})

	t.Run("static files", func(t *testing.T) {
		site := t.TempDir()
		must(t, os.WriteFile(filepath.Join(site, "a.txt"), []byte("elsewhere"), 0o600))
		must(t, os.WriteFile(filepath.Join(dir, "public", "a.txt"), []byte("here"), 0o600))
		for _, tt := range []struct {
			changes map[string]any
			path    string
			body    string
		}{
			{map[string]any{}, "/public/a.txt", "here"},
			{map[string]any{"httpStatic": "/files"}, "/files/a.txt", "here"},
			{map[string]any{"httpStaticRoot": site}, "/files/a.txt", "elsewhere"},
			{map[string]any{"httpStatic": nil, "httpStaticRoot": nil}, "/public/a.txt", "here"},
		} {
			adjust(t, c, tt.changes)
			if a := get(tt.path, ""); a.Body != tt.body {
				t.Errorf("%v: %s", tt.changes, a)
			}
		}
		adjust(t, c, map[string]any{"httpStatic": ""})
		status("off", get("/public/a.txt", ""), 404)
		status("no longer there", get("/files/a.txt", ""), 404)
		adjust(t, c, map[string]any{"httpStatic": nil})
	})

	t.Run("CORS", func(t *testing.T) {
		const page = "https://app.example.com"
		allowed := func(a drive.Answer) string { return a.Header.Get("Access-Control-Allow-Origin") }
		if a := get("/api/hello", "Origin", page); allowed(a) != "" {
			t.Errorf("off: %v", a.Header)
		}
		adjust(t, c, map[string]any{
			"httpCors.enabled": true, "httpCors.origin": []string{"https://App.Example.com:443"}, "httpCors.credentials": true, "httpCors.exposeHeaders": []string{"X-A"},
			"httpCors.allowHeaders": []string{"X-B"}, "httpCors.allowMethods": []string{"GET"}, "httpCors.maxAge": 60,
		})
		a := get("/api/hello", "Origin", page)
		if allowed(a) != page || a.Header.Get("Access-Control-Allow-Credentials") != "true" || a.Header.Get("Access-Control-Expose-Headers") != "X-A" || a.Header.Get("Cross-Origin-Opener-Policy") != "" {
			t.Errorf("on: %v", a.Header)
		}
		preflight := []string{"OPTIONS", "Origin", page, "Access-Control-Request-Method", "GET", "Access-Control-Request-Private-Network", "true"}
		a = get("/api/hello", preflight...)
		if a.Header.Get("Access-Control-Allow-Headers") != "X-B" || a.Header.Get("Access-Control-Allow-Methods") != "GET" || a.Header.Get("Access-Control-Max-Age") != "60" || a.Header.Get("Access-Control-Allow-Private-Network") != "" {
			t.Errorf("preflight: %v", a.Header)
		}
		if a := get("/api/hello", "Origin", "https://other.example.com"); allowed(a) != "" {
			t.Errorf("another origin: %v", a.Header)
		}
		if a := get("/api/absent", "Origin", page); allowed(a) != "" || a.Status != 404 {
			t.Errorf("a failure: %s %v", a, a.Header)
		}
		adjust(t, c, map[string]any{"httpCors.keepHeadersOnError": true, "httpCors.secureContext": true, "httpCors.privateNetworkAccess": true})
		if a := get("/api/absent", "Origin", page); allowed(a) != page {
			t.Errorf("a failure that may be read: %v", a.Header)
		}
		if a := get("/api/hello", "Origin", page); a.Header.Get("Cross-Origin-Opener-Policy") != "same-origin" || a.Header.Get("Cross-Origin-Embedder-Policy") != "require-corp" {
			t.Errorf("isolated: %v", a.Header)
		}
		if a := get("/api/hello", preflight...); a.Header.Get("Access-Control-Allow-Private-Network") != "true" {
			t.Errorf("into the private network: %v", a.Header)
		}
		if a := get("/systemApi/server/isOnline", "Origin", page); allowed(a) != "" {
			t.Errorf("the system API allows %v", a.Header)
		}
		adjust(t, c, map[string]any{"httpCors.enabled": nil})
	})

	t.Run("router", func(t *testing.T) {
		adjust(t, c, map[string]any{"apiRouterOptions.prefix": "/v2"})
		status("the old prefix", get("/api/hello", ""), 404)
		status("the new prefix", get("/v2/hello", ""), 200)
		adjust(t, c, map[string]any{"apiRouterOptions.prefix": nil, "apiRouterOptions.sensitive": true, "apiRouterOptions.strict": false})
		status("another case", get("/api/Hello", ""), 404)
		status("a slash at the end", get("/api/hello/", ""), 200)
		adjust(t, c, map[string]any{"apiRouterOptions.sensitive": nil, "apiRouterOptions.strict": nil, "apiRouterOptions.host": "127.0.0.1"})
		status("another case", get("/api/Hello", "Host", "127.0.0.1:"+mustURL(t, p.Address).Port()), 200)
		status("a slash at the end", get("/api/hello/", "Host", "127.0.0.1:"+mustURL(t, p.Address).Port()), 404)
		status("another host", get("/api/hello", ""), 404)
		adjust(t, c, map[string]any{"apiRouterOptions.host": nil, "apiRouterOptions.methods": []string{"POST"}})
		status("a method that routes may not have", get("/api/hello", ""), 404)
		adjust(t, c, map[string]any{"apiRouterOptions.methods": nil})

		// One route answers for all, and whoever asks for that is told so first.
		warned := func(path string, isThere bool) {
			t.Helper()
			a := ask(t, c, "POST", "/systemApi/settings/check", map[string]any{"changes": map[string]any{"apiRouterOptions.routerPath": path}})
			if !strings.Contains(a.Body, "Every request under /api is answered as if it asked for "+path) || strings.Contains(a.Body, "No deployed flow has that route") == isThere {
				t.Errorf("a check of %s: %s", path, a)
			}
		}
		warned("/hello", true)
		warned("/api/hello", true)
		warned("/none", false)
		adjust(t, c, map[string]any{"apiRouterOptions.routerPath": "/hello"})
		for _, path := range []string{"/api/hello", "/api/none/at/all", "/api"} {
			if a := get(path, ""); a.Status != 200 || a.Body != `{"msg":"Hello World"}` {
				t.Errorf("%s, where /hello answers for all: %s", path, a)
			}
		}
		status("a method that the route has not", ask(t, anybody, "POST", "/api/echo", `{}`), 405)
		health := func(want bool) {
			t.Helper()
			within(t, fmt.Sprintf("the health that says of one route for all: %t", want), func() bool {
				a := ask(t, c, "GET", "/systemApi/health", nil)
				return strings.Contains(a.Body, `"part":"flows","state":"warning","reason":"One route answers for all: every request under /api counts as one for /hello`) == want
			})
		}
		health(true)
		adjust(t, c, map[string]any{"apiRouterOptions.routerPath": ""})
		health(false)
		status("each by its own path", get("/api/none/at/all", ""), 404)
	})

	// Without the window all that is no page of it goes on.
	t.Run("editor.enabled", func(t *testing.T) {
		off := map[string]any{"editor.enabled": false}
		if a := ask(t, c, "POST", "/systemApi/settings/check", map[string]any{"changes": off}); !strings.Contains(a.Body, "This takes the window away for everybody") || !strings.Contains(a.Body, "--safe") {
			t.Errorf("nobody is warned: %s", a)
		}
		adjust(t, c, off)
		for path, want := range map[string]int{
			"/_/": 404, "/_/flows": 404, "/": 404, "/auth": 404, "/editor/flow": 404,
			"/api/hello": 200, "/systemApi/server/isOnline": 200, "/systemApi/health/ready": 200, "/systemApi/me": 401,
		} {
			status(path, get(path, ""), want)
		}
		if out, _, _ := run(t, nil, "--dir", dir, "status"); !strings.Contains(out, "window   off (editor.enabled); the API is at "+p.Address+"/api\n") {
			t.Errorf("status says\n%s", out)
		}
		status("endpoint 9", ask(t, c, "PUT", "/systemApi/admin/config", map[string]any{"editorEnabled": true}), 200)
		status("the window", get("/_/", ""), 200)
	})

	t.Run("limits", func(t *testing.T) {
		flows := simple()
		flows["busy"] = drive.NewFlow().Request("b1", "GET", "/busy").Function("b2", "while (true) {}").Response("b3", "msg").Edge("b1", "b2", "b3")
		flows["late"] = drive.NewFlow().Request("l1", "GET", "/late").Node("l2", "Middleware", "ecoflow", "Delay", drive.Inputs{"duration": 3000}).
			Response("l3", "msg").Edge("l1", "l2", "l3")
		flows["fails"] = drive.NewFlow().Request("f1", "GET", "/fails").Function("f2", `throw new Error("Ouch")`).Response("f3", "msg").Edge("f1", "f2", "f3")
		flows["heavy"] = drive.NewFlow().Request("t1", "POST", "/heavy").Own("t2", "Set", drive.Inputs{"values": `{"msg.n": "{{ count(msg.a, count(msg.a, # > 5) > 3) }}"}`}).
			Response("t3", "msg").Edge("t1", "t2", "t3")
		must(t, c.Deploy(flows))
		adjust(t, c, map[string]any{"limits.templateTime": 3, "runs.showErrors": "always"})
		if a := ask(t, anybody, "POST", "/api/heavy", map[string]any{"a": make([]int, 20000)}); a.Status != 500 || !strings.Contains(a.Body, "longer than 3ms") {
			t.Errorf("a template: %.300s", a)
		}
		adjust(t, c, map[string]any{"limits.apiBody": 2000, "limits.scriptTime": 20, "limits.runTime": 1500, "limits.runsAtOnce": 1, "runs.showErrors": "always"})
		status("a body", ask(t, anybody, "POST", "/api/echo", `"`+strings.Repeat("x", 2000)+`"`), 413)
		if a := get("/api/busy", ""); a.Status != 500 || !strings.Contains(a.Body, "20ms") {
			t.Errorf("a script: %s", a)
		}
		if a := get("/api/fails", ""); a.Status != 500 || !strings.Contains(a.Body, "Ouch") {
			t.Errorf("an error that is shown: %s", a)
		}
		running := make(chan int, 1)
		callLate := func() {
			a, err := anybody.Do("GET", "/api/late", nil)
			if err != nil {
				a.Status = -1
			}
			running <- a.Status
		}
		go callLate()
		within(t, "one run at once", func() bool {
			select {
			case <-running: // it found no room itself, or was over before anybody looked
				go callLate()
			default:
			}
			return get("/api/hello", "").Status == 503
		})
		if got := <-running; got != 504 {
			t.Errorf("a run: %d", got)
		}
		adjust(t, c, map[string]any{"limits.apiBody": nil, "limits.scriptTime": nil, "limits.runTime": nil, "limits.runsAtOnce": nil, "limits.templateTime": nil, "runs.showErrors": "never"})
		if a := get("/api/fails", ""); a.Status != 500 || strings.Contains(a.Body, "Ouch") {
			t.Errorf("an error that is not shown: %s", a)
		}
		adjust(t, c, map[string]any{"limits.connections": 64})
		refused := func() (n int) {
			t.Helper()
			for line := range strings.Lines(ask(t, c, "GET", "/systemApi/metrics", nil).Body) {
				if text, ok := strings.CutPrefix(line, `ecoflow_refused_total{limit="connections"} `); ok {
					_, err := fmt.Sscan(text, &n)
					must(t, err)
				}
			}
			return n
		}
		before := refused()
		var open []net.Conn
		var closed atomic.Int64
		for range 70 {
			conn, err := net.Dial("tcp", mustURL(t, p.Address).Host)
			must(t, err)
			defer conn.Close()
			open = append(open, conn)
			go func() {
				if _, err := conn.Read(make([]byte, 1)); err != nil {
					closed.Add(1)
				}
			}()
		}
		within(t, "six of 70 connections turned away", func() bool { return closed.Load() >= 6 })
		for _, conn := range open {
			conn.Close()
		}
		within(t, "they are counted", func() bool { return refused() >= before+6 })
		adjust(t, c, map[string]any{"limits.connections": nil})
	})

	t.Run("memory of scripts", func(t *testing.T) {
		if a := ask(t, c, "PATCH", "/systemApi/settings", map[string]any{"changes": map[string]any{"limits.scriptMemory": 1000}}); a.Status != 422 {
			t.Errorf("a limit in which nothing works: %s", a)
		}
		must(t, c.Deploy(map[string]*drive.Flow{"large": drive.NewFlow().Request("m1", "GET", "/large").
			Function("m2", "const kept = []; for (;;) kept.push({ n: kept.length });").Response("m3", "msg").Edge("m1", "m2", "m3")}))
		adjust(t, c, map[string]any{"limits.scriptMemory": 64 << 20, "limits.scriptTime": 30_000, "runs.showErrors": "always"})
		if a := get("/api/large", ""); a.Status != 500 || !strings.Contains(a.Body, "more memory") {
			t.Errorf("a script over the limit: %s", a)
		}
		adjust(t, c, map[string]any{"limits.scriptMemory": nil, "limits.scriptTime": nil, "runs.showErrors": "never"})
		must(t, c.Deploy(simple()))
	})

	t.Run("system database", func(t *testing.T) {
		var before, after struct {
			File          string
			Bytes, Unused int64
		}
		for i := range 40 { // deployments of which one is kept
			flows := simple()
			flows["long"] = drive.NewFlow().Request("s1", "GET", "/long").Text("s2", strings.Repeat(fmt.Sprint(i), 20_000)).Response("s3", "msg").Edge("s1", "s2", "s3")
			must(t, c.Deploy(flows))
		}
		adjust(t, c, map[string]any{"deployments.keep": 1})
		must(t, c.Deploy(simple()))
		must(t, ask(t, c, "GET", "/systemApi/settings/database", nil).Payload(&before))
		must(t, ask(t, c, "POST", "/systemApi/settings/database/compact", "{}").Payload(&after))
		if before.Unused == 0 || after.Unused != 0 || after.Bytes >= before.Bytes || !strings.HasSuffix(after.File, "/ecoflow.db") {
			t.Errorf("from %+v to %+v", before, after)
		}
		must(t, c.Deploy(simple()))
		adjust(t, c, map[string]any{"deployments.keep": nil})
	})

	t.Run("logging", func(t *testing.T) {
		elsewhere := t.TempDir()
		adjust(t, c, map[string]any{
			"logging.file.location": elsewhere, "logging.file.filename": "events.log", "logging.format": "json", "logging.level": 5,
			"logging.label.enable": true, "logging.label.label": "nas",
		})
		get("/systemApi/server/isOnline", "")
		line := logLine(t, filepath.Join(elsewhere, "events.log"), `"path":"/systemApi/server/isOnline"`)
		var record struct{ Level, Label string }
		must(t, json.Unmarshal([]byte(line), &record))
		if record.Level != "DEBUG" || record.Label != "nas" {
			t.Errorf("a record is %s", line)
		}
		adjust(t, c, map[string]any{"logging.file.location": nil, "logging.file.filename": nil, "logging.format": nil, "logging.level": 2, "logging.label.enable": nil})
		must(t, c.Deploy(simple()))
		line = logLine(t, filepath.Join(dir, "logs", "ecoflow.log"), "flows deployed")
		if !strings.HasPrefix(line, "time=") || strings.Contains(line, "label=") {
			t.Errorf("a record is %s", line)
		}
		// Spread over lines on the console, a record stays one line in the file.
		for format, want := range map[string]string{"text": "\n    number=", "json": "\n  \"number\": "} {
			adjust(t, c, map[string]any{"logging.prettyPrint": true, "logging.format": format})
			must(t, c.Deploy(simple()))
			within(t, "a record over several lines", func() bool { return strings.Contains(p.Output(), want) })
			adjust(t, c, map[string]any{"logging.prettyPrint": nil, "logging.format": nil})
		}
		for line := range strings.Lines(files(t, filepath.Join(dir, "logs"))["ecoflow.log"]) {
			if !strings.HasPrefix(line, "time=") && !strings.HasPrefix(line, "{") {
				t.Errorf("a line of the file is %q", line)
			}
		}
		adjust(t, c, map[string]any{"logging.level": 0})
		size := len(files(t, filepath.Join(dir, "logs"))["ecoflow.log"])
		must(t, c.Deploy(simple()))
		adjust(t, c, map[string]any{"logging.enabled": false})
		if now := len(files(t, filepath.Join(dir, "logs"))["ecoflow.log"]); now != size {
			t.Error("what is no error is written")
		}
		adjust(t, c, map[string]any{"logging.enabled": nil, "logging.level": nil})
	})

	// Requests leave records at this level, in their order: where a later one is, an
	// earlier one that is not never comes.
	t.Run("where the log goes", func(t *testing.T) {
		adjust(t, c, map[string]any{"logging.level": 5})
		places := map[string]func() string{
			"file":    func() string { return string(files(t, filepath.Join(dir, "logs"))["ecoflow.log"]) },
			"console": p.Output,
			"window":  func() string { return ask(t, c, "GET", "/systemApi/logs/download", nil).Body },
		}
		leave := func(mark string, in ...string) {
			t.Helper()
			ask(t, c, "GET", "/systemApi/admin/config/"+mark, nil)
			for _, place := range in {
				within(t, mark+" on the "+place, func() bool { return strings.Contains(places[place](), "/config/"+mark) })
			}
		}
		for key, written := range map[string]map[string]bool{
			"logging.console":      {"file": true, "console": false},
			"logging.file.enabled": {"file": false, "console": true},
			"logging.enabled":      {"file": false, "console": false},
		} {
			adjust(t, c, map[string]any{key: false})
			leave("first-" + key)
			leave("second-"+key, "window") // so the first was dealt with
			adjust(t, c, map[string]any{key: nil})
			leave("third-"+key, "file", "console")
			for place, want := range written {
				if strings.Contains(places[place](), "/config/first-"+key) != want {
					t.Errorf("without %s: written on the %s: %t, want %t", key, place, !want, want)
				}
			}
		}
		adjust(t, c, map[string]any{"logging.level": nil})
	})

	t.Run("sign-in", func(t *testing.T) {
		lasts := func() time.Duration {
			t.Helper()
			a := ask(t, p.Client(), "POST", "/systemApi/users/login", map[string]string{"username": drive.User, "password": drive.Password})
			status("signing in", a, 200)
			cookie, err := http.ParseSetCookie(a.Header.Get("Set-Cookie"))
			must(t, err)
			return time.Duration(cookie.MaxAge) * time.Second
		}
		for _, tt := range []struct {
			hours any
			want  time.Duration
		}{{2, 2 * time.Hour}, {nil, 168 * time.Hour}} {
			adjust(t, c, map[string]any{"limits.sessionTime": tt.hours})
			if got := lasts(); got != tt.want {
				t.Errorf("with limits.sessionTime %v a sign-in lasts %s", tt.hours, got)
			}
		}
		idle := p.Client()
		must(t, idle.SignIn())
		db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(dir, "ecoflow.db"))+"?_pragma=busy_timeout(5000)")
		must(t, err)
		defer db.Close()
		wait := func() { // six minutes pass for all who are signed in
			_, err := db.Exec(`UPDATE sessions SET seen = seen - ?`, (6 * time.Minute).Milliseconds())
			must(t, err)
		}
		wait()
		status("six idle minutes by default", ask(t, idle, "GET", "/systemApi/me", nil), 200)
		adjust(t, c, map[string]any{"limits.sessionIdle": 5})
		status("at work", ask(t, idle, "GET", "/systemApi/me", nil), 200)
		wait()
		status("six idle minutes where five are most", ask(t, idle, "GET", "/systemApi/me", nil), 401)
		must(t, c.SignIn())
		adjust(t, c, map[string]any{"limits.sessionIdle": nil})

		guess := func() drive.Answer {
			t.Helper()
			return ask(t, p.Client(), "POST", "/systemApi/users/login", map[string]string{"username": "nobody", "password": drive.Password})
		}
		status("a guess", guess(), 401)
		for _, tt := range []struct {
			minutes any
			most    int
		}{{nil, 15}, {5, 5}, {nil, 15}} {
			adjust(t, c, map[string]any{"limits.signInWait": tt.minutes})
			_, err := db.Exec(`UPDATE attempts SET failures = 40, last = ? WHERE what = 'user:nobody'`, time.Now().UnixMilli()) // after 40 of them
			must(t, err)
			a := guess()
			wait, err := strconv.Atoi(a.Header.Get("Retry-After"))
			if a.Status != 429 || err != nil || wait > tt.most*60 || wait < tt.most*60-120 {
				t.Errorf("with limits.signInWait %v a guess waits %d s: %s", tt.minutes, wait, a)
			}
		}
		adjust(t, c, map[string]any{"limits.signInWait": nil})
	})

	t.Run("deployments.keep", func(t *testing.T) {
		adjust(t, c, map[string]any{"deployments.keep": 2})
		for range 4 {
			must(t, c.Deploy(simple()))
		}
		if a := ask(t, c, "GET", "/systemApi/deployments", nil); !strings.Contains(a.Body, `"total":2`) {
			t.Errorf("kept are %.300s", a)
		}
	})

	t.Run("outbound.allow", func(t *testing.T) {
		neighbour := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"here":true}`) }))
		defer neighbour.Close()
		flow := drive.NewFlow().Request("o1", "GET", "/out").Function("o2", `return await (await fetch("`+neighbour.URL+`")).json();`).Response("o3", "msg").Edge("o1", "o2", "o3")
		must(t, c.Deploy(map[string]*drive.Flow{"out": flow}))
		status("a neighbour", get("/api/out", ""), 500)
		adjust(t, c, map[string]any{"outbound.allow": []string{"127.0.0.1"}})
		status("a neighbour that is allowed", get("/api/out", ""), 200)
		adjust(t, c, map[string]any{"outbound.allow": nil})
		status("a neighbour no more", get("/api/out", ""), 500)
	})
}

// A window that is switched off opens nowhere, and comes back in each of the ways that
// its setting names.
func TestWindowOff(t *testing.T) {
	b := newBrowser(t)
	dir := t.TempDir()
	store(t, dir, `{"Port": 0, "editor": {"enabled": false}, "apiRouterOptions": {"prefix": "/v1"}}`)
	page := func(p *drive.Program) int { t.Helper(); return ask(t, p.Client(), "GET", "/_/", nil).Status }
	p := startIn(t, b.env(), dir)
	said := "The window is switched off (editor.enabled). The API is at " + p.Address + "/v1\n"
	within(t, "where the API is", func() bool { return strings.Contains(p.Output(), said) })
	if got := page(p); got != 404 {
		t.Errorf("the window: %d", got)
	}
	if out, stderr, code := run(t, b.env(), "--dir", dir); code != 0 || !strings.HasSuffix(out, said) {
		t.Errorf("a second start: %d %s%s", code, out, stderr)
	}
	if links, err := filepath.Glob(filepath.Join(dir, "launch-*")); err != nil || len(links) > 0 {
		t.Errorf("launch pages for no window: %v, %v", links, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "running.json")); err != nil {
		t.Error(err)
	}
	stop(t, p)

	// Safe mode always has it: so does who is alone with the machine.
	p = startIn(t, b.env(), dir, "--safe")
	if got := page(p); got != 200 || strings.Contains(p.Output(), "switched off") {
		t.Errorf("the window in safe mode: %d\n%s", got, p.Output())
	}
	visits := b.visits(1)
	c := p.Client()
	if got := exchange(t, c, token(t, visits[0])); len(visits) != 1 || got != 200 {
		t.Errorf("the person at the machine: %d after %d visits", got, len(visits))
	}
	stop(t, p)

	p = startIn(t, append(b.env(), "ECOFLOW_EDITOR_ENABLED=true"), dir, "--no-browser")
	if got := page(p); got != 200 {
		t.Errorf("the window by its variable: %d", got)
	}
	stop(t, p)
	must(t, os.WriteFile(filepath.Join(dir, "ecoflow.json"), []byte(`{"editor": {"enabled": true}}`), 0o600))
	p = startIn(t, b.env(), dir, "--no-browser")
	if got := page(p); got != 200 {
		t.Errorf("the window by the file: %d", got)
	}
}

// logLine waits for a line of a log with the part in it.
func logLine(t *testing.T, name, part string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		data, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		lines := strings.Split(string(data), "\n")
		for _, line := range slices.Backward(lines) {
			if strings.Contains(line, part) {
				return line
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no line of %s has %q: %.500s", name, part, data)
		}
	}
}
