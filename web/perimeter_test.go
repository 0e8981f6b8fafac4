package web_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"ecoflow/app"
	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/web/api"
	"ecoflow/web/endpoint"
	"ecoflow/web/webtest"
)

// instance fills the parameters of a declared path.
func instance(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			parts[i] = "x"
		}
	}
	return endpoint.Prefix + strings.Join(parts, "/")
}

func TestCrossSiteWritesAreRefused(t *testing.T) {
	p := webtest.Start(t)
	admin := p.Admin()
	forged := [][]string{
		{"Origin", "http://evil.test", "Sec-Fetch-Site", "cross-site"},
		{"Origin", "http://evil.test"},
		{"Origin", "http://localhost:5000"}, // another port of this machine
		{"Origin", "http://localhost:5000", "Sec-Fetch-Site", "same-site"},
		{"Origin", "http://127.0.0.1:4000"}, // another name of ours
		{"Origin", "null"},
		{"Origin", "http://localhost:4000.evil.test"},
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Sec-Fetch-Site", "cross-site", "Origin", "http://localhost:4000"},
		{"Content-Type", "text/plain"},
		{"Content-Type", "application/x-www-form-urlencoded"},
		{"Content-Type", "multipart/form-data; boundary=x"},
		{"Origin", "http://evil.test", "X-HTTP-Method-Override", "GET"},
	}
	before := p.Dump()
	for _, e := range api.All(p.App) {
		if e.Safe() {
			continue
		}
		for _, path := range e.Paths {
			for _, header := range forged {
				rec := p.Do(admin.Cookie, e.Method, instance(path), `{}`, header...)
				if rec.Code != http.StatusForbidden && rec.Code != http.StatusUnsupportedMediaType {
					t.Errorf("%s %s with %q: %d %s", e.Method, path, header, rec.Code, rec.Body)
				}
			}
		}
	}
	after := p.Dump()
	for _, dump := range []map[string][]string{before, after} { // what was tried may be noted
		maps.DeleteFunc(dump, func(table string, _ []string) bool { return strings.Contains(table, "audit") })
	}
	if !maps.EqualFunc(before, after, slices.Equal) {
		t.Error("a forged request changed something")
	}
}

