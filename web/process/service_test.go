//go:build linux

package process_test

import (
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A service manager hears when it is ready, restarts and stops, and a hang-up is its
// wish for a restart; without one it is a stop, as when a terminal is closed.
func TestServiceManager(t *testing.T) {
	address := filepath.Join(t.TempDir(), "notify")
	line, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
	must(t, err)
	defer line.Close()
	hears := func(want string) {
		t.Helper()
		must(t, line.SetReadDeadline(time.Now().Add(30*time.Second)))
		text := make([]byte, 1024)
		n, err := line.Read(text)
		if err != nil || !strings.HasPrefix(string(text[:n]), want) {
			t.Fatalf("heard %q, %v; want %s", text[:n], err, want)
		}
	}
	dir := t.TempDir()
	p := startIn(t, []string{"NOTIFY_SOCKET=" + address}, dir, "--port", "0", "--no-browser", "--auth")
	hears("READY=1")
	must(t, p.Signal(syscall.SIGHUP))
	hears("RELOADING=1\nMONOTONIC_USEC=")
	hears("RELOADING=1\nMONOTONIC_USEC=") // once it was rehearsed
	hears("READY=1")
	must(t, p.Interrupt())
	hears("STOPPING=1")
	if code, err := p.Wait(time.Minute); code != 0 || err != nil {
		t.Errorf("it ended with %d, %v", code, err)
	}

	p = start(t, dir, "--auth")
	must(t, p.Signal(syscall.SIGHUP))
	if code, err := p.Wait(time.Minute); code != 0 || err != nil {
		t.Errorf("after a hang-up it ended with %d, %v", code, err)
	}
}
