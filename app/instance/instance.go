// Package instance is one running EcoFlow as the operating system sees it: the
// data folder it owns, the lock that makes it the only owner, the line over which
// another process of the same person reaches it, and the files that live exactly
// as long as it runs.
package instance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"ecoflow/app/file"
)

// Names inside the data folder. What is not listed here belongs to storage
// (ecoflow.db) or to a feature (secret.key, backups, public, databases).
const (
	lockName      = "ecoflow.lock"
	runningName   = "running.json"
	reserveName   = "reserve"
	setupCodeName = "setup-code"
	recoveryName  = "recovery-code"
	launchPrefix  = "launch-"
	logsName      = "logs"
	databaseName  = "ecoflow.db"

	portableName   = "ecoflow-data"      // beside the executable
	portableMarker = ".ecoflow-portable" // beside the executable, once --portable was used
)

// ReserveBytes is the size of the file that is given up when the disk is full,
// so that deleting something is possible again (R16).
const ReserveBytes = 4 << 20

// Find returns the absolute path of the data folder: dir when it is given, else
// the portable folder beside the executable when portable asks for it, when it
// was asked for in an earlier start or when it exists, else .ecoflow in the
// user's home. It creates nothing but the marker that --portable was used.
func Find(dir string, portable bool) (string, error) {
	if dir != "" && !portable {
		return filepath.Abs(dir)
	}
	if dir != "" {
		return "", errors.New("--dir and --portable each choose a data folder; give one of them")
	}
	exe, err := os.Executable()
	if err != nil && portable {
		return "", fmt.Errorf("find the folder of the program: %w", err)
	}
	if err == nil {
		beside := filepath.Join(filepath.Dir(exe), portableName)
		marker := filepath.Join(filepath.Dir(exe), portableMarker)
		if portable {
			if err := os.WriteFile(marker, nil, 0o600); err != nil {
				return "", fmt.Errorf("keep the data beside the program: %w", err)
			}
			return beside, nil
		}
		if isDir(beside) || exists(marker) {
			return beside, nil
		}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errors.New("there is no home folder to keep data in; choose a folder with --dir")
	}
	return filepath.Join(home, ".ecoflow"), nil
}

// Folder is a data folder. One process at a time owns it; the methods that write
// are for the owner.
type Folder struct {
	path     string
	readOnly bool
	unlocked bool // the file system knows no locks
	lock     *lock
	crashes  *crashes
}

// Open returns the folder at path, created for its owner's eyes only when it is
// not there. A folder that cannot be written but holds a database opens for
// reading only.
func Open(path string) (*Folder, error) {
	err := os.MkdirAll(path, 0o700)
	info, statErr := os.Stat(path)
	switch {
	case statErr == nil && !info.IsDir(), errors.Is(err, fs.ErrExist):
		return nil, fmt.Errorf("the data folder %s is not a folder", path)
	case err != nil:
		return nil, fmt.Errorf("the data folder cannot be made: %w", err)
	case statErr != nil:
		return nil, fmt.Errorf("the data folder cannot be read: %w", statErr)
	}
	f := &Folder{path: path, lock: newLock(filepath.Join(path, lockName))}
	if err := writable(path); err != nil {
		if !exists(filepath.Join(path, databaseName)) {
			return nil, fmt.Errorf("the data folder %s is empty and cannot be written: %w", path, err)
		}
		f.readOnly = true
		return f, nil
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 && f.ours() {
		// Best effort: a mount may know no modes, and then there is nothing to tighten.
		_ = os.Chmod(path, 0o700) //nolint:gosec // a folder
	}
	return f, nil
}

// Existing is Open for a command that works on a folder and must not make one.
func Existing(path string) (*Folder, error) {
	if !exists(filepath.Join(path, databaseName)) {
		return nil, fmt.Errorf("there is no EcoFlow data in %s; choose the folder with --dir", path)
	}
	return Open(path)
}

// ours reports whether everything in the folder is EcoFlow's to close to others:
// it is empty or holds our database. Somebody's home given as --dir stays as it is.
func (f *Folder) ours() bool {
	if exists(filepath.Join(f.path, databaseName)) {
		return true
	}
	entries, err := os.ReadDir(f.path)
	return err == nil && len(entries) == 0
}

// Path returns the absolute path of the folder.
func (f *Folder) Path() string { return f.path }

// Within returns a path that is given from the folder on.
func (f *Folder) Within(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.path, name)
}

// own are the folders in the data folder in which the product alone writes.
var own = []string{logsName, "audit", "backups", "databases"}

// IsPrivate reports whether the product's own files are in a folder, or below it: the
// data folder itself, one above it, or one in it that the product keeps things in.
// Links are followed.
func (f *Folder) IsPrivate(path string) (bool, error) {
	data, err := filepath.EvalSymlinks(f.path)
	if err != nil {
		return false, err
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false, err
	}
	if rel, err := filepath.Rel(real, data); err == nil && filepath.IsLocal(rel) {
		return true, nil
	}
	rel, err := filepath.Rel(data, real)
	if err != nil || !filepath.IsLocal(rel) {
		return false, nil //nolint:nilerr // it is elsewhere
	}
	first, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
	return slices.ContainsFunc(own, func(name string) bool { return strings.EqualFold(first, name) }), nil
}

