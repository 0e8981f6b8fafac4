package editor

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
	"ecoflow/app/flow"
	"ecoflow/app/node"
	"ecoflow/app/value"
)

// What is done with a flow whose name is taken.
const (
	keep    = "keep"    // the one that is there stays, the other is not taken in
	replace = "replace" // its content takes the place of the draft's
	copied  = "copy"    // it is taken in under another name
)

// ImportRequest brings flows from elsewhere.
type ImportRequest struct {
	Flows   Source            `json:"flows" required:"true" doc:"Flows by name, one flow, or a template export {flowDescription, packages}."`
	Name    string            `json:"name" doc:"Of the flow, where flows is one flow."`
	Folder  *string           `json:"folder,omitzero" maxLength:"200" doc:"Where new flows are put."`
	Choices map[string]string `json:"choices,omitzero" enum:"keep,replace,copy" doc:"What to do with each flow whose name is taken."`
	Choice  string            `json:"choice" enum:"keep,replace,copy" doc:"What to do with those that choices does not name."`
	Preview bool              `json:"preview" doc:"Say what would happen and change nothing."`
}

// Imported says what an import did, or would do.
type Imported struct {
	Preview  bool           `json:"preview"`
	Flows    []ImportedFlow `json:"flows"`
	Missing  []MissingType  `json:"missing" doc:"Node types that are not here; their nodes are taken in and marked as problems."`
	Packages []Package      `json:"packages" doc:"What the export says it needs."`
	Problems []Finding      `json:"problems" doc:"What would keep the drafts from being deployed afterwards."`
}

// ImportedFlow is one flow of an import.
type ImportedFlow struct {
	Name     string `json:"name" doc:"In the import."`
	As       string `json:"as" doc:"Here; \"\" for one that is not taken in."`
	Conflict bool   `json:"conflict" doc:"A draft has the name and another content."`
	Choice   string `json:"choice" doc:"What is done about the conflict; \"\" while nobody chose."`
	Nodes    int    `json:"nodes"`
	NewIDs   int    `json:"newIds" doc:"How many nodes got a new id, because theirs was taken."`
	Revision int64  `json:"revision" doc:"Of the draft afterwards; 0 in a preview."`
}

// MissingType is a node type that an import uses and nobody here knows.
type MissingType struct {
	ID     string   `json:"id"`
	Kind   string   `json:"kind"`
	Labels []string `json:"labels" doc:"How nodes of the type are called, ten at most."`
	Count  int      `json:"count"`
}

// Package is one that an export names.
type Package struct {
	Name      string `json:"name"`
	Version   string `json:"version"`
	Installed string `json:"installed" doc:"The version that is here; \"\" when it is missing."`
}

// Wrong lists what is wrong with its fields.
func (r ImportRequest) Wrong(context.Context) []fault.Place {
	_, _, err := exported(r)
	return fault.Places(checkFolder(r.Folder), err)
}

// Import takes flows in as drafts, all or none of them. A flow whose name is
// taken by another content needs a choice.
func (e *Editor) Import(ctx context.Context, r ImportRequest) (Imported, error) {
	doc, packages, err := exported(r)
	if err := fault.Together(checkFolder(r.Folder), err); err != nil {
		return Imported{}, err
	}
	drafts, err := e.Store.Drafts(ctx)
	if err != nil {
		return Imported{}, err
	}
	p, err := e.plan(ctx, r, doc, drafts)
	if err != nil {
		return Imported{}, err
	}
	out := Imported{Preview: r.Preview, Flows: p.flows, Missing: e.missing(doc), Packages: e.packages(packages)}
	out.Problems = e.problemsOf(p.after)
	if r.Preview {
		return out, nil
	}
	if err := undecided(p.flows); err != nil {
		return Imported{}, err
	}
	names := make([]string, len(p.saves))
	for i, s := range p.saves {
		names[i] = s.Name
	}
	audit.Describe(ctx, "flows "+listed(names), nil, map[string]any{"flows": names})
	if len(p.saves) == 0 {
		return out, nil
	}
	saved, err := e.Store.SaveDrafts(ctx, p.saves)
	if err != nil {
		return Imported{}, stale(err)
	}
	for _, d := range saved {
		e.publish(ctx, "saved", "", d)
		for i := range out.Flows {
			if out.Flows[i].As == d.Name {
				out.Flows[i].Revision = d.Revision
			}
		}
	}
	return out, nil
}

