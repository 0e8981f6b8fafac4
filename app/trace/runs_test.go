package trace_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/trace"
)

// Whoever looks sees each run as it was, while others end and what they took is used
// again.
func TestLookingWhileRunsEnd(t *testing.T) {
	runs := trace.Runs{Most: 1e9}
	runs.Capture(trace.Full, 4)
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := range 2000 {
				id := fmt.Sprint(w, "-", i)
				r := runs.Recorder()
				p := node.NewPayload(id)
				r.Record(trace.Record{NodeID: id, Out: r.Take(&p), Outcome: trace.Passed})
				runs.Ended(trace.Run{ID: id}, r)
			}
		})
	}
	look := func() (n int) {
		list, err := runs.List(t.Context(), struct{}{})
		if err != nil {
			t.Error(err)
		}
		for _, run := range list {
			got, err := runs.Show(t.Context(), trace.ByID{ID: run.ID})
			if err != nil {
				continue // it made room meanwhile
			}
			n++
			if len(got.Steps) != 1 || got.Steps[0].NodeID != run.ID || string(got.Steps[0].Out) != fmt.Sprintf(`{"msg":%q}`, run.ID) {
				t.Errorf("%s: %+v", run.ID, got)
			}
		}
		return n
	}
	for range 500 {
		look()
	}
	all.Wait()
	if n := look(); n != 4 {
		t.Errorf("%d are kept", n)
	}
}

func TestRecordingUsesItsMemoryAgain(t *testing.T) {
	runs := trace.Runs{Most: 1e9}
	runs.Capture(trace.Full, 10)
	p := node.NewPayload("a")
	once := func() {
		r := runs.Recorder()
		for range 5 {
			r.Record(trace.Record{NodeID: "n", In: r.Take(&p), Out: r.Take(&p), Outcome: trace.Passed})
		}
		runs.Ended(trace.Run{ID: "a"}, r)
	}
	for range 100 {
		once()
	}
	if n := testing.AllocsPerRun(1000, once); n >= 1 {
		t.Errorf("%v allocations", n)
	}
}

// Of a flood some runs are kept, and those of the next second again.
func TestAFloodIsNotAllRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs trace.Runs
		runs.Capture(trace.Summary, 10)
		for second := range 3 {
			recorded := 0
			for i := range 3 * limit.RunsRecorded {
				if r := runs.Recorder(); r != nil {
					recorded++
					runs.Ended(trace.Run{ID: fmt.Sprint(second, "-", i)}, r)
				}
			}
			if recorded != limit.RunsRecorded {
				t.Errorf("second %d: %d runs were recorded", second, recorded)
			}
			if list, err := runs.List(t.Context(), struct{}{}); err != nil || len(list) != 10 || !strings.HasPrefix(list[0].ID, fmt.Sprint(second)) {
				t.Errorf("second %d: %v %v", second, list, err)
			}
			time.Sleep(time.Second)
		}
	})
}
