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
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	probe := exec.Command(strace, "-o", filepath.Join(t.TempDir(), "probe"), "true")
	if err := probe.Run(); err != nil {
		t.Skip("processes may not be traced here")
	}
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
