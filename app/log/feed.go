package log

import (
	"sync"
	"time"

	"ecoflow/app/fault"
)

const (
	feedStep = 250 * time.Millisecond // between two batches
	feedMost = 200                    // records of a batch
)

// Batch is what was written since the batch before.
type Batch struct {
	Records []Record `json:"records"`           // the oldest first
	Skipped int      `json:"skipped,omitempty"` // records too many for a batch
}

// recent keeps the last lines.
type recent struct {
	mu   sync.Mutex
	kept []string
	size int
}

func (r *recent) add(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, line)
	r.size += len(line)
	if len(r.kept) > 2*recentKept || r.size > 2*recentSize { // not at each line
		r.kept = append(r.kept[:0:0], r.last()...)
		r.size = 0
		for _, line := range r.kept {
			r.size += len(line)
		}
	}
}

// last returns the lines that are to be kept. The caller holds mu.
func (r *recent) last() []string {
	from, size := len(r.kept), 0
	for from > 0 && len(r.kept)-from < recentKept && size < recentSize {
		from--
		size += len(r.kept[from])
	}
	return r.kept[from:]
}

// lines returns the last lines, the oldest first.
func (r *recent) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.last()...)
}

// feed collects lines for who follows the log.
type feed struct {
	mu      sync.Mutex
	wanted  func() bool
	tell    func(Batch)
	waiting []string
	skipped int
	due     bool // a batch is on its way
	closed  bool
	sending sync.WaitGroup
}

// Follow has tell called with what is written from now on, a few times a second at
// most, while wanted says that somebody is there. It replaces the one before.
func (l *Log) Follow(wanted func() bool, tell func(Batch)) {
	l.feed.mu.Lock()
	defer l.feed.mu.Unlock()
	l.feed.wanted, l.feed.tell = wanted, tell
}

// feedLine takes a line that was written. It belongs to the writer and waits for
// nobody.
func (l *Log) feedLine(line string) {
	f := &l.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tell == nil || f.closed || !f.wanted() {
		return
	}
	if len(f.waiting) == feedMost {
		f.skipped++
		return
	}
	f.waiting = append(f.waiting, line)
	if f.due {
		return
	}
	f.due = true
	f.sending.Add(1)
	time.AfterFunc(feedStep, func() {
		defer f.sending.Done()
		defer fault.Recover(l.Logger, "log feed")
		f.send()
	})
}

// send passes on what waits.
func (f *feed) send() {
	f.mu.Lock()
	lines, skipped, tell := f.waiting, f.skipped, f.tell
	f.waiting, f.skipped, f.due = nil, 0, false
	f.mu.Unlock()
	b := Batch{Skipped: skipped, Records: make([]Record, 0, len(lines))}
	for _, line := range lines {
		b.Records = append(b.Records, parse(line))
	}
	tell(b)
}

// close waits for the batch that is on its way.
func (f *feed) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.sending.Wait()
}
