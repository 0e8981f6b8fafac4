package auth

import (
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"ecoflow/app/limit"
)

// helped is a hasher with a helper, of which every start is kept.
type helped struct {
	*hasher
	mu      sync.Mutex
	started []*exec.Cmd
}

func newHelped(t *testing.T, path string) *helped {
	h := &helped{}
	h.hasher = newHasher(Options{Log: slog.New(slog.DiscardHandler), Limits: &limit.Counters{}, Helper: func() *exec.Cmd {
		h.mu.Lock()
		defer h.mu.Unlock()
		cmd := exec.Command(path, HelperCommand)
		h.started = append(h.started, cmd)
		return cmd
	}})
	t.Cleanup(func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// usual is the helper that is asked first. The other one may come to it on a machine
// that is busy.
func (h *helped) usual() *helper {
	if hasAside {
		return h.helpers.aside
	}
	return h.helpers.behind
}

// starts counts how often that one was started.
func (h *helped) starts() (count int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, cmd := range h.started {
		if cmd.Args[len(cmd.Args)-1] == string(h.usual().where) {
			count++
		}
	}
	return count
}

// right checks that hashing and verifying work.
func (h *helped) right(t *testing.T) {
	t.Helper()
	hash, err := h.hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"correct horse": true, "correct house": false} {
		if right, _, err := h.verify(t.Context(), hash, password); right != want || err != nil {
			t.Errorf("verify(%q) = %v, %v", password, right, err)
		}
	}
	// That of the reference implementation, which this process did not make up.
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if right, _, err := h.verify(t.Context(), reference, "password"); !right || err != nil {
		t.Errorf("verify of the reference = %v, %v", right, err)
	}
}

func TestHelper(t *testing.T) {
	h := newHelped(t, os.Args[0])
	if h.starts() != 0 {
		t.Error("it was started before there was anything to do")
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { h.right(t) })
	}
	all.Wait()
	if n := h.starts(); n != 1 {
		t.Errorf("%d helpers were started for one after the other", n)
	}
}

// A helper that dies costs nobody their sign-in, and another one is started.
func TestHelperDies(t *testing.T) {
	h := newHelped(t, os.Args[0])
	h.right(t)
	if err := h.usual().process.Kill(); err != nil {
		t.Fatal(err)
	}
	h.usual().ending.Wait()
	h.right(t)
	h.right(t)
	if n := h.starts(); n != 2 {
		t.Errorf("%d helpers were started, of which one died", n)
	}
}

func TestHelperCannotBeStarted(t *testing.T) {
	h := newHelped(t, "/nowhere/ecoflow")
	h.right(t)
	if h.starts() == 0 {
		t.Error("nobody tried")
	}
}

func TestHelperEndsUnused(t *testing.T) {
	h := newHelped(t, os.Args[0])
	h.usual().patience = time.Millisecond
	h.right(t)
	h.usual().ending.Wait()
	h.right(t)
	if n := h.starts(); n < 2 {
		t.Errorf("%d helpers were started, with a rest in between", n)
	}
}

func TestHelperEndsWithTheProduct(t *testing.T) {
	h := newHelped(t, os.Args[0])
	h.right(t)
	if err := h.close(); err != nil {
		t.Error(err)
	}
	if h.started[0].ProcessState == nil {
		t.Error("it still runs")
	}
	h.right(t) // whoever comes late is answered all the same
	if n := h.starts(); n != 1 {
		t.Error("another one was started after the end")
	}
	if err := h.close(); err != nil { // once more does no harm
		t.Error(err)
	}
}
