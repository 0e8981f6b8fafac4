package web

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"

	"ecoflow/app/system"
)

// Certificate is a TLS certificate with its key in two PEM files. It is read again
// when they change, so that a renewed one needs no restart.
type Certificate struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	loaded  *tls.Certificate
	of      [2]time.Time // when the files were written that it was loaded from
	problem string       // why the files as they are now cannot be used, "" when they can
}

// OpenCertificate reads a certificate. A key that everybody on this machine can read
// is refused.
func OpenCertificate(cert, key string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{cert: cert, key: key, log: log}
	if err := c.load(); err != nil {
		return nil, fmt.Errorf("load the certificate for https: %w", err)
	}
	return c, nil
}

// Config returns what a server needs to speak TLS with the certificate.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil },
	}
}

// ends returns when the certificate does.
func (c *Certificate) ends() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, end := c.span()
	return end
}

// span returns from when to when the certificate holds. The caller holds mu.
func (c *Certificate) span() (from, to time.Time) {
	leaf, err := x509.ParseCertificate(c.loaded.Certificate[0])
	if err != nil {
		return time.Time{}, time.Time{}
	}
	return leaf.NotBefore, leaf.NotAfter
}

// endsSoon is how long before its end the health speaks of a certificate; for those
// that hold for days only it is a fifth of that.
const endsSoon = 14 * 24 * time.Hour

// Finding says how the certificate is: whether it ends soon, and whether the files as
// they are now can be used.
func (c *Certificate) Finding() system.Finding {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.renew()
	from, to := c.span()
	end, left := to.UTC().Format("15:04 on 2 January 2006")+" (UTC)", time.Until(to)
	former := ""
	if c.problem != "" {
		former = "Its files were changed and cannot be used: " + c.problem + ". The former certificate is in use. "
	}
	switch {
	case left <= 0:
		return system.Finding{Condition: system.Failed, Reason: former + "It ended at " + end + ", and callers refuse it. Put a new one in its place: it is read by itself."}
	case former != "":
		return system.Finding{Condition: system.Warning, Reason: former + "That one ends at " + end + "."}
	case left < min(endsSoon, to.Sub(from)/5):
		return system.Finding{Condition: system.Warning, Reason: "It ends at " + end + ". Put a new one in its place: it is read by itself."}
	}
	return system.Finding{Reason: "It ends at " + end + "."}
}

// current returns the certificate of the files as they are now; files that cannot be
// used leave the former one in force.
func (c *Certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.renew()
	return c.loaded
}

// renew reads the files again when they were changed, and as long as they cannot be
// used. The caller holds mu.
func (c *Certificate) renew() {
	if written, err := c.written(); err == nil && written == c.of && c.problem == "" {
		return
	}
	former := c.problem
	c.problem = ""
	if err := c.load(); err != nil {
		if c.problem = err.Error(); c.problem != former { // said once
			c.log.Error("certificate not renewed", "err", err)
		}
	}
}

func (c *Certificate) written() (times [2]time.Time, err error) {
	for i, name := range []string{c.cert, c.key} {
		var info fs.FileInfo
		if info, err = os.Stat(name); err != nil {
			return times, err
		}
		times[i] = info.ModTime()
	}
	return times, nil
}

func (c *Certificate) load() error {
	written, err := c.written()
	if err != nil {
		return err
	}
	info, err := os.Stat(c.key)
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o004 != 0 {
		return fmt.Errorf("everybody on this machine can read the key %s; take that right away with: chmod o-r %s", c.key, c.key)
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	c.loaded, c.of = &pair, written
	return nil
}
