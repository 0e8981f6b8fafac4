// Package config holds the settings of the product: one struct whose tags say
// everything about each of them, and where each value came from.
package config

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ecoflow/app/outbound"
)

// Settings are all settings that something reads. The tags of a field are:
//
//	json     its name, and with those of the structs around it its dotted key
//	default  its value when nobody says otherwise
//	label    what it is called, help what it does, in words for users
//	unit     of a number: "bytes", "ms", "days" …; a duration is a number of its unit
//	min, max its bounds, in its unit
//	enum     the allowed values, with blanks between; names what they are called, with | between
//	picks    "folder" or "file": the text is the path of one on the server
//	confirm  "true" when a change has to be confirmed the new way, or it returns by itself
//	consent  "true" when a change takes the password once more: it opens other folders of the machine
//	kept     "true" for what the original has and nothing here reads: it is checked,
//	         stored and given back, and no form offers it
//
// A struct has its title in group. Every change takes effect at once.
type Settings struct {
	Host           string   `json:"Host" default:"127.0.0.1" label:"Address" help:"Where the server listens: 127.0.0.1 for this machine alone, 0.0.0.0 for everybody. Anything but this machine needs sign-in." confirm:"true"`
	Port           int      `json:"Port" default:"4000" min:"0" max:"65535" label:"Port" help:"The port the server listens on; 0 takes any free one." confirm:"true"`
	SignIn         bool     `json:"signIn" default:"false" label:"Ask for user name and password" help:"Asks everybody to sign in, at this machine as well. Always so where others reach the server." confirm:"true"`
	PublicHosts    []string `json:"publicHosts" label:"Public names" help:"Names under which the server may be called, beside those of this machine, as in api.example.com."`
	TrustedProxies []string `json:"trustedProxies" label:"Trusted proxies" help:"Addresses or networks of the proxies whose word about the client's address counts."`
	APIAddress     string   `json:"apiAddress" label:"Own address of the API" help:"Where the deployed API is served by itself as well, as in 127.0.0.1:8080: without the window, and pages it serves may run freely. Empty for none." confirm:"true"`
	Static         string   `json:"httpStatic" default:"/public" label:"Path of static files" help:"The path under which the files of a folder are served; empty serves none."`
	StaticRoot     string   `json:"httpStaticRoot" label:"Folder of static files" help:"The folder whose files are served; without a leading / it lies in the data folder. Empty is its folder public." picks:"folder" consent:"true"`
	BrowseRoots    []string `json:"browseRoots" label:"Folders to pick from" help:"The folders below which a folder or file of the server can be picked. Empty: your home folder when you work at this machine, else the data folder." picks:"folder" consent:"true"`

	HTTPS       HTTPS       `json:"https" group:"HTTPS"`
	CORS        CORS        `json:"httpCors" group:"CORS"`
	Router      Router      `json:"apiRouterOptions" group:"API router"`
	Limits      Limits      `json:"limits" group:"Limits"`
	Outbound    Outbound    `json:"outbound" group:"Requests out"`
	Logging     Logging     `json:"logging" group:"Logging"`
	Editor      Editor      `json:"editor" group:"Window"`
	Runs        Runs        `json:"runs" group:"Runs"`
	Deployments Deployments `json:"deployments" group:"Deployments"`
	Audit       Audit       `json:"audit" group:"Audit log"`
	FlowFiles   `group:"Flow files"`

	Original

	sources map[string]Source
	proxies []netip.Prefix // TrustedProxies, read
}

// firstGroup is the title of the settings that are in no struct of their own.
const firstGroup = "Server"

// FlowFiles says where what is live is written to as files as well, in the layout of
// the original.
type FlowFiles struct {
	FlowDir     string `json:"flowDir" label:"Folder of flow files" help:"Each deploy also writes the flows into this folder, a folder for each, as EcoFlowJS does: for a version control. Without a leading / it lies in the data folder. Empty writes none. A start with --import-flows reads them back." picks:"folder" consent:"true"`
	FlowNodes   string `json:"flowNodeDefinitions" default:"nodes.json" label:"File of nodes" help:"What the file with the nodes of a flow is called."`
	FlowEdges   string `json:"flowNodeConnections" default:"connections.json" label:"File of connections" help:"What the file with the connections of a flow is called."`
	FlowConfigs string `json:"flowNodeConfigurations" default:"configs.json" label:"File of node values" help:"What the file with the values of a flow's nodes is called."`
	FlowPretty  bool   `json:"flowFilePretty" default:"true" label:"Readable flow files" help:"Writes them with line breaks."`
}

