package api

import (
	"context"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/node"
	"ecoflow/web/endpoint"
)

// modules lists the endpoints about node types: what a flow can be made of.
func modules(a *app.App) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:      "module.list",
			Route:   "GET /module",
			Summary: "List the packages of node types",
			Allow:   auth.FlowEditor,
		}, func(context.Context, struct{}) ([]node.ModuleListing, error) { return a.Library.Modules(), nil }),
		endpoint.New(endpoint.Spec{
			ID:          "module.show",
			Route:       "GET /module/id/{moduleID}",
			Summary:     "Show a package of node types",
			Description: "null when there is none with the id.",
			Allow:       auth.FlowEditor,
		}, func(_ context.Context, in moduleByID) (*node.ModuleListing, error) {
			if m, ok := a.Library.Module(in.ID); ok {
				return &m, nil
			}
			return nil, nil
		}),
		endpoint.New(endpoint.Spec{
			ID:      "node.list",
			Route:   "GET /module/nodes",
			Summary: "List the node types by kind",
			Allow:   auth.FlowEditor,
		}, func(context.Context, struct{}) ([]node.Listing, error) { return a.Library.Nodes(), nil }),
		endpoint.New(endpoint.Spec{
			ID:          "node.show",
			Route:       "GET /module/nodes/id/{nodeId}",
			Summary:     "Show a node type, its pickers filled",
			Description: "null when there is none with the id.",
			Allow:       auth.FlowEditor,
		}, func(ctx context.Context, in nodeByID) (*node.Listing, error) {
			t, ok := a.Library.Lookup(in.ID)
			if !ok {
				return nil, nil
			}
			l, err := t.Resolved(ctx, node.Values{})
			return &l, err
		}),
		endpoint.New(endpoint.Spec{
			ID:          "node.options",
			Route:       "POST /module/nodes/id/{nodeId}/options",
			Summary:     "Show the inputs of a node type for what is filled in so far",
			Description: "An input is its value, or {validated, value}; one that is not validated counts as empty.",
			Allow:       auth.FlowEditor,
			Unaudited:   "changes nothing",
		}, a.Editor.Choices),
		endpoint.New(endpoint.Spec{
			ID:          "template.check",
			Route:       "POST /templates/check",
			Summary:     "Check a template and show what it comes to",
			Description: "message gives what the template may name: msg, params, query, headers and the others.",
			Allow:       auth.FlowEditor,
			Unaudited:   "changes nothing",
		}, a.Editor.CheckTemplate),
	}
}

type moduleByID struct {
	ID string `path:"moduleID"`
}

type nodeByID struct {
	ID string `path:"nodeId"`
}
