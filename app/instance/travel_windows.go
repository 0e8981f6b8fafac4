package instance

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// isRemovable asks Windows about the drive.
func isRemovable(path string) bool {
	root, err := windows.UTF16PtrFromString(filepath.VolumeName(path) + `\`)
	return err == nil && windows.GetDriveType(root) == windows.DRIVE_REMOVABLE
}
