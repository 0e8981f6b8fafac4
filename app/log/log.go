// Package log writes what happens to the console and to files that rotate,
// without secrets, and without ever making a request wait.
package log

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"

	"gopkg.in/natefinch/lumberjack.v2"

	"ecoflow/app/fault"
	"ecoflow/app/secret"
)

const (
	fileMiB   = 20
	filesKept = 5    // the one being written included
	waiting   = 4096 // records between a request and the disk
)

// Options say where the log goes and how it looks.
type Options struct {
	Level   slog.Level
	JSON    bool      // for programs instead of people
	Console io.Writer // nil for none
	Pretty  bool      // over several lines, on the console
	File    string    // path of the newest file, "" for none
	Label   string    // on every record, "" for none
}

// Log is a logger that writes in the background. When records come faster than
// they can be written, or the disk takes no more, they are dropped and counted.
type Log struct {
	*slog.Logger
	direct  *slog.Logger // past the queue, for the writer itself
	level   slog.LevelVar
	json    atomic.Bool
	label   atomic.Pointer[string] // on every record, "" for none
	queue   chan []byte
	quit    chan struct{}
	ended   chan struct{}
	once    sync.Once
	dropped atomic.Uint64
	failing atomic.Pointer[string] // why the last record was not written, nil when it was

	recent recent // what was written last
	feed   feed   // for who follows it

	mu      sync.Mutex // over where it goes
	console io.Writer
	pretty  bool
	file    *lumberjack.Logger
	resting bool // the file is left alone
}

// Open returns a log; the caller closes it.
func Open(o Options) *Log {
	l := &Log{queue: make(chan []byte, waiting), quit: make(chan struct{}), ended: make(chan struct{})}
	l.goTo(o)
	l.Logger = l.logger(queue{l})
	l.direct = l.logger(sink{l})
	fault.Go(l.Logger, "log writer", l.write)
	return l
}

func (l *Log) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: &l.level}
	return slog.New(secret.Redact(either{asJSON: &l.json, label: &l.label, json: slog.NewJSONHandler(w, options), text: slog.NewTextHandler(w, options)}))
}

// Change makes the log go and look as told from now on; loggers that were taken
// from it follow.
func (l *Log) Change(o Options) error {
	if former := l.goTo(o); former != nil {
		return former.Close()
	}
	return nil
}

// goTo follows the options and returns the file that the log goes to no more.
func (l *Log) goTo(o Options) (former *lumberjack.Logger) {
	l.level.Set(o.Level)
	l.json.Store(o.JSON)
	l.label.Store(&o.Label)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.console, l.pretty = o.Console, o.Pretty
	if l.file != nil && l.file.Filename == o.File {
		return nil
	}
	former, l.file = l.file, nil
	if o.File != "" {
		l.file = &lumberjack.Logger{Filename: o.File, MaxSize: fileMiB, MaxBackups: filesKept - 1}
	}
	return former
}

// Reopen has the next record go to a file that is opened anew: the one that was open
// may be on a disk that is gone.
func (l *Log) Reopen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		l.file.Close() //nolint:errcheck // what it says is of the disk that is gone
	}
}

// Rest has the file left alone, or written again. On a full disk it is the first to
// stop: what room there is is for what people save.
func (l *Log) Rest(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resting = on
}

// errResting says why a record is not in the file.
var errResting = errors.New("the disk is full, and what room is left is for data")

// SetLevel changes what is written from now on.
func (l *Log) SetLevel(level slog.Level) { l.level.Set(level) }

// Dropped returns how many records were not written.
func (l *Log) Dropped() uint64 { return l.dropped.Load() }

// Failing returns why the last record could not be written, "" when it was.
func (l *Log) Failing() string {
	if why := l.failing.Load(); why != nil {
		return *why
	}
	return ""
}

// Close writes what waits and closes the file. Records that come later are
// dropped.
func (l *Log) Close() error {
	l.once.Do(func() { close(l.quit) })
	<-l.ended
	l.feed.close()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// queue is where the handler writes to: one call for each record.
type queue struct{ log *Log }

func (q queue) Write(record []byte) (int, error) {
	select {
	case q.log.queue <- append([]byte(nil), record...):
	default:
		q.log.dropped.Add(1)
	}
	return len(record), nil
}

func (l *Log) write() {
	defer close(l.ended)
	var told uint64
	for {
		select {
		case record := <-l.queue:
			l.put(record)
			// Where nothing can be written there is no telling either, until it can.
			if n := l.dropped.Load(); n > told && len(l.queue) == 0 && l.Failing() == "" {
				told = n
				l.direct.Warn("log records dropped", "so_far", n)
			}
		case <-l.quit:
			for {
				select {
				case record := <-l.queue:
					l.put(record)
				default:
					return
				}
			}
		}
	}
}

// put writes one record to where the log goes. A failure is counted and no more:
// there is nowhere to tell it.
func (l *Log) put(record []byte) {
	line := string(record)
	l.recent.add(line)
	l.feedLine(line)
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs [2]error
	if l.console != nil {
		shown := record
		if l.pretty {
			shown = spread(record)
		}
		_, errs[0] = l.console.Write(shown)
	}
	switch {
	case l.file == nil:
	case l.resting:
		errs[1] = errResting
	default:
		_, errs[1] = l.file.Write(record)
	}
	err := errors.Join(errs[:]...)
	if err == nil {
		l.failing.Store(nil)
		return
	}
	l.dropped.Add(1)
	why := err.Error()
	l.failing.Store(&why)
}

// sink is put as a writer.
type sink struct{ log *Log }

func (s sink) Write(record []byte) (int, error) {
	s.log.put(record)
	return len(record), nil
}

// either writes JSON or text, as now wanted.
type either struct {
	asJSON     *atomic.Bool
	label      *atomic.Pointer[string]
	json, text slog.Handler
}

func (e either) now() slog.Handler {
	if e.asJSON.Load() {
		return e.json
	}
	return e.text
}

// Enabled implements slog.Handler.
func (e either) Enabled(ctx context.Context, level slog.Level) bool {
	return e.now().Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (e either) Handle(ctx context.Context, r slog.Record) error {
	if label := e.label.Load(); label != nil && *label != "" {
		r = r.Clone()
		r.AddAttrs(slog.String("label", *label))
	}
	return e.now().Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (e either) WithAttrs(attrs []slog.Attr) slog.Handler {
	return either{e.asJSON, e.label, e.json.WithAttrs(attrs), e.text.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (e either) WithGroup(name string) slog.Handler {
	return either{e.asJSON, e.label, e.json.WithGroup(name), e.text.WithGroup(name)}
}
