package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/recovery"
	"ecoflow/web"
	"ecoflow/web/api"
	"ecoflow/web/endpoint"
	"ecoflow/web/webtest"
)

// Who may use what. The table stands beside the declarations on purpose: whoever
// opens an endpoint, or closes one, says so twice.
const (
	anybody  = "anybody"
	signedIn = "signed in"
	inPerson = "signed in, by a session" // not by an API token
	envKeys  = "createEnvs updateEnvs deleteEnvs"
)

// access is, by endpoint, anybody, signed in, in person, or permissions of which one is enough.
var access = map[string]string{
	"setup.status":            anybody,
	"setup.validateDatabase":  anybody,
	"setup.blank":             anybody,
	"session.signIn":          anybody,
	"session.launch":          anybody,
	"session.refresh":         signedIn,
	"session.signOut":         signedIn,
	"session.check":           signedIn,
	"me.show":                 signedIn,
	"me.setPreferences":       inPerson,
	"me.consent":              inPerson,
	"me.sessions":             signedIn,
	"me.endOtherSessions":     inPerson,
	"me.endSession":           inPerson,
	"me.tokens":               signedIn,
	"me.addToken":             inPerson,
	"me.endToken":             inPerson,
	"profile.show":            signedIn,
	"profile.change":          inPerson,
	"profile.permissions":     signedIn,
	"profile.permissionsPart": signedIn,
	"profile.roles":           signedIn,
	"user.list":               "showUser createUser updateUser deleteUser",
	"user.names":              "showUser createUser updateUser deleteUser",
	"user.allNames":           "showUser createUser updateUser deleteUser",
	"user.show":               "showUser createUser updateUser deleteUser",
	"user.create":             "createUser",
	"user.update":             "updateUser",
	"user.toggle":             "deleteUser",
	"user.requireChange":      "updateUser",
	"user.delete":             "deleteUser",
	"user.access":             "deleteUser",
	"user.signOut":            "deleteUser",
	"user.endSession":         "deleteUser",
	"user.endToken":           "deleteUser",
	"permission.list":         signedIn,
	"role.list":               "createRole updateRole deleteRole showUser createUser updateUser",
	"role.show":               "createRole updateRole deleteRole showUser createUser updateUser",
	"role.members":            "deleteRole showUser createUser updateUser deleteUser",
	"role.create":             "createRole",
	"role.update":             "updateRole",
	"role.delete":             "deleteRole",
	"flow.list":               "flowEditor",
	"flow.show":               "flowEditor",
	"flow.settings":           "flowEditor",
	"flow.expressions":        "flowEditor",
	"flow.changeSettings":     "flowEditor",
	"flow.deploy":             "flowEditor",
	"draft.list":              "flowEditor",
	"draft.show":              "flowEditor",
	"draft.save":              "flowEditor",
	"draft.arrange":           "flowEditor",
	"draft.delete":            "flowEditor",
	"draft.copy":              "flowEditor",
	"draft.check":             "flowEditor",
	"draft.import":            "flowEditor",
	"draft.run":               "flowEditor",
	"draft.tests":             "flowEditor",
	"draft.showTest":          "flowEditor",
	"draft.saveTest":          "flowEditor",
	"draft.deleteTest":        "flowEditor",
	"draft.runTests":          "flowEditor",
	"deployment.list":         "flowEditor",
	"deployment.show":         "flowEditor",
	"deployment.annotate":     "flowEditor",
	"deployment.changes":      "flowEditor",
	"deployment.restore":      "flowEditor",
	"module.list":             "flowEditor",
	"module.show":             "flowEditor",
	"node.list":               "flowEditor",
	"node.show":               "flowEditor",
	"node.options":            "flowEditor",
	"template.check":          "flowEditor",
	"environment.all":         envKeys,
	"environment.find":        envKeys,
	"environment.users":       envKeys,
	"environment.findUser":    envKeys,
	"environment.systems":     "administrator",
	"environment.findSystem":  "administrator",
	"environment.replace":     envKeys,
	"environment.list":        envKeys,
	"environment.names":       "flowEditor",
	"environment.change":      envKeys,
	"environment.import":      envKeys,
	"debug.list":              "flowEditor",
	"run.list":                "flowEditor",
	"run.show":                "flowEditor",
	"about.show":              signedIn,
	"log.tail":                "serverConfigurationShow",
	"log.download":            "serverConfigurationShow",
	"audit.first":             "auditLogs",
	"audit.page":              "auditLogs",
	"audit.list":              "auditLogs",
	"audit.export":            "auditLogs",
	"audit.chain":             "auditLogs",
	"audit.verify":            "auditLogs",
	"server.traffic":          "flowEditor serverConfigurationShow",
	"server.metrics":          "serverConfigurationShow",
	"dashboard.status":        signedIn,
	"server.isOnline":         anybody,
	"health.live":             anybody,
	"health.ready":            anybody,
	"health.show":             "serverConfigurationShow",
	"server.state":            signedIn,
	"settings.show":           "serverConfigurationShow serverConfigurationUpdate",
	"settings.save":           "serverConfigurationUpdate",
	"settings.check":          "serverConfigurationUpdate",
	"settings.confirm":        "serverConfigurationUpdate",
	"settings.cancel":         "serverConfigurationUpdate",
	"settings.versions":       "serverConfigurationShow serverConfigurationUpdate",
	"settings.compare":        "serverConfigurationShow serverConfigurationUpdate",
	"settings.restore":        "serverConfigurationUpdate",
	"database.size":           "serverConfigurationShow serverConfigurationUpdate",
	"database.compact":        "serverConfigurationUpdate",
	"config.show":             "serverConfigurationShow serverConfigurationUpdate",
	"config.part":             "serverConfigurationShow serverConfigurationUpdate",
	"config.update":           "serverConfigurationUpdate",
	"folder.list":             "serverConfigurationUpdate createDBConnection modifyDBConnection", // or the setup code, see its own test
	"server.operate":          signedIn,                                                          // restart and stop need more: TestOperatingTheServer
	"event.stream":            signedIn,
	"api.describe":            signedIn,
	"recovery.open":           anybody, // who brings the code
	"recovery.show":           signedIn,
	"recovery.salvage":        signedIn,
	"recovery.start":          signedIn,
	"recovery.quit":           signedIn,
	"recovery.download":       signedIn,
}

