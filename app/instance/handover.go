package instance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Handover is what a process leaves to the one that takes its place in a restart.
// It travels through a pipe: neither the command line nor the environment, which
// others may read, shows any of it.
type Handover struct {
	Sockets []Socket `json:"sockets"`
	// Process continues the sessions of local mode; see auth.Options.
	Process string `json:"process"`
	// SetupCode is the one that was shown to the person at the machine.
	SetupCode string `json:"setupCode"`
	// Safe, when set, says whether to start in safe mode, whatever the command line
	// and earlier crashes say.
	Safe *bool `json:"safe,omitempty"`
	// Args are those of the process before, should this one not start with its own.
	Args []string `json:"args"`
	// Failure says why a restart did not work; the process then goes on as before.
	Failure string `json:"failure,omitempty"`

	// Numbers of open files; 0 is none.
	Lock     int `json:"lock,omitempty"`     // holds the folder's lock
	Previous int `json:"previous,omitempty"` // the program before, should this one not start

	mu     sync.Mutex
	files  []*os.File // to close when the restart is over
	folder *Folder    // whose lock it is, once somebody holds it
}

// Socket is an open listening socket on its way from one process to the next.
type Socket struct {
	Wish    string `json:"wish"`    // host and port that were asked for; the port may be 0
	Address string `json:"address"` // what they became
	Number  int    `json:"number,omitempty"`
	// File is the socket; nil where the system hands none down and the address has to
	// be bound again.
	File *os.File `json:"-"`
}

// ReadyTime is how long a new process may take until it serves.
const ReadyTime = 20 * time.Second

// handoverVariable names the open file to read the handover from.
const handoverVariable = "ECOFLOW_HANDOVER"

// handoverBytes bounds what is read of it.
const handoverBytes = 1 << 20

// Inherit returns what the process before left to this one, nil when there was none.
func Inherit() (*Handover, error) {
	number, err := strconv.Atoi(os.Getenv(handoverVariable))
	if err != nil {
		return nil, nil //nolint:nilerr // an ordinary start
	}
	if err := os.Unsetenv(handoverVariable); err != nil {
		return nil, err
	}
	pipe := os.NewFile(uintptr(number), "handover")
	if pipe == nil {
		return nil, errors.New("the process before left nothing readable")
	}
	data, err := io.ReadAll(io.LimitReader(pipe, handoverBytes))
	if err := errors.Join(err, pipe.Close()); err != nil {
		return nil, fmt.Errorf("read what the process before left: %w", err)
	}
	h := &Handover{}
	if err := json.Unmarshal(data, h); err != nil {
		return nil, fmt.Errorf("read what the process before left: %w", err)
	}
	for i, s := range h.Sockets {
		if s.Number > 0 {
			h.Sockets[i].File = h.hold(s.Number, "socket "+s.Address)
		}
	}
	if h.Previous > 0 {
		h.hold(h.Previous, "program before")
	}
	return h, nil
}

// hold takes an inherited file, which no process started from here on inherits.
func (h *Handover) hold(number int, name string) *os.File {
	private(number)
	file := os.NewFile(uintptr(number), name)
	h.files = append(h.files, file)
	return file
}

// Keep has the handover close a file when the restart is over.
func (h *Handover) Keep(file *os.File) { h.files = append(h.files, file) }

// Over ends the restart: what was only held for it is closed. A nil handover has
// nothing.
func (h *Handover) Over() {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, file := range h.files {
		file.Close() //nolint:errcheck // nothing was written
	}
	h.files, h.Previous = nil, 0
	for i := range h.Sockets {
		h.Sockets[i].File, h.Sockets[i].Number = nil, 0
	}
}

// Adopt makes this process the owner of the folder if the process before was and
// left it the lock.
func (f *Folder) Adopt(h *Handover) {
	if h == nil || h.Lock == 0 || f.readOnly || f.lock.file != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.folder = f
	private(h.Lock)
	f.lock.file = os.NewFile(uintptr(h.Lock), lockName)
}

// HandOver ends what is this process's own in the folder and leaves the rest, the
// ownership among it, to the next.
func (f *Folder) HandOver() error {
	if f.crashes == nil {
		return nil
	}
	err := f.crashes.close()
	f.crashes = nil
	return err
}

// environment is that of this process with the number of the handover's pipe.
func environment(number uintptr) []string {
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, handoverVariable+"=") })
	return append(env, fmt.Sprintf("%s=%d", handoverVariable, number))
}

// pipe returns the end of a pipe that holds the handover.
func (h *Handover) pipe() (*os.File, error) {
	data, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	_, err = in.Write(data) // far less than what a pipe holds
	return out, errors.Join(err, in.Close())
}
