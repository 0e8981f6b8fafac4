package web

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// Deadlines of a counted connection hold as those of any other, whenever they are
// moved: before a read or a write, during it, to sooner, to later and to none.
func TestDeadlinesOfConnections(t *testing.T) {
	const never = time.Duration(0)
	for _, c := range []struct {
		name   string
		before []time.Duration // set before, one after the other; never is none
		during []time.Duration // set after a second
		want   time.Duration
	}{
		{"one", []time.Duration{5 * time.Second}, nil, 5 * time.Second},
		{"sooner", []time.Duration{9 * time.Second, 5 * time.Second}, nil, 5 * time.Second},
		{"later", []time.Duration{5 * time.Second, 9 * time.Second}, nil, 9 * time.Second},
		{"none, and one again", []time.Duration{5 * time.Second, never, 7 * time.Second}, nil, 7 * time.Second},
		{"sooner meanwhile", []time.Duration{9 * time.Second}, []time.Duration{3 * time.Second}, 3 * time.Second},
		{"later meanwhile", []time.Duration{5 * time.Second}, []time.Duration{9 * time.Second}, 9 * time.Second},
		{"none meanwhile, and one again", []time.Duration{5 * time.Second}, []time.Duration{never, 8 * time.Second}, 8 * time.Second},
		{"one meanwhile", nil, []time.Duration{4 * time.Second}, 4 * time.Second},
		{"long past meanwhile", nil, []time.Duration{-time.Hour}, time.Second},
	} {
		for way, do := range map[string]func(net.Conn) error{
			"read":  func(conn net.Conn) error { _, err := conn.Read(make([]byte, 1)); return err },
			"write": func(conn net.Conn) error { _, err := conn.Write([]byte("x")); return err },
		} {
			t.Run(c.name+", "+way, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					inner, other := net.Pipe()
					defer other.Close()
					conn := &countedConn{Conn: inner, of: newCrowd()}
					defer conn.Close()
					start := time.Now()
					set := func(list []time.Duration) {
						for _, after := range list {
							at := time.Time{}
							if after != never {
								at = start.Add(after)
							}
							if err := conn.SetDeadline(at); err != nil {
								t.Error(err)
							}
						}
					}
					set(c.before)
					ended := make(chan error)
					go func() { ended <- do(conn) }()
					time.Sleep(time.Second)
					synctest.Wait()
					set(c.during)
					err := <-ended
					if took := time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took != c.want {
						t.Errorf("ended after %v with %v, want after %v", took, err, c.want)
					}
					// What has passed is no matter once it is moved.
					if err := conn.SetDeadline(time.Time{}); err != nil {
						t.Error(err)
					}
					go func() { ended <- do(conn) }()
					time.Sleep(time.Minute)
					if way == "read" {
						go other.Write([]byte("y")) //nolint:errcheck // the read tells
					} else {
						go other.Read(make([]byte, 1)) //nolint:errcheck // the write tells
					}
					if err := <-ended; err != nil {
						t.Errorf("without a deadline: %v", err)
					}
				})
			})
		}
	}
}
