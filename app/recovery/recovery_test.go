package recovery_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/recovery"
)

// file is a damaged one whose copy takes until it is let go of.
type file struct {
	begun chan struct{}
	end   chan error // how the copy ends
}

func (f *file) Found() recovery.Found { return recovery.Found{Problem: recovery.Damaged} }

func (f *file) Salvage(ctx context.Context, told func(recovery.Table)) (recovery.Salvaged, error) {
	table := recovery.Table{Name: "users", Rows: 3}
	told(table)
	close(f.begun)
	select {
	case err := <-f.end:
		return recovery.Salvaged{Tables: []recovery.Table{table}, Rows: 3, Whole: true}, err
	case <-ctx.Done():
		return recovery.Salvaged{}, ctx.Err()
	}
}

func (f *file) Adopt() (string, error) { return "damaged.db", nil }

func (f *file) Download() (string, string, func(io.Writer) error, error) {
	return "", "", nil, errors.New("not asked for")
}

func begin(t *testing.T) (*recovery.Mode, *file) {
	t.Helper()
	f := &file{begun: make(chan struct{}), end: make(chan error, 1)}
	m := recovery.New(slog.New(slog.DiscardHandler), f, true)
	t.Cleanup(m.Close)
	if _, err := m.Salvage(t.Context(), struct{}{}); err != nil {
		t.Fatal(err)
	}
	<-f.begun
	return m, f
}

func state(t *testing.T, m *recovery.Mode) recovery.State {
	t.Helper()
	s, err := m.State(t.Context(), struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSalvageAndStart(t *testing.T) {
	m, f := begin(t)
	if s := state(t, m); !s.Running || len(s.Tables) != 1 || s.Salvaged != nil {
		t.Errorf("under way: %+v", s)
	}
	if _, err := m.Salvage(t.Context(), struct{}{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second copy: %v", err)
	}
	if _, err := m.Adopt(t.Context(), struct{}{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("before there is a copy: %v", err)
	}
	f.end <- nil
	for state(t, m).Running {
		time.Sleep(time.Millisecond)
	}
	s, err := m.Adopt(t.Context(), struct{}{})
	if err != nil || s.Aside != "damaged.db" || s.Salvaged == nil || s.Salvaged.Rows != 3 {
		t.Errorf("%+v, %v", s, err)
	}
	if got := <-m.Ended(); got != recovery.Start {
		t.Errorf("ended with %v", got)
	}
}

func TestClosingEndsACopyUnderWay(t *testing.T) {
	m, _ := begin(t)
	m.Close()
	if s := state(t, m); s.Running || s.Salvaged != nil || s.Problem == "" {
		t.Errorf("%+v", s)
	}
	if _, err := m.Salvage(t.Context(), struct{}{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("after the end: %v", err)
	}
}
