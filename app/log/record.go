package log

import (
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Record is a line of the log, read back.
type Record struct {
	Time    time.Time `json:"time"`
	Level   string    `json:"level" enum:"debug,info,warn,error"`
	Message string    `json:"message"`
	Fields  []Field   `json:"fields" doc:"The facts, in the order in which they were written."`
}

// Field is a fact of a record.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// levelName is the name of the level that a record belongs to.
func levelName(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "error"
	case l >= slog.LevelWarn:
		return "warn"
	case l >= slog.LevelInfo:
		return "info"
	}
	return "debug"
}

// ParseLevel returns the level of a name that a Record has; everything else is
// debug.
func ParseLevel(name string) slog.Level {
	switch name {
	case "error":
		return slog.LevelError
	case "warn":
		return slog.LevelWarn
	case "info":
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

// parse reads a line of either format. A line that is of neither is all message.
func parse(line string) Record {
	line = strings.TrimRight(line, "\r\n")
	r := Record{Level: "info", Fields: []Field{}}
	ok := false
	if strings.HasPrefix(line, "{") {
		ok = r.parseJSON(line)
	} else {
		ok = r.parseText(line)
	}
	if !ok {
		return Record{Level: "info", Message: strings.ToValidUTF8(line, "\ufffd"), Fields: []Field{}}
	}
	return r
}

// set takes a member of a line.
func (r *Record) set(name, value string) {
	switch {
	case name == slog.TimeKey && r.Time.IsZero():
		if t, err := time.Parse(time.RFC3339Nano, value); err == nil {
			r.Time = t.UTC()
			return
		}
	case name == slog.LevelKey && len(r.Fields) == 0 && r.Message == "":
		var l slog.Level
		if l.UnmarshalText([]byte(value)) == nil {
			r.Level = levelName(l)
			return
		}
	case name == slog.MessageKey && len(r.Fields) == 0 && r.Message == "":
		r.Message = value
		return
	}
	r.Fields = append(r.Fields, Field{name, value})
}

// parseText reads what slog's text handler wrote: name=value, either in quotes
// where it has to be.
func (r *Record) parseText(line string) bool {
	if !strings.HasPrefix(line, slog.TimeKey+"=") {
		return false
	}
	word := func(ends string) (string, bool) {
		if strings.HasPrefix(line, `"`) {
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return "", false
			}
			line = line[len(quoted):]
			text, err := strconv.Unquote(quoted)
			return text, err == nil
		}
		end := strings.IndexAny(line, ends)
		if end < 0 {
			end = len(line)
		}
		text := line[:end]
		line = line[end:]
		return text, true
	}
	for line != "" {
		name, ok := word("=")
		if !ok || !strings.HasPrefix(line, "=") {
			return false
		}
		line = line[1:]
		value, ok := word(" ")
		if !ok {
			return false
		}
		r.set(name, strings.ToValidUTF8(value, "\ufffd"))
		line = strings.TrimPrefix(line, " ")
	}
	return true
}

// parseJSON reads what slog's JSON handler wrote; groups become names with dots.
func (r *Record) parseJSON(line string) bool {
	d := jsontext.NewDecoder(strings.NewReader(line), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return r.object(d, "") && !r.Time.IsZero()
}

func (r *Record) object(d *jsontext.Decoder, prefix string) bool {
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return false
	}
	for d.PeekKind() != '}' {
		t, err := d.ReadToken()
		if err != nil {
			return false
		}
		name := prefix + t.String()
		switch d.PeekKind() {
		case '{':
			if !r.object(d, name+".") {
				return false
			}
		case '[':
			v, err := d.ReadValue()
			if err != nil {
				return false
			}
			r.set(name, string(v))
		default:
			t, err := d.ReadToken()
			if err != nil {
				return false
			}
			r.set(name, t.String())
		}
	}
	_, err := d.ReadToken()
	return err == nil
}

// holds reports whether a text, which is in lower case, stands somewhere in the
// record.
func (r *Record) holds(text string) bool {
	if strings.Contains(strings.ToLower(r.Message), text) {
		return true
	}
	for _, f := range r.Fields {
		if strings.Contains(strings.ToLower(f.Name+"="+f.Value), text) {
			return true
		}
	}
	return false
}
