// Package event carries what happened from the features to whoever listens:
// the window's event stream, tests, other features. It imports nothing of ours.
package event

import (
	"sync"
	"time"
)

// Type is the name of an event as it goes over the wire. The permission each
// type needs is declared where the stream is served.
type Type string

// The event types, in the words of the contract.
const (
	Debug      Type = "debug"      // a Debug node's output
	Run        Type = "run"        // a finished run in short
	Deploy     Type = "deploy"     // a deployment went live, or was refused
	Draft      Type = "draft"      // a draft was saved, renamed, locked or deleted
	Package    Type = "package"    // progress of installing a package
	Connection Type = "connection" // state of a database connection
	Env        Type = "env"        // environment variables changed
	Audit      Type = "audit"      // an audit entry was written
	Log        Type = "log"        // a log record
	Health     Type = "health"     // a part's health changed
	Access     Type = "access"     // somebody's permissions, roles or sessions changed
	Server     Type = "server"     // state of the process: stopping, restarting, safe mode
	Resync     Type = "resync"     // the stream could not be resumed; read everything again
)

// Event is one thing that happened.
type Event struct {
	ID   uint64    // grows by one for each event of a Stream, from 1
	Type Type      //
	Time time.Time // UTC
	Data any       // encodes to JSON; never holds a secret
	// Subject, when set, is the user ID that alone may see the event.
	Subject string
}

// Stream keeps the last events and hands new ones to its subscribers. The zero
// value is not usable; New makes one. All methods may be called concurrently.
type Stream struct {
	mu      sync.Mutex
	ring    []Event
	next    uint64 // ID of the next event
	readers map[*Reader]struct{}
}

// New returns a stream that keeps the last keep events for those who resume.
func New(keep int) *Stream {
	return &Stream{ring: make([]Event, 0, keep), next: 1, readers: map[*Reader]struct{}{}}
}

// Publish hands an event to every reader. It never waits: a reader that is too
// far behind is cut off and must resume.
func (s *Stream) Publish(t Type, data any) { s.publish(Event{Type: t, Data: data}) }

// PublishTo is Publish for the eyes of one user only.
func (s *Stream) PublishTo(user string, t Type, data any) {
	s.publish(Event{Type: t, Data: data, Subject: user})
}

func (s *Stream) publish(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.ID, e.Time = s.next, time.Now().UTC()
	s.next++
	if len(s.ring) == cap(s.ring) {
		copy(s.ring, s.ring[1:])
		s.ring = s.ring[:len(s.ring)-1]
	}
	s.ring = append(s.ring, e)
	for r := range s.readers {
		select {
		case r.events <- e:
		default:
			delete(s.readers, r)
			close(r.events)
		}
	}
}

// Watched reports whether anybody is subscribed; a producer of costly events
// asks before it makes one.
func (s *Stream) Watched() bool { return s.Readers() > 0 }

// Readers returns how many read the stream.
func (s *Stream) Readers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.readers)
}

// Last returns the ID of the newest event, 0 before the first.
func (s *Stream) Last() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next - 1
}

// Reader is one subscription.
type Reader struct {
	stream *Stream
	events chan Event
}

// Subscribe returns a reader and what it missed since the event with the ID
// after (0: nothing). complete is false when the ring no longer reaches back
// that far, or the ID is from an earlier process; the reader then has to resync.
func (s *Stream) Subscribe(after uint64, buffer int) (r *Reader, missed []Event, complete bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r = &Reader{stream: s, events: make(chan Event, buffer)}
	s.readers[r] = struct{}{}
	if after == 0 {
		return r, nil, true
	}
	if after >= s.next || (len(s.ring) > 0 && after+1 < s.ring[0].ID) || (len(s.ring) == 0 && after+1 != s.next) {
		return r, nil, false
	}
	for _, e := range s.ring {
		if e.ID > after {
			missed = append(missed, e)
		}
	}
	return r, missed, true
}

// Events delivers what is published; it is closed when the reader was cut off
// for being too slow, or closed.
func (r *Reader) Events() <-chan Event { return r.events }

// Close ends the subscription.
func (r *Reader) Close() {
	r.stream.mu.Lock()
	defer r.stream.mu.Unlock()
	if _, ok := r.stream.readers[r]; ok {
		delete(r.stream.readers, r)
		close(r.events)
	}
}
