package editor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
	"ecoflow/app/flow"
	"ecoflow/app/limit"
	"ecoflow/app/node"
)

// Draft is a flow as people work on it, without its content.
type Draft struct {
	ID       string    `json:"-"` // outlives the name
	Name     string    `json:"name"`
	Folder   string    `json:"folder" doc:"\"\" outside of folders."`
	Position int       `json:"position" doc:"Place in the list, from 0."`
	Locked   bool      `json:"locked" doc:"A locked flow refuses saves until it is unlocked."`
	Revision int64     `json:"revision" doc:"Grows with every change of the content; a save names the one it is based on."`
	SavedBy  string    `json:"savedBy"`
	SavedAt  time.Time `json:"savedAt"`
	Tests    int       `json:"tests" doc:"How many requests are saved with it."`
	Hash     string    `json:"-"` // of the content
}

// Save is a draft to store: the content of the flow with the ID or, without one,
// of the flow with the name, which is made when there is none.
type Save struct {
	ID, Name string
	Folder   *string // nil: as it is
	Content  []byte  // JSON
	Base     int64   // the revision it is based on; 0: there is no draft yet
	By       string
	At       time.Time
}

// StaleError says that a draft is not at the revision a change is based on, or
// that it is locked: nothing was stored.
type StaleError struct {
	Now     Draft  // as it is
	Content []byte // JSON; nil when it was deleted or is locked
	Deleted bool   // it is not there any more; Now is what it was
}

func isStale(err error) bool {
	_, ok := errors.AsType[*StaleError](err)
	return ok
}

// Error says which draft.
func (e *StaleError) Error() string {
	return fmt.Sprintf("draft %s is at revision %d", e.Now.Name, e.Now.Revision)
}

// Arrangement changes what is given.
type Arrangement struct {
	Name     *string
	Folder   *string
	Position *int
	Locked   *bool
}

// State says how a draft relates to what is live.
type State string

// The states, the most pressing first.
const (
	Problem State = "problem" // it cannot be deployed, or not even read
	Removed State = "removed" // it is live, and its draft was deleted
	Differs State = "draft"   // it differs from what is live, or is not live
	Running State = "running" // it is live as it stands
)

// JSONSchema describes the state in the API's document.
func (State) JSONSchema() string {
	return `{"type": "string", "enum": ["problem", "removed", "draft", "running"]}`
}

// Overview is a draft in the list of flows.
type Overview struct {
	Draft
	State    State   `json:"state"`
	Reason   string  `json:"reason,omitzero" doc:"Of a problem: the first one's sentence."`
	Problems int     `json:"problems" doc:"How many mistakes keep it from being deployed."`
	Warnings int     `json:"warnings"`
	Nodes    int     `json:"nodes"`
	Routes   []Route `json:"routes"`
	Live     *Live   `json:"live" doc:"What of it is live; null when nothing is."`
}

// Route is one that a flow serves, without the prefix of all routes.
type Route struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Node   string `json:"node"`
}

// Live is what is live of a flow.
type Live struct {
	Name       string    `json:"name"` // under which it is live
	Deployment int64     `json:"deployment" doc:"The deployment that last changed it."`
	By         string    `json:"by"`
	At         time.Time `json:"at"`
}

// LiveFlow is a flow of the newest deployment.
type LiveFlow struct {
	Live
	ID   string
	Hash string
}

// outline is what the list shows of a flow's content.
type outline struct {
	nodes    int
	routes   []Route
	callable bool   // other flows can call it
	broken   string // why it cannot be read
}

// survey is what was found in a set of drafts with a set of node types.
type survey struct {
	drafts   []Draft
	types    []*node.Type
	outlines map[string]outline        // by hash of the content
	problems map[string][]flow.Problem // by flow
}

