// Package webtest runs the whole product over a temporary folder: real storage,
// real features, the real handler. Tests speak to it as clients do.
package webtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // users are put into the database directly

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/config"
	"ecoflow/app/log"
	"ecoflow/app/secret"
	"ecoflow/app/system"
	"ecoflow/storage"
	"ecoflow/web"
)

// Host is the Host value under which a Product is reached.
const Host = "localhost:4000"

// SetupCode is the setup code of every Product.
const SetupCode = "TEST-CODE"

// Product is a running product.
type Product struct {
	*app.App
	http.Handler
	DB       *storage.DB
	Dir      string // the data folder
	Sessions *web.Sessions

	t      testing.TB
	users  int
	tokens int
}

// Option changes how a Product starts.
type Option func(*app.Options, *web.Options)

// Local starts in local mode.
func Local(o *app.Options, _ *web.Options) { o.Config = local }

// local stands for settings that leave local mode on.
var local = &config.Current{}

// Proxies makes the prefixes known reverse proxies.
func Proxies(prefixes ...string) Option {
	return func(_ *app.Options, o *web.Options) {
		for _, p := range prefixes {
			o.Proxies = append(o.Proxies, netip.MustParsePrefix(p))
		}
	}
}

// Watched has the health look at one more part.
func Watched(part system.Part) Option {
	return func(o *app.Options, _ *web.Options) { o.Parts = append(o.Parts, part) }
}

// Static serves the folder under /public.
func Static(root *os.Root) Option {
	return func(_ *app.Options, o *web.Options) { o.Static = &web.Static{Prefix: "/public", Root: root} }
}

// Start starts a product on an empty folder, in sign-in mode unless an option says
// otherwise. It ends with the test.
func Start(t testing.TB, options ...Option) *Product {
	t.Helper()
	ctx := context.Background()
	p := &Product{t: t, Dir: t.TempDir()}
	keys, err := secret.NewKeyring(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	records := log.Open(log.Options{Level: slog.LevelInfo})
	t.Cleanup(func() {
		if err := records.Close(); err != nil {
			t.Error(err)
		}
	})
	appOptions := app.Options{Log: records.Logger, Records: records, System: system.New(false), SetupCode: SetupCode, Folder: p.Dir, Key: secret.FromFile}
	p.Sessions = web.NewSessions(bytes.Repeat([]byte{9}, 32), "test")
	webOptions := web.Options{
		Hosts:    web.NewHosts([]netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:4000")}, "", nil),
		Sessions: p.Sessions,
	}
	for _, option := range options {
		option(&appOptions, &webOptions)
	}
	if p.DB, err = storage.Open(ctx, storage.Options{Path: p.path(), Keys: keys, Log: appOptions.Log, Version: "test"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.DB.Close(); err != nil {
			t.Error(err)
		}
	})
	appOptions.Parts = slices.Insert(appOptions.Parts, 0, p.DB.Part())
	mode := map[string]string{"signIn": "true"}
	if appOptions.Config == local {
		mode = nil
	}
	if appOptions.Config, err = config.Open(ctx, p.DB.Settings(), config.Outside{Flags: mode}); err != nil {
		t.Fatal(err)
	}
	if p.App, err = app.New(ctx, appOptions, p.DB.Stores()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.System.Stop()
		if err := p.App.Close(); err != nil {
			t.Error(err)
		}
	})
	p.DB.WatchAilments(p.Health.Nudge)
	p.System.Ready()
	p.Handler = web.New(p.App, webOptions)
	return p
}

func (p *Product) path() string { return filepath.Join(p.Dir, "ecoflow.db") }

// Credential signs a request; nil leaves it a stranger's.
type Credential func(*http.Request)

// Bearer is an access token or personal API token.
func Bearer(token string) Credential {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

// User is somebody who is signed in, with every way to show it.
type User struct {
	ID     int64
	Name   string
	Role   int64      // the one they hold
	Cookie Credential // the session cookie
	Access Credential // the session's access token
	Token  Credential // a personal token with all of the user's permissions
	Value  string     // of the session cookie
}

// Admin returns a signed-in administrator.
func (p *Product) Admin() User { return p.User(auth.Everything) }

// User returns a new signed-in user with the permissions.
func (p *Product) User(permissions auth.Permission) User {
	p.t.Helper()
	ctx := context.Background()
	p.users++
	u := User{Name: fmt.Sprintf("user%d", p.users)}
	now := time.Now()
	db, err := sql.Open("sqlite", p.path()+"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)")
	p.must(err)
	defer db.Close()
	must := func(res sql.Result, err error) int64 {
		p.t.Helper()
		p.must(err)
		id, err := res.LastInsertId()
		p.must(err)
		return id
	}
	u.ID = must(db.Exec(`INSERT INTO users (username, name, email, hash, is_active, is_permanent, must_change, created, updated)
		VALUES (?, ?, '', '', 1, 0, 0, ?, ?)`, u.Name, u.Name, now.UnixMilli(), now.UnixMilli()))
	u.Role = must(db.Exec(`INSERT INTO roles (name, is_default, permissions) VALUES (?, 0, ?)`, "role of "+u.Name, int64(permissions)))
	must(db.Exec(`INSERT INTO user_roles (user_id, role_id) VALUES (?, ?)`, u.ID, u.Role))

	id, access, token := "session of "+u.Name, auth.AccessPrefix+u.Name, auth.TokenPrefix+u.Name
	p.must(p.Accounts.Store.AddSession(ctx, auth.Session{
		ID: digest(id), Access: digest(access), AccessExpires: now.Add(time.Hour), Public: "public " + u.Name, UserID: u.ID,
		Created: now, Seen: now, Expires: now.Add(time.Hour), Consented: now,
	}, "", 10))
	p.must(p.Accounts.Store.AddToken(ctx, auth.Token{
		Hash: digest(token), Public: "token " + u.Name, UserID: u.ID, Name: "full", Permissions: permissions, Created: now, Expires: now.Add(time.Hour),
	}, 10))
	rec := httptest.NewRecorder()
	p.must(p.Sessions.Set(rec, httptest.NewRequest(http.MethodGet, "/", nil), id))
	cookie := rec.Result().Cookies()[0]
	u.Value = cookie.Value
	u.Cookie = func(r *http.Request) { r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value}) }
	u.Access, u.Token = Bearer(access), Bearer(token)
	return u
}

