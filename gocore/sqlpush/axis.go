package sqlpush

import (
	"github.com/polars-io-tools/polars-io-tools-go/gocore/bounds"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// axis is what package bounds has to know of a column that is no date.
type axis[T any] struct {
	column *column
	domain interval.Domain[T]
	// read returns the values of the column for which an operand, which is the column
	// or a cast of it that keeps the order, may equal a literal: all from lo to hi,
	// which are one value unless the cast loses digits.
	read func(cast castOf, l *expr.Literal) (lo, hi T, ok bool)
}

func (a axis[T]) Domain() interval.Domain[T] { return a.domain }

func (a axis[T]) Type() expr.Type { return a.column.wire }

func (a axis[T]) Literal(l *expr.Literal) string { return l.Text }

func (a axis[T]) Within(bounds.Region[T]) (bounds.Axis[T], bool) { return a, false }

func (a axis[T]) Point(*expr.Literal) (bounds.Region[T], bool) { return bounds.Region[T]{}, false }

func (a axis[T]) Compare(op expr.Op, operand expr.Node, name string, l *expr.Literal) (bounds.Outcome[T], bool) {
	cast, ok := a.column.under(operand, name)
	if !ok {
		return bounds.Outcome[T]{}, false
	}
	lo, hi, ok := a.read(cast, l)
	if !ok {
		return bounds.Outcome[T]{}, false
	}
	yes, no, ok := a.split(op, lo, hi)
	return a.outcome(yes, no), ok
}

// split returns where "x op v" may hold and where it may not, for a v from lo to hi.
func (a axis[T]) split(op expr.Op, lo, hi T) (yes, no interval.Set[T], ok bool) {
	d := a.domain
	switch op {
	case expr.Lt:
		return interval.Below(d, hi), interval.AtLeast(d, lo), true
	case expr.GtEq:
		return interval.AtLeast(d, lo), interval.Below(d, hi), true
	case expr.LtEq:
		return interval.AtMost(d, hi), interval.Above(d, lo), true
	case expr.Gt:
		return interval.Above(d, lo), interval.AtMost(d, hi), true
	case expr.Eq:
		yes, no = a.equal(lo, hi)
		return yes, no, true
	case expr.NotEq:
		no, yes = a.equal(lo, hi)
		return yes, no, true
	case expr.Arithmetic, expr.EqMissing, expr.NotEqMissing, expr.And, expr.Or, expr.Xor:
	}
	return yes, no, false
}

func (a axis[T]) equal(lo, hi T) (yes, no interval.Set[T]) {
	yes = interval.Of(a.domain, interval.Interval[T]{Lo: interval.Incl(lo), Hi: interval.Incl(hi)})
	if a.domain.Compare(lo, hi) == 0 {
		return yes, yes.Complement()
	}
	return yes, interval.Full(a.domain)
}

func (a axis[T]) outcome(yes, no interval.Set[T]) bounds.Outcome[T] {
	if yes.Domain() == nil {
		return bounds.Outcome[T]{}
	}
	return bounds.Outcome[T]{
		True:  bounds.Region[T]{Values: yes},
		False: bounds.Region[T]{Values: no},
		Null:  bounds.Region[T]{Values: interval.Empty(a.domain), Null: true},
	}
}

func (a axis[T]) Member(operand expr.Node, name string, l *expr.List) (bounds.Outcome[T], bool) {
	cast, ok := a.column.under(operand, name)
	if !ok || !l.Exact && l.Scalars == nil && (len(l.Items) > 0 || l.Text != "" && l.Text != "[]") {
		return bounds.Outcome[T]{}, false
	}
	var points []interval.Interval[T]
	sharp := true
	for _, item := range items(l) {
		lo, hi, ok := a.read(cast, item)
		if !ok {
			return bounds.Outcome[T]{}, false
		}
		sharp = sharp && a.domain.Compare(lo, hi) == 0
		points = append(points, interval.Interval[T]{Lo: interval.Incl(lo), Hi: interval.Incl(hi)})
	}
	yes, no := interval.Of(a.domain, points...), interval.Full(a.domain)
	if sharp {
		no = yes.Complement()
	}
	return a.outcome(yes, no), true
}

// items are the values of a list as literals.
func items(l *expr.List) []*expr.Literal {
	var out []*expr.Literal
	for _, r := range l.Items {
		out = append(out, &expr.Literal{Type: l.Type, Exact: l.Exact, Lo: r.Lo, Hi: r.Hi})
	}
	for i := range l.Scalars {
		out = append(out, &expr.Literal{Type: l.Type, Scalar: &l.Scalars[i]})
	}
	return out
}

func (a axis[T]) Validity(operand expr.Node, name string) (bounds.Outcome[T], bool) {
	if _, ok := a.column.under(operand, name); !ok {
		return bounds.Outcome[T]{}, false
	}
	return bounds.Outcome[T]{
		True:  bounds.Region[T]{Values: interval.Empty(a.domain), Null: true},
		False: bounds.Region[T]{Values: interval.Full(a.domain)},
		Null:  bounds.Region[T]{Values: interval.Empty(a.domain)},
	}, true
}
