package fault_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"ecoflow/app/fault"
)

func TestGoOutlivesAPanic(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	before := fault.Panics()

	var done sync.WaitGroup
	done.Add(1)
	fault.Go(log, "a test", func() {
		defer done.Done()
		defer fault.Recover(log, "inside")
		panic("boom")
	})
	done.Wait()

	if got := fault.Panics() - before; got != 1 {
		t.Errorf("counted %d panics, want 1", got)
	}
	for _, want := range []string{"boom", "in=inside", "id=", "go_test.go"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, out.String())
		}
	}
}
