package instance

import (
	"io"
	"strings"

	"github.com/pkg/browser"
)

// Browse opens a launch page or an address in the person's browser. It may wait
// until the browser ends, so callers give it a goroutine.
func Browse(target string) error {
	browser.Stdout, browser.Stderr = io.Discard, io.Discard
	if strings.Contains(target, "://") {
		return browser.OpenURL(target)
	}
	return browser.OpenFile(target)
}
