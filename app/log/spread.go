package log

import (
	"bytes"
	"encoding/json"
	"log/slog"
)

// spread writes a record over several lines: JSON indented, of text each fact on a line
// of its own after the one with the message. Texts stay in their quotes, so that none
// of them looks like a record.
func spread(record []byte) []byte {
	if bytes.HasPrefix(record, []byte("{")) {
		var out bytes.Buffer
		if json.Indent(&out, record, "", "  ") != nil {
			return record
		}
		return out.Bytes()
	}
	out := make([]byte, 0, len(record)+64)
	word, isQuoted, isTold := 0, false, false // where a word begins; the message was written
	for i := 0; i < len(record); i++ {
		switch c := record[i]; {
		case isQuoted && c == '\\' && i+1 < len(record):
			out = append(out, c)
			i++
		case c == '"':
			isQuoted = !isQuoted
		case c == ' ' && !isQuoted:
			isTold = isTold || bytes.HasPrefix(record[word:], []byte(slog.MessageKey+"="))
			word = i + 1
			if isTold {
				out = append(out, "\n   "...)
			}
		}
		out = append(out, record[i])
	}
	return out
}
