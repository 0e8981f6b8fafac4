package serve

import (
	"os"

	"golang.org/x/sys/windows"
)

// hideTyping has a console not show what is typed until show is called; ok is false
// when the file is none.
func hideTyping(f *os.File) (show func(), ok bool) {
	h := windows.Handle(f.Fd())
	var was uint32
	if windows.GetConsoleMode(h, &was) != nil {
		return func() {}, false
	}
	if windows.SetConsoleMode(h, was&^windows.ENABLE_ECHO_INPUT) != nil {
		return func() {}, true
	}
	return func() { _ = windows.SetConsoleMode(h, was) }, true
}
