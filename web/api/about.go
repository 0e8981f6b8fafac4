package api

import (
	"context"
	"runtime"
	"time"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/secret"
	"ecoflow/app/system"
	"ecoflow/web/endpoint"
)

// about says what this program is.
func about(a *app.App) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:          "about.show",
			Route:       "GET /about",
			Summary:     "Say what this program is and is built with",
			Description: "The data folder, how its secrets are kept and the memory in use are for those who may see the settings.",
			Allow:       auth.SignedIn,
		}, func(ctx context.Context, _ struct{}) (program, error) {
			up := a.System.Uptime()
			p := program{
				Version: system.Version(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
				Started: time.Now().Add(-up).UTC().Truncate(time.Second), Modules: system.Modules(),
			}
			if auth.Rule(auth.ServerConfigurationShow).Admits(auth.ActorFrom(ctx)) {
				p.Folder, p.Travels, p.Key, p.Memory = a.Folder, a.Travels, a.Key, system.MemoryInUse()
			}
			return p, nil
		}),
	}
}

// program is what is running.
type program struct {
	Version  string          `json:"version"`
	Go       string          `json:"go" doc:"Version of Go that it was built with."`
	Platform string          `json:"platform"`
	Started  time.Time       `json:"started"`
	Folder   string          `json:"folder,omitzero" doc:"Where the data is."`
	Travels  bool            `json:"travels,omitzero" doc:"It is the portable one, or on a drive that can be pulled."`
	Key      secret.Origin   `json:"key,omitzero" enum:"file,environment,passphrase" doc:"Where the key of the secrets in it comes from."`
	Memory   uint64          `json:"memory,omitzero" doc:"Bytes in use."`
	Modules  []system.Module `json:"modules" doc:"Go modules that are built in, with their licences."`
}