// List returns the drafts in their order, and after them the flows that are live
// and have no draft any more.
func (e *Editor) List(ctx context.Context, _ struct{}) ([]Overview, error) {
	drafts, live, err := e.stored(ctx)
	if err != nil {
		return nil, err
	}
	outlines, problems := e.survey(ctx, drafts)
	list := make([]Overview, 0, len(drafts))
	running := map[string]LiveFlow{}
	for _, l := range live {
		running[l.ID] = l
	}
	for _, d := range drafts {
		o := outlines[d.Hash]
		v := Overview{Draft: d, State: Differs, Nodes: o.nodes, Routes: o.routes}
		if l, ok := running[d.ID]; ok {
			delete(running, d.ID)
			v.Live = &l.Live
			if l.Hash == d.Hash && l.Name == d.Name {
				v.State = Running
			}
		}
		for _, p := range problems[d.Name] {
			switch {
			case p.Warning:
				v.Warnings++
			default:
				if v.Problems++; v.Problems == 1 {
					v.State, v.Reason = Problem, p.Message
				}
			}
		}
		if o.broken != "" {
			v.State, v.Reason, v.Problems = Problem, o.broken, 1
		}
		list = append(list, v)
	}
	for _, l := range live {
		if _, ok := running[l.ID]; ok {
			list = append(list, Overview{Draft: Draft{ID: l.ID, Name: l.Name, Position: len(list)}, State: Removed, Live: &l.Live, Routes: []Route{}})
		}
	}
	return list, nil
}

// survey returns the outline of each draft's content and the problems of each
// flow. Contents it has seen are not read again, and the same drafts are checked
// once.
func (e *Editor) survey(ctx context.Context, drafts []Draft) (map[string]outline, map[string][]flow.Problem) {
	e.mu.Lock()
	defer e.mu.Unlock()
	types := e.Library.Types()
	if e.surveyed.of(drafts, types) {
		return e.surveyed.outlines, e.surveyed.problems
	}
	s := survey{drafts: drafts, types: types, outlines: map[string]outline{}, problems: map[string][]flow.Problem{}}
	doc := make(flow.Document, len(drafts))
	for _, d := range drafts {
		f, err := e.read(ctx, d)
		if err != nil {
			s.outlines[d.Hash] = outline{broken: reason(err), routes: []Route{}}
			continue
		}
		doc[d.Name] = f
		s.outlines[d.Hash] = outline{nodes: len(f.Nodes), routes: e.routes(d.Name, f), callable: e.isCallable(f)}
	}
	for _, p := range e.Engine.Check(doc) {
		s.problems[p.Flow] = append(s.problems[p.Flow], p)
	}
	e.surveyed = s
	return s.outlines, s.problems
}

// of reports whether the survey is one of these drafts with these node types.
func (s survey) of(drafts []Draft, types []*node.Type) bool {
	return slices.EqualFunc(s.drafts, drafts, func(a, b Draft) bool { return a.Name == b.Name && a.Hash == b.Hash }) &&
		slices.Equal(s.types, types) && s.outlines != nil
}

// reason is the sentence of an error that a user may see.
func reason(err error) string {
	if f, ok := fault.As(err); ok {
		return f.Message
	}
	return "It cannot be read."
}

// routes lists what the Request nodes of a flow serve; those that are not
// configured as they must be, and those that nothing follows, serve nothing.
func (e *Editor) routes(name string, f *flow.Flow) []Route {
	routes := []Route{}
	for _, n := range f.Nodes {
		if n.Disabled || !leadsOn(f, n.ID) {
			continue
		}
		if route, serves := e.route(name, f, n); serves {
			routes = append(routes, Route{Method: route.Method, Path: route.Path, Node: n.ID})
		}
	}
	return routes
}

// route returns what a Request node is set to serve, as far as its settings say;
// serves is false where they cannot be deployed, and for other nodes.
func (e *Editor) route(name string, f *flow.Flow, n flow.Node) (route node.Route, serves bool) {
	t, known := e.Library.Lookup(n.TypeID)
	if n.Kind != node.Request || !known {
		return route, false
	}
	instance, problems := t.New(node.Values{Inputs: f.Inputs(n.ID), Templates: n.Templates, NodeID: n.ID, Label: n.Label, Flow: name})
	if c, closes := instance.(node.Closer); closes {
		defer c.Close() //nolint:errcheck // it never ran, so nothing can be lost
	}
	r, ok := instance.(node.Router)
	if !ok {
		return route, false
	}
	return r.Route(), !slices.ContainsFunc(problems, func(p node.Problem) bool { return !p.Warning })
}

// routeText is the method and path that a Request node is set to, "" for other nodes
// and where its settings make none.
func (e *Editor) routeText(name string, f *flow.Flow, n flow.Node) string {
	route, _ := e.route(name, f, n)
	return strings.TrimSpace(route.Method + " " + route.Path)
}

// leadsOn reports whether something follows a node.
func leadsOn(f *flow.Flow, id string) bool {
	return slices.ContainsFunc(f.Edges, func(e flow.Edge) bool { return e.Active && e.Source == id })
}

