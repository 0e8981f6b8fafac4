//go:build unix

package system

import "golang.org/x/sys/unix"

// freeSpace returns how many bytes of the disk that holds a folder this process
// may still write, and how many it has.
func freeSpace(path string) (free, size uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, 0, err
	}
	block := uint64(s.Bsize) //nolint:gosec // a block has a size
	return s.Bavail * block, s.Blocks * block, nil
}
