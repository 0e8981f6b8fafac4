// Package compare compares what should be compared in constant time, and what need not.
package compare

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"ecoflow/app/secret"
)

type session struct {
	TokenHash []byte
	code      string
	Passwords []string
	APIToken  string
	sum       [sha256.Size]byte
	Status    int
}

// All holds a comparison of each kind. What is found is said behind the line.
func All(s session, given string, raw []byte, id secret.Secret, other secret.Secret, statusCode int) []bool {
	mine := s.sum
	switch s.APIToken { // found: s.APIToken
	case given:
	}
	switch s.code {
	case "fixed":
	}
	return []bool{
		s.code == given,                          // found: s.code == given
		given != s.APIToken,                      // found: given != s.APIToken
		bytes.Equal(s.TokenHash, raw),            // found: bytes.Equal(s.TokenHash, raw)
		string(raw) == string(s.TokenHash),       // found: string(raw) == string(s.TokenHash)
		strings.EqualFold(given, s.code),         // found: strings.EqualFold(given, s.code)
		slices.Contains(s.Passwords, given),      // found: slices.Contains(s.Passwords, given)
		sha256.Sum256(raw) == mine,               // found: sha256.Sum256(raw) == mine
		hex.EncodeToString(s.TokenHash) == given, // found: hex.EncodeToString(s.TokenHash) == given
		id == other,                              // found: id == other
		id.Reveal() == given,                     // found: id.Reveal() == given
		id.Equal(other), id.IsSet() == other.IsSet(),
		bytes.HasPrefix(s.TokenHash[4:], raw),         // found: bytes.HasPrefix(s.TokenHash[4:], raw)
		s.Passwords[0] == given,                       // found: s.Passwords[0] == given
		s.code == "", s.TokenHash == nil, given == "", // nothing to find out
		statusCode == s.Status, len(s.code) == len(given),
	}
}