// endsCredential lists the endpoints after which a credential is not what it was.
var endsCredential = map[string]bool{"session.refresh": true, "session.signOut": true, "me.endOtherSessions": true}

// request is an endpoint under one of its paths.
type request struct {
	endpoint.Endpoint
	path string
}

func requests(p *webtest.Product) []request { return spelled(api.All(p.App)) }

// spelled returns the endpoints under each of their paths.
func spelled(endpoints []endpoint.Endpoint) []request {
	var all []request
	for _, e := range endpoints {
		for _, path := range e.Paths {
			segments := strings.Split(path, "/")
			for i, s := range segments {
				if strings.HasPrefix(s, "{") {
					segments[i] = "x"
				}
			}
			all = append(all, request{e, endpoint.Prefix + strings.Join(segments, "/")})
		}
	}
	return all
}

// send asks for a little: the answer of an endpoint that lets one in is a
// complaint about the body, most of the time. Streams are asked for their head.
func (r request) send(p *webtest.Product, who webtest.Credential, method, path string) *httptest.ResponseRecorder {
	method, body := r.little(method)
	return p.Do(who, method, path, body)
}

// little is what is asked for a method of an endpoint.
func (r request) little(method string) (asked, body string) {
	if method != http.MethodGet && method != http.MethodHead {
		body = "{}"
	}
	if r.Raw() && method == http.MethodGet {
		method = http.MethodHead
	}
	return method, body
}

// verdict is what the front door made of a request: stranger, forbidden, token or in.
func verdict(rec *httptest.ResponseRecorder) string {
	switch body := rec.Body.String(); {
	case rec.Code == http.StatusUnauthorized && strings.Contains(body, `"payload":"Sign in first."`):
		return "stranger"
	case rec.Code == http.StatusForbidden && strings.Contains(body, `"code":"missing_permission"`):
		return "forbidden"
	case rec.Code == http.StatusForbidden && strings.Contains(body, `"code":"session_needed"`):
		return "token"
	}
	return "in"
}

