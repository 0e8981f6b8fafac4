package fault

import "testing"

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		" ":                         "",
		"the cable is cut":          "The cable is cut.",
		"Done.":                     "Done.",
		"why?":                      "Why?",
		"überall":                   "Überall.",
		"\xff":                      "\ufffd.",
		`"x" is no number (line 1)`: `"x" is no number (line 1).`,
	} {
		if got := Sentence(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