// Narrow returns a personal token of the user that can do no more than permissions.
func (p *Product) Narrow(u User, permissions auth.Permission) Credential {
	p.t.Helper()
	p.tokens++
	token := fmt.Sprintf("%snarrow%d", auth.TokenPrefix, p.tokens)
	p.must(p.Accounts.Store.AddToken(context.Background(), auth.Token{
		Hash: digest(token), Public: token, UserID: u.ID, Name: "narrow", Permissions: permissions, Created: time.Now(), Expires: time.Now().Add(time.Hour),
	}, 1000))
	return Bearer(token)
}

// Person returns the person at the machine, in local mode.
func (p *Product) Person() Credential {
	p.t.Helper()
	rec := p.Do(nil, "POST", "/systemApi/launch", `{"token":"`+p.Accounts.LaunchToken()+`"}`)
	if rec.Code != http.StatusOK {
		p.t.Fatalf("launch: %d %s", rec.Code, rec.Body)
	}
	cookies := rec.Result().Cookies()
	return func(r *http.Request) {
		for _, c := range cookies {
			r.AddCookie(c)
		}
	}
}

// digest is what the store keeps of a secret.
func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// Request makes a request as a client on this machine would: a body, or a method
// that takes one, is JSON. header is names and values in turn.
func (p *Product) Request(c Credential, method, target, body string, header ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = Host
	r.RemoteAddr = "127.0.0.1:50000"
	if body != "" || method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	if c != nil {
		c(r)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// Do sends a request and returns the answer.
func (p *Product) Do(c Credential, method, target, body string, header ...string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	p.ServeHTTP(rec, p.Request(c, method, target, body, header...))
	return rec
}

// Serve serves the product on a port of its own and returns its address; for what
// a recorder cannot show, such as streams.
func (p *Product) Serve() string {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = Host
		p.ServeHTTP(w, r)
	}))
	s.Start()
	p.t.Cleanup(s.Close)
	return s.URL
}

func (p *Product) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// Exec runs a statement on the database behind the product's back.
func (p *Product) Exec(statement string, args ...any) {
	p.t.Helper()
	db, err := sql.Open("sqlite", p.path()+"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)")
	p.must(err)
	defer db.Close()
	_, err = db.Exec(statement, args...)
	p.must(err)
}

// Dump returns every row of every table as text, by table; columns that reading
// may change (when something was last seen or used) are left out.
func (p *Product) Dump() map[string][]string {
	p.t.Helper()
	db, err := sql.Open("sqlite", p.path()+"?_pragma=busy_timeout(5000)&_pragma=query_only(1)")
	p.must(err)
	defer db.Close()
	dump := map[string][]string{}
	for _, table := range p.query(db, `SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`) {
		columns := p.query(db, `SELECT name FROM pragma_table_info(?) WHERE name NOT IN ('seen', 'used') ORDER BY cid`, table)
		dump[table] = p.query(db, `SELECT `+strings.Join(quoted(columns), `||'|'||`)+` AS line FROM "`+table+`" ORDER BY line`)
	}
	return dump
}

func quoted(columns []string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = `quote("` + c + `")`
	}
	return out
}

func (p *Product) query(db *sql.DB, statement string, args ...any) []string {
	p.t.Helper()
	rows, err := db.Query(statement, args...)
	p.must(err)
	defer rows.Close()
	list := []string{}
	for rows.Next() {
		var text string
		p.must(rows.Scan(&text))
		list = append(list, text)
	}
	p.must(rows.Err())
	return list
}
