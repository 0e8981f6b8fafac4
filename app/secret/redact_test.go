package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ecoflow/app/secret"
)

func TestRedact(t *testing.T) {
	link, err := url.Parse("postgres://ann:canary-4711@db.example/shop?sslmode=canary-4711&x")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		log  func(l *slog.Logger)
		want string // that has to stay
	}{
		{"names", func(l *slog.Logger) {
			for _, key := range []string{
				"password", "newPassword", "PASSWORD", "db_password", "token", "accessToken", "X-Auth-Token", "secret",
				"client-secret", "Authorization", "Cookie", "Set-Cookie", "key", "apiKey", "api_key", "dsn", "passphrase", "credentials",
			} {
				l.Info("x", key, canary, "stays", "seen")
			}
		}, "stays=seen"},
		{"values that are no text", func(l *slog.Logger) { l.Info("x", "token", []byte(canary), "keys", []string{canary}) }, ""},
		{"a secret", func(l *slog.Logger) { l.Info("x", "value", secret.New(canary), "list", []any{secret.New(canary)}) }, "value=***"},
		{"a struct with one", func(l *slog.Logger) {
			l.Info("x", "value", struct {
				Name string
				pass secret.Secret
			}{"ann", secret.New(canary)})
		}, "ann"},
		{"a group", func(l *slog.Logger) {
			l.Info("x", slog.Group("db", "host", "h", slog.Group("user", "name", "ann", "password", canary)))
		}, "db.user.name=ann"},
		{"attributes of a logger", func(l *slog.Logger) { l.With("token", canary).WithGroup("g").With("pwd", canary).Info("x", "a", 1) }, "g.a=1"},
		{"a header", func(l *slog.Logger) {
			l.Info("x", "header", http.Header{"Authorization": {"Bearer " + canary}, "Cookie": {"s=" + canary}, "Accept": {"text/html"}})
		}, "header.Accept=text/html"},
		{"an address", func(l *slog.Logger) { l.Info("x", "url", link) }, "postgres://db.example/shop?sslmode=***&x=***"},
		{"an address as text", func(l *slog.Logger) { l.Info("calling https://u:canary-4711@h/p?q=canary-4711#canary-4711 now") }, "https://h/p?q=***"},
		{"an address that does not parse", func(l *slog.Logger) { l.Info("x", "url", "https://u:canary-4711@[bad/%zz") }, "https://***"},
		{"an error", func(l *slog.Logger) {
			l.Info("x", "error", fmt.Errorf("connect: %w", errors.New("dial mysql://root:canary-4711@h:3306/ failed: password=canary-4711")))
		}, "mysql://h:3306/ failed"},
		{"a credential in a text", func(l *slog.Logger) {
			l.Info(`sent Authorization: Bearer canary-4711 and Basic canary-4711, {"password":"canary-4711"} api_key=canary-4711`)
		}, "sent Authorization"},
		{"a token of ours", func(l *slog.Logger) { l.Info("x", "text", "use ecf_canary-4711 please") }, "please"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var text, asJSON bytes.Buffer
			tt.log(slog.New(secret.Redact(slog.NewTextHandler(&text, nil))))
			tt.log(slog.New(secret.Redact(slog.NewJSONHandler(&asJSON, nil))))
			if got := text.String() + asJSON.String(); strings.Contains(got, "canary") {
				t.Errorf("it shows in:\n%s", got)
			}
			if !strings.Contains(text.String(), tt.want) {
				t.Errorf("%q is gone from:\n%s", tt.want, text.String())
			}
		})
	}
}

func TestOrdinaryNamesStay(t *testing.T) {
	for _, name := range []string{"monkey", "keyboard", "path", "user", "tokenizer", "flow", "requestId", "host"} {
		if secret.IsSecretName(name) {
			t.Errorf("%s counts as secret", name)
		}
	}
	const text = `GET /api/users/7 answered 200 in 3ms: "ok" – née`
	if got := secret.Clean(text); got != text {
		t.Errorf("became %q", got)
	}
}

// Whatever is logged, a record stays one line.
func TestInjectedLines(t *testing.T) {
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			l := slog.New(secret.Redact(handler(&b)))
			const records = 10_000
			breaks := []string{"\n", "\r", "\r\n", "\u0085", "\u2028", "\u2029", "\v", "\f", "\x1b[2J", "\x00", "\u009b"}
			for i := range records {
				evil := "x" + breaks[i%len(breaks)] + `time=2020 level=ERROR msg="forged"`
				l.Info(evil, evil, evil)
			}
			got := b.String()
			if n := strings.Count(got, "\n"); n != records {
				t.Errorf("%d lines", n)
			}
			if i := strings.IndexAny(got, "\r\u0085\u2028\u2029\v\f\x1b\x00\u009b"); i >= 0 {
				t.Errorf("a control character stayed: %q", got[i:i+10])
			}
		})
	}
}

func TestLongTextsAreCut(t *testing.T) {
	got := secret.Clean(strings.Repeat("x", 70_000))
	if len(got) > 65_600 || !strings.HasSuffix(got, "… and 4464 bytes more") {
		t.Errorf("%d bytes, ending in %q", len(got), got[len(got)-30:])
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "https://a:b@c/d?e=f#g", "password = x", "Bearer abcdef.ghi", "://", "a://?&=&", "\xff\u0085"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		clean := secret.Clean(s)
		if _, err := json.Marshal(clean); err != nil {
			t.Error(err)
		}
		if got := secret.Clean("https://ann:" + url.QueryEscape(s) + "zq9canary@host/"); strings.Contains(got, "zq9canary") {
			t.Errorf("a password stayed in %q", got)
		}
	})
}
