package flow

import (
	"crypto/md5" //nolint:gosec // ids of the original's format, not a secret
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"ecoflow/app/fault"
	"ecoflow/app/node"
)

// Problem is something that stops a deployment, or with Warning set something
// worth knowing about it.
type Problem struct {
	Flow    string `json:"flow"`
	Node    string `json:"node,omitempty"`  // id
	Label   string `json:"label,omitempty"` // of the node
	Input   string `json:"input,omitempty"` // name
	Code    string `json:"code"`
	Message string `json:"message"` // a sentence for the person who draws
	Warning bool   `json:"warning,omitempty"`
	// Line and Column, 1-based, place a mistake inside a script or template.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Nodes are all the nodes concerned, where there are several.
	Nodes []string `json:"nodes,omitempty"`
	// Routes are the routes concerned, without the prefix: "GET /same".
	Routes []string `json:"routes,omitempty"`
}

// Path leads to what the problem is about: "flows/shop/nodes/n7/inputs/url".
func (p Problem) Path() string {
	path := "flows/" + p.Flow
	if p.Node != "" {
		path += "/nodes/" + p.Node
	}
	if p.Input != "" {
		path += "/inputs/" + p.Input
	}
	return path
}

func (p Problem) nodes() []string {
	if len(p.Nodes) > 0 {
		return p.Nodes
	}
	if p.Node != "" {
		return []string{p.Node}
	}
	return nil
}

// refusal turns the problems that are no warnings into the fault that endpoint 70
// answers; nil when there is none.
func refusal(problems []Problem) error {
	var (
		errs   []Problem
		routes []string
		ids    = []string{}
		listed = map[string]bool{}
	)
	for _, p := range problems {
		if p.Warning {
			continue
		}
		errs = append(errs, p)
		routes = append(routes, p.Routes...)
		for _, id := range p.nodes() {
			if !listed[id] {
				listed[id] = true
				ids = append(ids, id)
			}
		}
	}
	if len(errs) == 0 {
		return nil
	}
	f := fault.New(fault.Invalid, "%s", errs[0].Message).WithCode("not_deployable")
	if len(errs) > 1 {
		f.Message = fmt.Sprintf("%s There are %d problems in all.", errs[0].Message, len(errs))
	}
	f.Details = map[string]any{"nodesID": ids}
	if len(routes) > 0 {
		f.Kind, f.Code, f.Message = fault.Conflict, "duplicate_routes", "Duplicate routes"
		f.Details["routes"] = routes
	}
	for _, p := range errs[:min(len(errs), maxPlaces)] {
		f.Places = append(f.Places, fault.Place{Path: p.Path(), Message: p.Message, Code: p.Code, Line: p.Line, Column: p.Column})
	}
	return f
}

// End is one end of an edge that is drawn: a node, its type and ports, and the
// handle the edge is fixed to ("" is the only one).
type End struct {
	ID     string
	Label  string
	Type   *node.Type
	Ports  []node.Port
	Handle string
}

// PortsOf lists a node's ways out: those of its type, and those that its inputs
// add (Route by value).
func PortsOf(t *node.Type, inputs map[string]any) []node.Port {
	ports := t.Ports
	if len(ports) == 0 && t.Kind.HasOutput() {
		ports = []node.Port{{}}
	}
	if t.PortsFrom == "" {
		return ports
	}
	list, _ := inputs[t.PortsFrom].([]any)
	ports = slices.Clone(ports)
	for _, v := range list {
		if name, ok := v.(string); ok && !slices.ContainsFunc(ports, func(p node.Port) bool { return p.Name == name }) {
			ports = append(ports, node.Port{Name: name, Label: name})
		}
	}
	return ports
}

// port finds the way out that the end's handle names; -1 when there is none.
func (e End) port() int {
	if len(e.Ports) == 0 {
		return -1
	}
	if e.Handle == "" || e.Handle == e.ID+"-source" {
		return 0
	}
	name, ok := strings.CutPrefix(e.Handle, e.ID+"-source-")
	if !ok {
		return -1
	}
	return slices.IndexFunc(e.Ports, func(p node.Port) bool { return p.Name == name })
}

// CanConnect is the rule for edges: nil when one may lead from one end to the
// other, else what is wrong, without its flow. Cycles are found by Engine.Check.
func CanConnect(from, to End) *Problem {
	wrong := func(code, format string, args ...any) *Problem {
		return &Problem{Node: from.ID, Nodes: []string{from.ID, to.ID}, Code: code, Message: fmt.Sprintf(format, args...)}
	}
	switch {
	case from.ID == to.ID:
		return wrong("self_loop", "The node %s is connected to itself.", from.Label)
	case !from.Type.Kind.HasOutput():
		return wrong("no_output", "Nothing can leave the node %s, which is a %s.", from.Label, from.Type.Kind)
	case !to.Type.Kind.HasInput():
		return wrong("no_input", "Nothing can enter the node %s, which is a %s.", to.Label, to.Type.Kind)
	case from.port() < 0:
		return wrong("wrong_handle", "The node %s has no way out %q.", from.Label, strings.TrimPrefix(from.Handle, from.ID+"-source-"))
	case to.Handle != "" && to.Handle != to.ID+"-target":
		return wrong("wrong_handle", "The node %s has no way in %q.", to.Label, strings.TrimPrefix(to.Handle, to.ID+"-"))
	}
	return nil
}

// originals are the node types of the original's default packages, so that a
// message can name the package of an id that is not there.
var originals = map[string][]string{
	"ecoflow-commons":   {"Request", "Text", "Response", "Debug", "Event Listener", "Event Emitter"},
	"ecoflow-functions": {"Function", "Switch", "Switch In", "Range"},
	"ecoflow-database": {
		"Find", "Insert", "Update", "Delete", "Sort", "Limit", "Range", "Find And Return Selected Columns",
		"Find And sort", "Find And limit",
	},
	"ecoflow-network": {"Get", "Post", "Put", "Patch", "Delete"},
}

var originalIDs = sync.OnceValue(func() map[string]string {
	ids := map[string]string{}
	for pkg, names := range originals {
		for _, name := range names {
			sum := md5.Sum([]byte(pkg + "." + name)) //nolint:gosec // see the import
			ids[hex.EncodeToString(sum[:])] = fmt.Sprintf("%s of the package %s", name, pkg)
		}
	}
	return ids
})

// unknownType says which node type is missing, as well as can be known.
func unknownType(n Node) string {
	if what, ok := originalIDs()[n.TypeID]; ok {
		return fmt.Sprintf("The node %s needs the node type %s, which is not installed.", n.label(), what)
	}
	return fmt.Sprintf("The node %s needs a node type that no installed package has (id %s).", n.label(), n.TypeID)
}
