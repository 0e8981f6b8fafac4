package flow_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"ecoflow/app/flow"
	"ecoflow/app/node"
)

// edgeRules is the table that the window's rule for edges is tested with too
// (web/ui/src/features/flows/rules.test.ts).
type edgeRules struct {
	Types map[string]struct {
		Kind       node.Kind `json:"kind"`
		Ports      []string  `json:"ports"`
		MayRespond bool      `json:"mayRespond"`
	} `json:"types"`
	Cases []struct {
		Nodes   map[string]string `json:"nodes"`
		Edges   []string          `json:"edges"`
		Edge    string            `json:"edge"`
		Refusal string            `json:"refusal"`
	} `json:"cases"`
}

// The window's words for what a check finds about edges.
var refusals = map[string]string{
	"self_loop": "self", "duplicate_edge": "duplicate", "cycle": "cycle", "no_output": "no-output", "no_input": "no-input",
	"configuration_place": "configuration", "response_unawaited": "nobody-waits", "missing_node": "missing", "wrong_handle": "unknown-port",
}

func TestEdgeRules(t *testing.T) {
	content, err := os.ReadFile("testdata/edges.json")
	if err != nil {
		t.Fatal(err)
	}
	var rules edgeRules
	if err := json.Unmarshal(content, &rules); err != nil {
		t.Fatal(err)
	}
	known := map[string]node.Type{}
	for _, ty := range types() {
		known[ty.Name] = ty
	}
	for name, want := range rules.Types {
		ty := known[name]
		ports := []string{}
		for _, p := range flow.PortsOf(&ty, nil) {
			ports = append(ports, p.Name)
		}
		if ty.Kind != want.Kind || ty.MayRespond != want.MayRespond || !slices.Equal(ports, want.Ports) {
			t.Errorf("%s is %s with the ports %q, may respond %t; the table says %+v", name, ty.Kind, ports, ty.MayRespond, want)
		}
	}
	b := newBench(t)
	found := func(nodes map[string]string, edges []string) []string {
		var sketch strings.Builder
		for _, id := range slices.Sorted(maps.Keys(nodes)) {
			sketch.WriteString(id + ": " + strings.ReplaceAll(nodes[id], " ", "") + " {}\n")
		}
		for _, e := range edges {
			sketch.WriteString(strings.Replace(e, " ", " -> ", 1) + "\n")
		}
		var words []string
		for _, p := range b.Check(draw(t, sketch.String())) {
			if word := refusals[p.Code]; word != "" && !p.Warning {
				words = append(words, word)
			}
		}
		return words
	}
	for _, c := range rules.Cases {
		name := strings.Join(append(slices.Clone(c.Edges), "+ "+c.Edge), ", ")
		// A Configuration node is out of its place in any flow with edges.
		if before := found(c.Nodes, c.Edges); len(before) > 0 && c.Refusal != "configuration" {
			t.Errorf("%v %s: without the edge already %q", c.Nodes, name, before)
		}
		after := found(c.Nodes, append(slices.Clone(c.Edges), c.Edge))
		if c.Refusal == "" && len(after) > 0 || c.Refusal != "" && !slices.Contains(after, c.Refusal) {
			t.Errorf("%v %s: the check says %q, the table %q", c.Nodes, name, after, c.Refusal)
		}
	}
}
