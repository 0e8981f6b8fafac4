package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ecoflow/app/config"
	"ecoflow/app/fault"
	"ecoflow/app/secret"
	"ecoflow/storage"
)

func environment(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
}

func TestDefaults(t *testing.T) {
	s, err := config.Load(nil, config.Outside{})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintln(s.Host, s.Port, s.CORS.Enabled, s.CORS.Origin, s.CORS.Methods, s.Router.Prefix, s.Router.Strict,
		s.Limits.APIBody, s.Limits.RunTime, s.Limits.ScriptTime, s.Limits.Connections, s.Limits.RunsAtOnce, s.Logging.SlogLevel(), s.Deployments.Keep)
	want := "127.0.0.1 4000 false [*] [GET HEAD PUT POST DELETE PATCH] /api true 10485760 30s 1s 10000 2000 INFO 200\n"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, f := range config.Fields {
		if s.Source(f.Key) != config.Default {
			t.Errorf("%s comes from %s", f.Key, s.Source(f.Key))
		}
	}
}

// Every setting says what a page that edits it needs to know.
func TestFields(t *testing.T) {
	variables := map[string]string{}
	for _, f := range config.Fields {
		if f.Label == "" || !strings.HasSuffix(f.Help, ".") || f.Type == "" {
			t.Errorf("%s: label %q, help %q, type %q", f.Key, f.Label, f.Help, f.Type)
		}
		if f.Type == "number" && (f.Min == nil || f.Max == nil || *f.Min >= *f.Max) && len(f.Choices) == 0 {
			t.Errorf("%s has no bounds", f.Key)
		}
		if other, ok := variables[f.Variable]; ok {
			t.Errorf("%s and %s share %s", f.Key, other, f.Variable)
		}
		variables[f.Variable] = f.Key
		if !regexp.MustCompile(`^ECOFLOW_[A-Z_]+$`).MatchString(f.Variable) {
			t.Errorf("%s has the variable %s", f.Key, f.Variable)
		}
	}
	for variable, key := range map[string]string{
		"ECOFLOW_HOST": "Host", "ECOFLOW_HTTP_CORS_ALLOW_METHODS": "httpCors.allowMethods", "ECOFLOW_LIMITS_API_BODY": "limits.apiBody",
		"ECOFLOW_PUBLIC_HOSTS": "publicHosts",
	} {
		if variables[variable] != key {
			t.Errorf("%s is the variable of %q", variable, variables[variable])
		}
	}
}

func TestSourcesWinInOrder(t *testing.T) {
	stored := `{"Port": 1001, "Host": "10.0.0.1", "limits": {"runTime": 5000}, "publicHosts": ["a.example"], "later": {"x": 1}}`
	env := environment(map[string]string{"ECOFLOW_PORT": "1002", "ECOFLOW_HOST": "10.0.0.2", "ECOFLOW_HTTP_CORS_ENABLED": "TRUE", "ECOFLOW_PUBLIC_HOSTS": "", "ECOFLOW_TRUSTED_PROXIES": "10.0.0.0/8, ::1"})
	s, err := config.Load([]byte(stored), config.Outside{Lookup: env, Flags: map[string]string{"Port": "1003"}})
	if err != nil {
		t.Fatal(err)
	}
	if s.Port != 1003 || s.Host != "10.0.0.2" || s.Limits.RunTime != 5*time.Second || !s.CORS.Enabled || !slices.Equal(s.PublicHosts, []string{"a.example"}) {
		t.Errorf("got %+v", s)
	}
	for key, want := range map[string]config.Source{
		"Port": config.CommandLine, "Host": config.Environment, "limits.runTime": config.Stored, "httpCors.enabled": config.Environment,
		"limits.scriptTime": config.Default,
	} {
		if got := s.Source(key); got != want {
			t.Errorf("%s comes from %s, want %s", key, got, want)
		}
	}
	if p := s.Proxies(); len(p) != 2 || p[0].String() != "10.0.0.0/8" || p[1].String() != "::1/128" {
		t.Errorf("proxies %v", p)
	}
}

