package log

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

const (
	block      = 256 << 10 // bytes that are read at once, from the end of a file on
	longLine   = 4 << 20   // a line beyond this is cut
	lookBytes  = 8 << 20   // bytes that are looked at for one page
	recentKept = 1000      // records that are kept in memory, for when there is no file …
	recentSize = 1 << 20   // … and their bytes
)

// TailRequest asks for the newest records of the log.
type TailRequest struct {
	Level  string `query:"level" enum:"debug,info,warn,error" default:"debug" doc:"Only records of this level and graver ones."`
	Text   string `query:"text" maxLength:"200" doc:"Somewhere in the message or a fact, whatever its case."`
	Limit  int    `query:"limit" default:"200" minimum:"1" doc:"1,000 at most."`
	Cursor string `query:"cursor" maxLength:"100" doc:"next of the page before."`
}

// Tail is a page of the log.
type Tail struct {
	Records []Record // the newest first
	// Next continues with older records; "" when there are none.
	Next string
	// Files reports whether the log is kept in files. Without, only the last records
	// since the start are known.
	Files bool
}

// Tail returns the newest records. A page may be short, even empty, and have a
// Next: it ends where enough was looked at.
func (l *Log) Tail(ctx context.Context, r TailRequest) (Tail, error) {
	t := Tail{Records: []Record{}}
	most := limit.Rows(r.Limit)
	lowest, text := ParseLevel(r.Level), strings.ToLower(r.Text)
	take := func(line string) (full bool) {
		rec := parse(line)
		if ParseLevel(rec.Level) >= lowest && (text == "" || rec.holds(text)) {
			t.Records = append(t.Records, rec)
		}
		return len(t.Records) >= most
	}
	files, err := l.files()
	if err != nil {
		return t, fmt.Errorf("list the log files: %w", err)
	}
	if len(files) == 0 {
		for _, line := range slices.Backward(l.recent.lines()) {
			if take(line) {
				break
			}
		}
		return t, nil
	}
	t.Files = true
	at := place{mark: r.Cursor}
	left := lookBytes
	for _, name := range files {
		if err := ctx.Err(); err != nil {
			return t, err
		}
		end, err := at.look(name, &left, take)
		switch {
		case errors.Is(err, fs.ErrNotExist): // it was the oldest, and is gone
			continue
		case err != nil:
			return t, err
		}
		if end != "" {
			t.Next = end
			return t, nil
		}
	}
	if at.mark != "" {
		return t, fault.New(fault.Malformed, "The cursor is none that a page ended with, or that part of the log is gone.").WithCode("log_gone").At("cursor", "is not valid")
	}
	return t, nil
}

// place is where a page begins: at the end of the newest file, or where its
// cursor says. A cursor names a file by how it begins, because rotating gives it
// another name.
type place struct{ mark string }

// look takes lines of a file from the place on backwards. It returns the cursor of
// what is left of the file when take has enough or enough was looked at, else "".
func (p *place) look(name string, left *int, take func(string) bool) (next string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	mark, size, err := markOf(f)
	if err != nil || size == 0 {
		return "", err
	}
	end := size
	if p.mark != "" {
		wanted, offset, _ := strings.Cut(p.mark, "-")
		if wanted != mark {
			return "", nil // in an older one
		}
		n, err := strconv.ParseInt(offset, 10, 64)
		if err != nil || n < 0 || n > size {
			return "", nil
		}
		p.mark, end = "", n
	}
	cursor := func(at int64) string { return fmt.Sprintf("%s-%d", mark, at) }
	room := int64(block)
	for end > 0 {
		start := max(end-room, 0)
		data := make([]byte, end-start)
		if _, err := f.ReadAt(data, start); err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		*left -= len(data)
		cut := 0 // where the first whole line of the block begins
		if start > 0 {
			if cut = bytes.IndexByte(data[:len(data)-1], '\n') + 1; cut == 0 && room < longLine {
				room *= 4
				continue
			}
		}
		for len(data) > cut {
			from := max(bytes.LastIndexByte(data[:len(data)-1], '\n')+1, cut)
			if line := data[from:]; len(bytes.TrimSpace(line)) > 0 && take(string(line)) {
				return cursor(start + int64(from)), nil
			}
			data = data[:from]
		}
		end, room = start+int64(cut), block
		if *left <= 0 && end > 0 {
			return cursor(end), nil
		}
	}
	return "", nil
}

// markOf names a file by its first line, and returns its size.
func markOf(f *os.File) (mark string, size int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	first := make([]byte, 1024)
	n, err := f.ReadAt(first, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", 0, err
	}
	first, _, whole := bytes.Cut(first[:n], []byte("\n"))
	if !whole && n < cap(first) {
		return "", 0, nil // not even one line yet
	}
	return fmt.Sprintf("%08x", crc32.ChecksumIEEE(first)), info.Size(), nil
}

// files returns the paths of the log's files, the newest first; none when the log
// goes to no file.
func (l *Log) files() ([]string, error) {
	l.mu.Lock()
	file := l.file
	l.mu.Unlock()
	if file == nil {
		return nil, nil
	}
	dir, base := filepath.Split(file.Filename)
	entries, err := os.ReadDir(filepath.Clean(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // nothing was written yet
	}
	if err != nil {
		return nil, err
	}
	ext := filepath.Ext(base)
	prefix := strings.TrimSuffix(base, ext) + "-"
	var older []string
	newest := []string{}
	for _, e := range entries {
		name := e.Name()
		switch {
		case name == base:
			newest = append(newest, filepath.Join(dir, name))
		case strings.HasPrefix(name, prefix) && strings.HasSuffix(name, ext) && isStamp(name[len(prefix):len(name)-len(ext)]):
			older = append(older, filepath.Join(dir, name))
		}
	}
	slices.Sort(older) // by the time in their names
	slices.Reverse(older)
	return append(newest, older...), nil
}

// isStamp reports whether a text is the time that a rotated file has in its name.
func isStamp(text string) bool {
	const form = "2006-01-02T15-04-05.000"
	return len(text) == len(form) && text[4] == '-' && text[10] == 'T' && text[19] == '.'
}

// WriteTo writes the whole log, the oldest record first.
func (l *Log) WriteTo(w io.Writer) (n int64, err error) {
	files, err := l.files()
	if err != nil {
		return 0, err
	}
	if len(files) == 0 {
		for _, line := range l.recent.lines() {
			m, err := io.WriteString(w, line)
			if n += int64(m); err != nil {
				return n, err
			}
		}
		return n, nil
	}
	for _, name := range slices.Backward(files) {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return n, err
		}
		m, err := io.Copy(w, f)
		n += m
		if err = errors.Join(err, f.Close()); err != nil {
			return n, err
		}
	}
	return n, nil
}
