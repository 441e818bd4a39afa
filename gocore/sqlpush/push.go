package sqlpush

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// Request asks for the SQL of a scan.
type Request struct {
	Dialect string   `json:"dialect"`
	Query   string   `json:"query"` // the user's text
	Columns []Column `json:"columns"`
	// Select names the columns that are read, in order; all of them if it is nil.
	Select []string `json:"select"`
	// Exprs and Root are the predicate, as package expr has it; there is none without
	// expressions.
	Exprs []expr.Wire `json:"exprs"`
	Root  int         `json:"root"`
	// Limit is how many rows are read before the predicate is asked; nil for all.
	Limit *int64 `json:"limit"`
	// Encoding is that of the database's texts; UTF8 if it is empty.
	Encoding string `json:"encoding"`
	// Quote is the character that begins a quoted name on a generic database: `"`,
	// which an empty one means too, "`" or "[". Where it is another one, a name would
	// be read as a text.
	Quote string `json:"quote"`
	// Infinity is "null" where infinite dates, and what else Polars has no value for,
	// are read as null; otherwise they are errors.
	Infinity string `json:"infinity"`
}

// Answer is the SQL of a scan.
type Answer struct {
	SQL string `json:"sql"`
	// Params are the values of our parameters, which follow those of the user.
	Params     []Param `json:"params"`
	UserParams int     `json:"user_params"`
	// Exact says that the query returns no row on which the predicate is not true.
	Exact bool `json:"exact"`
	// Limited says that the query obeys the limit.
	Limited bool `json:"limited"`
	// Varies is what in the user's text may give other rows each time it runs: "random()".
	Varies []string `json:"varies"`
	// Conjuncts are the terms of the predicate that are joined by AND.
	Conjuncts []Conjunct `json:"conjuncts"`
}

// Conjunct is what became of one term of the predicate.
type Conjunct struct {
	Text   string `json:"text"` // in the notation of Polars
	SQL    string `json:"sql"`  // with the values in it, to be read; "" if not pushed
	Status Status `json:"status"`
	Reason string `json:"reason"` // why it is not exact
}

// Status says what the database does about a conjunct. In any case Polars does the
// whole predicate again.
type Status string

// The statuses of a conjunct.
const (
	Exact     Status = "exact"      // the database keeps the same rows
	Superset  Status = "superset"   // it keeps those, and some more
	NotPushed Status = "not pushed" // it keeps all rows
)

// options are what decides how all columns compare.
type options struct {
	dialect       Dialect
	encoding      string
	nullsInfinite bool
	quoting       quoting
}

// subquery is the name of the user's text in ours.
const subquery = "piot"

// PushJSON is [Push] of JSON.
func PushJSON(request []byte) ([]byte, error) {
	var r Request
	if err := json.Unmarshal(request, &r); err != nil {
		return nil, fmt.Errorf("sqlpush: %w: %w", ErrRequest, err)
	}
	a, err := Push(r)
	if err != nil {
		return nil, err
	}
	return json.Marshal(a)
}

// Push makes the SQL of a scan. It fails with [ErrQuery] if the user's text cannot
// stand as a subquery, with [ErrColumns] if its columns cannot be told apart, and
// with [ErrRequest] or [expr.ErrMalformed] if the request is malformed.
func Push(r Request) (Answer, error) {
	o, err := r.options()
	if err != nil {
		return Answer{}, err
	}
	user, err := parseStatement(r.Query, o.dialect)
	if err != nil {
		return Answer{}, err
	}
	selected, err := r.selected(o)
	if err != nil {
		return Answer{}, err
	}
	predicate, err := r.predicate()
	if err != nil {
		return Answer{}, err
	}
	out := Answer{
		Params: []Param{}, UserParams: user.params, Exact: true, Conjuncts: []Conjunct{},
		Limited: r.Limit == nil || o.dialect.limits(), Varies: append([]string{}, user.varies...),
	}
	var where clause
	if predicate != nil {
		where = r.translate(o, predicate, &out)
	}
	out.write(r, o, user, selected, where)
	return out, nil
}

func (r Request) options() (options, error) {
	d, err := ParseDialect(r.Dialect)
	if err != nil {
		return options{}, err
	}
	q, known := quotings[r.Quote]
	if !known || !d.unknown() && q != quotings[""] {
		return options{}, fmt.Errorf("sqlpush: quote %q: %w", r.Quote, ErrRequest)
	}
	o := options{dialect: d, nullsInfinite: r.Infinity == "null", encoding: "UTF8", quoting: q}
	if e := strings.ToUpper(strings.ReplaceAll(r.Encoding, "-", "")); e != "" {
		o.encoding = e
	}
	if r.Infinity != "" && r.Infinity != "null" && r.Infinity != "error" {
		return options{}, fmt.Errorf("sqlpush: infinity %q: %w", r.Infinity, ErrRequest)
	}
	if r.Limit != nil && *r.Limit < 0 {
		return options{}, fmt.Errorf("sqlpush: limit %d: %w", *r.Limit, ErrRequest)
	}
	return o, nil
}

