package audit

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"

	"ecoflow/app/fault"
)

// Folder is where in the data folder the archives of old entries are.
const Folder = "audit"

// archiveLine bounds a line of an archive; an entry is far below it.
const archiveLine = 1 << 20

var archiveName = regexp.MustCompile(`^audit-(\d{10})-(\d{10})\.jsonl\.gz$`)

// ArchiveName is what the archive of the entries from first to last is called.
func ArchiveName(first, last int64) string {
	return fmt.Sprintf("audit-%010d-%010d.jsonl.gz", first, last)
}

// Archived returns the first entry of the archive with the name, ok when it is one.
func Archived(name string) (first int64, ok bool) {
	m := archiveName.FindStringSubmatch(name)
	if m == nil {
		return 0, false
	}
	first, err := strconv.ParseInt(m[1], 10, 64)
	return first, err == nil
}

// An archive is a gzip of JSON lines: archiveStart, the records, archiveEnd.
type archiveStart struct {
	Archive string `json:"archive"` // what it is
	First   int64  `json:"first"`
	Before  []byte `json:"before"` // MAC of the record before the first, null for none
}

type archiveEnd struct {
	Last int64  `json:"last"`
	MAC  []byte `json:"mac"`    // of the last record
	SHA  []byte `json:"sha256"` // of all lines before this one
	Key  int64  `json:"key"`
	Seal []byte `json:"seal"`
}

const archiveKind = "EcoFlow audit log 1"

func (e archiveEnd) sign(key []byte, start archiveStart) []byte {
	return sign(hmac.New(sha256.New, key), "archive", number(start.First), start.Before, number(e.Last), e.MAC, e.SHA, number(e.Key))
}

// archived is a record as an archive has it.
type archived struct {
	ID        int64           `json:"id"`
	Time      time.Time       `json:"time"`
	Actor     string          `json:"actor"`
	Address   string          `json:"address"`
	Action    string          `json:"action"`
	Object    string          `json:"object"`
	Message   string          `json:"message"`
	Type      string          `json:"type"`
	Result    Result          `json:"result"`
	Before    json.RawMessage `json:"before,omitempty"`
	After     json.RawMessage `json:"after,omitempty"`
	RequestID string          `json:"requestId"`
	Key       int64           `json:"key"`
	MAC       []byte          `json:"mac"`

	// Raw are the texts that JSON cannot hold as they are, by their place in texts.
	Raw map[int][]byte `json:"raw,omitempty"`
}

func (a *archived) texts() []*string {
	return []*string{&a.Actor, &a.Address, &a.Action, &a.Object, &a.Message, &a.RequestID}
}

func toArchive(r Record) archived {
	a := archived{
		ID: r.ID, Time: r.Time, Actor: r.Actor, Address: r.Address, Action: r.Action, Object: r.Object, Message: r.Message,
		Type: r.Type, Result: r.Result, Before: r.Before, After: r.After, RequestID: r.RequestID, Key: r.Key, MAC: r.MAC,
	}
	for i, text := range a.texts() {
		if !utf8.ValidString(*text) {
			if a.Raw == nil {
				a.Raw = map[int][]byte{}
			}
			a.Raw[i] = []byte(*text)
		}
	}
	return a
}

func (a archived) record() Record {
	for i, text := range a.texts() {
		if raw, ok := a.Raw[i]; ok {
			*text = string(raw)
		}
	}
	return Record{
		ID: a.ID, Time: a.Time, Actor: a.Actor, Address: a.Address, Action: a.Action, Object: a.Object, Message: a.Message,
		Type: a.Type, Result: a.Result, Before: a.Before, After: a.After, RequestID: a.RequestID, Key: a.Key, MAC: a.MAC,
	}
}

// ArchiveWriter writes an archive, and checks the chain of what goes into it.
type ArchiveWriter struct {
	zip     *gzip.Writer
	out     io.Writer
	sum     hash.Hash
	start   archiveStart
	end     archiveEnd
	checker *Checker
}

// NewArchive begins the archive of the entries that follow the cut.
func NewArchive(w io.Writer, keys map[int64][]byte, cut Head) (*ArchiveWriter, error) {
	a := &ArchiveWriter{zip: gzip.NewWriter(w), sum: sha256.New(), checker: NewChecker(keys)}
	a.out = io.MultiWriter(a.zip, a.sum)
	a.start = archiveStart{Archive: archiveKind, First: cut.Last + 1, Before: cut.MAC}
	a.end = archiveEnd{Last: cut.Last, MAC: cut.MAC}
	a.checker.last, a.checker.mac = cut.Last, cut.MAC
	return a, writeLine(a.out, a.start)
}