// ownFlowFile is the name of the file with what the original has no file for.
const ownFlowFile = "ecoflow.json"

// Original are the settings of the original that mean nothing here: where it has
// files, we have a database.
type Original struct {
	UserDir     string      `json:"userDir" label:"Base folder" help:"The data folder; it is chosen when EcoFlow starts." picks:"folder" kept:"true"`
	ModuleDir   string      `json:"moduleDir" label:"Folder of packages" help:"Packages are kept in the database." picks:"folder" kept:"true"`
	EnvDir      string      `json:"envDir" label:"Folder of the environment" help:"Variables are kept in the database." picks:"folder" kept:"true"`
	DBDirectory string      `json:"DB_Directory" label:"Folder of databases" help:"Connections are kept in the database." picks:"folder" kept:"true"`
	Lang        string      `json:"lang" default:"en-US" label:"Language" help:"The window is in English." kept:"true"`
	Registry    string      `json:"registry" label:"Package registry" help:"Packages are built in." kept:"true"`
	UpdateCheck bool        `json:"updateCheck" default:"false" label:"Look for updates" help:"EcoFlow never calls anybody by itself." kept:"true"`
	Diagnostics Diagnostics `json:"diagnostics" group:"Diagnostics"`
	Database    Database    `json:"database" group:"System database"`
}

// Diagnostics are switches of the original.
type Diagnostics struct {
	Enabled bool `json:"enabled" default:"true" label:"Diagnostics" help:"EcoFlow sends nothing to anybody." kept:"true"`
	UI      bool `json:"ui" default:"true" label:"Diagnostics of the window" help:"EcoFlow sends nothing to anybody." kept:"true"`
}

// Editor are the switches of the original's editors. Our window is all of them in one,
// so that there is one switch, and those of the single editors are only kept. It takes
// the pages away and nothing of the API; safe mode and a recovery have them always.
type Editor struct {
	Enabled bool `json:"enabled" default:"true" label:"Serve the window" help:"Off takes these pages away for everybody, at once; the deployed API and the system API go on. They come back by the system API (PUT /systemApi/admin/config with {\"editor.enabled\": true}), or by a start with ECOFLOW_EDITOR_ENABLED=true, with {\"editor\": {\"enabled\": true}} in ecoflow.json, or with --safe, which always has them."`
	Admin   bool `json:"admin" default:"true" label:"Administration" help:"The window is one; editor.enabled switches it." kept:"true"`
	Flow    bool `json:"flow" default:"true" label:"Flow editor" help:"The window is one; editor.enabled switches it." kept:"true"`
	Schema  bool `json:"schema" default:"true" label:"Schema editor" help:"The window is one; editor.enabled switches it." kept:"true"`
}

// Database names the system database.
type Database struct {
	Driver string `json:"driver" default:"SQLite" enum:"SQLite" label:"System database" help:"It is always SQLite, in the data folder." kept:"true"`
}

// HTTPS is how the server encrypts what is sent.
type HTTPS struct {
	Enabled bool   `json:"enabled" default:"false" label:"Encrypt" help:"Serves https instead of http." confirm:"true"`
	Key     string `json:"key" label:"Key" help:"The PEM file of the key, which nobody else may read; without a leading / it lies in the data folder." picks:"file" confirm:"true"`
	Cert    string `json:"cert" label:"Certificate" help:"The PEM file of the certificate, with those between it and the authority." picks:"file" confirm:"true"`
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
	KeepOnError   bool          `json:"keepHeadersOnError" default:"false" label:"Errors as well" help:"Lets pages of other origins read answers that say what went wrong."`
	SecureContext bool          `json:"secureContext" default:"false" label:"Isolate pages" help:"Has pages of the API isolated from others, which some functions of browsers need."`
	PrivateAccess bool          `json:"privateNetworkAccess" default:"false" label:"Private network" help:"Lets pages of the public internet call the API in a private network."`
}