// isCallable reports whether the flow has a node at which calls begin.
func (e *Editor) isCallable(f *flow.Flow) bool {
	return slices.ContainsFunc(f.Nodes, func(n flow.Node) bool {
		t, ok := e.Library.Lookup(n.TypeID)
		return ok && t.Callable && !n.Disabled
	})
}

func (e *Editor) read(ctx context.Context, d Draft) (*flow.Flow, error) {
	content, err := e.Store.Content(ctx, d.Hash)
	if err != nil {
		return nil, err
	}
	return flow.ParseFlow(d.Name, content)
}

// stored returns the drafts and the flows that are live.
func (e *Editor) stored(ctx context.Context) (drafts []Draft, live []LiveFlow, err error) {
	if drafts, err = e.Store.Drafts(ctx); err != nil {
		return nil, nil, err
	}
	live, err = e.Store.LiveFlows(ctx)
	return drafts, live, err
}

// find returns the draft of a name.
func (e *Editor) find(ctx context.Context, name string) (Draft, error) {
	d, ok, err := e.Store.Draft(ctx, name)
	if err == nil && !ok {
		err = unknownFlow(name)
	}
	return d, err
}

// ByName names a flow in the address.
type ByName struct {
	Flow string `path:"flow"`
}

// Opened is a draft with its content.
type Opened struct {
	Draft
	Flow Source `json:"flow"`
}

// Read returns a draft with its content. That of the Configuration nodes is always
// there: at revision 0, and empty, before anything was put on it.
func (e *Editor) Read(ctx context.Context, r ByName) (Opened, error) {
	d, ok, err := e.Store.Draft(ctx, r.Flow)
	if err == nil && !ok {
		if flow.IsConfigs(r.Flow) {
			content, err := new(flow.Flow).AppendJSON(nil)
			return Opened{Draft{Name: flow.Configs}, content}, err
		}
		err = unknownFlow(r.Flow)
	}
	if err != nil {
		return Opened{}, err
	}
	content, err := e.Store.Content(ctx, d.Hash)
	return Opened{d, content}, err
}

// SaveRequest is a draft to save.
type SaveRequest struct {
	Flow    string  `path:"flow"`
	Base    *int64  `json:"base" required:"true" minimum:"0" doc:"The revision that the content is based on; 0 for a flow that is new."`
	Content Source  `json:"flow" required:"true"`
	Folder  *string `json:"folder,omitzero" maxLength:"200"`
}

func (r SaveRequest) name() string { return flow.CleanName(r.Flow) }

// Wrong lists what is wrong with its fields.
func (r SaveRequest) Wrong(context.Context) []fault.Place {
	_, _, err := canonical(r.name(), r.Content)
	return fault.Places(flow.CheckName(r.name()), checkFolder(r.Folder), err)
}

// Save stores a draft when nobody saved it since the revision it is based on;
// otherwise it changes nothing, and the conflict carries the newer draft.
func (e *Editor) Save(ctx context.Context, r SaveRequest) (Draft, error) {
	name := r.name()
	content, nodes, err := canonical(name, r.Content)
	if err := fault.Together(flow.CheckName(name), checkFolder(r.Folder), err); err != nil {
		return Draft{}, err
	}
	audit.Describe(ctx, "flow "+name, map[string]any{"revision": *r.Base}, map[string]any{"nodes": nodes})
	saved, err := e.Store.SaveDrafts(ctx, []Save{{Name: name, Folder: r.Folder, Content: content, Base: *r.Base, By: me(ctx), At: now()}})
	if err != nil {
		return Draft{}, stale(err)
	}
	e.publish(ctx, "saved", "", saved[0])
	return saved[0], nil
}

// canonical checks a flow's form and returns the JSON that is stored for it.
func canonical(name string, source Source) (content []byte, nodes int, err error) {
	f, err := flow.ParseFlow(name, source)
	if err != nil {
		return nil, 0, err
	}
	content, err = f.AppendJSON(nil)
	return content, len(f.Nodes), err
}

func checkFolder(folder *string) error {
	if folder == nil {
		return nil
	}
	if len([]rune(*folder)) > 200 || slices.ContainsFunc([]rune(*folder), func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fault.New(fault.Invalid, "A folder's name may have 200 characters at most, all of which can be printed.").
			WithCode("folder_name").At("folder", "may have 200 printable characters at most")
	}
	*folder = norm.NFC.String(*folder)
	return nil
}

