//go:build unix

package instance

import (
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// private keeps an open file from the processes that this one starts.
func private(number int) { unix.CloseOnExec(number) }

// inherited lets the program that takes this one's place have an open file.
func inherited(number int) error {
	_, err := unix.FcntlInt(uintptr(number), unix.F_SETFD, 0)
	return err
}

// Become replaces this program, in the same process, by the one at the path that
// it was started from, with the same arguments and environment. The process keeps
// its id, so whoever supervises it, a service manager, a container or a shell,
// notices nothing; and its sockets stay open, so callers wait instead of being
// refused. It returns only when that failed: then this process is as it was.
func Become(f *Folder, h *Handover) error {
	path, err := os.Executable()
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.Args, h.Previous, h.folder = os.Args, 0, f
	if runtime.GOOS == "linux" { // where a program can be run that is no longer at its path
		if own, err := os.Open("/proc/self/exe"); err == nil {
			h.files = append(h.files, own)
			h.Previous = int(own.Fd())
		}
	}
	return h.exec(path)
}

// FallBack gives the process back to the program before, because this one could not
// start. It returns when there is none: after an ordinary start, once the restart is
// over, and on systems other than Linux, where a program can be run only at its path,
// and that is this one's by now. There the rehearsal alone keeps what cannot start
// from taking over; what fails in spite of it ends, and whoever supervises starts it
// again.
func (h *Handover) FallBack(failure string) error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.Previous == 0 {
		return nil
	}
	path := fmt.Sprintf("/proc/self/fd/%d", h.Previous)
	h.Failure, h.Previous = failure, 0
	return h.exec(path)
}

func (h *Handover) exec(path string) error {
	if h.folder != nil {
		h.Lock = 0
		if file := h.folder.lock.file; file != nil {
			h.Lock = int(file.Fd())
		}
	}
	numbers := []int{h.Lock, h.Previous}
	for i, s := range h.Sockets {
		if s.File != nil {
			h.Sockets[i].Number = int(s.File.Fd())
			numbers = append(numbers, h.Sockets[i].Number)
		}
	}
	pipe, err := h.pipe()
	if err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	defer pipe.Close()
	numbers = append(numbers, int(pipe.Fd()))
	for _, number := range numbers {
		if number == 0 {
			continue
		}
		defer private(number)
		if err := inherited(number); err != nil {
			return fmt.Errorf("hand over: %w", err)
		}
	}
	return fmt.Errorf("start %s: %w", path, syscall.Exec(path, h.Args, environment(pipe.Fd()))) //nolint:gosec // the program itself, with its own arguments
}
