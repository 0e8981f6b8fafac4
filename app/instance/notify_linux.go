package instance

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Reloading is what Notify tells at the beginning of a restart; READY=1 ends it.
func Reloading() string {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return "RELOADING=1"
	}
	return fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d", now.Nano()/1000)
}
