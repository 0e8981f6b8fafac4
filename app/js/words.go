package js

import "strings"

// inWords returns the message of an error that the engine itself throws as those say it
// who know JavaScript from elsewhere. Other messages stay as they are; trace returns
// the one that the error carries.
func inWords(message string, trace func() string) string {
	switch message {
	case "Value is not object coercible":
		_, frames, _ := strings.Cut(trace(), "\n")
		if thrower, _, _ := strings.Cut(frames, "\n"); strings.HasSuffix(thrower, "(native)") {
			return "Cannot convert undefined or null to object"
		}
		return "Cannot destructure undefined or null"
	case "No initial value":
		return "Reduce of an empty array with no initial value"
	}
	if strings.HasPrefix(message, "Cannot read property '") && strings.HasSuffix(message, "' of undefined") {
		return message + " or null" // the engine does not tell them apart
	}
	for _, w := range words {
		if rest, ok := strings.CutPrefix(message, w.prefix); ok {
			return strings.TrimSuffix(rest, w.suffix) + w.says
		}
	}
	return message
}

// words are messages that end with what they are about.
var words = []struct{ prefix, suffix, says string }{
	{"Object has no member '", "'", " is not a function"},
	{"Not a function: ", "", " is not a function"},
	{"Value is not callable: ", "", " is not a function"},
	{"Value is not an object: ", "", " is not an object or a function"},
}
