package sqlpush

import (
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// columnsOf are the columns that a node reads, in order of their names.
func columnsOf(n expr.Node) []string {
	var out []string
	expr.Walk(n, func(n expr.Node) {
		if c, ok := n.(*expr.Column); ok && !slices.Contains(out, c.Name) {
			out = append(out, c.Name)
		}
	})
	slices.Sort(out)
	return out
}

// isCondition reports whether a node is known to be true, false or null; others may
// be values.
func isCondition(n expr.Node) bool {
	switch n := n.(type) {
	case *expr.Literal:
		return n.Type.Kind == expr.Boolean
	case *expr.Column:
		return n.Type.Kind == expr.Boolean
	case *expr.Binary:
		// AND, OR and XOR are of conditions only if their terms are.
		switch n.Op {
		case expr.Arithmetic:
			return false
		case expr.And, expr.Or, expr.Xor:
			return isCondition(terms(n)[0])
		case expr.Eq, expr.NotEq, expr.Lt, expr.LtEq, expr.Gt, expr.GtEq, expr.EqMissing, expr.NotEqMissing:
		}
		return true
	case *expr.Ternary:
		return isCondition(n.Then) // the other one is of the same type
	case *expr.Call:
		return slices.Contains(conditions, n.Name) || n.Name == "not" && len(n.Args) == 1 && isCondition(n.Args[0])
	}
	return false
}

var conditions = []string{
	"is_null", "is_not_null", "is_between", "is_in", "is_nan", "is_not_nan", "is_finite", "is_infinite",
	"str.starts_with", "str.ends_with", "str.contains", "any_horizontal", "all_horizontal",
}

func isValue(n expr.Node) bool { return !isCondition(n) }

// terms are those of the chain of one operator that ends in n, from left to right. Of
// AND and OR each is there once: a tree that shares its nodes may name one very often.
func terms(n *expr.Binary) []expr.Node {
	if n.Op == expr.Xor {
		return []expr.Node{n.Left, n.Right}
	}
	var out []expr.Node
	seen := map[expr.Node]bool{}
	stack := []expr.Node{n.Right, n.Left}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[top] {
			continue
		}
		seen[top] = true
		if b, ok := top.(*expr.Binary); ok && b.Op == n.Op {
			stack = append(stack, b.Right, b.Left)
			continue
		}
		out = append(out, top)
	}
	return out
}

// reason says why a condition is no SQL.
func reason(n expr.Node) string {
	switch n := n.(type) {
	case *expr.Call:
		return callReason(n)
	case *expr.Binary:
		for _, side := range []expr.Node{n.Left, n.Right} {
			if why, ok := operandReason(side); ok {
				return why
			}
		}
		if len(columnsOf(n)) > 1 {
			return "columns of these types are not known to compare alike"
		}
		return noForm
	case *expr.Column:
		return noForm
	}
	return "there is no SQL for this"
}

func callReason(n *expr.Call) string {
	switch n.Name {
	case "not":
		if len(n.Args) == 1 {
			return reason(n.Args[0])
		}
	case "str.contains":
		return "regular expressions differ between databases"
	case "is_in", "is_between", "is_null", "is_not_null":
		for _, a := range n.Args {
			if why, ok := operandReason(a); ok {
				return why
			}
		}
		return noForm
	case "str.starts_with", "str.ends_with":
		return "the texts of this column are not known to compare alike"
	}
	return n.Name + " is only done by Polars"
}

func operandReason(n expr.Node) (string, bool) {
	switch n := n.(type) {
	case *expr.Call:
		return n.Name + " is only done by Polars", true
	case *expr.Binary:
		if n.Op == expr.Arithmetic {
			return "arithmetic overflows and rounds in other ways", true
		}
	case *expr.Cast:
		if _, ok := n.Arg.(*expr.Column); !ok {
			return operandReason(n.Arg)
		}
		return "the cast may change values, or give null", true
	case *expr.Ternary:
		return "the value depends on a condition", true
	case *expr.Literal:
		if n.Exact && n.Lo < n.Hi {
			return "Polars hides the nanoseconds of the literal", true
		}
	}
	return "", false
}
