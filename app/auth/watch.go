package auth

import (
	"sync"

	"ecoflow/app/event"
)

// AccessChange is the data of an event.Access event: the user it goes to has lost
// or gained something and should ask for it anew.
type AccessChange struct {
	Reason string `json:"reason"` // sessions, tokens, password, users or roles
}

// watchers tell open streams that their actor may have changed.
type watchers struct {
	mu  sync.Mutex
	all map[chan struct{}]string // to the user id
}

// Watch returns a channel that receives when the actor may no longer be who it
// was: a session or token of theirs ended, or their rights changed. The reader then
// asks Current. stop ends the watch.
func (a *Accounts) Watch(who Actor) (changed <-chan struct{}, stop func()) {
	w := &a.watchers
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[chan struct{}]string{}
	}
	w.all[c] = who.UserID
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.all, c)
	}
}

// changed tells the streams of a user, and the user, that their access changed.
func (a *Accounts) changed(userID, reason string) {
	a.watchers.wake(func(id string) bool { return id == userID })
	a.Events.PublishTo(userID, event.Access, AccessChange{Reason: reason})
}

// wake tells the streams of the users whom a condition fits.
func (w *watchers) wake(fits func(userID string) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c, id := range w.all {
		if !fits(id) {
			continue
		}
		select {
		case c <- struct{}{}:
		default: // it has word already
		}
	}
}
