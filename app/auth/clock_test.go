package auth_test

import (
	"testing"
	"time"

	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

// R23: whatever the clock does, sessions end in time and not before it, guessing
// stays slow and locks nobody out, and a password that was given does not count for
// longer.
func TestClockThatJumps(t *testing.T) {
	berlin := time.FixedZone("CEST", 2*60*60)
	winter := time.FixedZone("CET", 60*60)
	for name, clock := range map[string]struct {
		start time.Time
		jump  time.Duration
		zone  *time.Location // what the clock shows from then on
	}{
		"a day ahead":         {time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), 24 * time.Hour, nil},
		"a day back":          {time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), -24 * time.Hour, nil},
		"an hour ahead":       {time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), time.Hour, nil},
		"an hour back":        {time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), -time.Hour, nil},
		"summer time ends":    {time.Date(2026, 10, 25, 2, 59, 0, 0, berlin), time.Minute, winter},
		"summer time begins":  {time.Date(2027, 3, 28, 1, 59, 0, 0, winter), time.Minute, berlin},
		"into a leap day":     {time.Date(2028, 2, 28, 23, 59, 0, 0, time.UTC), time.Minute, nil},
		"out of a leap day":   {time.Date(2028, 2, 29, 23, 59, 0, 0, time.UTC), time.Minute, nil},
		"across the new year": {time.Date(2026, 12, 31, 23, 59, 0, 0, time.UTC), time.Minute, nil},
	} {
		jump := func(h *house) {
			next := h.now.Load().Add(clock.jump)
			if clock.zone != nil {
				next = next.In(clock.zone)
			}
			h.now.Store(&next)
		}
		open := func(t *testing.T) (*house, auth.Secrets) {
			h := newHouse(t)
			h.now.Store(&clock.start)
			return h, h.withAda()
		}
		t.Run(name+"/sessions", func(t *testing.T) {
			h, s := open(t)
			jump(h)
			if clock.jump > auth.IdleTime {
				h.refused(cookie(s), "unused for a day, as the clock says")
			} else {
				h.as(cookie(s))
			}
			s, err := h.signIn("ada", good, here)
			if err != nil {
				t.Fatal(err)
			}
			h.pass(auth.IdleTime - time.Minute)
			h.as(cookie(s))
			h.pass(auth.IdleTime)
			h.refused(cookie(s), "unused for too long")
		})
		t.Run(name+"/a session that was begun before", func(t *testing.T) {
			h, s := open(t)
			jump(h)
			if clock.jump > auth.IdleTime {
				return // it has ended: see above
			}
			h.as(cookie(s)) // used, by the clock of now
			h.pass(auth.IdleTime)
			h.refused(cookie(s), "unused for too long by either clock")
		})
		t.Run(name+"/guessing", func(t *testing.T) {
			h, _ := open(t)
			for range 8 {
				h.signIn("ada", "a wrong password", here) //nolint:errcheck // refused one way or the other
				h.pass(10 * time.Second)
			}
			jump(h)
			_, err := h.signIn("ada", good, here)
			if f, ok := fault.As(err); ok && (f.RetryAfter > 15*time.Minute || f.RetryAfter <= 0) {
				t.Errorf("it has to wait %v", f.RetryAfter)
			}
			h.pass(15 * time.Minute)
			if _, err := h.signIn("ada", good, here); err != nil {
				t.Errorf("locked out: %v", err)
			}
		})
		t.Run(name+"/consent", func(t *testing.T) {
			h, s := open(t)
			jump(h)
			h.pass(auth.ConsentTime)
			who, err := h.Authenticate(t.Context(), auth.Credential{Session: s.ID, Address: here})
			if err == nil && who.Consent {
				t.Error("the password still counts")
			}
		})
	}
}

// A token ends on its day, by the clock of that day.
func TestClockThatJumpsOverATokensEnd(t *testing.T) {
	h := newHouse(t)
	s := h.withAda()
	made, err := h.AddToken(h.as(cookie(s)), auth.NewToken{Name: "script", Permissions: []string{"flowEditor"}})
	if err != nil {
		t.Fatal(err)
	}
	ends := made.ExpiresAt
	for _, at := range []struct {
		offset time.Duration
		good   bool
	}{{-25 * time.Hour, true}, {time.Minute, false}, {-time.Minute, true}, {24 * time.Hour, false}, {-time.Hour, true}} {
		now := ends.Add(at.offset)
		h.now.Store(&now)
		_, err := h.Authenticate(t.Context(), bearer(made.Token))
		if (err == nil) != at.good {
			t.Errorf("%v from its end: %v", at.offset, err)
		}
	}
}