// stale turns a *StaleError into the conflict a client can merge: it carries the
// draft as it is now.
func stale(err error) error {
	s, ok := errors.AsType[*StaleError](err)
	if !ok {
		return err
	}
	switch {
	case s.Deleted && s.Now.Name == "":
		return fault.New(fault.Conflict, "The flow is not there any more. Save it with base 0 to make it.").WithCode("draft_deleted")
	case s.Deleted:
		return fault.New(fault.Conflict, "The flow %q was deleted by %s. Save it with base 0 to bring it back.", s.Now.Name, s.Now.SavedBy).WithCode("draft_deleted")
	case s.Now.Locked:
		return locked(s.Now.Name)
	}
	f := fault.New(fault.Conflict, "%s saved a newer version of the flow %q. Nothing was overwritten.", s.Now.SavedBy, s.Now.Name).
		WithCode("draft_stale").At("base", "is not revision %d", s.Now.Revision)
	f.Extra = map[string]any{"draft": Opened{s.Now, s.Content}}
	return f
}

func locked(name string) error {
	return fault.New(fault.Conflict, "The flow %q is locked. Unlock it to change it.", name).WithCode("flow_locked")
}

// ArrangeRequest changes what is given of a draft, and nothing of its content.
type ArrangeRequest struct {
	Flow     string  `path:"flow"`
	Name     *string `json:"name,omitzero" doc:"Rename it."`
	Folder   *string `json:"folder,omitzero" maxLength:"200" doc:"Move it to a folder; \"\" takes it out."`
	Position *int    `json:"position,omitzero" minimum:"0" doc:"Move it in the list; the others make room."`
	Locked   *bool   `json:"locked,omitzero" doc:"Lock or unlock it."`
}

// Wrong lists what is wrong with its fields.
func (r ArrangeRequest) Wrong(context.Context) []fault.Place { return fault.Places(r.check()) }

func (r ArrangeRequest) check() error {
	var name error
	if r.Name != nil {
		name = flow.CheckName(norm.NFC.String(*r.Name))
	}
	return fault.Together(name, checkFolder(r.Folder))
}

// Arrange renames, locks or moves a draft. Its live flow keeps its name until the
// next deploy.
func (e *Editor) Arrange(ctx context.Context, r ArrangeRequest) (Draft, error) {
	before, err := e.find(ctx, r.Flow)
	if err != nil {
		return Draft{}, err
	}
	if err := r.check(); err != nil {
		return Draft{}, err
	}
	change := "arranged"
	if r.Name != nil && *r.Name != before.Name {
		name := norm.NFC.String(*r.Name)
		if flow.IsConfigs(before.Name) || flow.IsConfigs(name) {
			return Draft{}, fault.New(fault.Invalid, "The name %q belongs to the canvas of the Configuration nodes.", flow.Configs).
				WithCode("flow_name").At("name", "is reserved")
		}
		if before.Locked && (r.Locked == nil || *r.Locked) {
			return Draft{}, locked(before.Name)
		}
		r.Name, change = &name, "renamed"
	} else {
		r.Name = nil
	}
	audit.Describe(ctx, "flow "+before.Name, arranged(before), nil)
	if entry := audit.EntryFrom(ctx); entry != nil {
		entry.After = r.after()
	}
	after, err := e.Store.ArrangeDraft(ctx, before.ID, Arrangement{Name: r.Name, Folder: r.Folder, Position: r.Position, Locked: r.Locked})
	if err != nil {
		return Draft{}, err
	}
	was := ""
	if change == "renamed" {
		was = before.Name
	}
	e.publish(ctx, change, was, after)
	return after, nil
}

func arranged(d Draft) map[string]any {
	return map[string]any{"name": d.Name, "folder": d.Folder, "position": d.Position, "locked": d.Locked}
}

func (r ArrangeRequest) after() map[string]any {
	after := map[string]any{}
	if r.Name != nil {
		after["name"] = *r.Name
	}
	if r.Folder != nil {
		after["folder"] = *r.Folder
	}
	if r.Position != nil {
		after["position"] = *r.Position
	}
	if r.Locked != nil {
		after["locked"] = *r.Locked
	}
	return after
}

// DeleteRequest names the draft to delete.
type DeleteRequest struct {
	Flow string `path:"flow"`
	Base *int64 `query:"base" doc:"The revision that was seen; without it, whatever is there is deleted."`
}

// Deleted says what became of a deleted draft's flow.
type Deleted struct {
	Flow    string `json:"flow"`
	Live    bool   `json:"live" doc:"The flow still answers; it vanishes with the next deploy of all flows, or of this one."`
	Message string `json:"message"`
}

