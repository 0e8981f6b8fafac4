package system

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// machineMemory returns the bytes this process may use: the machine's, or less
// where a control group bounds it (containers, services).
func machineMemory() uint64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	total := uint64(info.Totalram) * uint64(info.Unit)
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if bound, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64); err == nil && bound > 0 {
			total = min(total, bound)
		}
	}
	return total
}
