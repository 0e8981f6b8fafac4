package system

import "golang.org/x/sys/windows"

// freeSpace returns how many bytes of the disk that holds a folder this process
// may still write, and how many it has.
func freeSpace(path string) (free, size uint64, err error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, 0, err
	}
	err = windows.GetDiskFreeSpaceEx(name, &free, &size, nil)
	return free, size, err
}
