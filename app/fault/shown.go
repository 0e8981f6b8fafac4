package fault

import (
	"strings"
	"unicode"
)

// shownRunes is how much of a text from outside a sentence repeats.
const shownRunes = 80

// Shown returns text from outside as a sentence may repeat it: at most 80
// characters, none of them invisible.
func Shown(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > shownRunes {
		text = string(runes[:shownRunes]) + "…"
	}
	return text
}