func expected(rule string, p auth.Permission, known bool) string {
	switch {
	case rule == anybody:
		return "in"
	case !known:
		return "stranger"
	case rule == signedIn, rule == inPerson, p&auth.Administrator != 0:
		return "in"
	}
	for _, name := range p.Names() {
		for _, enough := range strings.Fields(rule) {
			if name == enough {
				return "in"
			}
		}
	}
	return "forbidden"
}

func TestEveryEndpointHasARule(t *testing.T) {
	p := webtest.Start(t)
	declared := map[string]bool{}
	for _, e := range slices.Concat(api.All(p.App), api.Recovery(recovery.New(slog.New(slog.DiscardHandler), unread{}, false))) {
		declared[e.ID] = true
		rule, ok := access[e.ID]
		if !ok {
			t.Errorf("%q is not in the table of who may use what", e.ID)
			continue
		}
		if e.Public() != (rule == anybody) {
			t.Errorf("%q: the table says %q", e.ID, rule)
		}
		if e.NeedsSession != (rule == inPerson) {
			t.Errorf("%q: the table says %q", e.ID, rule)
		}
		for _, name := range strings.Fields(rule) {
			if _, ok := auth.ParsePermission(name); !ok && rule != anybody && rule != signedIn && rule != inPerson {
				t.Errorf("%q: the table says %q", e.ID, rule)
			}
		}
	}
	for id := range access {
		if !declared[id] {
			t.Errorf("%q is in the table and nowhere else", id)
		}
	}
}

func TestAccess(t *testing.T) {
	p := webtest.Start(t)
	type actor struct {
		name        string
		permissions auth.Permission
		known       bool
		ways        map[string]webtest.Credential
	}
	ways := func(u webtest.User, all webtest.User, permissions auth.Permission) map[string]webtest.Credential {
		return map[string]webtest.Credential{
			"cookie": u.Cookie, "access token": u.Access, "full token": u.Token, "narrowed token": p.Narrow(all, permissions),
		}
	}
	all := p.Admin()
	actors := []actor{{"nobody", 0, false, map[string]webtest.Credential{
		"nothing": nil, "a forged token": webtest.Bearer(auth.TokenPrefix + "forged"), "an empty token": webtest.Bearer(""),
		"a forged cookie": func(r *http.Request) { r.AddCookie(&http.Cookie{Name: p.Sessions.Name(), Value: "forged"}) },
	}}}
	none := p.User(0)
	actors = append(actors, actor{"no rights", 0, true, ways(none, all, 0)})
	for _, d := range auth.Catalogue {
		actors = append(actors, actor{d.Name, d.Permission, true, ways(p.User(d.Permission), all, d.Permission)})
	}
	for _, r := range requests(p) {
		rule, method := access[r.ID], r.Method
		var asking sync.WaitGroup // all at once, so that their audit entries share commits
		for _, a := range actors {
			for way, credential := range a.ways {
				if endsCredential[r.ID] && a.known {
					if way == "narrowed token" {
						credential = p.Narrow(p.Admin(), a.permissions)
					} else {
						credential = ways(p.User(a.permissions), all, 0)[way]
					}
				}
				asking.Go(func() {
					rec := r.send(p, credential, method, r.path)
					want := expected(rule, a.permissions, a.known)
					if want == "in" && rule == inPerson && (way == "full token" || way == "narrowed token") {
						want = "token"
					}
					if got := verdict(rec); got != want {
						t.Errorf("%s %s as %s by %s: %s, want %s: %d %s", method, r.path, a.name, way, got, want, rec.Code, rec.Body)
					}
				})
			}
		}
		asking.Wait()
	}
}

// unread stands for a database that cannot be used.
type unread struct{}

func (unread) Found() recovery.Found { return recovery.Found{Problem: recovery.Damaged} }

func (unread) Salvage(context.Context, func(recovery.Table)) (recovery.Salvaged, error) {
	return recovery.Salvaged{}, errors.New("there is nothing to save")
}

func (unread) Adopt() (string, error) { return "", errors.New("there is no copy") }

func (unread) Download() (name, contentType string, write func(io.Writer) error, err error) {
	return "", "", nil, errors.New("there is no file")
}

