package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
	"ecoflow/app/flow"
	"ecoflow/app/limit"
	"ecoflow/app/system"
)

// watchHealth looks after the parts until the App is closed.
func (a *App) watchHealth() {
	stop, ended := make(chan struct{}), make(chan struct{})
	fault.Go(a.Log, "health", func() {
		defer close(ended)
		a.Health.Watch(stop)
	})
	a.closers = append(a.closers, closer(func() error {
		close(stop)
		<-ended
		return nil
	}))
}

// parts are the features whose health is watched.
func (a *App) parts(engine *flow.Engine) []system.Part {
	return []system.Part{
		{Name: "flows", Look: func(ctx context.Context) system.Finding { return a.flowsFinding(ctx, engine.Problems()) }},
		{Name: "environment", Look: func(context.Context) system.Finding { return lostFinding(a.Env.Lost()) }},
		{Name: "flowFiles", Look: func(context.Context) system.Finding { return a.mirror.Finding() }},
		{Name: "audit", Look: func(context.Context) system.Finding { return auditFinding(a.Audit.Chain()) }},
		system.MemoryPart(),
		a.System.Part(),
		{Name: "limits", Look: func(context.Context) system.Finding { return limitsFinding(a.Limits) }},
	}
}

// lostFinding says which secrets have to be entered anew.
func lostFinding(names []string) system.Finding {
	if len(names) == 0 {
		return system.Finding{Reason: "Every secret can be read."}
	}
	said := "A secret variable cannot be read: the key that it was encrypted with is gone. Enter it again."
	if len(names) > 1 {
		said = fmt.Sprintf("%d secret variables cannot be read: the key that they were encrypted with is gone. Enter them again.", len(names))
	}
	return system.Finding{Condition: system.Failed, Trouble: "secrets_lost", Reason: said, Names: strings.Join(names, ", ")}
}

// flowsFinding says how what is live is.
func (a *App) flowsFinding(ctx context.Context, problems []flow.Problem) system.Finding {
	if a.System.InSafeMode() {
		safe, err := a.SafeMode(ctx)
		if err != nil { // the storage has a part of its own
			safe = &SafeMode{Crashes: len(a.System.Crashes)}
		}
		return system.Finding{Condition: system.Warning, Trouble: "safe_mode", Reason: safe.reason()}
	}
	router := a.Config.Get().Router
	if len(problems) == 0 && router.Path != "" {
		return system.Finding{
			Condition: system.Warning,
			Reason:    fmt.Sprintf("One route answers for all: every request under %s counts as one for %s, as the setting apiRouterOptions.routerPath says.", router.Prefix, router.Path),
		}
	}
	if len(problems) == 0 {
		return system.Finding{Reason: "Everything that is deployed works."}
	}
	more := ""
	if len(problems) > 1 {
		more = fmt.Sprintf(" There are %d problems; deploy the flows again to see them all.", len(problems))
	}
	return system.Finding{
		Condition: system.Warning,
		Reason:    fmt.Sprintf("Not everything that is deployed works. In the flow %s: %s%s", fault.Shown(problems[0].Flow), fault.Sentence(problems[0].Message), more),
	}
}

// auditFinding says whether the audit log is as it was written.
func auditFinding(c audit.Chain) system.Finding {
	f := system.Finding{Reason: c.Reason()}
	switch c.State {
	case audit.Broken:
		f.Condition = system.Failed
	case audit.Partial:
		f.Condition = system.Warning
	}
	return f
}

// overload are the limits that refuse what should have been served.
var overload = []string{"connections", "runs", "events", "event backlog", "script_runtimes", "password hashes", "sign-in queue"}

// limitsFinding says whether limits refuse what should have been served.
func limitsFinding(c *limit.Counters) system.Finding {
	var said []string
	sum := uint64(0)
	recent := c.Recent()
	for _, name := range slices.Sorted(maps.Keys(recent)) {
		if slices.Contains(overload, name) {
			said = append(said, fmt.Sprintf("%s (%d)", strings.ReplaceAll(name, "_", " "), recent[name]))
			sum += recent[name]
		}
	}
	if sum > 0 {
		return system.Finding{
			Condition: system.Warning,
			Reason:    fmt.Sprintf("Limits refused work in the last minutes: %s. Where the machine has room, raise them in the settings.", strings.Join(said, ", ")),
		}
	}
	all := uint64(0)
	for _, n := range c.Snapshot() {
		all += n
	}
	if all == 0 {
		return system.Finding{Reason: "No limit has refused anything since the start."}
	}
	return system.Finding{Reason: fmt.Sprintf("Limits have refused %d since the start, none of them lately for lack of room.", all)}
}
