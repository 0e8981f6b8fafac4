// Package traffic counts the requests to the deployed API: all of them since the
// start, and those of the last day in steps of five minutes. Counting takes no lock
// and no memory.
package traffic

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// Step is how much of the day one Bucket holds.
	Step = 5 * time.Minute
	// Kept is how many buckets there are: those of a day.
	Kept = int(24 * time.Hour / Step)
)

// Bounds are the upper ends of the classes in which durations are counted; one more
// class has what took longer than the last.
var Bounds = [...]time.Duration{
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second,
}

// Methods are those that are told apart; every other one counts as the last.
var Methods = [...]string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions, "other",
}

// Classes are the classes of statuses, in the order of their first digit.
var Classes = [...]string{"1xx", "2xx", "3xx", "4xx", "5xx"}

type durations [len(Bounds) + 1]atomic.Uint64

// Traffic counts requests. The zero value is ready.
type Traffic struct {
	answered [len(Methods)][len(Classes)]atomic.Uint64
	took     durations
	spent    atomic.Int64 // nanoseconds

	ring   [Kept]bucket
	moving sync.Mutex // held while a bucket is given to a new step, or a route is met
	routes atomic.Pointer[map[Route]*routeCount]
}

// bucket is what happened in one step of time.
type bucket struct {
	step     atomic.Int64 // since 1970
	requests atomic.Uint64
	errors   atomic.Uint64 // answered with 5xx
	took     durations
}

// Count counts a request that was answered with the status now and took so long.
func (t *Traffic) Count(method string, status int, now time.Time, took time.Duration) {
	m := slices.Index(Methods[:], method)
	if m < 0 {
		m = len(Methods) - 1
	}
	c := min(max(status/100, 1), len(Classes)) - 1
	t.answered[m][c].Add(1)
	t.spent.Add(int64(took))
	d := 0
	for d < len(Bounds) && took > Bounds[d] {
		d++
	}
	t.took[d].Add(1)

	step := now.UnixNano() / int64(Step)
	b := &t.ring[uint64(step)%uint64(Kept)]
	if b.step.Load() != step {
		t.begin(b, step)
	}
	b.requests.Add(1)
	if status >= 500 {
		b.errors.Add(1)
	}
	b.took[d].Add(1)
}

// begin gives a bucket of the day before to a new step. Whoever still counts in the
// old one is a day late, and is counted in the new.
func (t *Traffic) begin(b *bucket, step int64) {
	t.moving.Lock()
	defer t.moving.Unlock()
	if b.step.Load() == step {
		return
	}
	b.requests.Store(0)
	b.errors.Store(0)
	for i := range b.took {
		b.took[i].Store(0)
	}
	b.step.Store(step)
}

// Point is what happened in one step of the day.
type Point struct {
	At       time.Time `json:"at" doc:"When the step began."`
	Requests uint64    `json:"requests"`
	Errors   uint64    `json:"errors" doc:"Requests that were answered with 5xx."`
	P95      float64   `json:"p95" doc:"Milliseconds within which 95 of 100 were answered, as well as the classes of durations tell; 0 without requests."`
}

// Day is the traffic of the last 24 hours.
type Day struct {
	Requests uint64    `json:"requests"`
	Errors   uint64    `json:"errors" doc:"Requests that were answered with 5xx."`
	P95      float64   `json:"p95" doc:"Milliseconds, over the whole day."`
	Seconds  int64     `json:"seconds" doc:"How much time a point stands for."`
	Failing  []Failing `json:"failing" doc:"The live routes with the most errors in the last 24 hours, ten at most."`
	Points   []Point   `json:"points" doc:"The oldest first. Counted since the start of the process."`
}

// Day returns the traffic of the 24 hours before now.
func (t *Traffic) Day(now time.Time) Day {
	last := now.UnixNano() / int64(Step)
	day := Day{Seconds: int64(Step / time.Second), Points: make([]Point, 0, Kept)}
	var all [len(Bounds) + 1]uint64
	for step := last - int64(Kept) + 1; step <= last; step++ {
		p := Point{At: time.Unix(0, step*int64(Step)).UTC()}
		if b := &t.ring[uint64(step)%uint64(Kept)]; b.step.Load() == step { //nolint:gosec // any number does
			p.Requests, p.Errors = b.requests.Load(), b.errors.Load()
			var took [len(Bounds) + 1]uint64
			for i := range took {
				took[i] = b.took[i].Load()
				all[i] += took[i]
			}
			p.P95 = percentile(took, 0.95)
		}
		day.Requests += p.Requests
		day.Errors += p.Errors
		day.Points = append(day.Points, p)
	}
	day.P95 = percentile(all, 0.95)
	return day
}

// percentile returns, in milliseconds, within what time the given part of the
// requests was answered: inside a class they are taken to lie evenly.
func percentile(took [len(Bounds) + 1]uint64, part float64) float64 {
	sum := uint64(0)
	for _, n := range took {
		sum += n
	}
	if sum == 0 {
		return 0
	}
	wanted, below, low := part*float64(sum), 0.0, time.Duration(0)
	for i, n := range took {
		if i == len(Bounds) {
			break
		}
		if n > 0 && below+float64(n) >= wanted {
			inside := (wanted - below) / float64(n) * float64(Bounds[i]-low)
			return (float64(low) + inside) / float64(time.Millisecond)
		}
		below, low = below+float64(n), Bounds[i]
	}
	return float64(Bounds[len(Bounds)-1]) / float64(time.Millisecond)
}

// Total is what was counted since the start.
type Total struct {
	Answered [len(Methods)][len(Classes)]uint64
	Took     [len(Bounds) + 1]uint64 // by class of duration, not cumulated
	Spent    time.Duration
}

// Total returns what was counted since the start.
func (t *Traffic) Total() Total {
	var out Total
	for m := range t.answered {
		for c := range t.answered[m] {
			out.Answered[m][c] = t.answered[m][c].Load()
		}
	}
	for i := range t.took {
		out.Took[i] = t.took[i].Load()
	}
	out.Spent = time.Duration(t.spent.Load())
	return out
}
