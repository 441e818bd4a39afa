package bounds

import "github.com/polars-io-tools/polars-io-tools-go/gocore/expr"

// conditionIn returns the condition of eq_missing(condition, true) and the like,
// which is how Polars writes remove, and the constant that it is compared with.
func conditionIn(e *expr.Binary) (condition expr.Node, is, ok bool) {
	if e.Op != expr.EqMissing && e.Op != expr.NotEqMissing {
		return nil, false, false
	}
	condition = e.Left
	l, ok := e.Right.(*expr.Literal)
	if !ok {
		condition = e.Right
		l, ok = e.Left.(*expr.Literal)
	}
	if !ok || l.Null || !l.Exact || l.Type.Kind != expr.Boolean {
		return nil, false, false
	}
	return condition, l.Lo != 0, true
}

// is asks whether a condition, which is in the memo, has a truth value: the
// answer is never null.
func (a *analysis[T]) is(condition expr.Node, truth bool) Outcome[T] {
	f := a.memo[condition]
	if !f.boolean {
		return a.unknown()
	}
	o := f.outcome
	if !truth {
		o = o.not()
	}
	return Outcome[T]{True: o.True, False: o.False.union(o.Null), Null: nowhere(a.axis.Domain())}
}
