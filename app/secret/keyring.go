package secret

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/file"
)

// KeyVariable is the environment variable that may hold the key instead of the
// key file.
const KeyVariable = "ECOFLOW_SECRET_KEY"

const (
	keySize = 32
	idSize  = 8
)

// What Open can fail with.
var (
	ErrOtherKey = errors.New("sealed with another key")
	ErrAltered  = errors.New("altered, or moved from where it was sealed")
)

// Keyring encrypts secrets at rest with AES-256-GCM and derives the other keys
// of the product from the same 32 bytes. It is not for concurrent use while
// Renew or Settle runs.
type Keyring struct {
	primary *key   // seals
	older   []*key // open what has not been sealed anew yet
	path    string // of the key file, "" when the key lives nowhere
	given   bool   // the key came from the environment
	problem string
	lasting bool // the key will be there at the next start
	made    bool // the key file was missing and was made
}

type key struct {
	master []byte
	id     []byte
	aead   cipher.AEAD
}

// NewKeyring returns a keyring over 32 bytes that are kept nowhere.
func NewKeyring(master []byte) (*Keyring, error) {
	k, err := newKey(master)
	if err != nil {
		return nil, err
	}
	return &Keyring{primary: k, lasting: true}, nil
}

// OpenKeyring returns the keyring of a data folder: given is the content of
// KeyVariable (64 hexadecimal digits, or 32 bytes in base64), "" when it is not
// set; path leads to the key file, which is made when it is missing and nothing
// was given.
//
// There always is a keyring, so that the product starts without its key too.
// What is wrong, if anything, Problem says.
func OpenKeyring(path, given string) *Keyring {
	k := &Keyring{path: path, lasting: true}
	if given != "" {
		k.openGiven(given)
	} else {
		k.openFile()
	}
	return k
}

func (k *Keyring) openGiven(given string) {
	k.given = true
	master, ok := decodeKey(given)
	if !ok {
		k.unkept("%s is not a key: it has to be 64 hexadecimal digits, or 32 bytes in base64.", KeyVariable)
		return
	}
	k.primary = mustKey(master)
	// A key file beside it is the older key of a move to the environment: rekey
	// reads with one and writes with the other.
	if master, err := os.ReadFile(k.path); err == nil && len(master) == keySize {
		k.older = append(k.older, mustKey(master))
	}
}

func (k *Keyring) openFile() {
	name := filepath.Base(k.path)
	master, err := os.ReadFile(k.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		k.create()
		return
	case err != nil:
		k.unkept("The key file %s cannot be read.", name)
		return
	case len(master) != keySize:
		aside := k.path + ".unusable-" + time.Now().UTC().Format("20060102T150405Z")
		if err := os.Rename(k.path, aside); err != nil {
			k.unkept("The key file %s holds %d bytes instead of %d and cannot be replaced.", name, len(master), keySize)
			return
		}
		k.create()
		if k.lasting {
			k.problem = fmt.Sprintf("The key file %s held %d bytes instead of %d. It was kept as %s and a new key was made; secrets from before have to be entered anew.",
				name, len(master), keySize, filepath.Base(aside))
		}
		return
	}
	if err := closeToOthers(k.path); err != nil {
		k.problem = fmt.Sprintf("The key file %s may be readable by others.", name)
	}
	k.primary = mustKey(master)
	// A newer key beside it is a rekey that was cut off before it ended.
	if newer, err := os.ReadFile(k.path + ".new"); err == nil && len(newer) == keySize {
		k.older = append(k.older, k.primary)
		k.primary = mustKey(newer)
	}
}

// closeToOthers makes a file its owner's alone, unless it is already: a folder that
// cannot be written is no reason to complain.
func closeToOthers(path string) error {
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return os.Chmod(path, 0o600)
}

func (k *Keyring) create() {
	master := newMaster()
	if err := file.Write(k.path, master, 0o600); err != nil {
		k.unkept("The key file %s cannot be written.", filepath.Base(k.path))
		return
	}
	k.primary, k.made = mustKey(master), true
}

// Made reports whether there was no key file and a new one was made. Where there is
// something that the key before had sealed, that is lost.
func (k *Keyring) Made() bool { return k.made }

// unkept leaves the keyring with a key of this process alone: sessions can be
// signed, but nothing may be sealed that has to be read again later.
func (k *Keyring) unkept(format string, args ...any) {
	k.primary, k.lasting = mustKey(newMaster()), false
	k.problem = fmt.Sprintf(format, args...) + " Stored secrets cannot be read or changed until that is put right."
}

// Origin says where the key of the secrets comes from.
type Origin string

// The origins.
const (
	FromFile        Origin = "file" // beside the data
	FromEnvironment Origin = "environment"
	FromPassphrase  Origin = "passphrase" // asked for at the start
)

// Origin returns where the key comes from.
func (k *Keyring) Origin() Origin {
	if !k.given {
		return FromFile
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(k.path), PassphraseFile)); err == nil {
		return FromPassphrase
	}
	return FromEnvironment
}

