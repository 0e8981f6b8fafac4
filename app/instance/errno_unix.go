//go:build unix

package instance

import (
	"errors"

	"golang.org/x/sys/unix"
)

// isUnsupported reports whether the file system does not know the operation.
func isUnsupported(err error) bool {
	return errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOLCK) || errors.Is(err, unix.EINVAL)
}

// isFull reports whether there is no room left.
func isFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}
