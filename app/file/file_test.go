package file_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"ecoflow/app/file"
)

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	for _, content := range []string{"first", "", "second, which is longer"} {
		if err := file.Write(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil || string(b) != content {
			t.Errorf("got %q, %v", b, err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("mode %o", info.Mode().Perm())
		}
	}
	if list, err := os.ReadDir(filepath.Dir(path)); err != nil || len(list) != 1 {
		t.Errorf("left behind: %v, %v", list, err)
	}
}

// What a crash left, with a wider permission too, is in nobody's way.
func TestWriteOverWhatACrashLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path+file.Unfinished, []byte("half of something much longer"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := file.Write(path, []byte("whole"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil || string(b) != "whole" {
		t.Errorf("got %q, %v", b, err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestFailedWriteLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(path, "full"), 0o700); err != nil { // a folder in the way
		t.Fatal(err)
	}
	if err := file.Write(path, []byte("x"), 0o600); err == nil {
		t.Fatal("it was written")
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("left behind: %v, %v", list, err)
	}
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"keep", "a" + file.Unfinished, "b" + file.Unfinished} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"+file.Unfinished), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := file.Sweep(dir); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 2 {
		t.Errorf("left: %v, %v", list, err)
	}
	if err := file.Sweep(filepath.Join(dir, "missing")); err != nil {
		t.Error(err)
	}
}
