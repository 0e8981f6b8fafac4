package editor

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
	"ecoflow/app/flow"
	"ecoflow/app/limit"
)

// Deployment is one state that went live. The newest is live.
type Deployment struct {
	Number   int64     `json:"number"`
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Mode     flow.Mode `json:"mode"`
	Note     string    `json:"note"`
	Pinned   bool      `json:"pinned" doc:"Pinned ones, and those with a note, are kept for ever."`
	Restored int64     `json:"restored,omitzero" doc:"The deployment that this one brought back."`
	Live     bool      `json:"live"`
	Added    []string  `json:"added" doc:"Flows that the deployment before did not have."`
	Changed  []string  `json:"changed"`
	Removed  []string  `json:"removed"`
}

// DeployedFlow is a flow of a deployment.
type DeployedFlow struct {
	ID, Name string
	Hash     string
}

// DeploymentQuery chooses deployments.
type DeploymentQuery struct {
	Flow   string // only those that changed the flow of the name; "": all
	Before int64  // only numbers below; 0: all
	Limit  int
}

// HistoryRequest asks for a page of deployments.
type HistoryRequest struct {
	Flow   string `query:"flow" doc:"Only those that changed the flow."`
	Limit  int    `query:"limit" default:"50" minimum:"1" doc:"1,000 at most."`
	Cursor string `query:"cursor" doc:"next of the page before."`
}

// HistoryPage is a page of deployments.
type HistoryPage struct {
	Items []Deployment
	Total int
	Next  string
}

// History lists deployments, the newest first.
func (e *Editor) History(ctx context.Context, r HistoryRequest) (HistoryPage, error) {
	q := DeploymentQuery{Flow: r.Flow, Limit: limit.Rows(r.Limit)}
	if r.Cursor != "" {
		n, err := strconv.ParseInt(r.Cursor, 10, 64)
		if err != nil || n < 1 {
			return HistoryPage{}, fault.New(fault.Malformed, "The cursor is none that a page ended with.").At("cursor", "is not valid")
		}
		q.Before = n
	}
	list, total, err := e.Store.Deployments(ctx, q)
	if err != nil {
		return HistoryPage{}, err
	}
	page := HistoryPage{Items: list, Total: total}
	if len(list) == q.Limit && list[len(list)-1].Number > 1 {
		page.Next = strconv.FormatInt(list[len(list)-1].Number, 10)
	}
	return page, nil
}

// ByNumber names a deployment in the address.
type ByNumber struct {
	Number int64 `path:"number"`
}

// OpenedDeployment is a deployment with its flows.
type OpenedDeployment struct {
	Deployment
	Flows map[string]Source `json:"flows"`
}

// Deployment returns a deployment with its flows.
func (e *Editor) Deployment(ctx context.Context, r ByNumber) (OpenedDeployment, error) {
	d, flows, err := e.Store.Deployment(ctx, r.Number)
	if err != nil {
		return OpenedDeployment{}, err
	}
	out := OpenedDeployment{Deployment: d, Flows: make(map[string]Source, len(flows))}
	for _, f := range flows {
		content, err := e.Store.Content(ctx, f.Hash)
		if err != nil {
			return OpenedDeployment{}, err
		}
		out.Flows[f.Name] = content
	}
	return out, nil
}

// AnnotateRequest changes the note or the pin of a deployment.
type AnnotateRequest struct {
	Number int64   `path:"number"`
	Note   *string `json:"note,omitzero" maxLength:"1000"`
	Pinned *bool   `json:"pinned,omitzero"`
}

// Annotate changes the note or the pin of a deployment.
func (e *Editor) Annotate(ctx context.Context, r AnnotateRequest) (Deployment, error) {
	before, _, err := e.Store.Deployment(ctx, r.Number)
	if err != nil {
		return Deployment{}, err
	}
	after := map[string]any{}
	if r.Note != nil {
		after["note"] = *r.Note
	}
	if r.Pinned != nil {
		after["pinned"] = *r.Pinned
	}
	audit.Describe(ctx, fmt.Sprintf("deployment %d", r.Number), map[string]any{"note": before.Note, "pinned": before.Pinned}, after)
	return e.Store.AnnotateDeployment(ctx, r.Number, r.Note, r.Pinned)
}

// ChangesRequest names the deployments to compare.
type ChangesRequest struct {
	Number int64 `path:"number"`
	From   int64 `query:"from" minimum:"0" doc:"The deployment to compare with; the one before it without this."`
}

// Changes says how a deployment differs from another.
type Changes struct {
	From  int64         `json:"from" doc:"0: compared with nothing."`
	To    int64         `json:"to"`
	Flows []FlowChanges `json:"flows"`
}

// Changes compares a deployment with another one.
func (e *Editor) Changes(ctx context.Context, r ChangesRequest) (Changes, error) {
	_, flows, err := e.Store.Deployment(ctx, r.Number)
	if err != nil {
		return Changes{}, err
	}
	c := Changes{From: r.From, To: r.Number}
	if c.From == 0 {
		list, _, err := e.Store.Deployments(ctx, DeploymentQuery{Before: r.Number, Limit: 1})
		if err != nil {
			return Changes{}, err
		}
		if len(list) == 1 {
			c.From = list[0].Number
		}
	}
	var before []DeployedFlow
	if c.From != 0 {
		if _, before, err = e.Store.Deployment(ctx, c.From); err != nil {
			return Changes{}, err
		}
	}
	// What is the same in both need not be read.
	known := map[DeployedFlow]bool{}
	for _, f := range before {
		known[f] = true
	}
	var was, is []DeployedFlow
	for _, f := range flows {
		if !known[f] {
			is = append(is, f)
		}
		delete(known, f)
	}
	for _, f := range before {
		if known[f] {
			was = append(was, f)
		}
	}
	old, err := e.deployed(ctx, was)
	if err != nil {
		return Changes{}, err
	}
	new, err := e.deployed(ctx, is)
	if err != nil {
		return Changes{}, err
	}
	renamed := renames{}
	for _, f := range is {
		if i := slices.IndexFunc(was, func(w DeployedFlow) bool { return w.ID == f.ID }); i >= 0 {
			renamed.add(was[i].Name, f.Name)
		}
	}
	c.Flows, err = e.compare(ctx, old, new, renamed)
	return c, err
}

