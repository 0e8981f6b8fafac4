package instance

import (
	"errors"
	"fmt"
	"io/fs"
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

// killedText is the report of a process that could write none itself.
const killedText = "EcoFlow ended without a word: it was killed, by somebody or by the system because memory was short.\n"

// crashes is the file that the runtime writes to when the process dies of what no
// recover catches. It is empty until then, and as old as the process.
type crashes struct{ file *os.File }

// WatchCrashes has the runtime report a fatal end of this process in the log
// folder, and returns when earlier ones ended so within CrashWindow before now, the first
// one first. killed says that the last one ended without a report, as what the system
// kills for want of memory does. That counts as well where it began within CrashWindow
// and had not begun to end; when another one ended nobody knows: its report goes.
func (f *Folder) WatchCrashes(now time.Time) (recent []time.Time, killed bool, err error) {
	if f.readOnly {
		return nil, false, nil
	}
	if err := f.HandOver(); err != nil { // of this process's attempt before
		return nil, false, fmt.Errorf("end the crash report: %w", err)
	}
	if err := os.MkdirAll(f.Logs(), 0o700); err != nil {
		return nil, false, fmt.Errorf("make the log folder: %w", err)
	}
	entries, err := os.ReadDir(f.Logs()) // in the order of their names, so of time
	if err != nil {
		return nil, false, fmt.Errorf("look for crash reports: %w", err)
	}
	var reports []string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !strings.HasPrefix(e.Name(), reportStart) {
			continue
		}
		path := filepath.Join(f.Logs(), e.Name())
		at, age := info.ModTime(), now.Sub(info.ModTime())
		counts := age >= 0 && age <= CrashWindow && strings.HasSuffix(path, reportEnd)
		if info.Size() == 0 {
			if !counts || errors.Join(os.WriteFile(path, []byte(killedText), 0o600), os.Chtimes(path, now, now)) != nil {
				_ = remove(path)
				continue
			}
			at, killed = now, true
		}
		reports = append(reports, path)
		if counts {
			recent = append(recent, at)
		}
	}
	for _, path := range reports[:max(0, len(reports)-crashesKept)] {
		_ = remove(path)
	}
	slices.SortFunc(recent, time.Time.Compare)
	f.crashes, err = watchCrashes(filepath.Join(f.Logs(), fmt.Sprint(reportStart, now.UnixMilli(), reportEnd)))
	return recent, killed, err
}

// Leaving says that this process is about to end as it was asked to: killed from now
// on, by whoever has waited long enough, it has not crashed.
func (f *Folder) Leaving() error {
	if f.crashes == nil {
		return nil
	}
	long := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(f.crashes.file.Name(), long, long); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("mark the crash report: %w", err)
	}
	return nil
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
	return errors.Join(err, c.file.Close(), remove(c.file.Name()))
}
