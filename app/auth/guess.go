package auth

import (
	"context"
	"crypto/rand"
	"net/netip"
	"sync"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

// Guessing is made slow: after freeGuesses failures at one thing from one address
// each further failure doubles the wait before the next try, from guessWait to
// GuessWait or what the settings say. guessesPerMinute failures from an address at anything close it for
// the rest of the minute. What has not failed for guessMemory is forgotten.
const (
	freeGuesses      = 5
	guessWait        = time.Second
	guessesPerMinute = 30
	guessMemory      = 24 * time.Hour
)

// GuessWait is how long the wait before the next guess gets when nobody says otherwise.
const GuessWait = 15 * time.Minute

// Guess runs check, which says whether a secret from outside is right, and counts
// it when it is not. what names the thing guessed at ("user:ada"). An address that
// has failed too often gets a fault of kind TooMany and check does not run, so that
// waiting cannot be skipped with the right answer; another address is not held up,
// so that nobody can lock somebody out. The counts outlive a restart.
func (a *Accounts) Guess(ctx context.Context, what, address string, check func() (bool, error)) (bool, error) {
	address = network(address)
	// One at a time from each address: a thousand guesses at once must not all
	// find the counters as they were before.
	done, err := a.turns.take(ctx, address)
	if err != nil {
		if fault.Is(err, fault.Unavailable) {
			a.Limits.Refused("sign-in queue")
		}
		return false, err
	}
	defer done()
	own, all, err := a.Store.Attempts(ctx, what, address)
	if err != nil {
		return false, err
	}
	now := a.Now()
	if mine, sum := own.setBack(now), all.setBack(now); mine || sum { // or the wait would begin anew until the clock is where it was
		if err := a.Store.SaveAttempts(ctx, what, address, own, all, now.Add(-guessMemory)); err != nil {
			return false, err
		}
	}
	if wait := max(own.wait(now, a.Times().Wait), all.minute(now)); wait > 0 {
		a.Limits.Refused("sign-in")
		return false, fault.New(fault.TooMany, "Too many failed attempts. Please wait a moment and try again.").
			WithCode("too_many_attempts").After(wait)
	}
	right, err := check()
	if err != nil {
		return false, err
	}
	// Counted even for a client that has hung up: else hanging up would be free.
	ctx = context.WithoutCancel(ctx)
	if right {
		if own.Failures == 0 {
			return true, nil
		}
		return true, a.Store.ClearAttempts(ctx, what, address)
	}
	now = a.Now()
	if now.Sub(all.Since).Abs() >= time.Minute {
		all = Attempts{}
	}
	if now.Sub(own.Last).Abs() >= guessMemory {
		own = Attempts{}
	}
	return false, a.Store.SaveAttempts(ctx, what, address, own.failed(now), all.failed(now), now.Add(-guessMemory))
}

// setBack has what was counted by a clock that was set back since count as of now,
// and reports whether there was such a thing.
func (t *Attempts) setBack(now time.Time) bool {
	if t.Failures == 0 || !t.Since.After(now) && !t.Last.After(now) {
		return false
	}
	if t.Since.After(now) {
		t.Since = now
	}
	if t.Last.After(now) {
		t.Last = now
	}
	return true
}

func (t Attempts) failed(now time.Time) Attempts {
	if t.Failures == 0 {
		t.Since = now
	}
	t.Failures++
	t.Last = now
	return t
}

// wait returns how long the next guess has to wait. It never exceeds the delay
// itself, so a clock that was set back does not lock anybody out.
func (t Attempts) wait(now time.Time, most time.Duration) time.Duration {
	if t.Failures < freeGuesses {
		return 0
	}
	delay := most
	if doubled := t.Failures - freeGuesses; doubled < 10 {
		delay = min(delay, guessWait<<doubled)
	}
	return min(delay, t.Last.Add(delay).Sub(now))
}

// minute returns how long an address that used up its minute is closed.
func (t Attempts) minute(now time.Time) time.Duration {
	if t.Failures < guessesPerMinute {
		return 0
	}
	return min(time.Minute, t.Since.Add(time.Minute).Sub(now))
}

// network is what counts as one address: for IPv6 the /64 that a single customer
// usually holds.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	p, _ := ip.Prefix(64) // 64 bits always fit
	return p.String()
}

// turns lets one caller at a time through for each name. The zero value is ready.
type turns struct {
	mu      sync.Mutex
	lanes   map[string]*lane
	waiting int
}

type lane struct {
	turn  chan struct{} // holds one value while somebody has the turn
	users int           // has it or waits
}

// take waits for the name's turn; done gives it on. Too many who wait are turned
// away with a fault of kind Unavailable.
func (t *turns) take(ctx context.Context, name string) (done func(), err error) {
	t.mu.Lock()
	if t.waiting >= limit.HashesWaiting {
		t.mu.Unlock()
		return nil, busy()
	}
	if t.lanes == nil {
		t.lanes = map[string]*lane{}
	}
	l := t.lanes[name]
	if l == nil {
		l = &lane{turn: make(chan struct{}, 1)}
		t.lanes[name] = l
	}
	l.users++
	t.waiting++
	t.mu.Unlock()

	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(t.lanes, name)
		}
	}
	select {
	case l.turn <- struct{}{}:
		err = nil
	case <-ctx.Done():
		err = ctx.Err()
	}
	t.mu.Lock()
	t.waiting--
	t.mu.Unlock()
	if err != nil {
		leave()
		return nil, err
	}
	return func() { <-l.turn; leave() }, nil
}

// They come back over some seconds: all of them together would be too many again.
func busy() *fault.Fault {
	var b [1]byte
	rand.Read(b[:])
	return fault.New(fault.Unavailable, "Too many people are signing in at the moment. Please try again.").
		WithCode("sign_in_busy").After(time.Duration(1+b[0]%4) * time.Second)
}
