// Package nodes lists the built-in node types.
package nodes

import (
	"ecoflow/app/node"
	"ecoflow/app/nodes/common"
	"ecoflow/app/nodes/function"
)

// All lists the built-in node types in the order of the palette.
func All() []node.Type {
	var all []node.Type
	for _, group := range []struct {
		name  string
		types []node.Type
	}{
		{"Common", common.Nodes()},
		{"Function", function.Nodes()},
	} {
		for _, t := range group.types {
			t.Group = group.name
			all = append(all, t)
		}
	}
	return all
}
