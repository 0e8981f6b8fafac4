// Package drive runs the built program from outside and talks to it as people and
// their scripts do: it starts and ends processes, signs in, and deploys flows. The
// process tests and the benchmark stand on it.
package drive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"ecoflow/app/fault"
)

// startTime bounds how long a program may take to become ready.
const startTime = 30 * time.Second

// unwatched is what the race detector does not watch; build.sh says why.
var unwatched = []string{"modernc.org/sqlite/lib", "modernc.org/libc/...", "modernc.org/memory"}

// Build compiles the program of this repository into dir and returns its path. It
// has to be called from within the repository.
func Build(dir string, race bool) (binary string, err error) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	binary = filepath.Join(dir, "ecoflow")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	args, cgo := []string{"build", "-buildvcs=false", "-o", binary}, "CGO_ENABLED=0"
	if race {
		args, cgo = append(args, "-race"), "CGO_ENABLED=1"
		for _, pkg := range unwatched {
			args = append(args, "-gcflags="+pkg+"=-race=false")
		}
	}
	build := exec.Command("go", append(args, ".")...)
	build.Dir = strings.TrimSpace(string(root))
	build.Env = append(os.Environ(), cgo)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return binary, nil
}

// Program is a started process of the product.
type Program struct {
	Address   string // "http://localhost:4000"
	SetupCode string // as printed, "" when there is none
	PID       int

	cmd    *exec.Cmd
	out    *output
	exited chan struct{}
}

// Start starts the binary on the data folder dir and waits until it is ready. The
// environment is env and nothing of the caller's but what a process needs at all.
func Start(binary, dir string, env []string, args ...string) (*Program, error) {
	p := &Program{exited: make(chan struct{}), out: &output{ready: make(chan struct{})}}
	p.cmd = command(binary, env, append([]string{"--dir", dir}, args...))
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the program: %w", err)
	}
	p.PID = p.cmd.Process.Pid
	fault.Go(slog.Default(), "wait for the program", func() {
		defer close(p.exited)
		_ = p.cmd.Wait() // how it ended is in the process state
	})
	select {
	case <-p.out.ready:
		p.Address, p.SetupCode = p.out.facts()
		return p, nil
	case <-p.exited:
		return nil, fmt.Errorf("the program ended with %d instead of starting:\n%s", p.cmd.ProcessState.ExitCode(), p.Output())
	case <-time.After(startTime):
		p.Kill()
		return nil, fmt.Errorf("the program did not start within %s:\n%s", startTime, p.Output())
	}
}

// Run runs the binary to its end and returns what it printed and its exit code.
func Run(ctx context.Context, binary string, env []string, args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	cmd := command(binary, env, args)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		return "", err.Error(), -1
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	_ = cmd.Wait()
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func command(binary string, env, args []string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	// GORACE: a program built with the race detector ends differently from any
	// other end once it found something.
	cmd.Env = append([]string{"HOME=" + os.TempDir(), "GORACE=exitcode=66"}, env...)
	for _, name := range []string{"PATH", "SYSTEMROOT", "TMPDIR", "TEMP"} {
		if value, ok := os.LookupEnv(name); ok && !has(env, name) {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	return cmd
}

func has(env []string, name string) bool {
	for _, pair := range env {
		if strings.HasPrefix(pair, name+"=") {
			return true
		}
	}
	return false
}

// Output returns what the program printed so far.
func (p *Program) Output() string { return p.out.String() }

// Signal sends the program a signal.
func (p *Program) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Interrupt asks the program to stop, as a service manager does.
func (p *Program) Interrupt() error { return p.Signal(syscall.SIGTERM) }

// Kill ends the program without notice, as a power cut would, and waits until it
// is gone.
func (p *Program) Kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	<-p.exited
}

// Exited is closed when the program has ended.
func (p *Program) Exited() <-chan struct{} { return p.exited }

// Wait returns the exit code, or an error when the program has not ended in time.
func (p *Program) Wait(most time.Duration) (code int, err error) {
	select {
	case <-p.exited:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-time.After(most):
		return -1, errors.New("the program has not ended")
	}
}

// Stop asks the program to stop and returns its exit code; an error when it took
// longer than the product promises.
func (p *Program) Stop() (code int, err error) {
	if err := p.Interrupt(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return -1, fmt.Errorf("stop the program: %w", err)
	}
	return p.Wait(35 * time.Second)
}

var (
	addressLine   = regexp.MustCompile(`(?m)^EcoFlow (?:is ready|can be recovered) at (http\S+)$`)
	setupCodeLine = regexp.MustCompile(`(?m)^Setup code: (\S+)$`)
)

// output collects what a program prints and notices when it says it is ready.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	ready chan struct{}
	said  bool
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(b)
	if !o.said && addressLine.Match(o.text.Bytes()) {
		o.said = true
		close(o.ready)
	}
	return len(b), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func (o *output) facts() (address, setupCode string) {
	text := o.String()
	address = addressLine.FindStringSubmatch(text)[1]
	if m := setupCodeLine.FindStringSubmatch(text); m != nil {
		setupCode = m[1]
	}
	return address, setupCode
}
