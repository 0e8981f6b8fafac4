package common

import (
	"context"

	"ecoflow/app/node"
)

// EventListener starts a run for each event on its channel.
type EventListener struct {
	Mode    node.Pick `input:"listenerMode" label:"Listen" required:"true" options:"ON=To every event,ONCE=To the first event,ANY=To all channels" default:"ON"`
	Channel string    `input:"eventChannel" label:"Channel" required:"true" when:"listenerMode=ON|ONCE" maxLength:"200"`
}

var listenerType = node.Define("Event Listener", node.EventListener, EventListener{}, node.In(node.Commons), node.Icon("antenna"), node.Keywords("subscribe", "on", "trigger", "link in"), node.Summary("{eventChannel,listenerMode}"),
	node.Describe("Starts the flow when an event comes.", `
The event's values become `+"`msg`, `msg1`, `msg2`"+` and so on. Listening to all channels, `+"`msg`"+` is the channel's name.
Nobody waits for an answer here, so no Response may follow.
`))

// Listen implements node.Listener.
func (l *EventListener) Listen() node.Subscription {
	return node.Subscription{Channel: l.Channel, Any: l.Mode == "ANY", Once: l.Mode == "ONCE"}
}

// EventEmitter sends an event to all listeners on a channel.
type EventEmitter struct {
	Channel     node.Text `input:"eventChannel" label:"Channel" required:"true" maxLength:"200"`
	Payload     node.Text `input:"emitterPayload" label:"Value" required:"true" hint:"A text, a template like {{ msg.id }}, or a key of the payload."`
	FromPayload bool      `input:"fromPayload" label:"The value is a key of the payload" type:"Checkbox"`
}

var emitterType = node.Define("Event Emitter", node.EventEmitter, EventEmitter{}, node.In(node.Commons), node.Icon("broadcast"), node.Keywords("publish", "emit", "link out"), node.Summary("{eventChannel}[: {emitterPayload}]"),
	node.Describe("Sends an event to everybody who listens.", `
Event Listener nodes on the same channel each start a run of their own, and this flow does not wait for them.
`))

// Run implements node.Runner.
func (e *EventEmitter) Run(ctx context.Context, m *node.Message) error {
	channel, err := e.Channel.Render(node.Scope(m))
	if err != nil {
		return err
	}
	v, err := e.Payload.Value(node.Scope(m))
	if err != nil {
		return err
	}
	if key, ok := v.(string); ok && e.FromPayload {
		if v, _, err = m.Payload.Get(key); err != nil {
			return err
		}
	}
	m.Run.Host.Emit(ctx, channel, v)
	return nil
}

// Catch takes the errors of its flow.
type Catch struct{}

var catchType = node.Define("Catch", node.EventListener, Catch{}, node.In(node.Own), node.Icon("shield-exclamation"), node.Keywords("try", "error", "exception", "failure"), node.Summary("errors of this flow"), node.Catches(),
	node.Describe("Goes on where a node of this flow failed.", `
`+"`msg`"+` is `+"`{message, node, flow}`"+`: what went wrong, in which node, and with a script's error its line and column. A Response below it answers the caller; without one the answer is 500.
`))

// Listen implements node.Listener.
func (*Catch) Listen() node.Subscription { return node.Subscription{} }
