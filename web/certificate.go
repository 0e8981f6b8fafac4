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
)

// Certificate is a TLS certificate with its key in two PEM files. It is read again
// when they change, so that a renewed one needs no restart.
type Certificate struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	loaded *tls.Certificate
	of     [2]time.Time // when the files were written that it was loaded from
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
	leaf, err := x509.ParseCertificate(c.loaded.Certificate[0])
	if err != nil {
		return time.Time{}
	}
	return leaf.NotAfter
}

// current returns the certificate of the files as they are now; files that cannot be
// used leave the former one in force.
func (c *Certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if written, err := c.written(); err != nil || written != c.of {
		if err := c.load(); err != nil {
			c.log.Error("certificate not renewed", "err", err)
			c.of = written // said once for these files
		}
	}
	return c.loaded
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
