package config

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"ecoflow/app/fault"
)

// Nested returns the settings as the configuration object of the contract (3.6).
func (s *Settings) Nested() map[string]any {
	object := map[string]any{}
	for i := range Fields {
		put(object, Fields[i].Key, Fields[i].Value(s))
	}
	put(object, "httpCors.origin", strings.Join(s.CORS.Origin, ", ")) // the contract has one text
	return object
}

// Defaults returns the settings when nobody says otherwise.
func Defaults() *Settings {
	s, _ := Load(nil, Outside{}) //nolint:errcheck // a default that is not valid is a failed test
	return &s
}

// At returns the value at a dotted key of the settings, which may be a group of
// them; ok is false when there is none.
func At(object map[string]any, key string) (value any, ok bool) { return find(object, key) }

// Replace is the body of endpoint 9: fields of the flat form (3.7), dotted keys, or
// members of the configuration object (3.6), merged into the settings.
type Replace struct {
	Values map[string]any `json:",embed"`
}

// Idle are settings that are only kept: nothing here reads them, and what they ask for
// is not so anyway.
type Idle struct {
	Keys    []string
	Reasons []string // sentences, each once
}

// Replace changes settings as Save does. The system database, which endpoint 7 shows
// as system, stays what it is. Beside the page it returns what of that which was asked
// for is idle.
func (c *Current) Replace(ctx context.Context, r Replace, system map[string]any) (page Page, idle Idle, err error) {
	values, wrong := flatten(r.Values, system)
	defer func() { err = asSent(err, r.Values) }()
	c.changes.Lock()
	defer c.changes.Unlock()
	edit := c.edit(values)
	err = c.save(ctx, nil, func(stored map[string]any) []fault.Place { return append(wrong, edit(stored)...) })
	if err != nil {
		return Page{}, Idle{}, err
	}
	defaults := Defaults()
	for _, key := range slices.Sorted(maps.Keys(values)) {
		f := field(key)
		if !f.Kept || values[key] == nil || f.same(defaults, values[key]) {
			continue
		}
		idle.Keys = append(idle.Keys, key)
		if !slices.Contains(idle.Reasons, f.Help) {
			idle.Reasons = append(idle.Reasons, f.Help)
		}
	}
	page, err = c.page(ctx)
	return page, idle, err
}

// asSent has a fault of endpoint 9 name its fields as the caller did.
func asSent(err error, body map[string]any) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	for i, p := range f.Places {
		for _, name := range slices.Sorted(maps.Keys(body)) {
			if flat[name].key == p.Path {
				f.Places[i].Path = name
				break
			}
		}
	}
	return err
}

// flat are the fields of the flat form that are called otherwise than their keys.
// What it leaves to its switch goes by the name of the switch.
var flat = map[string]struct{ key, only string }{
	"httpsEnabled": {"https.enabled", ""}, "httpsKey": {"https.key", ""}, "httpsCert": {"https.cert", ""},
	"httpCorsEnabled": {"httpCors.enabled", ""},
	"httpCorsOrigin":  {"httpCors.origin", "httpCorsEnabled"}, "httpCorsAllowMethods": {"httpCors.allowMethods", "httpCorsEnabled"},
	"httpCorsExposeHeaders": {"httpCors.exposeHeaders", "httpCorsEnabled"}, "httpCorsAllowHeaders": {"httpCors.allowHeaders", "httpCorsEnabled"},
	"httpCorsMaxAge": {"httpCors.maxAge", "httpCorsEnabled"}, "httpCorsCredentials": {"httpCors.credentials", "httpCorsEnabled"},
	"httpCorsKeepHeadersOnError":   {"httpCors.keepHeadersOnError", "httpCorsEnabled"},
	"httpCorsSecureContext":        {"httpCors.secureContext", "httpCorsEnabled"},
	"httpCorsPrivateNetworkAccess": {"httpCors.privateNetworkAccess", "httpCorsEnabled"},
	"apiRouterOptionsPrefix":       {"apiRouterOptions.prefix", ""}, "apiRouterOptionsMethods": {"apiRouterOptions.methods", ""},
	"apiRouterOptionsRouterPath": {"apiRouterOptions.routerPath", ""}, "apiRouterOptionsSensitive": {"apiRouterOptions.sensitive", ""},
	"apiRouterOptionsStrict": {"apiRouterOptions.strict", ""}, "apiRouterOptionsExclusive": {"apiRouterOptions.exclusive", ""},
	"apiRouterOptionsHost": {"apiRouterOptions.host", ""},
	"loggingEnabled":       {"logging.enabled", ""},
	"loggingLevel":         {"logging.level", "loggingEnabled"}, "loggingFormat": {"logging.format", "loggingEnabled"},
	"loggingPrettyPrint": {"logging.prettyPrint", "loggingEnabled"},
	"loggingLabelEnable": {"logging.label.enable", "loggingEnabled"}, "loggingLabelLabel": {"logging.label.label", "loggingEnabled"},
	// The original's own editor misspells these two.
	"loggingLableEnable": {"logging.label.enable", "loggingEnabled"}, "loggingLableLabel": {"logging.label.label", "loggingEnabled"},
	"loggingConsole": {"logging.console", ""}, "loggingFileEnabled": {"logging.file.enabled", ""},
	"loggingFileLocation": {"logging.file.location", "loggingFileEnabled"}, "loggingFileFilename": {"logging.file.filename", "loggingFileEnabled"},
	"loggingWebEnabled": {"logging.web.enabled", ""},
	"loggingWebHost":    {"logging.web.host", "loggingWebEnabled"}, "loggingWebPort": {"logging.web.port", "loggingWebEnabled"},
	"loggingWebPath": {"logging.web.path", "loggingWebEnabled"},
	"editorEnabled":  {"editor.enabled", ""}, "editorAdmin": {"editor.admin", ""}, "editorFlow": {"editor.flow", ""}, "editorSchema": {"editor.schema", ""},
}

