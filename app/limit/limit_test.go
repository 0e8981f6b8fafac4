package limit_test

import (
	"testing"
	"testing/synctest"
	"time"

	"ecoflow/app/limit"
)

func TestRecentRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c limit.Counters
		heard := 0
		c.Watch(func() { heard++ })
		want := func(recent, all uint64) {
			t.Helper()
			if r, a := c.Recent()["runs"], c.Snapshot()["runs"]; r != recent || a != all {
				t.Errorf("%d of late, %d in all; want %d and %d", r, a, recent, all)
			}
		}
		want(0, 0)
		for range 3 {
			c.Refused("runs")
			time.Sleep(time.Minute)
		}
		c.Refused("other")
		want(3, 3)
		time.Sleep(3 * time.Minute)
		want(1, 3) // the other two are out of sight
		c.Refused("runs")
		want(2, 4)
		time.Sleep(limit.Recently)
		want(0, 4)
		time.Sleep(240 * time.Hour)
		c.Refused("runs")
		want(1, 5)
		if heard != 6 {
			t.Errorf("heard %d of 6 refusals", heard)
		}
	})
}
