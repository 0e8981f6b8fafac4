package editor

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ecoflow/app/flow"
	"ecoflow/app/node"
	"ecoflow/app/value"
)

// What became of a flow, a node or an edge.
const (
	same    = "same"
	added   = "added"
	changed = "changed"
	moved   = "moved" // only on the canvas
	removed = "removed"
)

// FlowChanges says how one flow differs between two states.
type FlowChanges struct {
	Flow   string       `json:"flow"`
	Was    string       `json:"was,omitzero" doc:"Its name before, where it was renamed."`
	Change string       `json:"change" enum:"same,added,changed,moved,removed"`
	Nodes  []NodeChange `json:"nodes"`
	Edges  []EdgeChange `json:"edges"`
	Other  []Difference `json:"other" doc:"Members beside nodes, edges and inputs: notes, groups, view."`
}

// NodeChange says how one node differs.
type NodeChange struct {
	Node   string       `json:"node"`
	Label  string       `json:"label"`
	Route  string       `json:"route,omitzero" doc:"Method and path of a Request, as they were where it is removed."`
	Kind   string       `json:"kind"`
	Change string       `json:"change" enum:"added,changed,moved,removed"`
	Inputs []Difference `json:"inputs"`
	Fields []Difference `json:"fields" doc:"What else of the node differs, such as data/label."`
}

// EdgeChange says how one edge differs.
type EdgeChange struct {
	Source       string `json:"source"`
	SourceHandle string `json:"sourceHandle"`
	Target       string `json:"target"`
	Change       string `json:"change" enum:"added,changed,removed"`
}

// Difference is a value before and after; null where there was or is none.
type Difference struct {
	Name    string        `json:"name"`
	Label   string        `json:"label,omitzero" doc:"What the form calls the input, where the node type is known."`
	Before  any           `json:"before"`
	After   any           `json:"after"`
	Choices []node.Choice `json:"choices,omitzero" doc:"What the form calls those of its options that were or are chosen."`
}

// layout lists the members of a node that only the canvas knows.
var layout = map[string]bool{
	"position": true, "positionAbsolute": true, "width": true, "height": true,
	"selected": true, "dragging": true, "measured": true, "zIndex": true,
}

// compare lists how flows differ, what their Requests serve, and what the forms call
// the inputs. Flows that were renamed are found by their new names in was.
func (e *Editor) compare(ctx context.Context, before, after flow.Document, was renames) ([]FlowChanges, error) {
	list, err := compare(before, after, was, e.meanTheSame)
	for _, f := range list {
		was, _, _ := before.Find(cmp.Or(f.Was, f.Flow))
		is, _, _ := after.Find(f.Flow)
		if f.Change == removed {
			is = nil // its name may be another flow's now
		}
		if f.Change == added {
			was = nil
		}
		old, nodes := byID(was), byID(is)
		for i := range f.Nodes {
			n := &f.Nodes[i]
			if n.Change == removed {
				n.Route = e.routeText(f.Flow, was, old[n.Node])
				continue
			}
			n.Route = e.routeText(f.Flow, is, nodes[n.Node])
			t, ok := e.Library.Lookup(nodes[n.Node].TypeID)
			if !ok {
				continue
			}
			for i := range n.Inputs {
				for _, in := range t.Inputs {
					if d := &n.Inputs[i]; in.Name == d.Name {
						options := e.options(ctx, t, in, node.Values{Inputs: was.Inputs(n.Node), Flow: f.Flow}, node.Values{Inputs: is.Inputs(n.Node), Flow: f.Flow})
						d.Label, d.Choices = in.Label, picked(options, d.Before, d.After)
					}
				}
			}
		}
	}
	return list, err
}

// options returns what can be chosen of an input; where that depends on the others,
// what could with each of these values. What cannot be asked for has no names.
func (e *Editor) options(ctx context.Context, t *node.Type, in node.Input, filled ...node.Values) []node.Choice {
	if !in.Dynamic || t.Choices == nil {
		return in.Options
	}
	var list []node.Choice
	for _, v := range filled {
		choices, err := t.Choices(ctx, in.Name, v)
		if err != nil {
			e.Log.DebugContext(ctx, "options cannot be asked for", "type", t.Name, "input", in.Name, "error", err)
		}
		for _, c := range choices {
			if !slices.ContainsFunc(list, func(known node.Choice) bool { return known.Value == c.Value }) {
				list = append(list, c)
			}
		}
	}
	return list
}

