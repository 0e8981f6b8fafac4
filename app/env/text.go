package env

import (
	"fmt"
	"strings"

	"ecoflow/app/limit"
)

// Entry is a variable as a text in the manner of .env files has it.
type Entry struct {
	Name  string // as written
	Value string
	Line  int // from 1
}

// TextProblem is a line of a text that says nothing.
type TextProblem struct {
	Line    int    `json:"line"`
	Message string `json:"message"`
}

// ParseText reads a text in the manner of .env files: NAME=value, a line each,
// with or without export before it. A value is plain and ends at the line's end or
// at a # after a blank; or it is in single quotes or backticks, as it stands; or in
// double quotes, where \n, \r, \t, \", \\, \` and \$ stand for what they do in
// programs. Quoted values may have several lines. ${OTHER} is not replaced. Of a
// name that comes twice the last one counts. Lines that are none of this are
// problems, and the rest is read all the same.
func ParseText(text string) (entries []Entry, problems []TextProblem) {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	p := textParser{rest: text, line: 1, place: map[string]int{}}
	for p.rest != "" && !p.full {
		p.statement()
	}
	return p.entries, p.problems
}

type textParser struct {
	rest     string // not read yet; begins a line
	line     int
	entries  []Entry
	place    map[string]int // in entries, by name in upper case
	problems []TextProblem
	full     bool // nothing more is taken
}

// maxTextProblems bounds how many are told of one text.
const maxTextProblems = 100

func (p *textParser) wrong(format string, args ...any) {
	if len(p.problems) < maxTextProblems {
		p.problems = append(p.problems, TextProblem{p.line, fmt.Sprintf(format, args...)})
	}
}

// skip goes on behind the next n bytes.
func (p *textParser) skip(n int) {
	p.line += strings.Count(p.rest[:n], "\n")
	p.rest = p.rest[n:]
}

// statement reads a line, or as many as a quoted value has.
func (p *textParser) statement() {
	line, _, _ := strings.Cut(p.rest, "\n")
	next := min(len(line)+1, len(p.rest))
	trimmed := strings.TrimSpace(line)
	if trimmed == "" || trimmed[0] == '#' {
		p.skip(next)
		return
	}
	left, right, ok := strings.Cut(line, "=")
	if !ok {
		p.wrong("There is no = in this line.")
		p.skip(next)
		return
	}
	name := strings.TrimSpace(left)
	if rest, exported := strings.CutPrefix(name, "export"); exported && rest != "" && strings.TrimLeft(rest, " \t") != rest {
		name = strings.TrimSpace(rest)
	}
	if problem := nameProblem(name); problem != "" {
		p.wrong("%s", problem)
		p.skip(next)
		return
	}
	right = strings.TrimLeft(right, " \t")
	if right == "" || !strings.ContainsRune("'\"`", rune(right[0])) {
		p.add(name, plain(right))
		p.skip(next)
		return
	}
	start := len(line) - len(right)
	value, n, closed := quoted(p.rest[start:])
	if !closed {
		p.wrong("The quote %c is not closed.", right[0])
		p.skip(next)
		return
	}
	after, _, _ := strings.Cut(p.rest[start+n:], "\n")
	if t := strings.TrimSpace(after); t != "" && t[0] != '#' {
		p.wrong("After the closing quote there is more: write the whole value inside quotes.")
	} else {
		p.add(name, value)
	}
	p.skip(min(start+n+len(after)+1, len(p.rest)))
}

func (p *textParser) add(name, value string) {
	key := strings.ToUpper(name)
	e := Entry{name, value, p.line}
	switch at, twice := p.place[key]; {
	case len(value) > limit.EnvValueBytes:
		p.wrong("%s", valueProblem(value))
	case twice:
		p.wrong("%s comes twice; the last one counts.", key)
		p.entries[at] = e
	case len(p.entries) >= limit.EnvVars:
		p.wrong("There may be at most %d variables.", limit.EnvVars)
		p.full = true
	default:
		p.place[key] = len(p.entries)
		p.entries = append(p.entries, e)
	}
}

// plain is a value without quotes: what is left of its line before a comment.
func plain(s string) string {
	for i := range len(s) {
		if s[i] == '#' && (i == 0 || s[i-1] == ' ' || s[i-1] == '\t') {
			s = s[:i]
			break
		}
	}
	return strings.TrimSpace(s)
}

// quoted reads a value in quotes from the start of s: the value and how many
// bytes it took, quotes included.
func quoted(s string) (value string, n int, closed bool) {
	quote := s[0]
	if quote != '"' {
		end := strings.IndexByte(s[1:], quote)
		if end < 0 {
			return "", 0, false
		}
		return s[1 : 1+end], end + 2, true
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), i + 1, true
		case c == '\\' && i+1 < len(s):
			i++
			switch s[i] {
			case 'n':
				b.WriteByte('\n')
			case 'r':
				b.WriteByte('\r')
			case 't':
				b.WriteByte('\t')
			case '"', '\\', '`', '$':
				b.WriteByte(s[i])
			default: // of a path, as in C:\data
				b.WriteByte('\\')
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, false
}
