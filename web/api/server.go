package api

import (
	"context"
	"net/http"
	"time"

	"ecoflow/app"
	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/config"
	"ecoflow/app/fault"
	"ecoflow/app/system"
	"ecoflow/app/traffic"
	"ecoflow/web/endpoint"
	"ecoflow/web/metrics"
)

// online is the contract's answer to somebody who waits for the server.
type online struct {
	IsServerOnline bool `json:"isServerOnline"`
}

// serverRequest is what endpoint 40 is asked.
type serverRequest struct {
	Mode string `json:"Mode" required:"true" enum:"restart,stop,status"`
	Safe *bool  `json:"safe" doc:"With restart: true starts in safe mode, false leaves it and forgets the crashes before. Else EcoFlow finds out by itself."`
}

// allow is what the mode needs.
func (r serverRequest) allow() auth.Rule {
	switch r.Mode {
	case "restart":
		return auth.RestartServer
	case "stop":
		return auth.StopServer
	}
	return auth.SignedIn
}

// atWork stands beside what endpoint 40 answers.
type atWork struct {
	Running app.Work `json:"running" doc:"What is still going on; it is finished first."`
}

// operate restarts or stops the process, or says how it is.
func operate(ctx context.Context, a *app.App, req serverRequest) (any, error) {
	switch req.Mode {
	case "restart":
		if err := a.System.Restart(ctx, system.Anew{Safe: req.Safe}); err != nil {
			return nil, err
		}
		return "EcoFlow restarts now.", nil
	case "stop":
		a.System.Stop()
		return "EcoFlow stops now.", nil
	}
	audit.Drop(ctx)
	return online{true}, nil
}

// alive lists what supervisors and load balancers ask, of a recovery as well.
// notReady returns why requests are not welcome, nil when they are.
func alive(notReady func() *fault.Fault) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:      "server.isOnline",
			Route:   "GET /server/isOnline",
			Summary: "Say that the server is up",
			Allow:   auth.Public,
		}, func(context.Context, struct{}) (online, error) { return online{true}, nil }),
		endpoint.New(endpoint.Spec{
			ID:          "health.live",
			Route:       "GET /health/live",
			Summary:     "Say that the process runs",
			Description: "For whoever restarts processes that hang.",
			Allow:       auth.Public,
		}, func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil }),
		endpoint.New(endpoint.Spec{
			ID:          "health.ready",
			Route:       "GET /health/ready",
			Summary:     "Say whether requests are welcome",
			Description: "503 while the process starts or stops. For load balancers.",
			Allow:       auth.Public,
		}, func(context.Context, struct{}) (struct{}, error) {
			if f := notReady(); f != nil {
				return struct{}{}, f.WithCode("not_ready")
			}
			return struct{}{}, nil
		}),
	}
}

// server is the process as seen from outside.
func server(a *app.App) []endpoint.Endpoint {
	up := alive(func() *fault.Fault {
		if a.System.Serving() {
			return nil
		}
		return fault.New(fault.Unavailable, "The server is %s.", a.System.State())
	})
	return append(up, []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:      "server.operate",
			Route:   "POST /server",
			Summary: "Restart or stop the server",
			Description: "Mode restart needs restartServer, stop needs stopServer, status nothing. Requests that are under way are finished first, " +
				"as long as limits.stopTime allows. A restart refuses nobody: who calls meanwhile waits. It is rehearsed, and when the program or its settings could not start, " +
				"503 says why and the server goes on.",
			Allow: endpoint.Depends(auth.SignedIn, serverRequest.allow),
			Audit: "Asked the server to {Mode}",
		}, func(ctx context.Context, req serverRequest) (endpoint.With[any, atWork], error) {
			work := atWork{a.Work()}
			said, err := operate(ctx, a, req)
			return endpoint.With[any, atWork]{Payload: said, Beside: work}, err
		}),
		endpoint.New(endpoint.Spec{
			ID:          "server.state",
			Route:       "GET /server/state",
			Summary:     "Say in what state the server is",
			Description: "With what keeps it from working fully, for the bars above every page.",
			Allow:       auth.SignedIn,
		}, func(ctx context.Context, _ struct{}) (serverNow, error) {
			safe, err := a.SafeMode(ctx)
			now := serverNow{
				State: a.System.State(), Version: system.Version(), Seconds: int64(a.System.Uptime().Seconds()), Memory: system.MemoryInUse(),
				Prefix: a.Config.Get().Router.Prefix, Troubles: shown(ctx, a.Health.Look(ctx).Troubles()), Running: a.Work(), Safe: safe,
				WantsAddress: a.ServedPage.Load() && a.Config.Get().APIAddress == "",
			}
			if seeSettings.Admits(auth.ActorFrom(ctx)) {
				now.Trial = a.Config.Waiting()
			}
			return now, err
		}),
		endpoint.New(endpoint.Spec{
			ID:          "health.show",
			Route:       "GET /health",
			Summary:     "Say how each part of the server is",
			Description: "Every part is looked at for the answer. A health event tells when one is not as it was.",
			Allow:       auth.ServerConfigurationShow,
		}, func(ctx context.Context, _ struct{}) (system.HealthReport, error) { return a.Health.Look(ctx), nil }),
		endpoint.New(endpoint.Spec{
			ID:          "server.traffic",
			Route:       "GET /server/traffic",
			Summary:     "Show how much the deployed API was called in the last 24 hours",
			Description: "Counted in memory since the start of the process.",
			Allow:       auth.AnyOf(auth.FlowEditor, auth.ServerConfigurationShow),
		}, func(context.Context, struct{}) (traffic.Day, error) { return a.Day(time.Now()), nil }),
		endpoint.Raw(endpoint.Spec{
			ID:          "server.metrics",
			Route:       "GET /metrics",
			Summary:     "Show counters in the text format of Prometheus",
			Description: "Also for a scraper with an API token.",
			Allow:       auth.ServerConfigurationShow,
		}, metrics.ContentType, func(ctx context.Context, in scrape, w http.ResponseWriter) error {
			return metrics.Write(ctx, a, w, in.Request)
		}),
	}...)
}

// shown leaves the names of variables to those who may see variables.
func shown(ctx context.Context, troubles []system.Trouble) []system.Trouble {
	if auth.AnyOf(auth.CreateEnvs, auth.UpdateEnvs, auth.DeleteEnvs).Admits(auth.ActorFrom(ctx)) {
		return troubles
	}
	for i := range troubles {
		troubles[i].Names = ""
	}
	return troubles
}

// serverNow is the process as its window shows it.
type serverNow struct {
	State        system.State     `json:"state" enum:"starting,ready,safe,stopping,restarting"`
	Version      string           `json:"version"`
	Seconds      int64            `json:"seconds" doc:"How long it runs."`
	Memory       uint64           `json:"memory" doc:"Bytes that the process has from the machine, without what it gave back."`
	Prefix       string           `json:"prefix" doc:"Of the deployed API's routes."`
	Troubles     []system.Trouble `json:"troubles"`
	Running      app.Work         `json:"running"`
	Safe         *app.SafeMode    `json:"safeMode,omitzero" doc:"Why no flow runs; absent when flows run."`
	WantsAddress bool             `json:"wantsAddress" doc:"A flow serves pages, which could call the API with cookies if it had an address of its own."`
	Trial        *config.Waiting  `json:"trial" doc:"Settings on trial, for those who may see settings; null otherwise."`
}

type scrape struct{ endpoint.Exchange }