// TestAccessInRecovery asks a server whose database cannot be used for everything
// that it answers: without a session, with one that is none, and with that of the code.
func TestAccessInRecovery(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	mode := recovery.New(log, unread{}, false)
	t.Cleanup(mode.Close)
	sessions := web.NewSessions(bytes.Repeat([]byte{9}, 32), "test")
	handler := web.NewRecovery(mode, log, web.Options{
		Hosts: web.NewHosts([]netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:4000")}, "", nil), Sessions: sessions,
	})
	ask := func(who webtest.Credential, method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Host = webtest.Host
		r.Header.Set("Content-Type", "application/json")
		if who != nil {
			who(r)
		}
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		return rec
	}
	opened := ask(nil, "POST", "/systemApi/recovery/open", fmt.Sprintf(`{"code": %q}`, mode.Code()))
	if opened.Code != http.StatusOK || len(opened.Result().Cookies()) != 1 {
		t.Fatalf("the code: %d %s", opened.Code, opened.Body)
	}
	session := opened.Result().Cookies()[0]
	for _, a := range []struct {
		name  string
		who   webtest.Credential
		known bool
	}{
		{"nobody", nil, false},
		{"a forged cookie", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: session.Name, Value: "forged"}) }, false},
		{"a forged token", webtest.Bearer(auth.TokenPrefix + "forged"), false},
		{"who had the code", func(r *http.Request) { r.AddCookie(session) }, true},
	} {
		for _, r := range spelled(api.Recovery(mode)) {
			for _, path := range []string{r.path, r.path + "/", strings.ToUpper(r.path)} {
				method, body := r.little(r.Method)
				rec := ask(a.who, method, path, body)
				if got, want := verdict(rec), expected(access[r.ID], 0, a.known); got != want {
					t.Errorf("%s %s as %s: %s, want %s: %d %s", method, path, a.name, got, want, rec.Code, rec.Body)
				}
			}
		}
	}
}

