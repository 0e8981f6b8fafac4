package audit

import (
	"context"
	"fmt"
	"time"
)

// Soundness says what is known of the chain.
type Soundness string

// What may be known of it.
const (
	Unverified Soundness = "unverified" // since the start
	Intact     Soundness = "intact"
	Partial    Soundness = "partial" // some entries cannot be checked, the others are as they were written
	Broken     Soundness = "broken"
)

// Chain is what is known of the chain.
type Chain struct {
	State     Soundness `json:"state" enum:"unverified,intact,partial,broken" doc:"partial: some entries were signed with a key that is lost, and the others are as they were written."`
	Verifying bool      `json:"verifying" doc:"Somebody has it verified right now."`
	At        time.Time `json:"at,omitzero" doc:"When it was verified last."`
	Entries   int       `json:"entries" doc:"How many were looked at."`
	Unknown   int       `json:"unknown" doc:"How many of them were signed with a key that is lost."`
	Broken    int       `json:"broken" doc:"Places where it does not hold."`
	Breaks    []Break   `json:"breaks" doc:"The first hundred of them."`
	Cut       int64     `json:"cut" doc:"The last entry that was moved to a signed archive because of its age; 0 for none."`
	Archived  int       `json:"archived" doc:"How many entries of archives were looked at: those that are still in the data folder."`
}

// Reason says in a sentence how the chain is.
func (c Chain) Reason() string {
	switch {
	case c.State == Broken && len(c.Breaks) > 0:
		return fmt.Sprintf("The audit log was changed outside the product: from entry %d on it is not as it was written.", c.Breaks[0].ID)
	case c.State == Broken:
		return "The audit log was changed outside the product. Verify it to see where."
	case c.State == Partial && c.Unknown == 1:
		return "An entry of the audit log was signed with a key that is lost: nobody can say whether it was changed. The others were as they were written when they were verified last."
	case c.State == Partial:
		return fmt.Sprintf("%d entries of the audit log were signed with a key that is lost: nobody can say whether they were changed. The others were as they were written when they were verified last.", c.Unknown)
	case c.State == Intact:
		return fmt.Sprintf("The audit log was whole when it was verified last: %d entries.", c.Entries)
	}
	return "The audit log ends where it should. It was not verified since the start."
}

// Chain returns what is known of the chain, without looking at it.
func (l *Log) Chain() Chain {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.chain
	c.Verifying, c.Cut = l.verifying, l.store.Cut()
	return c
}

// Check goes along the whole chain, once at a time, and says where it does not
// hold. Who asks while another check runs waits for it to end.
func (l *Log) Check(ctx context.Context) (Chain, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return Chain{}, ctx.Err()
	}
	l.set(true, nil)
	v, err := l.store.Verify(ctx)
	if err != nil {
		l.set(false, nil)
		return Chain{}, fmt.Errorf("verify the audit chain: %w", err)
	}
	return l.set(false, &v), nil
}

// set keeps what a check found.
func (l *Log) set(verifying bool, v *Verdict) Chain {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.verifying = verifying
	if v != nil {
		l.chain = Chain{
			State: Intact, At: time.Now().UTC().Truncate(time.Millisecond),
			Entries: v.Entries, Unknown: v.Unknown, Broken: v.Broken, Breaks: append([]Break{}, v.Breaks...), Cut: v.Cut, Archived: v.Archived,
		}
		switch {
		case !v.Sound():
			l.chain.State = Broken
		case v.Unknown > 0:
			l.chain.State = Partial
		}
	}
	return l.chain
}
