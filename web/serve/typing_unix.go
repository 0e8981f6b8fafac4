//go:build unix

package serve

import (
	"os"

	"golang.org/x/sys/unix"
)

// hideTyping has a terminal not show what is typed until show is called; ok is false
// when the file is none.
func hideTyping(f *os.File) (show func(), ok bool) {
	fd := int(f.Fd()) //nolint:gosec // a descriptor
	was, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return func() {}, false
	}
	is := *was
	is.Lflag &^= unix.ECHO
	if unix.IoctlSetTermios(fd, setTermios, &is) != nil {
		return func() {}, true
	}
	return func() { _ = unix.IoctlSetTermios(fd, setTermios, was) }, true
}
