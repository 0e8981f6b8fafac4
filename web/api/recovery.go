package api

import (
	"context"
	"mime"
	"net/http"

	"ecoflow/app/auth"
	"ecoflow/app/fault"
	"ecoflow/app/recovery"
	"ecoflow/app/setup"
	"ecoflow/web/endpoint"
)

// inTheLog is why nothing of a recovery is in the audit log.
const inTheLog = "the audit log is in the database that cannot be used; the log file says it"

// Recovery lists every endpoint that answers while the database cannot be used.
func Recovery(m *recovery.Mode) []endpoint.Endpoint {
	up := alive(func() *fault.Fault { return fault.New(fault.Unavailable, "The server is in recovery.") })
	return append(append(up, recovering(func() *recovery.Mode { return m })...),
		endpoint.New(endpoint.Spec{
			ID:      "setup.status",
			Route:   "GET /init/status",
			Summary: "Show that the server is in recovery",
			Allow:   auth.Public,
		}, func(ctx context.Context, _ struct{}) (endpoint.Beside[setup.Status], error) {
			return endpoint.Beside[setup.Status]{Payload: setup.Status{
				IsAuth: !m.Local(), IsSignedIn: auth.ActorFrom(ctx).SignedIn(), Recovery: true,
			}}, nil
		}),
		endpoint.New(endpoint.Spec{
			ID:        "session.launch",
			Route:     "POST /launch",
			Summary:   "Exchange the launch token for a session",
			Allow:     auth.Public,
			Unaudited: inTheLog,
		}, m.Launch),
	)
}

// recovering lists what the page of a recovery needs.
func recovering(mode func() *recovery.Mode) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:          "recovery.open",
			Route:       "POST /recovery/open",
			Summary:     "Begin a session with the recovery code",
			Description: "While the database is damaged, or newer than the program, nobody can sign in. The code is on the console and in the data folder.",
			Allow:       auth.Public,
			Unaudited:   inTheLog,
		}, func(ctx context.Context, k recovery.Key) (recovery.Opened, error) { return mode().Open(ctx, k) }),
		endpoint.New(endpoint.Spec{
			ID:      "recovery.show",
			Route:   "GET /recovery",
			Summary: "Show what is the matter with the database, and how far its recovery is",
			Allow:   auth.SignedIn,
		}, func(ctx context.Context, in struct{}) (recovery.State, error) { return mode().State(ctx, in) }),
		endpoint.New(endpoint.Spec{
			ID:          "recovery.salvage",
			Route:       "POST /recovery/salvage",
			Summary:     "Save what can be read into a copy",
			Description: "It begins to; the state says how far it is. The damaged file stays as it is.",
			Allow:       auth.SignedIn,
			Unaudited:   inTheLog,
		}, func(ctx context.Context, in struct{}) (recovery.State, error) { return mode().Salvage(ctx, in) }),
		endpoint.New(endpoint.Spec{
			ID:          "recovery.start",
			Route:       "POST /recovery/start",
			Summary:     "Start with the copy",
			Description: "The damaged file is kept beside it under another name.",
			Allow:       auth.SignedIn,
			Unaudited:   inTheLog,
		}, func(ctx context.Context, in struct{}) (recovery.State, error) { return mode().Adopt(ctx, in) }),
		endpoint.New(endpoint.Spec{
			ID:        "recovery.quit",
			Route:     "POST /recovery/quit",
			Summary:   "End the server and leave everything as it is",
			Allow:     auth.SignedIn,
			Unaudited: inTheLog,
		}, func(ctx context.Context, in struct{}) (string, error) { return mode().Quit(ctx, in) }),
		endpoint.Raw(endpoint.Spec{
			ID:          "recovery.download",
			Route:       "GET /recovery/file",
			Summary:     "Download the database file as it is",
			Description: "A zip with its log where there is one.",
			Allow:       auth.SignedIn,
		}, "application/octet-stream", func(_ context.Context, _ struct{}, w http.ResponseWriter) error {
			name, contentType, write, err := mode().Download()
			if err != nil {
				return err
			}
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
			return write(w)
		}),
	}
}
