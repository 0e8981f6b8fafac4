package auth

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

func TestAttemptsWait(t *testing.T) {
	now := time.Date(2026, 3, 29, 1, 59, 59, 0, time.UTC)
	for _, c := range []struct {
		failures int
		ago      time.Duration
		wait     time.Duration
	}{
		{0, 0, 0},
		{4, 0, 0},
		{5, 0, time.Second},
		{6, 0, 2 * time.Second},
		{14, 0, 512 * time.Second},
		{15, 0, 15 * time.Minute},
		{16, 0, 15 * time.Minute},
		{1_000_000, 0, 15 * time.Minute},
		{6, time.Second, time.Second},
		{6, 2 * time.Second, 0},
		{15, -24 * time.Hour, 15 * time.Minute}, // the clock was set back
	} {
		a := Attempts{Failures: c.failures, Last: now.Add(-c.ago)}
		if got := max(0, a.wait(now, GuessWait)); got != c.wait {
			t.Errorf("%d failures, %v ago: wait = %v, want %v", c.failures, c.ago, got, c.wait)
		}
	}
}

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7":              "192.0.2.7",
		"::ffff:192.0.2.7":       "192.0.2.7",
		"2001:db8:1:2:3:4:5:6":   "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::1":   "2001:db8:1:2::/64",
		"fe80::1%eth0":           "fe80::/64",
		"":                       "unknown",
		"192.0.2.7:80":           "unknown",
		"x' OR '1'='1":           "unknown",
		"2001:db8:1:3:3:4:5:6":   "2001:db8:1:3::/64",
		"::1":                    "::/64",
		"255.255.255.255":        "255.255.255.255",
		"0:0:0:0:0:ffff:7f00:01": "127.0.0.1",
	} {
		if got := network(address); got != want {
			t.Errorf("network(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turns turns
		first, err := turns.take(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if other, err := turns.take(t.Context(), "b"); err != nil {
			t.Errorf("another name waits: %v", err)
		} else {
			other()
		}
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() {
			_, err := turns.take(ctx, "a")
			gone <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-gone; err != context.Canceled {
			t.Errorf("one who left = %v, want context.Canceled", err)
		}
		inside := 0
		ended := make(chan bool)
		for range limit.HashesWaiting {
			go func() {
				done, err := turns.take(context.Background(), "a")
				if err != nil {
					t.Error(err)
				}
				inside++ // the turn is what keeps the race detector content
				alone := inside == 1
				inside--
				done()
				ended <- alone
			}()
		}
		synctest.Wait()
		if _, err := turns.take(t.Context(), "c"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("one too many = %v, want Unavailable", err)
		}
		first()
		for range limit.HashesWaiting {
			if !<-ended {
				t.Error("two had the turn at once")
			}
		}
		if len(turns.lanes) != 0 || turns.waiting != 0 {
			t.Errorf("left behind: %d lanes, %d waiting", len(turns.lanes), turns.waiting)
		}
	})
}
