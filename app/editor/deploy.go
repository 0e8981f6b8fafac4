package editor

import (
	"context"
	"fmt"
	"slices"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
	"ecoflow/app/flow"
	"ecoflow/app/limit"
)

// The modes of a deploy.
const (
	allFlows = "all"     // what is not among the flows vanishes
	oneFlow  = "flow"    // the others stay as they are live
	restart  = "restart" // what is live is built anew
)

// DeployRequest says what to make live: the flows given or, with a mode and
// without flows, the stored drafts.
type DeployRequest struct {
	Given   Source   `json:"flowconfigurations" doc:"The flows; without them and with a mode, the stored drafts."`
	Current bool     `json:"current" doc:"The same as mode flow."`
	Mode    string   `json:"mode" enum:"all,flow,restart" doc:"all: flows that are not among these vanish. flow: the others stay as they are live. restart: what is live is built anew."`
	Flows   []string `json:"flows" maxItems:"1000" doc:"With mode flow: which stored drafts. A name that is live and has no draft any more is taken off."`
	Note    string   `json:"note" maxLength:"1000"`
	Base    int64    `json:"base" minimum:"0" doc:"The deployment that the caller saw; refused when another went live since. 0: whichever."`
}

func (r DeployRequest) mode() string {
	switch {
	case r.Mode != "":
		return r.Mode
	case r.Current:
		return oneFlow
	}
	return allFlows
}

// Wrong lists what is wrong with the form of the flows; whether they can be deployed
// is for Deploy to say.
func (r DeployRequest) Wrong(context.Context) []fault.Place {
	_, err := parse(r.Given)
	return fault.Places(err)
}

// Deploy checks the flows and makes them live, all or nothing. Drafts follow what
// was deployed, but never lose what somebody saved meanwhile.
func (e *Editor) Deploy(ctx context.Context, r DeployRequest) (flow.Deployed, error) {
	d, err := e.makeLive(ctx, r)
	return d, refused(err)
}

// refused gives every refusal of a deploy the contract's form, in which the nodes
// concerned are listed: none where it is about no node.
func refused(err error) error {
	f, ok := fault.As(err)
	if !ok || f.Details != nil || f.Kind >= fault.Internal {
		return err
	}
	own := *f
	own.Details = map[string]any{"nodesID": []string{}}
	return &own
}

func (e *Editor) makeLive(ctx context.Context, r DeployRequest) (flow.Deployed, error) {
	if r.mode() == restart {
		audit.Describe(ctx, "the live flows", nil, nil)
		return e.deploy(ctx, flow.DeployRequest{Mode: flow.Restart, Base: r.Base, Author: me(ctx)}, nil)
	}
	given, err := parse(r.Given)
	if err != nil {
		return flow.Deployed{}, err
	}
	drafts, err := e.Store.Drafts(ctx)
	if err != nil {
		return flow.Deployed{}, err
	}
	request := flow.DeployRequest{Flows: given, Note: r.Note, Base: r.Base, Author: me(ctx), Mode: flow.All}
	for _, d := range drafts {
		request.Drafts = append(request.Drafts, d.Name)
	}
	if r.mode() == oneFlow {
		request.Mode = flow.One
	}
	switch {
	case r.Given != nil && len(given) == 0, r.Given == nil && r.Mode == "":
		return flow.Deployed{}, nothing()
	case r.Given != nil:
		if err := checkLocks(drafts, given); err != nil {
			return flow.Deployed{}, err
		}
	default:
		if err := e.takeDrafts(ctx, r, drafts, &request); err != nil {
			return flow.Deployed{}, err
		}
		given = nil // the drafts are what is deployed: they follow by themselves
	}
	return e.deploy(ctx, request, given)
}

func nothing() error {
	return fault.New(fault.Invalid, "There is nothing to deploy.").WithCode("nothing_to_deploy").
		At("flowconfigurations", "has to hold a flow at least, or mode has to say that the drafts are meant")
}

