package strictjson

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// Quote writes a text as JSON in ASCII, letter by letter as json.dumps of Python does, so that what
// both write can be compared as text.
func Quote(s string) string {
	out := append(make([]byte, 0, len(s)+2), '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r >= ' ' && r <= '~' || r == 0x7f:
			out = append(out, byte(r))
		case r >= utf8.RuneSelf && r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = quoteUnit(out, r)
		}
	}
	return string(append(out, '"'))
}

func quoteUnit(out []byte, r rune) []byte {
	if short, ok := map[rune]byte{'\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't'}[r]; ok {
		return append(out, '\\', short)
	}
	return fmt.Appendf(out, `\u%04x`, r)
}
