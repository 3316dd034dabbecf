package observe

import (
	"strings"
	"unicode/utf8"
)

// cut returns text as valid UTF-8 of at most limit bytes, cut between runes. Each run of invalid bytes becomes U+FFFD: protobuf
// strings on this chain must be valid, and an observation must never be impossible to submit because of what somebody wrote.
func cut(text string, limit int) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	if len(text) <= limit {
		return text
	}
	for !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