// S4: reading changes nothing, in the database or beside it, and answers no
// credential; streams and downloads neither.
func TestSafeMethodsChangeNothing(t *testing.T) {
	p := webtest.Start(t)
	admin := p.Admin()
	files := func() map[string]string { // but the database, which is looked at row by row
		found := map[string]string{}
		err := filepath.WalkDir(p.Dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "ecoflow.db") {
				found[path] = ""
				return err
			}
			data, err := os.ReadFile(path)
			found[path] = string(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	before, filesBefore := p.Dump(), files()
	for _, e := range api.All(p.App) {
		if !e.Safe() {
			continue
		}
		for _, path := range e.Paths {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
				rec := &glimpse{ResponseRecorder: httptest.NewRecorder(), seen: make(chan struct{})}
				ctx, leave := context.WithCancel(t.Context())
				r := p.Request(admin.Cookie, method, instance(path), "", "X-HTTP-Method-Override", "DELETE", "X-Method-Override", "DELETE")
				done := make(chan struct{})
				go func() {
					defer close(done)
					p.ServeHTTP(rec, r.WithContext(ctx))
				}()
				select {
				case <-done:
				case <-rec.seen:
					if e.Raw() { // a stream does not end by itself
						leave()
					}
					<-done
				}
				leave()
				if rec.Code >= 500 {
					t.Errorf("%s %s: %d %s", method, path, rec.Code, rec.Body)
				}
				if rec.Header().Get("Set-Cookie") != "" || strings.Contains(rec.Body.String(), admin.Value) {
					t.Errorf("%s %s answers a credential", method, path)
				}
			}
		}
	}
	if after := p.Dump(); !maps.EqualFunc(before, after, slices.Equal) {
		t.Errorf("reading changed something:\n%v\n%v", before, after)
	}
	if after := files(); !maps.Equal(filesBefore, after) {
		t.Errorf("reading changed the folder: %v, then %v", filesBefore, after)
	}
}

// glimpse is a client that notices when the answer begins.
type glimpse struct {
	*httptest.ResponseRecorder
	once sync.Once
	seen chan struct{}
}

func (g *glimpse) Write(b []byte) (int, error) {
	n, err := g.ResponseRecorder.Write(b)
	g.once.Do(func() { close(g.seen) })
	return n, err
}

func TestSecurityHeaders(t *testing.T) {
	p := webtest.Start(t)
	admin := p.Admin()
	check := func(name string, rec *httptest.ResponseRecorder, status int) {
		t.Helper()
		h := rec.Header()
		if rec.Code != status {
			t.Errorf("%s: %d, want %d", name, rec.Code, status)
		}
		csp := h.Get("Content-Security-Policy")
		for _, part := range []string{
			"default-src 'none'", "script-src 'self'", "connect-src 'self'", "worker-src 'self' blob:", "img-src 'self' data: blob:", "font-src 'self'",
			"style-src 'self'", "form-action 'self'", "base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'",
		} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s: the policy lacks %s", name, part)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Count(csp, ";") != 10 {
			t.Errorf("%s: policy %s", name, csp)
		}
		for header, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := h.Get(header); got != want {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
		if !strings.Contains(h.Get("Permissions-Policy"), "camera=()") {
			t.Errorf("%s: Permissions-Policy is %q", name, h.Get("Permissions-Policy"))
		}
		for header := range h {
			if header == "Server" || header == "X-Powered-By" || strings.HasPrefix(header, "Access-Control-") {
				t.Errorf("%s: sends %s", name, header)
			}
		}
		if h.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: speaks of TLS without TLS", name)
		}
	}
	for _, e := range api.All(p.App) {
		for _, path := range e.Paths {
			if e.Safe() {
				rec := p.Do(admin.Cookie, http.MethodHead, instance(path), "")
				check("HEAD "+path, rec, rec.Code)
				if got := rec.Header().Get("Cache-Control"); got != "no-store" {
					t.Errorf("%s: Cache-Control is %q", path, got)
				}
			}
			check("TRACE "+path, p.Do(admin.Cookie, "TRACE", instance(path), ""), 405)
		}
	}
	check("unknown", p.Do(nil, "GET", "/systemApi/nothing", ""), 404)
	check("anonymous", p.Do(nil, "GET", "/systemApi/me", ""), 401)
	check("refused host", p.Do(func(r *http.Request) { r.Host = "evil.test" }, "GET", "/systemApi/me", ""), 421)
	check("refused origin", p.Do(admin.Cookie, "POST", "/systemApi/me/tokens", "{}", "Origin", "http://evil.test"), 403)
	check("window", p.Do(nil, "GET", "/_/", ""), 200)
	check("window screen", p.Do(nil, "GET", "/_/flows/shop", ""), 200)
	check("window file", p.Do(nil, "GET", "/_/page.js", ""), 200)
	check("window method", p.Do(nil, "POST", "/_/", ""), 405)
	check("root", p.Do(nil, "GET", "/", ""), 302)
	check("old editor", p.Do(nil, "GET", "/Editor/Flow/x", ""), 302)
	p.Engine = nil
	check("no flows", p.Do(nil, "GET", "/api/x", ""), 503)
	if err := p.DB.Close(); err != nil {
		t.Fatal(err)
	}
	rec := p.Do(admin.Cookie, "GET", "/systemApi/me", "")
	check("no storage", rec, rec.Code)
	if rec.Code < 500 {
		t.Errorf("without storage: %d", rec.Code)
	}

	tls := webtest.Start(t, webtest.Proxies("127.0.0.1/32"))
	rec = tls.Do(nil, "GET", "/_/", "", "X-Forwarded-Proto", "https")
	if rec.Header().Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS under TLS")
	}
}

