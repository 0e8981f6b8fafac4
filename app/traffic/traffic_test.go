package traffic_test

import (
	"math"
	"sync"
	"testing"
	"time"

	"ecoflow/app/traffic"
)

func TestDay(t *testing.T) {
	var c traffic.Traffic
	now := time.Date(2026, 2, 28, 23, 58, 0, 0, time.UTC)
	for range 95 {
		c.Count("GET", 200, now, 4*time.Millisecond)
	}
	for range 5 {
		c.Count("POST", 503, now, 40*time.Millisecond)
	}
	now = now.Add(10 * time.Minute) // into the next month
	c.Count("BREW", 200, now, time.Minute)
	day := c.Day(now)
	if day.Requests != 101 || day.Errors != 5 || len(day.Points) != traffic.Kept || day.Seconds != 300 {
		t.Fatalf("%d requests, %d errors, %d points of %d s", day.Requests, day.Errors, len(day.Points), day.Seconds)
	}
	last, before := day.Points[traffic.Kept-1], day.Points[traffic.Kept-3]
	if last.Requests != 1 || last.P95 != 30_000 || !last.At.Equal(time.Date(2026, 3, 1, 0, 5, 0, 0, time.UTC)) {
		t.Errorf("the newest is %+v", last)
	}
	if before.Requests != 100 || before.Errors != 5 || math.Abs(before.P95-5) > 0.001 {
		t.Errorf("the one before is %+v", before)
	}
	if gap := day.Points[traffic.Kept-2]; gap.Requests != 0 || gap.P95 != 0 {
		t.Errorf("between them is %+v", gap)
	}

	// A day later the place is taken by what is new, and the total stays.
	now = now.Add(24*time.Hour - 10*time.Minute)
	c.Count("GET", 200, now, time.Millisecond)
	if day := c.Day(now); day.Requests != 2 || day.Errors != 0 {
		t.Errorf("a day later: %d requests, %d errors", day.Requests, day.Errors)
	}
	// A clock that was put back loses nothing but the place in time.
	c.Count("GET", 200, now.Add(-48*time.Hour), time.Millisecond)
	total := c.Total()
	get, other := total.Answered[0], total.Answered[len(traffic.Methods)-1]
	if get[1] != 97 || total.Answered[1][4] != 5 || other[1] != 1 || total.Took[len(traffic.Bounds)] != 1 {
		t.Errorf("in all %+v", total)
	}
}

func TestStatusesThatAreNone(t *testing.T) {
	var c traffic.Traffic
	for _, status := range []int{0, -1, 99, 600, 999} {
		c.Count("GET", status, time.Now(), 0)
	}
	if total := c.Total(); total.Answered[0][0] != 3 || total.Answered[0][4] != 2 {
		t.Errorf("%+v", total.Answered[0])
	}
}

func TestCountingAtOnce(t *testing.T) {
	var c traffic.Traffic
	now := time.Now()
	var counting sync.WaitGroup
	for range 8 {
		counting.Go(func() {
			for i := range 1000 {
				c.Count("GET", 200, now.Add(time.Duration(i%3)*traffic.Step), time.Millisecond)
			}
		})
	}
	counting.Wait()
	if day := c.Day(now.Add(2 * traffic.Step)); day.Requests != 8000 {
		t.Errorf("%d of 8000 counted", day.Requests)
	}
}

func TestCountingTakesNoMemory(t *testing.T) {
	var c traffic.Traffic
	now := time.Now()
	if n := testing.AllocsPerRun(100, func() { c.Count("GET", 200, now, time.Millisecond) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCount(b *testing.B) {
	var c traffic.Traffic
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		c.Count("GET", 200, now, time.Millisecond)
	}
}
