// Package config holds the settings of the product: one struct whose tags say
// everything about each of them, and where each value came from.
package config

import (
	"log/slog"
	"net/http"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"ecoflow/app/outbound"
)

// Settings are all settings that something reads. The tags of a field are:
//
//	json     its name, and with those of the structs around it its dotted key
//	default  its value when nobody says otherwise
//	label    what it is called, help what it does, in words for users
//	unit     of a number: "bytes", "ms", "days" …; a duration is a number of its unit
//	min, max its bounds, in its unit
//	enum     the allowed values, with blanks between
//	restart  "true" when a change waits for the next start
type Settings struct {
	Host           string   `json:"Host" default:"127.0.0.1" label:"Address" help:"Where the server listens: 127.0.0.1 for this machine alone, 0.0.0.0 for everybody. Anything but this machine needs sign-in." restart:"true"`
	Port           int      `json:"Port" default:"4000" min:"0" max:"65535" label:"Port" help:"The port the server listens on; 0 takes any free one." restart:"true"`
	PublicHosts    []string `json:"publicHosts" label:"Public names" help:"Names under which the server may be called, beside those of this machine, as in api.example.com." restart:"true"`
	TrustedProxies []string `json:"trustedProxies" label:"Trusted proxies" help:"Addresses or networks of the proxies whose word about the client's address counts." restart:"true"`

	HTTPS       HTTPS       `json:"https"`
	CORS        CORS        `json:"httpCors"`
	Router      Router      `json:"apiRouterOptions"`
	Limits      Limits      `json:"limits"`
	Outbound    Outbound    `json:"outbound"`
	Logging     Logging     `json:"logging"`
	Runs        Runs        `json:"runs"`
	Deployments Deployments `json:"deployments"`

	sources map[string]Source
}

// HTTPS is how the server encrypts what is sent.
type HTTPS struct {
	Enabled bool   `json:"enabled" default:"false" label:"Encrypt" help:"Serves https instead of http." restart:"true"`
	Key     string `json:"key" label:"Key" help:"The PEM file of the key, which nobody else may read; without a leading / it lies in the data folder." restart:"true"`
	Cert    string `json:"cert" label:"Certificate" help:"The PEM file of the certificate, with those between it and the authority." restart:"true"`
}

// CORS says which web pages of elsewhere may call the deployed API.
type CORS struct {
	Enabled       bool          `json:"enabled" default:"false" label:"Allow other origins" help:"Lets web pages of other origins call the deployed API."`
	Origin        []string      `json:"origin" default:"*" label:"Origins" help:"Origins that may call, with scheme and port, as in https://app.example.com; * for all."`
	Methods       []string      `json:"allowMethods" default:"GET,HEAD,PUT,POST,DELETE,PATCH" label:"Methods" help:"Methods that other origins may use."`
	AllowHeaders  []string      `json:"allowHeaders" label:"Request headers" help:"Headers that other origins may send; empty: those they ask for."`
	ExposeHeaders []string      `json:"exposeHeaders" label:"Answer headers" help:"Headers of answers that other origins may read."`
	MaxAge        time.Duration `json:"maxAge" default:"0" unit:"s" min:"0" max:"86400" label:"Remember for" help:"How long a browser may remember what is allowed."`
	Credentials   bool          `json:"credentials" default:"false" label:"Credentials" help:"Lets browsers send cookies along. Not together with all origins."`
}

// Router says how requests find a route of the deployed API.
type Router struct {
	Prefix    string   `json:"prefix" default:"/api" label:"Prefix" help:"The path in front of every route of the deployed API."`
	Methods   []string `json:"methods" default:"GET,PUT,POST,DELETE,PATCH" label:"Methods" help:"Methods that routes may have."`
	Host      string   `json:"host" label:"Host" help:"The only host name the deployed API answers to; empty for all."`
	Sensitive bool     `json:"sensitive" default:"false" label:"Match case" help:"Tells upper from lower case in paths."`
	Strict    bool     `json:"strict" default:"true" label:"Match the trailing slash" help:"Tells a path with a trailing slash from one without."`
}