// selected is the list of columns, quoted.
func (r Request) selected(o options) (string, error) {
	known, err := r.names(o.dialect)
	if err != nil || r.Select == nil {
		return "*", err
	}
	quoted := make([]string, len(r.Select))
	for i, name := range r.Select {
		if known[o.dialect.folded(name)] != name {
			return "", fmt.Errorf("sqlpush: no column %q: %w", name, ErrRequest)
		}
		quoted[i] = o.reference(name)
	}
	if len(quoted) == 0 {
		return "", fmt.Errorf("sqlpush: no column is selected: %w", ErrRequest)
	}
	return strings.Join(quoted, ", "), nil
}

// names are those of the columns, by what the database tells them apart by.
func (r Request) names(d Dialect) (map[string]string, error) {
	known := map[string]string{}
	for _, c := range r.Columns {
		key := d.folded(c.Name)
		before, twice := known[key]
		switch {
		case twice && before == c.Name:
			return nil, refusef(ErrColumns, "scan_db: column %q appears twice; give it an alias", c.Name)
		case twice:
			return nil, refusef(ErrColumns, "scan_db: columns %q and %q differ in case only, which %s does not tell apart; "+
				"give one an alias", before, c.Name, d)
		case strings.IndexByte(c.Name, 0) >= 0:
			return nil, refusef(ErrColumns, "scan_db: the name of column %q holds a zero byte", c.Name)
		}
		known[key] = c.Name
	}
	return known, nil
}

func (r Request) predicate() (expr.Node, error) {
	if len(r.Exprs) == 0 {
		return nil, nil
	}
	nodes, err := expr.Decode(r.Exprs)
	if err != nil {
		return nil, err
	}
	if r.Root < 0 || r.Root >= len(nodes) {
		return nil, fmt.Errorf("sqlpush: expression %d of %d: %w", r.Root, len(nodes), ErrRequest)
	}
	return nodes[r.Root], nil
}

// translate makes the clause of the predicate, term by term.
func (r Request) translate(o options, predicate expr.Node, out *Answer) clause {
	columns := make([]*column, len(r.Columns))
	for i, c := range r.Columns {
		columns[i] = newColumn(c, o)
	}
	conjuncts := []expr.Node{predicate}
	if b, ok := predicate.(*expr.Binary); ok && b.Op == expr.And {
		conjuncts = terms(b)
	}
	t := newTranslator(columns, o.dialect)
	pushed := make([]clause, len(conjuncts))
	cost := 0
	for i, n := range conjuncts {
		c := t.rows(n, isTrue, 0)
		switch {
		case !out.Limited:
			c = unknown("the limit comes first, and is not done by the database")
		case cost+c.cost > maxCost:
			c = unknown(tooLarge)
		}
		cost += c.cost
		pushed[i] = c
		out.Conjuncts = append(out.Conjuncts, conjunctOf(n, c))
	}
	where := both(pushed...)
	out.Exact = where.exact
	return where
}

func conjunctOf(n expr.Node, c clause) Conjunct {
	out := Conjunct{Text: expr.String(n, literalText), Status: Superset, Reason: c.why}
	switch {
	case c.exact:
		out.Status, out.Reason = Exact, ""
	case c.shape == everything:
		out.Status = NotPushed
	}
	if out.Status != NotPushed {
		var b strings.Builder
		for _, p := range c.write(nil) {
			b.WriteString(p.text)
			if p.param != nil {
				b.WriteString(p.param.shown())
			}
		}
		out.SQL = b.String()
	}
	return out
}

// write puts the parts together. A line end comes before the bracket that ends the
// user's text, which may end in a comment.
func (a *Answer) write(r Request, o options, user statement, selected string, where clause) {
	var b strings.Builder
	filtered := where.shape != everything
	from := "(\n" + user.text + "\n" + o.dialect.alias()
	if r.Limit != nil && a.Limited {
		from += " LIMIT " + decimalText(*r.Limit)
		if filtered {
			from = "(SELECT * FROM " + from + o.dialect.alias()
		}
	}
	b.WriteString("SELECT " + selected + " FROM " + from)
	if filtered {
		b.WriteString(" WHERE ")
		for _, p := range where.write(nil) {
			b.WriteString(p.text)
			if written := o.dialect.written(p.param); written != "" {
				b.WriteString(written)
			} else if p.param != nil {
				a.Params = append(a.Params, p.param.Param)
				b.WriteString(user.style.write(user.params+len(a.Params)) + p.param.cast)
			}
		}
	}
	a.SQL = b.String()
}
