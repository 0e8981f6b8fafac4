// Command benchmark starts the built program and a hand-written net/http server
// side by side, loads one after the other in pairs of windows, and prints each
// line of the budget as a ratio. What it compares is the processor time of the
// server for a request: the figure that holds on a noisy machine. It fails only
// where something does not work, never for being slow.
//
// What can only be measured inside the process it reads from go test -bench.
//
//	go run ./web/benchmark [-only requests,watching] BINARY
//	go test -run '^$' -bench . ./... | go run ./web/benchmark -inside
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"ecoflow/web/drive"
)

var (
	asReference = flag.Bool("reference", false, "be the hand-written server")
	asCrowd     = flag.String("crowd", "", "be those who sign in at this address")
	asReader    = flag.Bool("inside", false, "hold the Go benchmarks on standard input against the budget")
	window      = flag.Duration("window", 1500*time.Millisecond, "length of one window of load")
	only        = flag.String("only", "", "measure only these parts, with commas between")
	pairs       = flag.Int("pairs", 5, "pairs of windows a line")
)

func main() {
	flag.Parse()
	var err error
	switch {
	case *asReference:
		err = reference()
	case *asCrowd != "":
		err = crowd(*asCrowd)
	case *asReader:
		err = inside(os.Stdin, os.Stdout)
	case flag.NArg() != 1:
		err = errors.New("usage: benchmark BINARY")
	case runtime.GOOS != "linux":
		err = errors.New("the benchmark reads processor times from /proc and runs on Linux alone")
	default:
		err = measure(flag.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}

// report is the table that is printed line by line.
type report struct{ io.Writer }

// row prints the cells of one line.
func (r report) row(what, ours, theirs, ratio, budget, verdict string) {
	fmt.Fprintf(r, "%-42s %12s %12s %16s %12s  %s\n", what, ours, theirs, ratio, budget, verdict)
}

// line prints a figure with its budget; met is nil where nothing is promised.
func (r report) line(what, ours, theirs, ratio, budget string, met *bool) {
	verdict := ""
	if met != nil {
		verdict = map[bool]string{true: "met", false: "MISSED"}[*met]
	}
	r.row(what, ours, theirs, ratio, budget, verdict)
}

// plain is line without a comparison.
func (r report) plain(what, ours, budget string, met bool) { r.line(what, ours, "", "", budget, &met) }

func measure(binary string) error {
	out := report{os.Stdout}
	fmt.Printf("%d processors, %d connections, %d pairs of %s; processor time of the server per request\n\n", runtime.NumCPU(), connections, *pairs, *window)
	out.row("the whole program", "EcoFlow", "net/http", "ratio", "limit", "")
	for _, part := range []struct {
		name    string
		measure func(report, string) error
	}{
		{"size", size},
		{"starts", starts},
		{"quiet", quiet},
		{"requests", requests},
		{"watching", watching},
		{"routes", routes},
		{"deploys", deploys},
		{"signingIn", signingIn},
		{"inARow", inARow},
	} {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), part.name) {
			continue
		}
		if err := part.measure(out, binary); err != nil {
			return err
		}
	}
	return nil
}

// startReference starts this program as the hand-written server.
func startReference() (s server, end func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return s, nil, err
	}
	cmd := exec.Command(self, "-reference")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return s, nil, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return s, nil, err
	}
	end = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		end()
		return s, nil, fmt.Errorf("start the hand-written server: %w", err)
	}
	return server{"net/http", strings.TrimSpace(address), cmd.Process.Pid}, end, nil
}

// product is the program with an administrator who is signed in.
type product struct {
	server
	*drive.Program
	admin *drive.Client
	dir   string
	env   []string
}

// startProduct starts the program on an empty folder, sets it up and deploys, one
// part after the other.
func startProduct(binary string, parts ...map[string]*drive.Flow) (p *product, err error) {
	dir, err := os.MkdirTemp("", "ecoflow-benchmark-")
	if err != nil {
		return nil, err
	}
	p = &product{dir: dir}
	if err = p.again(binary); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	p.admin = p.Client()
	err = p.admin.SetUp(p.SetupCode)
	for _, flows := range parts {
		if err == nil {
			err = p.admin.DeployMore(flows)
		}
	}
	if err == nil {
		err = p.settle()
	}
	if err != nil {
		p.end()
		return nil, err
	}
	return p, nil
}

// settle waits until the program is alone: what computes passwords' hashes beside it
// ends when it is not needed.
func (p *product) settle() error {
	for until := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		children, err := drive.Children(p.PID)
		if err != nil || len(children) == 0 {
			return err
		}
		if time.Now().After(until) {
			return fmt.Errorf("the processes %d do not end", children)
		}
	}
}

// again starts the program on its folder.
func (p *product) again(binary string) (err error) {
	if p.Program, err = drive.Start(binary, p.dir, p.env, "--auth", "--no-browser", "--port", "0"); err != nil {
		return err
	}
	p.server = server{"EcoFlow", strings.TrimPrefix(p.Address, "http://"), p.PID}
	return nil
}

func (p *product) end() {
	p.Kill()
	_ = os.RemoveAll(p.dir) // in the folder for temporary things anyway
}

// median returns the middle value.
func median[T int64 | float64 | time.Duration](values []T) T {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

func micros(d time.Duration) string {
	return fmt.Sprintf("%.1f µs", float64(d)/float64(time.Microsecond))
}

func millis(d time.Duration) string {
	return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond))
}
func mebi(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
