package function

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ecoflow/app/node"
	"ecoflow/app/value"
)

// Route sends a message out of the port of its case.
type Route struct {
	By         node.Text `input:"value" label:"Value" hint:"{{ msg.value }}. Empty: msg." value:"true"`
	Cases      node.List `input:"cases" label:"Cases" required:"true" sorting:"true" hint:"Each is a port."`
	IgnoreCase bool      `input:"ignoreCase" label:"Ignore upper and lower case" advanced:"true"`
}

// otherwise is the port for values that are no case.
const otherwise = "otherwise"

var routeType = node.Define("Route by value", node.Middleware, Route{}, node.In(node.Own), node.Icon("route"), node.Keywords("switch", "case", "branch", "if"), node.Summary("{value|msg}"),
	node.Ports(node.Port{Name: otherwise, Label: "Otherwise"}), node.PortsFrom("cases"),
	node.Describe("Sends the message out of the port of its value.", `
The value `+"`{{ msg.kind }}`"+` with the cases `+"`order`, `refund`"+` has the ports *order*, *refund* and *otherwise*.
`))

// Prepare implements node.Preparer.
func (r *Route) Prepare(node.Values) []node.Problem {
	var problems []node.Problem
	seen := map[string]bool{}
	for _, name := range r.Cases {
		key := name
		if r.IgnoreCase {
			key = strings.ToLower(name)
		}
		switch {
		case name == "" || name == otherwise:
			problems = append(problems, node.Problem{Input: "cases", Code: "case", Message: fmt.Sprintf("%q cannot be a case: that is the name of the port for all others.", name)})
		case seen[key]:
			problems = append(problems, node.Problem{Input: "cases", Code: "case", Message: fmt.Sprintf("The case %q comes twice.", name)})
		}
		seen[key] = true
	}
	return problems
}

// Run implements node.Runner.
func (r *Route) Run(_ context.Context, m *node.Message) error {
	v, err := m.Value(r.By)
	if err != nil {
		return err
	}
	text := value.Text(v)
	i := slices.IndexFunc(r.Cases, func(name string) bool {
		return name == text || r.IgnoreCase && strings.EqualFold(name, text)
	})
	if i < 0 {
		m.Send(otherwise)
	} else {
		m.Send(r.Cases[i])
	}
	return nil
}
