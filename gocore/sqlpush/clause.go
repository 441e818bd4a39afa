package sqlpush

import "strings"

// Param is the value of a parameter of the SQL, in order. Type says how to bind it,
// and Value holds it in full:
//
//	"integer"    decimal digits that an int64 holds
//	"float"      what strconv.ParseFloat reads, also "NaN" and "Infinity"
//	"text"       the text itself; the SQL casts it where it means something else
//	"binary"     hexadecimal digits
//	"date"       "2024-01-31", to bind as a date
//	"timestamp"  "2024-01-31 12:00:00.123456", to bind as a timestamp without a zone
type Param struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// bound is a parameter in its place, with the cast that types it.
type bound struct {
	Param
	cast string // "::int8"
}

// piece is a part of SQL text: a text, or a parameter where param is not nil.
type piece struct {
	text  string
	param *bound
}

// shown is the parameter as people would write it.
func (b bound) shown() string {
	switch b.Type {
	case "integer", "float":
		return b.Value + b.cast
	case "binary":
		return "X'" + b.Value + "'" + b.cast
	}
	return "'" + strings.NewReplacer("'", "''", "\x00", `\0`).Replace(b.Value) + "'" + b.cast
}

// sqlText is SQL whose parameters have no numbers yet.
type sqlText []piece

// write makes SQL of texts, parameters and other SQL.
func write(parts ...any) sqlText {
	out := make(sqlText, 0, len(parts))
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			out = append(out, piece{text: p})
		case bound:
			out = append(out, piece{param: &p})
		case sqlText:
			out = append(out, p...)
		}
	}
	return out
}

func (s sqlText) params() int {
	n := 0
	for _, p := range s {
		if p.param != nil {
			n++
		}
	}
	return n
}

// shape is how a clause is made.
type shape uint8

const (
	everything shape = iota // holds on every row
	nothing                 // holds on no row
	leaf                    // SQL
	conjunction
	disjunction
)

// clause is a condition in SQL for a set of rows: it is true on every row of the
// set. If it is exact it is true on no other; what it is elsewhere, false or null,
// is left open, so that clauses are joined by AND and OR and never negated.
type clause struct {
	shape shape
	sql   sqlText
	parts []clause
	exact bool
	why   string // why it is not exact
	cost  int    // of parameters and leaves
}

func always() clause { return clause{shape: everything, exact: true} }

// never holds on no row. No row is lost by it only if there is none, so that it is
// exact by itself.
func never() clause { return clause{shape: nothing, exact: true} }

// unknown holds on every row, as nothing is known of the rows in question.
func unknown(why string) clause { return clause{shape: everything, why: why} }

func exactly(parts ...any) clause {
	sql := write(parts...)
	return clause{shape: leaf, sql: sql, exact: true, cost: 1 + sql.params()}
}

// wider says of a clause that it may hold on rows outside of its set.
func (c clause) wider(why string) clause {
	if c.shape != nothing && c.exact {
		c.exact, c.why = false, why
	}
	return c
}

// maxCost bounds one conjunct of a predicate: databases limit the parameters of a
// statement (SQLite to 32,766) and how deep expressions nest (DuckDB and SQLite to
// 1,000).
const maxCost = 8_000

const tooLarge = "the condition is too large for one statement"

// both is the conjunction of clauses. One that holds everywhere adds nothing but its
// inexactness.
func both(clauses ...clause) clause {
	out := clause{shape: conjunction, exact: true}
	for _, c := range clauses {
		if c.shape == nothing {
			return never()
		}
		out = out.noting(c)
		switch c.shape {
		case conjunction:
			out.parts = append(out.parts, c.parts...)
		case leaf, disjunction:
			out.parts = append(out.parts, c)
		case everything, nothing:
		}
		out.cost += c.cost
	}
	return out.settled(everything)
}

// either is the disjunction of clauses.
func either(clauses ...clause) clause {
	out := clause{shape: disjunction, exact: true}
	for _, c := range clauses {
		if c.shape == everything {
			return c.unlessExact(clauses)
		}
		out = out.noting(c)
		switch c.shape {
		case disjunction:
			out.parts = append(out.parts, c.parts...)
		case leaf, conjunction:
			out.parts = append(out.parts, c)
		case everything, nothing:
		}
		out.cost += c.cost
	}
	return out.settled(nothing)
}

// unlessExact returns c, which holds everywhere, or one of the others that does so
// exactly.
func (c clause) unlessExact(others []clause) clause {
	for _, o := range others {
		if o.shape == everything && o.exact {
			return o
		}
	}
	return c
}

func (c clause) noting(part clause) clause {
	if c.exact && !part.exact {
		c.exact, c.why = false, part.why
	}
	return c
}

// settled is a clause whose parts are known; without any it is empty.
func (c clause) settled(empty shape) clause {
	switch {
	case c.cost > maxCost:
		return unknown(tooLarge)
	case len(c.parts) == 0:
		return clause{shape: empty, exact: c.exact || empty == nothing, why: c.why}
	case len(c.parts) == 1:
		only := c.parts[0]
		only.exact, only.why = c.exact, c.why
		return only
	}
	return c
}

// write appends the SQL of a clause. Long chains are cut into groups, since parsers
// limit how deep an expression nests and see a chain as nested.
func (c clause) write(out sqlText) sqlText {
	switch c.shape {
	case everything:
		return append(out, piece{text: "1 = 1"})
	case nothing:
		return append(out, piece{text: "1 = 0"})
	case leaf:
		return append(out, c.sql...)
	case conjunction:
		return join(out, c.parts, " AND ")
	case disjunction:
		return join(out, c.parts, " OR ")
	}
	return out
}

// groupSize is how many terms of a chain stand side by side.
const groupSize = 100

func join(out sqlText, parts []clause, operator string) sqlText {
	if len(parts) > groupSize {
		var groups []clause
		for len(parts) > 0 {
			n := min(groupSize, len(parts))
			groups = append(groups, clause{shape: leaf, sql: parenthesised(join(nil, parts[:n], operator))})
			parts = parts[n:]
		}
		return join(out, groups, operator)
	}
	for i, p := range parts {
		if i > 0 {
			out = append(out, piece{text: operator})
		}
		sql := p.write(nil)
		if p.shape != leaf {
			sql = parenthesised(sql)
		}
		out = append(out, sql...)
	}
	return out
}

func parenthesised(sql sqlText) sqlText { return write("(", sql, ")") }