// takeDrafts puts the stored drafts that are meant into the request.
func (e *Editor) takeDrafts(ctx context.Context, r DeployRequest, drafts []Draft, request *flow.DeployRequest) error {
	live, err := e.Store.LiveFlows(ctx)
	if err != nil {
		return err
	}
	request.Flows = flow.Document{}
	switch {
	case r.mode() == oneFlow:
		drafts, request.Remove, err = chooseDrafts(r.Flows, drafts, live)
	case len(drafts) == 0: // every draft was deleted
		takeOff(request, live)
	}
	if err != nil {
		return err
	}
	if len(drafts) == 0 && len(request.Remove) == 0 {
		return nothing()
	}
	for _, d := range drafts {
		if request.Flows[d.Name], err = e.read(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// takeOff makes a request that leaves nothing live.
func takeOff(request *flow.DeployRequest, live []LiveFlow) {
	request.Mode = flow.One
	for _, l := range live {
		request.Remove = append(request.Remove, l.Name)
	}
}

// chooseDrafts returns the drafts of the names, and the live flows that go: those
// whose draft was deleted, and the old names of those that were renamed.
func chooseDrafts(names []string, drafts []Draft, live []LiveFlow) (chosen []Draft, remove []string, err error) {
	for _, name := range names {
		key := flow.NameKey(name)
		i := slices.IndexFunc(drafts, func(d Draft) bool { return flow.NameKey(d.Name) == key })
		j := slices.IndexFunc(live, func(l LiveFlow) bool { return flow.NameKey(l.Name) == key })
		switch {
		case i >= 0:
			chosen = append(chosen, drafts[i])
			if k := slices.IndexFunc(live, func(l LiveFlow) bool { return l.ID == drafts[i].ID }); k >= 0 && flow.NameKey(live[k].Name) != key {
				remove = append(remove, live[k].Name)
			}
		case j >= 0:
			remove = append(remove, live[j].Name)
		default:
			return nil, nil, unknownFlow(name)
		}
	}
	return chosen, remove, nil
}

// checkLocks refuses given flows that would change a locked draft.
func checkLocks(drafts []Draft, given flow.Document) error {
	for _, d := range drafts {
		f, _, ok := given.Find(d.Name)
		if !d.Locked || !ok {
			continue
		}
		content, err := f.AppendJSON(nil)
		if err != nil {
			return err
		}
		if hash(content) != d.Hash {
			return locked(d.Name)
		}
	}
	return nil
}

// deploy hands the request to the engine and brings the drafts after it.
func (e *Editor) deploy(ctx context.Context, request flow.DeployRequest, given flow.Document) (flow.Deployed, error) {
	before, err := e.Store.Drafts(ctx)
	if err != nil {
		return flow.Deployed{}, err
	}
	live := e.Engine.Live()
	audit.Describe(ctx, "the live flows",
		map[string]any{"deployment": live.Number, "flows": names(live.Flows)},
		map[string]any{"flows": names(request.Flows), "removed": request.Remove, "note": request.Note})
	d, err := e.Engine.Deploy(ctx, request)
	if err != nil {
		return flow.Deployed{}, err
	}
	// It is live and stored: whatever fails from here on is no reason to say
	// otherwise.
	ctx = context.WithoutCancel(ctx)
	if err := e.follow(ctx, before, given); err != nil {
		e.Log.ErrorContext(ctx, "drafts did not follow a deployment", "error", err)
	}
	if err := e.Store.PruneDeployments(ctx, e.Keep()); err != nil {
		e.Log.ErrorContext(ctx, "old deployments not pruned", "error", err)
	}
	return *d, nil
}

func names(doc flow.Document) []string {
	list := doc.Names()
	if len(list) > 100 {
		list = append(list[:100:100], fmt.Sprintf("and %d more", len(list)-100))
	}
	return list
}

// liveContents returns the hashes of what is live, by the ids of the flows; nothing
// without flows that were given.
func (e *Editor) liveContents(ctx context.Context, given flow.Document) (map[string]string, error) {
	if len(given) == 0 {
		return nil, nil
	}
	live, err := e.Store.LiveFlows(ctx)
	if err != nil {
		return nil, err
	}
	hashes := make(map[string]string, len(live))
	for _, l := range live {
		hashes[l.ID] = l.Hash
	}
	return hashes, nil
}

// follow brings drafts after flows that were given to a deploy. Those without
// work of their own already follow in the deploy's own transaction; a draft with
// such work follows when it is the deployer's own and was not saved meanwhile.
func (e *Editor) follow(ctx context.Context, before []Draft, given flow.Document) error {
	was := make(map[string]Draft, len(before))
	for _, d := range before {
		was[d.ID] = d
	}
	after, err := e.Store.Drafts(ctx)
	if err != nil {
		return err
	}
	live, err := e.liveContents(ctx, given)
	if err != nil {
		return err
	}
	for i, d := range after {
		f, _, ok := given.Find(d.Name)
		if !ok || d.Hash == live[d.ID] || d.SavedBy != me(ctx) || d.Locked || d.Revision != was[d.ID].Revision {
			continue
		}
		content, err := f.AppendJSON(nil)
		if err != nil {
			return err
		}
		saved, err := e.Store.SaveDrafts(ctx, []Save{{ID: d.ID, Content: content, Base: d.Revision, By: me(ctx), At: now()}})
		switch {
		case err == nil:
			after[i] = saved[0]
		case !isStale(err):
			return err
		}
	}
	for _, d := range after {
		if was[d.ID].Revision != d.Revision {
			e.publish(ctx, "deployed", "", d)
		}
		delete(was, d.ID)
	}
	for _, d := range before {
		if _, gone := was[d.ID]; gone {
			e.publish(ctx, "deleted", "", d)
		}
	}
	return nil
}

// CheckRequest asks what would keep the drafts from being deployed.
type CheckRequest struct {
	Given   Source `json:"flowconfigurations" doc:"Flows to check in place of the stored drafts of their names."`
	Changes bool   `json:"changes" doc:"Also say how they differ from what is live."`
}

// Finding is a problem with the path to its place.
type Finding struct {
	Path  string `json:"path"`
	Route string `json:"route,omitzero" doc:"Method and path of the node, where it is a Request."`
	flow.Problem
}

// Checked is the result of a check.
type Checked struct {
	Deployable bool          `json:"deployable"`
	Problems   []Finding     `json:"problems"`
	Routes     []Route       `json:"routes" doc:"What the flows would serve, without the prefix."`
	Live       int64         `json:"live" doc:"Number of the live deployment, for base; 0 when there is none."`
	Changes    []FlowChanges `json:"changes"`
	Affected   []RouteChange `json:"affected" doc:"With changes: the routes that come, go or answer otherwise than those that are live."`
}

// Check lists all problems of the drafts without deploying them.
func (e *Editor) Check(ctx context.Context, r CheckRequest) (Checked, error) {
	given, err := parse(r.Given)
	if err != nil {
		return Checked{}, err
	}
	doc, err := e.document(ctx, given)
	if err != nil {
		return Checked{}, err
	}
	live := e.Engine.Live()
	out := Checked{Deployable: true, Live: live.Number, Routes: []Route{}, Changes: []FlowChanges{}, Affected: []RouteChange{}}
	out.Problems = e.problemsOf(doc)
	out.Deployable = !slices.ContainsFunc(out.Problems, func(p Finding) bool { return !p.Warning })
	for _, name := range doc.Names() {
		out.Routes = append(out.Routes, e.routes(name, doc[name])...)
	}
	if r.Changes {
		was, err := e.renamed(ctx)
		if err != nil {
			return Checked{}, err
		}
		if out.Changes, err = e.compare(ctx, live.Flows, doc, was); err != nil {
			return Checked{}, err
		}
		out.Affected = e.affected(live.Flows, doc, out.Changes)
	}
	return out, nil
}

// renamed returns the drafts that are live by other names.
func (e *Editor) renamed(ctx context.Context) (renames, error) {
	drafts, live, err := e.stored(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(live))
	for _, l := range live {
		names[l.ID] = l.Name
	}
	was := renames{}
	for _, d := range drafts {
		if name, ok := names[d.ID]; ok {
			was.add(name, d.Name)
		}
	}
	return was, nil
}

// maxProblems bounds how many problems one answer lists.
const maxProblems = limit.PageRows

func (e *Editor) problemsOf(doc flow.Document) []Finding {
	list := Findings(e.Engine.Check(doc))
	for i, p := range list {
		if f, _, ok := doc.Find(p.Flow); ok && p.Node != "" {
			if at := slices.IndexFunc(f.Nodes, func(n flow.Node) bool { return n.ID == p.Node }); at >= 0 {
				list[i].Route = e.routeText(p.Flow, f, f.Nodes[at])
			}
		}
	}
	return list
}

// Findings adds their paths to problems; what is beyond maxProblems is left out.
func Findings(problems []flow.Problem) []Finding {
	list := []Finding{}
	for _, p := range problems[:min(len(problems), maxProblems)] {
		list = append(list, Finding{Path: p.Path(), Problem: p})
	}
	return list
}
