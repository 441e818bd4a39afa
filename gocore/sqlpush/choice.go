package sqlpush

import (
	"cmp"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
)

// maxChoices bounds how many comparisons of chosen values are taken apart in one
// predicate: a tree that shares its nodes may stand for very many.
const maxChoices = 200

// chosen takes a comparison apart one side of which is chosen from two values: it is
// a choice between two comparisons.
func (t *translator) chosen(n expr.Node) (*expr.Ternary, bool) {
	if t.choices == maxChoices {
		return nil, false
	}
	ask, operand, ok := comparison(n)
	if !ok {
		return nil, false
	}
	when, then, otherwise, ok := branches(operand)
	if !ok {
		return nil, false
	}
	t.choices++
	return &expr.Ternary{When: when, Then: ask(then), Otherwise: ask(otherwise)}, true
}

// comparison reads a node as a question about an operand that is a choice.
func comparison(n expr.Node) (ask func(expr.Node) expr.Node, operand expr.Node, ok bool) {
	switch n := n.(type) {
	case *expr.Binary:
		if _, compares := signs[n.Op]; !compares {
			return nil, nil, false
		}
		if _, _, _, ok := branches(n.Left); ok {
			return func(e expr.Node) expr.Node {
				return &expr.Binary{Op: n.Op, Symbol: n.Symbol, Left: e, Right: n.Right}
			}, n.Left, true
		}
		return func(e expr.Node) expr.Node {
			return &expr.Binary{Op: n.Op, Symbol: n.Symbol, Left: n.Left, Right: e}
		}, n.Right, true
	case *expr.Call:
		if len(n.Args) == 0 || n.Name != "is_in" && n.Name != "is_null" && n.Name != "is_not_null" {
			return nil, nil, false
		}
		return func(e expr.Node) expr.Node {
			return &expr.Call{Name: n.Name, Option: n.Option, Args: append([]expr.Node{e}, n.Args[1:]...)}
		}, n.Args[0], true
	}
	return nil, nil, false
}

// branches reads a choice between values.
func branches(n expr.Node) (when, then, otherwise expr.Node, ok bool) {
	switch n := n.(type) {
	case *expr.Ternary:
		return n.When, n.Then, n.Otherwise, !isCondition(n)
	case *expr.Call:
		if n.Name != "fill_null" && n.Name != "coalesce" || len(n.Args) < 2 || isCondition(n.Args[0]) {
			return nil, nil, nil, false
		}
		rest := n.Args[1]
		if len(n.Args) > 2 {
			rest = &expr.Call{Name: n.Name, Args: n.Args[1:]}
		}
		known := &expr.Call{Name: "is_not_null", Args: []expr.Node{n.Args[0]}}
		return known, n.Args[0], rest, true
	}
	return nil, nil, nil, false
}

// constants answers comparisons of two literals.
func constants(n expr.Node, want truth) (clause, bool) {
	switch n := n.(type) {
	case *expr.Binary:
		l, okL := n.Left.(*expr.Literal)
		r, okR := n.Right.(*expr.Literal)
		_, compares := signs[n.Op]
		if !okL || !okR || !compares {
			return clause{}, false
		}
		return compareLiterals(n.Op, l, r, want)
	case *expr.Call:
		if l, ok := onlyLiteral(n); ok && (n.Name == "is_null" || n.Name == "is_not_null") {
			return answered(l.Null == (n.Name == "is_null"), want), true
		}
	}
	return clause{}, false
}

func onlyLiteral(n *expr.Call) (*expr.Literal, bool) {
	if len(n.Args) != 1 {
		return nil, false
	}
	l, ok := n.Args[0].(*expr.Literal)
	return l, ok
}

func answered(yes bool, want truth) clause {
	if want == isTrue && yes || want == isFalse && !yes {
		return always()
	}
	return never()
}

func compareLiterals(op expr.Op, l, r *expr.Literal, want truth) (clause, bool) {
	missing := op == expr.EqMissing || op == expr.NotEqMissing
	switch {
	case missing && (l.Null || r.Null):
		return answered((l.Null && r.Null) == (op == expr.EqMissing), want), true
	case l.Null || r.Null:
		if want == isNull {
			return always(), true
		}
		return never(), true
	}
	compared, ok := order(l, r)
	if !ok {
		// Texts may be labels of an enum, which have another order.
		a, okL := readText("string", l)
		b, okR := readText("string", r)
		if !okL || !okR || op == expr.Lt || op == expr.LtEq || op == expr.Gt || op == expr.GtEq {
			return clause{}, false
		}
		compared = cmp.Compare(a, b)
	}
	switch op {
	case expr.EqMissing:
		op = expr.Eq
	case expr.NotEqMissing:
		op = expr.NotEq
	}
	return answered(holds(op, compared), want), true
}

// order compares two literals of one type, as far as they are seen.
func order(l, r *expr.Literal) (int, bool) {
	if l.Exact && r.Exact {
		return cmp.Compare(l.Lo, r.Lo), l.Type == r.Type && l.Lo == l.Hi && r.Lo == r.Hi
	}
	if a, ok := exactNumber(l); ok {
		b, ok := exactNumber(r)
		if !ok {
			return 0, false
		}
		return a.Cmp(b), true
	}
	if a, ok := readFloat(l); ok {
		b, ok := readFloat(r)
		return floats.Compare(a, b), ok
	}
	a, okL := readText("binary", l)
	b, okR := readText("binary", r)
	return cmp.Compare(a, b), okL && okR
}