// exported reads the forms in which flows come.
func exported(r ImportRequest) (doc flow.Document, packages []string, err error) {
	v, err := value.Parse(r.Flows, maxDepth)
	if err != nil {
		return nil, nil, fmt.Errorf("read an import: %w", err)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, nil, notFlows("has to be an object")
	}
	source := r.Flows
	switch {
	case isFlow(m):
		name := r.Name
		if name == "" {
			return nil, nil, fault.New(fault.Invalid, "One flow needs a name.").WithCode("flow_name").At("name", "is required")
		}
		if err := flow.CheckName(name); err != nil {
			return nil, nil, err
		}
		name = flow.CleanName(name)
		f, err := flow.ParseFlow(name, source)
		return flow.Document{name: f}, nil, err
	case m["flowDescription"] != nil:
		list, _ := m["packages"].([]any)
		for _, p := range list {
			if name, ok := p.(string); ok && len(packages) < 1000 {
				packages = append(packages, name)
			}
		}
		if source, err = value.AppendJSON(nil, m["flowDescription"]); err != nil {
			return nil, nil, err
		}
	}
	doc, err = flow.Parse(source)
	if err == nil && len(doc) == 0 {
		return nil, nil, notFlows("holds no flow")
	}
	return doc, packages, err
}

func notFlows(what string) error {
	return fault.New(fault.Invalid, "These are no flows: the object %s.", what).WithCode("no_flows").At("flows", "%s", what)
}

// isFlow tells one flow from flows by name: its definitions are a list.
func isFlow(m map[string]any) bool {
	_, ok := m["definitions"].([]any)
	return ok
}

// plan is what an import comes to.
type plan struct {
	flows []ImportedFlow
	saves []Save
	after flow.Document // the readable drafts, as they would be
}

func (e *Editor) plan(ctx context.Context, r ImportRequest, doc flow.Document, drafts []Draft) (plan, error) {
	p := plan{after: flow.Document{}}
	byKey := map[string]Draft{}
	names := map[string]bool{}
	for _, d := range drafts {
		byKey[flow.NameKey(d.Name)] = d
		names[flow.NameKey(d.Name)] = true
		if f, err := e.read(ctx, d); err == nil { // one that cannot be read is in nobody's way
			p.after[d.Name] = f
		}
	}
	for name := range doc {
		names[flow.NameKey(name)] = true
	}
	var chosen []ImportedFlow
	for _, name := range doc.Names() {
		v := ImportedFlow{Name: name, As: name, Nodes: len(doc[name].Nodes)}
		if d, taken := byKey[flow.NameKey(name)]; taken {
			content, err := doc[name].AppendJSON(nil)
			if err != nil {
				return p, err
			}
			v.Conflict = hash(content) != d.Hash
			switch v.Choice = choice(r, name); {
			case !v.Conflict:
				v.Choice, v.As = keep, ""
			case v.Choice == keep, v.Choice == "":
				v.As = ""
			case v.Choice == replace:
				v.As = d.Name
				delete(p.after, d.Name)
			case v.Choice == copied:
				v.As = freeName(name, names)
				names[flow.NameKey(v.As)] = true
			}
		}
		chosen = append(chosen, v)
	}
	ids := newIDs{taken: map[string]bool{}, configs: map[string]string{}}
	for _, f := range p.after {
		ids.take(f)
	}
	renamed := make([]map[string]string, len(chosen))
	for i, v := range chosen {
		if v.As != "" {
			renamed[i] = ids.assign(doc[v.Name])
			chosen[i].NewIDs = len(renamed[i])
		}
	}
	for i, v := range chosen {
		if v.As == "" {
			continue
		}
		f := ids.apply(doc[v.Name], renamed[i])
		content, err := f.AppendJSON(nil)
		if err != nil {
			return p, err
		}
		s := Save{Name: v.As, Content: content, By: me(ctx), At: now()}
		if v.Choice == replace {
			s.Base = byKey[flow.NameKey(v.Name)].Revision
		} else {
			s.Folder = r.Folder
		}
		p.saves = append(p.saves, s)
		p.after[v.As] = f
	}
	p.flows = chosen
	return p, nil
}

func choice(r ImportRequest, name string) string {
	for n, c := range r.Choices {
		if flow.NameKey(n) == flow.NameKey(name) {
			return c
		}
	}
	return r.Choice
}