// endings are what the original appends to names that lack it.
var endings = map[string]string{
	"flowNodeConfigurations": ".json", "flowNodeDefinitions": ".json", "flowNodeConnections": ".json", "logging.file.filename": ".log",
}

// flatten turns a body of endpoint 9 into values by dotted key.
func flatten(body, system map[string]any) (values map[string]any, wrong []fault.Place) {
	values = map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		value := body[name]
		alias, isFlat := flat[name]
		switch {
		case name == "migrate":
			if value != nil && value != false {
				wrong = append(wrong, fault.Place{Path: name, Message: "The system database is always SQLite, in the data folder: there is nothing to migrate to."})
			}
			continue
		case isDatabase(name):
			wrong = append(wrong, checkDatabase(name, value, system)...)
			continue
		case value == "" && (isFlat || !strings.Contains(name, ".")):
			continue // not given
		case isFlat:
			if on, given := body[alias.only]; !given || on == true {
				values[alias.key] = value
			}
		default:
			spread(values, name, value)
		}
	}
	for key, ending := range endings {
		if text, ok := values[key].(string); ok && !strings.Contains(text, ".") {
			values[key] = text + ending
		}
	}
	if text, ok := values["apiRouterOptions.prefix"].(string); ok && !strings.HasPrefix(text, "/") {
		values["apiRouterOptions.prefix"] = "/" + text
	}
	// The original's format is a template of a line; JSON is the only other way here.
	if text, ok := values["logging.format"].(string); ok && text != "json" {
		values["logging.format"] = "text"
	}
	// The original takes a list of folders too; one is what we serve.
	if list, ok := values["httpStatic"].([]any); ok && len(list) > 1 {
		delete(values, "httpStatic")
		wrong = append(wrong, fault.Place{Path: "httpStatic", Message: "It names several folders; only one is served. Name one, as its path and httpStaticRoot."})
	} else if ok && len(list) == 1 {
		if one, ok := list[0].(map[string]any); ok {
			values["httpStatic"], values["httpStaticRoot"] = one["path"], one["root"]
		}
	}
	return values, wrong
}

// spread takes a member of the configuration object apart into dotted keys.
func spread(values map[string]any, key string, value any) {
	members, ok := value.(map[string]any)
	if !ok || field(key) != nil {
		values[key] = value
		return
	}
	for name, member := range members {
		spread(values, key+"."+name, member)
	}
}

// isDatabase reports whether a field of endpoint 9 is about the system database.
func isDatabase(name string) bool {
	return name == "database" || name == "databaseDriver" || strings.HasPrefix(name, "database.") || strings.HasPrefix(name, "databaseConfiguration")
}

// checkDatabase refuses whatever a field asks of the system database that it is not
// already.
func checkDatabase(name string, value any, system map[string]any) (wrong []fault.Place) {
	key := name
	if detail, ok := strings.CutPrefix(name, "databaseConfiguration"); ok {
		key = "database.configuration"
		if detail != "" {
			key += "." + strings.ToLower(detail[:1]) + detail[1:]
		}
	} else if name == "databaseDriver" {
		key = "database.driver"
	}
	asked := map[string]any{}
	spread(asked, key, value)
	for _, k := range slices.Sorted(maps.Keys(asked)) {
		is, _ := find(map[string]any{"database": system}, k)
		text, isText := asked[k].(string)
		switch {
		case asked[k] == nil || isText && text == "": // not given
		case isText && (k == "database" || k == "database.driver") && strings.EqualFold(text, "SQLite"):
		case reflect.DeepEqual(asked[k], is):
		default:
			at := name
			if k != key {
				at = k
			}
			wrong = append(wrong, fault.Place{
				Path: at, Code: "database_unsupported",
				Message: "The product's own database is always its SQLite file, in the data folder. Databases outside are connections.",
			})
		}
	}
	return wrong
}
