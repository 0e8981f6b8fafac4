package storage

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// sighting is what a look at a file shows: which one it is, and its bytes. Times are not
// asked for: Linux (6.13 and later) then keeps the next one to the nanosecond, and each
// commit would have to make that durable too.
type sighting struct {
	major, minor uint32
	inode        uint64
	size         int64
}

// sight looks at the file at path. Errors are as of os.Stat.
func sight(path string) (sighting, error) {
	var s unix.Statx_t
	for {
		err := unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_INO|unix.STATX_SIZE, &s)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return sighting{}, &fs.PathError{Op: "statx", Path: path, Err: err}
		}
		return sighting{s.Dev_major, s.Dev_minor, s.Ino, int64(s.Size)}, nil //nolint:gosec // no file is larger
	}
}

// same reports whether both show the same file.
func (s sighting) same(as sighting) bool {
	as.size = s.size
	return s == as
}
