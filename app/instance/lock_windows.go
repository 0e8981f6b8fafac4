package instance

import (
	"os"

	"github.com/gofrs/flock"
)

// lock is the operating system's lock on a file.
type lock struct {
	*flock.Flock
	file *os.File // never set: a lock stays with its process here
}

func newLock(path string) *lock { return &lock{Flock: flock.New(path, flock.SetPermissions(0o600))} }
