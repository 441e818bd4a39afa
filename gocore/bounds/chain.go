package bounds

import "github.com/polars-io-tools/polars-io-tools-go/gocore/expr"

// chains tells which logical operators are links of a longer chain of the same
// operator, such as a & b & c: links that nothing else refers to. The value is
// how often each node is referred to.
type chains map[expr.Node]int

// survey counts the references within root, and reports whether a field is asked
// for that comes round again.
func survey(root expr.Node) (c chains, recurs bool) {
	c = chains{}
	stack := []expr.Node{root}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		c[n]++
		if c[n] > 1 {
			continue
		}
		if call, ok := n.(*expr.Call); ok && !recurs {
			_, recurs = fields[call.Name]
		}
		stack = append(stack, expr.Children(n)...)
	}
	return c, recurs
}

// terms returns the terms of the chain that ends in e, from left to right, and
// nothing for an operator that is not a logical one. A shared link is a term:
// taking it apart for everyone who shares it could take exponential time.
func (c chains) terms(e *expr.Binary) []expr.Node {
	if !isLogical(e.Op) {
		return nil
	}
	var out []expr.Node
	stack := []expr.Node{e.Right, e.Left}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if b, ok := n.(*expr.Binary); ok && b.Op == e.Op && c[n] == 1 {
			stack = append(stack, b.Right, b.Left)
		} else {
			out = append(out, n)
		}
	}
	return out
}

func isLogical(o expr.Op) bool { return o == expr.And || o == expr.Or || o == expr.Xor }

// horizontal returns the operator of any_horizontal or all_horizontal: Polars
// writes up to 127 conditions with operators, and leaves the call of more.
func horizontal(n *expr.Call) (expr.Op, bool) {
	switch {
	case len(n.Args) == 0:
	case n.Name == "any_horizontal":
		return expr.Or, true
	case n.Name == "all_horizontal":
		return expr.And, true
	}
	return expr.Arithmetic, false
}
