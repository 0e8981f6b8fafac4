//go:build unix

package instance

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock is the operating system's lock on a file. It belongs to the open file and
// not to the process, so a process can hand it to the one that takes its place.
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
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
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
