package process_test

import (
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // settings are put into the database directly

	"ecoflow/web/drive"
)

// store puts settings into the database of a data folder that nobody uses.
func store(t *testing.T, dir, settings string) {
	t.Helper()
	stop(t, start(t, dir))
	db, err := sql.Open("sqlite", filepath.Join(dir, "ecoflow.db"))
	must(t, err)
	defer db.Close()
	_, err = db.Exec(`INSERT INTO settings (time, json) VALUES (?, ?)`, time.Now().UnixMilli(), settings)
	must(t, err)
}

// An operation is an endpoint of the system API as its description has it.
type operation struct {
	method, path string
	public       bool
}

func operations(t *testing.T) []operation {
	t.Helper()
	data, err := os.ReadFile("../api/testdata/openapi.json")
	must(t, err)
	var document struct {
		Paths map[string]map[string]struct {
			Security *[]any `json:"security"`
		} `json:"paths"`
	}
	must(t, json.Unmarshal(data, &document))
	var list []operation
	for path, methods := range document.Paths {
		for method, about := range methods {
			list = append(list, operation{strings.ToUpper(method), "/systemApi" + path, about.Security != nil && len(*about.Security) == 0})
		}
	}
	if len(list) < 50 {
		t.Fatalf("the description has %d operations", len(list))
	}
	return list
}

// S1: whatever asks for an address, others reach the listener only in sign-in mode,
// and nobody gets in unasked in any mode.
func TestNobodyGetsInUnasked(t *testing.T) {
	t.Parallel() // it measures nothing
	all := operations(t)
	for _, tt := range []struct {
		args   string
		env    string
		stored string
		mode   string
		host   string // where it listens; "" is both loopback addresses
	}{
		{"", "", "", "local", ""},
		{"--auth", "", "", "auth", ""},
		{"", "ECOFLOW_AUTH=1", "", "auth", ""},
		{"--host ::1", "", "", "local", "[::1]"},
		{"--host 127.0.0.1", "", `{"Host": "0.0.0.0"}`, "local", "127.0.0.1"},
		{"", "ECOFLOW_HOST=localhost", `{"Host": "0.0.0.0"}`, "local", ""},
		{"--host 0.0.0.0", "", "", "auth", "0.0.0.0"},
		{"--host 0.0.0.0 --auth=false", "", "", "auth", "0.0.0.0"},
		{"", "ECOFLOW_HOST=0.0.0.0", "", "auth", "0.0.0.0"},
		{"--auth=false", "ECOFLOW_HOST=::", "", "auth", "[::]"},
		{"", "", `{"Host": "0.0.0.0"}`, "auth", "0.0.0.0"},
		{"--auth=false", "ECOFLOW_AUTH=0", `{"Host": "0.0.0.0"}`, "auth", "0.0.0.0"},
	} {
		t.Run(strings.TrimSpace(tt.args+" "+tt.env+" "+tt.stored), func(t *testing.T) {
			dir := t.TempDir()
			if tt.stored != "" {
				store(t, dir, tt.stored)
			}
			p := startIn(t, strings.Fields(tt.env), dir, append([]string{"--port", "0", "--no-browser"}, strings.Fields(tt.args)...)...)
			status, _, _ := run(t, nil, "--dir", dir, "status")
			if !strings.Contains(status, "mode     "+tt.mode+"\n") {
				t.Errorf("it should be in %s mode:\n%s", tt.mode, status)
			}
			if warned := strings.Contains(p.Output(), "nothing encrypts"); warned != (tt.mode == "auth" && strings.Trim(tt.host, "[]:0.") == "" && tt.host != "") {
				t.Errorf("it warns of others listening in: %t", warned)
			}
			stranger := p.Client()
			for _, o := range all {
				a := ask(t, stranger, o.method, strings.ReplaceAll(strings.ReplaceAll(o.path, "{", ""), "}", ""), "{}")
				absent := strings.HasPrefix(o.path, "/systemApi/recovery") && a.Status == http.StatusNotFound && strings.Contains(a.Body, "unknown_endpoint")
				if !o.public && a.Status != http.StatusUnauthorized && !absent { // what a recovery serves is nowhere else
					t.Errorf("%s %s answers a stranger: %s", o.method, o.path, a)
				}
				if o.public && a.Status == http.StatusOK && o.method == http.MethodPost {
					t.Errorf("%s %s does something for a stranger: %s", o.method, o.path, a)
				}
			}
		})
	}
}

