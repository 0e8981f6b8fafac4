// Package log writes what happens to the console and to files that rotate,
// without secrets, and without ever making a request wait.
package log

import (
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
	File    string    // path of the newest file, "" for none
}

// Log is a logger that writes in the background. When records come faster than
// they can be written, or the disk takes no more, they are dropped and counted.
type Log struct {
	*slog.Logger
	direct  *slog.Logger // past the queue, for the writer itself
	level   slog.LevelVar
	queue   chan []byte
	quit    chan struct{}
	ended   chan struct{}
	once    sync.Once
	dropped atomic.Uint64
	console io.Writer
	file    *lumberjack.Logger
}

// Open returns a log; the caller closes it.
func Open(o Options) *Log {
	l := &Log{queue: make(chan []byte, waiting), quit: make(chan struct{}), ended: make(chan struct{}), console: o.Console}
	if o.File != "" {
		l.file = &lumberjack.Logger{Filename: o.File, MaxSize: fileMiB, MaxBackups: filesKept - 1}
	}
	l.level.Set(o.Level)
	l.Logger = l.logger(queue{l}, o.JSON)
	l.direct = l.logger(sink{l}, o.JSON)
	fault.Go(l.Logger, "log writer", l.write)
	return l
}

func (l *Log) logger(w io.Writer, asJSON bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: &l.level}
	if asJSON {
		return slog.New(secret.Redact(slog.NewJSONHandler(w, options)))
	}
	return slog.New(secret.Redact(slog.NewTextHandler(w, options)))
}

// SetLevel changes what is written from now on.
func (l *Log) SetLevel(level slog.Level) { l.level.Set(level) }

// Dropped returns how many records were not written.
func (l *Log) Dropped() uint64 { return l.dropped.Load() }

// Close writes what waits and closes the file. Records that come later are
// dropped.
func (l *Log) Close() error {
	l.once.Do(func() { close(l.quit) })
	<-l.ended
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
			if n := l.dropped.Load(); n > told && len(l.queue) == 0 {
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
	var errs [2]error
	if l.console != nil {
		_, errs[0] = l.console.Write(record)
	}
	if l.file != nil {
		_, errs[1] = l.file.Write(record)
	}
	if errs[0] != nil || errs[1] != nil {
		l.dropped.Add(1)
	}
}

// sink is put as a writer.
type sink struct{ log *Log }

func (s sink) Write(record []byte) (int, error) {
	s.log.put(record)
	return len(record), nil
}
