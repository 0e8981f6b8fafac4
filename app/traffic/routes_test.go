package traffic_test

import (
	"fmt"
	"testing"
	"time"

	"ecoflow/app/traffic"
)

func TestRoutes(t *testing.T) {
	var c traffic.Traffic
	now := time.Date(2026, 2, 28, 23, 58, 0, 0, time.UTC)
	a, b := traffic.Route{"GET", "/api/a/:id"}, traffic.Route{"POST", "/api/b"}
	if c.Keep(nil); len(c.Failing(now, 5)) != 0 {
		t.Error("something fails that was never called")
	}
	for i := range 10 {
		c.CountRoute(a, 200+300*(i%2), now)
		c.CountRoute(b, 404, now)
	}
	now = now.Add(3 * time.Hour)
	c.CountRoute(b, 503, now)
	got := c.Failing(now, 5)
	want := []traffic.Failing{{Method: "GET", Path: "/api/a/:id", Requests: 10, Errors: 5}, {Method: "POST", Path: "/api/b", Requests: 11, Errors: 1}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] || len(c.Failing(now, 1)) != 1 {
		t.Errorf("got %+v", got)
	}
	// A day after the first, their place is taken.
	if now = now.Add(21 * time.Hour); len(c.Failing(now, 5)) != 1 {
		t.Errorf("a day later %+v", c.Failing(now, 5))
	}
	c.CountRoute(a, 200, now)
	if answered := c.Answered(); answered[a] != [5]uint64{0, 6, 0, 0, 5} || answered[b] != [5]uint64{0, 0, 0, 10, 1} {
		t.Errorf("in all %v", answered)
	}
	if c.Keep([]traffic.Route{b}); len(c.Answered()) != 1 {
		t.Errorf("kept %v", c.Answered())
	}
	for i := range 2 * traffic.RoutesKept {
		c.CountRoute(traffic.Route{"GET", fmt.Sprint("/", i)}, 500, now)
	}
	if n := len(c.Answered()); n != traffic.RoutesKept {
		t.Errorf("%d routes are told apart", n)
	}
}

func TestCountingRoutesAllocatesNothing(t *testing.T) {
	var c traffic.Traffic
	now, r := time.Now(), traffic.Route{"GET", "/api/a"}
	if n := testing.AllocsPerRun(100, func() { c.CountRoute(r, 200, now) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
