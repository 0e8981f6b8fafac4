package system

import "golang.org/x/sys/unix"

// machineMemory returns the bytes of memory this machine has.
func machineMemory() uint64 {
	n, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return n
}
