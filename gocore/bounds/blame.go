package bounds

import "github.com/polars-io-tools/polars-io-tools-go/gocore/expr"

// blame says which part of a predicate, the smallest there is, keeps it from
// bounding the column, which it reads. It takes one step down at a time and a
// chain of terms in one, so that it is linear like the analysis.
func (a *analysis[T]) blame(e expr.Node) string {
	reads := expr.Readers(e, a.column)
	for {
		next, found := a.suspect(e, reads)
		if !found || isChain(e) && !a.outcome(next).True.IsEverything() {
			break
		}
		e = next
	}
	if b, ok := e.(*expr.Binary); ok && b.Op == expr.Or {
		return "the other side of its “or” holds on any " + a.column
	}
	return "no bound follows from " + expr.String(e, a.axis.Literal)
}

// suspect is the last part of e that computes something from the column.
func (a *analysis[T]) suspect(e expr.Node, reads map[expr.Node]bool) (expr.Node, bool) {
	parts := expr.Children(e)
	if isChain(e) {
		parts = a.arguments(e)
	}
	for i := len(parts) - 1; i >= 0; i-- {
		if _, plain := parts[i].(*expr.Column); !plain && reads[parts[i]] {
			return parts[i], true
		}
	}
	return nil, false
}

func isChain(e expr.Node) bool {
	b, ok := e.(*expr.Binary)
	return ok && isLogical(b.Op)
}
