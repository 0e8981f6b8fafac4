package api

import (
	"context"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/editor"
	"ecoflow/app/limit"
	"ecoflow/web/endpoint"
)

// deployments lists the endpoints about what went live and going back to it.
func deployments(a *app.App) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:      "deployment.list",
			Route:   "GET /deployments",
			Summary: "List deployments, the newest first",
			Allow:   auth.FlowEditor,
		}, func(ctx context.Context, in editor.HistoryRequest) (endpoint.Page[editor.Deployment], error) {
			p, err := a.Editor.History(ctx, in)
			return endpoint.Page[editor.Deployment]{Items: p.Items, Total: p.Total, Next: p.Next, Limit: limit.Rows(in.Limit)}, err
		}),
		endpoint.New(endpoint.Spec{
			ID:      "deployment.show",
			Route:   "GET /deployments/{number}",
			Summary: "Show a deployment with its flows",
			Allow:   auth.FlowEditor,
		}, a.Editor.Deployment),
		endpoint.New(endpoint.Spec{
			ID:          "deployment.annotate",
			Route:       "PATCH /deployments/{number}",
			Summary:     "Change the note or the pin of a deployment",
			Description: "Deployments with a note or a pin are kept for ever.",
			Allow:       auth.FlowEditor,
			Audit:       "Changed note or pin of deployment {number}",
		}, a.Editor.Annotate),
		endpoint.New(endpoint.Spec{
			ID:      "deployment.changes",
			Route:   "GET /deployments/{number}/changes",
			Summary: "Compare a deployment with another one",
			Allow:   auth.FlowEditor,
		}, a.Editor.Changes),
		endpoint.New(endpoint.Spec{
			ID:          "deployment.restore",
			Route:       "POST /deployments/{number}/restore",
			Summary:     "Bring a deployment back, as drafts or live",
			Description: "Number 0, live: as before the first deployment, so that no flow answers.",
			Allow:       auth.FlowEditor,
			Audit:       "Brought deployment {number} back ({to})",
		}, a.Editor.Restore),
	}
}