// Limits bound what the outside may ask of the server.
type Limits struct {
	APIBody     int           `json:"apiBody" default:"10485760" unit:"bytes" min:"1024" max:"1073741824" label:"Request body" help:"The largest body a request to the deployed API may have."`
	Connections int           `json:"connections" default:"10000" min:"64" max:"1000000" label:"Connections" help:"Connections at once; 32 of them are kept for managing the server." restart:"true"`
	RunsAtOnce  int           `json:"runsAtOnce" default:"2000" min:"1" max:"100000" label:"Runs at once" help:"Requests that run at the same time; more are asked to come again."`
	RunTime     time.Duration `json:"runTime" default:"30000" unit:"ms" min:"100" max:"3600000" label:"Time of a run" help:"How long a request may run before it is ended."`
	ScriptTime  time.Duration `json:"scriptTime" default:"1000" unit:"ms" min:"1" max:"30000" label:"Time of a script" help:"How long one call of a script may run." restart:"true"`
}

// Outbound says where flows may send requests to.
type Outbound struct {
	Allow []string `json:"allow" label:"Reachable addresses" help:"Addresses, networks and host names, each with or without a port, that flows may call although they are on this machine or in its network."`
}

// Logging says what is written to the log, and where.
type Logging struct {
	Enabled bool    `json:"enabled" default:"true" label:"Write a log" help:"Writes what happens to the log."`
	Level   int     `json:"level" default:"2" enum:"0 1 2 4 5" label:"Level" help:"0 errors, 1 warnings as well, 2 what happens, 4 and 5 everything."`
	Format  string  `json:"format" default:"text" enum:"text json" label:"Format" help:"Lines for people, or JSON for programs." restart:"true"`
	Console bool    `json:"console" default:"true" label:"To the console" help:"Writes to the console as well, unless a person sits at it who did not ask for details." restart:"true"`
	File    LogFile `json:"file"`
}

// LogFile says whether the log goes to files as well, which rotate.
type LogFile struct {
	Enabled  bool   `json:"enabled" default:"true" label:"To files" help:"Writes to a file in the logs folder: five of 20 MiB at most." restart:"true"`
	Filename string `json:"filename" default:"ecoflow.log" label:"File name" help:"The name of the newest file." restart:"true"`
}

