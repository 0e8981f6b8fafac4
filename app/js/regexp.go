package js

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// rewritePattern replaces \p{…} and \P{…} by ranges of characters, which the
// engine would silently never match, and says what of a regular expression it
// cannot do at all.
func rewritePattern(pattern, flags string) (rewritten, problem string) {
	for _, f := range flags {
		switch f {
		case 'v':
			return pattern, "Regular expressions with the flag v are not supported here; use the flag u."
		case 'd':
			return pattern, "Regular expressions with the flag d are not supported here; use the index of the match."
		}
	}
	if !strings.ContainsRune(flags, 'u') || !strings.Contains(pattern, `\p{`) && !strings.Contains(pattern, `\P{`) {
		return pattern, ""
	}
	var b strings.Builder
	class := false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '\\' && i+1 < len(pattern):
			i++
			if p := pattern[i]; p != 'p' && p != 'P' || i+1 >= len(pattern) || pattern[i+1] != '{' {
				b.WriteByte('\\')
				break
			}
			end := strings.IndexByte(pattern[i:], '}')
			if end < 0 {
				return pattern, "A property escape of a regular expression is not closed."
			}
			name := pattern[i+2 : i+end]
			table := property(name)
			if table == nil {
				return pattern, fmt.Sprintf("Regular expressions know no character property %q here.", name)
			}
			ranges := table
			if pattern[i] == 'P' {
				ranges = complement(table)
			}
			if !class {
				b.WriteByte('[')
			}
			for _, r := range ranges {
				fmt.Fprintf(&b, `\u{%x}-\u{%x}`, r[0], r[1])
			}
			if !class {
				b.WriteByte(']')
			}
			i += end
			continue
		}
		b.WriteByte(pattern[i])
	}
	return b.String(), ""
}

// categories are the long names of general categories that Unicode gives beside
// the one- and two-letter ones.
var categories = map[string]string{
	"Letter": "L", "Lowercase_Letter": "Ll", "Uppercase_Letter": "Lu", "Titlecase_Letter": "Lt", "Modifier_Letter": "Lm",
	"Other_Letter": "Lo", "Mark": "M", "Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Number": "N",
	"Decimal_Number": "Nd", "Letter_Number": "Nl", "Other_Number": "No", "Punctuation": "P", "Connector_Punctuation": "Pc",
	"Dash_Punctuation": "Pd", "Open_Punctuation": "Ps", "Close_Punctuation": "Pe", "Initial_Punctuation": "Pi",
	"Final_Punctuation": "Pf", "Other_Punctuation": "Po", "Symbol": "S", "Math_Symbol": "Sm", "Currency_Symbol": "Sc",
	"Modifier_Symbol": "Sk", "Other_Symbol": "So", "Separator": "Z", "Space_Separator": "Zs", "Line_Separator": "Zl",
	"Paragraph_Separator": "Zp", "Control": "Cc", "Format": "Cf", "Surrogate": "Cs", "Private_Use": "Co", "Other": "C",
}

// property returns the ranges of a Unicode property: general categories, scripts
// and the binary properties that are made of those; nil for one it does not know.
func property(name string) [][2]rune {
	key, value, given := strings.Cut(name, "=")
	if given {
		switch key {
		case "General_Category", "gc":
			name = value
		case "Script", "sc", "Script_Extensions", "scx":
			if t, ok := unicode.Scripts[value]; ok {
				return ranges(t)
			}
			return nil
		default:
			return nil
		}
	}
	if short, ok := categories[name]; ok {
		name = short
	}
	if t, ok := unicode.Categories[name]; ok {
		return ranges(t)
	}
	if given {
		return nil
	}
	switch name {
	case "Any":
		return [][2]rune{{0, unicode.MaxRune}}
	case "ASCII":
		return [][2]rune{{0, 0x7f}}
	case "Alphabetic", "Alpha":
		return ranges(unicode.L, unicode.Nl, unicode.Other_Alphabetic)
	case "Lowercase", "Lower":
		return ranges(unicode.Ll, unicode.Other_Lowercase)
	case "Uppercase", "Upper":
		return ranges(unicode.Lu, unicode.Other_Uppercase)
	case "White_Space", "space":
		return ranges(unicode.White_Space)
	case "Emoji_Presentation", "Extended_Pictographic", "Emoji":
		return [][2]rune{{0xa9, 0xa9}, {0xae, 0xae}, {0x203c, 0x203c}, {0x2049, 0x2049}, {0x2122, 0x2122}, {0x2139, 0x2139}, {0x2194, 0x21aa}, {0x231a, 0x231b}, {0x23e9, 0x23f3}, {0x25aa, 0x25fe}, {0x2600, 0x27bf}, {0x2934, 0x2935}, {0x2b05, 0x2b55}, {0x3030, 0x303d}, {0x3297, 0x3299}, {0x1f000, 0x1faff}}
	}
	if t, ok := unicode.Properties[name]; ok {
		return ranges(t)
	}
	return nil
}

func ranges(tables ...*unicode.RangeTable) [][2]rune {
	var out [][2]rune
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			out = append(out, [2]rune{lo, hi})
			return
		}
		for r := lo; r <= hi; r += stride {
			out = append(out, [2]rune{r, r})
		}
	}
	for _, t := range tables {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride)) //nolint:gosec // tables of characters
		}
	}
	return out
}

// complement returns what ranges leave out; it sorts them.
func complement(in [][2]rune) [][2]rune {
	slices.SortFunc(in, func(a, b [2]rune) int { return int(a[0] - b[0]) })
	var out [][2]rune
	next := rune(0)
	for _, r := range in {
		if r[0] > next {
			out = append(out, [2]rune{next, r[0] - 1})
		}
		next = max(next, r[1]+1)
	}
	if next <= unicode.MaxRune {
		out = append(out, [2]rune{next, unicode.MaxRune})
	}
	return out
}
