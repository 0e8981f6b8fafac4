package auth

import (
	"context"
	"crypto/subtle"
	"slices"
	"sync"
	"time"

	"ecoflow/app/fault"
)

// LaunchTime is how long a launch token waits to be exchanged.
const LaunchTime = time.Minute

const launchesOut = 32 // open at once; the oldest gives way

// launches are the launch tokens that wait to be exchanged. They live in memory
// alone and end with the process.
type launches struct {
	mu   sync.Mutex
	open []launchToken
}

type launchToken struct {
	hash    []byte
	expires time.Time
	gone    chan struct{} // closed once it is exchanged, or can no longer be
}

// LaunchToken returns a new launch token: whoever exchanges it first, within a
// minute, is the person at the machine. Local mode only; in sign-in mode nobody
// will take it.
func (a *Accounts) LaunchToken() string {
	token := secret()
	l := &a.launches
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) == launchesOut {
		l.drop(0)
	}
	l.open = append(l.open, launchToken{digest(token), a.Now().Add(LaunchTime), make(chan struct{})})
	return token
}

// LaunchGone returns what is closed once a launch token is exchanged, or gave way to
// others or to sign-in mode. That it is too old closes nothing.
func (a *Accounts) LaunchGone(token string) <-chan struct{} {
	l := &a.launches
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := l.find(digest(token)); i >= 0 {
		return l.open[i].gone
	}
	gone := make(chan struct{})
	close(gone)
	return gone
}

// Launch is a launch token on its way back.
type Launch struct {
	Token     string `json:"token" required:"true" secret:"true"`
	UserAgent string `json:"-" header:"User-Agent"`
}

// Launch exchanges a launch token, which is used up by it, for a session of the
// built-in actor. One that is unknown, used or late is a fault of kind
// Unauthenticated, and so is any in sign-in mode.
func (a *Accounts) Launch(ctx context.Context, in Launch) (Secrets, error) {
	if !a.launches.take(digest(in.Token), a.Now()) || !a.IsLocal() {
		return Secrets{}, fault.New(fault.Unauthenticated, "This link has been used or is too old. Start EcoFlow again to get a new one.").
			WithCode("launch_failed")
	}
	caller := ActorFrom(ctx)
	ctx = WithActor(ctx, Actor{UserID: LocalID, Username: LocalID, Address: caller.Address, Local: true})
	return a.begin(ctx, 0, caller, in.UserAgent)
}

// take uses a token up and reports whether it was good.
func (l *launches) take(hash []byte, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.find(hash)
	if i < 0 {
		return false
	}
	good := now.Before(l.open[i].expires)
	l.drop(i)
	return good
}

// find returns the place of a token, -1 for none, in the time that it takes for any.
func (l *launches) find(hash []byte) int {
	found := -1
	for i, t := range l.open {
		if subtle.ConstantTimeCompare(t.hash, hash) == 1 {
			found = i
		}
	}
	return found
}

func (l *launches) drop(i int) {
	close(l.open[i].gone)
	l.open = slices.Delete(l.open, i, i+1)
}

// forget makes every token worthless.
func (l *launches) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.open) > 0 {
		l.drop(0)
	}
}