// TestSpellings tries to come in by another spelling of a path or method.
func TestSpellings(t *testing.T) {
	p := webtest.Start(t)
	none := p.User(0)
	for _, r := range requests(p) {
		if r.Public() {
			continue
		}
		last := strings.LastIndex(r.path, "/")
		same := map[string]string{
			"trailing slash": r.path + "/",
			"upper case":     strings.ToUpper(r.path),
		}
		other := map[string]string{
			"double slash":         strings.Replace(r.path, "/", "//", 1),
			"double slash inside":  r.path[:last] + "/" + r.path[last:],
			"dot":                  r.path[:last] + "/." + r.path[last:],
			"encoded dot":          r.path[:last] + "/%2e" + r.path[last:],
			"dots":                 r.path[:last] + "/y/.." + r.path[last:],
			"encoded dots":         r.path[:last] + "/y/%2e%2e" + r.path[last:],
			"encoded slash":        r.path[:last] + "%2f" + r.path[last+1:],
			"encoded prefix":       strings.Replace(r.path, "/systemApi/", "/systemApi%2f", 1),
			"encoded letter":       strings.Replace(r.path, "/s", "/%73", 1),
			"parameter":            r.path + ";x",
			"parameter inside":     r.path[:last] + ";x" + r.path[last:],
			"encoded null":         r.path + "%00",
			"backslash":            r.path[:last] + `\` + r.path[last+1:],
			"two trailing slashes": r.path + "//",
			"encoded question":     r.path + "%3fx",
		}
		for _, a := range []struct {
			name  string
			who   webtest.Credential
			known bool
		}{{"nobody", nil, false}, {"no rights", none.Cookie, true}} {
			want := expected(access[r.ID], 0, a.known)
			if want == "in" {
				continue // the plain path lets them in
			}
			for name, path := range same {
				if got := verdict(r.send(p, a.who, r.Method, path)); got != want {
					t.Errorf("%s, %s as %s: %s, want %s", r.path, name, a.name, got, want)
				}
			}
			for name, path := range other {
				rec := r.send(p, a.who, r.Method, path)
				if rec.Code < 400 && rec.Code != http.StatusFound {
					t.Errorf("%s, %s as %s: %d %s", r.path, name, a.name, rec.Code, rec.Body)
				}
			}
			for _, method := range []string{http.MethodHead, "get", "post", "PROPFIND", "TRACE", "CONNECT", "X"} {
				if rec := p.Do(a.who, method, r.path, ""); rec.Code < 400 {
					t.Errorf("%s %s as %s: %d %s", method, r.path, a.name, rec.Code, rec.Body)
				}
			}
		}
	}
}

// TestEveryAttemptIsAudited asks for every change without the right to it, and with
// the right but a body that says nothing: each leaves an entry of the endpoint. Settings
// that change nothing are no attempt, so those are told what to change.
func TestEveryAttemptIsAudited(t *testing.T) {
	p := webtest.Start(t)
	for _, r := range requests(p) {
		if r.Audit == "" {
			continue
		}
		for name, who := range map[string]webtest.Credential{"no rights": p.User(0).Cookie, "administrator": p.Admin().Cookie} {
			_, before, err := p.DB.Audit().Page(t.Context(), 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			method, body := r.little(r.Method)
			switch r.ID {
			case "settings.save":
				body = `{"changes": {"deployments.keep": 7}}`
			case "config.update":
				body = `{"deployments.keep": 8}`
			}
			rec := p.Do(who, method, r.path, body)
			list, after, err := p.DB.Audit().Page(t.Context(), 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			if after != before+1 || list[0].Action != r.ID || list[0].RequestID == "" || list[0].Address != "127.0.0.1" {
				t.Errorf("%s %s as %s (%d): %d new entries, the last is %+v", r.Method, r.path, name, rec.Code, after-before, list[0])
				continue
			}
			if done := list[0].Result == audit.Done; done != (rec.Code < 400) {
				t.Errorf("%s %s as %s: %d, the entry says %s", r.Method, r.path, name, rec.Code, list[0].Result)
			}
		}
	}
}

// TestRefusedReadingIsAudited asks to see what one may not: once a minute is on record.
func TestRefusedReadingIsAudited(t *testing.T) {
	p := webtest.Start(t)
	none := p.User(0)
	for range 3 {
		if rec := p.Do(none.Cookie, "GET", "/systemApi/auditLogs", ""); rec.Code != 403 {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
	}
	list, total, err := p.DB.Audit().Page(t.Context(), 0, 10)
	if err != nil || total != 1 {
		t.Fatalf("%d entries, %v", total, err)
	}
	if e := list[0]; e.Action != "audit.first" || e.Result != audit.Refused || e.Actor != none.Name {
		t.Errorf("%+v", e)
	}
}

// TestThingsOfOthers asks for what belongs to somebody else: it is as absent as
// what never was.
func TestThingsOfOthers(t *testing.T) {
	p := webtest.Start(t)
	owner, other := p.Admin(), p.Admin()
	for _, c := range []struct{ method, path, theirs string }{
		{"DELETE", "/me/sessions/", "public%20" + owner.Name},
		{"DELETE", "/me/tokens/", "token%20" + owner.Name},
	} {
		ask := func(id string) string {
			rec := p.Do(other.Cookie, c.method, endpoint.Prefix+c.path+id, "")
			body, _, _ := strings.Cut(rec.Body.String(), `"requestId"`)
			return fmt.Sprint(rec.Code, " ", body)
		}
		theirs, absent := ask(c.theirs), ask("absent")
		if theirs != absent || !strings.HasPrefix(theirs, "404 ") {
			t.Errorf("%s %s: theirs %s, absent %s", c.method, c.path, theirs, absent)
		}
	}
	for way, credential := range map[string]webtest.Credential{"session": owner.Cookie, "token": owner.Token} {
		if rec := p.Do(credential, "GET", "/systemApi/me", ""); rec.Code != 200 {
			t.Errorf("the owner's %s has ended: %d", way, rec.Code)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	p := webtest.Start(t)
	admin := p.Admin()
	for _, r := range requests(p) {
		if r.Safe() || r.Method == http.MethodDelete || !r.HasBody() {
			continue
		}
		over := `{"x":"` + strings.Repeat("x", int(r.MaxBody)-7) + `"}`
		if rec := p.Do(admin.Cookie, r.Method, r.path, over); rec.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s %s: %d bytes answer %d %.200s", r.Method, r.path, len(over), rec.Code, rec.Body)
		}
		// A feature may have a smaller bound for what it keeps.
		if rec := p.Do(admin.Cookie, r.Method, r.path, over[:6]+over[7:]); strings.Contains(rec.Body.String(), "The body is larger") {
			t.Errorf("%s %s: %d bytes are too many", r.Method, r.path, len(over)-1)
		}
	}
}
