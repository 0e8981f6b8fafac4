package system

import (
	"context"
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"ecoflow/app/fault"
)

const (
	littleSpace = 512 << 20 // bytes free on the disk, under which somebody should look
	noSpace     = 16 << 20  // and under which nothing works for long
)

// DiskPart watches the space left on the disk that holds a folder.
func DiskPart(folder string) Part {
	return Part{Name: "disk", Look: func(context.Context) Finding {
		free, size, err := freeSpace(folder)
		if err != nil {
			return Finding{Condition: Failed, Reason: "The disk of the data folder cannot be reached: " + err.Error() + "."}
		}
		left := fmt.Sprintf("%s of %s are free", Bytes(free), Bytes(size))
		switch {
		case free < noSpace:
			return Finding{Condition: Failed, Trouble: "disk", Reason: "The disk of the data folder is full: " + left + ". Make room soon."}
		case free < littleSpace:
			return Finding{Condition: Warning, Reason: "The disk of the data folder is nearly full: " + left + ". Make room."}
		}
		return Finding{Reason: left + "."}
	}}
}

// panicsTell is how long the health speaks of a panic.
const panicsTell = 10 * time.Minute

// Part says whether the process is the one that was wished for: it is not after a
// restart that did not work, nor soon after something in it panicked.
func (s *System) Part() Part {
	const clock = "15:04 on 2 January"
	return Part{Name: "process", Look: func(context.Context) Finding {
		if at := s.RestartFailed(); !at.IsZero() {
			return Finding{
				Condition: Warning, Trouble: "restart",
				Reason: "EcoFlow could not be restarted at " + at.UTC().Format(clock) + " (UTC) and goes on as before. The log says why.",
			}
		}
		if at := fault.LastPanic(); at.After(s.started) && time.Since(at) < panicsTell {
			return Finding{
				Condition: Warning,
				Reason: fmt.Sprintf("A mistake of EcoFlow's own was caught at %s (UTC), number %d since the start. What it was about failed, everything else goes on; the log has it as panic.",
					at.UTC().Format(clock), fault.Panics()),
			}
		}
		return Finding{Reason: "It has run since " + s.started.UTC().Format(clock) + " (UTC)."}
	}}
}

// MemoryPart watches how much of the memory that the process may have it uses.
func MemoryPart() Part {
	return Part{Name: "memory", Look: func(context.Context) Finding {
		used := MemoryInUse()
		bound := debug.SetMemoryLimit(-1)
		switch {
		case bound <= 0 || bound == 1<<63-1:
			return Finding{Reason: Bytes(used) + " are in use."}
		case used > uint64(bound)/10*9:
			return Finding{Condition: Warning, Reason: fmt.Sprintf("%s of %s are in use: the server grows slow when it nears the bound. Give it more memory, or lower the limits of runs.", Bytes(used), Bytes(uint64(bound)))}
		}
		return Finding{Reason: fmt.Sprintf("%s of %s are in use.", Bytes(used), Bytes(uint64(bound)))}
	}}
}

// MemoryInUse returns the bytes that the process has from the system and uses, as
// the bound of its memory counts them.
func MemoryInUse() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}

// Bytes writes a size for people: "3.4 GiB".
func Bytes(n uint64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"}
	f, unit := float64(n), 0
	for f >= 1023.95 && unit < len(units)-1 { // 1023.95 would be written as 1024.0
		f /= 1024
		unit++
	}
	if unit == 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[unit])
}
