package sqlpush

import (
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

var signs = map[expr.Op][2]string{
	expr.Eq: {" = ", " <> "}, expr.NotEq: {" <> ", " = "}, expr.Lt: {" < ", " >= "},
	expr.LtEq: {" <= ", " > "}, expr.Gt: {" > ", " <= "}, expr.GtEq: {" >= ", " < "},
	expr.EqMissing: {" = ", " <> "}, expr.NotEqMissing: {" <> ", " = "},
}

// pair compares two columns, where both sides agree on all their values.
func (t *translator) pair(n *expr.Binary, want truth) (clause, bool) {
	sign, ok := signs[n.Op]
	a, okA := t.side(n.Left)
	b, okB := t.side(n.Right)
	if !ok || !okA || !okB || !comparable(a, b, n.Op) {
		return clause{}, false
	}
	yes := both(exactly(a.beside(), sign[0], b.beside()), a.onlyValid(), b.onlyValid())
	no := both(exactly(a.beside(), sign[1], b.beside()), a.onlyValid(), b.onlyValid())
	for _, c := range []*column{a, b} {
		if c.storage.order == loose {
			yes, no = yes.wider(c.storage.why), no.wider(c.storage.why)
		}
	}
	switch n.Op {
	case expr.EqMissing:
		return missingPair(a, b, want, yes, no), true
	case expr.NotEqMissing:
		return missingPair(a, b, opposite(want), no, yes), true
	case expr.Arithmetic, expr.Eq, expr.NotEq, expr.Lt, expr.LtEq, expr.Gt, expr.GtEq, expr.And, expr.Or, expr.Xor:
	}
	switch want {
	case isTrue:
		return yes, true
	case isFalse:
		return no, true
	case isNull:
	}
	return either(a.missing(), b.missing()), true
}

// missingPair is eq_missing: two nulls are equal, and null is no other value.
func missingPair(a, b *column, want truth, same, other clause) clause {
	switch want {
	case isTrue:
		return either(same, both(a.missing(), b.missing()))
	case isFalse:
		return either(other, both(a.missing(), b.present()), both(a.present(), b.missing()))
	case isNull:
	}
	return never()
}

// side reads a side of a comparison as a column, perhaps under a cast that changes no
// value.
func (t *translator) side(n expr.Node) (*column, bool) {
	reads := columnsOf(n)
	if len(reads) != 1 {
		return nil, false
	}
	c, known := t.columns[reads[0]]
	if !known {
		return nil, false
	}
	cast, ok := c.under(n, c.name)
	return c, ok && (cast == noCast || cast == asFloat)
}

// comparable reports whether SQL compares the values of two columns as Polars does.
func comparable(a, b *column, op expr.Op) bool {
	if a.storage.order == unfit || b.storage.order == unfit || a.dialect.unknown() {
		return false
	}
	equality := op == expr.Eq || op == expr.NotEq || op == expr.EqMissing || op == expr.NotEqMissing
	switch {
	case a.family == number && b.family == number:
		return a.scale == b.scale && (a.wire.Kind == b.wire.Kind)
	case a.family == number && b.family == float, a.family == float && b.family == number:
		// The integer is under a cast that keeps it, or side would not have read it.
		return a.wire.Kind == expr.Integer || b.wire.Kind == expr.Integer
	case a.family != b.family:
		return false
	case a.family == temporal:
		return a.wire == b.wire && a.storage.cast == b.storage.cast && !a.storage.ticks.spansOnly
	case a.family == boolean:
		return equality
	case a.family == text, a.family == binary, a.family == float:
		return true
	case a.family == label, a.family == opaque:
	}
	return false
}

// beside is a column as it stands beside another one. PostgreSQL has no order for texts
// of two collations, unless the collation is written there.
func (c *column) beside() string {
	ordered := c.storage.ordered
	if c.storage.cast == "::oid" {
		return ordered + "::int8" // compared with an int8, an oid would make an oid of it
	}
	if c.dialect == PostgreSQL && c.family == text && !strings.HasSuffix(ordered, byBytes) {
		return ordered + byBytes
	}
	return ordered
}