func TestPageHasItsOwnStyleNonce(t *testing.T) {
	p := webtest.Start(t)
	seen := map[string]bool{}
	for range 3 {
		rec := p.Do(nil, "GET", "/_/", "")
		_, rest, _ := strings.Cut(rec.Header().Get("Content-Security-Policy"), "style-src 'self' 'nonce-")
		nonce, _, _ := strings.Cut(rest, "'")
		if len(nonce) < 20 || seen[nonce] || !strings.Contains(rec.Body.String(), `content="`+nonce+`"`) {
			t.Errorf("nonce %q", nonce)
		}
		seen[nonce] = true
	}
}

func TestOldAddressesLeadToTheWindow(t *testing.T) {
	p := webtest.Start(t)
	for path, want := range map[string]string{
		"/": "/_/", "/_": "/_/", "/auth": "/_/", "/auth/login": "/_/", "/ADMIN": "/_/", "/editor/flow": "/_/", "/editor/schema/x": "/_/", "/launch": "/_/launch",
	} {
		rec := p.Do(nil, "GET", path, "")
		if rec.Code != http.StatusFound || rec.Header().Get("Location") != want {
			t.Errorf("%s: %d %q", path, rec.Code, rec.Header().Get("Location"))
		}
	}
}

// A window that is switched off is not there, and everything else is as ever.
func TestWindowOff(t *testing.T) {
	p := webtest.Start(t)
	admin := p.Admin()
	set := func(body string) {
		t.Helper()
		if rec := p.Do(admin.Token, "PUT", "/systemApi/admin/config", body); rec.Code != 200 {
			t.Fatalf("%s: %d %s", body, rec.Code, rec.Body)
		}
	}
	paths := []string{"/", "/_", "/_/", "/_/flows", "/_/recovery", "/_/favicon.svg", "/_/assets/x.js", "/launch", "/auth", "/admin/x", "/editor/flow"}
	set(`{"editorEnabled": false}`)
	for _, path := range paths {
		for _, method := range []string{"GET", "POST"} {
			rec := p.Do(admin.Cookie, method, path, "")
			if rec.Code != 404 || !strings.Contains(rec.Body.String(), `"code":"window_off"`) || rec.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s %s: %d %.200s", method, path, rec.Code, rec.Body)
			}
		}
	}
	for path, want := range map[string]int{"/systemApi/me": 200, "/systemApi/health": 200, "/systemApi/health/ready": 200, "/systemApi/metrics": 200, "/api/openapi.json": 200, "/api/none": 404, "/other": 404} {
		rec := p.Do(admin.Token, "GET", path, "")
		if rec.Code != want || strings.Contains(rec.Body.String(), "window_off") {
			t.Errorf("%s: %d %.200s", path, rec.Code, rec.Body)
		}
	}
	engine := p.Engine
	p.Engine = echo{}
	if rec := p.Do(nil, "GET", "/auth/mine", ""); rec.Code != 200 {
		t.Errorf("a deployed route at an old address: %d", rec.Code)
	}
	p.Engine = engine
	set(`{"editor": {"enabled": true}}`)
	if rec := p.Do(nil, "GET", "/", ""); rec.Code != 302 {
		t.Errorf("switched on again: %d %s", rec.Code, rec.Body)
	}
}

// echo stands in for deployed flows at the seam between them and the front door.
type echo struct{ app.Engine }

func (echo) Serves(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/auth/mine") }

func (echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/api/panic":
		panic("on purpose")
	case "/api/html", "/api/empty":
		w.Header().Set("Content-Type", "text/html")
	}
	if r.URL.Path != "/api/empty" {
		fmt.Fprintf(w, "%q", r.Header)
	}
}