// Router says how requests find a route of the deployed API.
type Router struct {
	Prefix    string   `json:"prefix" default:"/api" label:"Prefix" help:"The path in front of every route of the deployed API."`
	Methods   []string `json:"methods" default:"GET,PUT,POST,DELETE,PATCH" label:"Methods" help:"Methods that routes may have."`
	Host      string   `json:"host" label:"Host" help:"The only host name the deployed API answers to; empty for all."`
	Sensitive bool     `json:"sensitive" default:"false" label:"Match case" help:"Tells upper from lower case in paths."`
	Strict    bool     `json:"strict" default:"true" label:"Match the trailing slash" help:"Tells a path with a trailing slash from one without."`
	Path      string   `json:"routerPath" label:"Path to match" help:"Every request under the prefix is answered as if it asked for this path, as in /maintenance: one route for the whole API. Empty: each by its own path."`
	Exclusive bool     `json:"exclusive" default:"false" label:"One route only" help:"A request always runs exactly one route, the most specific." kept:"true"`
}

// Limits bound what the outside may ask of the server.
type Limits struct {
	APIBody      int           `json:"apiBody" default:"10485760" unit:"bytes" min:"1024" max:"1073741824" label:"Request body" help:"The largest body a request to the deployed API may have."`
	Connections  int           `json:"connections" default:"10000" min:"64" max:"1000000" label:"Connections" help:"Connections at once; 32 of them are kept for managing the server."`
	RunsAtOnce   int           `json:"runsAtOnce" default:"2000" min:"1" max:"100000" label:"Runs at once" help:"Requests that run at the same time; more are asked to come again."`
	RunTime      time.Duration `json:"runTime" default:"30000" unit:"ms" min:"100" max:"3600000" label:"Time of a run" help:"How long a request may run before it is ended."`
	SessionIdle  time.Duration `json:"sessionIdle" default:"480" unit:"min" min:"5" max:"43200" label:"Idle sign-in" help:"How long somebody stays signed in without doing anything."`
	SessionTime  time.Duration `json:"sessionTime" default:"168" unit:"h" min:"1" max:"2160" label:"Longest sign-in" help:"How long somebody stays signed in at most."`
	SignInWait   time.Duration `json:"signInWait" default:"15" unit:"min" min:"5" max:"1440" label:"Wait after wrong passwords" help:"How long the wait before the next try gets at most, for an address that keeps being wrong."`
	StopTime     time.Duration `json:"stopTime" default:"30" unit:"s" min:"1" max:"300" label:"Time to stop" help:"How long what is under way may take to finish when EcoFlow stops or restarts. A service manager has to wait longer."`
	ScriptTime   time.Duration `json:"scriptTime" default:"1000" unit:"ms" min:"1" max:"30000" label:"Time of a script" help:"How long one call of a script may run."`
	ScriptMemory int           `json:"scriptMemory" default:"0" unit:"bytes" min:"0" max:"1099511627776" label:"Memory of scripts" help:"How much memory EcoFlow may take before scripts that ask for more are ended, 64 MiB at least. 0 is most of what the machine has."`
	TemplateTime time.Duration `json:"templateTime" default:"100" unit:"ms" min:"1" max:"10000" label:"Time of a template" help:"How long one template or expression may take."`
}

// Outbound says where flows may send requests to.
type Outbound struct {
	Allow []string `json:"allow" label:"Reachable addresses" help:"Addresses, networks and host names, each with or without a port, that flows may call although they are on this machine or in its network."`
}

