//go:build linux

package storage

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// A power cut, as far as a file system can tell: it is shut down in the middle of
// writes without what it had in memory, and mounted anew. What was acknowledged is
// there, and nothing of what was half done (R1).
func TestPowerCut(t *testing.T) {
	dir := t.TempDir()
	image, at := filepath.Join(dir, "image"), filepath.Join(dir, "disk")
	tool := func(name string, args ...string) error {
		out, err := exec.Command(name, args...).CombinedOutput()
		if err != nil {
			t.Logf("%s %s: %s", name, strings.Join(args, " "), out)
		}
		return err
	}
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, 128<<20); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(at, 0o700); err != nil {
		t.Fatal(err)
	}
	mounted := false
	mount := func() error {
		err := tool("mount", "-o", "loop", image, at)
		mounted = mounted || err == nil
		return err
	}
	unmount := func() {
		t.Helper()
		mounted = false
		if err := tool("umount", at); err != nil {
			t.Error(err)
		}
	}
	if tool("mkfs.ext4", "-q", image) != nil || mount() != nil {
		t.Skip("no file system of its own can be made here")
	}
	t.Cleanup(func() {
		if mounted {
			unmount()
		}
	})
	path := filepath.Join(at, "ecoflow.db")
	playground(t, path)
	rounds := 5
	if os.Getenv(fullVariable) != "" {
		rounds = 50
	} else if testing.Short() {
		rounds = 1
	}
	kept := map[string]bool{}
	for range rounds {
		cmd, lines := startChild(t, path)
		until := 1 + pick(400)
		for seen := 0; seen < until && lines.Scan(); {
			name, ok := strings.CutPrefix(lines.Text(), "kept ")
			if ok {
				kept[name] = true
				seen++
			}
		}
		shutDown(t, at)
		// What is told from here on comes out of a machine that has no power any more.
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		unmount()
		if err := mount(); err != nil {
			t.Fatal(err)
		}
		checkKept(t, path, kept)
		if t.Failed() {
			return
		}
	}
	if len(kept) < rounds {
		t.Errorf("only %d writes were acknowledged", len(kept))
	}
}

// shutDown ends the file system at the folder without writing anything more to its
// device, not even its log.
func shutDown(t *testing.T, at string) {
	t.Helper()
	const (
		request    = 0x8004587d // EXT4_IOC_SHUTDOWN
		noLogFlush = 2          // EXT4_GOING_FLAGS_NOLOGFLUSH
	)
	dir, err := os.Open(at)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	how := uint32(noLogFlush)
	if _, _, failed := syscall.Syscall(syscall.SYS_IOCTL, dir.Fd(), request, uintptr(unsafe.Pointer(&how))); failed != 0 {
		t.Fatal(failed)
	}
}
