package js

import (
	"fmt"
	"strings"

	"ecoflow/app/limit"
)

// chained bounds the operators and keywords that hang on each other without a
// bracket (a+a+a…, if(a)if(b)…): parsers recurse on those too.
const chained = 10_000

// sourceSize bounds a script's text.
const sourceSize = 1 << 20

// nesting refuses text that would drive a parser or compiler into a recursion
// that ends the process: brackets deeper than limit.ScriptNesting, or longer
// chains of operators than anybody writes. It reads strings, templates, comments
// and regular expressions as such, so that brackets inside them do not count. It
// is no parser: what it lets through may still be wrong.
func nesting(src string) (seen, *SyntaxError) {
	if len(src) > sourceSize {
		return seen{}, &SyntaxError{Message: fmt.Sprintf("The script is longer than %d KiB.", sourceSize>>10), Line: 1, Column: 1}
	}
	placed := func(at int, message string) *SyntaxError {
		line, column := position(src, at)
		return &SyntaxError{Message: message, Line: line, Column: column}
	}
	s := scan{src: src}
	if at := s.run(); at >= 0 {
		return seen{}, placed(at, fmt.Sprintf("The script is nested deeper than %d brackets or chains more than %d operators.", limit.ScriptNesting, chained))
	}
	var found seen
	if s.stray > 0 {
		found.unopened = placed(s.stray-1, "This closing bracket has no opening one.")
	}
	if n := len(s.levels); n > 0 {
		opened := s.levels[n-1].at
		found.unclosed = placed(opened, fmt.Sprintf("This %c is never closed.", src[opened]))
	}
	if s.imports > 0 {
		found.importing = placed(s.imports-1, "A script cannot load modules, so there is no import(…) in it.")
	}
	return found, nil
}

// seen is what else was seen in a text; each explains one that does not compile better
// than a parser does.
type seen struct {
	// unopened is the error of a closing bracket that nothing opened, nil where there is
	// none: a parser sees the wrapper being closed.
	unopened *SyntaxError
	// unclosed is the error of the innermost bracket that nothing closes, nil where there
	// is none: a parser sees that the wrapper does.
	unclosed *SyntaxError
	// importing is the error of an import(…), nil where there is none: the lowering lets
	// it through and the engine does not know it.
	importing *SyntaxError
}

// position turns an offset into a line and a column of UTF-16 units, 1-based.
func position(src string, at int) (line, column int) {
	before := src[:min(at, len(src))]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf16Len(before[start:]) + 1
}

func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// level is one open bracket: what closes it and the chain so far inside it.
type level struct {
	template bool // a ${ whose } returns into its template
	chain    int
	at       int // offset of the bracket
}

type scan struct {
	src    string
	i      int
	levels []level
	chain  int // of the innermost level
	total  int // of all levels
	// operand: the last token ended a value, so that a slash divides and a
	// further value begins another statement.
	operand bool
	stray   int  // behind the first closing bracket that nothing opened, 0 without
	imports int  // behind the first letter of the first import( that is no member's name, 0 without
	control bool // the last token was the ) of a control statement, or else, do
}

// run returns the offset at which the text passes a bound, -1 when it does not.
func (s *scan) run() int {
	for s.i < len(s.src) {
		c := s.src[s.i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			s.i++
			continue
		case c == '/' && s.next("//"):
			s.line()
			continue
		case c == '/' && s.next("/*"):
			s.until(2, "*/")
			continue
		case c == '/' && !s.operand:
			s.regexp()
			s.value()
		case c == '"' || c == '\'':
			s.quoted(c)
			s.value()
		case c == '`':
			s.i++
			s.template()
		case isWord(c):
			s.word()
		case c == '(' || c == '[' || c == '{':
			s.i++
			s.open(false)
		case c == ')' || c == ']' || c == '}':
			s.i++
			if s.close() {
				s.template()
			}
		case c == ';' || c == ',':
			s.i++
			s.reset()
			s.operand, s.control = false, false
		default:
			s.i++
			s.link()
			s.operand = c == '+' && s.operand && s.next("+") || c == '-' && s.operand && s.next("-")
			if s.operand { // a postfix ++
				s.i++
			}
		}
		if len(s.levels) > limit.ScriptNesting || s.total > chained {
			return s.i - 1
		}
	}
	return -1
}

