package bounds

import (
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// blame says which part of a predicate, the smallest there is, keeps it from
// bounding the column, which it reads. It takes one step down at a time and a
// chain of terms in one, so that it is linear like the analysis.
func (a *analysis[T]) blame(e expr.Node) string {
	reads := expr.Readers(e, a.column)
	for !isReason(e) {
		next, found := a.suspect(e, reads)
		if !found || isChain(e) && !a.outcome(next).True.IsEverything() {
			break
		}
		e = next
	}
	if b, ok := e.(*expr.Binary); ok && b.Op == expr.Or {
		return "the other side of its “or” holds on any " + a.column
	}
	text := "no bound follows from " + expr.String(e, a.axis.Literal)
	if why := reason(e); why != "" {
		return text + ", " + why
	}
	return text
}

// isReason reports whether e as a whole is to blame, and none of its parts.
func isReason(e expr.Node) bool {
	if b, ok := e.(*expr.Binary); ok {
		return comparesTwo(b)
	}
	_, ok := e.(*expr.Window)
	return ok
}

// reason says what kind of expression e is, if it is of one that bounds nothing
// whatever the types.
func reason(e expr.Node) string {
	switch e := e.(type) {
	case *expr.Binary:
		switch {
		case unreadable(e.Left) || unreadable(e.Right):
			return "whose constant is outside of the years 1 to 9999"
		case comparesTwo(e):
			return "where neither side is a constant"
		}
	case *expr.Window:
		return "which depends on other rows"
	case *expr.Call:
		if _, ok := fields[e.Name]; ok {
			return "which comes round again: it counts beside bounds of the date"
		}
	}
	return ""
}

// isHidden reports whether a function is one that nobody can look into, nor at its
// arguments; the sender names them so.
func isHidden(name string) bool {
	return name == "python function" || strings.HasPrefix(name, "opaque ")
}

// comparesTwo reports whether e compares two values that both depend on the row.
func comparesTwo(e *expr.Binary) bool {
	if e.Op == expr.Arithmetic || isLogical(e.Op) {
		return false
	}
	for _, side := range []expr.Node{e.Left, e.Right} {
		if _, constant := side.(*expr.Literal); constant || unreadable(side) {
			return false
		}
	}
	return true
}

// unreadable reports whether e is a constant that the sender could not read: a
// point in time that Python does not have.
func unreadable(e expr.Node) bool {
	c, ok := e.(*expr.Call)
	return ok && c.Name == "unreadable literal"
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
