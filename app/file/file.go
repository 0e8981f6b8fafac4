// Package file puts files in place whole or not at all: whoever looks, also
// after a crash at any moment, finds the old content or the new one.
package file

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Unfinished is the ending of files that are still being written. One that a
// crash left behind is never anything but rubbish; Sweep removes it.
const Unfinished = ".unfinished"

// Write puts data into the file at path with the permission, replacing what was
// there.
func Write(path string, data []byte, perm os.FileMode) error {
	tmp := path + Unfinished
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	_, err = f.Write(data)
	// A file that was left behind keeps its old permission otherwise.
	err = errors.Join(err, os.Chmod(tmp, perm), f.Close())
	if err == nil {
		err = Place(tmp, path)
	}
	if err != nil {
		os.Remove(tmp) //nolint:errcheck // what is left is swept at the next start
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}

// Place makes the finished file tmp appear at path, which is in the same folder,
// once its content is on disk.
func Place(tmp, path string) error {
	f, err := os.OpenFile(tmp, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// SyncFolder makes the names in a folder durable. Windows has no such call and
// needs none.
func SyncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Sweep removes the unfinished files that a crash left in a folder. A folder
// that does not exist holds none.
func Sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasSuffix(e.Name(), Unfinished) {
			// A start that only looks whether it can write removes its own.
			if err := os.Remove(filepath.Join(dir, e.Name())); !errors.Is(err, os.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}
