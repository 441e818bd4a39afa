package bounds

import (
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/interval"
)

// Ordered is the axis of a column of any ordered type, such as numbers, strings
// or booleans. It knows comparisons of the column itself with constants, and no
// functions of it but the casts that its maker says keep every value.
type Ordered[T any] struct {
	typ    expr.Type
	domain interval.Domain[T]
	value  func(*expr.Literal) (T, bool)
	keeps  func(to expr.Type) bool
}

// NewOrdered returns the axis of a column of type t over d. value reads a literal
// as a value of d, and answers false for one of another type; keeps says which
// casts of the column change no value.
func NewOrdered[T any](
	t expr.Type, d interval.Domain[T], value func(*expr.Literal) (T, bool), keeps func(to expr.Type) bool,
) Ordered[T] {
	return Ordered[T]{typ: t, domain: d, value: value, keeps: keeps}
}

// Domain implements [Axis].
func (o Ordered[T]) Domain() interval.Domain[T] { return o.domain }

// Type implements [Axis].
func (o Ordered[T]) Type() expr.Type { return o.typ }

// Literal implements [Axis].
func (o Ordered[T]) Literal(l *expr.Literal) string {
	return Temporal{}.Literal(l) // writes constants of any type
}

// Within implements [Axis]: a window adds nothing.
func (o Ordered[T]) Within(Region[T]) (Axis[T], bool) { return o, false }

// Point implements [Axis].
func (o Ordered[T]) Point(l *expr.Literal) (Region[T], bool) {
	if l.Null {
		return Region[T]{Values: interval.Empty(o.domain), Null: true}, true
	}
	v, ok := o.value(l)
	if !ok {
		return Region[T]{}, false
	}
	return Region[T]{Values: interval.Point(o.domain, v)}, true
}

// is reports whether operand has the value of the column on every row.
func (o Ordered[T]) is(operand expr.Node, column string) bool {
	for {
		switch e := operand.(type) {
		case *expr.Column:
			return e.Name == column
		case *expr.Cast:
			if !o.keeps(e.To) {
				return false
			}
			operand = e.Arg
		default:
			return false
		}
	}
}

// Compare implements [Axis].
func (o Ordered[T]) Compare(
	op expr.Op, operand expr.Node, column string, l *expr.Literal,
) (Outcome[T], bool) {
	if !o.is(operand, column) {
		return Outcome[T]{}, false
	}
	v, ok := o.value(l)
	if !ok {
		return Outcome[T]{}, false
	}
	yes, ok := o.where(op, v)
	return o.outcome(yes), ok
}

// Where is the outcome of asking whether operand is in a set, and false when operand
// is not the column.
func (o Ordered[T]) Where(set interval.Set[T], operand expr.Node, column string) (Outcome[T], bool) {
	if !o.is(operand, column) {
		return Outcome[T]{}, false
	}
	return o.outcome(set), true
}

// where is the set of the x for which "x op v" holds.
func (o Ordered[T]) where(op expr.Op, v T) (interval.Set[T], bool) {
	switch op {
	case expr.Eq:
		return interval.Point(o.domain, v), true
	case expr.NotEq:
		return interval.Point(o.domain, v).Complement(), true
	case expr.Lt:
		return interval.Below(o.domain, v), true
	case expr.LtEq:
		return interval.AtMost(o.domain, v), true
	case expr.Gt:
		return interval.Above(o.domain, v), true
	case expr.GtEq:
		return interval.AtLeast(o.domain, v), true
	case expr.Arithmetic, expr.EqMissing, expr.NotEqMissing, expr.And, expr.Or, expr.Xor:
	}
	return interval.Set[T]{}, false
}

func (o Ordered[T]) outcome(yes interval.Set[T]) Outcome[T] {
	if yes.Domain() == nil {
		return Outcome[T]{}
	}
	return Outcome[T]{
		True:  Region[T]{Values: yes},
		False: Region[T]{Values: yes.Complement()},
		Null:  Region[T]{Values: interval.Empty(o.domain), Null: true},
	}
}

// Member implements [Axis].
func (o Ordered[T]) Member(operand expr.Node, column string, l *expr.List) (Outcome[T], bool) {
	if !o.is(operand, column) || !l.Exact && l.Scalars == nil {
		return Outcome[T]{}, false
	}
	var points []interval.Interval[T]
	add := func(item *expr.Literal) bool {
		v, ok := o.value(item)
		points = append(points, interval.Interval[T]{Lo: interval.Incl(v), Hi: interval.Incl(v)})
		return ok
	}
	for _, r := range l.Items {
		if !add(&expr.Literal{Type: l.Type, Exact: l.Exact, Lo: r.Lo, Hi: r.Hi}) {
			return Outcome[T]{}, false
		}
	}
	for i := range l.Scalars {
		if !add(&expr.Literal{Type: l.Type, Scalar: &l.Scalars[i]}) {
			return Outcome[T]{}, false
		}
	}
	return o.outcome(interval.Of(o.domain, points...)), true
}

// Validity implements [Axis].
func (o Ordered[T]) Validity(operand expr.Node, column string) (Outcome[T], bool) {
	if !o.is(operand, column) {
		return Outcome[T]{}, false
	}
	return Outcome[T]{
		True:  Region[T]{Values: interval.Empty(o.domain), Null: true},
		False: Region[T]{Values: interval.Full(o.domain)},
		Null:  nowhere(o.domain),
	}, true
}