// Logging says what is written to the log, and where.
type Logging struct {
	Enabled bool    `json:"enabled" default:"true" label:"Write a log" help:"Writes what happens to the log."`
	Level   int     `json:"level" default:"2" enum:"0 1 2 4 5" names:"Errors|Warnings|What happens|Details|Everything" label:"Level" help:"How much is written. Details and everything are the same here."`
	Format  string  `json:"format" default:"text" enum:"text json" names:"Lines for people|JSON for programs" label:"Format" help:"Lines for people, or JSON for programs."`
	Pretty  bool    `json:"prettyPrint" default:"false" label:"Spread out on the console" help:"Writes a record to the console over several lines: JSON indented, of text each fact on a line of its own. In the files and in the window it stays one line."`
	Label   Label   `json:"label"`
	Console bool    `json:"console" default:"true" label:"To the console" help:"Writes to the console as well, unless a person sits at it who did not ask for details."`
	File    LogFile `json:"file"`
	Web     LogWeb  `json:"web"`
}

// Label is a mark on every record of the log.
type Label struct {
	Enable bool   `json:"enable" default:"false" label:"Mark the lines" help:"Writes the text below into every line as label, to tell several servers apart."`
	Label  string `json:"label" default:"EcoFlow" label:"Mark" help:"What every line is marked with."`
}

// LogWeb says where the original sends its log to.
type LogWeb struct {
	Enabled bool   `json:"enabled" default:"false" label:"To an address" help:"The log stays on this machine." kept:"true"`
	Host    string `json:"host" label:"Host" help:"The log stays on this machine." kept:"true"`
	Port    int    `json:"port" default:"0" min:"0" max:"65535" label:"Port" help:"The log stays on this machine." kept:"true"`
	Path    string `json:"path" default:"/" label:"Path" help:"The log stays on this machine." kept:"true"`
}

