package instance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// tempPattern names files that are still being written; Sweep knows them by it.
const tempPattern = ".ecoflow-*.tmp"

// WriteWhole writes data to path so that a crash at any moment leaves the old
// content or the new one, never a part of it (R4): into a temporary file in the
// same folder, onto the disk, then renamed into place. The file gets mode, also
// where it was there before.
func WriteWhole(path string, data []byte, mode fs.FileMode) (err error) {
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, tempPattern)
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", filepath.Base(path), errors.Join(err, os.Remove(file.Name())))
		}
	}()
	if _, err = file.Write(data); err == nil {
		err = errors.Join(chmod(file, mode), file.Sync())
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err = os.Rename(file.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func chmod(file *os.File, mode fs.FileMode) error {
	if runtime.GOOS == "windows" {
		return nil // rights come from the folder there
	}
	return file.Chmod(mode)
}

// syncDir makes the rename itself durable. Windows has no such call and needs
// none; some network mounts refuse it.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err = d.Sync(); isUnsupported(err) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
