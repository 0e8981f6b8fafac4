//go:build !linux && !windows

package instance

// isRemovable knows only the portable folder here: the system does not say it of a path.
func isRemovable(string) bool { return false }