// LogFile says whether the log goes to files as well, which rotate.
type LogFile struct {
	Enabled  bool   `json:"enabled" default:"true" label:"To files" help:"Writes to files: five of 20 MiB at most."`
	Location string `json:"location" label:"Folder" help:"The folder of the log files; without a leading / it lies in the data folder. Empty is its folder logs." picks:"folder" consent:"true"`
	Filename string `json:"filename" default:"ecoflow.log" label:"File name" help:"The name of the newest file, as in ecoflow.log."`
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

// Runs says what is kept and shown of requests to the deployed API.
type Runs struct {
	Capture    string `json:"capture" default:"off" enum:"off summary full" names:"Nothing|Nodes and times|Data as well" label:"Keep runs" help:"What is kept, in memory, of the last requests and events that ran a flow: nothing, each node with its time and outcome, or the data around it as well, with secrets hidden. Of more than 500 runs a second, only 500 are kept. Read at /systemApi/runs."`
	Keep       int    `json:"keep" default:"100" min:"1" max:"1000" label:"Runs kept" help:"How many runs are kept; fewer where their data is large."`
	ShowErrors string `json:"showErrors" default:"local" enum:"local always never" names:"When you work at this machine|Always|Never" label:"Show errors" help:"Whether callers see a failing node's own sentence: when you work at this machine, always, or never."`
}

// Deployments says how much of their history is kept.
type Deployments struct {
	Keep int `json:"keep" default:"200" min:"1" max:"10000" label:"Deployments kept" help:"How many deployments are kept; those with a note or a pin stay for ever."`
}

// Audit says how much of the audit log is kept where it is read.
type Audit struct {
	Keep int `json:"keep" default:"0" unit:"days" min:"0" max:"36500" label:"Days kept" help:"Older audit entries move to signed files in the folder audit of the data folder, 30 days old at least. 0 moves none."`
}

// auditKeep is the youngest age at which audit entries may be moved.
const auditKeep = 30

// scriptMemory is the least that scripts can work in.
const scriptMemory = 64 << 20

// Loopback reports whether only this machine reaches the server, the address of the
// API included: anywhere else nobody is signed in unasked (S1).
func (s Settings) Loopback() bool {
	if s.APIAddress != "" {
		if host, _, err := splitAddress(s.APIAddress); err != nil || !loopback(host) {
			return false
		}
	}
	return loopback(s.Host)
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && a.Unmap().IsLoopback()
}

// Local reports whether the person at this machine is signed in without a password.
func (s Settings) Local() bool { return !s.SignIn && s.Loopback() }

// API returns host and port of APIAddress; ok is false when it is empty.
func (s Settings) API() (host string, port int, ok bool) {
	if s.APIAddress == "" {
		return "", 0, false
	}
	host, port, err := splitAddress(s.APIAddress)
	return host, port, err == nil
}

func splitAddress(text string) (host string, port int, err error) {
	host, number, err := net.SplitHostPort(text)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(number, 10, 16)
	return host, int(n), err
}

// Proxies returns TrustedProxies as networks.
func (s *Settings) Proxies() []netip.Prefix { return s.proxies }

func (s *Settings) readProxies() {
	s.proxies = make([]netip.Prefix, 0, len(s.TrustedProxies))
	for _, text := range s.TrustedProxies {
		if p, ok := network(text); ok {
			s.proxies = append(s.proxies, p)
		}
	}
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
	ours = []string{"/systemApi", "/_"}
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
	if host, _, err := splitAddress(s.APIAddress); s.APIAddress != "" && (err != nil || !isHost(host)) {
		wrong("apiAddress", "%q is not an address with a port, as in 127.0.0.1:8080.", s.APIAddress)
	}
	s.checkPaths(wrong)
	s.checkCORS(wrong)
	s.checkRouter(wrong)
	s.checkOriginal(wrong)
	if m := s.Limits.ScriptMemory; m > 0 && m < scriptMemory {
		wrong("limits.scriptMemory", "It has to be %d bytes at least, or 0 for most of what there is.", scriptMemory)
	}
	if k := s.Audit.Keep; k > 0 && k < auditKeep {
		wrong("audit.keep", "It has to be %d days at least, or 0 for all.", auditKeep)
	}
	switch name := s.Logging.File.Filename; {
	case !fileName.MatchString(name):
		wrong("logging.file.filename", "The name may have letters, digits, dots, _ and - only.")
	case !strings.HasSuffix(name, ".log"): // any other file may be somebody else's
		wrong("logging.file.filename", "The name has to end in .log.")
	case strings.HasPrefix(name, "crash-"):
		wrong("logging.file.filename", "Names that begin with crash- are those of crash reports.")
	}
}

// Origins returns the origins as browsers write them: in lower case, without the port
// that goes without saying.
func (c *CORS) Origins() []string {
	list := make([]string, 0, len(c.Origin))
	for _, o := range c.Origin {
		o = strings.ToLower(o)
		for scheme, port := range map[string]string{"http://": ":80", "https://": ":443"} {
			if strings.HasPrefix(o, scheme) {
				o = strings.TrimSuffix(o, port)
			}
		}
		list = append(list, o)
	}
	return list
}

func (s *Settings) checkCORS(wrong func(key, format string, args ...any)) {
	c := &s.CORS
	for _, o := range c.Origin {
		if o != "*" && o != "null" && !origin.MatchString(o) {
			wrong("httpCors.origin", "%q is not an origin: write scheme, host and port, as in https://app.example.com.", o)
		} else if strings.ContainsFunc(o, func(r rune) bool { return r > unicode.MaxASCII }) {
			wrong("httpCors.origin", "%q has letters that browsers send otherwise: write its name in the form xn--….", o)
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
	if !isPath(r.Prefix) {
		wrong("apiRouterOptions.prefix", "%q is not a path: it starts with /, ends without, and has no blanks or special characters.", r.Prefix)
	}
	for _, own := range ours {
		if under(r.Prefix, own) {
			wrong("apiRouterOptions.prefix", "%s belongs to the server itself.", own)
		}
	}
	if s.Static != "" && under(r.Prefix, s.Static) {
		wrong("apiRouterOptions.prefix", "%s is where the static files are.", s.Static)
	}
	if r.Host != "" && !isHost(r.Host) {
		wrong("apiRouterOptions.host", "%q is not a host name.", r.Host)
	}
	if !isRoute(r.Path) {
		wrong("apiRouterOptions.routerPath", "%q is not the path of a route without parameters, as in /maintenance.", r.Path)
	}
	methods("apiRouterOptions.methods", r.Methods, wrong)
}

// checkPaths checks what names a place in the server's addresses or on its disk.
func (s *Settings) checkPaths(wrong func(key, format string, args ...any)) {
	if p := s.Static; p != "" && (p == "/" || !isPath(p)) {
		wrong("httpStatic", "%q is not a path: it starts with /, ends without, and has no blanks or special characters.", p)
	}
	for _, own := range ours {
		if under(s.Static, own) {
			wrong("httpStatic", "%s belongs to the server itself.", own)
		}
	}
	for key, name := range map[string]string{
		"httpStaticRoot": s.StaticRoot, "logging.file.location": s.Logging.File.Location, "https.key": s.HTTPS.Key, "https.cert": s.HTTPS.Cert,
		"userDir": s.UserDir, "moduleDir": s.ModuleDir, "flowDir": s.FlowDir, "envDir": s.EnvDir, "DB_Directory": s.DBDirectory,
	} {
		if !isFilePath(name) {
			wrong(key, "%q is not the name of a file or folder.", name)
		}
	}
	for _, root := range s.BrowseRoots {
		if !isFilePath(root) || !filepath.IsAbs(root) {
			wrong("browseRoots", "%q is not the whole path of a folder.", root)
		}
	}
}

// checkOriginal checks what nothing here reads, so that what is given back is what
// the original would take.
func (s *Settings) checkOriginal(wrong func(key, format string, args ...any)) {
	for key, name := range map[string]string{
		"flowNodeConfigurations": s.FlowConfigs, "flowNodeDefinitions": s.FlowNodes, "flowNodeConnections": s.FlowEdges,
	} {
		if !fileName.MatchString(name) {
			wrong(key, "The name may have letters, digits, dots, _ and - only.")
		}
	}
	taken := []string{ownFlowFile}
	for _, f := range []struct{ key, name string }{
		{"flowNodeConfigurations", s.FlowConfigs}, {"flowNodeConnections", s.FlowEdges}, {"flowNodeDefinitions", s.FlowNodes},
	} {
		if slices.ContainsFunc(taken, func(t string) bool { return strings.EqualFold(t, f.name) }) {
			wrong(f.key, "Each file of a flow needs a name of its own, and none is %s.", ownFlowFile)
		}
		taken = append(taken, f.name)
	}
	for key, text := range map[string]string{"lang": s.Lang, "logging.web.path": s.Logging.Web.Path, "logging.label.label": s.Logging.Label.Label} {
		if len(text) > 200 || strings.ContainsFunc(text, unicode.IsControl) {
			wrong(key, "It may have 200 characters at most and no control characters.")
		}
	}
	if h := s.Logging.Web.Host; h != "" && !isHost(h) {
		wrong("logging.web.host", "%q is not a host name.", h)
	}
	if r := s.Registry; r != "" {
		if u, err := url.Parse(r); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			wrong("registry", "It has to be an https address without a password.")
		}
	}
}

// isPath reports whether text is a path in an address, without a slash at its end.
func isPath(text string) bool {
	return len(text) <= 200 && strings.HasPrefix(text, "/") && path.Clean(text) == text &&
		!strings.ContainsAny(text, " ?#%\\:*{}") && !strings.ContainsFunc(text, unicode.IsControl)
}

// isRoute reports whether a route without parameters could have the path; package flow
// knows the routes, and is not known here.
func isRoute(text string) bool {
	if len(text) > 200 {
		return false
	}
	for part := range strings.SplitSeq(strings.Trim(text, "/"), "/") {
		if part == "." || part == ".." || part == "" && strings.Trim(text, "/") != "" ||
			strings.ContainsAny(part, ":?#*()[]\\\"<>{}|^` ") || strings.ContainsFunc(part, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }) {
			return false
		}
	}
	return true
}

// isFilePath reports whether a file could be called so.
func isFilePath(text string) bool {
	return len(text) <= 1024 && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// under reports whether a path is own or below it, whatever its case.
func under(text, own string) bool {
	return strings.EqualFold(text, own) || strings.HasPrefix(strings.ToLower(text), strings.ToLower(own)+"/")
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
