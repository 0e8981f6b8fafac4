package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/text/unicode/norm"

	"ecoflow/app/limit"
)

// The parameters of new hashes (S12): about 20 ms and 19 MiB each.
const (
	argonMemory  = 19 << 10 // KiB
	argonPasses  = 2
	argonThreads = 1
	argonSalt    = 16 // bytes
	argonSum     = 32 // bytes
)

// What an imported hash may ask of us at most.
const (
	argonMemoryMost  = 128 << 10 // KiB
	argonPassesMost  = 10
	argonThreadsMost = 16
	bcryptCostMost   = 14
)

// hasher computes password hashes, on half the cores at most: each takes a core
// and 19 MiB, and flows are to run on while people sign in.
type hasher struct {
	places  chan struct{} // those who compute and those who wait
	slots   chan struct{} // those who compute
	helpers *helpers      // compute them; nil: this process does
	limits  *limit.Counters
	log     *slog.Logger
}

func newHasher(o Options) *hasher {
	n := min(max(1, runtime.GOMAXPROCS(0)/2), limit.HashesAtOnce)
	h := &hasher{
		places: make(chan struct{}, n+limit.HashesWaiting),
		slots:  make(chan struct{}, n),
		limits: o.Limits,
		log:    o.Log,
	}
	if o.Helper != nil {
		h.helpers = newHelpers(o.Log, o.Helper)
	}
	return h
}

// close ends what computes elsewhere.
func (h *hasher) close() error {
	if h.helpers == nil {
		return nil
	}
	return h.helpers.close()
}

// room returns the fault of run when too many wait already.
func (h *hasher) room() error {
	if len(h.places) < cap(h.places) {
		return nil
	}
	h.limits.Refused("password hashes")
	return busy()
}

// run calls fn when a core is free; it answers a fault of kind Unavailable when
// too many wait already.
func (h *hasher) run(ctx context.Context, fn func()) error {
	select {
	case h.places <- struct{}{}:
	default:
		h.limits.Refused("password hashes")
		return busy()
	}
	defer func() { <-h.places }()
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-h.slots }()
	fn()
	return nil
}

// hash returns the password's hash as a PHC string.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	p := phc{variant: "argon2id", memory: argonMemory, passes: argonPasses, threads: argonThreads, salt: make([]byte, argonSalt)}
	rand.Read(p.salt)
	err := h.run(ctx, func() { p.sum = h.sum(p.derivation(password, argonSum)) })
	return p.String(), err
}

// verify reports whether the hash is the password's, and whether it should be
// replaced by one with today's parameters.
func (h *hasher) verify(ctx context.Context, hash, password string) (right, outdated bool, err error) {
	if strings.HasPrefix(hash, "$2") {
		cost, err := bcrypt.Cost([]byte(hash))
		if err != nil || cost > bcryptCostMost {
			return false, false, fmt.Errorf("bcrypt hash of cost %d: %w", cost, errHash)
		}
		// As it came: the original neither normalised nor refused long ones.
		err = h.run(ctx, func() {
			right = bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
		})
		return right, true, err
	}
	p, err := parsePHC(hash)
	if err != nil {
		return false, false, err
	}
	err = h.run(ctx, func() {
		right = subtle.ConstantTimeCompare(p.sum, h.sum(p.derivation(password, len(p.sum)))) == 1
	})
	return right, !p.current(), err
}

// decoy is a hash of nobody's password: unknown users cost the same work.
var decoy = phc{
	variant: "argon2id", memory: argonMemory, passes: argonPasses, threads: argonThreads,
	salt: make([]byte, argonSalt), sum: make([]byte, argonSum),
}.String()

// phc is an Argon2 hash in the form of the PHC string format:
// $argon2id$v=19$m=19456,t=2,p=1$<salt>$<sum>, base64 without padding.
type phc struct {
	variant string // argon2id or argon2i
	memory  uint32 // KiB
	passes  uint32
	threads uint8
	salt    []byte
	sum     []byte
}

var errHash = errors.New("not a usable password hash")

func (p phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d$%s$%s", p.variant, argon2.Version,
		p.memory, p.passes, p.threads, b64.EncodeToString(p.salt), b64.EncodeToString(p.sum))
}

func parsePHC(s string) (phc, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, errHash
	}
	p := phc{variant: parts[1]}
	if p.variant != "argon2id" && p.variant != "argon2i" {
		return phc{}, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.threads); err != nil {
		return phc{}, errHash
	}
	var err, err2 error
	p.salt, err = base64.RawStdEncoding.DecodeString(parts[4])
	p.sum, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || err2 != nil || p.String() != s ||
		p.memory == 0 || p.memory > argonMemoryMost ||
		p.passes == 0 || p.passes > argonPassesMost ||
		p.threads == 0 || p.threads > argonThreadsMost ||
		len(p.salt) < 8 || len(p.salt) > 64 || len(p.sum) < 16 || len(p.sum) > 64 {
		return phc{}, errHash
	}
	return p, nil
}

// Derivation is all that a sum is computed of. Its fields travel to the helper.
type Derivation struct {
	Variant  string
	Password []byte
	Salt     []byte
	Passes   uint32
	Memory   uint32 // KiB
	Threads  uint8
	Length   uint32 // bytes
}

func (p phc) derivation(password string, length int) Derivation {
	return Derivation{
		Variant: p.variant, Password: norm.NFC.Bytes([]byte(password)), Salt: p.salt,
		Passes: p.passes, Memory: p.memory, Threads: p.threads, Length: uint32(length), //nolint:gosec // a key has 32 bytes
	}
}

func (d Derivation) sum() []byte {
	key := argon2.IDKey
	if d.Variant == "argon2i" {
		key = argon2.Key
	}
	return key(d.Password, d.Salt, d.Passes, d.Memory, d.Threads, d.Length)
}

// sum computes a sum in a helper where there is one, and here where it fails.
func (h *hasher) sum(d Derivation) []byte {
	if h.helpers != nil {
		sum, err := h.helpers.sum(d)
		if err == nil {
			return sum
		}
		h.log.Warn("a hash is computed in this process", "err", err)
	}
	return d.sum()
}

func (p phc) current() bool {
	return p.variant == "argon2id" && p.memory == argonMemory && p.passes == argonPasses &&
		p.threads == argonThreads && len(p.salt) == argonSalt && len(p.sum) == argonSum
}
