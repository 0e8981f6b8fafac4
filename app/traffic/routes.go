package traffic

import (
	"cmp"
	"maps"
	"slices"
	"sync/atomic"
	"time"
)

// RoutesKept bounds how many routes are told apart; what is answered by further ones
// is counted in all only.
const RoutesKept = 1000

// Route names a route: its method and its pattern with the prefix.
type Route struct{ Method, Pattern string }

const hours = 24

// routeCount is what one route answered: since the start, and by the hour.
type routeCount struct {
	answered [len(Classes)]atomic.Uint64
	day      [hours]struct {
		hour             atomic.Int64 // since 1970
		requests, errors atomic.Uint64
	}
}

// CountRoute counts a request that the route answered. The route is one that is live.
func (t *Traffic) CountRoute(r Route, status int, now time.Time) {
	var n *routeCount
	if known := t.routes.Load(); known != nil {
		n = (*known)[r]
	}
	if n == nil {
		if n = t.meet(r); n == nil {
			return
		}
	}
	n.answered[min(max(status/100, 1), len(Classes))-1].Add(1)
	hour := now.Unix() / int64(time.Hour/time.Second)
	b := &n.day[uint64(hour)%hours] //nolint:gosec // any number does
	if b.hour.Load() != hour {
		t.moving.Lock()
		if b.hour.Load() != hour {
			b.requests.Store(0)
			b.errors.Store(0)
			b.hour.Store(hour)
		}
		t.moving.Unlock()
	}
	b.requests.Add(1)
	if status >= 500 {
		b.errors.Add(1)
	}
}

// meet begins to count a route; nil when there are too many.
func (t *Traffic) meet(r Route) *routeCount {
	t.moving.Lock()
	defer t.moving.Unlock()
	known := map[Route]*routeCount{}
	if p := t.routes.Load(); p != nil {
		known = *p
	}
	if n := known[r]; n != nil || len(known) >= RoutesKept {
		return n
	}
	known = maps.Clone(known)
	known[r] = &routeCount{}
	t.routes.Store(&known)
	return known[r]
}

// Keep forgets the routes that are not live any more.
func (t *Traffic) Keep(live []Route) {
	t.moving.Lock()
	defer t.moving.Unlock()
	p := t.routes.Load()
	if p == nil {
		return
	}
	kept := map[Route]*routeCount{}
	for _, r := range live {
		if n := (*p)[r]; n != nil {
			kept[r] = n
		}
	}
	t.routes.Store(&kept)
}

// Failing is a route that answered with errors in the last day.
type Failing struct {
	Method   string `json:"method"`
	Path     string `json:"path" doc:"Its pattern, with the prefix."`
	Flow     string `json:"flow"`
	Requests uint64 `json:"requests"`
	Errors   uint64 `json:"errors" doc:"Requests that were answered with 5xx."`
}

// Failing returns the routes with the most errors in the 24 hours before now, most
// of them at most.
func (t *Traffic) Failing(now time.Time, most int) []Failing {
	list := []Failing{}
	p := t.routes.Load()
	if p == nil {
		return list
	}
	hour := now.Unix() / int64(time.Hour/time.Second)
	for r, n := range *p {
		f := Failing{Method: r.Method, Path: r.Pattern}
		for i := range n.day {
			if b := &n.day[i]; b.hour.Load() > hour-hours && b.hour.Load() <= hour {
				f.Requests += b.requests.Load()
				f.Errors += b.errors.Load()
			}
		}
		if f.Errors > 0 {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b Failing) int {
		return cmp.Or(cmp.Compare(b.Errors, a.Errors), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return list[:min(len(list), most)]
}

// Answered returns what each route that is told apart answered since it was first
// called, by class of status.
func (t *Traffic) Answered() map[Route][len(Classes)]uint64 {
	out := map[Route][len(Classes)]uint64{}
	if p := t.routes.Load(); p != nil {
		for r, n := range *p {
			var classes [len(Classes)]uint64
			for c := range classes {
				classes[c] = n.answered[c].Load()
			}
			out[r] = classes
		}
	}
	return out
}
