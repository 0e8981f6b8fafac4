package web

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows"
)

// isTaken reports whether a port is in use: Windows has its own numbers for it,
// and refuses reserved ports with a lack of rights.
func isTaken(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}

// whoHolds says how to find out which program has the port.
func whoHolds(port int) string {
	return fmt.Sprintf("`netstat -abno | findstr :%d` tells which", port)
}
