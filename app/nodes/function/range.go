package function

import (
	"context"
	"fmt"
	"math"

	"ecoflow/app/node"
	"ecoflow/app/value"
)

// Range maps a number from one range to another.
type Range struct {
	Property string    `input:"inputRangeProperty" label:"Number" required:"true" default:"msg" hint:"A key of the payload or of msg."`
	From     node.Span `input:"rangeValue" label:"From" required:"true" default:"0..100"`
	To       node.Span `input:"toValue" label:"To" required:"true" default:"0..1"`
	Whole    bool      `input:"nearestInt" label:"Round to whole numbers"`
}

var rangeType = node.Define("Range", node.Middleware, Range{}, node.In(node.Functions), node.Icon("ruler-measure"), node.Keywords("scale", "map number", "clamp"), node.Summary("{inputRangeProperty}: {rangeValue} → {toValue}"),
	node.Describe("Maps a number from one range to another.", `
From 0…1023 to 0…5, the number 512 becomes 2.5. The result goes to `+"`msg`"+`, rounded to two digits or to a whole number. Numbers outside the range go outside.
`))

// Prepare implements node.Preparer.
func (r *Range) Prepare(node.Values) []node.Problem {
	if r.From.Start == r.From.End {
		return []node.Problem{{Input: "rangeValue", Code: "empty_range", Message: "The range starts where it ends, so nothing can be mapped from it."}}
	}
	return nil
}

// Run implements node.Runner.
func (r *Range) Run(_ context.Context, m *node.Message) error {
	v, _, err := either(m, r.Property)
	if err != nil {
		return err
	}
	n, ok := value.Number(v)
	if !ok || math.IsNaN(n) || math.IsInf(n, 0) {
		return fmt.Errorf("%s is %s and no number that could be mapped", r.Property, kindOf(v))
	}
	n = r.To.Start + (n-r.From.Start)*(r.To.End-r.To.Start)/(r.From.End-r.From.Start)
	if r.Whole {
		n = math.Round(n)
	} else {
		n = math.Round(n*100) / 100
	}
	if math.IsInf(n, 0) {
		return fmt.Errorf("%s is too large to be mapped", r.Property)
	}
	return m.Payload.Set("msg", n)
}
