package recovery

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"sync"
	"time"

	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

const (
	sessionTime = 8 * time.Hour
	launchTime  = time.Minute
	mostOpen    = 32 // sessions and launch tokens; the oldest give way
	codeLength  = 16 // letters and digits: 80 bits
)

// Door lets people in who can read the data folder or the console. Nobody can sign
// in: the passwords are in the database.
type Door struct {
	local    bool
	code     string
	launches *passes
	sessions *passes
}

func newDoor(local bool) Door {
	return Door{local: local, code: rand.Text()[:codeLength], launches: &passes{life: launchTime}, sessions: &passes{life: sessionTime}}
}

// Local reports whether a launch token lets people in, and no code.
func (d *Door) Local() bool { return d.local }

// Code returns the recovery code in groups of four, "" in local mode.
func (d *Door) Code() string {
	if d.local {
		return ""
	}
	var groups []string
	for i := 0; i < codeLength; i += 4 {
		groups = append(groups, d.code[i:i+4])
	}
	return strings.Join(groups, "-")
}

// LaunchToken returns a token that lets the first who brings it in, within a minute.
func (d *Door) LaunchToken() string { return d.launches.add() }

// Key is what somebody shows to get in.
type Key struct {
	Code string `json:"code" required:"true" secret:"true"`
}

// Opened is a session that has begun.
type Opened struct{ id string }

// SessionCookie tells the front door which id to set the session cookie to.
func (o Opened) SessionCookie() (id string, change bool) { return o.id, o.id != "" }

// MarshalText writes nothing that gives access.
func (o Opened) MarshalText() ([]byte, error) { return []byte("You may go on."), nil }

// JSONSchema says that it is a string.
func (Opened) JSONSchema() string { return `{"type": "string"}` }

// Open begins a session for whoever knows the code.
func (d *Door) Open(_ context.Context, k Key) (Opened, error) {
	given := strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(k.Code))
	if d.local || subtle.ConstantTimeCompare([]byte(given), []byte(d.code)) != 1 {
		return Opened{}, fault.New(fault.Unauthenticated, "The recovery code is not right. It is on the console, and in the file recovery-code of the data folder.").WithCode("wrong_code")
	}
	return Opened{d.sessions.add()}, nil
}

// Launch exchanges a launch token, once, for a session.
func (d *Door) Launch(_ context.Context, in auth.Launch) (Opened, error) {
	if !d.local || !d.launches.take(in.Token) {
		return Opened{}, fault.New(fault.Unauthenticated, "This link has been used or is too old. Start EcoFlow again to get a new one.").WithCode("launch_failed")
	}
	return Opened{d.sessions.add()}, nil
}

// Actor returns who a session id belongs to: the person at the machine, or nobody.
func (d *Door) Actor(session, address string) auth.Actor {
	if session == "" || !d.sessions.has(session) {
		return auth.Actor{Address: address}
	}
	return auth.Actor{UserID: auth.LocalID, Username: auth.LocalID, Address: address}
}

// passes are secrets that were given out and hold for a while. What is kept are
// their hashes.
type passes struct {
	life time.Duration
	mu   sync.Mutex
	open []pass
}

type pass struct {
	hash [sha256.Size]byte
	ends time.Time
}

func (p *passes) add() (secret string) {
	secret = rand.Text() + rand.Text() // 256 bits
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.open) == mostOpen {
		p.open = p.open[1:]
	}
	p.open = append(p.open, pass{sha256.Sum256([]byte(secret)), time.Now().Add(p.life)})
	return secret
}

func (p *passes) find(secret string) int {
	hash, now, found := sha256.Sum256([]byte(secret)), time.Now(), -1
	for i, o := range p.open {
		if subtle.ConstantTimeCompare(o.hash[:], hash[:]) == 1 && now.Before(o.ends) {
			found = i
		}
	}
	return found
}

func (p *passes) has(secret string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.find(secret) >= 0
}

func (p *passes) take(secret string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.find(secret)
	if i < 0 {
		return false
	}
	p.open = append(p.open[:i], p.open[i+1:]...)
	return true
}
