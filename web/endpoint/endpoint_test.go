package endpoint_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/web/endpoint"
)

type thing struct {
	Name    string   `json:"name" required:"true" minLength:"2" maxLength:"5"`
	Driver  string   `json:"driver" enum:"sqlite,mysql"`
	Port    int      `json:"port" minimum:"1" maximum:"65535"`
	Tags    []string `json:"tags" maxItems:"2" maxLength:"3"`
	Secret  string   `json:"secret" secret:"true"`
	Parts   []part   `json:"parts"`
	Owner   string   `json:"-"`
	Comment *string  `json:"comment" minLength:"1"`
}

type part struct {
	ID string `json:"id" required:"true"`
}

type place struct {
	ID    string   `path:"id" maxLength:"8"`
	Limit int      `query:"limit" minimum:"1" maximum:"100" default:"10"`
	Deep  *bool    `query:"deep"`
	Sort  []string `query:"sort" enum:"name,date"`
	Code  string   `header:"X-Code"`
}

type world struct {
	*endpoint.Set
	entries []audit.Entry
}

func newWorld(t testing.TB, more ...endpoint.Endpoint) *world {
	t.Helper()
	w := &world{}
	all := append([]endpoint.Endpoint{
		endpoint.New(endpoint.Spec{ID: "thing.create", Route: "POST /things", Summary: "Add a thing", Allow: auth.CreateUser, Audit: "Added {driver} thing {name}"},
			func(_ context.Context, in thing) (thing, error) {
				switch in.Name {
				case "taken":
					return in, fault.New(fault.Conflict, "It is taken.").WithCode("thing_taken")
				case "panic":
					panic("on purpose")
				case "our":
					return in, io.ErrNoProgress
				}
				return in, nil
			}),
		endpoint.New(endpoint.Spec{ID: "thing.show", Route: "GET /things/{id}", Also: []string{"GET /old/things/{id}"}, Summary: "Show a thing", Allow: auth.SignedIn},
			func(_ context.Context, in place) (place, error) { return in, nil }),
		endpoint.New(endpoint.Spec{ID: "thing.special", Route: "GET /things/special", Summary: "Show the special thing", Allow: auth.Public},
			func(context.Context, struct{}) (string, error) { return "special", nil }),
		endpoint.New(endpoint.Spec{ID: "thing.list", Route: "GET /things", Summary: "List things", Allow: auth.AnyOf(auth.ShowUser, auth.CreateUser)},
			func(context.Context, struct{}) (endpoint.Page[string], error) {
				return endpoint.Page[string]{Items: []string{"a"}, Total: 7, Next: "n", Limit: 5}, nil
			}),
		endpoint.New(endpoint.Spec{ID: "thing.remove", Route: "DELETE /things/{id}", Summary: "Remove a thing", Allow: auth.DeleteUser, Audit: "Removed {id}"},
			func(context.Context, struct {
				ID string `path:"id"`
			},
			) (struct{}, error) {
				return struct{}{}, nil
			}),
	}, more...)
	w.Set = endpoint.NewSet(endpoint.Options{
		Log: slog.New(slog.DiscardHandler), Limits: &limit.Counters{},
		Record: func(_ context.Context, e *audit.Entry) error { w.entries = append(w.entries, *e); return nil },
	}, all)
	return w
}

