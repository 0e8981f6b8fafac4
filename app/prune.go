package app

import (
	"context"
	"time"

	"ecoflow/app/config"
	"ecoflow/app/fault"
)

// pruneEvery is how often old audit entries are looked for.
const pruneEvery = 24 * time.Hour

// pruneAudit moves audit entries to archives once they are as old as the settings
// say: at the start, each day, and when the setting changes.
func (a *App) pruneAudit() {
	ctx, cancel := context.WithCancel(context.Background())
	changed, ended := make(chan struct{}, 1), make(chan struct{})
	days := a.Config.Get().Audit.Keep
	a.Config.Watch(func(s config.Settings) {
		if s.Audit.Keep == days {
			return
		}
		days = s.Audit.Keep
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	fault.Go(a.Log, "audit pruning", func() {
		defer close(ended)
		daily := time.NewTicker(pruneEvery)
		defer daily.Stop()
		for {
			if keep := a.Config.Get().Audit.Keep; keep > 0 {
				n, err := a.Audit.Prune(ctx, time.Now().AddDate(0, 0, -keep))
				if n > 0 {
					a.Log.Info("old audit entries archived", "entries", n)
				}
				if err != nil && ctx.Err() == nil {
					a.Log.Error("old audit entries are not archived", "err", err)
					a.Health.Nudge()
				}
			}
			select {
			case <-daily.C:
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	})
	a.closers = append(a.closers, closer(func() error {
		cancel()
		<-ended
		return nil
	}))
}
