//go:build !windows

package web

import "fmt"

// isTaken reports whether a port is in use, where that has another name than
// EADDRINUSE.
func isTaken(error) bool { return false }

// whoHolds says how to find out which program has the port.
func whoHolds(port int) string {
	return fmt.Sprintf("`lsof -i :%d` tells which", port)
}
