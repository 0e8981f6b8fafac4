package instance

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/file"
)

// Running is what an owner writes into its folder for other processes of the same
// person: where it answers and the secret that proves they can read the folder.
type Running struct {
	PID      int       `json:"pid"`
	Address  string    `json:"address"`  // of the product, for people: "http://localhost:4000"
	Control  string    `json:"control"`  // host and port of the line between processes
	Secret   string    `json:"secret"`   // for Control
	Instance string    `json:"instance"` // id of the data in this folder
	Started  time.Time `json:"started"`  //
}

// Status is what a running instance says about itself.
type Status struct {
	PID     int     `json:"pid"`
	Address string  `json:"address"`
	Folder  string  `json:"folder"`
	Mode    string  `json:"mode"`    // "local" or "auth"
	State   string  `json:"state"`   // "starting", "ready", "safe", "stopping" or "restarting"
	Version string  `json:"version"` //
	Uptime  float64 `json:"uptime"`  // seconds
	// NoWindow says that the window is switched off; what is left to call is API.
	NoWindow bool   `json:"noWindow,omitempty"`
	API      string `json:"api,omitempty"` // address of the deployed API, for people
	// Failure says why the restart that this one is there for did not work.
	Failure string `json:"failure,omitempty"`
}

// Answers is what the running instance does for another process that asks.
type Answers struct {
	Status func() Status
	// Open returns what a browser has to open to show the product: the path of a
	// launch page or, where people sign in by themselves, the address; "" where there
	// is no window.
	Open func() (string, error)
	// Stop begins a graceful stop and returns at once.
	Stop func()
	// Restart begins a restart, or says why that cannot be.
	Restart func(context.Context) error
}

// Control is the line between processes: a listener of its own on loopback, so
// that it works whatever the product's own listener is set to.
type Control struct {
	server  *http.Server
	address string
	secret  string
	done    chan struct{}
}

// Listen opens the line. Who calls it must show the secret of the Running that
// Announce writes.
func Listen(log *slog.Logger, a Answers) (*Control, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the line for other processes: %w", err)
	}
	c := &Control{address: listener.Addr().String(), secret: rand.Text(), done: make(chan struct{})}
	c.server = &http.Server{
		Handler:           c.guard(a),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		MaxHeaderBytes:    4 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	fault.Go(log, "control", func() {
		defer close(c.done)
		if err := c.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("control line ended", "err", err)
		}
	})
	return c, nil
}

