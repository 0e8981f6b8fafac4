// Package nodes lists the built-in node types.
package nodes

import (
	"ecoflow/app/js"
	"ecoflow/app/node"
	"ecoflow/app/nodes/common"
	"ecoflow/app/nodes/function"
)

// All lists the built-in node types in the order of the palette; scripts is what
// the Function node runs in, callable what Call flow offers.
func All(scripts *js.Engine, callable common.Callable) []node.Type {
	var all []node.Type
	for _, group := range []struct {
		name  string
		types []node.Type
	}{
		{"Common", common.Nodes(callable)},
		{"Function", function.Nodes(scripts)},
	} {
		for _, t := range group.types {
			t.Group = group.name
			all = append(all, t)
		}
	}
	return all
}