// ask sends a request as a user with the permissions; 0 is a stranger.
func (w *world) ask(p auth.Permission, method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if method != http.MethodGet && method != http.MethodHead {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return w.send(p, r)
}

func (w *world) send(p auth.Permission, r *http.Request) *httptest.ResponseRecorder {
	ctx := fault.WithRequest(r.Context(), "r1")
	if p != 0 {
		ctx = auth.WithActor(ctx, auth.Actor{UserID: "7", Username: "bob", Permissions: p})
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r.WithContext(ctx))
	return rec
}

func TestAnswers(t *testing.T) {
	const signedIn = auth.Permission(1 << 31) // somebody without any right
	w := newWorld(t)
	for _, c := range []struct {
		as                   auth.Permission
		method, target, body string
		status               int
		want                 []string
	}{
		{auth.CreateUser, "POST", "/systemApi/things", `{"name":"shop","driver":"sqlite","owner":"me","Owner":"me","x":1}`, 200, []string{`"success":true`, `"name":"shop"`}},
		{auth.CreateUser, "POST", "/SYSTEMAPI/Things/", `{"name":"shop"}`, 200, nil},
		{auth.CreateUser, "POST", "/systemApi/things", `{"name":"x","driver":"oracle","port":70000,"tags":["long","b","c"],"parts":[{}],"comment":""}`, 422, []string{
			`{"path":"name","message":"must have at least 2 characters"}`, `{"path":"driver","message":"must be one of sqlite, mysql"}`,
			`{"path":"port","message":"must be at most 65535"}`, `{"path":"tags","message":"must have at most 2 entries"}`,
			`{"path":"tags/0","message":"must have at most 3 characters"}`, `{"path":"parts/0/id","message":"is required"}`, `{"path":"comment","message":"must have at least 1 character"}`,
		}},
		{auth.CreateUser, "POST", "/systemApi/things", ``, 422, []string{`{"path":"name","message":"is required"}`}},
		{auth.CreateUser, "POST", "/systemApi/things", `{"name":`, 400, []string{`"code":"invalid_json"`, `ends too early, at line 1, column 9`}},
		{auth.CreateUser, "POST", "/systemApi/things", "{\n \"name\": tru}", 400, []string{`"code":"invalid_json"`, `line 2`}},
		{auth.CreateUser, "POST", "/systemApi/things", `{"name":"a","name":"b"}`, 400, []string{`"code":"duplicate_member"`, `\"name\" twice`, `{"path":"name","message":"is there twice"}`}},
		{auth.CreateUser, "POST", "/systemApi/things", "{\"name\":\"\xff\"}", 400, []string{`"code":"invalid_utf8"`}},
		{auth.CreateUser, "POST", "/systemApi/things", `{"name":5}`, 400, []string{`"code":"wrong_type"`, `name must be a string, not a number (line 1, column `, `"errors":[{"path":"name","message":"must be a string, not a number"}]`}},
		{auth.CreateUser, "POST", "/systemApi/things", `{"driver":"oracle","port":"x","tags":[1,"abcd",true],"parts":[{"id":[]},{},7],"x":{},"comment":null}`, 400, []string{
			`"code":"wrong_type"`, `"errors":[{"path":"port","message":"must be a whole number, not a string"},{"path":"tags/0","message":"must be a string, not a number"},` +
				`{"path":"tags/2","message":"must be a string, not true or false"},{"path":"parts/0/id","message":"must be a string, not a list"},` +
				`{"path":"parts/2","message":"must be an object, not a number"},{"path":"name","message":"is required"},{"path":"driver","message":"must be one of sqlite, mysql"},` +
				`{"path":"tags","message":"must have at most 2 entries"},{"path":"tags/1","message":"must have at most 3 characters"},{"path":"parts/1/id","message":"is required"}]`,
		}},
		{auth.CreateUser, "POST", "/systemApi/things", `{"name":5,"name":"shop"}`, 400, []string{`"code":"duplicate_member"`}},
		{auth.CreateUser, "POST", "/systemApi/things", `{"name":5,"tags":[}`, 400, []string{`"code":"invalid_json"`}},
		{auth.CreateUser, "POST", "/systemApi/things", `{"parts":[{"id":[]}]}`, 400, []string{`parts/0/id must be a string, not a list`}},
		{auth.CreateUser, "POST", "/systemApi/things", `"text"`, 400, []string{`The body must be an object, not a string`}},
		{auth.CreateUser, "POST", "/systemApi/things", `{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, 400, []string{`"code":"too_deep"`}},
		{auth.CreateUser, "POST", "/systemApi/things", `{"name":"shop","a":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `}`, 200, nil},
		{auth.CreateUser, "POST", "/systemApi/things", `{"name":"shop","x":"` + strings.Repeat("x", limit.ManagementBody-len(`{"name":"shop","x":""}`)) + `"}`, 200, nil},
		{auth.CreateUser, "POST", "/systemApi/things", `{"name":"shop","x":"` + strings.Repeat("x", limit.ManagementBody-len(`{"name":"shop","x":""}`)+1) + `"}`, 413, []string{`"code":"too_large"`}},
		{auth.CreateUser, "POST", "/systemApi/things", `{"name":"taken"}`, 409, []string{`"code":"thing_taken"`, `"payload":"It is taken."`, `"requestId":"r1"`}},
		{auth.CreateUser, "POST", "/systemApi/things", `{"name":"panic"}`, 500, []string{`"code":"internal"`, `Something went wrong`}},
		{auth.CreateUser, "POST", "/systemApi/things", `{"name":"our"}`, 500, []string{`"code":"internal"`}},
		{0, "POST", "/systemApi/things", `{`, 401, []string{`"code":"unauthenticated"`}},
		{auth.DeleteUser, "POST", "/systemApi/things", `{`, 403, []string{`"code":"missing_permission"`, `"missing":["createUser"]`}},
		{auth.Administrator, "POST", "/systemApi/things", `{"name":"shop"}`, 200, nil},
		{signedIn, "GET", "/systemApi/things/Ab%2Fc?deep=true&sort=name&sort=date", ``, 200, []string{`"ID":"Ab/c"`, `"Limit":10`, `"Deep":true`, `["name","date"]`}},
		{signedIn, "GET", "/systemApi/old/things/7", ``, 200, []string{`"ID":"7"`}},
		{signedIn, "GET", "/systemApi/things/toolong99?limit=x&deep=2&sort=size", ``, 422, []string{
			`{"path":"id","message":"must have at most 8 characters"}`, `{"path":"limit","message":"must be a whole number"}`,
			`{"path":"deep","message":"must be true or false"}`, `{"path":"sort/0","message":"must be one of name, date"}`,
		}},
		{signedIn, "GET", "/systemApi/things/7?limit=1&limit=2", ``, 422, []string{`is given more than once`}},
		{signedIn, "GET", "/systemApi/things/7?limit=0", ``, 422, []string{`must be at least 1`}},
		{signedIn, "GET", "/systemApi/things/7?" + strings.Repeat("a=1&", 1000) + "a=1", ``, 400, nil},
		{signedIn, "GET", "/systemApi/things/7?a=%zz", ``, 400, nil},
		{signedIn, "GET", "/systemApi/things/%ff", ``, 404, nil},
		{0, "GET", "/systemApi/things/7", ``, 401, nil},
		{0, "GET", "/systemApi/things/special", ``, 200, []string{`{"success":true,"payload":"special"}`}},
		{0, "GET", "/systemApi/things/Special/", ``, 200, nil},
		{auth.ShowUser, "GET", "/systemApi/things", ``, 200, []string{`{"success":true,"payload":["a"],"count":1,"total":7,"limit":5,"next":"n"}`}},
		{signedIn, "GET", "/systemApi/things", ``, 403, []string{`"missing":["createUser","showUser"]`}},
		{auth.DeleteUser, "DELETE", "/systemApi/things/7", ``, 200, []string{`{"success":true}`}},
		{0, "PUT", "/systemApi/things", `{}`, 405, []string{`"code":"method_not_allowed"`}},
		{0, "OPTIONS", "/systemApi/things", ``, 200, []string{`"payload":["GET","HEAD","OPTIONS","POST"]`}},
		{0, "GET", "/systemApi/nothing", ``, 404, []string{`"code":"unknown_endpoint"`}},
		{0, "GET", "/systemApi//things", ``, 404, nil},
		{0, "GET", "/systemApi/./things/special", ``, 404, nil},
		{0, "GET", "/systemApi/x/../things/special", ``, 404, nil},
		{0, "GET", "/systemApi/things;x", ``, 404, nil},
		{0, "GET", "/systemApi/things%2fspecial", ``, 404, nil},
		{0, "GET", "/systemApi/%2e/things", ``, 404, nil},
	} {
		rec := w.ask(c.as, c.method, c.target, c.body)
		if rec.Code != c.status {
			t.Errorf("%s %.80s %.80s: status %d, want %d: %s", c.method, c.target, c.body, rec.Code, c.status, rec.Body)
		}
		for _, want := range c.want {
			if !strings.Contains(rec.Body.String(), want) {
				t.Errorf("%s %.80s %.80s: %s\nlacks %s", c.method, c.target, c.body, rec.Body, want)
			}
		}
	}
}

func TestContentTypes(t *testing.T) {
	w := newWorld(t)
	for given, want := range map[string]int{
		"application/json": 200, "application/json; charset=utf-8": 200, "Application/JSON": 200,
		"": 415, "text/plain": 415, "application/x-www-form-urlencoded": 415, "multipart/form-data; boundary=x": 415,
		"text/plain;application/json": 415, "application/jsonp": 415, "application/json; charset=utf-16": 415, "application/json; charset=latin1": 415, "application/json; charset=US-ASCII": 200,
	} {
		rec := w.ask(auth.CreateUser, "POST", "/systemApi/things", `{"name":"shop"}`, "Content-Type", given)
		if rec.Code != want {
			t.Errorf("Content-Type %q: %d, want %d", given, rec.Code, want)
		}
	}
}

func TestAuditEntries(t *testing.T) {
	for _, c := range []struct {
		as   auth.Permission
		body string
		want string
	}{
		{auth.CreateUser, `{"name":"shop","driver":"sqlite"}`, "thing.create done Info Added sqlite thing shop"},
		{auth.CreateUser, `{"name":"taken"}`, "thing.create failed Error Add a thing: It is taken."},
		{auth.CreateUser, `{`, "thing.create failed Error Add a thing: The body is not valid JSON: it ends too early, at line 1, column 2."},
		{auth.CreateUser, `{"name":"panic"}`, "thing.create failed Error Add a thing: Something went wrong on our side. The log tells more under the request id."},
		{auth.DeleteUser, `{"name":"shop"}`, "thing.create refused Warning Add a thing: You do not have the right to do this; it needs createUser."},
		{0, `{"name":"shop"}`, "thing.create refused Warning Add a thing: Sign in first."},
	} {
		w := newWorld(t)
		w.ask(c.as, "POST", "/systemApi/things", c.body)
		if len(w.entries) != 1 {
			t.Fatalf("%s: %d entries", c.want, len(w.entries))
		}
		e := w.entries[0]
		if got := e.Action + " " + string(e.Result) + " " + e.Type + " " + e.Message; got != c.want || e.RequestID != "r1" {
			t.Errorf("entry %q, want %q", got, c.want)
		}
	}
}

func TestAuditNamesWhatThePathNames(t *testing.T) {
	w := newWorld(t, endpoint.New(endpoint.Spec{ID: "box.save", Route: "PUT /boxes/{box}", Summary: "Save a box", Allow: auth.CreateUser, Audit: "Saved box {box}"},
		func(context.Context, struct {
			Name    string `path:"box"`
			Content thing  `json:"box"`
		},
		) (struct{}, error) {
			return struct{}{}, nil
		}))
	w.ask(auth.CreateUser, "PUT", "/systemApi/boxes/shoes", `{"box":{"name":"laces","driver":"sqlite"}}`)
	if len(w.entries) != 1 || w.entries[0].Message != "Saved box shoes" {
		t.Errorf("%+v", w.entries)
	}
}

func TestStrangersCannotFillTheAuditLog(t *testing.T) {
	w := newWorld(t)
	for range 500 {
		w.ask(0, "POST", "/systemApi/things", `{}`)
	}
	if n := len(w.entries); n < 60 || n > 120 { // the minute may turn once
		t.Errorf("%d entries of 500 strangers", n)
	}
}

func TestStreams(t *testing.T) {
	spec := endpoint.Spec{ID: "thing.watch", Route: "GET /watch", Summary: "Watch things", Allow: auth.Public}
	stream := func(emit int, err error) endpoint.Endpoint {
		return endpoint.Stream(spec, func(_ context.Context, _ struct{}, send func(map[string]int) error) error {
			for i := range emit {
				if err := send(map[string]int{"n": i}); err != nil {
					return err
				}
			}
			return err
		})
	}
	for _, c := range []struct {
		e      endpoint.Endpoint
		status int
		want   string
	}{
		{stream(2, nil), 200, "{\"n\":0}\n{\"n\":1}\n"},
		{stream(0, nil), 200, ""},
		{stream(0, fault.New(fault.Conflict, "No.")), 409, `{"error":true,"payload":"No.","code":"conflict","requestId":"r1"}`},
		{stream(1, fault.New(fault.Conflict, "No.")), 200, "{\"n\":0}\n{\"error\":true,\"payload\":\"No.\",\"code\":\"conflict\",\"requestId\":\"r1\"}\n"},
	} {
		rec := newWorld(t, c.e).ask(0, "GET", "/systemApi/watch", "")
		if rec.Code != c.status || rec.Body.String() != c.want {
			t.Errorf("%d %q, want %d %q", rec.Code, rec.Body, c.status, c.want)
		}
	}
}

func TestRuleThatDependsOnTheRequest(t *testing.T) {
	type mode struct {
		Mode string `json:"mode" enum:"stop,restart"`
	}
	w := newWorld(t, endpoint.New(endpoint.Spec{
		ID: "server.control", Route: "POST /server", Summary: "Stop or restart", Audit: "Asked to {mode}",
		Allow: endpoint.Depends(auth.AnyOf(auth.StopServer, auth.RestartServer), func(m mode) auth.Rule {
			if m.Mode == "stop" {
				return auth.StopServer
			}
			return auth.RestartServer
		}),
	}, func(context.Context, mode) (struct{}, error) { return struct{}{}, nil }))
	for _, c := range []struct {
		as   auth.Permission
		mode string
		want int
	}{
		{auth.StopServer, "stop", 200},
		{auth.StopServer, "restart", 403},
		{auth.RestartServer, "restart", 200},
		{auth.RestartServer, "stop", 403},
		{auth.ShowUser, "stop", 403},
		{0, "stop", 401},
	} {
		if rec := w.ask(c.as, "POST", "/systemApi/server", `{"mode":"`+c.mode+`"}`); rec.Code != c.want {
			t.Errorf("%v %s: %d, want %d", c.as, c.mode, rec.Code, c.want)
		}
	}
}

func TestBadDeclarationsPanic(t *testing.T) {
	good := endpoint.Spec{ID: "thing.make", Route: "POST /make", Summary: "Make", Allow: auth.SignedIn, Audit: "Made"}
	type body struct {
		Name   string `json:"name"`
		Secret string `json:"secret" secret:"true"`
	}
	handle := func(context.Context, body) (struct{}, error) { return struct{}{}, nil }
	endpoint.New(good, handle)
	for name, change := range map[string]func(*endpoint.Spec){
		"no id":                  func(s *endpoint.Spec) { s.ID = "" },
		"no route":               func(s *endpoint.Spec) { s.Route = "/make" },
		"no summary":             func(s *endpoint.Spec) { s.Summary = "" },
		"nobody said who may":    func(s *endpoint.Spec) { s.Allow = nil },
		"a change without audit": func(s *endpoint.Spec) { s.Audit = "" },
		"an unknown field":       func(s *endpoint.Spec) { s.Audit = "Made {nam}" },
		"a secret in the audit":  func(s *endpoint.Spec) { s.Audit = "Made {secret}" },
		"an untaken parameter":   func(s *endpoint.Spec) { s.Route = "POST /make/{id}" },
		"a body on a GET":        func(s *endpoint.Spec) { s.Route, s.Audit = "GET /make", "" },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: declared all the same", name)
				}
			}()
			s := good
			change(&s)
			endpoint.New(s, handle)
		}()
	}
}

func TestDocument(t *testing.T) {
	doc, err := endpoint.OpenAPI("1.0.0", newWorld(t).Endpoints())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"operationId": "thing.create"`, `"operationId": "thing.show.2"`, `"x-permissions"`, `"maxLength": 5`, `"writeOnly": true`,
		`"#/components/schemas/Problem"`, `"name": "X-Code"`,
	} {
		if !strings.Contains(string(doc), want) {
			t.Errorf("the document lacks %s", want)
		}
	}
}
