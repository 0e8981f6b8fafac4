package common

import (
	"context"

	"ecoflow/app/node"
)

// Callable lists the flows that a node of the flow could call.
type Callable func(ctx context.Context, flow string) ([]node.Choice, error)

// CallFlow runs another flow in place of itself.
type CallFlow struct {
	Flow string `input:"flow" label:"Flow" required:"true" maxLength:"200" dynamic:"true" hint:"A flow with a node Called."`

	callable Callable
}

func callType(callable Callable) node.Type {
	return node.Define("Call flow", node.Middleware, CallFlow{callable: callable}, node.In(node.Own), node.Icon("subtask"), node.Keywords("subflow", "function", "execute", "reuse"), node.Summary("{flow}"),
		node.Describe("Runs another flow and goes on with what it made of the message.", `
The message goes to the node *Called* of the other flow, with all its keys, and comes back as it is at the end of that flow's nodes. Nothing comes back when all its branches end early. What fails there fails here: a *Catch* of this flow takes it.
`))
}

// Choices offers the flows that can be called from here.
func (c *CallFlow) Choices(ctx context.Context, _ string, v node.Values) ([]node.Choice, error) {
	return c.callable(ctx, v.Flow)
}

// Calls implements node.Caller.
func (c *CallFlow) Calls() (flow, input string) { return c.Flow, "flow" }

// Run implements node.Runner.
func (*CallFlow) Run(ctx context.Context, m *node.Message) error {
	end, err := m.Loop(ctx, m)
	switch {
	case err != nil:
		return err
	case end == nil:
		return node.Drop
	case end != m:
		m.Payload, m.Reply = end.Payload, end.Reply
	}
	return nil
}

// Called is where calls of its flow begin.
type Called struct{}

var calledType = node.Define("Called", node.EventListener, Called{}, node.In(node.Own), node.Icon("arrow-bar-to-right"), node.Keywords("subflow", "input", "trigger", "inject"), node.Summary("from other flows"), node.Callable(),
	node.Describe("Begins a flow that others call.", `
Each *Call flow* node that names this flow sends its message here. What the message is at the end of the nodes that follow goes back to it. The caller answers, so no Response may follow.
`))

// Listen implements node.Listener: no event starts it.
func (*Called) Listen() node.Subscription { return node.Subscription{} }
