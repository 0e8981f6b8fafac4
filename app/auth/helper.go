package auth

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/rpc"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"ecoflow/app/fault"
)

// HelperCommand is the command with which the program computes hashes for another
// process of itself: ServeHashes on its standard streams, in the place that is its one
// argument.
const HelperCommand = "compute-hashes"

// helperEnv keeps a helper small: what a hash took is collected before the next one.
var helperEnv = []string{"GOGC=10"}

// helperPatience is how long a helper waits for more hashes before it ends.
const helperPatience = 3 * time.Second

// asideTime is how long a hash may wait for a processor that nobody else wants.
const asideTime = time.Second

// place is where a helper stands among those that want the processor.
type place string

const (
	aside  place = "aside"  // it gets what nobody else wants
	behind place = "behind" // it gets a small share: a sign-in may take a moment longer, what is served may not
)

// niceness is that of a helper that stands behind, where the system has such a number.
const niceness = 10

// ServeHashes computes the hashes that are asked for on in, and answers them on out,
// until in ends. where is the argument of HelperCommand; another one is an error.
func ServeHashes(in io.ReadCloser, out io.WriteCloser, where string) error {
	if place(where) != aside && place(where) != behind {
		return fmt.Errorf("serve hashes: there is no place %q", where)
	}
	// The library computes in goroutines of its own, and the collector in others: it is
	// the process that makes room, not a thread.
	if err := lower(place(where)); err != nil {
		slog.Debug("hashes are computed at the usual priority", "error", err)
	}
	server := rpc.NewServer()
	if err := server.RegisterName(helperName, helperService{}); err != nil {
		return fmt.Errorf("serve hashes: %w", err)
	}
	server.ServeConn(&streams{ReadCloser: in, WriteCloser: out})
	return nil
}

const helperName = "Hashes"

// streams are the two directions between a process and its helper.
type streams struct {
	io.ReadCloser
	io.WriteCloser
}

// Close closes both.
func (s *streams) Close() error { return errors.Join(s.WriteCloser.Close(), s.ReadCloser.Close()) }

// helperService is what a helper answers.
type helperService struct{}

// Sum answers a derivation. net/rpc demands the form.
func (helperService) Sum(d Derivation, sum *[]byte) error {
	*sum = d.sum()
	return nil
}

// helpers have hashes computed where they hold nobody up: aside and, where that gives no
// sum in time because a server is busy for good, once more behind.
type helpers struct {
	aside  *helper       // nil where the system has no such place
	asides chan struct{} // one for each that is computed there
	behind *helper
}

func newHelpers(log *slog.Logger, command func() *exec.Cmd) *helpers {
	at := func(where place) *helper {
		return &helper{log: log, command: command, where: where, patience: helperPatience}
	}
	h := &helpers{behind: at(behind), asides: make(chan struct{}, runtime.GOMAXPROCS(0))}
	if hasAside {
		h.aside = at(aside)
	}
	return h
}

// sum has the derivation computed.
func (h *helpers) sum(d Derivation) ([]byte, error) {
	if h.aside == nil {
		return h.behind.sum(d)
	}
	select {
	case h.asides <- struct{}{}:
	default: // those that wait there wait for long
		return h.behind.sum(d)
	}
	type result struct {
		sum []byte
		err error
	}
	first := make(chan result, 1)
	fault.Go(h.aside.log, "hash", func() {
		defer func() { <-h.asides }()
		sum, err := h.aside.sum(d)
		first <- result{sum, err}
	})
	late := time.NewTimer(asideTime)
	defer late.Stop()
	select {
	case r := <-first:
		return r.sum, r.err
	case <-late.C:
		return h.behind.sum(d)
	}
}

// close ends the helpers at once and for good.
func (h *helpers) close() error {
	err := h.behind.close()
	if h.aside != nil {
		err = errors.Join(err, h.aside.close())
	}
	return err
}

// helper is the process beside this one that computes hashes. They take a core, and
// memory that keeps the collector busy: here they would hold up what flows answer.
// It is started when it is needed.
type helper struct {
	log      *slog.Logger
	command  func() *exec.Cmd
	where    place
	patience time.Duration // after which it ends unused

	mu      sync.Mutex
	closed  bool
	running *rpc.Client // nil while none is
	process *os.Process // of running
	users   int
	idle    *time.Timer
	ending  sync.WaitGroup
}

// sum has the derivation computed.
func (h *helper) sum(d Derivation) (sum []byte, err error) {
	client, err := h.borrow()
	if err != nil {
		return nil, err
	}
	err = client.Call(helperName+".Sum", d, &sum)
	h.giveBack(client, err)
	return sum, err
}

// borrow returns the helper that runs, or starts one.
func (h *helper) borrow() (*rpc.Client, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, errors.New("the helper has ended")
	}
	if h.running == nil {
		if err := h.start(); err != nil {
			return nil, fmt.Errorf("start the helper: %w", err)
		}
	}
	if h.idle != nil {
		h.idle.Stop()
	}
	h.users++
	return h.running, nil
}

// giveBack ends the helper after a while without use, and at once when it failed.
func (h *helper) giveBack(client *rpc.Client, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.users--
	if err != nil && client == h.running {
		h.end()
	}
	if h.users == 0 && h.running != nil {
		h.idle = time.AfterFunc(h.patience, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.users == 0 {
				h.end()
			}
		})
	}
}

// end lets the helper go; what it still computes is cut off. The caller holds mu.
func (h *helper) end() {
	if h.running == nil {
		return
	}
	h.running.Close() //nolint:errcheck // it has failed already, or ends now
	h.running = nil
}

// close ends the helper at once and for good.
func (h *helper) close() error {
	h.mu.Lock()
	h.closed = true
	if h.idle != nil {
		h.idle.Stop()
	}
	var err error
	if h.running != nil {
		err = h.process.Kill()
	}
	h.end()
	h.mu.Unlock()
	h.ending.Wait()
	return err
}

// start starts the helper. The caller holds mu.
func (h *helper) start() error {
	cmd := h.command()
	cmd.Args, cmd.Env = append(cmd.Args, string(h.where)), helperEnv
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	h.running, h.process = rpc.NewClient(&streams{ReadCloser: out, WriteCloser: in}), cmd.Process
	h.ending.Add(1)
	fault.Go(h.log, "end of the helper", func() {
		defer h.ending.Done()
		if err := cmd.Wait(); err != nil {
			h.log.Debug("the helper that computes hashes ended", "err", err)
		}
	})
	return nil
}
