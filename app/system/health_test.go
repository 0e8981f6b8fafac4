package system_test

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ecoflow/app/event"
	"ecoflow/app/system"
)

// sick is a part whose finding the test chooses.
type sick struct {
	finding atomic.Pointer[system.Finding]
	looks   atomic.Int64
}

func (s *sick) is(f system.Finding) { s.finding.Store(&f) }

func (s *sick) part(name string) system.Part {
	return system.Part{Name: name, Look: func(context.Context) system.Finding {
		s.looks.Add(1)
		if f := s.finding.Load(); f != nil {
			return *f
		}
		return system.Finding{}
	}}
}

func healthOf(parts ...system.Part) (*system.Health, *event.Reader) {
	events := event.New(100)
	reader, _, _ := events.Subscribe(0, 100)
	ready := func() system.State { return system.Ready }
	return system.NewHealth(slog.New(slog.DiscardHandler), events, ready, parts), reader
}

// heard returns the types of the events that have come, with what they say.
func heard(r *event.Reader) string {
	var list []string
	for {
		select {
		case e := <-r.Events():
			said := string(e.Type)
			if p, ok := e.Data.(system.PartHealth); ok {
				said += " " + p.Part + " " + string(p.Condition)
			}
			list = append(list, said)
		default:
			return strings.Join(list, ", ")
		}
	}
}

// A part that is not there right now is not listed, and what was wrong with it is over.
func TestHealthOfWhatIsAbsent(t *testing.T) {
	var a sick
	h, events := healthOf(a.part("a"))
	a.is(system.Finding{Condition: system.Warning, Reason: "It ends."})
	h.Look(t.Context())
	a.is(system.Finding{Absent: true})
	if r := h.Look(t.Context()); len(r.Parts) != 0 || r.Condition != system.OK {
		t.Errorf("%+v", r)
	}
	if got, want := heard(events), "health a warning, health a ok"; got != want {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func TestHealthSaysWhichPartIsWrong(t *testing.T) {
	var a, b sick
	h, events := healthOf(a.part("a"), b.part("b"))
	if r := h.Look(t.Context()); r.Condition != system.OK || len(r.Parts) != 2 || len(r.Troubles()) != 0 {
		t.Fatalf("at first: %+v", r)
	}
	if got := heard(events); got != "" {
		t.Errorf("nothing is wrong, and there are events: %s", got)
	}
	b.is(system.Finding{Condition: system.Failed, Reason: "It broke.", Trouble: "storage"})
	a.is(system.Finding{Condition: system.Warning, Reason: "Nearly."})
	r := h.Look(t.Context())
	if r.Condition != system.Failed || r.Parts[0].Condition != system.Warning || r.Parts[1].Reason != "It broke." {
		t.Errorf("broken: %+v", r)
	}
	if bars := r.Troubles(); len(bars) != 1 || bars[0] != (system.Trouble{Code: "storage", Message: "It broke."}) {
		t.Errorf("bars: %+v", bars)
	}
	if got := heard(events); got != "health a warning, health b failed, server" {
		t.Errorf("events of what broke: %s", got)
	}
	since := r.Parts[1].Since
	if r = h.Look(t.Context()); !r.Parts[1].Since.Equal(since) || heard(events) != "" {
		t.Errorf("nothing changed, and: %+v", r)
	}
	b.is(system.Finding{})
	h.Look(t.Context())
	if got := heard(events); got != "health b ok, server" {
		t.Errorf("events of what was mended: %s", got)
	}
}

// What is wrong from the start is told as well: nobody saw it change.
func TestHealthAtTheStart(t *testing.T) {
	var a sick
	a.is(system.Finding{Condition: system.Failed, Reason: "No."})
	h, events := healthOf(a.part("a"))
	h.Look(t.Context())
	if got := heard(events); got != "health a failed" {
		t.Errorf("events: %s", got)
	}
}

func TestHealthOfWhatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int64
		back := make(chan struct{})
		hung := system.Part{Name: "hung", Look: func(context.Context) system.Finding {
			looks.Add(1)
			<-back
			return system.Finding{}
		}}
		panics := system.Part{Name: "panics", Look: func(context.Context) system.Finding { panic("no") }}
		h, _ := healthOf(hung, panics)
		for range 3 {
			r := h.Look(t.Context())
			if r.Parts[0].Condition != system.Failed || !strings.Contains(r.Parts[0].Reason, "does not answer") || r.Parts[1].Condition != system.Failed {
				t.Errorf("%+v", r)
			}
		}
		if n := looks.Load(); n != 1 {
			t.Errorf("%d looks wait at what hangs", n)
		}
		close(back)
		synctest.Wait()
		if r := h.Look(t.Context()); r.Parts[0].Condition != system.OK {
			t.Errorf("it is back: %+v", r.Parts[0])
		}
	})
}

// R25: what goes wrong is told within 10 s, and nothing is polled while all is well.
func TestHealthLooksByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a sick
		h, events := healthOf(a.part("a"))
		stop, ended := make(chan struct{}), make(chan struct{})
		go func() { defer close(ended); h.Watch(stop) }()

		time.Sleep(time.Hour)
		if n := a.looks.Load(); n > 13 {
			t.Errorf("%d looks in an hour without anything", n)
		}
		a.is(system.Finding{Condition: system.Failed, Reason: "It broke."})
		for range 1000 {
			h.Nudge()
		}
		before := a.looks.Load()
		time.Sleep(10 * time.Second)
		if got := heard(events); got != "health a failed" {
			t.Errorf("10 s later: %s", got)
		}
		if n := a.looks.Load() - before; n > 4 {
			t.Errorf("a thousand nudges are %d looks", n)
		}
		a.is(system.Finding{}) // nobody says so
		time.Sleep(11 * time.Second)
		if got := heard(events); got != "health a ok" {
			t.Errorf("mended: %s", got)
		}
		close(stop)
		<-ended
	})
}

func TestDiskAndMemory(t *testing.T) {
	h, _ := healthOf(system.DiskPart(t.TempDir()), system.DiskPart(t.TempDir()+"/gone"), system.MemoryPart())
	r := h.Look(t.Context())
	if !strings.Contains(r.Parts[0].Reason, " are free") {
		t.Errorf("disk: %+v", r.Parts[0])
	}
	if r.Parts[1].Condition != system.Failed {
		t.Errorf("a folder that is not there: %+v", r.Parts[1])
	}
	if !strings.Contains(r.Parts[2].Reason, "MiB") {
		t.Errorf("memory: %+v", r.Parts[2])
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 bytes", 1023: "1023 bytes", 1024: "1.0 KiB", 1<<20 - 1: "1.0 MiB", 3 << 29: "1.5 GiB", 1 << 63: "8192.0 PiB"} {
		if got := system.Bytes(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
