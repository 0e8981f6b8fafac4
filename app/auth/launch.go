package auth

import (
	"context"
	"crypto/subtle"
	"slices"
	"sync"
	"time"

	"ecoflow/app/fault"
)

const (
	launchTime  = time.Minute
	launchesOut = 32 // open at once; the oldest gives way
)

// launches are the launch tokens that wait to be exchanged. They live in memory
// alone and end with the process.
type launches struct {
	mu   sync.Mutex
	open []launchToken
}

type launchToken struct {
	hash    []byte
	expires time.Time
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
		l.open = l.open[1:]
	}
	l.open = append(l.open, launchToken{digest(token), a.Now().Add(launchTime)})
	return token
}

// LaunchOpen reports whether a launch token still waits to be exchanged.
func (a *Accounts) LaunchOpen(token string) bool {
	l := &a.launches
	l.mu.Lock()
	defer l.mu.Unlock()
	hash, now := digest(token), a.Now()
	return slices.ContainsFunc(l.open, func(t launchToken) bool {
		return subtle.ConstantTimeCompare(t.hash, hash) == 1 && now.Before(t.expires)
	})
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
	found := -1
	for i, t := range l.open {
		if subtle.ConstantTimeCompare(t.hash, hash) == 1 {
			found = i
		}
	}
	if found < 0 {
		return false
	}
	good := now.Before(l.open[found].expires)
	l.open = append(l.open[:found], l.open[found+1:]...)
	return good
}

// forget makes every token worthless.
func (l *launches) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = nil
}
