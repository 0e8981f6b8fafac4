package api

import (
	"context"
	"fmt"
	"time"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/editor"
	"ecoflow/app/flow"
	"ecoflow/app/limit"
	"ecoflow/app/template"
	"ecoflow/web/endpoint"
)

// flows lists the contract's endpoints about flows: what is live, and making it
// live.
func flows(a *app.App) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:      "flow.list",
			Route:   "GET /flows",
			Summary: "Show the flows that are live",
			Allow:   auth.FlowEditor,
		}, func(context.Context, struct{}) (flow.Document, error) { return a.Editor.Engine.Live().Flows, nil }),
		endpoint.New(endpoint.Spec{
			ID:          "flow.show",
			Route:       "GET /flows/id/{flowName}",
			Summary:     "Show one flow that is live",
			Description: "An empty object when no flow of the name is live.",
			Allow:       auth.FlowEditor,
		}, func(_ context.Context, in liveFlow) (flow.Document, error) {
			out := flow.Document{}
			if f, name, ok := a.Editor.Engine.Live().Flows.Find(in.Name); ok {
				out[name] = f
			}
			return out, nil
		}),
		endpoint.New(endpoint.Spec{
			ID:      "flow.settings",
			Route:   "GET /flows/settings",
			Summary: "Show your settings of the canvas",
			Allow:   auth.FlowEditor,
		}, a.Editor.CanvasSettings),
		endpoint.New(endpoint.Spec{
			ID:          "flow.expressions",
			Route:       "GET /flows/expressions",
			Summary:     "List what expressions are made of",
			Description: "Operators and functions, each with an example and what it gives.",
			Allow:       auth.FlowEditor,
		}, func(context.Context, struct{}) ([]template.Word, error) { return template.Reference, nil }),
		endpoint.New(endpoint.Spec{
			ID:          "flow.changeSettings",
			Route:       "POST /flows/settings",
			Summary:     "Change your settings of the canvas",
			Description: "Those that are given are set, the others stay. Answers all of them.",
			Allow:       auth.FlowEditor,
			Audit:       "Changed own settings of the canvas",
		}, a.Editor.SaveCanvasSettings),
		endpoint.New(endpoint.Spec{
			ID:      "flow.deploy",
			Route:   "POST /flows/deploy",
			Summary: "Make flows live",
			Description: "Deploys the flows given in flowconfigurations or, without them and with a mode, the stored drafts. " +
				"All or nothing: on a failure what was live stays so, and errors names every problem. " +
				"The payload of a refusal is {msg, nodesID, routes?}: 409 for duplicate routes, 422 otherwise; 409 also when base is not live any more.",
			Allow:   auth.FlowEditor,
			Audit:   "Deployed flows",
			MaxBody: limit.FlowsBody,
		}, func(ctx context.Context, in editor.DeployRequest) (endpoint.With[string, deployed], error) {
			d, err := a.Editor.Deploy(ctx, in)
			if err != nil {
				return endpoint.With[string, deployed]{}, err
			}
			out := deployed{Deployment: d.Number, At: d.At, Routes: d.Routes, Warnings: editor.Findings(d.Warnings)}
			return endpoint.With[string, deployed]{Payload: fmt.Sprintf("Deployed. This is deployment %d.", d.Number), Beside: out}, nil
		}),
	}
}

type liveFlow struct {
	Name string `path:"flowName"`
}

// deployed stands beside the sentence that the contract has for a deploy.
type deployed struct {
	Deployment int64            `json:"deployment" doc:"Its number."`
	At         time.Time        `json:"at"`
	Routes     []flow.RouteInfo `json:"routes" doc:"All that are live now."`
	Warnings   []editor.Finding `json:"warnings"`
}
