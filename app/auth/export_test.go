package auth

// HoldHashing has every hash wait until it is released, and tells meanwhile how many
// wait.
func (a *Accounts) HoldHashing() (waiting func() int, release func()) {
	h := a.hashing
	for range cap(h.slots) {
		h.slots <- struct{}{}
	}
	return func() int { return len(h.places) }, func() {
		for range cap(h.slots) {
			<-h.slots
		}
	}
}
