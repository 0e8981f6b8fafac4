package secret

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Redactor is a log handler that hands records on without the secrets in them:
// attributes whose name says that they are secret, what looks like a credential
// in any text, and from addresses the user, the password and the values of the
// query. Line breaks and other control characters are for the handler behind it
// to escape; both of package slog do.
type Redactor struct{ next slog.Handler }

// Redact returns a Redactor in front of next.
func Redact(next slog.Handler) *Redactor { return &Redactor{next} }

// Enabled asks the handler behind.
func (h *Redactor) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle hands the redacted record on.
func (h *Redactor) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, Clean(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(redact(a))
		return true
	})
	return h.next.Handle(ctx, clean)
}

// WithAttrs redacts the attributes once.
func (h *Redactor) WithAttrs(attrs []slog.Attr) slog.Handler {
	attrs = slices.Clone(attrs)
	for i, a := range attrs {
		attrs[i] = redact(a)
	}
	return &Redactor{h.next.WithAttrs(attrs)}
}

// WithGroup opens a group.
func (h *Redactor) WithGroup(name string) slog.Handler { return &Redactor{h.next.WithGroup(name)} }

func redact(a slog.Attr) slog.Attr {
	if IsSecretName(a.Key) {
		return slog.String(Clean(a.Key), Mask)
	}
	a.Key = Clean(a.Key)
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, Clean(v.String()))
	case slog.KindGroup:
		group := slices.Clone(v.Group())
		for i, inner := range group {
			group[i] = redact(inner)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(group...)}
	case slog.KindAny:
		if header, ok := v.Any().(http.Header); ok {
			return slog.Attr{Key: a.Key, Value: headers(header)}
		}
		return slog.String(a.Key, Clean(fmt.Sprintf("%+v", v.Any())))
	}
	return slog.Attr{Key: a.Key, Value: v}
}

func headers(header http.Header) slog.Value {
	var group []slog.Attr
	for name, values := range header {
		group = append(group, redact(slog.String(name, strings.Join(values, ", "))))
	}
	return slog.GroupValue(group...)
}

// secretWords are the words that make a name secret, wherever they stand in it.
var secretWords = []string{
	"password", "passwd", "pwd", "passphrase", "token", "tokens", "secret", "secrets", "authorization", "cookie", "cookies",
	"key", "keys", "apikey", "dsn", "credential", "credentials", "signature", "bearer",
}

// IsSecretName reports whether the name of an attribute, a header or a member
// says that its value is secret: apiKey, X-Api-Key, refresh_token.
func IsSecretName(name string) bool {
	return slices.ContainsFunc(words(name), func(w string) bool { return slices.Contains(secretWords, w) })
}

// words splits a name at changes of case and at everything that is no letter.
func words(name string) []string {
	var list []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			list = append(list, strings.ToLower(string(word)))
			word = nil
		}
	}
	var last rune
	for _, r := range name {
		if !unicode.IsLetter(r) || unicode.IsUpper(r) && unicode.IsLower(last) {
			flush()
		}
		if unicode.IsLetter(r) {
			word = append(word, r)
		}
		last = r
	}
	flush()
	return list
}

var (
	address    = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>]+`)
	credential = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}`)
	ownToken   = regexp.MustCompile(`\becf_[A-Za-z0-9_-]+`)
	assigned   = regexp.MustCompile(`(?i)\b((?:[a-z_-]*(?:password|passwd|pwd|passphrase|token|secret|api[_-]?key|dsn))["']?\s*[=:]\s*["']?)[^\s"',;&]+`)
)

// longest is how many bytes of one text a log keeps.
const longest = 64 << 10

// Clean returns the text without what looks like a credential in it, and without
// what is beyond 64 KiB.
func Clean(text string) string {
	if len(text) > longest {
		text = fmt.Sprintf("%s… and %d bytes more", text[:longest], len(text)-longest)
	}
	if strings.Contains(text, "://") {
		text = address.ReplaceAllStringFunc(text, cleanAddress)
	}
	// Most texts hold none of these, and looking for the sign is much quicker than
	// matching.
	if strings.ContainsAny(text, "=:") {
		text = assigned.ReplaceAllString(text, "${1}"+Mask)
	}
	if strings.Contains(text, " ") {
		text = credential.ReplaceAllString(text, "${1} "+Mask)
	}
	if strings.Contains(text, "ecf_") {
		text = ownToken.ReplaceAllString(text, Mask)
	}
	return strings.Map(func(r rune) rune {
		if r >= 0x7f && unicode.IsControl(r) { // those below are escaped by every handler
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// cleanAddress takes user, password and the values of the query out of a URL;
// one that does not parse keeps its scheme alone.
func cleanAddress(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		scheme, _, _ := strings.Cut(text, "://")
		return scheme + "://" + Mask
	}
	u.User = nil
	if u.RawQuery != "" {
		var names []string
		for pair := range strings.SplitSeq(u.RawQuery, "&") {
			name, _, _ := strings.Cut(pair, "=")
			names = append(names, name+"="+Mask)
		}
		u.RawQuery = strings.Join(names, "&")
	}
	if u.Fragment != "" {
		u.Fragment, u.RawFragment = Mask, Mask // the launch token travels there
	}
	return u.String()
}
