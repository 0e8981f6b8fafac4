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
// process of itself: ServeHashes on its standard streams.
const HelperCommand = "compute-hashes"

// helperEnv keeps the helper small: what a hash took is collected before the next one.
var helperEnv = []string{"GOGC=10"}

// helperPatience is how long the helper waits for more hashes before it ends.
const helperPatience = 3 * time.Second

// ServeHashes computes the hashes that are asked for on in, and answers them on out,
// until in ends. It does so at a low priority, where the system has one.
func ServeHashes(in io.ReadCloser, out io.WriteCloser) error {
	server := rpc.NewServer()
	service := &helperService{aside: make(chan struct{}, asides())}
	if err := server.RegisterName(helperName, service); err != nil {
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

// helperService is what the helper answers.
type helperService struct {
	aside chan struct{} // holds one for each hash that is computed aside
}

// asideTime is how long a hash may wait for a processor that nobody else wants.
const asideTime = time.Second

// Sum answers a derivation. net/rpc demands the form. It is computed where it holds
// nobody up; when that gives no sum in time, because a server is busy for good, once
// more where it gets its share.
func (s *helperService) Sum(d Derivation, sum *[]byte) error {
	sums := make(chan []byte, 2) // room for whoever is the second
	compute := func(lower func() error, done func()) {
		fault.Go(slog.Default(), "hash", func() {
			defer done()
			var made []byte
			defer func() { sums <- made }() // none from one that panics
			runtime.LockOSThread()          // for good: the thread, which steps back, ends with the goroutine
			lower()                         //nolint:errcheck // at the usual priority it is right as well
			made = d.sum()
		})
	}
	late := time.NewTimer(0)
	defer late.Stop()
	select {
	case s.aside <- struct{}{}:
		compute(standAside, func() { <-s.aside })
		late.Reset(asideTime)
	default: // as many as may wait there do, or there is no such place
	}
	select {
	case *sum = <-sums:
	case <-late.C:
		compute(stepBack, func() {})
		*sum = <-sums
	}
	if *sum == nil {
		return errors.New("the hash could not be computed")
	}
	return nil
}

// helper is the process beside this one that computes hashes. They take a core, and
// memory that keeps the collector busy: here they would hold up what flows answer.
// It is started when it is needed.
type helper struct {
	log      *slog.Logger
	command  func() *exec.Cmd
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
	cmd.Env = helperEnv
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
