package web

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"ecoflow/app/system"
)

// issue writes a certificate for localhost with the serial number, and its key.
func issue(t *testing.T, cert, key string, serial int64) {
	t.Helper()
	issueFor(t, cert, key, serial, time.Time{}, time.Now().Add(time.Hour))
}

// issueFor writes one that holds from then to then.
func issueFor(t *testing.T, cert, key string, serial int64, from, to time.Time) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, NotBefore: from, NotAfter: to}
	public, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write(t, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: public}))
	write(t, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}

// write writes a file whose time differs from that of the former one.
func write(t *testing.T, name string, data []byte) {
	t.Helper()
	at := time.Now()
	if info, err := os.Stat(name); err == nil {
		at = info.ModTime().Add(time.Second)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(name, at, at); err != nil {
		t.Fatal(err)
	}
}

// TestTLS has a client meet the certificate, its successor, and a broken one.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	issue(t, cert, key, 1)
	c, err := OpenCertificate(cert, key, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t, "127.0.0.1", 0, false)
	l.Secure(c)
	l.Serve(product(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, isSecure(r)) }), func(err error) { t.Error(err) })
	if !strings.HasPrefix(l.Address(), "https://localhost:") {
		t.Errorf("it is at %s", l.Address())
	}
	meet := func(o *tls.Config) (serial int64, err error) {
		o.InsecureSkipVerify = true // it signed itself
		conn, err := tls.Dial("tcp", l.Addresses()[0].String(), o)
		if err != nil {
			return 0, err
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
	}
	wants := func(serial int64) {
		t.Helper()
		if got, err := meet(&tls.Config{}); got != serial || err != nil {
			t.Errorf("met certificate %d, %v; want %d", got, err, serial)
		}
	}
	wants(1)
	if _, err := meet(&tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	issue(t, cert, key, 2)
	wants(2)
	write(t, cert, []byte("half a certif"))
	wants(2)
	wants(2)
	issue(t, cert, key, 3)
	wants(3)
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	wants(3)
}

// The health tells of a certificate that ends soon, has ended, or cannot be renewed.
func TestCertificateHealth(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	lasts := func(begun, left time.Duration) {
		t.Helper()
		issueFor(t, cert, key, 1, time.Now().Add(-begun), time.Now().Add(left))
	}
	const day = 24 * time.Hour
	lasts(day, 365*day)
	c, err := OpenCertificate(cert, key, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	is := func(condition system.Condition, reason string) {
		t.Helper()
		if f := c.Finding(); f.Condition != condition || !strings.Contains(f.Reason, reason) {
			t.Errorf("%+v, want %q with %q", f, condition, reason)
		}
	}
	is("", "It ends at ")
	lasts(80*day, 10*day)
	is(system.Warning, "It ends at ")
	lasts(day, 5*day)
	is("", "It ends at ") // it holds for six days only
	write(t, cert, []byte("half a certif"))
	is(system.Warning, "cannot be used: ")
	is(system.Warning, "The former certificate is in use. That one ends at ")
	lasts(day, 365*day)
	is("", "It ends at ")
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	is(system.Warning, "cannot be used: ")
	lasts(2*day, -day)
	is(system.Failed, "It ended at ")
}

func TestCertificatesThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	cert, key, other := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "other.pem")
	issue(t, cert, other, 1)
	issue(t, cert, key, 2)
	open := filepath.Join(dir, "open.pem")
	data, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(open, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ cert, key, want string }{
		{cert, filepath.Join(dir, "absent"), "absent"},
		{cert, cert, "certificate"},
		{cert, other, "does not match"},
		{cert, open, "chmod o-r"},
	} {
		if c.key == open && runtime.GOOS == "windows" {
			continue
		}
		if _, err := OpenCertificate(c.cert, c.key, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.key, err, c.want)
		}
	}
}

// R23: a renewed certificate is taken whatever the clock says that wrote it.
func TestCertificateOfAnotherTime(t *testing.T) {
	for name, jump := range map[string]time.Duration{"a day later": 24 * time.Hour, "a day earlier": -24 * time.Hour, "an hour earlier": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
			issue(t, cert, key, 1)
			c, err := OpenCertificate(cert, key, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			issue(t, cert, key, 2)
			for _, file := range []string{cert, key} {
				at := time.Now().Add(jump)
				if err := os.Chtimes(file, at, at); err != nil {
					t.Fatal(err)
				}
			}
			leaf, err := x509.ParseCertificate(c.current().Certificate[0])
			if err != nil || leaf.SerialNumber.Int64() != 2 {
				t.Errorf("it shows certificate %v, %v", leaf.SerialNumber, err)
			}
		})
	}
}
