package instance

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock is the operating system's lock on a file. It stays with its process.
type lock struct {
	path string
	file *os.File // nil while it is not held
}

func newLock(path string) *lock { return &lock{path: path} }

// TryLock takes the lock unless another process has it.
func (l *lock) TryLock() (bool, error) {
	if l.file != nil {
		return true, nil
	}
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, err
	}
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	if err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, &windows.Overlapped{}); err != nil {
		if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
			err = nil
		}
		return false, errors.Join(err, file.Close())
	}
	l.file = file
	return true, nil
}

// Unlock gives the lock up.
func (l *lock) Unlock() error {
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}
