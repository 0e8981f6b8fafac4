// Package fault holds errors that a caller can act on: what went wrong in a
// sentence for the user, a stable code for programs, and the places it concerns.
//
// A feature returns a *Fault where the caller can do something about it and a
// plain wrapped error otherwise. The edge (package web) maps a Kind to an HTTP
// status and answers the envelope; everything that is not a Fault is internal:
// logged once in full and shown as a general sentence with the request id.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kind says what sort of failure it is. Its number is the HTTP status that the
// edge answers with.
type Kind int

// The kinds, each with the status it is answered with.
const (
	Malformed        Kind = 400 // not parseable, or not of the form the contract asks for
	Unauthenticated  Kind = 401 // nobody is signed in
	Forbidden        Kind = 403 // signed in, not allowed
	NotFound         Kind = 404 // not there, or not visible to the caller
	MethodNotAllowed Kind = 405 // the path exists with other methods
	Timeout          Kind = 408 // the client was too slow
	Conflict         Kind = 409 // clashes with what is there
	TooLarge         Kind = 413 // a size limit was passed
	Unsupported      Kind = 415 // a content type nobody here reads
	Misdirected      Kind = 421 // a Host that is not ours
	Invalid          Kind = 422 // understood, but not valid; Places lists every field
	TooMany          Kind = 429 // a rate limit was passed; RetryAfter says how long
	HeadersTooLarge  Kind = 431 // the request header is over its limit
	Internal         Kind = 500 // ours
	Unavailable      Kind = 503 // not now; RetryAfter may say when
	Overdue          Kind = 504 // it took too long
	Full             Kind = 507 // no storage left
)

// Place names one thing that is wrong: Path leads to a form field ("password")
// or to an input of a node ("flows/shop/nodes/n7/inputs/url").
type Place struct {
	Path    string `json:"path"`
	Message string `json:"message"`
	// Code is the stable name of the mistake, "" where the sentence is enough.
	Code string `json:"code,omitempty"`
	// Line and Column, 1-based, place a mistake inside a script or template.
	Line   int `json:"line,omitzero"`
	Column int `json:"column,omitzero"`
}

// Told is the place and what is wrong there, as a part of a sentence that is without
// its end: "name is required", "name: A flow needs a name".
func (p Place) Told() string {
	path, message := p.Path, strings.TrimSuffix(p.Message, ".")
	if path == "" {
		path = "the body"
	}
	if first, _ := utf8.DecodeRuneInString(message); unicode.IsUpper(first) || first == '"' {
		path += ":"
	}
	return path + " " + message
}

// Fault is an error that a caller can act on.
type Fault struct {
	Kind    Kind
	Code    string  // stable, snake case; texts are translated by it
	Message string  // one sentence for the user
	Places  []Place // every field or node concerned, not only the first
	// Details, when set, is merged into the envelope's payload, which then is an
	// object with Message as its msg (the contract's duplicate routes).
	Details map[string]any
	// Extra members of the envelope beside payload (the newer draft of a 409).
	Extra      map[string]any
	RetryAfter time.Duration
	Allow      []string // methods that would have been right, for MethodNotAllowed
	cause      error
}

// New returns a fault whose message is the formatted sentence and whose code is
// the kind's own name (see Kind.Code); WithCode gives it a more telling one.
func New(kind Kind, format string, args ...any) *Fault {
	return &Fault{Kind: kind, Code: kind.Code(), Message: fmt.Sprintf(format, args...)}
}

// WithCode sets the stable code and returns the fault.
func (f *Fault) WithCode(code string) *Fault { f.Code = code; return f }

// At adds a place and returns the fault.
func (f *Fault) At(path, format string, args ...any) *Fault {
	f.Places = append(f.Places, Place{Path: path, Message: fmt.Sprintf(format, args...)})
	return f
}

// Because records the cause, which is for the log and never for the caller.
func (f *Fault) Because(err error) *Fault { f.cause = err; return f }

// After says when trying again makes sense and returns the fault.
func (f *Fault) After(d time.Duration) *Fault { f.RetryAfter = d; return f }

// Error is the sentence, followed by the cause where there is one.
func (f *Fault) Error() string {
	if f.cause != nil {
		return strings.TrimSuffix(f.Message, ".") + ": " + f.cause.Error()
	}
	return f.Message
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.cause }

// As returns the fault in err's chain, if there is one.
func As(err error) (*Fault, bool) {
	var f *Fault
	ok := errors.As(err, &f)
	return f, ok
}

// Is reports whether err's chain holds a fault of the kind.
func Is(err error, kind Kind) bool {
	f, ok := As(err)
	return ok && f.Kind == kind
}

// Together is one error for several, of which any may be nil: all their places, and
// kind, code and sentence of the first. One that is no Fault goes before them.
func Together(errs ...error) error {
	var all *Fault
	for _, err := range errs {
		f, ok := As(err)
		switch {
		case err == nil:
		case !ok:
			return err
		case all == nil:
			first := *f
			all = &first
		default:
			all.Places = append(slices.Clip(all.Places), f.Places...)
		}
	}
	if all == nil {
		return nil
	}
	return all
}

// Places returns the places of all the errors that are Faults; any may be nil.
func Places(errs ...error) []Place {
	var all []Place
	for _, err := range errs {
		if f, ok := As(err); ok {
			all = append(all, f.Places...)
		}
	}
	return all
}

var codes = map[Kind]string{
	Malformed: "malformed", Unauthenticated: "unauthenticated", Forbidden: "forbidden",
	NotFound: "not_found", MethodNotAllowed: "method_not_allowed", Timeout: "timeout",
	Conflict: "conflict", TooLarge: "too_large", Unsupported: "unsupported_type",
	Misdirected: "unknown_host", Invalid: "invalid", TooMany: "too_many",
	HeadersTooLarge: "headers_too_large", Internal: "internal", Unavailable: "unavailable",
	Overdue: "timeout", Full: "storage_full",
}

// Code is the general code of the kind, used where no more telling one is given.
func (k Kind) Code() string { return codes[k] }
