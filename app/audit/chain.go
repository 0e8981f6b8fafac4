package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Record is an entry as it is stored. Each signs the one before, so that none
// can be changed, moved or taken away unseen.
type Record struct {
	ID        int64 // 1, 2, 3 … without gaps
	Time      time.Time
	Actor     string // user name, "" for nobody
	Address   string
	Action    string
	Object    string
	Message   string
	Type      string
	Result    Result
	Before    []byte // JSON, nil when there is none
	After     []byte
	RequestID string
	Key       int64 // which key signed it
	MAC       []byte
}

// Line is a record as the contract's audit log shows it, with more beside.
type Line struct {
	ID        int64  `json:"_id"`
	Time      string `json:"timeSpan"` // UTC
	Message   string `json:"message"`
	Type      string `json:"type"`
	User      string `json:"userID"` // the name; SYSTEM_LOG where nobody was signed in
	Action    string `json:"action"`
	Object    string `json:"object"`
	Result    Result `json:"result"`
	Address   string `json:"address"`
	RequestID string `json:"requestId"`
}

// Line returns the record as it is shown.
func (r Record) Line() Line {
	user := r.Actor
	if user == "" {
		user = Nobody
	}
	return Line{
		ID: r.ID, Time: r.Time.Format("2006-01-02T15:04:05.000Z"), Message: r.Message, Type: r.Type, User: user,
		Action: r.Action, Object: r.Object, Result: r.Result, Address: r.Address, RequestID: r.RequestID,
	}
}

// Full is a line with the state of its object before and after the act.
type Full struct {
	Line
	Before jsontext.Value `json:"before,omitzero" doc:"Without secrets; absent when there is none."`
	After  jsontext.Value `json:"after,omitzero"`
}

// Full returns the whole record as it is shown.
func (r Record) Full() Full { return Full{Line: r.Line(), Before: r.Before, After: r.After} }

// Sign returns the HMAC-SHA-256 of every field of the record and of the MAC of
// the record before, nil for the first.
func (r Record) Sign(key, before []byte) []byte { return r.sign(hmac.New(sha256.New, key), before) }

func (r *Record) sign(mac hash.Hash, before []byte) []byte {
	return sign(mac, "entry", number(r.ID), number(r.Time.UnixMilli()), []byte(r.Actor), []byte(r.Address),
		[]byte(r.Action), []byte(r.Object), []byte(r.Message), []byte(r.Type), []byte(r.Result),
		r.Before, r.After, []byte(r.RequestID), number(r.Key), before)
}

// Head says where the chain ends, or where what is left of it begins. It is kept
// outside the table of records.
type Head struct {
	Last int64  // ID of the last record, 0 before the first
	MAC  []byte // of the last record
	Key  int64  // which key sealed the head
	Seal []byte
}

// Sign returns the seal of the head.
func (h Head) Sign(key []byte) []byte { return h.sign(hmac.New(sha256.New, key)) }

func (h Head) sign(mac hash.Hash) []byte {
	return sign(mac, "head", number(h.Last), h.MAC, number(h.Key))
}

// SignCut returns the seal of the head as one that everything up to it was cut off
// after.
func (h Head) SignCut(key []byte) []byte { return h.signCut(hmac.New(sha256.New, key)) }

func (h Head) signCut(mac hash.Hash) []byte {
	return sign(mac, "cut", number(h.Last), h.MAC, number(h.Key))
}

func number(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) } //nolint:gosec // the same 64 bits

// sign writes the length before each part, so that no two lists of parts sign
// alike.
func sign(mac hash.Hash, what string, parts ...[]byte) []byte {
	var room [512]byte
	text := append(room[:0], number(int64(len(what)))...)
	text = append(text, what...)
	for _, p := range parts {
		text = binary.BigEndian.AppendUint64(text, uint64(len(p)))
		text = append(text, p...)
	}
	mac.Reset()
	mac.Write(text)
	return mac.Sum(nil)
}

// Verdict is what a verification found.
type Verdict struct {
	Entries int     `json:"entries"` // records seen
	Unknown int     `json:"unknown"` // records signed with a key that is no longer there
	Breaks  []Break `json:"breaks"`  // at most breaksListed of them
	Broken  int     `json:"broken"`  // all of them

	Cut      int64 `json:"cut"`      // the last record that was moved to an archive, 0 for none
	Archived int   `json:"archived"` // records seen in archives
}

// Sound reports whether nothing was found.
func (v Verdict) Sound() bool { return v.Broken == 0 }

// Break is a place where the chain does not hold.
type Break struct {
	ID     int64  `json:"id"` // of the record that does not fit
	Reason string `json:"reason"`
}

const breaksListed = 100

// Checker goes along the chain and notes where it does not hold.
type Checker struct {
	keys     map[int64]hash.Hash
	keyBytes map[int64][]byte
	last     int64
	mac      []byte
	within   string // ends every reason
	verdict  Verdict
}

// NewChecker returns a checker for an empty chain. A key that is not in keys is
// one that was lost: what it signed is counted as unknown.
func NewChecker(keys map[int64][]byte) *Checker {
	c := &Checker{keys: map[int64]hash.Hash{}, keyBytes: keys}
	for id, key := range keys {
		c.keys[id] = hmac.New(sha256.New, key)
	}
	return c
}

// Begin says that the records up to the cut were moved elsewhere.
func (c *Checker) Begin(cut Head) {
	c.last, c.mac, c.verdict.Cut = cut.Last, cut.MAC, cut.Last
	if key, known := c.keys[cut.Key]; known && !hmac.Equal(cut.Seal, cut.signCut(key)) {
		c.found(cut.Last, "is where older entries were cut off, and that was changed")
	}
}

// Next looks at the next record, in the order of their IDs.
func (c *Checker) Next(r Record) {
	c.verdict.Entries++
	key, known := c.keys[r.Key]
	switch {
	case r.ID <= c.last:
		c.found(r.ID, "is not in its place")
	case r.ID != c.last+1:
		c.missing(c.last+1, r.ID-1)
	case !known:
		c.verdict.Unknown++
	case !hmac.Equal(r.MAC, r.sign(key, c.mac)):
		c.found(r.ID, "was changed, or does not follow the entry before")
	}
	c.last, c.mac = r.ID, r.MAC
}

// End looks at where the chain has to end; head is nil when that is gone.
func (c *Checker) End(head *Head) Verdict {
	switch {
	case head == nil:
		c.found(c.last, "the end of the chain is not recorded")
		return c.verdict
	case head.Last > c.last:
		c.missing(c.last+1, head.Last)
	case head.Last < c.last:
		c.found(head.Last+1, "is beyond the end of the chain")
	case !hmac.Equal(head.MAC, c.mac):
		c.found(c.last, "is not the entry that the chain ended with")
	}
	if key, known := c.keys[head.Key]; known && !hmac.Equal(head.Seal, head.sign(key)) {
		c.found(head.Last, "the recorded end of the chain was changed")
	}
	return c.verdict
}

func (c *Checker) missing(from, to int64) {
	if from == to {
		c.found(from, "is missing")
		return
	}
	c.found(from, fmt.Sprintf("entries %d to %d are missing", from, to))
}

func (c *Checker) found(id int64, reason string) {
	c.verdict.Broken++
	if len(c.verdict.Breaks) < breaksListed {
		c.verdict.Breaks = append(c.verdict.Breaks, Break{id, reason + c.within})
	}
}