// Logs returns the path of the folder's log folder.
func (f *Folder) Logs() string { return filepath.Join(f.path, logsName) }

// ReadOnly reports whether the folder cannot be written (R17).
func (f *Folder) ReadOnly() bool { return f.readOnly }

// Unlocked reports whether the folder's file system knows no locks, so that
// storage has to keep others out by itself (R3). It is known after Own.
func (f *Folder) Unlocked() bool { return f.unlocked }

// Own makes this process the owner and reports whether it is; false means that
// another process is. The operating system ends the ownership with the process,
// so nothing stale ever has to be taken over. A read-only folder has no owner.
func (f *Folder) Own() (bool, error) {
	if f.readOnly {
		return true, nil
	}
	ok, err := f.lock.TryLock()
	if isUnsupported(err) {
		f.unlocked = true
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock the data folder: %w", err)
	}
	return ok, nil
}

// Retake makes this process the owner of a folder that was gone and is back, maybe
// as other files than before. It fails when another process took it meanwhile.
func (f *Folder) Retake() error {
	if f.unlocked {
		return nil
	}
	if err := f.lock.Unlock(); err != nil {
		return fmt.Errorf("lock the data folder again: %w", err)
	}
	owner, err := f.Own()
	if err == nil && !owner {
		err = fmt.Errorf("another EcoFlow has taken the data folder %s while it was gone", f.path)
	}
	return err
}

// Sweep removes what an earlier process left behind by ending without notice:
// half-written temporary files, its address, launch pages, setup code and reserve.
func (f *Folder) Sweep() error {
	if f.readOnly {
		return nil
	}
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return fmt.Errorf("sweep the data folder: %w", err)
	}
	errs := []error{file.Sweep(f.path)}
	for _, e := range entries {
		name, path := e.Name(), filepath.Join(f.path, e.Name())
		switch {
		case e.IsDir():
			errs = append(errs, file.Sweep(path))
		case name == runningName, name == setupCodeName, name == recoveryName, strings.HasPrefix(name, launchPrefix):
			errs = append(errs, remove(path))
		}
	}
	return errors.Join(errs...)
}

// Release removes the files that live only while the owner runs and gives the
// ownership up. The process that called Own calls it last.
func (f *Folder) Release() error {
	if f.readOnly {
		return nil
	}
	if !isDir(f.path) { // gone, with all that was in it
		return f.lock.Unlock()
	}
	errs := []error{f.Sweep(), f.ReleaseReserve()}
	if f.crashes != nil {
		errs = append(errs, f.crashes.close())
	}
	return errors.Join(append(errs, f.lock.Unlock())...)
}

// Reserve fills the reserve file. It fails when the disk has no room for it.
func (f *Folder) Reserve() error {
	path := filepath.Join(f.path, reserveName)
	if info, err := os.Stat(path); f.readOnly || (err == nil && info.Size() == ReserveBytes) {
		return nil
	}
	// Written and not only sized: a sparse file would reserve nothing.
	if err := os.WriteFile(path, make([]byte, ReserveBytes), 0o600); err != nil {
		return errors.Join(fmt.Errorf("fill the reserve file: %w", err), f.ReleaseReserve())
	}
	return nil
}

// startBytes is what a start writes at most before it answers.
const startBytes = 1 << 20

// MakeRoom gives the reserve up when the disk has no room to start in, and reports
// whether it did.
func (f *Folder) MakeRoom() (bool, error) {
	if f.readOnly {
		return false, nil
	}
	probe := filepath.Join(f.path, "room"+file.Unfinished)
	err := os.WriteFile(probe, make([]byte, startBytes), 0o600)
	if isFull(err) {
		return true, errors.Join(remove(probe), f.ReleaseReserve())
	}
	return false, errors.Join(err, remove(probe))
}

// ReleaseReserve gives the space of the reserve file back.
func (f *Folder) ReleaseReserve() error {
	if f.readOnly {
		return nil
	}
	return remove(filepath.Join(f.path, reserveName))
}

// WriteSetupCode keeps the setup code where only the owner of the folder can read
// it (S7).
func (f *Folder) WriteSetupCode(code string) error {
	return file.Write(filepath.Join(f.path, setupCodeName), []byte(code+"\n"), 0o600)
}

// RemoveSetupCode deletes the file of the setup code, which is of no use once a
// user exists.
func (f *Folder) RemoveSetupCode() error {
	return remove(filepath.Join(f.path, setupCodeName))
}

// WriteRecoveryCode keeps the code that lets people into a recovery where only the
// owner of the folder can read it. Sweep and Release remove it.
func (f *Folder) WriteRecoveryCode(code string) error {
	if f.readOnly {
		return nil
	}
	return file.Write(filepath.Join(f.path, recoveryName), []byte(code+"\n"), 0o600)
}

// remove deletes a file that need not be there.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// writable tries to write, since modes alone do not tell: a mount can be read-only.
// A full disk is writable; it only has no room.
func writable(dir string) error {
	probe, err := os.CreateTemp(dir, "*"+file.Unfinished)
	if isFull(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), remove(probe.Name())) // an owner may have swept it
}