// SlogLevel is Level in the terms of slog.
func (l Logging) SlogLevel() slog.Level {
	switch {
	case l.Level <= 0:
		return slog.LevelError
	case l.Level == 1:
		return slog.LevelWarn
	case l.Level <= 3:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

// Runs says what is shown of requests to the deployed API.
type Runs struct {
	ShowErrors string `json:"showErrors" default:"local" enum:"local always never" label:"Show errors" help:"Whether callers see a failing node's own sentence: when you work at this machine, always, or never."`
}

// Deployments says how much of their history is kept.
type Deployments struct {
	Keep int `json:"keep" default:"200" min:"1" max:"10000" label:"Deployments kept" help:"How many deployments are kept; those with a note or a pin stay for ever."`
}

// Loopback reports whether only this machine reaches the server: anywhere else
// nobody is signed in unasked (S1).
func (s Settings) Loopback() bool {
	a, err := netip.ParseAddr(strings.Trim(s.Host, "[]"))
	return strings.EqualFold(s.Host, "localhost") || err == nil && a.Unmap().IsLoopback()
}

// Proxies returns TrustedProxies as networks.
func (s Settings) Proxies() []netip.Prefix {
	list := make([]netip.Prefix, 0, len(s.TrustedProxies))
	for _, text := range s.TrustedProxies {
		if p, ok := network(text); ok {
			list = append(list, p)
		}
	}
	return list
}

func network(text string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

var (
	hostName = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*\.?$`)
	token    = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	origin   = regexp.MustCompile(`^[a-z][a-z0-9+.-]*://[^/\s?#@]+$`)
	fileName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$`)
	routable = []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodPatch, http.MethodOptions}
	// ours are the paths that no prefix may take.
	ours = []string{"/systemApi", "/_", "/public"}
)

func isHost(text string) bool {
	_, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return err == nil || len(text) <= 253 && hostName.MatchString(text)
}

// check holds the rules that a tag cannot say; wrong is called for each key that
// breaks one.
func (s *Settings) check(wrong func(key, format string, args ...any)) {
	if !isHost(s.Host) {
		wrong("Host", "%q is neither an address nor a host name.", s.Host)
	}
	for _, h := range s.PublicHosts {
		if len(h) > 253 || !hostName.MatchString(h) {
			wrong("publicHosts", "%q is not a host name: write it without scheme, port and path.", h)
		}
	}
	for _, p := range s.TrustedProxies {
		if _, ok := network(p); !ok {
			wrong("trustedProxies", "%q is neither an address nor a network as in 10.0.0.0/8.", p)
		}
	}
	for _, entry := range s.Outbound.Allow {
		if err := outbound.CheckAllowed(entry); err != nil {
			wrong("outbound.allow", "%v.", err)
		}
	}
	if s.HTTPS.Enabled && (s.HTTPS.Key == "" || s.HTTPS.Cert == "") {
		wrong("https.enabled", "It needs both a certificate and its key.")
	}
	s.checkCORS(wrong)
	s.checkRouter(wrong)
	if !fileName.MatchString(s.Logging.File.Filename) {
		wrong("logging.file.filename", "The name may have letters, digits, dots, _ and - only.")
	}
}

func (s *Settings) checkCORS(wrong func(key, format string, args ...any)) {
	c := &s.CORS
	for _, o := range c.Origin {
		if o != "*" && o != "null" && !origin.MatchString(o) {
			wrong("httpCors.origin", "%q is not an origin: write scheme, host and port, as in https://app.example.com.", o)
		}
	}
	if c.Credentials && slices.Contains(c.Origin, "*") {
		wrong("httpCors.credentials", "Credentials and all origins (*) do not go together: list the origins.")
	}
	methods("httpCors.allowMethods", c.Methods, wrong)
	for key, list := range map[string][]string{"httpCors.allowHeaders": c.AllowHeaders, "httpCors.exposeHeaders": c.ExposeHeaders} {
		for _, h := range list {
			if !token.MatchString(h) {
				wrong(key, "%q is not the name of a header.", h)
			}
		}
	}
}

func (s *Settings) checkRouter(wrong func(key, format string, args ...any)) {
	r := &s.Router
	if p := r.Prefix; !strings.HasPrefix(p, "/") || path.Clean(p) != p || strings.ContainsAny(p, " ?#%\\:*{}") {
		wrong("apiRouterOptions.prefix", "%q is not a path: it starts with /, ends without, and has no blanks or special characters.", p)
	}
	for _, own := range ours {
		if strings.EqualFold(r.Prefix, own) || strings.HasPrefix(strings.ToLower(r.Prefix), strings.ToLower(own)+"/") {
			wrong("apiRouterOptions.prefix", "%s belongs to the server itself.", own)
		}
	}
	if r.Host != "" && !isHost(r.Host) {
		wrong("apiRouterOptions.host", "%q is not a host name.", r.Host)
	}
	methods("apiRouterOptions.methods", r.Methods, wrong)
}

func methods(key string, list []string, wrong func(key, format string, args ...any)) {
	if len(list) == 0 {
		wrong(key, "Name one method at least.")
	}
	for _, m := range list {
		if !slices.Contains(routable, m) {
			wrong(key, "%q is not one of %s.", m, strings.Join(routable, ", "))
		}
	}
}
