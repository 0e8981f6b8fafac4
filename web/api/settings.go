package api

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"

	"ecoflow/app"
	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/config"
	"ecoflow/app/folders"
	"ecoflow/app/system"
	"ecoflow/web/endpoint"
)

var seeSettings = auth.AnyOf(auth.ServerConfigurationShow, auth.ServerConfigurationUpdate)

const onTrial = "What changes the way to the server (its address, https, sign-in) is in force at once and pending: it returns by itself " +
	"after 60 seconds unless a confirmation arrives by the new way. These need a password that was given within 10 minutes."

// settings lists the endpoints of the configuration: ours, and those of the contract.
func settings(a *app.App) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:          "settings.show",
			Route:       "GET /settings",
			Summary:     "List the settings",
			Description: "Each with its value, default, source and bounds; with what is on trial, and why the last trial returned.",
			Allow:       seeSettings,
		}, func(ctx context.Context, in asked) (config.Page, error) {
			page, err := a.Config.Show(ctx)
			return reaching(in.Request, a, page), err
		}),
		endpoint.New(endpoint.Spec{
			ID:          "settings.save",
			Route:       "PATCH /settings",
			Summary:     "Change settings",
			Description: "All of them or none, after the whole was tried: addresses, certificate, folders. " + onTrial,
			Allow:       auth.ServerConfigurationUpdate,
			Audit:       "Changed settings",
		}, func(ctx context.Context, r askedSave) (savedSettings, error) {
			page, err := a.Config.Save(called(ctx, r.Request), r.SaveRequest)
			return saved(ctx, r.Request, a, page), err
		}),
		endpoint.New(endpoint.Spec{
			ID:        "settings.check",
			Route:     "POST /settings/check",
			Summary:   "Try settings without changing any",
			Allow:     auth.ServerConfigurationUpdate,
			Unaudited: "it tries and changes nothing",
		}, func(ctx context.Context, r askedSave) (config.Rehearsed, error) {
			return a.Config.Check(called(ctx, r.Request), r.SaveRequest)
		}),
		endpoint.New(endpoint.Spec{
			ID:          "settings.confirm",
			Route:       "POST /settings/confirm",
			Summary:     "Confirm the settings on trial",
			Description: "By the new way: through the new address or with the new certificate, signed in as the new mode asks. By the former way it is 409 with the address.",
			Allow:       auth.ServerConfigurationUpdate,
			Audit:       "Confirmed settings {version}",
		}, a.Config.Confirm),
		endpoint.New(endpoint.Spec{
			ID:      "settings.cancel",
			Route:   "POST /settings/cancel",
			Summary: "Take the settings on trial back",
			Allow:   auth.ServerConfigurationUpdate,
			Audit:   "Took settings {version} back",
		}, a.Config.Cancel),
		endpoint.New(endpoint.Spec{
			ID:      "settings.versions",
			Route:   "GET /settings/versions",
			Summary: "List the last 20 versions of the settings",
			Allow:   seeSettings,
		}, func(ctx context.Context, _ struct{}) ([]config.Listed, error) { return a.Config.Versions(ctx) }),
		endpoint.New(endpoint.Spec{
			ID:      "settings.compare",
			Route:   "GET /settings/versions/{version}",
			Summary: "Say what would change by going to a version of the settings",
			Allow:   seeSettings,
		}, a.Config.Compare),
		endpoint.New(endpoint.Spec{
			ID:          "settings.restore",
			Route:       "POST /settings/versions/{version}/restore",
			Summary:     "Go back to a version of the settings",
			Description: "As a new version, like any other change. " + onTrial,
			Allow:       auth.ServerConfigurationUpdate,
			Audit:       "Went back to settings {version}",
		}, func(ctx context.Context, r askedRestore) (savedSettings, error) {
			page, err := a.Config.Restore(called(ctx, r.Request), r.Restore)
			return saved(ctx, r.Request, a, page), err
		}),
		endpoint.New(endpoint.Spec{
			ID:      "database.size",
			Route:   "GET /settings/database",
			Summary: "Say how large the system database is",
			Allow:   seeSettings,
		}, func(ctx context.Context, _ struct{}) (databaseSize, error) { return sizeOf(ctx, a) }),
		endpoint.New(endpoint.Spec{
			ID:          "database.compact",
			Route:       "POST /settings/database/compact",
			Summary:     "Compact the system database",
			Description: "Gives what is unused in the file back to the disk. Changes wait meanwhile; on the disk there has to be room for it once more.",
			Allow:       auth.ServerConfigurationUpdate,
			Audit:       "Compacted the system database",
		}, func(ctx context.Context, _ struct{}) (databaseSize, error) {
			before, err := a.Database.Size(ctx)
			if err == nil {
				err = a.Database.Compact(ctx)
			}
			if err != nil {
				return databaseSize{}, err
			}
			after, err := sizeOf(ctx, a)
			audit.Describe(ctx, "system database", before, after.Size)
			a.Health.Nudge()
			return after, err
		}),
		endpoint.New(endpoint.Spec{
			ID:      "config.show",
			Route:   "GET /admin/config",
			Summary: "Show the configuration and its defaults",
			Allow:   seeSettings,
		}, func(context.Context, struct{}) (configPair, error) {
			return configPair{configuration(a, a.Config.Get()), configuration(a, config.Defaults())}, nil
		}),
		endpoint.New(endpoint.Spec{
			ID:          "config.part",
			Route:       "GET /admin/config/{configID}",
			Summary:     "Show one key of the configuration",
			Description: "A key may be dotted, as in httpCors.origin. One that is not there is an empty object.",
			Allow:       seeSettings,
		}, func(_ context.Context, in configKey) (map[string]any, error) {
			value, ok := config.At(configuration(a, a.Config.Get()), in.Key)
			if !ok {
				return map[string]any{}, nil
			}
			return map[string]any{in.Key: value}, nil
		}),
		endpoint.New(endpoint.Spec{
			ID:      "config.update",
			Route:   "PUT /admin/config",
			Summary: "Change the configuration",
			Description: "In the flat form, by dotted keys, or as the nested object; what is not named stays. What the original has and nothing here reads is stored and named in msg: " +
				"apiRouterOptions.exclusive, say, for a request always runs exactly one route, the most specific. The system database is always its SQLite file, " +
				"so migrate is refused, and so is a database field with another value than endpoint 7 shows. " + onTrial,
			Allow: auth.ServerConfigurationUpdate,
			Audit: "Changed the configuration",
		}, func(ctx context.Context, r askedReplace) (configChanged, error) {
			page, idle, err := a.Config.Replace(called(ctx, r.Request), r.Replace, systemDatabase(a, a.Config.Get()))
			if err != nil {
				return configChanged{}, err
			}
			after := saved(ctx, r.Request, a, page)
			done := configChanged{Msg: "The configuration is changed, and in force.", New: configuration(a, a.Config.Get()), Pending: after.Pending, Open: after.Open}
			if after.Pending != nil {
				done.Msg = "The configuration is changed, and returns to what it was within a minute unless it is confirmed."
			}
			if len(idle.Keys) > 0 {
				done.Msg += " Stored, and without effect here: " + strings.Join(idle.Keys, ", ") + ". " + strings.Join(idle.Reasons, " ")
			}
			return done, nil
		}),
		endpoint.New(endpoint.Spec{
			ID:      "folder.list",
			Route:   "POST /directoriesStatus",
			Summary: "List a folder of the server",
			Description: "Below the folders that the settings name (browseRoots) only. It needs serverConfigurationUpdate, createDBConnection or " +
				"modifyDBConnection, or the setup code while no user exists.",
			Allow:     folders.May,
			SetupCode: true,
			Unaudited: "it looks and changes nothing",
		}, a.Folders.List),
	}
}

