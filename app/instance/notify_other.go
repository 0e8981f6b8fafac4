//go:build !linux

package instance

// Reloading is what Notify tells at the beginning of a restart; READY=1 ends it.
func Reloading() string { return "RELOADING=1" }