// deployed reads flows of a deployment.
func (e *Editor) deployed(ctx context.Context, flows []DeployedFlow) (flow.Document, error) {
	doc := make(flow.Document, len(flows))
	for _, f := range flows {
		content, err := e.Store.Content(ctx, f.Hash)
		if err != nil {
			return nil, err
		}
		if doc[f.Name], err = flow.ParseFlow(f.Name, content); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

// RestoreRequest brings a deployment back. Its number 0, with live, is what was live
// before the first deployment: nothing.
type RestoreRequest struct {
	Number int64    `path:"number"`
	To     string   `json:"to" required:"true" enum:"draft,live" doc:"draft: its flows become the drafts. live: it is deployed again, at once."`
	Flows  []string `json:"flows" maxItems:"1000" doc:"Only these; all without it."`
	Note   string   `json:"note" maxLength:"1000" doc:"Of the deployment that live makes."`
	Base   int64    `json:"base" minimum:"0" doc:"With live: the deployment that the caller saw live."`
}

// Restored says what a restore did.
type Restored struct {
	To         string  `json:"to"`
	Drafts     []Draft `json:"drafts" doc:"The drafts as they are now, with to draft."`
	Deployment int64   `json:"deployment" doc:"The number of the new deployment, with to live."`
}

// Restore brings flows of a deployment back, as drafts or live. Either all of
// them come back or none.
func (e *Editor) Restore(ctx context.Context, r RestoreRequest) (Restored, error) {
	var flows []DeployedFlow
	if r.Number != 0 || r.To != "live" {
		var err error
		if _, flows, err = e.Store.Deployment(ctx, r.Number); err != nil {
			return Restored{}, err
		}
	}
	if len(r.Flows) > 0 {
		var err error
		if flows, err = chosen(flows, r.Flows); err != nil {
			return Restored{}, err
		}
	}
	if r.To == "draft" {
		return e.restoreDrafts(ctx, r, flows)
	}
	doc, err := e.deployed(ctx, flows)
	if err != nil {
		return Restored{}, err
	}
	request := flow.DeployRequest{Flows: doc, Mode: flow.All, Note: r.Note, Base: r.Base, Author: me(ctx), Restored: r.Number}
	switch {
	case len(r.Flows) > 0:
		request.Mode = flow.One
	case len(doc) == 0: // nothing was live then
		live, err := e.Store.LiveFlows(ctx)
		if err != nil {
			return Restored{}, err
		}
		takeOff(&request, live)
	}
	d, err := e.deploy(ctx, request, nil)
	return Restored{To: r.To, Drafts: []Draft{}, Deployment: d.Number}, err
}

func chosen(flows []DeployedFlow, names []string) ([]DeployedFlow, error) {
	var list []DeployedFlow
	for _, name := range names {
		i := slices.IndexFunc(flows, func(f DeployedFlow) bool { return flow.NameKey(f.Name) == flow.NameKey(name) })
		if i < 0 {
			return nil, fault.New(fault.NotFound, "The deployment has no flow %q.", name).WithCode("unknown_flow")
		}
		if !slices.Contains(list, flows[i]) {
			list = append(list, flows[i])
		}
	}
	return list, nil
}

// restoreDrafts makes the flows drafts again: of the flows they were, whatever
// those are called today, and of new ones where the flow was deleted.
func (e *Editor) restoreDrafts(ctx context.Context, r RestoreRequest, flows []DeployedFlow) (Restored, error) {
	drafts, err := e.Store.Drafts(ctx)
	if err != nil {
		return Restored{}, err
	}
	var saves []Save
	var names []string
	for _, f := range flows {
		content, err := e.Store.Content(ctx, f.Hash)
		if err != nil {
			return Restored{}, err
		}
		s := Save{ID: f.ID, Name: f.Name, Content: content, By: me(ctx), At: now()}
		i := slices.IndexFunc(drafts, func(d Draft) bool { return d.ID == f.ID })
		if i < 0 { // the name may be another flow's by now
			i = slices.IndexFunc(drafts, func(d Draft) bool { return flow.NameKey(d.Name) == flow.NameKey(f.Name) })
		}
		if i >= 0 {
			s.ID, s.Base = drafts[i].ID, drafts[i].Revision
			if drafts[i].Hash == f.Hash {
				continue
			}
			if drafts[i].Locked {
				return Restored{}, locked(drafts[i].Name)
			}
		}
		saves, names = append(saves, s), append(names, f.Name)
	}
	audit.Describe(ctx, fmt.Sprintf("deployment %d", r.Number), nil, map[string]any{"drafts": names})
	out := Restored{To: r.To, Drafts: []Draft{}}
	if len(saves) == 0 {
		return out, nil
	}
	if out.Drafts, err = e.Store.SaveDrafts(ctx, saves); err != nil {
		return Restored{}, stale(err)
	}
	for _, d := range out.Drafts {
		e.publish(ctx, "saved", "", d)
	}
	return out, nil
}
