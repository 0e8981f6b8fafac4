//go:build !linux

package storage

import "os"

// sighting is what a look at a file shows: which one it is, and its bytes.
type sighting struct {
	info os.FileInfo
	size int64
}

// sight looks at the file at path. Errors are as of os.Stat.
func sight(path string) (sighting, error) {
	info, err := os.Stat(path)
	if err != nil {
		return sighting{}, err
	}
	return sighting{info, info.Size()}, nil
}

// same reports whether both show the same file.
func (s sighting) same(as sighting) bool { return os.SameFile(s.info, as.info) }