// picked returns the options that one of the values is, or has among its entries.
func picked(options []node.Choice, values ...any) []node.Choice {
	var list []node.Choice
	for _, o := range options {
		is := func(v any) bool { return v == o.Value }
		if slices.ContainsFunc(values, func(v any) bool {
			entries, _ := v.([]any)
			return is(v) || slices.ContainsFunc(entries, is)
		}) {
			list = append(list, o)
		}
	}
	return list
}

// meanTheSame says whether two values of an input have its node do the same: one that
// was emptied counts as one that was never set.
func (e *Editor) meanTheSame(n flow.Node, input string, a, b any) bool {
	t, ok := e.Library.Lookup(n.TypeID)
	if !ok {
		return false
	}
	at := slices.IndexFunc(t.Inputs, func(in node.Input) bool { return in.Name == input })
	return at >= 0 && value.Equal(t.Inputs[at].Effective(a), t.Inputs[at].Effective(b))
}

// renames holds the names that flows had before, by the keys of those they have now.
type renames map[string]string

// add notes that the flow with the id had one name and has another, which is nothing
// where they are the same.
func (r renames) add(was, is string) {
	if was != is {
		r[flow.NameKey(is)] = was
	}
}

// of returns the name before of a flow.
func (r renames) of(name string) string { return cmp.Or(r[flow.NameKey(name)], name) }

// compare lists how each flow of two documents differs, in the order of their
// names; flows that are the same are left out. Values of an input that are alike
// are no difference. It fails for flows that do not encode.
func compare(before, after flow.Document, was renames, alike func(n flow.Node, input string, a, b any) bool) ([]FlowChanges, error) {
	list := []FlowChanges{}
	taken := map[string]bool{} // names before of flows that are still there
	for _, name := range after.Names() {
		if old := was.of(name); old != name {
			taken[flow.NameKey(old)] = true
		}
	}
	for _, name := range after.Names() {
		f := FlowChanges{Change: added}
		old, written, there := before.Find(was.of(name))
		// The name may have been that of a flow that has another one now.
		if key := flow.NameKey(written); there && (was.of(name) != name || !taken[key]) {
			taken[key] = true
			if written != name {
				f.Was = written
			}
			f.Change = same
		} else {
			old = flow.NewFlow()
		}
		c, err := compareFlow(name, old, after[name], alike)
		if err != nil {
			return nil, err
		}
		c.Was = f.Was
		switch {
		case f.Change == added:
			c.Change = added
		case c.Was != "":
			c.Change = changed
		}
		if c.Change != same {
			list = append(list, c)
		}
	}
	for _, name := range before.Names() {
		if taken[flow.NameKey(name)] {
			continue
		}
		c, err := compareFlow(name, before[name], flow.NewFlow(), alike)
		if err != nil {
			return nil, err
		}
		c.Change = removed
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b FlowChanges) int { return strings.Compare(a.Flow, b.Flow) })
	return list, nil
}

func compareFlow(name string, before, after *flow.Flow, alike func(flow.Node, string, any, any) bool) (FlowChanges, error) {
	c := FlowChanges{Flow: name, Change: same, Nodes: compareNodes(before, after, alike), Edges: compareEdges(before, after)}
	var err error
	if c.Other, err = compareRest(before, after); err != nil {
		return c, fmt.Errorf("compare flow %s: %w", name, err)
	}
	switch {
	case len(c.Edges) > 0 || slices.ContainsFunc(c.Nodes, func(n NodeChange) bool { return n.Change != moved }):
		c.Change = changed
	case len(c.Nodes) > 0 || len(c.Other) > 0:
		c.Change = moved
	}
	return c, nil
}

