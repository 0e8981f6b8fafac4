package secret

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"ecoflow/app/file"
)

// PassphraseFile is in a data folder whose key is made from a passphrase. It tells a
// right one from a wrong one, and nothing more.
const PassphraseFile = "secret.passphrase"

// PassphraseMin is how many characters a passphrase has at least.
const PassphraseMin = 10

const (
	passphraseMemory = 64 << 10 // KiB
	passphraseRounds = 3
	passphraseProof  = "passphrase proof"
)

// Passphrase is what is kept of a passphrase.
type Passphrase struct {
	Salt  []byte `json:"salt"`
	Proof []byte `json:"proof"`
}

// NewPassphrase returns what is to be kept of a passphrase, and the key made from it
// as KeyVariable takes it.
func NewPassphrase(text string) (p Passphrase, key string) {
	p.Salt = make([]byte, 16)
	rand.Read(p.Salt)
	master := p.master(text)
	p.Proof = derive(master, passphraseProof)
	return p, hex.EncodeToString(master)
}

// ReadPassphrase reads what is kept of a passphrase, nil when there is none.
func ReadPassphrase(path string) (*Passphrase, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var p Passphrase
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err == nil && (len(p.Salt) == 0 || len(p.Proof) != keySize) {
		err = errors.New("it is not whole")
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", PassphraseFile, err)
	}
	return &p, nil
}

// Write keeps it in a file.
func (p Passphrase) Write(path string) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return file.Write(path, b, 0o600)
}

// Key returns the key made from the passphrase; ok is false when it is another one.
func (p Passphrase) Key(text string) (key string, ok bool) {
	master := p.master(text)
	return hex.EncodeToString(master), subtle.ConstantTimeCompare(derive(master, passphraseProof), p.Proof) == 1
}

func (p Passphrase) master(text string) []byte {
	return argon2.IDKey(norm.NFC.Bytes([]byte(text)), p.Salt, passphraseRounds, passphraseMemory, 1, keySize)
}