// savedSettings are the settings after a change.
type savedSettings struct {
	config.Page
	Open string `json:"open,omitempty" doc:"What to open next to confirm the settings by the new way. In local mode it signs in, once and within a minute."`
}

// asked, like the requests after it, knows by which name the server was called.
type asked struct {
	endpoint.Exchange `json:"-"`
}

type askedSave struct {
	endpoint.Exchange `json:"-"`
	config.SaveRequest
}

type askedRestore struct {
	endpoint.Exchange `json:"-"`
	config.Restore
}

type askedReplace struct {
	endpoint.Exchange `json:"-"`
	config.Replace
}

// called has who changes settings keep the name by which they called the server.
func called(ctx context.Context, r *http.Request) context.Context {
	return config.WithCalled(ctx, r.Host)
}

// reaching has the address of what is on trial say the name by which whoever asks
// reached the server: where it listens to everybody, its own name for itself means
// another machine to them.
func reaching(r *http.Request, a *app.App, page config.Page) config.Page {
	if page.Pending == nil {
		return page
	}
	u, err := url.Parse(page.Pending.Address)
	called := url.URL{Host: r.Host}
	if err != nil || u.Host == "" || called.Hostname() == "" {
		return page
	}
	if at, err := netip.ParseAddr(strings.Trim(a.Config.Get().Host, "[]")); err != nil || !at.IsUnspecified() {
		return page
	}
	u.Host = net.JoinHostPort(called.Hostname(), u.Port())
	waiting := *page.Pending
	waiting.Address = u.String()
	page.Pending = &waiting
	return page
}

// saved adds to the settings what whoever changed them has to open. In local mode
// that is a way in for them alone: a new address has no session of theirs.
func saved(ctx context.Context, r *http.Request, a *app.App, page config.Page) savedSettings {
	page = reaching(r, a, page)
	s := savedSettings{Page: page}
	if page.Pending == nil || page.Pending.Address == "" || !a.HasWindow() {
		return s
	}
	s.Open = page.Pending.Address + "/_/"
	if auth.ActorFrom(ctx).Local && a.Config.Get().Local() {
		s.Open += "launch#" + a.Accounts.LaunchToken()
	}
	return s
}

type configKey struct {
	Key string `path:"configID" maxLength:"200"`
}

type configPair struct {
	Server  map[string]any `json:"serverConfig"`
	Default map[string]any `json:"defaultConfig"`
}

type configChanged struct {
	Msg     string          `json:"msg"`
	New     map[string]any  `json:"newConfigs"`
	Pending *config.Waiting `json:"pending" doc:"What waits to be confirmed; null when nothing does."`
	Open    string          `json:"open,omitempty" doc:"What to open next to confirm it."`
}

// configuration is the configuration object of the contract.
func configuration(a *app.App, s *config.Settings) map[string]any {
	object := s.Nested()
	folder := filepath.ToSlash(a.Folder)
	if s.UserDir == "" {
		object["userDir"] = folder
	}
	object["database"] = systemDatabase(a, s)
	return object
}

// databaseSize says how large the file of the system database is.
type databaseSize struct {
	File string `json:"file" doc:"Whole path."`
	system.Size
}

func sizeOf(ctx context.Context, a *app.App) (databaseSize, error) {
	size, err := a.Database.Size(ctx)
	return databaseSize{filepath.ToSlash(a.Folder) + "/ecoflow.db", size}, err
}

// systemDatabase is the member of the configuration object about the product's own
// database.
func systemDatabase(a *app.App, s *config.Settings) map[string]any {
	return map[string]any{
		"driver": s.Database.Driver, "configuration": map[string]any{"filename": filepath.ToSlash(a.Folder) + "/ecoflow.db"},
	}
}
