package system

import (
	"io/fs"
	"os"
	"path"
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
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return total
	}
	return boundByGroups(total, os.DirFS("/sys/fs/cgroup"), string(groups))
}

// boundByGroups returns the least of total and what the groups of a process and
// those above them allow, of both versions of control groups: cgroups(7). A container
// sees its own group as the root.
func boundByGroups(total uint64, mount fs.FS, groups string) uint64 {
	for line := range strings.Lines(groups) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		folder, name := "", "memory.max"
		switch controllers {
		case "":
		case "memory":
			folder, name = "memory", "memory.limit_in_bytes"
		default:
			continue
		}
		for at := path.Clean("/" + group); ; at = path.Dir(at) {
			text, err := fs.ReadFile(mount, strings.TrimPrefix(path.Join("/", folder, at, name), "/"))
			if err == nil {
				if bound, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64); err == nil && bound > 0 {
					total = min(total, bound)
				}
			}
			if at == "/" {
				break
			}
		}
	}
	return total
}