// What the environment, the command line and the database say reaches whoever
// follows it.
func TestSettingsAreFollowed(t *testing.T) {
	t.Parallel() // it measures nothing
	dir := t.TempDir()
	store(t, dir, `{"publicHosts": ["api.example.com"], "logging": {"format": "json", "file": {"filename": "events.log"}},
		"apiRouterOptions": {"prefix": "/v1"}, "limits": {"scriptTime": 20, "runTime": 3000}, "httpCors": {"enabled": true}}`)
	p := startIn(t, []string{"ECOFLOW_LIMITS_API_BODY=2000", "ECOFLOW_RUNS_SHOW_ERRORS=always"}, dir, "--port", "0", "--no-browser", "--auth")
	flows := simple()
	flows["busy"] = drive.NewFlow().Request("b1", "GET", "/busy").Function("b2", "while (true) {}").Response("b3", "msg").Edge("b1", "b2", "b3")
	flows["late"] = drive.NewFlow().Request("l1", "GET", "/late").Node("l2", "Middleware", "ecoflow", "Delay", drive.Inputs{"duration": 60000}).
		Response("l3", "msg").Edge("l1", "l2", "l3")
	must(t, administrator(t, p).Deploy(flows))

	anybody := p.Client()
	want(t, anybody, "GET", "/v1/hello", nil, 200, `{"msg":"Hello World"}`)
	if a := ask(t, anybody, "POST", "/v1/echo", `"`+strings.Repeat("x", 2000)+`"`); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body over the limit: %s", a)
	}
	if a := ask(t, anybody, "GET", "/v1/busy", nil); a.Status != http.StatusInternalServerError || !strings.Contains(a.Body, "20ms") {
		t.Errorf("a script over the limit: %s", a)
	}
	if a := ask(t, anybody, "GET", "/v1/late", nil); a.Status != http.StatusGatewayTimeout {
		t.Errorf("a run over the limit: %s", a)
	}
	for host, status := range map[string]int{"api.example.com": 200, "evil.example.com": 421} {
		r, err := http.NewRequest(http.MethodGet, p.Address+"/v1/hello", nil)
		must(t, err)
		r.Host = host
		r.Header.Set("Origin", "https://app.example.com")
		res, err := anybody.HTTP.Do(r)
		must(t, err)
		res.Body.Close()
		if origin := res.Header.Get("Access-Control-Allow-Origin"); res.StatusCode != status || (origin == "*") != (status == 200) {
			t.Errorf("host %s: %d, allowed origin %q", host, res.StatusCode, origin)
		}
	}
	stop(t, p)
	lines := files(t, filepath.Join(dir, "logs"))["events.log"]
	if !strings.HasPrefix(lines, "{") || !json.Valid([]byte(strings.SplitN(lines, "\n", 2)[0])) {
		t.Errorf("the log: %.200q", lines)
	}
}

// Settings that became invalid lock nobody out, and are named.
func TestInvalidStoredSettings(t *testing.T) {
	dir := t.TempDir()
	store(t, dir, `{"Host": "not a host", "Port": 99999, "limits": {"runTime": "soon"}}`)
	p := start(t, dir)
	if a := ask(t, p.Client(), "GET", "/systemApi/server/isOnline", nil); a.Status != 200 {
		t.Error(a)
	}
	for _, key := range []string{"Host: ", "Port: ", "limits.runTime: "} {
		if !strings.Contains(p.Output(), "  "+key) {
			t.Errorf("nobody is told of %s", key)
		}
	}
	status, _, _ := run(t, nil, "--dir", dir, "status")
	if !strings.Contains(status, fmt.Sprintf("at %s\nmode     local", p.Address)) {
		t.Errorf("status: %s", status)
	}
}

// S10: with a certificate everything is encrypted, the session cookie included.
func TestHTTPS(t *testing.T) {
	dir := t.TempDir()
	pattern := httptest.NewTLSServer(nil)
	pattern.Close()
	pair := pattern.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), 0o600))

	env := []string{"ECOFLOW_HTTPS_ENABLED=true", "ECOFLOW_HTTPS_KEY=key.pem", "ECOFLOW_HTTPS_CERT=cert.pem"}
	p := startIn(t, env, dir, "--port", "0", "--no-browser", "--host", "0.0.0.0")
	if !strings.HasPrefix(p.Address, "https://localhost:") || strings.Contains(p.Output(), "nothing encrypts") {
		t.Errorf("it says:\n%s", p.Output())
	}
	c := p.Client()
	c.HTTP.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // it is nobody's
	must(t, c.SetUp(p.SetupCode))
	must(t, c.Deploy(simple()))
	want(t, c, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
	a := ask(t, c, "POST", "/systemApi/users/login", map[string]string{"username": drive.User, "password": drive.Password})
	if cookie := a.Header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "__Secure-") || !strings.Contains(cookie, "; Secure") || a.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s: cookie %q", a, cookie)
	}
	res, err := http.Get("http" + strings.TrimPrefix(p.Address, "https") + "/api/hello")
	must(t, err)
	res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("without encryption: %s", res.Status)
	}
	stop(t, p)
	must(t, os.Chmod(filepath.Join(dir, "key.pem"), 0o644))
	if _, stderr, code := run(t, env, "--dir", dir, "--no-browser", "--port", "0"); code != 1 || !strings.Contains(stderr, "chmod o-r") {
		t.Errorf("with a key that everybody reads: %d %s", code, stderr)
	}
}
