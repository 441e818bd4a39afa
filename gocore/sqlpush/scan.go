package sqlpush

import (
	"strings"
	"unicode/utf8"
)

// tokenKind is what a piece of SQL is, as far as its structure goes.
type tokenKind uint8

const (
	word       tokenKind = iota // a keyword or a bare identifier
	quotedName                  // "a", and `a` or [a] where the dialect has them
	literal                     // a string of any kind, or a number
	parameter                   // $1, ?, ?1, :a, @a, $a
	opening                     // ( [ {
	closing                     // ) ] }
	semicolon
	symbol // any other character
	end    // of the text
)

type token struct {
	kind       tokenKind
	start, end int
}

// scanner cuts a text into tokens as the dialect's own scanner does; comments and
// blanks are no tokens.
type scanner struct {
	text    string
	at      int
	dialect Dialect
}

func (s *scanner) rest() string { return s.text[s.at:] }

// next returns the next token. It fails where a quoted part or a comment does not
// end, since then the end of the text is not where it seems.
func (s *scanner) next() (token, error) {
	if err := s.skipBlanks(); err != nil {
		return token{}, err
	}
	start := s.at
	if start == len(s.text) {
		return token{end, start, start}, nil
	}
	kind, err := s.scan()
	return token{kind, start, s.at}, err
}

// skipBlanks skips blanks and comments.
func (s *scanner) skipBlanks() error {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case strings.IndexByte(" \t\r\n\f\v", c) >= 0:
			s.at++
		case strings.HasPrefix(s.rest(), "--"):
			s.skipLine()
		case strings.HasPrefix(s.rest(), "/*"):
			if err := s.skipComment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// skipLine skips a comment to the end of its line. In PostgreSQL and DuckDB a
// carriage return ends it too: what follows is then part of the query.
func (s *scanner) skipLine() {
	ends := "\n\r"
	if s.dialect == SQLite {
		ends = "\n"
	}
	if i := strings.IndexAny(s.rest(), ends); i >= 0 {
		s.at += i
		return
	}
	s.at = len(s.text)
}

// skipComment skips /* … */, within which others nest in PostgreSQL and DuckDB.
func (s *scanner) skipComment() error {
	start, depth := s.at, 0
	for s.at < len(s.text) {
		switch rest := s.rest(); {
		case strings.HasPrefix(rest, "/*") && (depth == 0 || s.dialect == PostgreSQL || s.dialect == DuckDB):
			depth++
			s.at += 2
		case strings.HasPrefix(rest, "*/"):
			depth--
			s.at += 2
			if depth == 0 {
				return nil
			}
		default:
			s.at++
		}
	}
	return s.unfinished("comment", start)
}

func (s *scanner) unfinished(what string, start int) error {
	return refusef(ErrQuery, "scan_db: the %s that begins at character %d of the query has no end",
		what, utf8.RuneCountInString(s.text[:start])+1)
}

// scan moves past one token, which begins here.
func (s *scanner) scan() (tokenKind, error) {
	c := s.text[s.at]
	switch {
	case c == '\'':
		return literal, s.quoted('\'', "string", plainQuotes)
	case c == '"':
		return quotedName, s.quoted('"', "quoted name", plainQuotes)
	case c == '`' && (s.dialect == SQLite || s.dialect.unknown()):
		return quotedName, s.quoted('`', "quoted name", plainQuotes)
	case c == '[' && s.dialect == SQLite:
		return quotedName, s.bracketed()
	case c == '$' || c == '?' || (c == ':' || c == '@') && s.dialect == SQLite:
		return s.parameter()
	case isDigit(c):
		s.number()
		return literal, nil
	case isWordStart(c):
		return s.word()
	}
	s.at++
	switch c {
	case '(', '[', '{':
		return opening, nil
	case ')', ']', '}':
		return closing, nil
	case ';':
		return semicolon, nil
	}
	return symbol, nil
}

// escaping says whether a backslash hides the character after it.
type escaping uint8

const (
	plainQuotes escaping = iota
	backslashes
)

// quoted moves past a quoted part; a doubled quote stands for itself.
func (s *scanner) quoted(quote byte, what string, e escaping) error {
	start := s.at
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '\\' && e == backslashes:
			s.at++
		case c != quote:
		case s.at+1 < len(s.text) && s.text[s.at+1] == quote:
			s.at++
		default:
			s.at++
			return nil
		}
	}
	s.at = len(s.text)
	return s.unfinished(what, start)
}

