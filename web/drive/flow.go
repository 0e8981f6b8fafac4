package drive

import (
	"crypto/md5" // the contract names node types by it
	"encoding/hex"
)

// Flow is a flow in the JSON of the original, as its editor sends it.
type Flow struct {
	Definitions    []any `json:"definitions"`
	Connections    []any `json:"connections"`
	Configurations []any `json:"configurations"`
}

// Inputs are the values of a node by input name.
type Inputs map[string]any

// NewFlow returns an empty flow.
func NewFlow() *Flow {
	return &Flow{Definitions: []any{}, Connections: []any{}, Configurations: []any{}}
}

// Node adds a node: its id, its kind, the package and name of its type, and its
// inputs. It returns the flow.
func (f *Flow) Node(id, kind, pkg, name string, inputs Inputs) *Flow {
	sum := md5.Sum([]byte(pkg + "." + name))
	f.Definitions = append(f.Definitions, map[string]any{
		"id": id, "type": kind, "position": map[string]int{"x": 120 * len(f.Definitions), "y": 100},
		"width": 150, "height": 40, "selected": false, "dragging": false,
		"data": map[string]any{
			"moduleID": map[string]string{"_id": hex.EncodeToString(sum[:])}, "label": name, "configured": true, "disabled": false,
			"description": "", "appearance": map[string]any{"label": true, "icon": nil},
		},
	})
	if inputs == nil {
		inputs = Inputs{}
	}
	f.Configurations = append(f.Configurations, map[string]any{"nodeID": id, "configs": inputs})
	return f
}

// Edge connects a chain of nodes, each with the next, and returns the flow.
func (f *Flow) Edge(ids ...string) *Flow {
	for i := range len(ids) - 1 {
		f.connect(ids[i], "", ids[i+1])
	}
	return f
}

// Port connects a node's output port that is not its first with a node, and
// returns the flow.
func (f *Flow) Port(from, port, to string) *Flow { f.connect(from, "-"+port, to); return f }

func (f *Flow) connect(from, port, to string) {
	source, target := from+"-source"+port, to+"-target"
	f.Connections = append(f.Connections, map[string]any{
		"id":     "reactflow__edge-" + from + source + "-" + to + target,
		"source": from, "sourceHandle": source, "target": to, "targetHandle": target,
		"animated": false, "data": map[string]bool{"forcedDisabled": false}, "selected": false,
	})
}

// Own adds a node of the built-in package ecoflow with templates switched on.
func (f *Flow) Own(id, name string, inputs Inputs) *Flow {
	f.Node(id, "Middleware", "ecoflow", name, inputs)
	data := f.Definitions[len(f.Definitions)-1].(map[string]any)["data"].(map[string]any)
	data["templates"] = true
	return f
}

// Request adds the entry of a route.
func (f *Flow) Request(id, method, path string) *Flow {
	return f.Node(id, "Request", "ecoflow-commons", "Request", Inputs{"apiMethod": method, "apiEndpoint": path, "$url.params": []any{}})
}

// Text adds a node that makes a fixed text the message.
func (f *Flow) Text(id, text string) *Flow {
	return f.Node(id, "Middleware", "ecoflow-commons", "Text", Inputs{"sampleText": text})
}

// Function adds a node that runs a script.
func (f *Flow) Function(id, code string) *Flow {
	return f.Node(id, "Middleware", "ecoflow-functions", "Function", Inputs{"codeEditor": map[string]any{"value": code, "validate": true}})
}

// Response adds a node that answers with the payload's key under its own name.
func (f *Flow) Response(id, key string) *Flow {
	return f.Node(id, "Response", "ecoflow-commons", "Response", Inputs{"responseKey": key})
}
