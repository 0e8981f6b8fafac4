package audit

import "context"

// Result says how an audited act ended.
type Result string

// The results.
const (
	Done    Result = "done"
	Refused Result = "refused" // a right was lacking
	Failed  Result = "failed"  // allowed, but it did not work
)

// Entry is one line of the audit log before it is stored. The endpoint
// declaration makes it, the context carries it next to the actor, and storage's
// one write function stores it in the same transaction as the change.
type Entry struct {
	Action  string // id of the endpoint or act: "flow.deploy"
	Message string // a sentence, filled in from the declaration's Audit text
	Type    string // the contract's Info, Warning or Error
	Object  string // what it was done to: "flow shop"
	Result  Result
	Before  any // state before and after, without secrets; nil when there is none
	After   any
	// RequestID ties the entry to the log and to what the client saw.
	RequestID string

	stored bool
}

type entryKey struct{}

// WithEntry returns a context that carries the entry to the write that stores it.
func WithEntry(ctx context.Context, e *Entry) context.Context {
	return context.WithValue(ctx, entryKey{}, e)
}

// EntryFrom returns the entry that rides in the context and is not stored yet;
// nil when there is none.
func EntryFrom(ctx context.Context) *Entry {
	e, _ := ctx.Value(entryKey{}).(*Entry)
	if e == nil || e.stored {
		return nil
	}
	return e
}

// Describe lets a feature say what it did more exactly than the declaration
// can: the object and its state before and after. Without an entry in the
// context it does nothing.
func Describe(ctx context.Context, object string, before, after any) {
	if e := EntryFrom(ctx); e != nil {
		e.Object, e.Before, e.After = object, before, after
	}
}

// Stored marks the entry as stored. Only storage's write function calls it,
// after the commit.
func (e *Entry) Stored() { e.stored = true }
