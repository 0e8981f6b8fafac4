package js

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/value"
)

// named are the scripts of the corpus that may take longer than their limit.
var named = map[string]bool{
	"promise_timers":    true, // it waits more than it runs: the run's own time ends it
	"promise_intervals": true,
}

// said is what a script is to end with, unless its turn or run is ended first.
var said = regexp.MustCompile(`^// says (.+)`)

func ended(err error) bool {
	f, ok := fault.As(err)
	return ok && (f.Code == "timeout" || strings.HasPrefix(f.Code, "script_"))
}

// TestHostile runs the corpus of scripts that want to harm the process, eight at
// a time. With ECOFLOW_FULL each runs 20 times and has to end in time;
// otherwise each runs once and has to end at all. In time is what a machine that does
// nothing else takes: what the process waited for a processor that somebody else had
// does not count.
func TestHostile(t *testing.T) {
	paths, err := filepath.Glob("testdata/hostile/*.js")
	if err != nil || len(paths) < 60 {
		t.Fatalf("%d scripts (%v), want at least 60", len(paths), err)
	}
	callTime, rounds, most := 200*time.Millisecond, 1, 20*time.Second
	if os.Getenv("ECOFLOW_FULL") != "" {
		callTime, rounds = time.Second, 20
		most = callTime*3/2 + 100*time.Millisecond
	}
	e := New(Options{CallTime: lasting(callTime), Memory: func() uint64 { return 700 << 20 }, Runtimes: 8})
	defer e.Close()
	runtime.GC()
	before := heap()
	slots := make(chan struct{}, 8)
	var wg sync.WaitGroup
	for range rounds {
		for _, path := range paths {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				source, err := os.ReadFile(path)
				if err != nil {
					t.Error(err)
					return
				}
				name := strings.TrimSuffix(filepath.Base(path), ".js")
				begun, ran := time.Now(), onProcessors()
				err = attempt(e, name, string(source))
				took, factor := time.Since(begun), onProcessors().since(ran)
				allowed := time.Duration(float64(most) * factor)
				if says := said.FindSubmatch(source); says != nil && !strings.Contains(fmt.Sprint(err), string(says[1])) && !ended(err) {
					t.Errorf("%s says %v, want %s", name, err, says[1])
				}
				if took > allowed && !named[name] {
					t.Errorf("%s took %s; %s are allowed where the process has 1/%.1f of its processors (%v)", name, took, allowed, factor, err)
				} else {
					t.Logf("%-24s %8s, allowed %8s %v", name, took.Round(time.Millisecond), allowed.Round(time.Millisecond), err)
				}
			})
		}
	}
	wg.Wait()
	// The engine serves on, and what the scripts took is given back.
	if err := attempt(e, "after", "return 1"); err != nil {
		t.Errorf("after the corpus: %v", err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		runtime.GC()
		if after := heap(); after < before+before/10+64<<20 {
			break
		} else if time.Now().After(deadline) {
			t.Errorf("memory: %d MiB before, %d MiB after", before>>20, after>>20)
			break
		}
		time.Sleep(50 * time.Millisecond) // for turns that ignore their interrupt
	}
	if s := e.Stats(); s.InFlight != 0 {
		t.Errorf("%d runs still hold a runtime", s.InFlight)
	}
}

// processors is how long the threads of this process ran, and how long they were
// ready to and waited because others ran.
type processors struct{ ran, waited float64 }

// onProcessors returns the process's time on processors so far; nothing where the
// system does not say.
func onProcessors() (p processors) {
	paths, _ := filepath.Glob("/proc/self/task/*/schedstat")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // a thread that ended
		}
		var ran, waited float64
		if _, err := fmt.Sscan(string(text), &ran, &waited); err == nil {
			p.ran += ran
			p.waited += waited
		}
	}
	return p
}

// since returns how many times longer everything took than on a machine of our own.
func (p processors) since(before processors) float64 {
	ran, waited := p.ran-before.ran, p.waited-before.waited
	if ran <= 0 || waited <= 0 {
		return 1
	}
	return 1 + waited/ran
}

// attempt runs a script as a node does: body in, body out.
func attempt(e *Engine, name, source string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	s, serr := e.Compile(name, source)
	if serr != nil {
		return serr
	}
	l, err := e.Lease(context.Background(), Run{ID: name, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return err
	}
	defer l.Close()
	body, err := value.Validate([]byte(`{"a": [1, 2, {"b": "text"}]}`), 100)
	if err != nil {
		return err
	}
	p, err := l.Move(ctx, []string{"msg"}, func(string) any { return body })
	if err != nil {
		return err
	}
	if err := l.Call(ctx, s, p); err != nil {
		return err
	}
	f := p.Fork()
	if err := f.Set("branch", int64(1)); err != nil {
		return err
	}
	if _, _, err := p.Get("msg"); err != nil {
		return err
	}
	_, err = f.AppendJSON(nil, "")
	return err
}
