package instance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// private does nothing: no open file is inherited here unless it is given.
func private(int) {}

// Become starts the program anew, with the same arguments and environment, and
// waits until it is ready: then it returns nil, and this process has to end. With
// an error this process is as it was, the owner of the folder again.
func Become(f *Folder, h *Handover) error {
	path, err := os.Executable()
	if err != nil {
		return err
	}
	pipe, err := h.pipe()
	if err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	defer pipe.Close()
	next := exec.Command(path, os.Args[1:]...)
	next.Env, next.Stdin, next.Stdout, next.Stderr = environment(0), pipe, os.Stdout, os.Stderr
	if err := errors.Join(remove(f.running()), f.lock.Unlock()); err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	err = next.Start()
	if err == nil {
		if err = f.awaitReady(next.Process.Pid); err == nil {
			return next.Process.Release()
		}
		err = errors.Join(err, next.Process.Kill(), next.Wait())
	}
	_, owned := f.Own()
	return errors.Join(fmt.Errorf("start %s: %w", path, err), owned)
}

// FallBack returns: the process before still waits for this one and goes on by itself.
func (h *Handover) FallBack(string) error { return nil }

// awaitReady waits until the process serves.
func (f *Folder) awaitReady(pid int) error {
	ctx, cancel := context.WithTimeout(context.Background(), ReadyTime)
	defer cancel()
	for {
		if other, err := f.Other(); err == nil && other.PID == pid {
			return nil
		}
		select {
		case <-time.After(waitStep):
		case <-ctx.Done():
			return fmt.Errorf("it was not ready within %s", ReadyTime)
		}
	}
}
