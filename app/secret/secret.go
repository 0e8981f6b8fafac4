// Package secret keeps what nobody may read: the Secret type that never prints,
// the Keyring that encrypts it at rest, and the log handler that redacts it.
package secret

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Mask is what an answer, a log or an export shows instead of a secret. Sent
// back by a client it changes nothing.
const Mask = "***"

// Secret is a text that never shows itself: printed, logged or encoded to JSON
// it is the Mask, or nothing where it is not set. Only Reveal gives it away.
//
// The text is behind a pointer because fmt looks into the unexported fields of
// other structs without asking the type how it prints.
type Secret struct{ text *string }

// New returns the text as a Secret.
func New(text string) Secret { return Secret{&text} }

// Reveal returns the text itself, for the one place that needs it.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsSet reports whether there is a text at all.
func (s Secret) IsSet() bool { return s.Reveal() != "" }

// IsMask reports whether the text is the Mask: a client sent back what it was
// shown and means no change.
func (s Secret) IsMask() bool { return s.Reveal() == Mask }

// Equal compares two secrets in a time that does not depend on where they differ.
func (s Secret) Equal(o Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(o.Reveal())) == 1
}

// String returns the Mask, or "" for a secret that is not set.
func (s Secret) String() string {
	if !s.IsSet() {
		return ""
	}
	return Mask
}

// Format prints the Mask whatever the verb asks for.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) } //nolint:errcheck // fmt keeps it

// LogValue shows the Mask to slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText encodes the Mask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON encodes the Mask.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalJSON reads the text itself: secrets travel inwards only.
func (s *Secret) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	*s = New(text)
	return nil
}
