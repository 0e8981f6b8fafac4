package editor

import (
	"cmp"
	"maps"
	"regexp"
	"slices"

	"ecoflow/app/flow"
	"ecoflow/app/node"
)

// RouteChange says what becomes of a route.
type RouteChange struct {
	Route
	Flow   string `json:"flow"`
	Change string `json:"change" enum:"added,changed,removed"`
}

// parameter is one of a path; its name makes no other route.
var parameter = regexp.MustCompile(`:[^/]+`)

// affected lists the routes that come, go or may answer otherwise, by their paths.
func (e *Editor) affected(before, after flow.Document, changes []FlowChanges) []RouteChange {
	touched := map[string]map[string]bool{} // by flow, by its name before too: what differs in what it does
	configs := map[string]bool{}
	renamed := renames{}
	for _, c := range changes {
		nodes := working(c)
		for _, key := range []string{flow.NameKey(c.Flow), flow.NameKey(cmp.Or(c.Was, c.Flow))} {
			// A name may be that of one flow before and of another one after.
			if touched[key] == nil {
				touched[key] = map[string]bool{}
			}
			maps.Copy(touched[key], nodes)
		}
		if c.Was != "" {
			renamed.add(c.Was, c.Flow)
		}
		if flow.IsConfigs(c.Flow) {
			configs = working(c)
		}
	}
	was, is := e.served(before), e.served(after)
	list := []RouteChange{}
	for key, r := range was {
		if _, still := is[key]; !still {
			r.Change = removed
			list = append(list, r)
		}
	}
	for key, r := range is {
		old, there := was[key]
		switch {
		case !there:
			r.Change = added
		case flow.NameKey(old.Flow) != flow.NameKey(renamed.of(r.Flow)), old.Node != r.Node,
			e.leadsTo(before, old, touched, configs), e.leadsTo(after, r, touched, configs):
			r.Change = changed
		default:
			continue
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b RouteChange) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return list
}

// served lists the routes of a document by method and path without the names of
// parameters.
func (e *Editor) served(doc flow.Document) map[string]RouteChange {
	routes := map[string]RouteChange{}
	for _, name := range doc.Names() {
		for _, r := range e.routes(name, doc[name]) {
			routes[r.Method+" "+parameter.ReplaceAllString(r.Path, ":")] = RouteChange{Route: r, Flow: name}
		}
	}
	return routes
}

// drawn are the fields of a node that change nothing of what it does.
var drawn = map[string]bool{"data/label": true, "data/description": true, "data/appearance": true, "data/configured": true}

// working lists the nodes of a flow that do something else than before, those at
// the ends of changed edges among them.
func working(c FlowChanges) map[string]bool {
	nodes := map[string]bool{}
	for _, n := range c.Nodes {
		means := func(d Difference) bool { return !drawn[d.Name] }
		if n.Change == added || n.Change == removed || len(n.Inputs) > 0 || slices.ContainsFunc(n.Fields, means) {
			nodes[n.Node] = true
		}
	}
	for _, edge := range c.Edges {
		nodes[edge.Source], nodes[edge.Target] = true, true
	}
	return nodes
}

// leadsTo reports whether a route's runs come past a node that is touched, or that
// picks a Configuration node which is: what its Request leads to, what takes the
// errors of its flow, and the flows that are called on the way.
func (e *Editor) leadsTo(doc flow.Document, r RouteChange, touched map[string]map[string]bool, configs map[string]bool) bool {
	seen := map[string]bool{}
	var follow func(name, start string) bool
	follow = func(name, start string) bool {
		f, name, ok := doc.Find(name)
		if !ok {
			return false
		}
		differs := touched[flow.NameKey(name)]
		next := map[string][]string{}
		for _, edge := range f.Edges {
			if edge.Active {
				next[edge.Source] = append(next[edge.Source], edge.Target)
			}
		}
		types := map[string]*node.Type{}
		var queue []string
		for _, n := range f.Nodes {
			t, ok := e.Library.Lookup(n.TypeID)
			if !ok {
				continue
			}
			types[n.ID] = t
			if n.ID == start || t.Catches || start == "" && t.Callable {
				queue = append(queue, n.ID)
			}
		}
		for len(queue) > 0 {
			id := queue[0]
			queue = queue[1:]
			if seen[id] {
				continue
			}
			seen[id] = true
			if differs[id] {
				return true
			}
			inputs := f.Inputs(id)
			for _, v := range inputs {
				if picked, ok := v.(string); ok && configs[picked] {
					return true
				}
			}
			if called := e.calls(types[id], inputs); called != "" && follow(called, "") {
				return true
			}
			queue = append(queue, next[id]...)
		}
		return false
	}
	return follow(r.Flow, r.Node)
}

// calls is the flow that a node of the type calls with these inputs; "" when it
// calls none.
func (*Editor) calls(t *node.Type, inputs map[string]any) string {
	if t == nil || t.Kind != node.Middleware || inputs["flow"] == nil {
		return ""
	}
	instance, _ := t.New(node.Values{Inputs: inputs})
	if c, ok := instance.(node.Closer); ok {
		defer c.Close() //nolint:errcheck // it never ran, so nothing can be lost
	}
	if c, ok := instance.(node.Caller); ok {
		name, _ := c.Calls()
		return name
	}
	return ""
}
