//go:build linux

package storage

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// R1: each wait for the disk in turn fails once. Nothing is acknowledged after the
// failure, though the next wait would succeed, and all that was is there.
func TestDiskThatFailsOnce(t *testing.T) {
	strace := tracer(t)
	moments := []int{1, 2, 3, 5, 8}
	if os.Getenv(fullVariable) != "" {
		moments = moments[:0]
		for when := range 20 {
			moments = append(moments, when+1)
		}
	}
	for _, when := range moments {
		t.Run(fmt.Sprint(when), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ecoflow.db")
			playground(t, path)
			inject := fmt.Sprintf("inject=fsync,fdatasync:error=EIO:when=%d", when)
			cmd, lines := startChild(t, path, strace, "-f", "-o", filepath.Join(t.TempDir(), "trace"), "-e", "trace=fsync,fdatasync", "-e", inject)
			kept := map[string]bool{}
			failed, told := 0, 1     // a start that fails says so once
			late := map[string]int{} // acknowledgements told after the first failure, by writer
			for lines.Scan() {
				line := lines.Text()
				name, ok := strings.CutPrefix(line, "kept ")
				switch {
				case ok:
					kept[name] = true
					if failed > 0 {
						late[strings.Split(name, "-")[1]]++
					}
				case line == "ready":
					told = 8 // each writer, once
				default:
					failed++
				}
				if len(kept) > 20_000 {
					cmd.Process.Kill()
					t.Fatal("the failure was never noticed")
				}
			}
			cmd.Wait()
			if failed != told {
				t.Errorf("%d failures were told, want %d", failed, told)
			}
			// One that was acknowledged before may get to tell it later; a second one
			// began after the failure.
			for writer, n := range late {
				if n > 1 {
					t.Errorf("writer %s had %d writes acknowledged after the failure", writer, n)
				}
			}
			checkKept(t, path, kept)
		})
	}
}

// R16: writes that find no room on the disk, from one moment on. Whoever wrote is told
// so in a clear sentence, and all that was acknowledged is there, as are the checks of
// it. TestFullDisk does it with a real volume, where one can be made.
func TestDiskWithoutRoom(t *testing.T) {
	strace := tracer(t)
	for _, when := range []int{40, 111, 300} { // writes of a thread
		t.Run(fmt.Sprint(when), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ecoflow.db")
			playground(t, path)
			inject := fmt.Sprintf("inject=pwrite64:error=ENOSPC:when=%d+", when)
			cmd, lines := startChild(t, path, strace, "-f", "-o", filepath.Join(t.TempDir(), "trace"), "-e", "trace=pwrite64", "-e", inject)
			kept := map[string]bool{}
			told := 0
			for lines.Scan() {
				line := lines.Text()
				if name, ok := strings.CutPrefix(line, "kept "); ok {
					kept[name] = true
				} else if strings.HasPrefix(line, "failed ") {
					if told++; !strings.Contains(line, "The disk is full") {
						t.Error(line)
					}
				}
				if len(kept) > 50_000 {
					cmd.Process.Kill()
					t.Fatal("the failure was never noticed")
				}
			}
			cmd.Wait()
			if told != 8 { // each writer, once
				t.Errorf("%d writers were told", told)
			}
			checkKept(t, path, kept)
		})
	}
}

// tracer returns strace, where processes may be traced.
func tracer(t *testing.T) string {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	if err := exec.Command(strace, "-o", filepath.Join(t.TempDir(), "probe"), "true").Run(); err != nil {
		t.Skip("processes may not be traced here")
	}
	return strace
}
