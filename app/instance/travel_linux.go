package instance

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// isRemovable asks the kernel about the drive, or about the one of the partition:
// https://www.kernel.org/doc/Documentation/ABI/stable/sysfs-block.
func isRemovable(path string) bool {
	var s unix.Stat_t
	if unix.Stat(path, &s) != nil {
		return false
	}
	device := fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(s.Dev), unix.Minor(s.Dev))
	for _, name := range []string{device + "/removable", device + "/../removable"} { // a link: not to be cleaned
		if b, err := os.ReadFile(name); err == nil {
			return len(b) > 0 && b[0] == '1'
		}
	}
	return false
}
