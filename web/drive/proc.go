package drive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit in which Linux counts the time of a process.
const tick = 10 * time.Millisecond

// CPU returns the processor time that a process has used, in user and system mode.
func CPU(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read the processor time: %w", err)
	}
	// The second field is the name in brackets and may hold anything.
	_, rest, ok := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, fmt.Errorf("read the processor time: %q", text)
	}
	var total time.Duration
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read the processor time: %w", err)
		}
		total += time.Duration(n) * tick
	}
	return total, nil
}

// ThreadTime returns the processor time that the threads of a process have used, to the
// microsecond: what CPU cannot tell of one that does next to nothing. Threads that ended
// are not in it.
func ThreadTime(pid int) (time.Duration, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(threads) == 0 {
		return 0, fmt.Errorf("read the time of the threads of %d: %w", pid, errors.Join(err, os.ErrNotExist))
	}
	var total time.Duration
	for _, name := range threads {
		text, err := os.ReadFile(name)
		if err != nil {
			return 0, fmt.Errorf("read the time of a thread: %w", err)
		}
		used, _, _ := strings.Cut(string(text), " ") // nanoseconds
		n, err := strconv.ParseInt(used, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read the time of a thread: %w", err)
		}
		total += time.Duration(n)
	}
	return total, nil
}

// Memory returns the bytes of memory that a process and its children hold. They are
// the same program: its pages, which they share, count once.
func Memory(pid int) (int64, error) {
	children, err := Children(pid)
	if err != nil {
		return 0, err
	}
	total, err := memory(pid, "VmRSS:")
	for _, child := range children {
		if held, err := memory(child, "RssAnon:"); err == nil { // else it has ended meanwhile
			total += held
		}
	}
	return total, err
}

// Children returns the processes that a process started and that have not ended.
func Children(pid int) (pids []int, err error) {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil, err
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // a thread that has ended
		}
		for _, field := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				return nil, fmt.Errorf("read the children of process %d: %w", pid, err)
			}
			pids = append(pids, child)
		}
	}
	return pids, nil
}

func memory(pid int, what string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read the memory: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, what); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("process %d tells no memory", pid)
}
