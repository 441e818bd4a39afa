package bounds

import "github.com/polars-io-tools/polars-io-tools-go/gocore/expr"

// Predicate analyses one boolean expression over a column. It takes time linear
// in the number of distinct nodes.
func Predicate[T any](e expr.Node, column string, axis Axis[T]) Outcome[T] {
	a := analysis[T]{axis: axis, column: column, memo: map[expr.Node]Outcome[T]{}}
	return a.outcome(e)
}

type analysis[T any] struct {
	axis   Axis[T]
	column string
	memo   map[expr.Node]Outcome[T]
}

func (a *analysis[T]) unknown() Outcome[T] { return unknown(a.axis.Domain()) }

func (a *analysis[T]) outcome(e expr.Node) Outcome[T] {
	if o, ok := a.memo[e]; ok {
		return o
	}
	o := a.fresh(e)
	a.memo[e] = o
	return o
}

func (a *analysis[T]) fresh(e expr.Node) Outcome[T] {
	switch e := e.(type) {
	case *expr.Literal:
		if e.Null || e.Type.Kind == expr.Boolean && e.Exact {
			return constant(a.axis.Domain(), e.Lo != 0, e.Null)
		}
	case *expr.Binary:
		return a.binary(e)
	case *expr.Ternary:
		return a.outcome(e.When).choose(a.outcome(e.Then), a.outcome(e.Otherwise))
	case *expr.Call:
		return a.call(e)
	}
	return a.unknown()
}

func (a *analysis[T]) binary(e *expr.Binary) Outcome[T] {
	switch e.Op {
	case expr.And, expr.Or, expr.Xor:
		if !isBoolean(e.Left) || !isBoolean(e.Right) {
			return a.unknown() // on integers these are bitwise operators
		}
		l, r := a.outcome(e.Left), a.outcome(e.Right)
		switch e.Op {
		case expr.And:
			return l.and(r)
		case expr.Or:
			return l.or(r)
		}
		return l.xor(r)
	case expr.Eq, expr.NotEq, expr.Lt, expr.LtEq, expr.Gt, expr.GtEq:
		return a.compare(e.Op, e.Left, e.Right)
	}
	return a.unknown()
}

// isBoolean tells a logical operator's argument from an integer's bits. A node
// whose type is not known counts as boolean only if it can be nothing else.
func isBoolean(e expr.Node) bool {
	switch e := e.(type) {
	case *expr.Column:
		return e.Type.Kind == expr.Boolean
	case *expr.Literal:
		return e.Type.Kind == expr.Boolean || e.Null
	case *expr.Cast:
		return e.To.Kind == expr.Boolean
	case *expr.Binary:
		switch e.Op {
		case expr.And, expr.Or, expr.Xor:
			return isBoolean(e.Left) && isBoolean(e.Right)
		case expr.Arithmetic:
			return false
		}
		return true
	case *expr.Ternary:
		return isBoolean(e.Then) && isBoolean(e.Otherwise)
	}
	return true
}

// compare accepts the literal on either side.
func (a *analysis[T]) compare(op expr.Op, left, right expr.Node) Outcome[T] {
	if l, ok := left.(*expr.Literal); ok {
		left, right, op = right, l, op.Mirror()
	}
	l, ok := right.(*expr.Literal)
	if !ok {
		return a.unknown()
	}
	if l.Null {
		return constant(a.axis.Domain(), false, true)
	}
	if o, ok := a.axis.Compare(op, left, a.column, l); ok {
		return o
	}
	return a.unknown()
}

func (a *analysis[T]) call(e *expr.Call) Outcome[T] {
	switch {
	case e.Name == "not" && len(e.Args) == 1 && isBoolean(e.Args[0]):
		return a.outcome(e.Args[0]).not()
	case e.Name == "is_between" && len(e.Args) == 3:
		return a.between(e)
	case (e.Name == "is_null" || e.Name == "is_not_null") && len(e.Args) == 1:
		o := a.validity(e.Args[0])
		if e.Name == "is_not_null" {
			return o.not()
		}
		return o
	}
	return a.unknown()
}

// validity asks whether e is null: of a value that the axis knows, or of a
// condition.
func (a *analysis[T]) validity(e expr.Node) Outcome[T] {
	if o, ok := a.axis.Validity(e, a.column); ok {
		return o
	}
	switch e.(type) {
	case *expr.Binary, *expr.Call, *expr.Literal, *expr.Ternary:
		return a.outcome(e).isNull(a.axis.Domain())
	}
	return unknown(a.axis.Domain())
}

// between is the conjunction of two comparisons, as Polars defines it.
func (a *analysis[T]) between(e *expr.Call) Outcome[T] {
	lower, upper := expr.GtEq, expr.LtEq
	switch e.Option {
	case "both":
	case "left":
		upper = expr.Lt
	case "right":
		lower = expr.Gt
	case "none":
		lower, upper = expr.Gt, expr.Lt
	default:
		return a.unknown()
	}
	return a.compare(lower, e.Args[0], e.Args[1]).and(a.compare(upper, e.Args[0], e.Args[2]))
}
