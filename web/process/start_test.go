package process_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"ecoflow/web/drive"
)

func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		args   string
		env    string
		code   int
		stdout string
		stderr string
	}{
		{"--help", "", 0, "--no-browser", ""},
		{"", "ECOFLOW_HELP=1", 0, "--no-browser", ""},
		{"--version", "", 0, "EcoFlow ", ""},
		{"--colour", "", 2, "", "unknown flag --colour"},
		{"--port 70000", "", 2, "", "Port: On the command line: "},
		{"--host a_b", "", 2, "", "neither an address nor a host name"},
		{"", "ECOFLOW_LIMITS_RUN_TIME=5", 2, "", "limits.runTime: ECOFLOW_LIMITS_RUN_TIME: "},
		{"--auth=perhaps", "", 2, "", "is neither true nor false"},
		{"", "ECOFLOW_PORT=x", 2, "", "Port: ECOFLOW_PORT: "},
		{"dance", "", 2, "", `unknown command "dance"`},
		{"reset-password", "", 2, "", "reset-password USER"},
		{"audit", "", 2, "", "audit verify"},
		{"--dir " + dir + " --portable", "", 1, "", "give one of them"},
		{"--dir " + dir + " --host nowhere.invalid", "", 2, "", "ecoflow: EcoFlow cannot listen on nowhere.invalid:4000. Nobody knows the name nowhere.invalid.\n"},
		{"--dir " + dir + " --host 203.0.113.7", "", 2, "", "This machine does not have the address 203.0.113.7.\n"},
		{"--dir /dev/null", "", 1, "", "is not a folder"},
		{"--dir " + dir, "ECOFLOW_SETUP_CODE=short ", 2, "", "ecoflow: ECOFLOW_SETUP_CODE: the setup code needs at least 8 letters or digits\n"},
		{"--help", "", 0, "ECOFLOW_SETUP_CODE", ""},
	} {
		t.Run(tt.args+" "+tt.env, func(t *testing.T) {
			stdout, stderr, code := run(t, []string{"ECOFLOW_NO_BROWSER=1", strings.TrimSpace(tt.env)}, strings.Fields(tt.args)...)
			if code != tt.code || !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("exit code %d, want %d\nstdout, want %q:\n%s\nstderr, want %q:\n%s", code, tt.code, tt.stdout, stdout, tt.stderr, stderr)
			}
		})
	}
}

// The data folder: --dir, the variables, beside the program, the home folder.
func TestDataFolder(t *testing.T) {
	unixOnly(t)
	stick := t.TempDir()
	program := filepath.Join(stick, "ecoflow")
	must(t, exec.Command("cp", binary, program).Run())
	home := t.TempDir()
	elsewhere := t.TempDir()

	where := func(t *testing.T, env []string, args ...string) string {
		t.Helper()
		stdout, stderr, code := drive.Run(t.Context(), program, append(env, "HOME="+home), append(args, "status")...)
		if code == 2 {
			t.Fatalf("%d: %s%s", code, stdout, stderr)
		}
		return stdout + stderr
	}
	for _, tt := range []struct {
		name string
		env  []string
		args []string
		want string
	}{
		{"the home folder", nil, nil, filepath.Join(home, ".ecoflow")},
		{"ECOFLOW_HOME", []string{"ECOFLOW_HOME=" + elsewhere}, nil, elsewhere},
		{"--dir wins", []string{"ECOFLOW_HOME=" + home}, []string{"--dir", elsewhere}, elsewhere},
		{"--portable", nil, []string{"--portable"}, filepath.Join(stick, "ecoflow-data")},
		{"portable from then on", nil, nil, filepath.Join(stick, "ecoflow-data")},
	} {
		if got := where(t, tt.env, tt.args...); !strings.Contains(got, tt.want+"\n") && !strings.Contains(got, tt.want+";") && !strings.Contains(got, tt.want+".") {
			t.Errorf("%s: want %s in %q", tt.name, tt.want, got)
		}
	}
}

func TestSecondStartShowsTheFirst(t *testing.T) {
	for _, mode := range []string{"--auth=false", "--auth"} {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			first := start(t, dir, mode)
			stdout, stderr, code := run(t, nil, "--dir", dir, "--no-browser", mode)
			if code != 0 || !strings.Contains(stdout, first.Address) {
				t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
			}
			stop(t, first)
		})
	}
}

func TestTwentyStartsAtOnceHaveOneOwner(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	owners := make(chan *drive.Program, 20)
	var mu sync.Mutex
	handedOver, wrong := 0, []string{}
	for range 20 {
		wg.Go(func() {
			p, err := drive.Start(binary, dir, nil, "--port", "0", "--no-browser")
			if err == nil {
				owners <- p
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if strings.Contains(err.Error(), "ended with 0 ") && strings.Contains(err.Error(), "already runs at http://localhost:") {
				handedOver++
				return
			}
			wrong = append(wrong, err.Error())
		})
	}
	wg.Wait()
	close(owners)
	count := 0
	for p := range owners {
		count++
		stop(t, p)
	}
	if count != 1 || handedOver != 19 {
		t.Errorf("%d owners, %d handed over, %q", count, handedOver, wrong)
	}
}

// What a dead owner left behind never keeps the next one out.
func TestStaleFilesAreTakenOver(t *testing.T) {
	for name, content := range map[string]string{
		"nothing":         "",
		"garbage":         "\x00\xff{{{{",
		"another process": `{"pid": 1, "address": "http://localhost:1", "control": "127.0.0.1:1", "secret": "x"}`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, file := range []string{"ecoflow.lock", "running.json", "setup-code", "launch-OLD.html"} {
				must(t, os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600))
			}
			p := start(t, dir)
			if status := ask(t, p.Client(), "GET", "/systemApi/server/isOnline", nil); status.Status != 200 {
				t.Error(status)
			}
			if left := files(t, dir); left["launch-OLD.html"] != "" {
				t.Error("an old launch page is still there")
			}
			p.Kill()
			again := start(t, dir) // the owner was killed
			stop(t, again)
			for left := range files(t, dir) {
				if left == "running.json" || left == "setup-code" || left == "reserve" || strings.HasPrefix(left, "launch-") {
					t.Errorf("%s outlived its process", left)
				}
			}
		})
	}
}

func TestPortTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port

	t.Run("local mode takes the next", func(t *testing.T) {
		p := startIn(t, nil, t.TempDir(), "--no-browser", "--port", fmt.Sprint(port))
		if strings.HasSuffix(p.Address, fmt.Sprint(":", port)) {
			t.Errorf("it says it listens at %s, which is taken", p.Address)
		}
		if a := ask(t, p.Client(), "GET", "/systemApi/server/isOnline", nil); a.Status != 200 {
			t.Error(a)
		}
	})
	t.Run("sign-in mode says whom to ask", func(t *testing.T) {
		stdout, stderr, code := run(t, nil, "--dir", t.TempDir(), "--auth", "--no-browser", "--port", fmt.Sprint(port))
		if code != 1 {
			t.Errorf("exit code %d\n%s", code, stdout)
		}
		holder := fmt.Sprintf("`lsof -i :%d` tells which", port)
		if runtime.GOOS == "windows" {
			holder = fmt.Sprintf("`netstat -abno | findstr :%d` tells which", port)
		}
		for _, part := range []string{fmt.Sprint(port), "--port", holder} {
			if !strings.Contains(stderr, part) {
				t.Errorf("stderr lacks %q:\n%s", part, stderr)
			}
		}
	})
}
