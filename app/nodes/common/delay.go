package common

import (
	"context"
	"time"

	"ecoflow/app/node"
)

// Delay waits before it passes the message on.
type Delay struct {
	Milliseconds float64 `input:"duration" label:"Wait" unit:"ms" required:"true" min:"0" max:"3600000" default:"1000" hint:"The run's time limit goes on meanwhile."`
}

var delayType = node.Define("Delay", node.Middleware, Delay{}, node.In(node.Own), node.Icon("hourglass"), node.Keywords("wait", "sleep", "pause", "timeout"), node.Summary("{duration}"), node.Blocking(),
	node.Describe("Waits before the message goes on.", "\nOther branches of the run go on meanwhile. The wait ends when the client goes away.\n"))

// Run implements node.Runner.
func (d *Delay) Run(ctx context.Context, _ *node.Message) error {
	timer := time.NewTimer(time.Duration(d.Milliseconds * float64(time.Millisecond)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