// The file of the data folder beats what is stored, and nothing else.
func TestSettingsFile(t *testing.T) {
	read := func(text string) (config.Settings, []fault.Place) {
		t.Helper()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, config.FileName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := config.Load([]byte(`{"Port": 1001, "limits": {"runTime": 5000, "runsAtOnce": 7}}`), config.Outside{
			File: config.ReadFile(dir), Lookup: environment(map[string]string{"ECOFLOW_HOST": "10.0.0.2"}), Flags: map[string]string{"signIn": "true"},
		})
		if f, ok := fault.As(err); ok {
			return s, f.Places
		}
		if err != nil {
			t.Fatal(err)
		}
		return s, nil
	}
	if f := config.ReadFile(t.TempDir()); f != nil {
		t.Errorf("a file that is not there: %+v", f)
	}
	s, wrong := read(`{"Port": 1002, "Host": "10.0.0.3", "signIn": false, "limits": {"runTime": 6000}, "httpCors.enabled": true, "httpCors": {"origin": "https://a.example, https://b.example"}}`)
	if wrong != nil || s.Port != 1002 || s.Host != "10.0.0.2" || !s.SignIn || s.Limits.RunTime != 6*time.Second || s.Limits.RunsAtOnce != 7 || !s.CORS.Enabled || len(s.CORS.Origin) != 2 {
		t.Errorf("got %+v, wrong %v", s, wrong)
	}
	for key, want := range map[string]config.Source{
		"Port": config.FromFile, "limits.runTime": config.FromFile, "httpCors.enabled": config.FromFile, "limits.runsAtOnce": config.Stored,
		"Host": config.Environment, "signIn": config.CommandLine,
	} {
		if got := s.Source(key); got != want {
			t.Errorf("%s comes from %s, want %s", key, got, want)
		}
	}
	for text, want := range map[string]fault.Place{
		``:                                 {Path: "ecoflow.json", Message: "There is no JSON value (line 1, column 1)."},
		`[]`:                               {Path: "ecoflow.json", Message: "It has to be one JSON object."},
		`{"Port": 1, "Port": 2}`:           {Path: "ecoflow.json", Message: `The name "Port" comes twice in one object (line 1, column 13).`},
		strings.Repeat(" ", 1<<20) + "{}":  {Path: "ecoflow.json", Message: "It is longer than 1 MiB."},
		`{"port": 1}`:                      {Path: "port", Message: "In ecoflow.json: There is no such setting. It is written Port."},
		`{"limits": {"speed": 1}}`:         {Path: "limits.speed", Message: "In ecoflow.json: There is no such setting."},
		`{"limits": {"runTime": "soon"}}`:  {Path: "limits.runTime", Message: "In ecoflow.json: It has to be a whole number."},
		`{"publicHosts": ["https://a.b"]}`: {Path: "publicHosts", Message: `"https://a.b" is not a host name: write it without scheme, port and path.`},
	} {
		s, wrong := read(text)
		if len(wrong) != 1 || wrong[0] != want {
			t.Errorf("%.40s: %+v", text, wrong)
		}
		if s.Limits.RunsAtOnce != 7 { // the rest is in force all the same
			t.Errorf("%.40s: %+v", text, s)
		}
	}
}

// Only a listener that this machine alone reaches may sign people in unasked.
func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.8.8.8": true, "::1": true, "[::1]": true, "::ffff:127.0.0.1": true,
		"0.0.0.0": false, "::": false, "192.168.1.5": false, "localhost.evil.test": false, "127.0.0.1.evil.test": false, "": false,
	} {
		if got := (config.Settings{Host: host}).Loopback(); got != want {
			t.Errorf("%q: loopback is %t", host, got)
		}
	}
}