func writeLine(w io.Writer, v any) error {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false) // what is signed stays as it is
	return lines.Encode(v)
}

// Add writes the next record.
func (a *ArchiveWriter) Add(r Record) error {
	a.checker.Next(r)
	a.end.Last, a.end.MAC = r.ID, r.MAC
	return writeLine(a.out, toArchive(r))
}

// Close signs the archive and returns the first and the last entry in it. It fails
// when the chain of what it holds does not hold.
func (a *ArchiveWriter) Close(id int64, key []byte) (first, last int64, err error) {
	if v := a.checker.verdict; !v.Sound() {
		return 0, 0, fault.New(fault.Conflict, "Old entries are not archived: the audit log was changed outside the product.").
			Because(fmt.Errorf("entry %d %s", v.Breaks[0].ID, v.Breaks[0].Reason))
	}
	a.end.SHA, a.end.Key = a.sum.Sum(nil), id
	a.end.Seal = a.end.sign(key, a.start)
	return a.start.First, a.end.Last, errors.Join(writeLine(a.zip, a.end), a.zip.Close())
}

// Archive looks at an archive, which the chain says to end with cut where it holds
// that entry.
func (c *Checker) Archive(name string, r io.Reader, cut Head) {
	first, _ := Archived(name)
	if err := c.archive(path.Join(Folder, name), r, cut); err != nil {
		c.found(first, fmt.Sprintf("is in the archive %s, which %v", name, err))
	}
}

func (c *Checker) archive(name string, r io.Reader, cut Head) error {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return errors.New("cannot be read")
	}
	lines := bufio.NewScanner(zip)
	lines.Buffer(nil, archiveLine)
	sum := sha256.New()
	var start archiveStart
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &start) != nil || start.Archive != archiveKind {
		return errors.New("is none")
	}
	hashLine(sum, lines.Bytes())
	inside := &Checker{keys: c.keys, last: start.First - 1, mac: start.Before, within: ", in " + name}
	defer func() {
		v := inside.verdict
		c.verdict.Archived += v.Entries
		c.verdict.Unknown += v.Unknown
		for _, b := range v.Breaks {
			c.found(b.ID, b.Reason)
		}
		c.verdict.Broken += v.Broken - len(v.Breaks)
	}()
	var end archiveEnd
	for lines.Scan() {
		if end.Seal != nil {
			return errors.New("goes on after its end")
		}
		var a struct {
			archived
			Seal []byte `json:"seal"`
		}
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return errors.New("cannot be read to its end")
		}
		if a.Seal != nil {
			if err := json.Unmarshal(lines.Bytes(), &end); err != nil {
				return errors.New("cannot be read to its end")
			}
			continue
		}
		hashLine(sum, lines.Bytes())
		rec := a.record()
		if inside.Next(rec); rec.ID == cut.Last && !hmac.Equal(rec.MAC, cut.MAC) {
			inside.found(rec.ID, "is not the entry that was moved")
		}
	}
	if lines.Err() != nil || end.Seal == nil {
		return errors.New("breaks off")
	}
	key, known := c.keyBytes[end.Key]
	if end.Last != inside.last || !hmac.Equal(end.MAC, inside.mac) || !hmac.Equal(end.SHA, sum.Sum(nil)) || known && !hmac.Equal(end.Seal, end.sign(key, start)) {
		return errors.New("was changed")
	}
	return nil
}

func hashLine(sum hash.Hash, line []byte) {
	sum.Write(line)
	sum.Write([]byte{'\n'})
}

// Prune moves the entries from before the moment to signed archives in the data
// folder, and says how many.
func (l *Log) Prune(ctx context.Context, before time.Time) (int64, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	was := l.store.Cut()
	if err := l.store.Prune(ctx, before); err != nil {
		if fault.Is(err, fault.Conflict) {
			l.mu.Lock()
			l.chain.State = Broken
			l.mu.Unlock()
		}
		return l.store.Cut() - was, fmt.Errorf("prune the audit log: %w", err)
	}
	return l.store.Cut() - was, nil
}
