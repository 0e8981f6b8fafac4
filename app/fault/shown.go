package fault

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// shownRunes is how much of a text from outside a sentence repeats.
const shownRunes = 80

// Shown returns text from outside as a sentence may repeat it: at most 80
// characters, none of them invisible.
func Shown(text string) string {
	text = Printable(text)
	if runes := []rune(text); len(runes) > shownRunes {
		text = string(runes[:shownRunes]) + "…"
	}
	return text
}

// Printable returns text from outside with nothing invisible in it.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// Sentence returns an error's text as users read it: with a capital and an end.
func Sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if strings.ContainsRune(".!?…", last(text)) {
		return text
	}
	return text + "."
}

func last(text string) rune {
	r, _ := utf8.DecodeLastRuneInString(text)
	return r
}