// Delete takes a draft away. What is live stays live until the next deploy.
func (e *Editor) Delete(ctx context.Context, r DeleteRequest) (Deleted, error) {
	d, err := e.find(ctx, r.Flow)
	if err != nil {
		return Deleted{}, err
	}
	if d.Locked {
		return Deleted{}, locked(d.Name)
	}
	live, err := e.Store.LiveFlows(ctx)
	if err != nil {
		return Deleted{}, err
	}
	if r.Base != nil {
		d.Revision = *r.Base
	}
	d.SavedBy, d.SavedAt = me(ctx), now()
	audit.Describe(ctx, "flow "+d.Name, map[string]any{"revision": d.Revision, "tests": d.Tests}, nil)
	if err := e.Store.DeleteDraft(ctx, d); err != nil {
		return Deleted{}, stale(err)
	}
	d.Revision++
	e.publish(ctx, "deleted", "", d)
	out := Deleted{Flow: d.Name, Live: slices.ContainsFunc(live, func(l LiveFlow) bool { return l.ID == d.ID })}
	out.Message = "The flow was deleted. It was not live."
	if out.Live {
		out.Message = "The draft was deleted. The flow still answers and vanishes with the next deploy."
	}
	return out, nil
}

// CopyRequest asks for a copy of a draft.
type CopyRequest struct {
	Flow string `path:"flow"`
	Name string `json:"name" doc:"Of the copy; one is found when it is left out."`
}

// Copy makes a second draft of a flow, whose nodes have ids of their own.
func (e *Editor) Copy(ctx context.Context, r CopyRequest) (Draft, error) {
	d, err := e.find(ctx, r.Flow)
	if err != nil {
		return Draft{}, err
	}
	f, err := e.read(ctx, d)
	if err != nil {
		return Draft{}, err
	}
	drafts, err := e.Store.Drafts(ctx)
	if err != nil {
		return Draft{}, err
	}
	name := flow.CleanName(r.Name)
	if name == "" {
		names := map[string]bool{}
		for _, d := range drafts {
			names[flow.NameKey(d.Name)] = true
		}
		name = freeName(d.Name, names)
	}
	if err := flow.CheckName(name); err != nil {
		return Draft{}, err
	}
	ids := newIDs{taken: map[string]bool{}, configs: map[string]string{}}
	ids.take(f) // so that every node needs another
	content, err := ids.apply(f, ids.assign(f)).AppendJSON(nil)
	if err != nil {
		return Draft{}, err
	}
	audit.Describe(ctx, "flow "+name, nil, map[string]any{"copyOf": d.Name, "nodes": len(f.Nodes)})
	saved, err := e.Store.SaveDrafts(ctx, []Save{{Name: name, Folder: &d.Folder, Content: content, By: me(ctx), At: now()}})
	if isStale(err) {
		return Draft{}, nameTaken(name)
	}
	if err != nil {
		return Draft{}, err
	}
	e.publish(ctx, "saved", "", saved[0])
	return saved[0], nil
}

func nameTaken(name string) error {
	return fault.New(fault.Conflict, "A flow named %q already exists.", name).WithCode("flow_taken").At("name", "is taken")
}

// freeName returns the name with a number that nobody has.
func freeName(name string, taken map[string]bool) string {
	for i := 2; ; i++ {
		suffix := fmt.Sprintf(" (%d)", i)
		runes := []rune(name)
		candidate := string(runes[:min(len(runes), limit.FlowNameRunes-len(suffix))]) + suffix
		if !taken[flow.NameKey(candidate)] {
			return candidate
		}
	}
}

// document reads the drafts as one document, with the given flows in place of
// those of their names.
func (e *Editor) document(ctx context.Context, given flow.Document) (flow.Document, error) {
	drafts, err := e.Store.Drafts(ctx)
	if err != nil {
		return nil, err
	}
	doc := make(flow.Document, len(drafts))
	for _, d := range drafts {
		if _, _, replaced := given.Find(d.Name); replaced {
			continue
		}
		if doc[d.Name], err = e.read(ctx, d); err != nil {
			return nil, err
		}
	}
	return doc.Merge(given), nil
}

// parse reads flows by name that may have been left out.
func parse(s Source) (flow.Document, error) {
	if len(s) == 0 {
		return nil, nil
	}
	return flow.Parse(s)
}
