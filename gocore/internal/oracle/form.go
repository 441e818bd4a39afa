package oracle

import (
	"fmt"
	"strings"
)

// form is one s-expression: a word, or a list of forms.
type form struct {
	word string
	list []form
}

func (f form) isWord() bool { return f.word != "" }

func (f form) String() string {
	if f.isWord() {
		return f.word
	}
	parts := make([]string, len(f.list))
	for i, g := range f.list {
		parts[i] = g.String()
	}
	return "(" + strings.Join(parts, " ") + ")"
}

// head is the first word of a list, else "".
func (f form) head() string {
	if len(f.list) == 0 {
		return ""
	}
	return f.list[0].word
}

// rest are the forms of a list behind its head.
func (f form) rest() []form { return f.list[1:] }

// fault is the panic with which reading ends; [ParseExpr] and [ParsePlan] turn
// it into an error.
type fault struct{ error }

func fail(format string, args ...any) { panic(fault{fmt.Errorf("oracle: "+format, args...)}) }

func recoverFault(err *error) {
	switch r := recover().(type) {
	case nil:
	case fault:
		*err = r
	default:
		panic(r)
	}
}

// readForm reads the one form that text holds.
func readForm(text string) form {
	words := words(text)
	f, left := readNext(words)
	if len(left) > 0 {
		fail("%q after the end", left[0])
	}
	return f
}

func readNext(words []string) (form, []string) {
	if len(words) == 0 {
		fail("the text ends too early")
	}
	word, words := words[0], words[1:]
	switch word {
	case ")":
		fail("a ) too many")
	case "(":
		f := form{list: []form{}}
		for {
			if len(words) == 0 {
				fail("a ) is missing")
			}
			if words[0] == ")" {
				return f, words[1:]
			}
			var g form
			g, words = readNext(words)
			f.list = append(f.list, g)
		}
	}
	return form{word: word}, words
}

// words splits text at blanks and parentheses, but not within brackets or
// quotes.
func words(text string) []string {
	var out []string
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		case c == '(' || c == ')':
			out = append(out, string(c))
			i++
		default:
			n := wordLength(text[i:])
			out = append(out, text[i:i+n])
			i += n
		}
	}
	return out
}

func wordLength(s string) int {
	var inBrackets, inQuotes bool
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			inQuotes = !inQuotes
		case inQuotes:
		case c == '[' || c == ']':
			inBrackets = c == '['
		case !inBrackets && strings.IndexByte(" \t\r\n()", c) >= 0:
			return i
		}
	}
	return len(s)
}
