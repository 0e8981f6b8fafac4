package system_test

import (
	"runtime/debug"
	"testing"

	"ecoflow/app/system"
)

func TestStates(t *testing.T) {
	for _, tt := range []struct {
		name    string
		safe    bool
		do      func(*system.System)
		state   system.State
		serving bool
	}{
		{"starts unready", false, func(*system.System) {}, system.Starting, false},
		{"becomes ready", false, (*system.System).Ready, system.Ready, true},
		{"becomes safe", true, (*system.System).Ready, system.Safe, true},
		{"leaves", false, func(s *system.System) { s.Ready(); s.Leaving() }, system.Stopping, false},
		{"does not come back", false, func(s *system.System) { s.Leaving(); s.Ready() }, system.Stopping, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := system.New(tt.safe)
			tt.do(s)
			if s.State() != tt.state || s.Serving() != tt.serving || s.InSafeMode() != tt.safe {
				t.Errorf("state %s, serving %t, safe %t; want %s, %t, %t", s.State(), s.Serving(), s.InSafeMode(), tt.state, tt.serving, tt.safe)
			}
		})
	}
}

func TestStopIsHeardOnce(t *testing.T) {
	s := system.New(false)
	select {
	case <-s.StopAsked():
		t.Fatal("nobody asked yet")
	default:
	}
	s.Stop()
	s.Stop() // a second wish changes nothing
	<-s.StopAsked()
}

func TestLimitMemory(t *testing.T) {
	old := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(old)

	t.Run("follows the machine", func(t *testing.T) {
		t.Setenv("GOMEMLIMIT", "")
		bound := system.LimitMemory()
		if bound < 64<<20 || debug.SetMemoryLimit(-1) != bound {
			t.Errorf("bound %d, in force %d", bound, debug.SetMemoryLimit(-1))
		}
	})
	t.Run("yields to the environment", func(t *testing.T) {
		t.Setenv("GOMEMLIMIT", "1GiB")
		debug.SetMemoryLimit(1 << 30)
		if bound := system.LimitMemory(); bound != 1<<30 {
			t.Errorf("bound %d, want the one that was set", bound)
		}
	})
}
