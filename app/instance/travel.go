package instance

import "path/filepath"

// Travels reports whether the folder leaves with a drive: it is the portable one
// beside the program, or the system says that its drive can be pulled.
func (f *Folder) Travels() bool {
	return filepath.Base(f.path) == portableName || isRemovable(f.path)
}