func TestFlowsSeeNoCredential(t *testing.T) {
	p := webtest.Start(t)
	p.Engine = echo{}
	u := p.Admin()
	for name, c := range map[string]webtest.Credential{"cookie": u.Cookie, "access token": u.Access, "personal token": u.Token} {
		rec := p.Do(c, "GET", "/api/echo", "", "X-Setup-Code", webtest.SetupCode)
		body := rec.Body.String()
		if rec.Code != 200 || strings.Contains(body, "ecf_") || strings.Contains(body, "eca_") || strings.Contains(body, u.Value) || strings.Contains(body, webtest.SetupCode) {
			t.Errorf("%s: %d %s", name, rec.Code, body)
		}
		if rec.Header().Get("Content-Type") != "application/octet-stream" || rec.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", name, rec.Header())
		}
	}
	for _, path := range []string{"/api/html", "/api/empty"} {
		if rec := p.Do(nil, "GET", path, ""); rec.Header().Get("Content-Security-Policy") != "sandbox allow-scripts allow-forms allow-popups" {
			t.Errorf("%s: %v", path, rec.Header())
		}
	}
	if rec := p.Do(nil, "GET", "/api/panic", ""); rec.Code != 500 || !strings.Contains(rec.Body.String(), `"requestId":"`) {
		t.Errorf("panic: %d %s", rec.Code, rec.Body)
	}
	// Whoever watches the server hears of it.
	if rec := p.Do(u.Cookie, "GET", "/systemApi/health", ""); !strings.Contains(rec.Body.String(), `"part":"process","state":"warning","reason":"A mistake of EcoFlow's own was caught at `) {
		t.Errorf("health after a panic: %d %s", rec.Code, rec.Body)
	}
	if rec := p.Do(nil, "GET", "/auth/mine", ""); rec.Code != 200 {
		t.Errorf("a deployed route gives way to an old address: %d", rec.Code)
	}
	if rec := p.Do(nil, "GET", "/auth/other", ""); rec.Code != 302 {
		t.Errorf("an old address: %d", rec.Code)
	}
	p.Engine = nil // a stand-in cannot be asked for its figures
	if rec, want := p.Do(u.Cookie, "GET", "/systemApi/metrics", ""), fmt.Sprintf("\necoflow_panics_total %d\n", fault.Panics()); !strings.Contains(rec.Body.String(), want) {
		t.Errorf("metrics after a panic lack %q: %d", want, rec.Code)
	}
	if rec := p.Do(func(r *http.Request) { r.Host = "evil.test" }, "GET", "/api/echo", ""); rec.Code != 421 {
		t.Errorf("a foreign name reaches flows: %d", rec.Code)
	}
}

func TestStaticFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "site"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("a.txt", "text")
	write("site/index.html", "<script>")
	write(".hidden", "secret")
	write("unknown.xyzzy", "bytes")
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.txt")); err != nil {
		t.Skip("no symbolic links here")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	p := webtest.Start(t, webtest.Static(root))
	for _, c := range []struct {
		method, path string
		status       int
		contentType  string
		sandboxed    bool
	}{
		{"GET", "/public/a.txt", 200, "text/plain; charset=utf-8", false},
		{"HEAD", "/public/a.txt", 200, "text/plain; charset=utf-8", false},
		{"GET", "/public/site/", 200, "text/html; charset=utf-8", true},
		{"GET", "/public/unknown.xyzzy", 200, "application/octet-stream", false},
		{"GET", "/public/", 404, "application/json", false},
		{"GET", "/public/site", 404, "application/json", false},
		{"GET", "/public/.hidden", 404, "application/json", false},
		{"GET", "/public/site/../.hidden", 404, "application/json", false},
		{"GET", "/public/../ecoflow.db", 404, "application/json", false},
		{"GET", "/public/..%2fecoflow.db", 404, "application/json", false},
		{"GET", "/public/%2e%2e/ecoflow.db", 404, "application/json", false},
		{"GET", "/public/link.txt", 404, "application/json", false},
		{"GET", "/public/a.txt%00", 404, "application/json", false},
		{"GET", "/public/..\\a.txt", 404, "application/json", false},
		{"POST", "/public/a.txt", 405, "application/json", false},
		{"DELETE", "/_/", 405, "application/json", true},
		{"GET", "/_/assets/gone.js", 404, "application/json", true},
	} {
		rec := p.Do(nil, c.method, c.path, "")
		h := rec.Header()
		if rec.Code != c.status || h.Get("Content-Type") != c.contentType || h.Get("X-Content-Type-Options") != "nosniff" ||
			(h.Get("Content-Security-Policy") != "") != c.sandboxed {
			t.Errorf("%s %s: %d %v", c.method, c.path, rec.Code, h)
		}
		if body := rec.Body.String(); c.status >= 400 && (!strings.Contains(body, `"error":true`) || !strings.Contains(body, `"requestId":"`) || strings.Contains(body, `"requestId":""`)) {
			t.Errorf("%s %s: %s", c.method, c.path, body)
		}
	}
	if body := p.Do(nil, "GET", "/public/nope", "").Body.String(); !strings.Contains(body, "There is nothing at /public/nope.") {
		t.Errorf("what is not there: %s", body)
	}
}

