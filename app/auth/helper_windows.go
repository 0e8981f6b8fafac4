package auth

import "golang.org/x/sys/windows"

// stepBack has this process wait for others that want the processor.
func stepBack() error {
	return windows.SetPriorityClass(windows.CurrentProcess(), windows.BELOW_NORMAL_PRIORITY_CLASS)
}