// What a client of the original sends for numbers and lists is understood.
func TestForms(t *testing.T) {
	s, err := config.Load([]byte(`{"Port": "8080", "httpCors": {"origin": "https://a.example", "allowHeaders": "X-A, X-B", "maxAge": "60", "enabled": "true"}}`), config.Outside{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Port != 8080 || !slices.Equal(s.CORS.Origin, []string{"https://a.example"}) || !slices.Equal(s.CORS.AllowHeaders, []string{"X-A", "X-B"}) ||
		s.CORS.MaxAge != time.Minute || !s.CORS.Enabled {
		t.Errorf("got %+v", s)
	}
}

func TestInvalid(t *testing.T) {
	tests := []struct{ stored, want string }{
		{`{"Port": 70000}`, "Port"},
		{`{"Port": -1}`, "Port"},
		{`{"Port": 80.5}`, "Port"},
		{`{"Port": "NaN"}`, "Port"},
		{`{"Port": true}`, "Port"},
		{`{"Port": 1e400}`, "Port"},
		{`{"Host": 5}`, "Host"},
		{`{"Host": "http://x"}`, "Host"},
		{`{"Host": ""}`, "Host"},
		{`{"publicHosts": ["ok.example", "https://x", "a b", "x:80", "*.example"]}`, "publicHosts publicHosts publicHosts publicHosts"},
		{`{"publicHosts": [1]}`, "publicHosts"},
		{`{"trustedProxies": ["10.0.0.0/33", "proxy"]}`, "trustedProxies trustedProxies"},
		{`{"https": {"enabled": true, "key": "key.pem"}}`, "https.enabled"},
		{`{"https": {"enabled": true, "key": "key.pem", "cert": "/etc/ssl/cert.pem"}}`, ""},
		{`{"httpCors": {"enabled": "perhaps"}}`, "httpCors.enabled"},
		{`{"httpCors": {"credentials": true}}`, "httpCors.credentials"},
		{`{"httpCors": {"credentials": true, "origin": ["https://a.example"]}}`, ""},
		{`{"httpCors": {"origin": ["a.example", "https://a.example/path", "https://u@a.example", "null", "*"]}}`, "httpCors.origin httpCors.origin httpCors.origin"},
		{`{"httpCors": {"allowMethods": ["BREW"]}}`, "httpCors.allowMethods"},
		{`{"httpCors": {"allowMethods": []}}`, "httpCors.allowMethods"},
		{`{"httpCors": {"exposeHeaders": ["X A"]}}`, "httpCors.exposeHeaders"},
		{`{"httpCors": {"maxAge": 86401}}`, "httpCors.maxAge"},
		{`{"httpCors": 5}`, ""}, // of another form altogether: not ours to judge
		{`{"apiRouterOptions": {"prefix": "api"}}`, "apiRouterOptions.prefix"},
		{`{"apiRouterOptions": {"prefix": "/"}}`, ""},
		{`{"apiRouterOptions": {"prefix": "/a/../b"}}`, "apiRouterOptions.prefix"},
		{`{"apiRouterOptions": {"prefix": "/a?b"}}`, "apiRouterOptions.prefix"},
		{`{"apiRouterOptions": {"prefix": "/systemapi"}}`, "apiRouterOptions.prefix"},
		{`{"apiRouterOptions": {"prefix": "/systemApi/x"}}`, "apiRouterOptions.prefix"},
		{`{"apiRouterOptions": {"prefix": "/_"}}`, "apiRouterOptions.prefix"},
		{`{"apiRouterOptions": {"host": "api.example"}}`, ""},
		{`{"apiRouterOptions": {"host": "a b"}}`, "apiRouterOptions.host"},
		{`{"limits": {"runTime": 99}}`, "limits.runTime"},
		{`{"limits": {"scriptTime": 0}}`, "limits.scriptTime"},
		{`{"limits": {"scriptTime": 30001}}`, "limits.scriptTime"},
		{`{"outbound": {"allow": ["10.0.0.0/8", "db.example:5432", "[::1]:80", "10.0.0.0/33", "a b"]}}`, "outbound.allow outbound.allow"},
		{`{"logging": {"level": 3}}`, "logging.level"},
		{`{"logging": {"format": "xml"}}`, "logging.format"},
		{`{"logging": {"file": {"filename": "../x"}}}`, "logging.file.filename"},
		{`{"runs": {"showErrors": "maybe"}}`, "runs.showErrors"},
		{`{"Port": 70000, "Host": "a b", "limits": {"apiBody": 1}}`, "Port limits.apiBody Host"},
		{`{"Port": `, ""},
		{`[1]`, ""},
		{`{} x`, ""},
	}
	defaults, err := config.Load(nil, config.Outside{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.stored, func(t *testing.T) {
			s, err := config.Load([]byte(tt.stored), config.Outside{})
			if !json.Valid([]byte(tt.stored)) || strings.HasPrefix(tt.stored, "[") {
				if !fault.Is(err, fault.Invalid) {
					t.Errorf("got %v", err)
				}
				return
			}
			var keys []string
			if f, ok := fault.As(err); ok {
				for _, p := range f.Places {
					keys = append(keys, p.Path)
					if p.Message == "" {
						t.Errorf("%s says nothing", p.Path)
					}
				}
			}
			if got := strings.Join(keys, " "); got != tt.want {
				t.Errorf("wrong are %q, want %q", got, tt.want)
			}
			// A wrong value has the default in its place, so that the product starts.
			for _, f := range config.Fields {
				if slices.Contains(keys, f.Key) && fmt.Sprint(f.Value(&s)) != fmt.Sprint(f.Value(&defaults)) {
					t.Errorf("%s is %v", f.Key, f.Value(&s))
				}
			}
		})
	}
}

func TestWrongOverridesFallBack(t *testing.T) {
	s, err := config.Load([]byte(`{"Port": 1001}`), config.Outside{Lookup: environment(map[string]string{"ECOFLOW_PORT": "http"}), Flags: map[string]string{"port": "5"}})
	f, ok := fault.As(err)
	if !ok || len(f.Places) != 2 || !strings.HasPrefix(f.Places[0].Message, "ECOFLOW_PORT: ") || f.Places[1].Path != "port" {
		t.Errorf("got %+v", f)
	}
	if s.Port != 1001 || s.Source("Port") != config.Stored {
		t.Errorf("port %d from %s", s.Port, s.Source("Port"))
	}
}

func TestLevels(t *testing.T) {
	for level, want := range map[int]slog.Level{0: slog.LevelError, 1: slog.LevelWarn, 2: slog.LevelInfo, 4: slog.LevelDebug, 5: slog.LevelDebug} {
		if got := (config.Logging{Level: level}).SlogLevel(); got != want {
			t.Errorf("level %d is %v", level, got)
		}
	}
}

// kept returns the store of a database that holds the settings.
func kept(t *testing.T, settings string) *storage.Settings {
	t.Helper()
	keys, err := secret.NewKeyring(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ecoflow.db")
	db, err := storage.Open(t.Context(), storage.Options{Path: path, Keys: keys, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Settings().AddSettings(t.Context(), config.Version{State: config.Saved, Object: []byte(settings)}, 0); err != nil {
		t.Fatal(err)
	}
	return db.Settings()
}

func saved(t *testing.T, s *storage.Settings) string {
	t.Helper()
	b, err := s.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return string(b.Object)
}

func TestChange(t *testing.T) {
	const first = `{"later":{"x":1.10},"httpCors":{"enabled":true,"more":true},"limits":{"runTime":5000}}`
	store := kept(t, first)
	c, err := config.Open(t.Context(), store, config.Outside{Lookup: environment(map[string]string{"ECOFLOW_PORT": "1"})})
	if err != nil {
		t.Fatal(err)
	}
	var live []time.Duration
	c.Watch(func(s config.Settings) { live = append(live, s.Limits.RunTime) })
	before := c.Get()

	for _, tt := range []struct {
		change string
		kind   fault.Kind
	}{
		{`{"limits": {"runTime": 1}}`, fault.Invalid},
		{`{"Port": 70000}`, fault.Invalid}, // hidden by the environment, wrong all the same
		{`{"Port": `, fault.Malformed},
		{`[]`, fault.Malformed},
	} {
		if _, err := c.Change(t.Context(), []byte(tt.change)); !fault.Is(err, tt.kind) {
			t.Errorf("%s: got %v", tt.change, err)
		}
	}
	if saved(t, store) != first || len(live) != 0 || c.Get() != before {
		t.Fatal("a refused change did something")
	}
	if _, err := c.Change(t.Context(), []byte(`{"httpCors": {"maxAge": 60}, "limits": {"runTime": null, "scriptTime": 20}}`)); err != nil {
		t.Fatal(err)
	}
	if want := `{"httpCors":{"enabled":true,"maxAge":60,"more":true},"later":{"x":1.10},"limits":{"scriptTime":20}}`; saved(t, store) != want {
		t.Errorf("saved %s\nwant  %s", saved(t, store), want)
	}
	s := c.Get()
	if s.Limits.RunTime != 30*time.Second || s.Limits.ScriptTime != 20*time.Millisecond || s.CORS.MaxAge != time.Minute || !s.CORS.Enabled || s.Port != 1 {
		t.Errorf("got %+v", s)
	}
	if before.Limits.RunTime != 5*time.Second || !slices.Equal(live, []time.Duration{30 * time.Second}) {
		t.Errorf("before %v, live %v", before.Limits.RunTime, live)
	}
	if n := testing.AllocsPerRun(100, func() { c.Get() }); n != 0 {
		t.Errorf("reading makes %v allocations", n)
	}
}

func TestOpenWithWrongSettingsIsUsable(t *testing.T) {
	c, err := config.Open(t.Context(), kept(t, `{"Port": "x", "Host": "10.0.0.1"}`), config.Outside{})
	if !fault.Is(err, fault.Invalid) || c == nil || c.Get().Port != 4000 || c.Get().Host != "10.0.0.1" {
		t.Errorf("got %v, %v", c, err)
	}
}

func FuzzLoad(f *testing.F) {
	for _, s := range []string{``, `{}`, `{"Port": 1}`, `{"limits": {"runTime": "5"}}`, `{"httpCors": {"origin": ["*"]}}`, `null`, `{"a":{"b":[{}]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, stored []byte) {
		s, err := config.Load(stored, config.Outside{})
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("got %v", err)
		}
		// Whatever comes in, what comes out can be used: it loads again, without complaint.
		object := map[string]any{}
		for _, f := range config.Fields {
			at := object
			parts := strings.Split(f.Key, ".")
			for _, p := range parts[:len(parts)-1] {
				if at[p] == nil {
					at[p] = map[string]any{}
				}
				at = at[p].(map[string]any)
			}
			at[parts[len(parts)-1]] = f.Value(&s)
		}
		b, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := config.Load(b, config.Outside{}); err != nil {
			t.Errorf("%s does not load: %v", b, err)
		}
	})
}
