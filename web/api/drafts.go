package api

import (
	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/limit"
	"ecoflow/web/endpoint"
)

// drafts lists the endpoints about flows as people work on them, the tests saved
// with them and runs of them.
func drafts(a *app.App) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:          "draft.list",
			Route:       "GET /drafts",
			Summary:     "List the drafts of flows",
			Description: "In their order; after them the flows that are live and whose draft was deleted, with the state removed.",
			Allow:       auth.FlowEditor,
			Whole:       true, // an editor knows all of them
		}, a.Editor.List),
		endpoint.New(endpoint.Spec{
			ID:          "draft.show",
			Route:       "GET /drafts/{flow}",
			Summary:     "Read a draft with its revision",
			Description: "That of the Configuration nodes, configs, is always there: empty and at revision 0 before anything was saved.",
			Allow:       auth.FlowEditor,
		}, a.Editor.Read),
		endpoint.New(endpoint.Spec{
			ID:          "draft.save",
			Route:       "PUT /drafts/{flow}",
			Summary:     "Save a draft",
			Description: "Names the revision it is based on, 0 for a new flow. When somebody saved a newer one, nothing is changed and the 409 carries it in draft.",
			Allow:       auth.FlowEditor,
			Audit:       "Saved a draft of flow {flow}",
			MaxBody:     limit.FlowsBody,
		}, a.Editor.Save),
		endpoint.New(endpoint.Spec{
			ID:      "draft.arrange",
			Route:   "PATCH /drafts/{flow}",
			Summary: "Rename, lock or move a draft",
			Allow:   auth.FlowEditor,
			Audit:   "Renamed, locked or moved flow {flow}",
		}, a.Editor.Arrange),
		endpoint.New(endpoint.Spec{
			ID:          "draft.delete",
			Route:       "DELETE /drafts/{flow}",
			Summary:     "Delete a draft",
			Description: "A flow that is live stays so until the next deploy. Its tests and history wait for a flow of the name to come back.",
			Allow:       auth.FlowEditor,
			Audit:       "Deleted the draft of flow {flow}",
		}, a.Editor.Delete),
		endpoint.New(endpoint.Spec{
			ID:      "draft.copy",
			Route:   "POST /drafts/{flow}/copy",
			Summary: "Copy a draft",
			Allow:   auth.FlowEditor,
			Audit:   "Copied flow {flow}",
		}, a.Editor.Copy),
		endpoint.New(endpoint.Spec{
			ID:        "draft.check",
			Route:     "POST /drafts/check",
			Summary:   "List what keeps the drafts from being deployed",
			Allow:     auth.FlowEditor,
			Unaudited: "changes nothing",
			MaxBody:   limit.FlowsBody,
		}, a.Editor.Check),
		endpoint.New(endpoint.Spec{
			ID:          "draft.import",
			Route:       "POST /drafts/import",
			Summary:     "Take flows in as drafts",
			Description: "Flows whose name is taken by another content need a choice: keep, replace or copy. Node ids that are taken are replaced.",
			Allow:       auth.FlowEditor,
			Audit:       "Imported flows as drafts",
			MaxBody:     limit.FlowsBody,
		}, a.Editor.Import),
		endpoint.Stream(endpoint.Spec{
			ID:          "draft.run",
			Route:       "POST /drafts/run",
			Summary:     "Run a draft in isolation",
			Description: "A line for each node as soon as it ran (type step), for each debug message (debug), and at last the answer (response). Pinned outputs take the place of running a node.",
			Allow:       auth.FlowEditor,
			Audit:       "Ran a draft of flow {flow}",
			MaxBody:     limit.FlowsBody,
		}, a.Editor.Run),
		endpoint.New(endpoint.Spec{
			ID:      "draft.tests",
			Route:   "GET /drafts/{flow}/tests",
			Summary: "List the tests saved with a flow",
			Allow:   auth.FlowEditor,
		}, a.Editor.Tests),
		endpoint.New(endpoint.Spec{
			ID:      "draft.showTest",
			Route:   "GET /drafts/{flow}/tests/{name}",
			Summary: "Show a saved test",
			Allow:   auth.FlowEditor,
		}, a.Editor.Test),
		endpoint.New(endpoint.Spec{
			ID:      "draft.saveTest",
			Route:   "PUT /drafts/{flow}/tests/{name}",
			Summary: "Save a request with a flow, and what it must answer",
			Allow:   auth.FlowEditor,
			Audit:   "Saved test {name} of flow {flow}",
		}, a.Editor.SaveTest),
		endpoint.New(endpoint.Spec{
			ID:      "draft.deleteTest",
			Route:   "DELETE /drafts/{flow}/tests/{name}",
			Summary: "Delete a saved test",
			Allow:   auth.FlowEditor,
			Audit:   "Deleted test {name} of flow {flow}",
		}, a.Editor.DeleteTest),
		endpoint.New(endpoint.Spec{
			ID:      "draft.runTests",
			Route:   "POST /drafts/tests/run",
			Summary: "Run saved tests against the drafts",
			Allow:   auth.FlowEditor,
			Audit:   "Ran the tests of drafts",
			MaxBody: limit.FlowsBody,
		}, a.Editor.RunTests),
	}
}