func (s *scan) next(p string) bool { return strings.HasPrefix(s.src[s.i:], p) }

func (s *scan) link() { s.chain++; s.total++ }

func (s *scan) reset() { s.total -= s.chain; s.chain = 0 }

// value notes a token that is a value; after another one it begins a statement.
func (s *scan) value() {
	if s.operand && !s.control {
		s.reset()
	}
	s.operand, s.control = true, false
}

func (s *scan) open(template bool) {
	s.levels = append(s.levels, level{template: template, chain: s.chain, at: s.i - 1})
	s.chain, s.operand, s.control = 0, false, false
}

func (s *scan) close() (template bool) {
	s.operand, s.control = true, false
	if len(s.levels) == 0 {
		if s.stray == 0 {
			s.stray = s.i
		}
		return false
	}
	s.reset()
	last := s.levels[len(s.levels)-1]
	s.levels = s.levels[:len(s.levels)-1]
	s.chain = last.chain
	return last.template
}

func (s *scan) line() {
	if n := strings.IndexByte(s.src[s.i:], '\n'); n >= 0 {
		s.i += n
		return
	}
	s.i = len(s.src)
}

func (s *scan) until(skip int, end string) {
	if n := strings.Index(s.src[s.i+skip:], end); n >= 0 {
		s.i += skip + n + len(end)
		return
	}
	s.i = len(s.src)
}

func (s *scan) quoted(quote byte) {
	for s.i++; s.i < len(s.src); s.i++ {
		switch s.src[s.i] {
		case '\\':
			s.i++
		case quote, '\n':
			s.i++
			return
		}
	}
}

// template reads template text up to its end or to the next ${.
func (s *scan) template() {
	for ; s.i < len(s.src); s.i++ {
		switch s.src[s.i] {
		case '\\':
			s.i++
		case '`':
			s.i++
			s.value()
			return
		case '$':
			if s.next("${") {
				s.i += 2
				s.open(true)
				return
			}
		}
	}
}

func (s *scan) regexp() {
	class := false
	for s.i++; s.i < len(s.src); s.i++ {
		switch s.src[s.i] {
		case '\\':
			s.i++
		case '[':
			class = true
		case ']':
			class = false
		case '/':
			if !class {
				s.i++
				return
			}
		case '\n':
			return
		}
	}
}

// calls reports whether a bracket follows, after space and comments.
func (s *scan) calls() bool {
	ahead := scan{src: s.src, i: s.i}
	for ahead.i < len(ahead.src) {
		switch c := ahead.src[ahead.i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			ahead.i++
		case ahead.next("//"):
			ahead.line()
		case ahead.next("/*"):
			ahead.until(2, "*/")
		default:
			return c == '('
		}
	}
	return false
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c == '#' || c == '\\' || c >= 0x80 ||
		c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (s *scan) word() {
	start := s.i
	for s.i < len(s.src) && isWord(s.src[s.i]) {
		s.i++
	}
	switch s.src[start:s.i] {
	case "if", "for", "while", "do", "else", "with", "try", "catch", "finally", "switch":
		s.link()
		s.operand, s.control = false, true
	case "typeof", "void", "delete", "new", "await", "yield", "in", "of", "instanceof", "throw", "return", "case", "async", "function", "class", "extends":
		s.link()
		s.operand, s.control = false, false
	case "import":
		if s.imports == 0 && s.calls() && !strings.HasSuffix(strings.TrimRight(s.src[:start], " \t\r\n"), ".") {
			s.imports = start + 1
		}
		s.value()
	default:
		s.value()
	}
}