// undecided is the fault of conflicts without a choice, nil when there are none.
func undecided(flows []ImportedFlow) error {
	var names []string
	f := fault.New(fault.Conflict, "").WithCode("import_conflict")
	for _, v := range flows {
		if v.Conflict && v.Choice == "" {
			names = append(names, v.Name)
			f.At("choices/"+v.Name, "is a name that is taken: choose keep, replace or copy")
		}
	}
	if len(names) == 0 {
		return nil
	}
	f.Message = fmt.Sprintf("There are other flows of these names: %s. Choose what to do with each.", listed(names))
	return f
}

// listed names the first few.
func listed(names []string) string {
	if len(names) > 10 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:10], ", "), len(names)-10)
	}
	return strings.Join(names, ", ")
}

// missing lists the node types that nobody here knows.
func (e *Editor) missing(doc flow.Document) []MissingType {
	list := []MissingType{}
	at := map[string]int{}
	for _, name := range doc.Names() {
		for _, n := range doc[name].Nodes {
			if _, known := e.Library.Lookup(n.TypeID); known {
				continue
			}
			i, seen := at[n.TypeID]
			if !seen {
				i = len(list)
				at[n.TypeID] = i
				list = append(list, MissingType{ID: n.TypeID, Kind: string(n.Kind), Labels: []string{}})
			}
			list[i].Count++
			if len(list[i].Labels) < 10 && !slices.Contains(list[i].Labels, n.Label) {
				list[i].Labels = append(list[i].Labels, n.Label)
			}
		}
	}
	return list
}

// packages says of each "name@version" whether it is here.
func (e *Editor) packages(names []string) []Package {
	list := []Package{}
	for _, s := range names {
		p := Package{Name: s}
		if i := strings.LastIndexByte(s, '@'); i > 0 {
			p.Name, p.Version = s[:i], s[i+1:]
		}
		for _, t := range e.Library.Types() {
			if t.Package == p.Name {
				p.Installed = t.Version
				break
			}
		}
		list = append(list, p)
	}
	return list
}

// newIDs gives new ids to nodes whose own are taken.
type newIDs struct {
	taken map[string]bool
	// configs are the Configuration nodes that got a new id, old to new: nodes of
	// any flow may name them in their inputs.
	configs map[string]string
}

func (ids *newIDs) take(f *flow.Flow) {
	for _, n := range f.Nodes {
		ids.taken[n.ID] = true
	}
}

// assign returns the new ids that the nodes of a flow need, by their old ones,
// and takes all of its ids.
func (ids *newIDs) assign(f *flow.Flow) map[string]string {
	renamed := map[string]string{}
	for _, n := range f.Nodes {
		if ids.taken[n.ID] {
			renamed[n.ID] = rand.Text()
			if n.Kind == node.Configuration {
				ids.configs[n.ID] = renamed[n.ID]
			}
		}
	}
	ids.take(f)
	for _, id := range renamed {
		ids.taken[id] = true
	}
	return renamed
}

// apply returns the flow with its nodes renamed, wherever it speaks of them.
func (ids *newIDs) apply(f *flow.Flow, renamed map[string]string) *flow.Flow {
	if len(renamed) == 0 && len(ids.configs) == 0 {
		return f
	}
	id := func(old string) string {
		if is, ok := renamed[old]; ok {
			return is
		}
		return old
	}
	nodes, edges, configs := slices.Clone(f.Nodes), slices.Clone(f.Edges), slices.Clone(f.Configs)
	for i, n := range nodes {
		if is := id(n.ID); is != n.ID {
			nodes[i] = n.WithID(is)
		}
	}
	for i, e := range edges {
		if s, t := id(e.Source), id(e.Target); s != e.Source || t != e.Target {
			edges[i] = e.WithEnds(s, t)
		}
	}
	for i, c := range configs {
		if is := id(c.NodeID); is != c.NodeID {
			configs[i] = c.WithNode(is)
		}
		configs[i] = ids.pointTo(configs[i], renamed)
	}
	return f.With(nodes, edges, configs)
}

// pointTo returns the values with the new ids of nodes that they name.
func (ids *newIDs) pointTo(c flow.Values, renamed map[string]string) flow.Values {
	var inputs map[string]any
	for name, v := range c.Inputs {
		old, _ := v.(string)
		is, ok := renamed[old]
		if !ok {
			is, ok = ids.configs[old]
		}
		if !ok {
			continue
		}
		if inputs == nil {
			inputs = maps.Clone(c.Inputs)
		}
		inputs[name] = is
	}
	if inputs == nil {
		return c
	}
	return c.WithInputs(inputs)
}
