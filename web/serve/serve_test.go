package serve_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"ecoflow/web/serve"
)

// A whole life in this process leaves nothing running: the suite counts goroutines.
func TestAWholeLife(t *testing.T) {
	dir := t.TempDir()
	ended := make(chan int, 1)
	go func() { ended <- serve.Main([]string{"--dir", dir, "--auth", "--no-browser", "--port", "0"}) }()
	begun := func() bool {
		_, err := os.Stat(filepath.Join(dir, "running.json"))
		return err == nil
	}
	for deadline := time.Now().Add(time.Minute); !begun(); time.Sleep(10 * time.Millisecond) {
		select {
		case code := <-ended:
			t.Fatalf("ended with %d instead of serving", code)
		default:
			if time.Now().After(deadline) {
				t.Fatal("does not serve")
			}
		}
	}
	if code := serve.Main([]string{"--dir", dir, "status"}); code != 0 {
		t.Errorf("status: %d", code)
	}
	if code := serve.Main([]string{"--dir", dir, "stop"}); code != 0 {
		t.Errorf("stop: %d", code)
	}
	select {
	case code := <-ended:
		if code != 0 {
			t.Errorf("ended with %d", code)
		}
	case <-time.After(time.Minute):
		t.Fatal("does not end")
	}
	if code := serve.Main([]string{"--dir", dir, "status"}); code != 1 {
		t.Errorf("status of nobody: %d", code)
	}
}
