package instance

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// crashesKept is how many reports of fatal ends stay in the log folder.
const crashesKept = 5

// The names of reports: those that were seen to end otherwise.
const (
	reportStart = "crash-"
	reportEnd   = ".log"
)

// CrashWindow is how far back a start looks for earlier crashes (R9).
const CrashWindow = time.Minute

// crashes is the file that the runtime writes to when the process dies of what no
// recover catches.
type crashes struct{ file *os.File }

// WatchCrashes has the runtime report a fatal end of this process in the log
// folder, and returns when earlier ones ended so within CrashWindow before now, the first
// one first. A process that was killed from outside reports nothing and counts not.
func (f *Folder) WatchCrashes(now time.Time) (recent []time.Time, err error) {
	if f.readOnly {
		return nil, nil
	}
	if err := os.MkdirAll(f.Logs(), 0o700); err != nil {
		return nil, fmt.Errorf("make the log folder: %w", err)
	}
	entries, err := os.ReadDir(f.Logs()) // in the order of their names, so of time
	if err != nil {
		return nil, fmt.Errorf("look for crash reports: %w", err)
	}
	var reports []string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !strings.HasPrefix(e.Name(), reportStart) {
			continue
		}
		path := filepath.Join(f.Logs(), e.Name())
		if info.Size() == 0 {
			_ = remove(path)
			continue
		}
		reports = append(reports, path)
		if age := now.Sub(info.ModTime()); age >= 0 && age <= CrashWindow && strings.HasSuffix(path, reportEnd) {
			recent = append(recent, info.ModTime())
		}
	}
	for _, path := range reports[:max(0, len(reports)-crashesKept)] {
		_ = remove(path)
	}
	slices.SortFunc(recent, time.Time.Compare)
	f.crashes, err = watchCrashes(filepath.Join(f.Logs(), fmt.Sprint(reportStart, now.UnixMilli(), reportEnd)))
	return recent, err
}

// ForgetCrashes has the reports so far count no more; they stay to be read.
func (f *Folder) ForgetCrashes() error {
	entries, err := os.ReadDir(f.Logs())
	if err != nil {
		return fmt.Errorf("look for crash reports: %w", err)
	}
	var errs []error
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), reportEnd); ok && strings.HasPrefix(name, reportStart) {
			errs = append(errs, os.Rename(filepath.Join(f.Logs(), e.Name()), filepath.Join(f.Logs(), name+".seen")))
		}
	}
	return errors.Join(errs...)
}

func watchCrashes(path string) (*crashes, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the crash report: %w", err)
	}
	if err := debug.SetCrashOutput(file, debug.CrashOptions{}); err != nil {
		return nil, errors.Join(fmt.Errorf("watch for crashes: %w", err), file.Close(), os.Remove(path))
	}
	return &crashes{file: file}, nil
}

// close removes the report of a process that ends as it should.
func (c *crashes) close() error {
	err := debug.SetCrashOutput(nil, debug.CrashOptions{})
	return errors.Join(err, c.file.Close(), os.Remove(c.file.Name()))
}