func compareNodes(before, after *flow.Flow, alike func(flow.Node, string, any, any) bool) []NodeChange {
	list := []NodeChange{}
	was, is := byID(before), byID(after)
	for _, n := range before.Nodes {
		if _, still := is[n.ID]; !still {
			list = append(list, NodeChange{Node: n.ID, Label: n.Label, Kind: string(n.Kind), Change: removed, Inputs: []Difference{}, Fields: []Difference{}})
		}
	}
	for _, n := range after.Nodes {
		old, there := was[n.ID]
		c := NodeChange{Node: n.ID, Label: n.Label, Kind: string(n.Kind), Change: added, Inputs: []Difference{}, Fields: []Difference{}}
		if there {
			from, to := before.Inputs(n.ID), after.Inputs(n.ID)
			c.Inputs = compareMembers("", from, to, func(name string) bool {
				return alike(n, name, from[name], to[name])
			})
			c.Fields = compareFields(old.Fields(), n.Fields())
			placed := compareMembers("", old.Fields(), n.Fields(), func(name string) bool { return !layout[name] })
			switch {
			case len(c.Inputs)+len(c.Fields) > 0:
				c.Change = changed
			case len(placed) > 0:
				c.Change = moved
			default:
				continue
			}
		}
		list = append(list, c)
	}
	return list
}

func byID(f *flow.Flow) map[string]flow.Node {
	if f == nil {
		return nil
	}
	m := make(map[string]flow.Node, len(f.Nodes))
	for _, n := range f.Nodes {
		m[n.ID] = n
	}
	return m
}

// compareFields compares what of a node is neither an input nor its layout; the
// members of data one by one.
func compareFields(before, after map[string]any) []Difference {
	list := compareMembers("", before, after, func(name string) bool { return layout[name] || name == "data" })
	was, _ := before["data"].(map[string]any)
	is, _ := after["data"].(map[string]any)
	return append(list, compareMembers("data/", was, is, nil)...)
}

// compareMembers compares two objects member by member, in the order of their
// names, except those to skip.
func compareMembers(prefix string, before, after map[string]any, skip func(name string) bool) []Difference {
	names := map[string]bool{}
	for name := range before {
		names[name] = true
	}
	for name := range after {
		names[name] = true
	}
	list := []Difference{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if (skip == nil || !skip(name)) && !value.Equal(before[name], after[name]) {
			list = append(list, Difference{Name: prefix + name, Before: before[name], After: after[name]})
		}
	}
	return list
}

// compareEdges compares by ends; an edge that was switched on or off, or whose
// data differ, is changed.
func compareEdges(before, after *flow.Flow) []EdgeChange {
	type ends struct{ source, handle, target string }
	at := func(e flow.Edge) ends { return ends{e.Source, e.SourceHandle, e.Target} }
	was, is := map[ends]flow.Edge{}, map[ends]flow.Edge{}
	for _, e := range before.Edges {
		was[at(e)] = e
	}
	for _, e := range after.Edges {
		is[at(e)] = e
	}
	list := []EdgeChange{}
	for _, e := range before.Edges {
		if _, still := is[at(e)]; !still {
			list = append(list, EdgeChange{e.Source, e.SourceHandle, e.Target, removed})
		}
	}
	for _, e := range after.Edges {
		old, there := was[at(e)]
		switch {
		case !there:
			list = append(list, EdgeChange{e.Source, e.SourceHandle, e.Target, added})
		case !value.Equal(old.Fields(), e.Fields()):
			list = append(list, EdgeChange{e.Source, e.SourceHandle, e.Target, changed})
		}
	}
	return list
}

// compareRest compares the members of the flows that are not nodes, edges or
// inputs.
func compareRest(before, after *flow.Flow) ([]Difference, error) {
	was, err := rest(before)
	if err != nil {
		return nil, err
	}
	is, err := rest(after)
	if err != nil {
		return nil, err
	}
	return compareMembers("", was, is, nil), nil
}

// rest returns the members of a flow beside the contract's three.
func rest(f *flow.Flow) (map[string]any, error) {
	content, err := f.With(nil, nil, nil).AppendJSON(nil)
	if err != nil {
		return nil, err
	}
	v, err := value.Parse(content, maxDepth)
	if err != nil {
		return nil, err
	}
	m, _ := v.(map[string]any)
	maps.DeleteFunc(m, func(name string, _ any) bool {
		return name == "definitions" || name == "connections" || name == "configurations"
	})
	return m, nil
}
