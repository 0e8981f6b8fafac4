package auth

import "golang.org/x/sys/windows"

const hasAside = false

// lower has this process wait for others that want the processor.
func lower(place) error {
	return windows.SetPriorityClass(windows.CurrentProcess(), windows.BELOW_NORMAL_PRIORITY_CLASS)
}
