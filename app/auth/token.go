package auth

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
)

// What bearer tokens start with, so that they are known wherever they turn up.
const (
	TokenPrefix  = "ecf_" // personal API tokens
	AccessPrefix = "eca_" // access tokens of sessions
)

const tokensMost = 100 // of one owner

// newToken returns a bearer token: the prefix and, in URL-safe base64, 256 random
// bits followed by their CRC-32, by which scanners of leaked secrets tell a token
// from something that looks like one.
func newToken(prefix string) string {
	b := make([]byte, 32, 36)
	rand.Read(b)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return prefix + base64.RawURLEncoding.EncodeToString(b)
}

// NewToken is what somebody fills in to get a personal API token.
type NewToken struct {
	Name string `json:"name" required:"true" maxLength:"100"`
	// Permissions are wire names, all of them held by who asks.
	Permissions []string `json:"permissions" maxItems:"31"`
	// Days until the token expires; 90 when left out.
	Days int `json:"days" minimum:"1" maximum:"366"`
}

const defaultDays = 90

func (n NewToken) name() string { return norm.NFC.String(strings.TrimSpace(n.Name)) }

// Wrong lists what is wrong with it, when the actor in ctx asks.
func (n NewToken) Wrong(ctx context.Context) []fault.Place {
	var wrong []fault.Place
	if name := n.name(); name == "" || strings.ContainsFunc(name, unicode.IsControl) {
		wrong = append(wrong, fault.Place{Path: "name", Message: "takes visible characters"})
	}
	for _, name := range n.Permissions {
		p, ok := ParsePermission(name)
		switch {
		case !ok:
			wrong = append(wrong, fault.Place{Path: "permissions", Message: fmt.Sprintf("%q is not a permission", name)})
		case !ActorFrom(ctx).Permissions.Has(p):
			wrong = append(wrong, fault.Place{Path: "permissions", Message: fmt.Sprintf("you do not have %q yourself", name)})
		}
	}
	return wrong
}

// TokenInfo is one personal token as its owner sees it.
type TokenInfo struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Permissions []string   `json:"permissions"`
	CreatedAt   time.Time  `json:"createdAt"`
	ExpiresAt   time.Time  `json:"expiresAt"`
	LastUsedAt  *time.Time `json:"lastUsedAt"` // null: never
}

// MadeToken is a new token with its secret, which is shown this once.
type MadeToken struct {
	TokenInfo
	Token string `json:"token"`
}

// AddToken makes a personal token for the actor in ctx. It can do what the list
// says of what its owner can, at the time of use; one made with a token does not
// outlive that token.
func (a *Accounts) AddToken(ctx context.Context, n NewToken) (MadeToken, error) {
	if wrong := n.Wrong(ctx); len(wrong) > 0 {
		return MadeToken{}, bad("The token cannot be made like this.", wrong)
	}
	who := ActorFrom(ctx)
	n.Name = n.name()
	var p Permission
	for _, name := range n.Permissions {
		one, _ := ParsePermission(name)
		p |= one
	}
	if n.Days == 0 {
		n.Days = defaultDays
	}
	now := a.Now()
	expires := now.AddDate(0, 0, n.Days)
	if who.Token != "" && who.Until.Before(expires) {
		expires = who.Until
	}
	made := newToken(TokenPrefix)
	t := Token{
		Hash: digest(made), Public: rand.Text(), UserID: who.owner(), Name: n.Name,
		Permissions: p, Created: now, Expires: expires,
	}
	audit.Describe(ctx, "token "+t.Name, nil, t.info())
	if err := a.Store.AddToken(ctx, t, tokensMost); err != nil {
		return MadeToken{}, err
	}
	return MadeToken{TokenInfo: t.info(), Token: made}, nil
}

func (t Token) info() TokenInfo {
	info := TokenInfo{
		ID: t.Public, Name: t.Name, Permissions: t.Permissions.Names(),
		CreatedAt: t.Created.Truncate(time.Millisecond), ExpiresAt: t.Expires.Truncate(time.Millisecond),
	}
	if !t.Used.IsZero() {
		info.LastUsedAt = &t.Used
	}
	return info
}

// Tokens lists the personal tokens of the actor in ctx, the newest first; expired
// ones are listed until they are removed.
func (a *Accounts) Tokens(ctx context.Context) ([]TokenInfo, error) {
	all, err := a.Store.Tokens(ctx, ActorFrom(ctx).owner())
	if err != nil {
		return nil, err
	}
	list := make([]TokenInfo, 0, len(all))
	for _, t := range all {
		list = append(list, t.info())
	}
	return list, nil
}

// EndToken removes a personal token of the actor in ctx; somebody else's is not
// found.
func (a *Accounts) EndToken(ctx context.Context, id string) error {
	who := ActorFrom(ctx)
	tokens, err := a.Store.Tokens(ctx, who.owner())
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if t.Public == id {
			audit.Describe(ctx, "token "+t.Name, t.info(), nil)
		}
	}
	if err := a.Store.EndToken(ctx, who.owner(), id); err != nil {
		return err
	}
	a.changed(who.UserID, "tokens")
	return nil
}
