package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"time"

	"ecoflow/web/drive"
)

// signIns is how many people sign in at once.
const signIns = 500

// signingIn has many people sign in at once, each from an address of their own and
// again when they are told to wait, and looks at what that does to everybody else.
func signingIn(out report, binary string) error {
	p, err := startProduct(binary, flows())
	if err != nil {
		return err
	}
	defer p.end()
	if _, err := p.Stop(); err != nil {
		return err
	}
	p.env = []string{"ECOFLOW_TRUSTED_PROXIES=127.0.0.1/32,::1/128"} // who may say that it speaks for others
	if err := p.again(binary); err != nil {
		return err
	}
	route := call{"GET", "/api/fixed", ""}
	calm := make(chan struct{})
	time.AfterFunc(3*time.Second, func() { close(calm) })
	idle, err := p.watch(route, calm)
	if err != nil {
		return err
	}

	self, err := os.Executable()
	if err != nil {
		return err
	}
	begin := time.Now()
	crowd := exec.Command("chrt", "--idle", "0", self, "-crowd", p.Address) // else they would take the server's processor
	crowd.Stderr = os.Stderr
	told, err := crowd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := crowd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	var waits int
	var failed error
	go func() {
		defer close(done)
		_, failed = fmt.Fscan(told, &waits)
		failed = errors.Join(failed, crowd.Wait())
	}()
	busy, err := p.watch(route, done)
	if err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("the crowd: %w", failed)
	}
	took := time.Since(begin)
	letIn := true // who was not is the error above
	out.line(fmt.Sprintf("%d sign-ins at once, let in", signIns), millis(took), "", fmt.Sprintf("%d waits", waits), "all", &letIn)
	growth := busy.memory - idle.memory
	out.plain("  memory more than before", mebi(growth), "< 126 MB", growth < 120<<20)
	ratio := float64(busy.slowest) / float64(idle.slowest)
	met := ratio < 3
	out.line("  a route meanwhile, p99", millis(busy.slowest), "", fmt.Sprintf("%.2f of idle", ratio), "< 3", &met)
	return nil
}

// crowd signs many people in at once at the server with the address, and prints how
// often they had to wait. It is a process of its own that runs while nobody else wants to:
// people elsewhere take no processor from the server either.
func crowd(base string) error {
	var all sync.WaitGroup
	var mu sync.Mutex
	var failed error
	waits := 0
	for i := range signIns {
		all.Go(func() {
			waited, err := signIn(base, fmt.Sprintf("10.0.%d.%d", i/250, i%250+1))
			mu.Lock()
			defer mu.Unlock()
			waits += waited
			failed = errors.Join(failed, err)
		})
	}
	all.Wait()
	fmt.Println(waits)
	return failed
}

// signIn signs the administrator in from an address, as a proxy tells it, and waits
// as long as the server asks for.
func signIn(base, address string) (waited int, err error) {
	client := (&drive.Program{Address: base}).Client()
	defer client.HTTP.CloseIdleConnections()
	client.Header.Set("X-Forwarded-For", address)
	for {
		a, err := client.Do("POST", "/systemApi/users/login", map[string]string{"username": drive.User, "password": drive.Password})
		switch {
		case err != nil:
			return waited, err
		case a.Status == http.StatusOK:
			return waited, nil
		case a.Status != http.StatusServiceUnavailable || waited > 120:
			return waited, fmt.Errorf("sign in from %s: %s", address, a)
		}
		seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
		if err != nil {
			return waited, fmt.Errorf("sign in from %s: %s without a time to wait", address, a)
		}
		waited++
		time.Sleep(time.Duration(seconds) * time.Second)
	}
}

// watched is what was seen of a server while something went on.
type watched struct {
	slowest time.Duration // of 99 calls in 100
	memory  int64         // the most that it held
}

// watch calls a route every few milliseconds until the end.
func (s server) watch(c call, end <-chan struct{}) (w watched, err error) {
	var times []time.Duration
	every := time.NewTicker(5 * time.Millisecond)
	defer every.Stop()
	for {
		select {
		case <-end:
			if len(times) == 0 {
				return w, errors.New("nothing was called meanwhile")
			}
			slices.Sort(times)
			w.slowest = times[len(times)*99/100]
			return w, nil
		case <-every.C:
		}
		begin := time.Now()
		if _, err := s.answers(c); err != nil {
			return w, err
		}
		times = append(times, time.Since(begin))
		held, err := drive.Memory(s.pid)
		if err != nil {
			return w, err
		}
		w.memory = max(w.memory, held)
	}
}
