// Package audit records who did what: every change, sign-in and refusal, in a
// chain of signatures that shows when somebody tampered with it.
package audit

import "context"

// Result says how an audited act ended.
type Result string

// The types of entries.
const (
	Info    = "Info"
	Warning = "Warning"
	Error   = "Error"
)

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
	// Actor is the user name where the context's actor is not the one who acts: at
	// a sign-in nobody is signed in yet.
	Actor   string
	Action  string // id of the endpoint or act: "flow.deploy"
	Message string // a sentence, filled in from the declaration's Audit text
	Type    string // Info, Warning or Error; "" is Info when it was done, else Warning
	Object  string // what it was done to: "flow shop"
	Result  Result // "" is Done
	Before  any    // state before and after, without secrets; nil when there is none
	After   any
	// RequestID ties the entry to the log and to what the client saw; "" is the
	// request of the context.
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

// Say lets a feature word the entry itself, where the declaration knows too little:
// an id only, of what has a name. Without an entry in the context it does nothing.
func Say(ctx context.Context, message string) {
	if e := EntryFrom(ctx); e != nil {
		e.Message = message
	}
}

// Drop says that nothing was done that is worth an entry, where that depends on
// the request.
func Drop(ctx context.Context) {
	if e := EntryFrom(ctx); e != nil {
		e.stored = true
	}
}

// Stored marks the entry as stored. Only storage's write function calls it,
// after the commit.
func (e *Entry) Stored() { e.stored = true }
