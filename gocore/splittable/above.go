package splittable

import (
	"slices"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/plan"
)

// Above returns the first node, nearest to the data, of a plan over split parts that would
// give another answer than over the rows of the whole, or nil. Sources marked as split
// give all rows of the whole, those of one part after another.
//
// That is another order, and what depends on it differs: unless the plan itself leaves
// the order open, as group_by does, for then any order gives an answer that the whole
// could have given. Within rows of an equal column, the order is that of the whole.
func Above(root plan.Node, column string) *Problem {
	a := above{root: root, column: column, memo: map[plan.Node]rearranged{}}
	a.of(root)
	return a.problem
}

// rearranged says how the rows of a node differ from those of the whole.
type rearranged struct {
	open   bool   // they may come in another order
	column string // the name of the column that they were split by, "" if it is gone
}

type above struct {
	root    plan.Node
	column  string
	problem *Problem
	memo    map[plan.Node]rearranged
}

const orderRemedy = "Sort the rows below it, or use execute_on_ray, after which every step works on the order of the parts."

func (a *above) refuse(n plan.Node, what string) {
	if a.problem == nil {
		a.problem = &Problem{
			Node: plan.With(n, what, plan.Locate(a.root)), Remedy: orderRemedy,
			Why: "it depends on the order of rows, which come part by part",
		}
	}
}

func (a *above) of(n plan.Node) rearranged {
	s, ok := a.memo[n]
	if !ok {
		s = a.fresh(n)
		a.memo[n] = s
	}
	return s
}

func (a *above) fresh(n plan.Node) rearranged {
	switch n := n.(type) {
	case *plan.Scan, *plan.Frame:
		return rearranged{}
	case *plan.Source:
		if n.Split {
			return rearranged{open: true, column: a.column}
		}
		return rearranged{}
	case *plan.Filter:
		in := a.of(n.Input)
		a.rows(n, in, []expr.Named{{Expr: n.Predicate}})
		return in
	case *plan.Select:
		in := a.of(n.Input)
		a.rows(n, in, n.Exprs)
		in.column = carried(n.Exprs, in.column)
		return in
	case *plan.Extend:
		in := a.of(n.Input)
		a.rows(n, in, n.Exprs)
		if slices.ContainsFunc(n.Exprs, func(e expr.Named) bool { return e.Name == in.column }) {
			in.column = carried(n.Exprs, in.column)
		}
		return in
	case *plan.GroupBy:
		return a.grouped(n)
	case *plan.Join:
		return a.joined(n)
	case *plan.Union:
		return a.concatenated(n)
	case *plan.Distinct:
		return a.distinct(n)
	case *plan.Sort:
		in := a.of(n.Input)
		a.rows(n, in, keysOf(n.By))
		in.open = in.open && n.Stable // then the order below shows among equal keys
		return in
	case *plan.Pass:
		in := a.of(n.Input)
		if in.open && len(n.Sorted) > 0 {
			a.refuse(n, "")
		}
		return in
	case *plan.Reshape, *plan.Project:
		in := a.of(plan.Inputs(n)[0])
		if r, ok := n.(*plan.Reshape); ok && slices.Contains(r.Made, in.column) {
			in.column = ""
		}
		return in
	}
	// Slices, row numbers, columns side by side, sorted inputs, and what is not known.
	for _, input := range plan.Inputs(n) {
		if a.of(input).open {
			a.refuse(n, "")
		}
	}
	return rearranged{}
}

func keysOf(by []expr.Node) []expr.Named {
	out := make([]expr.Named, len(by))
	for i, e := range by {
		out[i] = expr.Named{Expr: e}
	}
	return out
}

// carried is the name under which expressions pass a column on, "" if they do not.
func carried(exprs []expr.Named, column string) string {
	for _, e := range exprs {
		if c, ok := e.Expr.(*expr.Column); ok && c.Name == column && column != "" {
			return e.Name
		}
	}
	return ""
}

// rows refuses expressions that look at the order of rows.
func (a *above) rows(n plan.Node, in rearranged, exprs []expr.Named) {
	if !in.open {
		return
	}
	for _, e := range exprs {
		if f := inspect(e.Expr, in.column); f.effect >= ordered {
			a.refuse(n, f.name)
			return
		}
		if isHinted(e.Expr) {
			a.refuse(n, "set_sorted")
			return
		}
	}
	if by := pairedIn(n, exprs); by != "" {
		a.refuse(n, by)
	}
}

// isHinted reports whether a part of an expression is said to be sorted.
func isHinted(e expr.Node) bool {
	found := false
	expr.Walk(e, func(n expr.Node) {
		c, ok := n.(*expr.Call)
		found = found || ok && c.Name == "set_sorted"
	})
	return found
}

func (a *above) grouped(n *plan.GroupBy) rearranged {
	in := a.of(n.Input)
	a.rows(n, in, n.Keys)
	out := rearranged{open: in.open && (n.MaintainOrder || n.Windowed), column: carried(n.Keys, in.column)}
	if out.column == "" || n.Windowed {
		a.rows(n, in, n.Aggs)
	}
	if n.Windowed && in.open && !slices.ContainsFunc(n.Keys, func(e expr.Named) bool { return e.Name == in.column }) {
		a.refuse(n, "") // its input has to be sorted
	}
	return out
}

func (a *above) joined(n *plan.Join) rearranged {
	left, right := a.of(n.Left), a.of(n.Right)
	out := rearranged{open: left.open || right.open}
	switch {
	case right.open && left.open: // partners of a row come in another order
	case left.column != "" && slices.Contains(n.LeftColumns, left.column) && n.How != plan.Right && n.How != plan.Full:
		out.column = left.column
	case right.column != "" && n.How == plan.Right && !slices.Contains(n.LeftColumns, right.column):
		out.column = right.column
	}
	if n.How == plan.Asof {
		if left.open && !keyed(n.LeftOn, []string{left.column}) || right.open {
			a.refuse(n, "")
		}
		return rearranged{open: left.open, column: left.column}
	}
	if n.Order == "none" || n.Order == "" {
		out.open = false
	}
	return out
}

func (a *above) concatenated(n *plan.Union) rearranged {
	var out rearranged
	for i, input := range n.Inputs {
		in := a.of(input)
		out.open = out.open || in.open
		if i == 0 {
			out.column = in.column
		}
	}
	// Rows of one date from two inputs come in the order of the whole: input by input.
	out.open = out.open && n.MaintainOrder
	for _, input := range n.Inputs {
		if a.of(input).column != out.column {
			out.column = ""
		}
	}
	return out
}

func (a *above) distinct(n *plan.Distinct) rearranged {
	in := a.of(n.Input)
	local := n.Subset == nil || in.column != "" && slices.Contains(n.Subset, in.column)
	if in.open && !local && (n.Keep == "first" || n.Keep == "last") {
		a.refuse(n, "keep=\""+n.Keep+"\"")
	}
	in.open = in.open && n.MaintainOrder
	return in
}
