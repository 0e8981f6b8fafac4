package flow

import (
	"log/slog"
	"slices"
	"strings"

	"ecoflow/app/node"
)

// Use is a place where a flow reads an environment variable.
type Use struct {
	Node, Label string // id and shown name of the node
	Input       string
	Name        string // of the variable, in upper case; "" where it cannot be told
	Why         string // the name cannot be told: Computed or Broken
}

// Why a variable's name cannot be told.
const (
	Computed = "computed" // a script works it out
	Broken   = "broken"   // the input speaks of env and does not compile
)

// Uses lists where the flow reads environment variables, in the order of its
// nodes, disabled ones included. The node types' own parsers find them.
func (f *Flow) Uses(library *node.Library, log *slog.Logger) []Use {
	uses := []Use{}
	for _, n := range f.Nodes {
		t, ok := library.Lookup(n.TypeID)
		if !ok || t.Reads == nil {
			continue
		}
		inputs := f.Inputs(n.ID)
		instance, problems := newInstance(log, t, node.Values{
			Inputs: inputs, Templates: n.Templates, NodeID: n.ID, Label: n.label(),
			Configuration: func(string) (node.Instance, bool) { return nil, false },
		})
		use := func(input, name, why string) {
			u := Use{Node: n.ID, Label: n.label(), Input: input, Name: strings.ToUpper(name), Why: why}
			if !slices.Contains(uses, u) {
				uses = append(uses, u)
			}
		}
		if instance != nil {
			for _, r := range t.Reads(instance) {
				if r.Name == "" {
					use(r.Input, "", Computed)
				} else {
					use(r.Input, r.Name, "")
				}
			}
		}
		if c, ok := instance.(node.Closer); ok {
			c.Close() //nolint:errcheck // it never ran, so nothing can be lost
		}
		for _, p := range problems {
			if !p.Warning && mentionsEnv(inputs[p.Input]) {
				use(p.Input, "", Broken)
			}
		}
	}
	return uses
}

// mentionsEnv reports whether the text of an input has env in it.
func mentionsEnv(input any) bool {
	switch v := input.(type) {
	case string:
		return strings.Contains(v, "env")
	case map[string]any: // code
		text, _ := v["value"].(string)
		return strings.Contains(text, "env")
	}
	return false
}