func TestHeaderFields(t *testing.T) {
	p := webtest.Start(t)
	send := func(n int) int {
		return p.Do(func(r *http.Request) {
			for range n {
				r.Header.Add("X-A", "1")
			}
		}, "GET", "/systemApi/server/isOnline", "").Code
	}
	if code := send(limit.HeaderFields); code != 200 {
		t.Errorf("%d fields: %d", limit.HeaderFields, code)
	}
	if code := send(limit.HeaderFields + 1); code != 431 {
		t.Errorf("%d fields: %d", limit.HeaderFields+1, code)
	}
	if p.Limits.Snapshot()["header fields"] != 1 {
		t.Error("the refusal is not counted")
	}
}

func TestHeaderBytes(t *testing.T) {
	p := webtest.Start(t)
	address := p.Serve()
	send := func(target string, n int) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-A", strings.Repeat("x", n))
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	const around = 200 // what a client sends besides
	for n, want := range map[int]int{limit.HeaderBytes - around: 200, limit.HeaderBytes: 431, 4 * limit.HeaderBytes: 431} {
		if got := send(address+"/systemApi/server/isOnline", n); got != want {
			t.Errorf("%d bytes of header: %d, want %d", n, got, want)
		}
	}
}

func TestSpoofedAddressDoesNotMoveTheCaller(t *testing.T) {
	p := webtest.Start(t)
	p.Do(nil, "POST", "/systemApi/users/login", `{"username":"bob","password":"wrong"}`, "X-Forwarded-For", "203.0.113.9")
	list, _, err := p.DB.Audit().Page(context.Background(), 0, 1)
	if err != nil || len(list) != 1 || list[0].Address != "127.0.0.1" {
		t.Errorf("%v %+v", err, list)
	}
}

// discard is an answer nobody keeps.
type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

// fixed is a flow that costs nothing.
type fixed struct{ app.Engine }

var fixedType = []string{"application/json"}

func (fixed) Serves(*http.Request) bool { return true }
func (fixed) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header()["Content-Type"] = fixedType
	w.WriteHeader(http.StatusOK)
}

func TestFrontDoorCostsFlowsNoMemory(t *testing.T) {
	p := webtest.Start(t)
	p.Engine = fixed{}
	r := p.Request(nil, "GET", "/api/hello", "")
	w := discard{http.Header{}}
	if n := testing.AllocsPerRun(1000, func() { p.ServeHTTP(w, r) }); n > 0 {
		t.Errorf("%v allocations per request", n)
	}
}

func BenchmarkFrontDoor(b *testing.B) {
	p := webtest.Start(b)
	p.Engine = fixed{}
	r := p.Request(nil, "GET", "/api/hello", "")
	w := discard{http.Header{}}
	for b.Loop() {
		p.ServeHTTP(w, r)
	}
}
