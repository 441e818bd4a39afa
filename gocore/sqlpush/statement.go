package sqlpush

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// statement is a text of the user's that may stand as a subquery.
type statement struct {
	text string // without a semicolon at its end, and what is after it
	// params is how many parameters of the user's own come before ours.
	params int
	style  placeholders
	// varies is what may give other rows each time the text runs.
	varies []string
}

// parseStatement checks that a text is one SELECT, WITH or VALUES, whose brackets
// and quotes end within it, so that no part of it can become a part of what is
// written around it. It fails with [ErrQuery].
func parseStatement(text string, d Dialect) (statement, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return statement{}, refusef(ErrQuery, "scan_db: the query holds a zero byte")
	}
	r := reader{scanner: scanner{text: text, dialect: d}, stop: -1}
	if err := r.read(); err != nil {
		return statement{}, err
	}
	if r.stop >= 0 {
		text = text[:r.stop]
	}
	if err := r.verbs.check(); err != nil {
		return statement{}, err
	}
	style, err := r.params.style(d)
	return statement{text: text, params: r.params.count, style: style, varies: r.varying.all()}, err
}

// reader goes through the tokens of a text once.
type reader struct {
	scanner
	open    []byte // the brackets that are open
	stop    int    // where the first semicolon is, or -1
	verbs   verbs
	params  userParams
	varying varying
}

func (r *reader) read() error {
	for {
		t, err := r.next()
		if err != nil {
			return err
		}
		if t.kind == end {
			break
		}
		if err := r.take(t); err != nil {
			return err
		}
		r.varying.see(t.kind, r.text[t.start:t.end])
	}
	if len(r.open) > 0 {
		return fmt.Errorf("scan_db: the query has %q without its counterpart: %w", string(r.open[len(r.open)-1]), ErrQuery)
	}
	return nil
}

func (r *reader) take(t token) error {
	text := r.text[t.start:t.end]
	if r.stop >= 0 {
		return refusef(ErrQuery, "scan_db: the query must be a single SELECT/WITH/VALUES, and %q begins another statement",
			shortened(text))
	}
	r.verbs.see(t.kind, text, len(r.open))
	switch t.kind {
	case opening:
		r.open = append(r.open, text[0])
	case closing:
		last := len(r.open) - 1
		if last < 0 || counterpart[r.open[last]] != text[0] {
			return refusef(ErrQuery, "scan_db: the query has %q without its counterpart", text)
		}
		r.open = r.open[:last]
	case semicolon:
		if len(r.open) > 0 {
			return refusef(ErrQuery, "scan_db: the query has a semicolon within brackets")
		}
		r.stop = t.start
	case parameter:
		return r.params.see(text, r.dialect)
	case word, quotedName, literal, symbol, end:
	}
	return nil
}

var counterpart = map[byte]byte{'(': ')', '[': ']', '{': '}'}

func shortened(text string) string {
	if runes := []rune(text); len(runes) > 20 {
		return string(runes[:20]) + "…"
	}
	return text
}

// verbs finds the keyword that says what a statement does: its first one, and for
// WITH the one after the list of queries.
type verbs struct {
	first   string
	main    string // after WITH
	pending string // may be the main one, or the name of a query in the list
	depth   int    // of brackets at the first
}

var mainVerbs = []string{"SELECT", "VALUES", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "TABLE", "FROM"}

func (v *verbs) see(kind tokenKind, text string, depth int) {
	upper := strings.ToUpper(text)
	switch {
	case v.first == "":
		if text != "(" {
			v.first, v.depth = upper, depth
		}
		return
	case v.first != "WITH" || v.main != "" || depth != v.depth:
		return
	}
	if v.pending != "" {
		// A query of the list may be named as a verb: name AS (…), name(column) AS (…).
		if upper != "AS" && text != "(" {
			v.main = v.pending
		}
		v.pending = ""
	}
	if kind != word || v.main != "" || !slices.Contains(mainVerbs, upper) {
		return
	}
	if upper == "SELECT" || upper == "VALUES" {
		v.main = upper
		return
	}
	v.pending = upper
}

func (v *verbs) check() error {
	got := v.first
	if got == "WITH" && v.main != "" {
		got = v.main
	}
	switch got {
	case "SELECT", "VALUES", "WITH":
		return nil
	case "":
		return refusef(ErrQuery, "scan_db: the query must be a single SELECT/WITH/VALUES, got nothing")
	}
	return refusef(ErrQuery, "scan_db: the query must be a single SELECT/WITH/VALUES, got %s", shortened(got))
}

// userParams are the placeholders of the user's text.
type userParams struct {
	count    int  // the highest number, which is the number of values to give
	unnamed  bool // some are ?
	numbered bool // some are $1
}

func (u *userParams) see(text string, d Dialect) error {
	number := u.count + 1
	if len(text) > 1 {
		n, err := strconv.Atoi(text[1:])
		if err != nil || n < 1 || n > maxUserParams {
			return refusef(ErrQuery, "scan_db: the query has the parameter %s; write %s and pass params in order",
				shortened(text), d.example())
		}
		number = max(u.count, n)
	}
	u.count = number
	u.unnamed = u.unnamed || text[0] == '?'
	u.numbered = u.numbered || text[0] != '?'
	return nil
}

// maxUserParams is how many parameters the protocol of PostgreSQL can carry.
const maxUserParams = 65_535

func (d Dialect) example() string {
	if d == PostgreSQL || d == DuckDB {
		return "$1"
	}
	return "?"
}

// style is how our own parameters are written: those of one text are alike.
func (u *userParams) style(d Dialect) (placeholders, error) {
	if u.unnamed && u.numbered {
		return unnamed, refusef(ErrQuery, "scan_db: the query has both ? and numbered parameters; write %s",
			d.example())
	}
	if d == PostgreSQL || d == DuckDB && !u.unnamed {
		return numbered, nil
	}
	return unnamed, nil
}