func (c *Control) guard(a Answers) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { answer(w, a.Status(), nil) })
	mux.HandleFunc("POST /open", func(w http.ResponseWriter, _ *http.Request) {
		target, err := a.Open()
		answer(w, target, err)
	})
	mux.HandleFunc("POST /stop", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, true, nil)
		a.Stop()
	})
	mux.HandleFunc("POST /restart", func(w http.ResponseWriter, r *http.Request) {
		answer(w, true, a.Restart(r.Context()))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := []byte(r.Header.Get("Authorization"))
		if subtle.ConstantTimeCompare(given, []byte("Bearer "+c.secret)) != 1 {
			http.Error(w, "this line is for processes that can read the data folder", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, v any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the caller went away; nobody is left to tell
}

// Close ends the line.
func (c *Control) Close() error {
	err := c.server.Close()
	<-c.done
	return err
}

// Announce tells other processes of the same person where this one answers.
func (f *Folder) Announce(c *Control, address, instanceID string) error {
	if f.readOnly {
		return nil
	}
	data, err := json.MarshalIndent(Running{ //nolint:gosec // the file is the owner's alone; the secret in it is what proves that
		PID: os.Getpid(), Address: address, Control: c.address, Secret: c.secret,
		Instance: instanceID, Started: time.Now().UTC(),
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	return file.Write(f.running(), append(data, '\n'), 0o600)
}

func (f *Folder) running() string { return filepath.Join(f.path, runningName) }

// ErrNotRunning says that no process has announced itself in the folder.
var ErrNotRunning = errors.New("EcoFlow does not run on this folder")

// Other is a running instance seen from another process.
type Other struct {
	Running
	client *http.Client
}

// Other returns the instance that owns the folder, or ErrNotRunning while none
// has announced itself (yet).
func (f *Folder) Other() (*Other, error) {
	data, err := os.ReadFile(f.running())
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNotRunning
	}
	if err != nil {
		return nil, fmt.Errorf("read who owns the data folder: %w", err)
	}
	o := &Other{client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}}
	if err := json.Unmarshal(data, &o.Running); err != nil {
		return nil, ErrNotRunning // garbage: nobody wrote it who runs
	}
	return o, nil
}

// Status asks the instance about itself.
func (o *Other) Status(ctx context.Context) (Status, error) {
	var s Status
	return s, o.ask(ctx, http.MethodGet, "/status", &s)
}

// Open asks the instance for what a browser has to open, "" where there is no window.
func (o *Other) Open(ctx context.Context) (string, error) {
	var target string
	return target, o.ask(ctx, http.MethodPost, "/open", &target)
}

// Stop asks the instance to stop and returns once it has heard.
func (o *Other) Stop(ctx context.Context) error {
	var heard bool
	return o.ask(ctx, http.MethodPost, "/stop", &heard)
}

// Restart asks the instance to restart and returns once it is about to, or with the
// reason why it is not.
func (o *Other) Restart(ctx context.Context) error {
	o.client.Timeout = ReadyTime + 5*time.Second // it is rehearsed first
	var heard bool
	return o.ask(ctx, http.MethodPost, "/restart", &heard)
}

// AwaitRestart waits until a process serves that started later than the one before. It
// is an error when that is the program before, because the new one could not start.
func (f *Folder) AwaitRestart(ctx context.Context, before *Other, most time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		if now, err := f.Other(); err == nil && now.Started.After(before.Started) {
			if s, err := now.Status(ctx); err == nil {
				if s.Failure != "" {
					return fmt.Errorf("EcoFlow goes on as before, because it could not be started again: %s", fault.Sentence(s.Failure))
				}
				return nil
			}
		}
		select {
		case <-time.After(waitStep):
		case <-ctx.Done():
			return fmt.Errorf("EcoFlow has not come back within %s", most)
		}
	}
}

// answerBytes bounds what is read from the other side.
const answerBytes = 64 << 10

func (o *Other) ask(ctx context.Context, method, path string, into any) error {
	defer o.client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+o.Control+path, nil)
	if err != nil {
		return fmt.Errorf("ask the running EcoFlow: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+o.Secret)
	res, err := o.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the running EcoFlow: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, answerBytes))
	if err != nil {
		return fmt.Errorf("ask the running EcoFlow: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the running EcoFlow answered %s: %s", res.Status, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("ask the running EcoFlow: %w", err)
	}
	return nil
}

// Owner returns the instance that owns the folder, for a process that does not
// want to own it itself; ErrNotRunning when there is none.
func (f *Folder) Owner() (*Other, error) {
	owner, err := f.Own()
	if err != nil {
		return nil, err
	}
	if owner {
		return nil, errors.Join(fmt.Errorf("%w: %s", ErrNotRunning, f.path), f.lock.Unlock())
	}
	return f.Other()
}

const (
	handOverTime = 45 * time.Second      // a second start waits so long for the first to answer, or to be gone
	waitStep     = 50 * time.Millisecond // and looks again after each of these
)

// OwnOrShow makes this process the owner of the folder and returns nil, or returns
// the instance that owns it and what a browser has to open to show that one. It
// waits while the other is starting or stopping.
func (f *Folder) OwnOrShow(ctx context.Context) (other *Other, target string, err error) {
	ctx, cancel := context.WithTimeout(ctx, handOverTime)
	defer cancel()
	for {
		if owner, err := f.Own(); owner || err != nil {
			return nil, "", err
		}
		other, err := f.Other()
		if err == nil {
			if target, err = other.Open(ctx); err == nil {
				return other, target, nil
			}
		}
		select {
		case <-time.After(waitStep):
		case <-ctx.Done():
			return nil, "", fmt.Errorf("another EcoFlow owns %s but does not answer; end its process first: %w", f.path, err)
		}
	}
}

// AwaitRelease waits until the folder has no owner any more.
func (f *Folder) AwaitRelease(ctx context.Context, most time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		owner, err := f.Own()
		if err != nil {
			return err
		}
		if owner {
			return f.lock.Unlock()
		}
		select {
		case <-time.After(waitStep):
		case <-ctx.Done():
			return fmt.Errorf("EcoFlow has not stopped within %s", most)
		}
	}
}