// Problem says in a sentence for the user what is wrong with the key, "" when
// nothing is.
func (k *Keyring) Problem() string { return k.problem }

// Seal encrypts plain. What names the row it belongs to: only Open with the same
// name gives it back, so that sealed values cannot be swapped. The result starts
// with the id of the key. It fails with fault.Unavailable without a lasting key.
func (k *Keyring) Seal(what string, plain []byte) ([]byte, error) {
	if !k.lasting {
		return nil, fault.New(fault.Unavailable, "%s", k.problem).WithCode("no_secret_key")
	}
	// A fresh random nonce is safe for 2^32 values under one key.
	nonce := make([]byte, k.primary.aead.NonceSize())
	rand.Read(nonce)
	out := append(bytes.Clone(k.primary.id), nonce...)
	return k.primary.aead.Seal(out, nonce, plain, []byte(what)), nil
}

// Open decrypts what Seal returned for the same name. It fails with ErrOtherKey
// or ErrAltered.
func (k *Keyring) Open(what string, sealed []byte) ([]byte, error) {
	from := k.keyOf(sealed)
	if from == nil {
		return nil, ErrOtherKey
	}
	nonce := from.aead.NonceSize()
	if len(sealed) < idSize+nonce {
		return nil, ErrAltered
	}
	plain, err := from.aead.Open(nil, sealed[idSize:idSize+nonce], sealed[idSize+nonce:], []byte(what))
	if err != nil {
		return nil, ErrAltered
	}
	return plain, nil
}

func (k *Keyring) keyOf(sealed []byte) *key {
	for _, c := range append([]*key{k.primary}, k.older...) {
		if bytes.HasPrefix(sealed, c.id) {
			return c
		}
	}
	return nil
}

// Derive returns 32 bytes for the purpose, the same each time as long as the key
// stays. After a rekey they are others.
func (k *Keyring) Derive(purpose string) []byte { return derive(k.primary.master, purpose) }

// Interrupted reports whether a rekey was cut off before Settle: some values may
// still be sealed with the older key, and have to be sealed anew.
func (k *Keyring) Interrupted() bool { return !k.given && len(k.older) > 0 }

// Current reports whether sealed was sealed with the key that seals now.
func (k *Keyring) Current(sealed []byte) bool { return bytes.HasPrefix(sealed, k.primary.id) }

// Renew makes a new key the one that seals; the old one still opens. It is kept
// beside the old one until Settle, so that a crash in between loses nothing. With
// a key from the environment there is nothing to make: it is the new key.
func (k *Keyring) Renew() error {
	switch {
	case !k.lasting:
		return fault.New(fault.Unavailable, "%s", k.problem).WithCode("no_secret_key")
	case k.given && len(k.older) == 0:
		return fault.New(fault.Conflict, "The key comes from %s. To change it, put the present key into the key file as 32 bytes, set %s to a new one and run this again.", KeyVariable, KeyVariable)
	case len(k.older) > 0:
		return nil
	}
	master := newMaster()
	if k.path != "" {
		if err := file.Write(k.path+".new", master, 0o600); err != nil {
			return fmt.Errorf("renew key: %w", err)
		}
	}
	k.older, k.primary = []*key{k.primary}, mustKey(master)
	return nil
}

// Settle forgets the older keys, once nothing is sealed with them any more.
func (k *Keyring) Settle() error {
	if k.path != "" && !k.given {
		err := os.Rename(k.path+".new", k.path)
		if err == nil {
			err = file.SyncFolder(filepath.Dir(k.path))
		}
		if err != nil {
			return fmt.Errorf("settle key: %w", err)
		}
	}
	k.older = nil
	return nil
}

func newMaster() []byte {
	master := make([]byte, keySize)
	rand.Read(master)
	return master
}

func decodeKey(text string) (master []byte, ok bool) {
	text = strings.TrimSpace(text)
	if b, err := hex.DecodeString(text); err == nil && len(b) == keySize {
		return b, true
	}
	text = strings.TrimRight(text, "=")
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if b, err := enc.DecodeString(text); err == nil && len(b) == keySize {
			return b, true
		}
	}
	return nil, false
}

func mustKey(master []byte) *key {
	k, err := newKey(master)
	if err != nil {
		panic(err)
	}
	return k
}

func newKey(master []byte) (*key, error) {
	if len(master) != keySize {
		return nil, fmt.Errorf("a key has %d bytes, not %d", keySize, len(master))
	}
	block, err := aes.NewCipher(derive(master, "seal"))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &key{master: master, id: derive(master, "key id")[:idSize], aead: aead}, nil
}

func derive(master []byte, purpose string) []byte {
	out, err := hkdf.Key(sha256.New, master, nil, "ecoflow "+purpose, keySize)
	if err != nil {
		panic(err) // only for a length that no hash can give
	}
	return out
}