// bracketed moves past [a name].
func (s *scanner) bracketed() error {
	i := strings.IndexByte(s.rest(), ']')
	if i < 0 {
		return s.unfinished("quoted name", s.at)
	}
	s.at += i + 1
	return nil
}

// parameter moves past a placeholder or, where $ begins one, a dollar-quoted string.
func (s *scanner) parameter() (tokenKind, error) {
	start := s.at
	c := s.text[s.at]
	s.at++
	if c == '?' {
		if s.dialect == PostgreSQL {
			return symbol, nil // an operator of jsonb
		}
		s.digits()
		return parameter, nil
	}
	if c == '$' && s.dialect != SQLite {
		if tag, ok := dollarTag(s.text[start:]); ok {
			return literal, s.dollarQuoted(start, tag)
		}
	}
	if s.at < len(s.text) && (isDigit(s.text[s.at]) || isWordStart(s.text[s.at])) {
		s.letters()
		return parameter, nil
	}
	return symbol, nil
}

// dollarTag returns the $tag$ that s begins with.
func dollarTag(s string) (string, bool) {
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '$':
			return s[:i+1], true
		case !isWordStart(c) && (i == 1 || !isDigit(c)):
			return "", false
		}
	}
	return "", false
}

func (s *scanner) dollarQuoted(start int, tag string) error {
	s.at = start + len(tag)
	i := strings.Index(s.rest(), tag)
	if i < 0 {
		return s.unfinished("string", start)
	}
	s.at += i + len(tag)
	return nil
}

// number moves past a number. Letters after it belong to it or to the next token:
// for the structure that is the same.
func (s *scanner) number() {
	for s.at < len(s.text) && (isDigit(s.text[s.at]) || s.text[s.at] == '.') {
		s.at++
	}
}

func (s *scanner) digits() {
	for s.at < len(s.text) && isDigit(s.text[s.at]) {
		s.at++
	}
}

// letters moves past the letters, digits and dollar signs of a word.
func (s *scanner) letters() {
	for s.at < len(s.text) && (isWordStart(s.text[s.at]) || isDigit(s.text[s.at]) || s.text[s.at] == '$') {
		s.at++
	}
}

// word moves past a word, or past the string that e'…' is.
func (s *scanner) word() (tokenKind, error) {
	start := s.at
	s.letters()
	escapes := s.dialect == PostgreSQL || s.dialect == DuckDB
	if !escapes || !strings.EqualFold(s.text[start:s.at], "e") || !strings.HasPrefix(s.rest(), "'") {
		return word, nil
	}
	for {
		if err := s.quoted('\'', "string", backslashes); err != nil {
			return literal, err
		}
		if !s.continues() {
			return literal, nil
		}
	}
}

// continues reports whether the string goes on: PostgreSQL joins strings with a line
// end between them, and the backslashes of the first count in the others. It moves to
// the quote.
func (s *scanner) continues() bool {
	i := s.at
	for i < len(s.text) && strings.IndexByte(" \t\r\n\f\v", s.text[i]) >= 0 {
		i++
	}
	if i == len(s.text) || s.text[i] != '\'' || !strings.ContainsAny(s.text[s.at:i], "\r\n") {
		return false
	}
	s.at = i
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isWordStart takes every byte outside of ASCII for a letter, as the databases do.
func isWordStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}
